"""What the operator hands in and has written by pages: registrations, carrying over, the beacon, a room, the bundle."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from maskres.db import people as rows
from maskres.db import rounds
from maskres.formats import strict_json
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.seeding import enter_dice
from maskres.usecases.pickup import afterwards
from maskres.usecases.rounds.steps import finish_round
from maskres.usecases.service import Service
from tests.support.office import Desk
from tests.support.people import make_people, write_registrations
from tests.support.raw import fetch
from tests.support.world import (
    NOTARY,
    OPERATOR,
    ROLLS,
    ROUND,
    beacon_json,
    cosign_all,
    dice_source,
    drand_source,
    hours_of,
    import_people,
    open_round,
    play_to,
    published,
    register,
    set_clock,
    slots_csv,
    status_of,
    winners_of,
)

_ROUND = f"/operator/rounds/{ROUND}"
_DRAW = f"{_ROUND}/draws/1"


@pytest.fixture
def desk(sqlite_service: Service, tmp_path: Path) -> Desk:
    """Everybody's pages on a service of their own."""
    return Desk(sqlite_service, tmp_path / "bundles")


def standing(service: Service, slug: str = ROUND) -> int:
    with service.database.reading() as c:
        return rows.count_registrations(c, rounds.find_round(c, slug).id)[0]


def test_registrations_are_uploaded_once_and_bad_lines_are_listed(desk: Desk, tmp_path: Path) -> None:
    service, people = desk.service, make_people(6)
    open_round(service)
    register(service, people[0])
    where = f"{_ROUND}/registrations"
    assert desk.post("operator", where, {}).status_code == 422
    bad = write_registrations(tmp_path / "bad.csv", people).read_bytes().replace(b"siming", b"nowhere")
    page = desk.do("operator", where, {}, {"file": bad}).text
    assert "This could not be done" in page and "not a district of the round" in page
    assert standing(service) == 1, "a file is taken whole or not at all"
    good = write_registrations(tmp_path / "good.csv", people).read_bytes()
    page = desk.do("operator", where, {}, {"file": good}).text
    assert "Registrations made" in page and standing(service) == 6
    desk.do("operator", where, {}, {"file": good})
    assert fetch(service.database, "SELECT rows, created, changed FROM registration_files") == [(6, 5, 1)]
    play_to(service, DrawStatus.CLOSED)
    late = write_registrations(tmp_path / "late.csv", people[:1]).read_bytes()
    page = desk.do("operator", where, {}, {"file": late}).text
    assert "Registration is not open now." in page, "the round is open, its draws are not"


def test_who_lost_is_carried_over_by_one_click_and_nobody_twice(desk: Desk) -> None:
    service, people = desk.service, make_people(8)
    open_round(service, challenge_hours=0)
    import_people(service, "household", people)
    import_people(service, "insurance", [])
    for person in people:
        register(service, person, keep="yes")
    play_to(service, DrawStatus.FINISHED)
    finish_round(service, OPERATOR, ROUND)
    losers = len(people) - len(winners_of(service))
    assert losers > 0
    second = "xiamen-2020-2"
    open_round(service, second, challenge_hours=0)
    where = f"/operator/rounds/{second}/carry-over"
    for carried in (losers, 0):
        page = desk.do("operator", where).text
        assert "Registrations" in page and f">{carried}<" in "".join(page.split())
        assert standing(service, second) == losers


def test_the_beacon_is_handed_in_when_its_round_has_come(desk: Desk) -> None:
    service = desk.service
    play_to(service, DrawStatus.COMMITTED)
    where = f"{_DRAW}/beacon"
    source = drand_source()
    right = beacon_json(source).decode()
    set_clock(service, hours_of(1, 88))
    enter_dice(service, NOTARY, ROUND, 1, ROLLS)
    cosign_all(service)
    early = desk.post("operator", where, {"beacon": right})
    assert early.status_code == 422 and "has not come yet" in early.text
    set_clock(service, source.network.round_at + timedelta(minutes=1))
    assert desk.post("operator", where, {"beacon": ""}).status_code == 422
    answer = strict_json.loads(beacon_json(source), file="beacon.json")
    forged = strict_json.dumps(answer | {"randomness": "0" * 64}).decode()
    wrong = desk.post("operator", where, {"beacon": forged})
    assert wrong.status_code == 422 and forged[:20] in wrong.text.replace("&#34;", '"'), (
        "what was typed stays"
    )
    with service.database.reading() as c:
        assert rounds.find_draw(c, rounds.find_round(c, ROUND), 1).seed is None
    other = desk.post("operator", where, {"beacon": right, "approved": "0" * 64})
    assert other.status_code == 422 and "Something changed since you looked" in other.text
    entered = desk.post("operator", where, {"beacon": ""}, {"file": right.encode()})
    assert entered.headers.get("Location") == _DRAW, entered.text
    with service.database.reading() as c:
        assert rounds.find_draw(c, rounds.find_round(c, ROUND), 1).seed is not None
    assert published(service, "seed.txt").startswith(b"maskres-draw-1\n")


def test_a_batch_places_the_displaced_in_the_room_of_a_file(desk: Desk) -> None:
    service = desk.service
    play_to(service, DrawStatus.COLLECTING)
    set_clock(service, hours_of(1, 94))
    displaced = afterwards.close_store(service, OPERATOR, ROUND, 1, "huli-1", service.now())
    assert displaced > 0
    spoilt = b"district,store,slot\n"
    refused = desk.post("operator", f"{_DRAW}/batch", {"released": ""}, {"room": spoilt})
    assert refused.status_code == 422 and 'id="room-error"' in refused.text
    assert fetch(service.database, "SELECT count(*) FROM batches") == [(0,)]
    lines = slots_csv(1, 20, service.now() + timedelta(days=2)).decode().splitlines()
    room = "\n".join(
        [lines[0], *(line.replace(",pm,", ",extra,") for line in lines if "siming-1,pm" in line)]
    )
    looked = desk.post("operator", f"{_DRAW}/batch", {"released": ""}, {"room": f"{room}\n".encode()})
    page = desk.do("operator", looked.headers["Location"]).text
    assert "Placed" in page
    placed = fetch(service.database, "SELECT store, slot FROM places WHERE batch = 1 AND status = 'assigned'")
    assert placed == [("siming-1", "extra")] * displaced
    assert published(service, "room-1.csv").decode() == f"{room}\n"


def test_the_bundle_is_written_as_folder_and_zip_and_again_the_same(desk: Desk) -> None:
    service = desk.service
    play_to(service, DrawStatus.PUBLISHED, sources=[dice_source()])
    page = desk.do("operator", f"{_DRAW}/bundle").text
    folder = desk.folder / ROUND / "draw-1"
    sums = (folder / "SHA256SUMS").read_bytes()
    assert hashlib.sha256(sums).hexdigest() in page
    for line in sums.decode().splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    first = folder.with_suffix(".zip").read_bytes()
    with zipfile.ZipFile(folder.with_suffix(".zip")) as packed:
        assert "SHA256SUMS" in {name.rsplit("/", 1)[-1] for name in packed.namelist()}
    desk.do("operator", f"{_DRAW}/bundle")
    assert folder.with_suffix(".zip").read_bytes() == first
    assert status_of(service) is DrawStatus.PUBLISHED
