#!/usr/bin/env python3
"""A partner's till system as a client of maskres: look up, hand over, undo, and hand in what was done without network.

Needs Python 3.11 and nothing else. The token of the role counter comes from the operator
(`maskres token make partner-1 --role counter --store huli-1 --as li`) and is bound to one store; it is read from the
environment, so that it stands in no list of processes:

    export MASKRES_TOKEN=maskres_…
    python counter_client.py https://masks.example.org wave-2 huli-1 look-up 7K3M-9QTR-4XH7
    python counter_client.py https://masks.example.org wave-2 huli-1 hand-over 7K3M-9QTR-4XH7
    python counter_client.py https://masks.example.org wave-2 huli-1 undo NONCE
    python counter_client.py https://masks.example.org wave-2 huli-1 hand-in acts.json

`hand-over` without network appends the act to acts.json and says so: the goods may go, the answer comes later.
`hand-in` sends all of that file and says what became of each act. Both are safe to repeat: an act has a nonce, made
once, before anything is sent; the same nonce again gives the same answer and does nothing twice.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ACTS = Path("acts.json")
PATIENCE_SECONDS = 5
#: As many as the service takes at once.
AT_ONCE = 2000


class NoNetworkError(Exception):
    """The service was not reached: whatever was sent may have arrived or not. Send it again, with the same nonce."""


class RefusedError(Exception):
    """The service understood and refused: its code and words; sending it again changes nothing."""


@dataclass(frozen=True)
class Counter:
    """One store's counter in one round.

    Attributes:
        url: of the deployment, without a slash at its end.
        round: slug.
        store: slug of the token's own store.
        token: maskres_…
    """

    url: str
    round: str
    store: str
    token: str

    def look_up(self, code: str) -> dict[str, Any]:
        """Say what is behind a code, before anything is handed out.

        Returns:
            `answer` is "valid" or why not; while it is "valid", `identity` holds the masked name and the last four
            signs of the document: compare them with the card.
        """
        return self._send("look-ups", {"code": code})

    def hand_over(self, code: str, nonce: str, *, is_proxy: bool = False) -> dict[str, Any]:
        """Hand out. A refusal, such as "already-handed-out", is an answer and no error."""
        return self._send("hand-overs", {"nonce": nonce, "code": code, "is_proxy": is_proxy})

    def undo(self, undone: str) -> dict[str, Any]:
        """Take a hand-over back within ten minutes, by its nonce; the undo's own nonce follows from it."""
        return self._send("undos", {"nonce": f"undo-{undone}"[:64], "undoes": undone})

    def hand_in(self, acts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Hand in what was done without network, in its order; gives one answer an act.

        "conflict" with a `reason` means that goods left which should not have: somebody must look at it.
        """
        answers: list[dict[str, Any]] = []
        for at in range(0, max(1, len(acts)), AT_ONCE):
            some = acts[at : at + AT_ONCE]
            # The last list says that nothing is kept back: only then are missed places given to others.
            body = {"acts": some, "is_complete": at + AT_ONCE >= len(acts)}
            answers += self._send("uploads", body)["answers"]
        return answers

    def _send(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.url}/api/v1/rounds/{self.round}/stores/{self.store}/{what}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                told: dict[str, Any] = json.load(answer)
                return told
        except urllib.error.HTTPError as error:
            if error.code >= 500 or error.code == 429:
                raise NoNetworkError(f"HTTP {error.code}") from error
            refusal = json.load(error)
            raise RefusedError(f"{refusal['code']}: {refusal['message']}") from error
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            raise NoNetworkError(str(error)) from error


def make_nonce() -> str:
    """Make a nonce for one act: letters and digits that nobody has used before."""
    return secrets.token_hex(16)


def keep(file: Path, code: str, nonce: str, *, is_proxy: bool = False) -> None:
    """Keep an act that could not be sent, on the disk before the goods leave."""
    acts = json.loads(file.read_text()) if file.exists() else []
    claimed_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    acts.append({"nonce": nonce, "code": code, "is_proxy": is_proxy, "claimed_at": claimed_at})
    draft = file.with_suffix(".draft")
    with draft.open("w") as out:
        json.dump(acts, out)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)


def main(arguments: list[str]) -> int:
    """Do what the command line says; gives the exit code: 0 done, 1 refused, 3 kept for later."""
    if len(arguments) != 5:
        print(__doc__, file=sys.stderr)
        return 2
    url, round_, store, act, what = arguments
    counter = Counter(url.rstrip("/"), round_, store, os.environ["MASKRES_TOKEN"])
    try:
        if act == "look-up":
            print(json.dumps(counter.look_up(what), ensure_ascii=False))
        elif act == "hand-over":
            nonce = make_nonce()
            try:
                print(json.dumps(counter.hand_over(what, nonce) | {"nonce": nonce}, ensure_ascii=False))
            except NoNetworkError:
                keep(ACTS, what, nonce)
                print(json.dumps({"answer": None, "nonce": nonce, "kept_in": str(ACTS)}))
                return 3
        elif act == "undo":
            print(json.dumps(counter.undo(what), ensure_ascii=False))
        elif act == "hand-in":
            acts = json.loads(Path(what).read_text())
            for done, told in zip(acts, counter.hand_in(acts), strict=True):
                print(json.dumps({"nonce": done["nonce"]} | told, ensure_ascii=False))
        else:
            print(f"{act} is none of look-up, hand-over, undo, hand-in", file=sys.stderr)
            return 2
    except (RefusedError, NoNetworkError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
