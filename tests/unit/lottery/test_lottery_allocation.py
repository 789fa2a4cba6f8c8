"""Slots, wishes, the stagger sequence and the allocation on small cases, and every refusal."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from maskres.errors import CheckFailed, InputError
from maskres.lottery.allocation import allocate, place_in_turn
from maskres.lottery.placements import Placement, read_allocation, write_allocation
from maskres.lottery.pool import read_pool
from maskres.lottery.slots import Slot, check_lead, read_slots, write_slots
from maskres.lottery.stagger import stagger_sequence
from maskres.lottery.tickets import order_by_hash
from maskres.lottery.wishes import Wish, check_seals, read_wishes, seal_of, write_wishes
from tests.reference.lottery_files import SEED, csv, number, wishes_file
from tests.support.placed import gather_placements

NUMBERS = [number(index) for index in range(40)]
ARRAY = np.array(NUMBERS, dtype="S12")
TURNS = [text.decode() for text in ARRAY[order_by_hash(SEED, ARRAY, "place")].tolist()]
NINE = datetime(2020, 2, 15, 1, tzinfo=UTC)


def slot(store: str, name: str, capacity: int, *, district: str = "d1", starts_at: datetime = NINE) -> Slot:
    return Slot(district, store, name, starts_at, starts_at + timedelta(minutes=30), capacity)


def placed(
    wishes: dict[str, tuple[str, str, tuple[str, ...]]], slots: list[Slot]
) -> dict[str, tuple[str, str, str]]:
    winners = np.array(list(wishes), dtype="S12")
    placements = list(allocate(winners, read_wishes(wishes_file(wishes)), slots, SEED))
    assert [placement.place for placement in placements] == list(range(1, len(wishes) + 1))
    assert [placement.number for placement in placements] == [text for text in TURNS if text in wishes]
    return {placement.number: (placement.store, placement.slot, placement.choice) for placement in placements}


def test_the_best_that_is_still_there() -> None:
    slots = [
        slot("a", "s", 1),
        slot("b", "s", 1),
        slot("c", "s", 1, district="d2"),
        slot("e", "s", 1, district="d3"),
    ]
    wishes = {
        TURNS[0]: ("d1", "choices", ("gone", "a")),
        TURNS[1]: ("d1", "choices", ("a", "gone")),
        TURNS[2]: ("d2", "district", ("a",)),
        TURNS[3]: ("d2", "district", ("c",)),
        TURNS[4]: ("d2", "city", ("c",)),
        TURNS[5]: ("nowhere", "district", ()),
        TURNS[6]: ("nowhere", "city", ()),
        TURNS[7]: ("d1", "city", ("a", "b", "c", "e")),
    }
    assert list(placed(wishes, slots).values()) == [
        ("a", "s", "2"),
        ("", "", "-"),
        ("c", "s", "d"),
        ("", "", "-"),
        ("b", "s", "c"),
        ("", "", "-"),
        ("e", "s", "c"),
        ("", "", "-"),
    ]


def test_stores_fill_by_their_share() -> None:
    found = placed(
        dict.fromkeys(TURNS[:6], ("d1", "district", ())), [slot("b", "s", 3), slot("a", "s", 10**12 - 1)]
    )
    # Both empty: a by its name. Then b is empty and a is not; then a is at less than b's 1/3 for ever.
    assert [store for store, _, _ in found.values()] == ["a", "b", "a", "a", "a", "a"]


def test_whole_stores_are_compared_not_slots() -> None:
    slots = [slot("a", "s1", 1), slot("a", "s2", 9, starts_at=NINE + timedelta(hours=1)), slot("b", "s1", 5)]
    found = placed(dict.fromkeys(TURNS[:4], ("d1", "district", ())), slots)
    # a 0/10 = b 0/5: a by its name; b 0/5; a 1/10 before b 1/5; a 2/10 = b 1/5: a by its name.
    assert [store for store, _, _ in found.values()] == ["a", "b", "a", "a"]


def test_stagger_sequence() -> None:
    later = NINE + timedelta(minutes=30)
    slots = [slot("a", "z", 2), slot("a", "y", 1, starts_at=later), slot("a", "x", 4, starts_at=later)]
    # 0,0,0 → z (starts first); 1/2 → x (0, by name), y; then x at 1/4, 2/4 = z 1/2 → z first, x, x.
    whole = ["z", "x", "y", "x", "z", "x", "x"]
    for length in range(8):
        assert [slots[index].slot for index in stagger_sequence(slots, length)] == whole[:length]
        turned = slots[::-1]
        assert [turned[index].slot for index in stagger_sequence(turned, length)] == whole[:length]
    with pytest.raises(ValueError, match="as long as"):
        stagger_sequence(slots, 8)


def test_stagger_sequence_of_huge_slots_is_not_expanded() -> None:
    slots = [slot("a", "s1", 10**12 - 1), slot("a", "s2", 10**12 - 2, starts_at=NINE + timedelta(hours=1))]
    assert stagger_sequence(slots, 5).tolist() == [0, 1, 0, 1, 0]
    assert stagger_sequence([], 0).tolist() == []


def test_groups_are_placed_one_after_the_other() -> None:
    late, early = TURNS[:2], TURNS[2:4]
    wishes = read_wishes(wishes_file(dict.fromkeys(TURNS[:4], ("d1", "choices", ("a",)))))
    groups = [np.array(early, dtype="S12"), np.array(late, dtype="S12")]
    placements = place_in_turn(groups, wishes, [slot("a", "s", 3)], SEED)
    assert [(p.place, p.number, p.is_placed) for p in placements] == [
        (1, early[0], True),
        (2, early[1], True),
        (3, late[0], True),
        (4, late[1], False),
    ]


def test_wishes_must_be_of_exactly_the_winners() -> None:
    some = sorted(TURNS[:3])
    wishes = read_wishes(wishes_file(dict.fromkeys(some, ("d1", "city", ()))), "wishes.csv")
    with pytest.raises(InputError) as caught:
        allocate(np.array(some[:2], dtype="S12"), wishes, [], SEED)
    assert (caught.value.code, caught.value.file, caught.value.line) == ("unknown-number", "wishes.csv", 4)
    assert some[2] in str(caught.value)
    more = sorted([*some, *TURNS[3:6]])
    with pytest.raises(InputError) as caught:
        allocate(np.array(more, dtype="S12"), wishes, [], SEED)
    missing = min(set(more) - set(some))
    assert (caught.value.code, caught.value.line) == (
        "wish-missing",
        2 + sum(text < missing for text in some),
    )
    assert missing in str(caught.value)
    with pytest.raises(InputError, match="not to be placed"):
        allocate(np.array(TURNS[3:6], dtype="S12"), wishes, [], SEED)
    with pytest.raises(ValueError, match="twice"):
        place_in_turn([np.array(some, dtype="S12"), np.array(some[:1], dtype="S12")], wishes, [], SEED)
    two = read_wishes(wishes_file(dict.fromkeys(some[:2], ("d", "city", ()))))
    with pytest.raises(ValueError, match="twice"):
        allocate(np.array([some[0], some[1], some[0]], dtype="S12"), two, [], SEED)


def test_nobody_to_place() -> None:
    assert list(allocate(np.empty(0, dtype="S12"), read_wishes(wishes_file({})), [], SEED)) == []


def test_a_bad_seed_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        allocate(np.empty(0, dtype="S12"), read_wishes(wishes_file({})), [], "x")
    assert caught.value.code == "bad-seed"


SLOTS = [
    "d1,a,s1,2020-02-15T01:00:00Z,2020-02-15T01:30:00Z,5",
    "d1,a,s0,2020-02-15T01:30:00Z,2020-02-15T02:00:00Z,999999999999",
    "d2,b,s1,2020-02-15T01:00:00Z,2020-02-15T01:30:00Z,1",
]


def slots_data(lines: list[str]) -> bytes:
    return csv("district,store,slot,starts_at,ends_at,capacity", [(line,) for line in lines])


def test_slots_are_read_and_written() -> None:
    slots = read_slots(slots_data(SLOTS))
    assert slots[1] == Slot(
        "d1", "a", "s0", NINE + timedelta(minutes=30), NINE + timedelta(hours=1), 999_999_999_999
    )
    stream = io.BytesIO()
    write_slots(reversed(slots), stream)
    assert stream.getvalue() == slots_data(SLOTS)
    assert read_slots(slots_data([])) == ()


@pytest.mark.parametrize(
    ("row", "line", "code", "field"),
    [
        (1, SLOTS[0], "repeated-key", "store"),
        (1, SLOTS[1].replace(",s0,", ",s1,"), "repeated-key", "slot"),
        (1, SLOTS[1].replace("d1,", "d3,"), "bad-district", "district"),
        (1, SLOTS[1].replace("T02:00", "T01:30"), "bad-slot", "ends_at"),
        (1, SLOTS[1].replace("T02:00", "T01:00"), "bad-slot", "ends_at"),
        (1, SLOTS[1].replace("999999999999", "0"), "bad-integer", "capacity"),
        (1, SLOTS[1].replace("999999999999", "1000000000000"), "bad-integer", "capacity"),
        (1, SLOTS[1].replace("T01:30", "T00:30"), "not-sorted", "store"),
        (2, SLOTS[2].replace(",b,", ",0,"), "not-sorted", "store"),
        (2, SLOTS[2].replace("2020", "20"), "bad-time", "starts_at"),
        (2, SLOTS[2].replace("d2", ""), "bad-slug", "district"),
    ],
)
def test_slots_are_refused(row: int, line: str, code: str, field: str) -> None:
    lines = [*SLOTS[:row], line, *SLOTS[row + 1 :]]
    with pytest.raises(InputError) as caught:
        read_slots(slots_data(lines), "slots.csv")
    error = caught.value
    assert (error.code, error.line, error.field) == (code, row + 2, field)


def test_overlapping_slots_are_allowed() -> None:
    assert len(read_slots(slots_data([SLOTS[0], SLOTS[0].replace("s1", "s2")]))) == 2


def test_room_keeps_the_lead() -> None:
    slots = read_slots(slots_data(SLOTS))
    check_lead(slots, NINE - timedelta(hours=24), 24)
    with pytest.raises(CheckFailed) as caught:
        check_lead(slots, NINE - timedelta(hours=24) + timedelta(seconds=1), 24, "room-1.csv")
    assert (caught.value.code, caught.value.file, caught.value.line) == ("slot-too-soon", "room-1.csv", 2)
    with pytest.raises(CheckFailed) as caught:
        check_lead(slots[1:], NINE, 1)
    assert caught.value.line == 2


WISHES = [
    Wish(text, hashlib.sha256(text.encode()).hexdigest(), "0123456789abcdef" * 2, "d1", reach, choices)
    for text, reach, choices in zip(
        sorted(NUMBERS[:3]), ("city", "district", "choices"), (("a", "b"), (), ("c",)), strict=True
    )
]


def wishes_data(wishes: list[Wish]) -> bytes:
    stream = io.BytesIO()
    write_wishes(wishes, stream)
    return stream.getvalue()


def test_wishes_are_read_and_written() -> None:
    wishes = read_wishes(wishes_data(WISHES[::-1]))
    assert [wishes.wish(row) for row in range(len(wishes))] == WISHES


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        (b",city,", b",town,", "bad-value", 2),
        (b",a|b\n", b",a|a\n", "bad-choices", 2),
        (b",a|b\n", b",a|b|\n", "bad-choices", 2),
        (b",district,\n", b",district\n", "wrong-column-count", 3),
        (b",d1,district", b",D1,district", "bad-slug", 3),
        (WISHES[2].holder.encode(), WISHES[2].holder[1:].encode(), "bad-hex", 4),
        (WISHES[2].number.encode(), WISHES[1].number.encode(), "repeated-key", 4),
        (WISHES[2].number.encode(), WISHES[0].number.encode(), "not-sorted", 4),
    ],
)
def test_wishes_are_refused(old: bytes, new: bytes, code: str, line: int) -> None:
    data = wishes_data(WISHES)
    assert old in data
    with pytest.raises(InputError) as caught:
        read_wishes(data.replace(old, new, 1), "wishes.csv")
    assert (caught.value.code, caught.value.file, caught.value.line) == (code, "wishes.csv", line)


def test_a_seal_is_the_hashes_of_the_specification() -> None:
    """seal = first 40 of SHA-256(number/holder/wish), wish = SHA-256(salt/district/reach/choices)."""
    wish = hashlib.sha256(b"0123456789abcdef0123456789abcdef/d1/city/a|b").hexdigest()
    expected = hashlib.sha256(f"{WISHES[0].number}/{WISHES[0].holder}/{wish}".encode()).hexdigest()[:40]
    assert WISHES[0].seal == expected
    assert seal_of(WISHES[0].number, WISHES[0].holder, WISHES[0].salt, "d1", "city", "a|b") == expected


def test_seals_are_opened_against_the_pool() -> None:
    rows = [(wish.number, "general", 1, wish.seal) for wish in WISHES]
    data = csv("number,stratum,tickets,seal", rows)
    check_seals(read_wishes(wishes_data(WISHES)), read_pool(data, keep_seals=True))
    check_seals(read_wishes(wishes_data([])), read_pool(data[:28], keep_seals=True))
    with pytest.raises(ValueError, match="without its seals"):
        check_seals(read_wishes(wishes_data(WISHES)), read_pool(data))
    other = wishes_data(WISHES).replace(b",a|b\n", b",b|a\n")
    with pytest.raises(CheckFailed) as caught:
        check_seals(read_wishes(other, "wishes.csv"), read_pool(data, keep_seals=True))
    assert (caught.value.code, caught.value.file, caught.value.line) == ("seal-differs", "wishes.csv", 2)
    smaller = csv("number,stratum,tickets,seal", rows[:2])
    for pool in (smaller, smaller[:28]):
        with pytest.raises(CheckFailed) as caught:
            check_seals(read_wishes(wishes_data(WISHES[2:]), "wishes.csv"), read_pool(pool, keep_seals=True))
        assert (caught.value.code, caught.value.line) == ("unknown-number", 2)


PLACEMENTS = [
    Placement(1, TURNS[0], "a", "s1", "20"),
    Placement(2, TURNS[1], "b", "s1", "d"),
    Placement(3, TURNS[2], "a", "s2", "c"),
    Placement(4, TURNS[3], "", "", "-"),
]


def allocation_data() -> bytes:
    stream = io.BytesIO()
    assert write_allocation(gather_placements(PLACEMENTS), stream) == 4
    return stream.getvalue()


def test_allocation_is_read_and_written() -> None:
    assert list(read_allocation(allocation_data())) == PLACEMENTS
    assert allocation_data().splitlines()[1:] == [
        f"1,{TURNS[0]},a,s1,20".encode(),
        f"2,{TURNS[1]},b,s1,d".encode(),
        f"3,{TURNS[2]},a,s2,c".encode(),
        f"4,{TURNS[3]},,,-".encode(),
    ]
    assert list(read_allocation(allocation_data().splitlines(True)[0])) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        (b"\n2,", b"\n3,", "bad-place", 3),
        (b"\n2,", b"\n02,", "bad-integer", 3),
        (b",20\n", b",21\n", "bad-value", 2),
        (b",20\n", b",0\n", "bad-value", 2),
        (b",20\n", b",-\n", "bad-choice", 2),
        (b",,,-", b",,,1", "bad-choice", 5),
        (b",,,-", b",a,,-", "bad-choice", 5),
        (b",,,-", b",a,s1,-", "bad-choice", 5),
        (b",b,s1,", b",b,,", "bad-choice", 3),
        (TURNS[2].encode(), TURNS[0].encode(), "repeated-key", 4),
    ],
)
def test_allocation_is_refused(old: bytes, new: bytes, code: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        read_allocation(allocation_data().replace(old, new, 1), "allocation.csv")
    assert (caught.value.code, caught.value.file, caught.value.line) == (code, "allocation.csv", line)
