"""The example client against the real application: as a partner would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from maskres.usecases.accounts.tokens import make_token
from maskres.usecases.service import SERVICE
from tests.support.browser import Served
from tests.support.collecting import Counters

pytest_plugins = ("tests.support.counter_fixtures", "tests.support.collecting_fixtures")

CLIENT = Path(__file__).parents[3] / "examples" / "counter_client.py"
STORE = "huli-1"


def run(
    folder: Path, token: str, url: str, round_: str, *arguments: str
) -> tuple[int, list[dict[str, object]]]:
    """Run the client in a folder, without any package of ours; gives its exit code and what it printed."""
    command = [sys.executable, "-I", str(CLIENT), url, round_, STORE, *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "MASKRES_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_partners_client_looks_up_hands_over_undoes_and_hands_in(world: Counters, tmp_path: Path) -> None:
    token = make_token(world.service, SERVICE, "partner-1", "counter", STORE).secret
    first, second = world.winner(), world.winner(nth=1)

    def ask(url: str, *arguments: str) -> tuple[int, list[dict[str, object]]]:
        return run(tmp_path, token, url, world.slug, *arguments)

    with Served(world.service) as live:
        code, (seen,) = ask(live.url, "look-up", world.code(first))
        assert (code, seen["answer"]) == (0, "valid")
        assert isinstance(seen["identity"], dict)
        assert seen["identity"]["last_four"] == world.holder(first).id_number[-4:]
        _, (done,) = ask(live.url, "hand-over", world.code(first))
        assert done["answer"] == "handed-out"
        assert ask(live.url, "undo", str(done["nonce"]))[1][0]["answer"] == "undone"
        _, (again,) = ask(live.url, "hand-over", world.code(first))
        assert again["answer"] == "handed-out"
        gone = live.url.rsplit(":", 1)[0] + ":9"
        for number in (second, first):
            code, (kept,) = ask(gone, "hand-over", world.code(number))
            assert (code, kept["kept_in"]) == (3, "acts.json")
        for _ in range(2):
            code, told = ask(live.url, "hand-in", "acts.json")
            assert [(each["answer"], each["reason"]) for each in told] == [
                ("handed-out", None),
                ("conflict", "already-handed-out"),
            ]
        assert ask(live.url, "hand-over", "7K3M")[0] == 1
    assert world.place(second)["collected_till"] == "partner-1"
