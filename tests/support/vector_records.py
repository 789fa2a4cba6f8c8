"""Scenarios about what holds a bundle together: digests, keys, ledger, checkpoints, what is known from elsewhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from tests.support.draw_vectors import SUMS
from tests.support.forging import Forged
from tests.support.vector_edits import WHOLE, cut, delete, insert, line, one, put, swap
from tests.support.vector_maker import Scenario

LEDGER = "ledger.jsonl"
KEYS: dict[str, Any] = json.loads(WHOLE["keys.json"])


def scenarios() -> Iterator[Scenario]:
    yield from _sums()
    yield from _ledger()
    yield from _checkpoints()
    yield from _signatures()
    yield from _arguments()


def _sums() -> Iterator[Scenario]:
    for name in ("pool.csv", "ledger.jsonl", "rules.json", "allocation.csv", "checkpoints/18"):
        middle = len(WHOLE[name]) // 2
        flipped = bytes([WHOLE[name][middle] ^ 1])
        label = name.replace("/", "-").replace(".", "-")
        yield Scenario(
            f"flipped-byte-{label}",
            f"A byte of {name} is flipped.",
            [cut(name, middle, 1, flipped)],
            ((name, None, "digest-differs"),),
            sums=False,
        )
    yield Scenario(
        "sums-file-unlisted",
        "SHA256SUMS does not list the pool.",
        [delete(SUMS, _sums_line("pool.csv"))],
        (("pool.csv", None, "unlisted-file"),),
        sums=False,
    )
    yield Scenario(
        "sums-file-missing",
        "SHA256SUMS lists a file that is missing.",
        [{"file": "disputed.csv", "do": "remove"}],
        (("disputed.csv", None, "missing-file"),),
        sums=False,
    )
    yield Scenario(
        "sums-unsorted", "SHA256SUMS is not sorted.", [swap(SUMS, 3)], ((SUMS, 4, "bad-sums"),), sums=False
    )
    yield Scenario(
        "sums-one-space",
        "A line of SHA256SUMS has one space.",
        [put(SUMS, 3, line(SUMS, 3).replace("  ", " "))],
        ((SUMS, 3, "bad-sums"),),
        sums=False,
    )
    yield Scenario(
        "sums-missing",
        "There is no SHA256SUMS.",
        [{"file": SUMS, "do": "remove"}],
        ((SUMS, None, "missing-file"),),
        sums=False,
    )
    stranger = {"file": "notes.txt", "do": "write", "lines": ["The true winners stand here."]}
    yield one("file-unknown", "A file that no bundle has.", stranger, "notes.txt", None, "unknown-file")
    for name in ("pool.csv", "wishes.csv", "commitment.json", "seed.txt"):
        label = name.replace(".", "-")
        yield one(
            f"file-missing-{label}",
            f"{name} is missing, and SHA256SUMS with it.",
            {"file": name, "do": "remove"},
            name,
            None,
            "missing-file",
        )
    batch = {"file": "changes-2.csv", "do": "write", "lines": ["number,cause"]}
    yield one(
        "file-of-no-batch",
        "A second batch that the ledger does not know.",
        batch,
        "changes-2.csv",
        None,
        "not-in-ledger",
    )


def _sums_line(name: str) -> int:
    lines = WHOLE[SUMS].decode().split("\n")
    return next(number for number, each in enumerate(lines, 1) if each.endswith(f"  {name}"))


def _ledger() -> Iterator[Scenario]:
    drawn = line(LEDGER, 21)
    for name, what, edit, file, at, code in (
        ("line-altered", "A line of the ledger says another count.",
         put(LEDGER, 15, line(LEDGER, 15).replace('"entries":', '"entries":1')), "checkpoints/15", 3,
         "root-differs"),
        ("space-added", "A space is put into a line.", put(LEDGER, 21, drawn.replace(":", ": ", 1)),
         "checkpoints/21", 3, "root-differs"),
        ("line-deleted", "A line of the ledger is taken out.", delete(LEDGER, 17), LEDGER, 17, "wrong-seq"),
        ("lines-swapped", "Two lines of the ledger are exchanged.", swap(LEDGER, 16), LEDGER, 16, "wrong-seq"),
        ("line-twice", "A line of the ledger stands twice.", insert(LEDGER, 18, line(LEDGER, 17)), LEDGER, 18,
         "wrong-seq"),
        ("kind-unknown", "An entry is of an unknown kind.",
         put(LEDGER, 21, drawn.replace('"kind":"drawn"', '"kind":"drawn-again"')), LEDGER, 21, "bad-member"),
        ("member-twice", "An entry has a member twice.", put(LEDGER, 21, drawn.replace("{", '{"seq":20,', 1)), LEDGER,
         21, "bad-json"),
        ("not-json", "A line is no JSON.", put(LEDGER, 21, drawn[:-1]), LEDGER, 21, "bad-json"),
        ("nested-deeply", "A line is nested too deeply.",
         put(LEDGER, 21, '{"seq":' + "[" * 30_000 + "]" * 30_000 + "}"), LEDGER, 21, "bad-json"),
        ("huge-integer", "A count has four thousand digits.",
         put(LEDGER, 21, drawn.replace('"entries":', '"entries":' + "9" * 4000)), LEDGER, 21, "bad-json"),
        ("carriage-return", "A line ends with CR LF.", put(LEDGER, 21, drawn + "\r"), LEDGER, 21, None),
        ("cut-off", "The last line of the ledger has no LF.", cut(LEDGER, len(WHOLE[LEDGER]) - 1, 1), LEDGER, 26,
         "missing-last-lf"),
    ):  # fmt: skip
        yield one(f"ledger-{name}", what, edit, file, at, code or "*")
    cut_off = [delete(LEDGER, 26), delete(LEDGER, 25)]
    yield Scenario(
        "ledger-shorter-than-signed",
        "The ledger's last lines are taken away; a checkpoint shows it.",
        cut_off,
        (("checkpoints/26", None, "size-differs"),),
    )


def _checkpoints() -> Iterator[Scenario]:
    file = "checkpoints/18"
    lines = WHOLE[file].decode().split("\n")
    root = base64.b64encode(bytes(32)).decode()
    stale = {
        "file": "checkpoints/26",
        "do": "write",
        "lines": WHOLE["checkpoints/24"].decode().split("\n")[:-1],
    }
    dash, signer, encoded = lines[5].split(" ")
    raw = base64.b64decode(encoded)
    late = put(file, 6, f"{dash} {signer} {base64.b64encode(raw[:4] + b'~' + raw[5:]).decode()}")
    for name, what, edit, at, code, where in (
        ("root-changed", "A checkpoint has another root, and signatures of the old one.", put(file, 3, root), None, "*",
         file),
        ("size-with-leading-zero", "A checkpoint's size has a leading zero.", put(file, 2, "018"), 2,
         "bad-checkpoint", file),
        ("root-short", "A checkpoint's root lacks a byte.",
         put(file, 3, base64.b64encode(bytes(31)).decode()), 3, "bad-checkpoint", file),
        ("extension-line", "A checkpoint has a fourth line.", insert(file, 4, "more"), None, "*", file),
        ("no-empty-line", "The empty line is missing.", delete(file, 4), None, "*", file),
        ("signed-twice", "One key has signed twice.", insert(file, 6, lines[4]), 6, "bad-note", file),
        ("hyphen-for-dash", "A signature line begins with a hyphen.", put(file, 6, "-" + lines[5][1:]), 6,
         "bad-note", file),
        ("base64-without-padding", "A signature lacks its padding.", put(file, 5, lines[4].rstrip("=")), 5,
         "bad-note", file),
        ("signer-with-plus", "A stranger has signed under a name that none may bear.",
         insert(file, 6, lines[4].replace(" rehearsal/", " rehear+sal/")), 6, "bad-note", file),
        ("signer-with-mark", "A signer's name holds a mark that nobody sees and looks like the witness's.",
         put(file, 7, lines[6].replace("witness", "wit\ufeffness")), 7, "bad-note", file),
        ("origin-with-blank", "A blank stands behind the origin.", put(file, 1, lines[0] + " "), 1, "*", file),
        ("size-in-other-digits", "The size is written in Arabic-Indic digits.", put(file, 2, "\u0661\u0668"), 2,
         "bad-checkpoint", file),
        ("time-beyond-the-calendar", "A cosignature's time is in no year.", late, 6, "bad-signature", file),
        ("stale", "The last checkpoint is an older one under its name.", stale, None, "size-differs",
         "checkpoints/26"),
        ("last-missing", "The last checkpoint is missing: the last lines are not signed.",
         {"file": "checkpoints/26", "do": "remove"}, 25, "not-signed", LEDGER),
    ):  # fmt: skip
        yield one(f"checkpoint-{name}", what, edit, where, at, code)


def _signatures() -> Iterator[Scenario]:
    """What only a verifier finds that checks Ed25519."""
    file = "checkpoints/18"
    lines = WHOLE[file].decode().split("\n")

    def flipped(number: int, place: int) -> dict[str, Any]:
        dash, name, encoded = lines[number - 1].split(" ")
        raw = bytearray(base64.b64decode(encoded))
        raw[place] ^= 1
        return put(file, number, f"{dash} {name} {base64.b64encode(bytes(raw)).decode()}")

    for name, what, edit in (
        ("ledger", "The ledger's own signature does not hold.", flipped(5, 20)),
        ("notary", "The notary's cosignature does not hold.", flipped(6, 40)),
        ("witness", "The witness's cosignature does not hold.", flipped(7, 40)),
        ("time", "The time of a cosignature is changed.", flipped(6, 11)),
    ):
        yield Scenario(f"signature-{name}", what, [edit], ((file, None, "bad-signature"),), needs="ed25519")
    other = Forged("whole")
    strangers = Forged("drawn")
    text = other.checkpoint(18, bytes(32), {}).split(b"\n\n")[0]
    assert text
    forged = Forged("whole")
    forged.cosigners = strangers.cosigners
    note = forged.checkpoint(18, _root(forged, 18), forged.times[18]).decode().split("\n")
    own = [note[0], note[1], note[2], "", note[4]]
    by_others = [_renamed(note[5], lines[5]), _renamed(note[6], lines[6])]
    yield Scenario(
        "signature-by-another-key",
        "Somebody else has signed in the notary's and the witness's name.",
        [{"file": file, "do": "write", "lines": [*own, *by_others]}],
        ((file, None, "bad-signature"),),
        needs="ed25519",
    )


def _root(forged: Forged, size: int) -> bytes:
    return base64.b64decode(forged.files[f"checkpoints/{size}"].split(b"\n")[2])


def _renamed(signature: str, like: str) -> str:
    """Give a signature the key id of another's."""
    dash, name, encoded = signature.split(" ")
    key_id = base64.b64decode(like.split(" ")[2])[:4]
    return f"{dash} {name} {base64.b64encode(key_id + base64.b64decode(encoded)[4:]).decode()}"


def _arguments() -> Iterator[Scenario]:
    yield Scenario(
        "origin-another",
        "The bundle is of another ledger than the minutes name.",
        finds=(("keys.json", None, "wrong-origin"),),
        arguments={"origin": "example.org/masks"},
    )
    yield Scenario(
        "origin-rehearsal-passed-off",
        "A rehearsal is passed off as real.",
        finds=(("keys.json", None, "wrong-origin"),),
        arguments={"origin": KEYS["origin"].removeprefix("rehearsal/")},
    )
    yield Scenario(
        "round-another",
        "The bundle is of another round.",
        finds=(("keys.json", None, "wrong-round"),),
        arguments={"round": "xiamen-2020-1"},
    )
    others = json.loads(Forged("drawn").files["keys.json"])["keys"]
    known = {**KEYS, "keys": {**KEYS["keys"], "notary": others["notary"]}}
    yield Scenario(
        "keys-another-notary",
        "The minutes name another notary's key than the bundle.",
        finds=(("keys.json", None, "keys-differ"),),
        arguments={"keys": known},
    )
    text = WHOLE["keys.json"].decode().rstrip("\n")
    swapped = {
        **KEYS,
        "keys": {**KEYS["keys"], "notary": KEYS["keys"]["witness"], "witness": KEYS["keys"]["notary"]},
    }
    bent = json.dumps(swapped, sort_keys=True, separators=(",", ":"))
    yield one(
        "keys-roles-swapped",
        "keys.json names the notary's key as the witness's.",
        put("keys.json", 1, bent),
        LEDGER,
        14,
        "keys-differ",
    )
    alone = {**KEYS, "keys": {**KEYS["keys"], "witness": KEYS["keys"]["notary"]}}
    bent = json.dumps(alone, sort_keys=True, separators=(",", ":"))
    yield one(
        "keys-one-for-two", "Notary and witness are one.", put("keys.json", 1, bent), "keys.json", None, "*"
    )
    yield (
        one(
            "keys-id-wrong",
            "A key's id does not fit.",
            put("keys.json", 1, text.replace("+BF", "+BE", 1)),
            "keys.json",
            None,
            "*",
        )
        if "+BF" in text
        else one(
            "keys-cut-short",
            "A key is cut short.",
            put("keys.json", 1, text.replace('","', 'x","', 1)),
            "keys.json",
            None,
            "*",
        )
    )
