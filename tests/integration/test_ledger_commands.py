"""`maskres ledger`: a published ledger checked against checkpoints, proofs made and checked, from files alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maskres.cli.main import main
from maskres.rehearsal.parts import cosigner_keys
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.draw.cosigning import verifier_of_ledger
from maskres.usecases.service import Service
from tests.support.world import ROUND, SEED, play_to


@pytest.fixture
def bundle(sqlite_service: Service, tmp_path: Path) -> Path:
    play_to(sqlite_service, DrawStatus.DICED)
    return export_bundle(sqlite_service, ROUND, 1, tmp_path / "bundle").folder


def keys_of(service: Service) -> list[str]:
    texts = [verifier_of_ledger(service), *(key.verifier.text for key in cosigner_keys(SEED))]
    return [each for text in texts for each in ("--key", text)]


def test_a_ledger_holds_under_its_checkpoints(
    sqlite_service: Service, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "ledger",
        "verify",
        str(bundle / "ledger.jsonl"),
        "--checkpoint",
        str(bundle / "checkpoints"),
    ]
    assert main([*arguments, *keys_of(sqlite_service)]) == 0
    said = capsys.readouterr().out
    assert "checkpoint of 5 entries: holds; signed by" in said
    assert "rehearsal/notary, rehearsal/witness" in said
    assert main(arguments) == 0
    assert "signatures not checked" in capsys.readouterr().out
    assert main(arguments[:3]) == 0
    assert "No checkpoint was given" in capsys.readouterr().out


def test_a_check_of_nothing_fails(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty, nothing = tmp_path / "ledger.jsonl", tmp_path / "nothing"
    empty.touch()
    nothing.mkdir()
    assert main(["ledger", "verify", str(empty)]) == 1
    assert "no line" in capsys.readouterr().err
    assert main(["ledger", "verify", str(bundle / "ledger.jsonl"), "--checkpoint", str(nothing)]) == 1
    assert "no checkpoint in what was given" in capsys.readouterr().err


def test_a_ledger_that_was_changed_is_found(
    sqlite_service: Service, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = bundle / "ledger.jsonl"
    checkpoints = ["--checkpoint", str(bundle / "checkpoints"), *keys_of(sqlite_service)]
    whole = ledger.read_bytes()
    for data, said, status in (
        (whole.replace(b"2020-02-10T01:00:00Z", b"2020-02-10T01:00:01Z", 1), "another root", 1),
        (b"".join(whole.splitlines(keepends=True)[:-1]), "is over 5 entries", 1),
        (whole[:-1], "does not end with a line feed", 2),
        (whole.replace(b'"seq":1', b'"seq":2', 1), "where 1 belongs", 2),
    ):
        assert data != whole
        ledger.write_bytes(data)
        assert main(["ledger", "verify", str(ledger), *checkpoints]) == status
        assert said in capsys.readouterr().err
    ledger.write_bytes(whole)
    note = bundle / "checkpoints" / "5"
    note.write_bytes(note.read_bytes().replace(b"\n5\n", b"\n4\n", 1))
    assert main(["ledger", "verify", str(ledger), *checkpoints]) == 1
    assert "does not hold" in capsys.readouterr().err


@pytest.mark.parametrize("what", [["--entry", "2"], ["--from", "3"], ["--from", "3", "--size", "4"]])
def test_proofs_are_made_and_checked(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: list[str]
) -> None:
    assert main(["ledger", "proof", str(bundle / "ledger.jsonl"), *what]) == 0
    made = capsys.readouterr().out
    file = tmp_path / "proof.json"
    file.write_text(made)
    assert main(["ledger", "proof", "--check", str(file)]) == 0
    assert "holds" in capsys.readouterr().out
    root = json.loads(made)["root"]
    file.write_text(made.replace(root, root[::-1]))
    assert main(["ledger", "proof", "--check", str(file)]) == 1


def test_what_cannot_be_proved_is_said(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = str(bundle / "ledger.jsonl")
    for what, said in (
        (["--entry", "99"], "has no line 99"),
        (["--from", "2", "--size", "99"], "not 99"),
        (["--from", "4", "--size", "2"], "not 4"),
        ([], "either --entry or --from"),
        (["--entry", "1", "--from", "2"], "either --entry or --from"),
        (["--check", ledger], "--check alone"),
    ):
        assert main(["ledger", "proof", ledger, *what]) == 2
        assert said in capsys.readouterr().err
