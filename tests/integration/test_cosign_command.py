"""`maskres notary`: what is signed was checked and kept, and follows on what was signed before."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from maskres.app import bare_app, furnish
from maskres.cli import cosign_command
from maskres.cli.main import main
from maskres.config import WebSettings
from maskres.errors import StepRefused
from maskres.ledger.checkpoints import sign_checkpoint
from maskres.ledger.entries import read_ledger
from maskres.ledger.merkle import root
from maskres.ledger.note_keys import (
    Algorithm,
    VerifierKey,
    read_verifier_key,
    signing_key,
    write_signing_key,
)
from maskres.ledger.notes import add_signatures, open_note
from maskres.rehearsal.parts import cosigner_keys
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.draw.committing import void_draw
from maskres.usecases.draw.cosigning import ledger_pages, verifier_of_ledger
from maskres.usecases.draw.drawing import open_collection, publish_allocation
from maskres.usecases.draw.seeding import enter_dice
from maskres.usecases.service import Service
from tests.support.world import (
    NOTARY,
    OPERATOR,
    ROLLS,
    ROUND,
    SEED,
    hours_of,
    play_to,
    set_clock,
    status_of,
)


class Desk:
    """A notary's machine with a key of its own."""

    def __init__(self, service: Service, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.service, self.folder, self.capsys = service, folder, capsys
        self.key = folder / "notary.key"
        assert main(["notary", "keygen", "rehearsal/notary-2", "--out", str(self.key)]) == 0
        self.public: VerifierKey = read_verifier_key(capsys.readouterr().out)
        self.ledger = verifier_of_ledger(service)

    def bundle(self, name: str) -> Path:
        return export_bundle(self.service, ROUND, 1, self.folder / name).folder

    def run(self, *arguments: str) -> tuple[int, str, str]:
        status = main(["notary", "cosign", "--key", str(self.key), "--ledger", self.ledger, *arguments])
        said = self.capsys.readouterr()
        return status, said.out, said.err

    @property
    def remembered(self) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = json.loads(self.key.with_suffix(".signed.json").read_text())
        return found


@pytest.fixture
def desk(sqlite_service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    play_to(sqlite_service, DrawStatus.COMMITTED)
    return Desk(sqlite_service, tmp_path, capsys)


def test_what_is_signed_was_checked_and_kept(desk: Desk) -> None:
    bundle = desk.bundle("committed")
    status, line, said = desk.run("--bundle", str(bundle))
    assert status == 0, said
    note = ledger_pages(desk.service)[0].note.encode()
    assert open_note(add_signatures(note, [line]), [desk.public]).find_signer(desk.public) is not None
    assert "no mismatch" in said
    assert "first checkpoint" in said
    kept = {path.name for path in desk.key.with_suffix(".kept").rglob("*") if path.is_file()}
    assert kept == {f"{ROUND}-rules.json", f"{ROUND}-1-4.zip", "ledger-4.jsonl", "checkpoint-4"}
    (origin,) = desk.remembered
    assert desk.remembered[origin]["size"] == 4


def test_whose_signature_it_is_is_said_and_that_a_stranger_s_counts_for_nothing(desk: Desk) -> None:
    bundle = str(desk.bundle("committed"))
    said = desk.run("--bundle", bundle)[2]
    assert f"WARNING: rehearsal/notary-2 is the key of neither the notary nor the witness of {ROUND}" in said
    # The same once nothing is new, and nothing of it for the keys that the round was opened with.
    assert "counts for nothing" in desk.run("--bundle", bundle)[2]
    for role, key in zip(("notary", "witness"), cosigner_keys(SEED), strict=True):
        desk.key = desk.folder / f"{role}.key"
        desk.key.write_text(write_signing_key(key))
        said = desk.run("--bundle", bundle)[2]
        assert f"{key.name} signs as the {role} of {ROUND}." in said
        assert "counts for nothing" not in said


def test_a_ledger_that_grew_is_signed_and_only_what_is_new_is_looked_at(desk: Desk) -> None:
    assert desk.run("--bundle", str(desk.bundle("committed")))[0] == 0
    play_to(desk.service, DrawStatus.PUBLISHED)
    status, line, said = desk.run("--bundle", str(desk.bundle("published")))
    assert status == 0, said
    assert line.startswith("\u2014 rehearsal/notary-2 ")
    assert "draw-committed" not in said
    assert "allocated" in said


def test_a_smaller_checkpoint_is_never_signed_after_a_larger_one(desk: Desk) -> None:
    bundle = str(desk.bundle("committed"))
    assert desk.run("--bundle", bundle)[0] == 0
    status, line, said = desk.run("--bundle", bundle, "--size", "2")
    assert (status, line) == (1, "")
    assert "is never signed after it" in said


def test_threat_two_ledgers_a_split_ledger_is_not_signed(desk: Desk) -> None:
    """The operator, who has the ledger's key, shows another past to this notary than before."""
    bundle = desk.bundle("committed")
    assert desk.run("--bundle", str(bundle))[0] == 0
    before = desk.remembered
    lines = (bundle / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    other = [lines[0].replace(b"Z", b"Z", 1), *lines[1:]]
    other[1] = other[1].replace(b'"entries":20', b'"entries":19')
    assert other[1] != lines[1]
    entries = read_ledger(other)
    own = signing_key(desk.ledger.split("+")[0], Algorithm.NOTE, desk.service.keys.deployment.ledger)
    forged = desk.folder / "checkpoint.txt"
    forged.write_bytes(sign_checkpoint(own.name, 4, root(entry.leaf_hash for entry in entries), own))
    status, line, said = desk.run(str(forged), "--bundle", str(bundle))
    assert (status, line) == (1, "")  # the lines shown are not those of the checkpoint
    assert "another root" in said
    (bundle / "ledger.jsonl").write_bytes(b"".join(other))
    status, line, said = desk.run(str(forged), "--bundle", str(bundle))
    assert (status, line) == (1, "")
    assert desk.remembered == before


@pytest.mark.parametrize("name", ["pool.csv", "slots.csv", "commitment.json", "rules.json", "registered.csv"])
def test_nothing_is_signed_whose_files_are_not_here_or_differ(desk: Desk, name: str) -> None:
    bundle = desk.bundle("committed")
    file = bundle / name
    whole = file.read_bytes()
    for data in (None, whole[:-2] + b"9\n"):
        if data is None:
            file.unlink()
        else:
            file.write_bytes(data)
        status, line, _said = desk.run("--bundle", str(bundle))
        assert (status > 0, line) == (True, "")
        assert not desk.key.with_suffix(".signed.json").exists()
    file.write_bytes(whole)
    assert desk.run("--bundle", str(bundle))[0] == 0


def test_a_key_of_another_ledger_signs_nothing_here(desk: Desk) -> None:
    other = signing_key(desk.ledger.split("+")[0], Algorithm.NOTE, b"1" * 32).verifier.text
    bundle = str(desk.bundle("committed"))
    arguments = ["notary", "cosign", "--key", str(desk.key), "--ledger", other, "--bundle", bundle]
    assert main(arguments) == 1
    assert desk.capsys.readouterr().out == ""


def test_what_cannot_be_read_is_refused(desk: Desk) -> None:
    bundle = str(desk.bundle("committed"))
    assert desk.run()[0] == 2
    assert desk.run("--service", "file:///etc/passwd")[0] == 2
    memory = desk.key.with_suffix(".signed.json")
    memory.write_text("{}x")
    assert desk.run("--bundle", bundle)[0] == 2
    memory.unlink()
    lock = memory.with_name(f"{memory.name}.lock")
    lock.touch()
    assert desk.run("--bundle", bundle)[0] == 1
    lock.unlink()
    desk.key.write_bytes(b"\xff\xfe")
    assert desk.run("--bundle", bundle)[0] == 2


def test_dice_can_be_signed_in_time_on_a_machine_that_signed_nothing_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks at all of it anew meets dice that nobody has cosigned yet: late they are by the clock alone."""
    by = hours_of(1, 89)
    set_clock(desk.service, hours_of(1, 88))
    enter_dice(desk.service, NOTARY, ROUND, 1, ROLLS)
    bundle = str(desk.bundle("diced"))
    monkeypatch.setattr(cosign_command, "utc_now", lambda: by + timedelta(seconds=1))
    assert "dice-late" in desk.run("--bundle", bundle)[2]
    monkeypatch.setattr(cosign_command, "utc_now", lambda: by)
    status, line, said = desk.run("--bundle", bundle)
    assert status == 0, said
    assert line.startswith("\u2014 rehearsal/notary-2 ")


def test_a_voiding_can_be_signed_in_time_on_a_machine_that_signed_nothing_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(desk.service, desk.service.now() + timedelta(minutes=1))
    voided_at = desk.service.now()
    void_draw(desk.service, OPERATOR, ROUND, 1, "The hall has burnt down.")
    bundle = str(desk.bundle("voided"))
    # Half an hour after the commitment was cosigned its dice may have been seen.
    monkeypatch.setattr(cosign_command, "utc_now", lambda: voided_at + timedelta(minutes=30))
    assert "void-late" in desk.run("--bundle", bundle)[2]
    monkeypatch.setattr(cosign_command, "utc_now", lambda: voided_at + timedelta(minutes=1))
    assert desk.run("--bundle", bundle)[0] == 0


def test_a_commitment_signed_too_late_is_said(desk: Desk) -> None:
    late = "had to be cosigned by 2020-02-11T17:50:00Z"
    assert late in desk.run("--bundle", str(desk.bundle("b")))[2]
    # Whoever looks at all of it anew once it went on is told nothing of the kind.
    play_to(desk.service, DrawStatus.DRAWN)
    said = desk.run("--bundle", str(desk.bundle("drawn")), "--state", str(desk.folder / "new.json"))[2]
    assert "draw-committed" in said and late not in said


@pytest.fixture
def address(sqlite_service: Service) -> Iterator[str]:
    """The small world's service, served."""
    app = furnish(bare_app(), sqlite_service, WebSettings("http://localhost"))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join(10)


def test_everything_is_fetched_from_the_public_addresses(desk: Desk, address: str, tmp_path: Path) -> None:
    check = [
        "notary",
        "check",
        "--service",
        address,
        "--ledger",
        desk.ledger,
        "--keep",
        str(tmp_path / "kept"),
    ]
    assert main(check) == 0
    assert "could be signed" in desk.capsys.readouterr().out
    status, out, said = desk.run("--service", address)
    assert status == 0, said
    assert out.splitlines()[-1].startswith("\u2014 rehearsal/notary-2 ")  # the served world logs there too
    play_to(desk.service, DrawStatus.DRAWN)
    assert desk.run("--service", address + "/")[0] == 0
    assert desk.run("--service", "http://127.0.0.1:1")[0] == 1


def test_fetched_checked_signed_and_handed_in_over_the_public_addresses(desk: Desk, address: str) -> None:
    """The whole way for both, from the newest checkpoint to the step that waited for their signatures."""
    service = desk.service
    play_to(service, DrawStatus.DRAWN)
    publish_allocation(service, OPERATOR, ROUND, 1)
    status, _line, said = desk.run("--service", address, "--hand-in")
    assert status == 1 and "unknown-cosigner" in said, "a key of no notary of this round is not taken"
    for key in cosigner_keys(SEED):
        with pytest.raises(StepRefused, match="allocated"):
            open_collection(service, OPERATOR, ROUND, 1)
        desk.key = desk.folder / f"{key.name.replace('/', '-')}.key"
        desk.key.write_text(write_signing_key(key) + "\n")
        for _again in range(2):  # a signature that came already is no harm
            status, line, said = desk.run("--service", address, "--hand-in")
            assert status == 0, said
            assert "Handed in under the checkpoint of 8 entries." in said
            assert f"\u2014 {key.name} " in line
    open_collection(service, OPERATOR, ROUND, 1)
    assert status_of(service) is DrawStatus.COLLECTING
    assert desk.run("--bundle", str(desk.bundle("published")), "--hand-in")[0] == 2
