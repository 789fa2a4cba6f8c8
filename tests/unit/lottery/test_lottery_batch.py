"""Batches on a small draw: who is placed, who is promoted, and every change that is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest

from maskres.errors import CheckFailed, InputError
from maskres.lottery.batch import (
    CAUSES,
    Batch,
    Plan,
    finish_batch,
    place_batch,
    plan_batch,
    read_changes,
    replay,
    share_released,
    write_changes,
)
from maskres.lottery.placements import Placement, Placements, read_allocation
from maskres.lottery.results import Result, read_result
from maskres.lottery.slots import read_slots
from maskres.lottery.standings import Standings, Status, begin_standings
from maskres.lottery.wishes import read_wishes
from tests.reference import plain_draw
from tests.reference.lottery_files import SEED, changes_file, number, result_file, slots_file, wishes_file
from tests.support.placed import gather_placements

# Twelve numbers, "e" and "g" in turn; in draw order E[0] … E[5] and G[0] … G[5]; two of each won.
ENTRIES = [(number(index), "eg"[index % 2], 1) for index in range(12)]
LINES, _ = plain_draw.draw(ENTRIES, {"e": 2, "g": 2}, SEED)
E = [text for _, text, stratum, _, _ in LINES if stratum == "e"]
G = [text for _, text, stratum, _, _ in LINES if stratum == "g"]
ORDER = [text for _, text, *_ in LINES]
RESULT: Result = read_result(result_file(LINES))
STRANGER = number(99)


def placements(places: dict[str, bool]) -> Placements:
    """Say of each number whether it was placed."""
    return gather_placements(
        Placement(place, text, "a" if is_placed else "", "s" if is_placed else "", "1" if is_placed else "-")
        for place, (text, is_placed) in enumerate(places.items(), start=1)
    )


ALLOCATION = placements({E[0]: True, E[1]: False, G[0]: True, G[1]: True})
BEGIN = begin_standings(RESULT, ALLOCATION)


def plan(
    changes: dict[str, str], released: dict[str, int] | None = None, standings: Standings = BEGIN
) -> Plan:
    return plan_batch(standings, read_changes(changes_file(changes), "changes-1.csv"), released)


def to_place(plan_: Plan) -> tuple[list[str], list[str]]:
    return plan_.replaced.astype(str).tolist(), plan_.promoted.astype(str).tolist()


def in_order(*numbers: str) -> list[str]:
    return sorted(numbers, key=ORDER.index)


def status(standings: Standings, text: str) -> Status:
    standing = standings.standing(text)
    assert standing is not None
    return standing.status


def test_standings_begin_with_the_allocation() -> None:
    assert [status(BEGIN, text) for text in (E[0], E[1], E[2])] == [
        Status.PLACED,
        Status.UNPLACED,
        Status.WAITING,
    ]
    assert BEGIN.standing(STRANGER) is None
    standing = BEGIN.standing(G[0])
    assert standing is not None
    assert (standing.stratum, standing.has_won, standing.promoted_in) == ("g", True, None)
    assert ORDER[standing.rank - 1] == G[0]
    assert BEGIN.count()[Status.WAITING] == 8


@pytest.mark.parametrize(
    "allocation",
    [
        placements({E[0]: True, E[1]: False, G[0]: True}),
        placements({E[0]: True, E[1]: False, G[0]: True, G[1]: True, G[2]: True}),
        placements({E[0]: True, E[1]: False, G[0]: True, STRANGER: True}),
        placements({E[0]: True, E[1]: False, G[0]: True, G[2]: True}),
        gather_placements([*list(ALLOCATION)[:3], *list(ALLOCATION)[:1]]),
    ],
)
def test_the_allocation_is_of_exactly_the_winners(allocation: Placements) -> None:
    with pytest.raises(CheckFailed) as caught:
        begin_standings(RESULT, allocation)
    assert caught.value.code == "not-the-winners"


def test_nothing_changed_places_the_unplaced() -> None:
    assert to_place(plan({})) == ([E[1]], [])


def test_every_win_that_ends_promotes_the_next_of_its_stratum() -> None:
    plan_ = plan({E[0]: "forfeited", E[1]: "cancelled", G[0]: "disqualified"})
    assert to_place(plan_) == ([], in_order(E[2], E[3], G[2]))
    assert plan_.freed == {"e": 2, "g": 1}


def test_the_displaced_keep_their_win_and_promote_nobody() -> None:
    assert to_place(plan({G[0]: "displaced"})) == (in_order(E[1], G[0]), [])


def test_who_leaves_the_waiting_list_is_skipped_and_frees_nothing() -> None:
    plan_ = plan({E[0]: "forfeited", E[2]: "withdrawn", E[3]: "disqualified", G[2]: "withdrawn"})
    assert to_place(plan_) == ([E[1]], [E[4]])
    assert plan_.freed == {"e": 1, "g": 0}


def test_released_stock_promotes_too() -> None:
    assert to_place(plan({G[1]: "cancelled"}, {"e": 1, "g": 2})) == ([E[1]], in_order(E[2], G[2], G[3], G[4]))
    assert to_place(plan({}, {"e": 100})) == ([E[1]], E[2:])


def finish(plan_: Plan, left: tuple[str, ...] = ()) -> Standings:
    replaced, promoted = to_place(plan_)
    return finish_batch(plan_, placements({text: text not in left for text in replaced + promoted}))


def test_left_unplaced_by_a_batch_lapses_in_the_next() -> None:
    first = finish(plan({G[0]: "forfeited"}), left=(E[1], G[2]))
    assert [status(first, text) for text in (E[1], G[2], G[0])] == [
        Status.LEFT_UNPLACED,
        Status.LEFT_UNPLACED,
        Status.FORFEITED,
    ]
    promoted = first.standing(G[2])
    assert promoted is not None
    assert (promoted.has_won, promoted.promoted_in) == (False, 1)
    with pytest.raises(InputError) as caught:
        plan({E[1]: "lapsed"}, standings=first)
    assert caught.value.code == "lapse-missing"
    assert G[2] in str(caught.value)
    second = plan({E[1]: "lapsed", G[2]: "lapsed"}, standings=first)
    assert to_place(second) == ([], in_order(E[2], G[3]))
    after = finish(second)
    assert [status(after, text) for text in (E[1], G[2], E[2], G[3])] == [Status.LAPSED] * 2 + [
        Status.PLACED
    ] * 2
    assert after.batches == 2
    assert BEGIN.count()[Status.UNPLACED] == 1  # older standings stay as they were


def test_a_promoted_number_can_lose_its_place_again() -> None:
    first = finish(plan({G[0]: "forfeited"}))
    second = plan({G[2]: "forfeited", E[1]: "displaced"}, standings=first)
    assert to_place(second) == ([E[1]], [G[3]])


FIRST = finish(plan({G[0]: "forfeited", E[2]: "withdrawn"}), left=(E[1],))
REFUSED = [
    (BEGIN, E[2], cause, "waiting") for cause in ("cancelled", "displaced", "forfeited", "lapsed")
] + [
    (BEGIN, E[0], "lapsed", "placed"),
    (BEGIN, E[0], "withdrawn", "placed"),
    (BEGIN, E[1], "displaced", "unplaced"),
    (BEGIN, E[1], "forfeited", "unplaced"),
    (BEGIN, E[1], "lapsed", "unplaced"),
    (BEGIN, E[1], "withdrawn", "unplaced"),
    *[(FIRST, E[1], cause, "left-unplaced") for cause in CAUSES if cause != "lapsed"],
    *[(FIRST, G[0], cause, "forfeited") for cause in CAUSES],
    *[(FIRST, E[2], cause, "withdrawn") for cause in CAUSES],
]  # fmt: skip


@pytest.mark.parametrize(("standings", "text", "cause", "said"), REFUSED)
def test_a_cause_that_cannot_befall_a_number_is_refused(
    standings: Standings, text: str, cause: str, said: str
) -> None:
    with pytest.raises(InputError, match=f"A number that is {said} cannot be {cause}") as caught:
        plan({text: cause}, standings=standings)
    assert (caught.value.code, caught.value.file, caught.value.line) == ("bad-cause", "changes-1.csv", 2)


def test_a_stranger_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        plan({STRANGER: "cancelled"})
    assert (caught.value.code, caught.value.line) == ("unknown-number", 2)


@pytest.mark.parametrize("released", [{"x": 1}, {"e": -1}, {"e": True}])
def test_released_stock_goes_to_known_strata(released: dict[str, int]) -> None:
    with pytest.raises(InputError) as caught:
        plan({}, released)
    assert caught.value.code == "bad-released"


def test_changes_are_read_and_written() -> None:
    stream = io.BytesIO()
    write_changes({G[0]: "forfeited", E[0]: "cancelled"}, stream)
    assert stream.getvalue() == changes_file({G[0]: "forfeited", E[0]: "cancelled"})
    changes = read_changes(stream.getvalue())
    assert {CAUSES[code] for code in changes.causes} == {"forfeited", "cancelled"}
    for data, code, line in (
        (changes_file({E[0]: "lost"}), "bad-value", 2),
        (
            changes_file({E[0]: "cancelled"}) + changes_file({E[0]: "cancelled"}).splitlines(True)[1],
            "repeated-key",
            3,
        ),
        (changes_file({E[0]: ""}), "bad-value", 2),
    ):
        with pytest.raises(InputError) as caught:
            read_changes(data)
        assert (caught.value.code, caught.value.line) == (code, line)


@pytest.mark.parametrize(
    "edit",
    [
        lambda lines: lines[:-1],
        lambda lines: [*lines, lines[0]],
        lambda lines: lines[::-1],
        lambda lines: [*lines[:-1], lines[-1]._replace(number=E[5])],
        lambda lines: [lines[0]._replace(number=STRANGER), *lines[1:]],
    ],
)
def test_a_promotion_of_others_is_refused(edit) -> None:
    plan_ = plan({G[0]: "forfeited"})
    lines = placements(dict.fromkeys([E[1], G[2]], True))
    finish_batch(plan_, lines)
    with pytest.raises(CheckFailed) as caught:
        finish_batch(plan_, gather_placements(edit(list(lines))))
    assert caught.value.code == "not-the-plan"


def test_the_displaced_come_before_the_promoted_on_room_that_is_empty() -> None:
    """One place is left in room-1: it goes to the displaced, though the promoted ask for it as well."""
    changes = {G[0]: "displaced", E[0]: "cancelled", E[1]: "cancelled"}
    plan_ = plan(changes)
    assert to_place(plan_) == ([G[0]], in_order(E[2], E[3]))
    room = read_slots(slots_file([("d", "a", "s", "2020-02-20T01:00:00Z", "2020-02-20T01:30:00Z", 1)]))
    wishes = read_wishes(wishes_file(dict.fromkeys((G[0], E[2], E[3]), ("d", "city", ("a",)))))
    promotion = place_batch(plan_, wishes, room, SEED)
    assert next(iter(promotion)) == Placement(1, G[0], "a", "s", "1")
    assert [placement.choice for placement in promotion] == ["1", "-", "-"]
    with pytest.raises(InputError, match="missing"):
        place_batch(plan_, read_wishes(wishes_file({G[0]: ("d", "city", ())})), room, SEED)


def test_once_the_list_has_ended_nobody_is_promoted() -> None:
    """Displaced and unplaced winners still get a place; stock has nobody to go to."""
    changes = read_changes(changes_file({E[0]: "forfeited", G[0]: "displaced"}))
    plan_ = plan_batch(BEGIN, changes, {"e": 0}, has_ended=True)
    assert to_place(plan_) == (in_order(E[1], G[0]), [])
    assert plan_.freed == {"e": 1, "g": 0}
    with pytest.raises(InputError) as caught:
        plan_batch(BEGIN, changes, {"g": 1}, has_ended=True)
    assert caught.value.code == "bad-released"


def test_replay() -> None:
    first = Batch(
        read_changes(changes_file({G[0]: "forfeited"})),
        {"g": 1},
        placements({E[1]: False, G[2]: True, G[3]: True}),
    )
    second = Batch(read_changes(changes_file({E[1]: "lapsed"})), {}, placements({E[2]: True}))
    after = replay(RESULT, ALLOCATION, [first, second])
    assert after.batches == 2
    assert after.count() == {
        Status.WAITING: 5,
        Status.WITHDRAWN: 0,
        Status.PLACED: 5,
        Status.UNPLACED: 0,
        Status.LEFT_UNPLACED: 0,
        Status.FORFEITED: 1,
        Status.CANCELLED: 0,
        Status.DISQUALIFIED: 0,
        Status.LAPSED: 1,
    }
    with pytest.raises(InputError, match="cannot be lapsed"):
        replay(RESULT, ALLOCATION, [second, first])
    with pytest.raises(CheckFailed):
        replay(RESULT, gather_placements(list(ALLOCATION)[1:]), [first, second])


def test_an_empty_draw_has_empty_batches() -> None:
    empty = read_result(result_file([]))
    standings = begin_standings(empty, read_allocation(b"place,number,store,slot,choice\n"))
    plan_ = plan_batch(standings, read_changes(b"number,cause\n"))
    assert to_place(plan_) == ([], [])
    assert finish_batch(plan_, gather_placements([])).batches == 1
    assert standings.standing(STRANGER) is None
    assert np.array_equal(standings.find_rows(np.array([STRANGER], dtype="S12")), [-1])


@pytest.mark.parametrize(
    ("total", "quotas", "shares"),
    [
        (10, {"a": 1, "b": 1}, {"a": 5, "b": 5}),
        (1, {"b": 1, "a": 1}, {"a": 1, "b": 0}),
        (5, {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2, "c": 1}),
        (7, {"a": 100, "b": 50, "c": 1}, {"a": 5, "b": 2, "c": 0}),
        (3, {"a": 0, "b": 5}, {"a": 0, "b": 3}),
        (0, {"a": 0}, {"a": 0}),
        (0, {}, {}),
    ],
)
def test_released_stock_is_shared_by_the_largest_remainder(
    total: int, quotas: dict[str, int], shares: dict[str, int]
) -> None:
    assert share_released(total, quotas) == shares


@pytest.mark.parametrize(("total", "quotas"), [(1, {}), (1, {"a": 0}), (-1, {"a": 1})])
def test_stock_that_cannot_be_shared(total: int, quotas: dict[str, int]) -> None:
    with pytest.raises(InputError) as caught:
        share_released(total, quotas)
    assert caught.value.code == "bad-released"
