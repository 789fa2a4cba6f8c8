"""`maskres notary audit`: numbers and seals are recomputed on the notary's machine, from files alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from maskres.cli.main import main
from maskres.ledger.audit_sheet import AuditSheet, read_findings, write_sheet
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.auditing import open_sheet, record_audit
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.service import Service
from tests.support.world import NOTARY, ROUND, play_to, published


class Table:
    """The notary's machine with a bundle and a sheet."""

    def __init__(self, service: Service, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        play_to(service, DrawStatus.PUBLISHED, audit_size=5)
        self.folder, self.capsys = folder, capsys
        self.bundle = export_bundle(service, ROUND, 1, folder / "bundle").folder
        self.sheet: AuditSheet = open_sheet(service, NOTARY, ROUND, 1)
        self.out = folder / "audit.json"

    def run(self, sheet: AuditSheet, *arguments: str) -> tuple[int, str, str]:
        file = self.folder / "sheet.json"
        file.write_bytes(write_sheet(sheet))
        self.out.unlink(missing_ok=True)
        fixed = ["--sheet", str(file), "--bundle", str(self.bundle), "--out", str(self.out)]
        status = main(["notary", "audit", *fixed, *arguments])
        said = self.capsys.readouterr()
        return status, said.out, said.err


@pytest.fixture
def table(sqlite_service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Table:
    return Table(sqlite_service, tmp_path, capsys)


def test_the_findings_are_those_the_service_publishes(table: Table, sqlite_service: Service) -> None:
    status, said, _ = table.run(table.sheet)
    assert status == 0
    assert said.count("recomputed  sound") == 5
    doubted = table.sheet.winners[1].number
    assert table.run(table.sheet, "--unsound", doubted)[0] == 0
    round_, draw, sound = read_findings(table.out.read_bytes(), file="audit.json")
    assert (round_, draw) == (ROUND, 1)
    assert [number for number, is_sound in sound.items() if not is_sound] == [doubted]
    record_audit(sqlite_service, NOTARY, ROUND, 1, sound)
    assert published(sqlite_service, "audit.json") == table.out.read_bytes()


def test_a_win_that_was_given_to_a_friend_is_not_sound(table: Table) -> None:
    first, second, *others = table.sheet.winners
    relabelled = replace(first, canonical=second.canonical)
    ghost = replace(second, canonical="", name="")
    rewished = replace(others[0], wishes=others[0].wishes + "x")
    status, said, _ = table.run(replace(table.sheet, winners=[relabelled, ghost, rewished, *others[1:]]))
    assert status == 0
    sound = json.loads(table.out.read_bytes())["sound"]
    assert [sound[each.number] for each in table.sheet.winners] == [False, False, False, True, True]
    assert "NOBODY stands behind" in said


def test_another_sample_or_other_keys_are_refused(table: Table) -> None:
    for sheet, words in (
        (replace(table.sheet, winners=table.sheet.winners[1:]), "exactly the 5 chosen"),
        (replace(table.sheet, number_key=bytes(32)), "another key"),
        (replace(table.sheet, seal_key=bytes(32)), "another key"),
        (replace(table.sheet, draw=2), "no result"),
    ):
        status, _, said = table.run(sheet)
        assert status == 1
        assert words in said
        assert not table.out.exists()
    assert table.run(table.sheet, "--unsound", "000000000000")[0] == 2


def test_a_bundle_that_was_altered_is_refused(table: Table) -> None:
    file = table.bundle / "result.csv"
    file.write_bytes(file.read_bytes().replace(b",won", b",waiting", 1))
    status, _, said = table.run(table.sheet)
    assert status == 1
    assert "does not hold" in said


def test_nothing_is_overwritten_and_a_broken_sheet_is_refused(table: Table) -> None:
    assert table.run(table.sheet)[0] == 0
    sheet = table.folder / "sheet.json"
    arguments = [
        "notary",
        "audit",
        "--sheet",
        str(sheet),
        "--bundle",
        str(table.bundle),
        "--out",
        str(table.out),
    ]
    assert main(arguments) == 2
    table.out.unlink()
    whole = json.loads(sheet.read_bytes())
    for name, value in (("draw", "1"), ("seal_key", "00"), ("winners", [{}]), ("more", 1)):
        sheet.write_text(json.dumps(whole | {name: value}))
        assert main(arguments) == 2, name
