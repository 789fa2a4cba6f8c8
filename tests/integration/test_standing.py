"""Where a number stands, in every state of a person and of a draw, on both databases."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest

from maskres.errors import InputError, StepRefused
from maskres.lottery.results import read_result
from maskres.registration.seals import Reach, Wishes
from maskres.rounds.status import DrawStatus
from maskres.usecases.eligibility import disputes
from maskres.usecases.eligibility.deciding import decide_draw
from maskres.usecases.pickup import afterwards, batches, moving
from maskres.usecases.registration import registering
from maskres.usecases.registration.proofs import NO_PROOF, SEEN_BY_STAFF, Proof
from maskres.usecases.rounds.steps import finish_round
from maskres.usecases.service import RESIDENT, Service
from maskres.usecases.showing.standing import find_standing, list_standings
from maskres.usecases.showing.standing_values import InDraw, Standing, Where
from tests.support.collecting import Counters, local
from tests.support.people import make_people
from tests.support.raw import fetch, run
from tests.support.world import (
    NOTARY,
    OPERATOR,
    ROUND,
    cosign_all,
    create_round,
    default_quotas,
    draw_id_of,
    open_round,
    pass_time,
    play_to,
    published,
    register,
    set_clock,
    winners_of,
)

pytest_plugins = ("tests.support.collecting_fixtures",)


def standing(service: Service, number: str, *, slug: str = ROUND) -> Standing:
    return find_standing(service, slug, number, SEEN_BY_STAFF)


def part(service: Service, number: str, draw: int = 1) -> InDraw:
    return next(each for each in standing(service, number).draws if each.draw == draw)


def where(service: Service, number: str) -> Where:
    found = standing(service, number).current
    assert found is not None
    return found.where


def waiting(service: Service) -> list[str]:
    statement = "SELECT number FROM results WHERE draw_id = :d AND outcome = 'waiting' ORDER BY rank"
    return [row[0] for row in fetch(service.database, statement, d=draw_id_of(service))]


# Whose it is


def test_only_the_holder_is_told_and_strangers_are_answered_alike(service: Service):
    open_round(service)
    anna, ben = (register(service, person) for person in make_people(2))
    shown = find_standing(service, ROUND, anna.number, Proof(secret=anna.secret))
    assert (shown.number, shown.draws[0].where) == (anna.number, Where.REGISTERED)
    wrong = (NO_PROOF, Proof(secret=ben.secret), Proof(phone_digests=frozenset([b"0" * 16])))
    answers = set()
    for number in (anna.number, "7K3M9QTR4XH7"):
        for proof in wrong:
            with pytest.raises(StepRefused) as refused:
                find_standing(service, ROUND, number, proof)
            answers.add((refused.value.code, refused.value.message))
    assert len(answers) == 1


def test_a_phone_tells_of_everybody_it_registered(service: Service):
    open_round(service)
    child, parent, other = make_people(3)
    numbers = [register(service, child, for_whom="child").number]
    pass_time(service, minutes=1)
    numbers.append(register(service, parent, for_whom="parent", phone=child.phone).number)
    register(service, other)
    told = list_standings(service, ROUND, f"+86{child.phone}")
    assert [(each.number, each.for_whom) for each in told] == list(
        zip(numbers, ("child", "parent"), strict=True)
    )
    assert list_standings(service, ROUND, "+8613999999999") == []


def test_a_round_nobody_has_published_is_not_told_of(service: Service):
    create_round(service)
    for slug in (ROUND, "no-such-round"):
        with pytest.raises(InputError) as refused:
            find_standing(service, slug, "7K3M9QTR4XH7", NO_PROOF)
        assert refused.value.code == "unknown-round"


# Before the draw


def test_registered_changed_withdrawn_and_back(service: Service):
    open_round(service)
    (person,) = make_people(1)
    answer = register(service, person)
    proof, number = Proof(secret=answer.secret), answer.number
    shown = standing(service, number)
    assert (where(service, number), shown.may_change, shown.is_withdrawn) == (Where.REGISTERED, True, False)
    pass_time(service, minutes=5)
    wishes = Wishes("siming", Reach.CITY, ("siming-2", "huli-1"))
    registering.change_wishes(service, RESIDENT, ROUND, number, wishes, proof)
    shown = standing(service, number)
    assert (where(service, number), shown.wishes) == (Where.CHANGED, wishes)
    assert shown.changed_at - shown.registered_at == timedelta(minutes=5)
    registering.withdraw(service, RESIDENT, ROUND, number, proof)
    shown = standing(service, number)
    assert (where(service, number), shown.is_withdrawn, shown.may_change) == (Where.WITHDRAWN, True, True)


def test_closed_then_in_the_pool_excluded_or_withdrawn(service: Service):
    played = play_to(service, DrawStatus.CLOSED)
    inside, outside, withdrawn = (played.numbers[index] for index in (0, 19, 17))
    assert [where(service, each) for each in (inside, outside, withdrawn)] == [
        Where.AWAITING,
        Where.AWAITING,
        Where.WITHDRAWN,
    ]
    assert not standing(service, inside).may_change
    play_to(service, DrawStatus.DECIDED)
    found = part(service, inside)
    assert found.where is Where.IN_POOL and found.verdict is not None
    assert (found.verdict.stratum, found.verdict.tickets, found.may_dispute) == ("elderly", 1, False)
    assert where(service, withdrawn) is Where.WITHDRAWN


def test_not_eligible_coarse_for_all_and_in_full_for_staff(service: Service):
    played = play_to(service, DrawStatus.DECIDED)
    number = played.numbers[19]
    full = part(service, number).verdict
    holder = find_standing(service, ROUND, number, Proof(secret=played.secrets[19])).draws[0]
    assert full is not None and holder.verdict is not None
    assert full.coarse_reason == holder.verdict.coarse_reason == "not-registered-here"
    assert full.fine_reasons == ("household:not-found", "insurance:not-found")
    assert holder.verdict.fine_reasons == ()
    assert holder.verdict.stratum is None and holder.verdict.tickets == 0


def test_a_dispute_while_it_can_be_lodged_and_what_came_of_it(service: Service):
    played = play_to(service, DrawStatus.DECIDED)
    first, second = played.numbers[18], played.numbers[19]
    assert part(service, first).may_dispute
    for number in (first, second):
        disputes.lodge_dispute(service, RESIDENT, ROUND, 1, number, "I live here.")
    found = part(service, first)
    assert (found.dispute, found.may_dispute, found.verdict.is_disputed) == ("open", True, True)
    disputes.resolve_dispute(service, OPERATOR, ROUND, 1, second, reason="Nothing was shown.")
    assert (part(service, second).dispute, part(service, second).may_dispute) == ("rejected", False)
    play_to(service, DrawStatus.COMMITTED)
    assert not part(service, first).may_dispute
    play_to(service, DrawStatus.DRAWN)
    # The open dispute has kept its number in the pool: it won or it waits, like anybody's.
    assert part(service, first).where in (Where.WON, Where.WAITING)
    assert part(service, second).where is Where.NOT_ELIGIBLE


def test_an_upheld_dispute_is_in_the_pool_once_decided_again(service: Service):
    played = play_to(service, DrawStatus.DECIDED)
    number = played.numbers[18]
    disputes.lodge_dispute(service, RESIDENT, ROUND, 1, number, "I live here.")
    disputes.resolve_dispute(service, OPERATOR, ROUND, 1, number, proved=("household",), reason="Seen.")
    assert (where(service, number), part(service, number).dispute) == (Where.NOT_ELIGIBLE, "upheld")
    decide_draw(service, OPERATOR, ROUND, 1)
    assert (where(service, number), part(service, number).dispute) == (Where.IN_POOL, "upheld")


@pytest.mark.parametrize("status", [DrawStatus.OPEN, DrawStatus.CLOSED, DrawStatus.COMMITTED])
def test_a_void_draw_with_its_reason(service: Service, status: DrawStatus):
    played = play_to(service, status)
    play_to(service, DrawStatus.VOID)
    found = part(service, played.numbers[0])
    assert (found.where, found.void_reason) == (Where.VOID, "The hall has burnt down.")


# The draw itself


def test_the_figures_are_those_that_anybody_computes(service: Service):
    play_to(service, DrawStatus.DRAWN)
    data = published(service, "result.csv")
    result = read_result(data)
    lines = [line.split(",") for line in data.decode().splitlines()[1:]]
    largest: dict[str, str] = {}
    for rank, number, stratum, ticket, outcome in lines:
        found = part(service, number)
        figures = found.outcome
        assert figures is not None
        assert (figures.rank, figures.stratum, figures.value[:16]) == (int(rank), stratum, ticket)
        assert figures.has_won == (outcome == "won")
        assert found.where is (Where.WON if figures.has_won else Where.WAITING)
        recomputed = hashlib.sha256(f"{figures.seed}/{number}/{figures.best_ticket}".encode()).hexdigest()
        assert figures.value == recomputed
        if figures.has_won:
            largest[stratum] = figures.value
    assert len(lines) == len(result)
    assert {part(service, line[1]).outcome.cutoff for line in lines} == set(largest.values())


def test_the_odds_follow_from_what_is_published_and_rounds_waited_are_told(service: Service):
    played = play_to(service, DrawStatus.CLOSED)
    patient, other = played.numbers[0], played.numbers[1]
    person = "(SELECT person_id FROM registrations WHERE number = :number)"
    statement = f"UPDATE persons SET rounds_waited = 5 WHERE id = {person}"
    run(service.database, statement, number=patient)
    play_to(service, DrawStatus.DECIDED)
    assert part(service, patient).odds is None
    play_to(service, DrawStatus.COMMITTED)
    before = part(service, patient)
    assert (before.odds.tickets, before.odds.chance) == (3, None)
    assert (before.verdict.rounds_waited, part(service, other).verdict.rounds_waited) == (5, 0)
    play_to(service, DrawStatus.DRAWN)
    pool = [line.split(",") for line in published(service, "pool.csv").decode().splitlines()[1:]]
    quotas = json.loads(published(service, "commitment.json"))["quotas"]
    for number in (patient, other):
        found = part(service, number)
        stratum, odds = found.outcome.stratum, found.odds
        assert odds.people == sum(line[1] == stratum for line in pool)
        assert odds.quota == quotas[stratum]
        assert odds.of_one == pytest.approx(int(found.outcome.cutoff[:8], 16) / 16**8, abs=1e-6)
    assert part(service, other).odds.chance == pytest.approx(part(service, other).odds.of_one)
    assert part(service, patient).odds.chance == pytest.approx(1 - (1 - odds_of_one(service, patient)) ** 3)


def test_where_there_was_a_place_for_everybody_no_chance_is_told(service: Service):
    play_to(service, DrawStatus.DECIDED)
    quotas = dict.fromkeys(default_quotas(service), 100)
    played = play_to(service, DrawStatus.DRAWN, quotas=quotas)
    odds = part(service, played.numbers[1]).odds
    assert odds.people < odds.quota
    assert odds.chance is None


def odds_of_one(service: Service, number: str) -> float:
    found = part(service, number).odds
    assert found is not None and found.of_one is not None and 0 < found.of_one < 1
    return float(found.of_one)


def test_who_waits_knows_how_many_come_before(service: Service):
    play_to(service, DrawStatus.PUBLISHED)
    ahead: dict[str, list[int]] = {}
    for number in waiting(service):
        found = part(service, number)
        ahead.setdefault(found.outcome.stratum, []).append(found.ahead)
        assert found.may_give_back and not found.may_move
    assert ahead and all(counts == list(range(len(counts))) for counts in ahead.values())


# Places


def test_a_winner_sees_store_slot_and_code_until_it_is_collected(counters: Counters):
    service, number = counters.service, counters.winner("huli-1", "am")
    found = part(service, number)
    place = found.place
    assert found.where is Where.PLACED and place is not None and place.store is not None
    assert (place.store.name, place.store.address) == ("huli-1药店", "中山路1号")
    assert (place.slot, place.starts_at, place.ends_at) == ("am", local(9), local(9.5))
    assert place.code == counters.code(number)
    assert (place.is_promoted, place.is_moved, found.may_move, found.may_give_back) == (
        False, False, True, True,
    )  # fmt: skip
    counters.at(9.1)
    found = part(service, number)
    assert (found.where, found.may_move, found.may_give_back) == (Where.PLACED, False, False)
    counters.hand_out(counters.till(), number)
    found = part(service, number)
    assert (found.where, found.place.code) == (Where.COLLECTED, None)
    assert (found.place.collected_at, found.place.collected_store.store) == (local(9.1), "huli-1")


def test_a_winner_takes_no_part_in_the_next_draw_and_whoever_waits_does(counters: Counters):
    service = counters.service
    assert [each.draw for each in standing(service, counters.winner()).draws] == [1]
    told = standing(service, waiting(service)[0])
    assert [(each.draw, each.where) for each in told.draws] == [(2, Where.REGISTERED), (1, Where.WAITING)]


def test_a_moved_place_shows_the_new_slot_and_code(counters: Counters):
    number = counters.winner("huli-1", "am")
    code = moving.move_place(
        counters.service, RESIDENT, ROUND, 1, number, store="siming-1", slot="pm", proof=SEEN_BY_STAFF
    )
    place = part(counters.service, number).place
    assert (place.is_moved, place.code, place.store.store, place.slot) == (True, code, "siming-1", "pm")
    assert place.starts_at == local(15)


def test_given_back_and_left_the_list(counters: Counters):
    service = counters.service
    winner, waiter = counters.winner(), waiting(service)[0]
    for number in (winner, waiter):
        afterwards.give_back(service, RESIDENT, ROUND, 1, number, SEEN_BY_STAFF)
    assert part(service, winner).where is Where.CANCELLED
    assert part(service, waiter).where is Where.LEFT
    for number in (winner, waiter):
        assert not part(service, number).may_give_back
        # Whoever gave up takes part in the round's next draw.
        assert standing(service, number).draws[0].where is Where.REGISTERED


def test_disqualified_with_and_without_a_place(counters: Counters):
    service = counters.service
    for number in (counters.winner(), waiting(service)[0]):
        afterwards.disqualify(service, OPERATOR, NOTARY, ROUND, 1, number, "Two people, one card.")
        assert part(service, number).where is Where.DISQUALIFIED


def test_missed(counters: Counters):
    number = counters.winner("huli-1", "am")
    counters.at(9, days=2)
    afterwards.forfeit_missed(counters.service, OPERATOR, ROUND, 1)
    found = part(counters.service, number)
    assert (found.where, found.place.code) == (Where.FORFEITED, None)


def test_displaced_then_moved_by_a_batch_and_the_waiting_move_up(counters: Counters):
    service = counters.service
    displaced, winner = counters.winner("huli-1", "pm"), counters.winner("siming-1", "am")
    set_clock(service, local(-24))
    afterwards.close_store(service, OPERATOR, ROUND, 1, "huli-1", local(12))
    assert part(service, displaced).where is Where.DISPLACED
    assert part(service, displaced).place.code is None
    afterwards.give_back(service, RESIDENT, ROUND, 1, winner, SEEN_BY_STAFF)
    before = {number: part(service, number).ahead for number in waiting(service)}
    batches.publish_batch(service, OPERATOR, ROUND, 1)
    found = part(service, displaced)
    assert (found.where, found.place.is_moved, found.place.batch) == (Where.PLACED, True, 1)
    assert found.place.code == counters.code(displaced)
    promoted = [number for number in waiting(service) if part(service, number).place is not None]
    assert len(promoted) == 1 and before[promoted[0]] == 0
    found = part(service, promoted[0])
    assert (found.where, found.place.is_promoted, found.place.is_moved) == (Where.PLACED, True, False)
    assert sum((before[number] or 0) - (part(service, number).ahead or 0) for number in waiting(service)) > 0


def test_unplaced_then_lapsed(service: Service):
    people = [person for person in make_people(36) if person.index % 3 == 2]
    play_to(service, DrawStatus.COLLECTING, people=people, capacity=2)
    counters = Counters(service)
    (unplaced, *_) = counters.numbers(status="unplaced")
    found = part(service, unplaced)
    assert (found.where, found.may_give_back, found.may_move) == (Where.UNPLACED, True, False)
    assert found.place.store is None and found.place.code is None
    batches.publish_batch(service, OPERATOR, ROUND, 1)
    assert part(service, unplaced).where is Where.UNPLACED
    cosign_all(service)
    batches.publish_batch(service, OPERATOR, ROUND, 1)
    assert part(service, unplaced).where is Where.LAPSED


# The end


def test_after_the_end_whoever_waited_was_not_drawn_and_what_was_left_is_missed(service: Service):
    play_to(service, DrawStatus.FINISHED)
    winner, waiter = winners_of(service)[0], waiting(service)[0]
    assert part(service, winner).where is Where.FORFEITED
    assert part(service, waiter).where is Where.NOT_DRAWN
    finish_round(service, OPERATOR, ROUND)
    assert standing(service, waiter).round_status == "finished"
    assert not standing(service, waiter).may_change


def test_a_later_commitment_ends_the_waiting(service: Service):
    play_to(service, DrawStatus.COLLECTING, draws=2)
    (waiter, *_) = waiting(service)
    play_to(service, DrawStatus.COMMITTED, draw=2)
    told = standing(service, waiter)
    assert [(each.draw, each.where) for each in told.draws] == [(2, Where.IN_POOL), (1, Where.NOT_DRAWN)]
    winner = winners_of(service)[0]
    assert standing(service, winner).current.draw == 1
    assert standing(service, winner).draws[0].verdict.coarse_reason == "already-won"
