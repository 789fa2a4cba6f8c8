"""Batches: what came free and what arrived goes to the waiting, as anyone can recompute from the published files."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from maskres.errors import CheckFailed, InputError, StepRefused
from maskres.formats.values import format_time, sha256_hex
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.pickup import afterwards, redeeming
from maskres.usecases.pickup.batches import publish_batch
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.service import RESIDENT, Service
from tests.support.collecting import Counters, local
from tests.support.people import STORES, make_people
from tests.support.plain_bundle import PlainBundle
from tests.support.raw import dump, fetch
from tests.support.world import NOTARY, OPERATOR, cosign_all, play_to

pytest_plugins = ("tests.support.collecting_fixtures",)

HEADER = "district,store,slot,starts_at,ends_at,capacity"


def batch(counters: Counters, **values: object) -> dict[str, int]:
    cosign_all(counters.service)
    return publish_batch(counters.service, OPERATOR, counters.slug, counters.draw, **values)


def room(tmp_path: Path, *slots: tuple[str, str, datetime, int]) -> Path:
    """Write the room of a batch: store, slot, begin and capacity of each, half an hour long."""
    districts = dict(STORES)
    lines = [
        f"{districts[store]},{store},{slot},{format_time(begin)},{format_time(begin + timedelta(minutes=30))},{places}"
        for store, slot, begin, places in sorted(slots, key=lambda each: (each[0], each[2], each[1]))
    ]
    path = tmp_path / "room.csv"
    path.write_text("".join(f"{line}\n" for line in [HEADER, *lines]))
    return path


def bundle(counters: Counters, folder: Path) -> PlainBundle:
    """Publish the draw's bundle as it is now, and read it plainly."""
    export_bundle(counters.service, counters.slug, counters.draw, folder / "bundle")
    return PlainBundle.of_folder(folder / "bundle")


def give_back(counters: Counters, *numbers: str) -> None:
    for number in numbers:
        afterwards.give_back(counters.service, RESIDENT, counters.slug, counters.draw, number, SEEN_BY_STAFF)


def waiting(counters: Counters, stratum: str) -> list[str]:
    """Give the waiting list of a stratum as it was drawn."""
    statement = (
        "SELECT number FROM results WHERE draw_id = :d AND outcome = 'waiting' AND stratum = :s ORDER BY rank"
    )
    return [
        number for (number,) in fetch(counters.service.database, statement, d=counters.draw_id, s=stratum)
    ]


def stratum_of(counters: Counters, number: str) -> str:
    (row,) = fetch(counters.service.database, "SELECT stratum FROM results WHERE number = :n", n=number)
    return row[0]


def require_consistent(counters: Counters, folder: Path) -> PlainBundle:
    """Recompute every batch, and compare files, ledger and tables with each other."""
    published = bundle(counters, folder)
    numbers = range(1, published.batch_count() + 1)
    assert published.promote() == [published.files[f"promotion-{n}.csv"] for n in numbers]
    entries = [entry["body"] for entry in published.ledger if entry["kind"] == "batch"]
    assert [entry["batch"] for entry in entries] == list(numbers)
    for n, entry in zip(numbers, entries, strict=True):
        for kind, digest in entry["files"].items():
            name = f"{kind}-{n}.csv"
            assert digest == {
                "sha256": sha256_hex(published.files[name]),
                "entries": len(published.rows(name)),
            }
        seals = published.seals()
        assert all(seals[number] == seal for number, seal in published.unsealed(f"wishes-{n}.csv").items())
    for number, store, slot in last_places(published).values():
        place = counters.place(number)
        assert (place["store"] or "", place["slot"] or "") == (store, slot)
    return published


def last_places(published: PlainBundle) -> dict[str, tuple[str, str, str]]:
    """Give where the files say everyone was placed last."""
    names = ["allocation.csv", *(f"promotion-{n}.csv" for n in range(1, published.batch_count() + 1))]
    return {row[1]: (row[1], row[2], row[3]) for name in names for row in published.rows(name)}


def test_a_batch_follows_from_its_files_and_goes_on_in_the_tables(counters: Counters, tmp_path: Path):
    """Everything at once: places given back, missed and taken away, a store closed, stock arrived, somebody tired."""
    returned, cheat = counters.numbers(store="siming-1")[:3], counters.winner("siming-2")
    give_back(counters, *returned)
    afterwards.disqualify(
        counters.service, OPERATOR, NOTARY, counters.slug, 1, cheat, "Two people, one card."
    )
    tired = waiting(counters, "general")[0]
    give_back(counters, tired)
    displaced = afterwards.close_store(counters.service, OPERATOR, counters.slug, 1, "huli-1", local(12))
    said = batch(counters, released=3)
    published = require_consistent(counters, tmp_path)
    assert said == {"batch": 1, "placed": displaced + 4 + 3, "unplaced": 0}
    assert dict(published.rows("changes-1.csv")) == (
        dict.fromkeys(returned, "cancelled")
        | {cheat: "disqualified", tired: "withdrawn"}
        | dict.fromkeys([r[1] for r in published.rows("promotion-1.csv")[:displaced]], "displaced")
    )
    (entry,) = (each for each in published.ledger if each["kind"] == "batch")
    assert entry["body"]["released"] == {"elderly": 1, "general": 2}
    assert tired not in counters.numbers()


def test_the_displaced_and_unplaced_come_first(counters: Counters, tmp_path: Path):
    give_back(counters, counters.winner("siming-1"))
    afterwards.close_store(counters.service, OPERATOR, counters.slug, 1, "huli-1", local(0))
    displaced = set(counters.numbers(status="displaced"))
    batch(counters)
    rows = require_consistent(counters, tmp_path).rows("promotion-1.csv")
    assert {row[1] for row in rows[: len(displaced)]} == displaced
    assert len(rows) == len(displaced) + 1
    assert rows[-1][1] in waiting(counters, "general") + waiting(counters, "elderly")


def test_a_freed_win_goes_to_the_next_of_its_stratum(counters: Counters):
    for stratum in ("elderly", "general"):
        winner = next(n for n in counters.numbers(status="assigned") if stratum_of(counters, n) == stratum)
        before = set(counters.numbers())
        give_back(counters, winner)
        assert batch(counters)["placed"] == 1
        assert set(counters.numbers()) - before == {waiting(counters, stratum)[0]}


def test_the_promoted_collect_and_have_won(counters: Counters):
    give_back(counters, counters.winner("siming-1", "am"))
    before = set(counters.numbers())
    batch(counters)
    (promoted,) = set(counters.numbers()) - before
    place = counters.place(promoted)
    assert (place["status"], place["batch"]) == ("assigned", 1)
    won = "SELECT last_win_draw_id FROM persons p JOIN registrations r ON r.person_id = p.id WHERE r.number = :n"
    assert fetch(counters.service.database, won, n=promoted) == [(counters.draw_id,)]
    counters.at(9)
    assert counters.hand_out(counters.till(place["store"]), promoted).code == "handed-out"


def test_a_displaced_winner_gets_a_new_code(counters: Counters):
    number = counters.winner("huli-1", "pm")
    old = counters.code(number)
    afterwards.close_store(counters.service, OPERATOR, counters.slug, 1, "huli-1", local(12))
    batch(counters)
    place = counters.place(number)
    assert (place["status"], place["code_version"]) == ("assigned", 2)
    assert (place["store"], place["slot"]) != ("huli-1", "pm")
    counters.at(9)
    till = counters.till(place["store"])
    assert redeeming.look_up(counters.service, till, old).code == "unknown"
    assert redeeming.look_up(counters.service, till, counters.code(number)).code == "valid"


def test_whoever_a_batch_leaves_unplaced_lapses_in_the_next(counters: Counters, tmp_path: Path):
    """Five are promoted and one place is offered; in the next batch the four make way for four others."""
    give_back(counters, *counters.numbers(store="siming-2")[:5])
    counters.at(12)
    evening = local(19)
    said = batch(counters, room=room(tmp_path, ("siming-2", "evening", evening, 1)))
    assert said == {"batch": 1, "placed": 1, "unplaced": 4}
    left = counters.numbers(status="unplaced")
    assert len(left) == 4
    assert batch(counters, room=room(tmp_path, ("siming-1", "night", local(20), 9)))["batch"] == 2
    published = require_consistent(counters, tmp_path)
    assert dict(published.rows("changes-2.csv")) == dict.fromkeys(left, "lapsed")
    assert counters.numbers(status="lapsed") == left
    second = {row[1] for row in published.rows("promotion-2.csv")}
    assert len(second) == 4
    assert not second & (set(left) | {row[1] for row in published.rows("promotion-1.csv")})
    third = batch(counters, room=room(tmp_path, ("siming-1", "late", local(21), 9)))
    assert third["batch"] == 3  # the lapsed were replaced once, and are not again


def test_an_unplaced_winner_who_leaves_still_lapses(counters: Counters, tmp_path: Path):
    """The file says what frees the place: lapsed. That they also gave it back changes nothing."""
    give_back(counters, *counters.numbers(store="siming-2")[:2])
    counters.at(12)
    batch(counters, room=room(tmp_path, ("siming-2", "evening", local(19), 1)))
    (left,) = counters.numbers(status="unplaced")
    give_back(counters, left)
    batch(counters, room=room(tmp_path, ("siming-1", "night", local(20), 9)))
    published = require_consistent(counters, tmp_path)
    assert published.rows("changes-2.csv") == [[left, "lapsed"]]
    batch(counters, room=room(tmp_path, ("siming-1", "late", local(21), 9)))
    assert require_consistent(counters, tmp_path).rows("changes-3.csv") == []


def test_the_first_batch_places_who_the_allocation_could_not(service: Service, tmp_path: Path):
    people = [person for person in make_people(36) if person.index % 3 == 2]
    play_to(service, DrawStatus.COLLECTING, people=people, capacity=2)
    counters = Counters(service)
    unplaced = counters.numbers(status="unplaced")
    assert len(unplaced) == 3
    said = batch(counters, room=room(tmp_path, ("siming-2", "evening", local(19), 2)))
    assert said == {"batch": 1, "placed": 2, "unplaced": 1}
    published = require_consistent(counters, tmp_path)
    assert sorted(row[1] for row in published.rows("promotion-1.csv")) == unplaced
    assert published.rows("changes-1.csv") == []


def test_new_stock_makes_new_slots_and_more_room_in_old_ones(counters: Counters, tmp_path: Path):
    """Offered is what is free now; a slot with less free room grows, one with more keeps what it has."""
    full = counters.slot("siming-2", "am")
    offered = room(
        tmp_path,
        ("siming-2", "am", local(9), 7),
        ("huli-1", "pm", local(15), 1),
        ("siming-1", "day-after", local(9, days=1), 20),
    )
    roomy = counters.slot("huli-1", "pm")
    batch(counters, room=offered, released=15)
    published = require_consistent(counters, tmp_path)
    assert published.files["room-1.csv"] == offered.read_bytes()
    assert counters.slot("siming-2", "am")["capacity"] == full["taken"] + 7
    assert counters.slot("huli-1", "pm")["capacity"] == roomy["capacity"]
    new = counters.slot("siming-1", "day-after")
    assert (new["capacity"], new["starts_at"]) == (20, local(9, days=1))
    placed = [row for row in published.rows("promotion-1.csv") if row[3] == "day-after"]
    assert new["taken"] == len(placed) > 0
    counters.at(9, days=1)
    assert counters.hand_out(counters.till("siming-1"), placed[0][1]).code == "handed-out"


def test_only_slots_that_begin_late_enough_are_offered(counters: Counters, tmp_path: Path):
    """Two hours' lead: at 07:00 the morning's can be offered, a minute later no more."""
    give_back(counters, counters.winner())
    counters.at(7 + 1 / 60)
    with pytest.raises(CheckFailed) as refused:
        batch(
            counters, room=room(tmp_path, ("siming-2", "am", local(9), 1), ("siming-2", "pm", local(15), 1))
        )
    assert (refused.value.code, refused.value.line) == ("slot-too-soon", 2)
    batch(counters)
    published = require_consistent(counters, tmp_path)
    assert {row[2] for row in published.rows("room-1.csv")} == {"pm"}
    give_back(counters, counters.winner("siming-1", "pm"))
    counters.at(13 + 1 / 60)
    batch(counters)
    assert require_consistent(counters, tmp_path).rows("room-2.csv") == []


def test_the_room_is_what_is_free(counters: Counters, tmp_path: Path):
    batch(counters)
    free = {
        (store, slot): counters.slot(store, slot)["capacity"] - counters.slot(store, slot)["taken"]
        for store, _ in STORES
        for slot in ("am", "pm")
    }
    rows = require_consistent(counters, tmp_path).rows("room-1.csv")
    assert {(row[1], row[2]): int(row[5]) for row in rows} == free


def test_a_batch_of_nothing_is_published_all_the_same(counters: Counters, tmp_path: Path):
    assert batch(counters) == {"batch": 1, "placed": 0, "unplaced": 0}
    published = require_consistent(counters, tmp_path)
    assert published.files["changes-1.csv"] == b"number,cause\n"
    assert published.files["promotion-1.csv"] == b"place,number,store,slot,choice\n"


def test_a_forfeited_place_handed_out_after_all_frees_nothing(counters: Counters, tmp_path: Path):
    proven, missed = counters.winner(), counters.winner(nth=1)
    counters.at(12)
    counters.upload(counters.till(), is_complete=True)
    afterwards.forfeit_missed(counters.service, OPERATOR, counters.slug, 1)
    assert {proven, missed} <= set(counters.numbers(status="forfeited"))
    counters.report(counters.till(), counters.request(proven, is_offline=True, claimed_at=local(9.1)))
    batch(counters)
    changes = dict(require_consistent(counters, tmp_path).rows("changes-1.csv"))
    assert changes[missed] == "forfeited"
    assert proven not in changes


@pytest.mark.parametrize("released", [-1, "3", {"general": 3}, True])
def test_stock_is_released_as_one_number(counters: Counters, released: object):
    """To no stratum of anybody's choice: the shares follow from the quotas."""
    before = dump(counters.service.database)
    with pytest.raises(InputError) as refused:
        batch(counters, released=released)
    assert refused.value.code == "bad-released"
    assert dump(counters.service.database) == before


def test_a_slot_in_the_room_is_the_slot_of_that_name(counters: Counters, tmp_path: Path):
    """Not one at other hours, nor one that was closed: whoever was placed there would stand before a shut door."""
    with pytest.raises(InputError) as refused:
        batch(counters, room=room(tmp_path, ("siming-2", "am", local(10), 1)))
    assert refused.value.code == "slot-differs"
    afterwards.close_store(counters.service, OPERATOR, counters.slug, 1, "huli-1", local(12))
    with pytest.raises(InputError) as refused:
        batch(counters, room=room(tmp_path, ("huli-1", "pm", local(15), 1)))
    assert refused.value.code == "slot-closed"
    batch(counters, room=room(tmp_path, ("huli-1", "reopened", local(15), 9)))
    assert counters.slot("huli-1", "reopened")["taken"] > 0


def test_a_later_commitment_ends_the_waiting_list(counters: Counters):
    """Until it is voided: then the next draw has no winners, and this list goes on."""
    give_back(counters, counters.winner())
    late = local(9, days=40)
    play_to(counters.service, DrawStatus.DECIDED, draw=2, people=[])
    counters.service.now.at = late - timedelta(days=35)
    assert batch(counters)["batch"] == 1
    play_to(counters.service, DrawStatus.COMMITTED, draw=2, people=[])
    with pytest.raises(StepRefused) as refused:
        batch(counters, released=1)
    assert refused.value.code == "waiting-list-ended"
    assert batch(counters, released=0) == {"batch": 2, "placed": 0, "unplaced": 0}
    play_to(counters.service, DrawStatus.VOID, draw=2, people=[])
    assert batch(counters) == {
        "batch": 3,
        "placed": 0,
        "unplaced": 0,
    }  # what came free meanwhile is for nobody
    assert batch(counters, released=1)["batch"] == 4


def test_winners_displaced_after_a_later_commitment_are_moved(counters: Counters, tmp_path: Path):
    before = set(counters.numbers())
    displaced = afterwards.close_store(counters.service, OPERATOR, counters.slug, 1, "huli-1", local(8))
    assert displaced > 0
    give_back(counters, counters.winner("siming-1"))
    play_to(counters.service, DrawStatus.COMMITTED, draw=2, people=[])
    offered = room(tmp_path, ("siming-1", "later", counters.service.now() + timedelta(days=2), 40))
    counts = batch(counters, room=offered)
    assert counts == {"batch": 1, "placed": displaced, "unplaced": 0}
    assert set(counters.numbers()) == before
    assert batch(counters)["placed"] == 0  # the batch before is replayed as one of an ended list
    plain = bundle(counters, tmp_path)
    assert plain.promote() == [plain.files[f"promotion-{number}.csv"] for number in (1, 2)]


def test_winners_of_a_batch_are_left_out_of_the_next_draw(counters: Counters):
    give_back(counters, counters.winner())
    before = set(counters.numbers())
    batch(counters)
    (promoted,) = set(counters.numbers()) - before
    play_to(counters.service, DrawStatus.COMMITTED, draw=2, people=[])
    statement = (
        "SELECT v.coarse_reason FROM facts f JOIN verdicts v ON v.draw_id = f.draw_id AND v.mask = f.mask"
        " JOIN draws d ON d.id = f.draw_id WHERE d.draw = 2 AND f.number = :n"
    )
    assert fetch(counters.service.database, statement, n=promoted) == [("already-won",)]


@pytest.mark.parametrize("status", [DrawStatus.DRAWN, DrawStatus.FINISHED])
def test_a_batch_has_its_time(service: Service, status: DrawStatus):
    play_to(service, status)
    with pytest.raises(StepRefused) as refused:
        batch(Counters(service))
    assert refused.value.code == "step-out-of-order"
