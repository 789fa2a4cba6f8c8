"""What holds for every allocation and every run of batches, and the plain references."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maskres.lottery.allocation import allocate
from maskres.lottery.batch import (
    Batch,
    finish_batch,
    place_batch,
    plan_batch,
    read_changes,
    replay,
    share_released,
)
from maskres.lottery.placements import Placement
from maskres.lottery.results import read_result
from maskres.lottery.slots import read_slots
from maskres.lottery.stagger import Emptiest, Loads, stagger_sequence
from maskres.lottery.standings import Status, begin_standings
from maskres.lottery.wishes import read_wishes
from tests.reference import plain_allocation, plain_batch, plain_draw
from tests.reference.lottery_files import SEED, changes_file, number, result_file, slots_file, wishes_file
from tests.support.placed import gather_placements

SlotLine = tuple[str, str, str, str, str, int]
WishLine = tuple[str, str, tuple[str, ...]]

STORES = ["a", "b", "b-", "c", "d0"]
DISTRICTS = ["east", "west"]
capacities = st.integers(1, 4) | st.sampled_from([1, 7, 10**12 - 1])


@st.composite
def slot_lists(draw: st.DrawFn) -> list[SlotLine]:
    slots = []
    for store in draw(st.lists(st.sampled_from(STORES), unique=True)):
        district = draw(st.sampled_from(DISTRICTS))
        for name in draw(st.lists(st.sampled_from(["p", "q", "r", "s"]), unique=True, min_size=1)):
            hour = draw(st.integers(1, 4))
            times = f"2020-02-15T{hour:02}:00:00Z", f"2020-02-15T{hour:02}:30:00Z"
            slots.append((district, store, name, *times, draw(capacities)))
    return slots


wish_lines = st.tuples(
    st.sampled_from([*DISTRICTS, "nowhere"]),
    st.sampled_from(["city", "district", "choices"]),
    st.lists(st.sampled_from([*STORES, "gone", "closed"]), unique=True, max_size=5).map(tuple),
)


@st.composite
def wish_maps(draw: st.DrawFn) -> dict[str, WishLine]:
    count = draw(st.integers(0, 30))
    return {number(index): draw(wish_lines) for index in range(count)}


def allocated(wishes: dict[str, WishLine], slots: list[SlotLine]) -> list[Placement]:
    winners = np.array(sorted(wishes), dtype="S12")
    return list(allocate(winners, read_wishes(wishes_file(wishes)), read_slots(slots_file(slots)), SEED))


@given(wish_maps(), slot_lists())
def test_engine_and_reference_agree(wishes: dict[str, WishLine], slots: list[SlotLine]) -> None:
    assert allocated(wishes, slots) == plain_allocation.place([list(wishes)], wishes, slots, SEED)


@given(wish_maps(), slot_lists())
def test_no_slot_is_overfilled(wishes: dict[str, WishLine], slots: list[SlotLine]) -> None:
    taken = Counter((placement.store, placement.slot) for placement in allocated(wishes, slots))
    for _, store, slot, _, _, capacity in slots:
        assert taken[store, slot] <= capacity
    assert set(taken) <= {(store, slot) for _, store, slot, *_ in slots} | {("", "")}


@given(wish_maps(), slot_lists())
def test_nobody_would_rather_have_had_a_place_that_was_left(
    wishes: dict[str, WishLine], slots: list[SlotLine]
) -> None:
    """On their turn, every store that someone names before the one they got was full."""
    room = Counter[str]()
    home = {}
    for district, store, _, _, _, capacity in slots:
        room[store] += capacity
        home[store] = district
    for placement in allocated(wishes, slots):
        district, reach, choices = wishes[placement.number]
        position = int(placement.choice) if placement.choice.isdigit() else len(choices) + 1
        assert all(room[store] == 0 for store in choices[: position - 1])
        if placement.choice == "d":
            assert home[placement.store] == district
            assert reach != "choices"
        if placement.choice == "c":
            assert reach == "city"
        if placement.choice in "c-" and reach != "choices":
            assert all(room[store] == 0 for store in home if home[store] == district)
        if placement.choice == "-" and reach == "city":
            assert not any(room.values())
        if placement.is_placed:
            assert room[placement.store] > 0
            room[placement.store] -= 1


@given(wish_maps(), slot_lists())
def test_slots_of_a_store_fill_evenly(wishes: dict[str, WishLine], slots: list[SlotLine]) -> None:
    """For slots i, j of a store: if a place of i was taken while j has room, then (a_i − 1)/c_i ≤ a_j/c_j."""
    taken = Counter((placement.store, placement.slot) for placement in allocated(wishes, slots))
    for _, store, slot, _, _, capacity in slots:
        for _, other_store, other, _, _, other_capacity in slots:
            if store == other_store and taken[store, slot] and taken[store, other] < other_capacity:
                before_last = Fraction(taken[store, slot] - 1, capacity)
                assert before_last <= Fraction(taken[store, other], other_capacity)


@given(wish_maps().filter(bool), slot_lists(), st.data())
def test_other_wishes_do_not_change_an_earlier_turn(wishes, slots, data) -> None:
    before = allocated(wishes, slots)
    changed = data.draw(st.sampled_from(sorted(wishes)))
    after = allocated(wishes | {changed: data.draw(wish_lines)}, slots)
    turn = next(placement.place for placement in before if placement.number == changed)
    assert [placement.number for placement in before] == [placement.number for placement in after]
    assert before[: turn - 1] == after[: turn - 1]


@given(wish_maps().filter(bool), slot_lists(), st.data())
def test_nobody_gains_by_asking_for_something_else(wishes, slots, data) -> None:
    """Asking for other choices never gets one a store that stands earlier in the true ones."""
    honest = data.draw(st.sampled_from(sorted(wishes)))
    _, _, truth = wishes[honest]

    def position(placements: list[Placement]) -> int:
        store = next(placement.store for placement in placements if placement.number == honest)
        return truth.index(store) if store in truth else len(truth)

    lie = data.draw(wish_lines)
    assert position(allocated(wishes, slots)) <= position(allocated(wishes | {honest: lie}, slots))


@given(slot_lists(), st.randoms(use_true_random=False))
def test_stagger_sequence_is_that_of_the_reference(slots: list[SlotLine], random) -> None:
    for store in {slot[1] for slot in slots}:
        here = [slot for slot in read_slots(slots_file(slots)) if slot.store == store]
        random.shuffle(here)
        shops = plain_allocation.Shops(slots)
        length = random.randint(0, min(40, sum(slot.capacity for slot in here)))
        assert [here[index].slot for index in stagger_sequence(here, length)] == [
            shops.take(store) for _ in range(length)
        ]


huge = st.integers(1, 10**15) | st.integers(10**15 - 3, 10**15)


@given(st.lists(huge, min_size=1, max_size=6), st.data())
def test_entries_stand_as_the_fractions_do(capacity: list[int], data: st.DataObject) -> None:
    loads = Loads(capacity)
    loads.assigned = [
        data.draw(st.integers(0, part) | st.integers(max(part - 2, 0), part)) for part in capacity
    ]
    fractions = [Fraction(taken, part) for taken, part in zip(loads.assigned, capacity, strict=True)]
    for one in range(len(capacity)):
        for other in range(len(capacity)):
            assert (loads.entry(one, loads.assigned[one]) < loads.entry(other, loads.assigned[other])) == (
                (fractions[one], one) < (fractions[other], other)
            )
    best = min(
        (member for member in range(len(capacity)) if loads.assigned[member] < loads.capacities[member]),
        key=lambda member: (fractions[member], member),
        default=None,
    )
    assert Emptiest(loads, range(len(capacity))).find() == best


@given(st.integers(0, 10**6), st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 10**6), min_size=1))
def test_released_stock_is_shared_in_proportion(total: int, quotas: dict[str, int]) -> None:
    whole = sum(quotas.values())
    if not whole:
        total = 0
    shares = share_released(total, quotas)
    assert sum(shares.values()) == total
    assert all(
        abs(shares[stratum] - Fraction(total * quota, whole or 1)) < 1 for stratum, quota in quotas.items()
    )
    if total < 1000:
        assert shares == plain_batch.share(total, quotas)


@st.composite
def stories(draw: st.DrawFn):
    """A draw of up to 25 numbers and the means to run batches over it."""
    entries = [
        (number(index), draw(st.sampled_from(["e", "g"])), 1) for index in range(draw(st.integers(1, 25)))
    ]
    quotas = {stratum: draw(st.integers(0, 6)) for stratum in {stratum for _, stratum, _ in entries}}
    lines, _ = plain_draw.draw(entries, quotas, SEED)
    wishes = {text: draw(wish_lines) for text, _, _ in entries}
    return lines, wishes, draw(slot_lists())


MAY_BEFALL = {
    "waiting": ["withdrawn", "disqualified"],
    "placed": ["forfeited", "cancelled", "disqualified", "displaced"],
    "unplaced": ["cancelled", "disqualified"],
}


@settings(max_examples=60)
@given(stories(), st.data())
def test_batches_and_reference_agree(story, data) -> None:
    lines, wishes, slots = story
    result = read_result(result_file(lines))
    winners = [text for _, text, _, _, outcome in lines if outcome == "won"]
    allocation = plain_allocation.place([winners], wishes, slots, SEED)
    plain = plain_batch.Story(lines, allocation)
    placements = gather_placements(Placement(*line) for line in allocation)
    standings = begin_standings(result, placements)
    batches = []
    for _ in range(data.draw(st.integers(1, 4))):
        changes = {text: "lapsed" for text, state in plain.state.items() if state == "left-unplaced"}
        for text in data.draw(st.lists(st.sampled_from(sorted(plain.state)), unique=True, max_size=10)):
            if plain.state[text] in MAY_BEFALL:
                changes[text] = data.draw(st.sampled_from(MAY_BEFALL[plain.state[text]]))
        has_ended = data.draw(st.booleans())
        most = 0 if has_ended else 3
        released = {stratum: data.draw(st.integers(0, most)) for stratum in result.stratum_names}
        room = data.draw(slot_lists())
        first, then = plain.batch(changes, released, has_ended=has_ended)
        expected = plain_allocation.place([first, then], wishes, room, SEED)
        plain.finish(expected)

        read = read_changes(changes_file(changes))
        plan = plan_batch(standings, read, released, has_ended=has_ended)
        assert sorted(plan.replaced.astype(str).tolist()) == sorted(first)
        assert sorted(plan.promoted.astype(str).tolist()) == sorted(then)
        of_batch = read_wishes(wishes_file({text: wishes[text] for text in first + then}))
        promotion = place_batch(plan, of_batch, read_slots(slots_file(room)), SEED)
        assert list(promotion) == expected
        standings = finish_batch(plan, promotion)
        batches.append(Batch(read, released, promotion, has_ended))
        check_invariants(standings, plan, plain.state, has_ended=has_ended)
    replayed = replay(result, placements, batches)
    assert replayed.codes.tolist() == standings.codes.tolist()
    assert replayed.promotions.tolist() == standings.promotions.tolist()


def check_invariants(standings, plan, state: dict[str, str], *, has_ended: bool) -> None:
    """The states agree with the plain ones, and nobody is promoted past one who waits."""
    for text, expected in state.items():
        standing = standings.standing(text)
        assert standing is not None
        assert standing.status == expected
        if standing.promoted_in is not None:
            assert not standing.has_won
    order = standings.result.numbers.astype(str).tolist()
    strata = standings.result.strata.tolist()
    for code, stratum in enumerate(standings.result.stratum_names):
        ranks = [rank for rank in range(len(order)) if strata[rank] == code]
        waiting = [rank for rank in ranks if state[order[rank]] == "waiting"]
        promoted = [rank for rank in ranks if standings.promotions[rank]]
        if waiting and promoted:
            assert max(promoted) < min(waiting)
        moved = sum(strata[order.index(text)] == code for text in plan.promoted.astype(str).tolist())
        asked = 0 if has_ended else plan.freed[stratum] + plan.released[stratum]
        assert moved == asked or (moved < asked and not waiting)
    assert standings.count()[Status.UNPLACED] == 0
