"""Stores, slots and rooms by file: bad lines named, what would change shown first, set only as it was looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskres.db import rounds, slots
from maskres.rounds.status import DrawStatus
from maskres.usecases.service import Service
from tests.support.office import Desk, digest_shown
from tests.support.people import STORES
from tests.support.raw import fetch
from tests.support.web import csrf
from tests.support.world import ROUND, create_round, play_to, set_slots, slots_csv

_ROUND = f"/operator/rounds/{ROUND}"
_DRAW = f"{_ROUND}/draws/1"


@pytest.fixture
def desk(service: Service, tmp_path: Path) -> Desk:
    return Desk(service, tmp_path / "bundles")


@pytest.fixture
def sqlite_desk(sqlite_service: Service, tmp_path: Path) -> Desk:
    return Desk(sqlite_service, tmp_path / "bundles")


def _slots_of(service: Service) -> dict[tuple[str, str], int]:
    with service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, ROUND), 1)
        return {(each.store, each.slot): each.capacity for each in slots.list_slots(c, draw)}


def _look(
    desk: Desk, address: str, content: str | bytes, field: str = "file", **fields: str
) -> tuple[str, str]:
    data = content.encode() if isinstance(content, str) else content
    answer = desk.post("operator", address, fields, {field: data})
    assert answer.status_code == 303, answer.text
    where = answer.headers["Location"]
    return where, desk.get("operator", where).text


def test_slots_are_looked_at_before_they_are_set(desk: Desk) -> None:
    service = desk.service
    play_to(service, DrawStatus.OPEN, people=[])
    set_slots(service)
    before = _slots_of(service)

    # Every bad line is named with its reason, and none of the good ones is set.
    bad = (
        "门店编号,开始,结束,名额,时段\n"
        "nowhere,2020-02-14 09:00,2020-02-14 09:30,4,\n"
        "huli-1,2020-02-14 09:00,2020-02-14 09:30,4,\n"
        "huli-1,2020-02-14 09:15,2020-02-14 09:45,4,\n"
        "huli-1,14.2.2020 9:00,2020-02-14 10:30,4,\n"
        "huli-1,2020-02-14 11:00,2020-02-14 10:30,4,\n"
        "huli-1,2020-02-14 12:00,2020-02-14 12:30,none,\n"
        "huli-1,2020-02-14 13:00,2020-02-14 13:30,4,0214-0900\n"
        "huli-1,2020-02-14 14:00,2020-02-14 14:30,4,Big Slot\n"
        "huli-1,2020-02-14 15:00\n"
    )
    refused = desk.post("operator", f"{_DRAW}/slots", {}, {"file": bad.encode()})
    assert refused.status_code == 422 and 'id="file-error"' in refused.text
    for line in (2, 4, 5, 6, 7, 8, 9, 10):
        assert f'<td class="govuk-table__cell">{line}</td>' in refused.text, line
    assert '<td class="govuk-table__cell">3</td>' not in refused.text
    assert "Lines that cannot be read: 8." in refused.text
    assert _slots_of(service) == before
    assert fetch(service.database, "SELECT count(*) FROM uploads") == [(0,)]

    # As an office writes it: local times in any order, Chinese headers, GB18030; one larger, one new, the rest gone.
    lines = ["名额,门店编号,开始,结束,时段"]
    lines += ["9,huli-1,2020/2/13 15:00,2020/2/13 15:30,pm", "5,huli-1,2020-02-13 16:00,2020-02-13 16:30,"]
    lines += ["4,huli-1,2020-02-13 09:00,2020-02-13 09:30,am"]
    where, page = _look(desk, f"{_DRAW}/slots", "\r\n".join(lines).encode("gb18030"))
    assert "New: 1" in page and "Changed: 1" in page and f"Gone: {len(before) - 2}" in page
    assert "0213-1600" in page
    assert _slots_of(service) == before

    # What was looked at is what is set: after another change it must be looked at again.
    set_slots(service, data=slots_csv(capacity=7))
    seen = digest_shown(page)
    late = desk.post("operator", where, {"approved": seen})
    assert late.status_code == 409 and "Something changed since you looked" in late.text
    assert set(_slots_of(service).values()) == {7}
    looked_at = digest_shown(desk.get("operator", where).text)
    assert looked_at != seen
    assert desk.post("operator", where, {}).headers["Location"] == f"{_DRAW}/slots"
    assert desk.approvals("slots-set")[0] == looked_at
    assert _slots_of(service) == {("huli-1", "am"): 4, ("huli-1", "pm"): 9, ("huli-1", "0213-1600"): 5}
    # Sent twice, it is set once: the file is gone, and the page leads back.
    assert desk.client("operator").get(where).headers["Location"] == f"{_DRAW}/slots"
    token = csrf(desk.client("operator"), "/staff/login")
    again = desk.client("operator").post(where, data={"approved": looked_at, "csrf_token": token})
    assert again.headers["Location"] == f"{_DRAW}/slots"
    assert "perhaps it has been set already" in desk.get("operator", f"{_DRAW}/slots").text


def _stores_csv(*lines: str) -> str:
    return "\n".join(["store,district,name,address,opens,closes", *lines]) + "\n"


def test_stores_of_a_draft_are_replaced_and_those_of_an_open_round_only_grow(sqlite_desk: Desk) -> None:
    desk, service = sqlite_desk, sqlite_desk.service
    create_round(service)
    some, *_ = STORES
    bad = desk.post(
        "operator",
        f"{_ROUND}/stores",
        {},
        {"file": _stores_csv("A,huli,x,y,09:00,18:00", "a,mars,x,y,09:00,18:00").encode()},
    )
    assert bad.status_code == 422 and "Lines that cannot be read: 2." in bad.text
    mine = [f"{store},{district},{store}药店,中山路1号,09:00,18:00" for store, district in STORES[1:]]
    where, page = _look(desk, f"{_ROUND}/stores", _stores_csv(*mine, "new-1,huli,New,Road 1,09:00,18:00"))
    assert "New: 1" in page and "Gone: 1" in page and some[0] in page
    assert desk.post("operator", where, {}).headers["Location"] == _ROUND
    assert desk.approvals("stores-set")[0] == digest_shown(page)
    with service.database.reading() as c:
        known = rounds.store_districts(c, rounds.find_round(c, ROUND).id)
    assert some[0] not in known and "new-1" in known

    desk.do("operator", f"{_ROUND}/open")
    where, page = _look(desk, f"{_ROUND}/stores", _stores_csv("new-1,siming,New,Road 1,09:00,18:00"))
    assert "Refused: 1" in page and 'name="approved"' not in page
    assert desk.post("operator", where, {}).status_code == 409
    where, page = _look(
        desk,
        f"{_ROUND}/stores",
        _stores_csv("new-1,huli,New,Road 2,08:00,18:00", "new-2,huli,Newer,Road 3,09:00,18:00"),
    )
    assert "New: 1" in page and "Changed: 1" in page and "Gone:" not in page
    assert desk.post("operator", where, {}).status_code == 303
    with service.database.reading() as c:
        listed = {each.store: each for each in rounds.list_stores(c, rounds.find_round(c, ROUND).id)}
    assert (listed["new-1"].address, listed["new-1"].opens) == ("Road 2", "08:00")
    assert len(listed) == len(known) + 1


def test_the_room_of_a_batch_is_looked_at_first(sqlite_desk: Desk) -> None:
    desk, service = sqlite_desk, sqlite_desk.service
    play_to(service, DrawStatus.COLLECTING)
    soon = "huli-1,2020-02-12 00:10,2020-02-12 00:20,4,soon\n"
    head = "store,starts_at,ends_at,capacity,slot\n"
    where, page = _look(desk, f"{_DRAW}/batch", head + soon, "room", released="2")
    assert "Refused: 1" in page and "sooner than the rules allow" in page
    assert desk.post("operator", where, {}).status_code == 409
    room = "huli-1,2020-02-13 17:00,2020-02-13 17:30,3,late\n"
    where, page = _look(desk, f"{_DRAW}/batch", head + room, "room", released="2")
    assert "New: 1" in page and "A published batch cannot be undone." in page
    assert "Placed" in desk.do("operator", where).text
    assert ("huli-1", "late") in _slots_of(service)
