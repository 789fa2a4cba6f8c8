"""`maskres notary cosign`: what it prints holds, and only for what the ledger itself has signed."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskres.cli.main import main
from maskres.ledger.note_keys import read_verifier_key
from maskres.ledger.notes import add_signatures, open_note
from maskres.usecases.cosigning import ledger_pages, verifier_of_ledger
from maskres.usecases.service import Service
from tests.support.world import open_round


def test_a_line_that_is_printed_holds_under_the_checkpoint(
    sqlite_service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_round(sqlite_service)
    note = ledger_pages(sqlite_service)[0].note.encode()
    checkpoint, key = tmp_path / "checkpoint-1.txt", tmp_path / "notary.key"
    checkpoint.write_bytes(note)
    assert main(["notary", "keygen", "rehearsal/notary-2", "--out", str(key)]) == 0
    public = read_verifier_key(capsys.readouterr().out)
    ledger = verifier_of_ledger(sqlite_service)
    arguments = ["notary", "cosign", str(checkpoint), "--key", str(key), "--ledger", ledger]
    assert main(arguments) == 0
    opened = open_note(add_signatures(note, [capsys.readouterr().out]), [public])
    assert opened.find_signer(public) is not None
    checkpoint.write_bytes(note.replace(b"\n1\n", b"\n2\n", 1))
    assert main(arguments) == 1
    key.write_bytes(b"\xff\xfe")
    checkpoint.write_bytes(note)
    assert main(arguments) == 2
