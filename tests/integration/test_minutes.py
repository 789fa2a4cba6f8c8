"""The minutes: one printable page from published files alone, the same facts by page and by command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from maskres.cli.main import main
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.draw.minutes import draw_minutes
from maskres.usecases.service import Service
from tests.support.world import ROLLS, ROUND, play_to, published

ADDRESS = "https://masks.example.org/api/v1/rounds/xiamen-2020-1/draws/1/bundle.zip"


def write(service: Service, folder: Path, *arguments: str) -> str:
    bundle = export_bundle(service, ROUND, 1, folder / "bundle").folder
    out = folder / "minutes.html"
    fixed = ["notary", "minutes", "--bundle", str(bundle), "--out", str(out)]
    assert main([*fixed, *arguments]) == 0
    return out.read_text("utf-8")


def test_page_and_command_say_the_same(sqlite_service: Service, tmp_path: Path) -> None:
    play_to(sqlite_service, DrawStatus.PUBLISHED)
    made = write(sqlite_service, tmp_path, "--address", ADDRESS)
    shown = draw_minutes(sqlite_service, ROUND, 1, ADDRESS, lambda _: "<svg></svg>")
    digests = re.compile(r"[0-9a-f]{64}")
    assert set(digests.findall(shown)) <= set(
        digests.findall(made)
    )  # a bundle has keys, ledger and README besides
    for page in (made, shown):
        assert " ".join(ROLLS[place : place + 5] for place in range(0, 39, 5)) in page
        assert ADDRESS in page
        assert "<svg" in page
        assert "pool committed</td><td>2020-02-11T16:06:00Z" in page  # the second cosignature counts
        assert "rehearsal and decides nothing" in page
        assert "@media print" in page
        assert not re.search(r"<script|<link|src=|https?://(?!masks|www.w3.org)", page)
    for person in play_to(sqlite_service, DrawStatus.PUBLISHED).people:
        assert person.name not in made
        assert person.id_number not in made


def test_minutes_are_of_the_bundle_s_own_draw_and_of_an_address_of_the_web(
    sqlite_service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play_to(sqlite_service, DrawStatus.COMMITTED)
    write(sqlite_service, tmp_path, "--draw", "1")
    fixed = ["notary", "minutes", "--bundle", str(tmp_path / "bundle"), "--out", str(tmp_path / "other.html")]
    for options, said in (
        (["--draw", "2"], "--draw: The bundle is of draw 1, not of draw 2."),
        (["--address", "javascript:alert(1)"], "--address: The address begins with"),
    ):
        assert main([*fixed, *options]) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "other.html").exists()


def test_what_an_operator_wrote_is_inert(sqlite_service: Service, tmp_path: Path) -> None:
    from maskres.usecases.draw import committing
    from tests.support.world import OPERATOR

    play_to(sqlite_service, DrawStatus.COMMITTED)
    committing.void_draw(sqlite_service, OPERATOR, ROUND, 1, "<script>alert(1)</script>")
    page = draw_minutes(sqlite_service, ROUND, 1, ADDRESS, lambda _: "")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page


def test_there_are_minutes_from_the_opening_on(sqlite_service: Service, tmp_path: Path) -> None:
    play_to(sqlite_service, DrawStatus.OPEN)
    assert "round opened" in draw_minutes(sqlite_service, ROUND, 1, ADDRESS, lambda _: "")
    play_to(sqlite_service, DrawStatus.CLOSED)
    assert "registered.csv" in write(sqlite_service, tmp_path)


def test_no_minutes_of_a_bundle_that_does_not_hold(
    sqlite_service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play_to(sqlite_service, DrawStatus.DRAWN)
    bundle = export_bundle(sqlite_service, ROUND, 1, tmp_path / "bundle").folder
    (bundle / "result.csv").write_bytes(published(sqlite_service, "result.csv")[:-1])
    assert main(["notary", "minutes", "--bundle", str(bundle), "--out", str(tmp_path / "m.html")]) == 1
    assert "does not hold" in capsys.readouterr().err
