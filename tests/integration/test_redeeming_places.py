"""What becomes of a place before it is collected: moved, given back, disqualified, its store closed."""

from __future__ import annotations

import pytest

from maskres.db import batches, record
from maskres.errors import InputError, StepRefused
from maskres.rounds.status import DrawStatus
from maskres.usecases.pickup import afterwards, moving, redeeming
from maskres.usecases.registration.proofs import NO_PROOF, SEEN_BY_STAFF, Proof, secret_of
from maskres.usecases.service import RESIDENT, Service
from tests.support.collecting import CAPACITY, Counters, local
from tests.support.people import make_people
from tests.support.raw import fetch, run
from tests.support.world import NOTARY, OPERATOR, play_to, winners_of

pytest_plugins = ("tests.support.collecting_fixtures",)


def move(counters: Counters, number: str, store: str, slot: str, proof: Proof = SEEN_BY_STAFF) -> str:
    return moving.move_place(
        counters.service, RESIDENT, counters.slug, 1, number, store=store, slot=slot, proof=proof
    )


def give_back(counters: Counters, number: str, proof: Proof = SEEN_BY_STAFF) -> None:
    afterwards.give_back(counters.service, RESIDENT, counters.slug, 1, number, proof)


def disqualify(counters: Counters, number: str) -> None:
    afterwards.disqualify(
        counters.service, OPERATOR, NOTARY, counters.slug, 1, number, "Two people, one card."
    )


def pending(counters: Counters) -> dict[str, str]:
    """Give what waits for the next batch."""
    with counters.service.database.reading() as c:
        return batches.pending_changes(c, counters.draw_id)


def waiting(counters: Counters) -> str:
    """Give the first number on the waiting list."""
    statement = "SELECT number FROM results WHERE draw_id = :d AND outcome = 'waiting' ORDER BY rank"
    return fetch(counters.service.database, statement, d=counters.draw_id)[0][0]


def win_of(counters: Counters, number: str) -> object:
    """Give when the holder of a number last won, as what outlives the round has it."""
    statement = (
        "SELECT last_win_at FROM persons p JOIN registrations r ON r.person_id = p.id WHERE r.number = :n"
    )
    return fetch(counters.service.database, statement, n=number)[0][0]


def refusal(act, *args: object) -> str:
    with pytest.raises((StepRefused, InputError)) as refused:
        act(*args)
    return refused.value.code


def test_a_moved_place_has_a_new_code_and_the_old_one_stops_working(counters: Counters):
    number = counters.winner("huli-1", "am")
    old = counters.code(number)
    before = counters.slot("huli-1", "am")["taken"], counters.slot("siming-1", "pm")["taken"]
    new = move(counters, number, "siming-1", "pm")
    assert new == counters.code(number) != old
    assert (counters.slot("huli-1", "am")["taken"], counters.slot("siming-1", "pm")["taken"]) == (
        before[0] - 1,
        before[1] + 1,
    )
    counters.at(9.1)
    for store in ("huli-1", "siming-1"):
        assert redeeming.look_up(counters.service, counters.till(store), old).code == "unknown"
    assert counters.report(counters.till(), redeeming.Request(counters.nonce(), old)).code == "unknown"
    counters.at(15.1)
    assert counters.hand_out(counters.till("siming-1"), number).code == "handed-out"


def test_each_move_makes_another_code(counters: Counters):
    number = counters.winner("huli-1", "am")
    codes = [counters.code(number)]
    codes += [move(counters, number, "huli-1", slot) for slot in ("pm", "am", "pm")]
    assert len(set(codes)) == 4
    assert counters.place(number)["code_version"] == 4
    counters.at(9)
    seen = [redeeming.look_up(counters.service, counters.till(), code).code for code in codes]
    assert seen == ["unknown", "unknown", "unknown", "valid"]


def test_a_move_takes_proof_room_and_a_slot_that_has_not_begun(counters: Counters):
    number, place = counters.winner("huli-1", "am"), counters.place(counters.winner("huli-1", "am"))
    assert refusal(move, counters, number, "siming-1", "am", NO_PROOF) == "not-proved"
    wrong = Proof(secret=secret_of(counters.service, counters.slug, counters.winner("siming-1")))
    assert refusal(move, counters, number, "siming-1", "am", wrong) == "not-proved"
    assert refusal(move, counters, number, "siming-1", "evening") == "slot-full"
    assert refusal(move, counters, number, "nowhere", "am") == "slot-full"
    assert refusal(move, counters, waiting(counters), "siming-1", "am") == "no-place"
    assert refusal(move, counters, "7K3M9QTR4XH7", "siming-1", "am") == "unknown-number"
    assert counters.place(number) == place
    right = Proof(secret=secret_of(counters.service, counters.slug, number))
    assert move(counters, number, "siming-1", "pm", right)


def test_once_a_slot_has_begun_nobody_leaves_it_or_gets_in(counters: Counters):
    """A till without network may have handed out already; and who comes in the afternoon cannot turn to the morning."""
    early, late = counters.winner("huli-1", "am"), counters.winner("siming-1", "pm")
    counters.at(9)
    assert refusal(move, counters, early, "siming-1", "pm") == "slot-begun"
    assert refusal(give_back, counters, early) == "slot-begun"
    assert counters.place(early)["status"] == "assigned"
    counters.at(9 + 1 / 3600)
    assert refusal(move, counters, late, "huli-1", "am") == "slot-full"
    assert move(counters, late, "huli-1", "pm")


def test_a_full_slot_takes_nobody(counters: Counters):
    run(
        counters.service.database,
        "UPDATE slots SET capacity = taken WHERE store = 'siming-1' AND slot = 'am' AND draw_id = :d",
        d=counters.draw_id,
    )
    number = counters.winner("huli-1", "am")
    assert refusal(move, counters, number, "siming-1", "am") == "slot-full"
    assert counters.place(number)["store"] == "huli-1"


def test_what_was_collected_or_given_back_cannot_move(counters: Counters):
    served, returned = counters.winner(), counters.winner(nth=1)
    give_back(counters, returned)
    counters.at(9)
    counters.hand_out(counters.till(), served)
    for number in (served, returned):
        assert refusal(move, counters, number, "siming-1", "pm") == "nothing-to-move"


def test_moving_is_no_batch(counters: Counters):
    move(counters, counters.winner(), "siming-1", "pm")
    assert pending(counters) == {}


def test_a_place_given_back_is_free_and_the_win_forgotten(counters: Counters):
    number = counters.winner()
    taken = counters.slot("huli-1", "am")["taken"]
    assert win_of(counters, number) is not None
    give_back(counters, number, Proof(secret=secret_of(counters.service, counters.slug, number)))
    assert counters.place(number)["status"] == "cancelled"
    assert counters.slot("huli-1", "am")["taken"] == taken - 1
    assert win_of(counters, number) is None
    assert pending(counters) == {number: "cancelled"}
    counters.at(9)
    assert counters.hand_out(counters.till(), number).code == "given-back"
    assert refusal(give_back, counters, number) == "place-ended"
    assert counters.slot("huli-1", "am")["taken"] == taken - 1


def test_a_stack_of_places_is_given_back_whole_or_not_at_all(counters: Counters):
    """Winners of two slots and one of the waiting list; with a number that cannot go with them nothing is done."""
    first, second = counters.winner("huli-1", "am"), counters.winner("huli-1", "am", nth=1)
    other, waits = counters.winner("siming-1", "pm"), waiting(counters)
    slots = [("huli-1", "am"), ("siming-1", "pm")]
    before = [counters.slot(*slot)["taken"] for slot in slots]
    proofs = dict.fromkeys((first, other, waits, second), SEEN_BY_STAFF)

    def give_back_each(more: dict[str, Proof]) -> None:
        afterwards.give_back_each(counters.service, OPERATOR, counters.slug, 1, proofs | more)

    assert refusal(give_back_each, {waiting(counters): NO_PROOF}) == "not-proved"
    assert refusal(give_back_each, {"0" * 12: SEEN_BY_STAFF}) == "unknown-number"
    assert [counters.slot(*slot)["taken"] for slot in slots] == before
    assert pending(counters) == {}
    give_back_each({})
    assert [counters.slot(*slot)["taken"] for slot in slots] == [before[0] - 2, before[1] - 1]
    assert pending(counters) == {
        first: "cancelled",
        other: "cancelled",
        second: "cancelled",
        waits: "withdrawn",
    }
    assert {win_of(counters, number) for number in (first, second, other)} == {None}
    told = "SELECT number FROM audit_log WHERE act = 'given-back' ORDER BY id"
    assert [number for (number,) in fetch(counters.service.database, told)] == [first, other, waits, second]
    assert refusal(give_back_each, {}) == "place-ended"


def test_giving_back_takes_proof(counters: Counters):
    number = counters.winner()
    assert refusal(give_back, counters, number, NO_PROOF) == "not-proved"
    assert counters.place(number)["status"] == "assigned"


def test_whoever_waits_may_leave_the_list_once(counters: Counters):
    number = waiting(counters)
    give_back(counters, number)
    assert pending(counters) == {number: "withdrawn"}
    assert refusal(give_back, counters, number) == "nothing-to-give-back"


def test_disqualifying_takes_two_people_and_is_logged_with_both(counters: Counters):
    number = counters.winner()
    assert (
        refusal(
            afterwards.disqualify, counters.service, OPERATOR, OPERATOR, counters.slug, 1, number, "Because."
        )
        == "two-people-needed"
    )
    assert counters.place(number)["status"] == "assigned"
    taken = counters.slot("huli-1", "am")["taken"]
    disqualify(counters, number)
    assert counters.place(number)["status"] == "disqualified"
    assert counters.slot("huli-1", "am")["taken"] == taken - 1
    assert pending(counters) == {number: "disqualified"}
    with counters.service.database.reading() as c:
        (line,) = record.read_log(c, act="disqualified")
    assert (line.actor, line.number) == (OPERATOR.name, number)
    assert NOTARY.name in line.detail and "Two people, one card." in line.detail
    counters.at(9)
    assert counters.hand_out(counters.till(), number).code == "disqualified"


def test_a_waiting_number_can_be_disqualified_and_a_stranger_cannot(counters: Counters):
    number = waiting(counters)
    disqualify(counters, number)
    assert pending(counters) == {number: "disqualified"}
    assert refusal(disqualify, counters, number) == "nothing-to-disqualify"
    assert refusal(disqualify, counters, "7K3M9QTR4XH7") == "nothing-to-disqualify"


def test_what_was_collected_cannot_be_disqualified(counters: Counters):
    number = counters.winner()
    counters.at(9)
    counters.hand_out(counters.till(), number)
    assert refusal(disqualify, counters, number) == "place-ended"


def test_a_closed_store_displaces_who_is_still_to_come(counters: Counters):
    """From noon: the morning's stand, the afternoon's wait for the next batch, and nobody new gets in."""
    morning, afternoon = counters.winner("huli-1", "am"), counters.winner("huli-1", "pm")
    mover = counters.winner("siming-1", "am")
    displaced = afterwards.close_store(counters.service, OPERATOR, counters.slug, 1, "huli-1", local(12))
    assert displaced == 4
    assert counters.place(morning)["status"] == "assigned"
    assert pending(counters) == dict.fromkeys(counters.numbers(status="displaced"), "displaced")
    assert afternoon in pending(counters)
    assert counters.slot("huli-1", "pm")["is_closed"] and not counters.slot("huli-1", "am")["is_closed"]
    assert refusal(move, counters, mover, "huli-1", "pm") == "slot-full"
    counters.at(15)
    assert counters.hand_out(counters.till(), afternoon).code == "displaced"
    assert afterwards.close_store(counters.service, OPERATOR, counters.slug, 1, "huli-1", local(12)) == 0


def test_what_a_displacing_store_handed_out_all_the_same_stands(counters: Counters):
    """Its till had no network and did not know."""
    number, till = counters.winner("huli-1", "pm"), counters.till()
    afterwards.close_store(counters.service, OPERATOR, counters.slug, 1, "huli-1", local(12))
    counters.at(20)
    request = counters.request(number, is_offline=True, claimed_at=local(15))
    assert counters.report(till, request).code == "handed-out"
    assert number not in pending(counters)


def test_no_store_but_those_of_the_round_closes(counters: Counters):
    assert (
        refusal(afterwards.close_store, counters.service, OPERATOR, counters.slug, 1, "tongan-1", local(12))
        == "unknown-store"
    )


def test_an_unplaced_winner_holds_nothing_to_collect_or_move_and_may_give_it_back(service: Service):
    """Seven winners want one store or nothing, and it has four places."""
    people = [person for person in make_people(36) if person.index % 3 == 2]
    play_to(service, DrawStatus.COLLECTING, people=people, capacity=2)
    counters = Counters(service)
    (unplaced, *_) = counters.numbers(status="unplaced")
    counters.at(9)
    assert refusal(move, counters, unplaced, "huli-1", "pm") == "nothing-to-move"
    code = counters.code(unplaced)
    assert redeeming.look_up(service, counters.till(), code).code == "unknown"
    give_back(counters, unplaced)
    assert counters.place(unplaced)["status"] == "cancelled"
    assert pending(counters) == {unplaced: "cancelled"}


def test_places_change_only_between_publication_and_the_end(service: Service):
    play_to(service, DrawStatus.DRAWN)
    counters, number = Counters(service), winners_of(service)[0]
    steps = [
        lambda: give_back(counters, number),
        lambda: disqualify(counters, number),
        lambda: move(counters, number, "huli-1", "pm"),
        lambda: afterwards.close_store(service, OPERATOR, counters.slug, 1, "huli-1", local(0)),
    ]
    assert [refusal(step) for step in steps] == ["step-out-of-order"] * 4
    play_to(service, DrawStatus.PUBLISHED)
    assert counters.place(number)["status"] == "assigned"
    move(counters, number, "huli-1", "pm")
    play_to(service, DrawStatus.FINISHED)
    assert [refusal(step) for step in steps] == ["step-out-of-order"] * 4


def test_slots_never_hold_more_than_they_have(counters: Counters):
    """The database itself refuses, whoever asks."""
    statement = "UPDATE slots SET taken = capacity + 1 WHERE draw_id = :d"
    with pytest.raises(Exception, match="taken_within_capacity"):
        run(counters.service.database, statement, d=counters.draw_id)
    assert counters.slot("huli-1", "am")["capacity"] == CAPACITY
