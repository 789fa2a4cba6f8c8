"""A round by the pages of operator, notary, witness and auditor, from its draft to its erasure."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from maskres.formats import strict_json
from maskres.ledger.checkpoints import cosign
from maskres.rehearsal.parts import cosigner_keys
from maskres.rounds.status import DrawStatus
from maskres.usecases.cosigning import ledger_pages
from maskres.usecases.service import Service
from tests.support.office import Desk
from tests.support.people import STORES, make_people, make_rules, write_register
from tests.support.world import (
    ROLLS,
    ROUND,
    SEED,
    hours_of,
    register,
    set_clock,
    slots_csv,
    status_of,
    winners_of,
)

_ROUND = f"/operator/rounds/{ROUND}"
_DRAW = f"{_ROUND}/draws/1"
_HALL = f"/notary/rounds/{ROUND}/draws/1"


@pytest.fixture
def desk(sqlite_service: Service, tmp_path: Path) -> Desk:
    """Everybody's pages on a service of their own."""
    return Desk(sqlite_service, tmp_path / "bundles")


def _stores_csv() -> bytes:
    lines = ["store,district,name,address,opens,closes"]
    lines += [f"{store},{district},{store}药店,中山路1号,09:00,18:00" for store, district in STORES]
    return "".join(f"{line}\n" for line in lines).encode()


def _new_round(desk: Desk, **rules: object) -> None:
    notary, witness = (key.verifier.text for key in cosigner_keys(SEED))
    made = desk.post(
        "operator",
        "/operator/rounds/new",
        {"notary": notary, "witness": witness},
        {"rules": strict_json.dumps(make_rules(ROUND, **rules)), "stores": _stores_csv()},
    )
    assert made.headers.get("Location") == _ROUND, made.text


def _household(people: list[object], folder: Path) -> bytes:
    folder.mkdir(exist_ok=True)
    return write_register(folder / "household.csv", "household", people).read_bytes()


def test_a_round_from_draft_to_batch_by_pages_alone(desk: Desk, tmp_path: Path) -> None:
    service = desk.service
    _new_round(desk, challenge_hours=0)
    assert "Open the round" in desk.get("operator", _ROUND).text
    assert "done" in desk.do("operator", f"{_ROUND}/open").text
    people = list(make_people(20))
    for kind in ("household", "insurance"):
        register_page = desk.do(
            "operator",
            "/operator/registers",
            {"kind": kind, "as_of": "2020-02-06"},
            {"file": _household(people, tmp_path / kind) if kind == "household" else _insurance(tmp_path)},
        )
        assert "Version" in register_page.text
    for person in people:
        register(service, person)
    set_clock(service, hours_of(1, 48))
    assert "20" in desk.do("operator", f"{_DRAW}/close").text
    decided = desk.do("operator", f"{_DRAW}/decide").text
    assert "In the pool: general" in decided
    slots = desk.post("operator", f"{_DRAW}/slots", {}, {"file": slots_csv()})
    assert slots.headers["Location"] == f"{_DRAW}/slots"
    _commit(desk)
    assert status_of(service) is DrawStatus.COMMITTED
    _cosign_newest(desk)
    _enter_dice(desk)
    assert status_of(service) is DrawStatus.DICED
    assert "Winners" in desk.do("operator", f"{_DRAW}/draw").text
    assert "Placed" in desk.do("operator", f"{_DRAW}/publish").text
    desk.do("operator", f"{_DRAW}/collect")
    assert "2" in desk.do("operator", f"{_DRAW}/batch", {"released-general": "2"}).text
    assert winners_of(service)
    assert "Batches published: 1." in desk.get("operator", _DRAW).text


def _insurance(folder: Path) -> bytes:
    folder.mkdir(exist_ok=True)
    return write_register(folder / "insurance.csv", "insurance", []).read_bytes()


def _commit(desk: Desk) -> None:
    page = desk.get("operator", f"{_DRAW}/commit").text
    strata = re.findall(r'name="quota-([a-z-]+)"', page)
    by = (hours_of(1, 60) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")
    fields = {f"quota-{stratum}": "3" for stratum in strata} | {"sides": "10", "rolls": "39", "by": by}
    typed = desk.post("operator", f"{_DRAW}/commit", fields)
    assert typed.headers.get("Location") == f"{_DRAW}/commit/confirm", typed.text
    shown = desk.get("operator", f"{_DRAW}/commit/confirm").text
    approved = re.search(r'name="approved" value="([0-9a-f]{64})"', shown)
    assert approved is not None
    assert "Fix everything for good?" in shown
    assert (
        "Digest of the commitment"
        in desk.do("operator", f"{_DRAW}/commit/confirm", {"approved": approved[1]}).text
    )


def _cosign_newest(desk: Desk) -> None:
    page = ledger_pages(desk.service)[0]
    for role, key in zip(("notary", "witness"), cosigner_keys(SEED), strict=True):
        assert "pool committed" in desk.get(role, "/notary/").text
        note = desk.get(role, f"/notary/checkpoints/{page.size}/note").data
        line = cosign(note, key, desk.service.now())
        wrong = desk.post(role, f"/notary/checkpoints/{page.size}", {"line": line.replace("A", "B", 1)})
        assert wrong.status_code == 422
        handed_in = desk.post(role, f"/notary/checkpoints/{page.size}", {"line": line})
        assert handed_in.status_code == 303, handed_in.text
        assert "You have cosigned this step." in desk.get(role, f"/notary/checkpoints/{page.size}").text


def _enter_dice(desk: Desk) -> None:
    differing = desk.post("notary", f"{_HALL}/dice", {"rolls": ROLLS, "again": ROLLS[:-1] + "9"})
    assert differing.status_code == 422
    assert "first differ at roll 39" in differing.text
    assert ROLLS in differing.text
    typed = desk.post("notary", f"{_HALL}/dice", {"rolls": " ".join(ROLLS), "again": ROLLS})
    assert typed.headers.get("Location") == f"{_HALL}/dice/confirm", typed.text
    assert "Are these the dice?" in desk.get("notary", f"{_HALL}/dice/confirm").text
    entered = desk.post("notary", f"{_HALL}/dice/confirm", {})
    assert entered.headers.get("Location") == _HALL, entered.text
