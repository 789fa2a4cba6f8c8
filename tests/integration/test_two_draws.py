"""Two draws of one round: registration goes on, winners of the first are left out of the second."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest

from maskres.errors import ConflictError, StepRefused
from maskres.ledger.checkpoints import cosign
from maskres.rehearsal.parts import cosigner_keys
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw import committing, seeding
from maskres.usecases.draw.cosigning import ledger_pages
from maskres.usecases.eligibility import deciding
from maskres.usecases.record import add_cosignature
from maskres.usecases.registration import registering
from maskres.usecases.registration.proofs import Proof
from maskres.usecases.rounds.steps import finish_round
from maskres.usecases.service import RESIDENT, Service
from tests.support.people import make_application, make_people
from tests.support.raw import fetch, run
from tests.support.world import (
    DEPUTY,
    NOTARY,
    OPERATOR,
    ROUND,
    SEED,
    beacon_json,
    default_quotas,
    dice_source,
    drand_source,
    hours_of,
    import_people,
    play_to,
    published,
    register,
    set_clock,
    set_slots,
    slots_csv,
    status_of,
    winners_of,
)


def reasons(service: Service, draw: int) -> dict[str, str]:
    text = published(service, "excluded.csv", draw=draw).decode()
    return {row["number"]: row["reason"] for row in csv.DictReader(io.StringIO(text))}


def pool(service: Service, draw: int) -> set[str]:
    text = published(service, "pool.csv", draw=draw).decode()
    return {row["number"] for row in csv.DictReader(io.StringIO(text))}


def test_the_next_draw_opens_when_one_closes_and_no_more_than_the_rules_say(service: Service):
    play_to(service, DrawStatus.CLOSED, draws=2)
    assert (status_of(service), status_of(service, draw=2)) == (DrawStatus.CLOSED, DrawStatus.OPEN)
    late = register(service, make_people(1, start=50)[0])
    assert fetch(service.database, "SELECT draw FROM registrations WHERE number = :n", n=late.number) == [
        (2,)
    ]
    play_to(service, DrawStatus.DRAWN)
    set_clock(service, hours_of(2, 48))
    assert deciding.close_draw(service, OPERATOR, ROUND, 2) == 21
    assert fetch(service.database, "SELECT count(*) FROM draws") == [(2,)]
    with pytest.raises(StepRefused) as refused:
        register(service, make_people(1, start=51)[0])
    assert refused.value.code == "registration-closed"


def test_winners_are_left_out_of_the_next_draw_and_losers_carried_over(service: Service):
    played = play_to(service, DrawStatus.PUBLISHED, draws=2)
    winners, first_pool = set(winners_of(service)), pool(service, 1)
    late = make_people(3, start=50)
    import_people(service, "household", [*played.people[:-2], *late])
    numbers = {register(service, person).number for person in late}
    play_to(service, DrawStatus.COMMITTED, draw=2)
    excluded = reasons(service, 2)
    assert {number for number, reason in excluded.items() if reason == "already-won"} == winners
    assert pool(service, 2) == (first_pool - winners) | numbers
    assert set(excluded) | pool(service, 2) == set(played.numbers.values()) | numbers


def test_a_later_draw_waits_for_the_result_of_the_earlier(service: Service):
    play_to(service, DrawStatus.DICED, draws=2)
    set_clock(service, hours_of(1, 89))
    deciding.close_draw(service, OPERATOR, ROUND, 2)
    for has_seed in (False, True):
        if has_seed:  # known, but nothing is drawn from it yet
            set_clock(service, hours_of(1, 91))
            seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(drand_source()))
        with pytest.raises(StepRefused, match="Draw 1 has no result yet") as refused:
            deciding.decide_draw(service, OPERATOR, ROUND, 2)
        assert refused.value.code == "earlier-draw-unfinished"
    play_to(service, DrawStatus.DRAWN)
    deciding.decide_draw(service, OPERATOR, ROUND, 2)


def test_a_void_draw_holds_nobody_up(service: Service):
    play_to(service, DrawStatus.DECIDED, draws=2)
    play_to(service, DrawStatus.VOID)
    set_clock(service, hours_of(2, 48))
    play_to(service, DrawStatus.DRAWN, draw=2)
    assert "already-won" not in reasons(service, 2).values()
    assert len(pool(service, 2)) == 17


def test_registration_goes_on_where_the_open_draw_is_void(service: Service):
    play_to(service, DrawStatus.VOID, draws=2)
    assert status_of(service, draw=2) is DrawStatus.OPEN
    late = register(service, make_people(1, start=50)[0])
    assert fetch(service.database, "SELECT draw FROM registrations WHERE number = :n", n=late.number) == [
        (2,)
    ]
    committing.void_draw(service, OPERATOR, ROUND, 2, "There are no masks.")
    assert fetch(service.database, "SELECT count(*) FROM draws") == [(2,)]


def test_who_won_since_the_decision_is_found_at_the_commitment(service: Service):
    """Somebody is promoted in draw 1 while draw 2 is being challenged: draw 2 must be decided again."""
    play_to(service, DrawStatus.COLLECTING, draws=2)
    play_to(service, DrawStatus.DECIDED, draw=2)
    waiting = fetch(
        service.database,
        "SELECT r.draw_id, r.number FROM results r WHERE outcome = 'waiting' ORDER BY rank",
    )
    draw_id, promoted = waiting[0]
    run(
        service.database,
        "INSERT INTO places (draw_id, number, batch, status, choice, code_version)"
        " VALUES (:draw, :number, 1, 'unplaced', '-', 1)",
        draw=draw_id,
        number=promoted,
    )
    set_clock(service, hours_of(2, 87))
    set_slots(service, draw=2, data=slots_csv(2))
    sources = (dice_source(2), drand_source(2))
    quotas = default_quotas(service, draw=2)
    with pytest.raises(ConflictError, match="1 of the pool have won") as refused:
        committing.commit_draw(service, OPERATOR, ROUND, 2, quotas, sources)
    assert refused.value.code == "decide-again"
    set_clock(service, hours_of(2, 60))
    deciding.decide_draw(service, OPERATOR, ROUND, 2)
    set_clock(service, hours_of(2, 87))
    committing.commit_draw(service, OPERATOR, ROUND, 2, default_quotas(service, draw=2), sources)
    assert reasons(service, 2)[promoted] == "already-won"


def test_a_change_of_wishes_between_draws_seals_the_next_draw_alone(service: Service):
    played = play_to(service, DrawStatus.CLOSED, draws=2)
    number, proof = played.numbers[0], Proof(secret=played.secrets[0])
    application = make_application(played.people[0], district="huli", reach="city", choices="")
    registering.register(service, RESIDENT, ROUND, application, proof)
    play_to(service, DrawStatus.FINISHED)
    deciding.close_draw(service, OPERATOR, ROUND, 2)
    seals = fetch(service.database, "SELECT seal FROM entries WHERE number = :n ORDER BY draw_id", n=number)
    assert len(set(seals)) == 2


def test_a_round_of_two_draws_is_played_to_its_end(service: Service):
    play_to(service, DrawStatus.FINISHED, draws=2)
    play_to(service, DrawStatus.FINISHED, draw=2)
    finish_round(service, OPERATOR, ROUND)
    first, second = set(winners_of(service)), set(winners_of(service, draw=2))
    assert first
    assert second
    assert first.isdisjoint(second)
    waited = fetch(service.database, "SELECT sum(rounds_waited) FROM persons")
    assert waited == [(17 - len(first) - len(second),)]


VOID_KNOWN = hours_of(1, 87) + timedelta(
    minutes=16
)  # ten minutes after the second cosignature of the commitment


@pytest.mark.parametrize(
    "at", [None, VOID_KNOWN, VOID_KNOWN - timedelta(seconds=1)], ids=["never", "late", "in time"]
)
def test_nothing_is_committed_after_a_void_that_was_not_cosigned_in_time(
    service: Service, at: datetime | None
):
    """The operator could otherwise give a draw up once its outcome does not please."""
    play_to(service, DrawStatus.COMMITTED, draws=2)
    committing.void_draw(service, OPERATOR, ROUND, 1, "The hall has burnt down.")
    page = ledger_pages(service)[0]
    for key in cosigner_keys(SEED) if at is not None else ():
        line = cosign(page.note.encode(), key, at)
        add_cosignature(service, NOTARY, page.size, line, key.verifier.text)
    set_clock(service, hours_of(2, 48))
    deciding.close_draw(service, OPERATOR, ROUND, 2)
    deciding.decide_draw(service, OPERATOR, ROUND, 2)
    set_clock(service, hours_of(2, 87))
    set_slots(service, draw=2, data=slots_csv(2))
    sources, quotas = [dice_source(2), drand_source(2)], default_quotas(service, draw=2)
    if at is not None and at < VOID_KNOWN:
        committing.commit_draw(service, OPERATOR, ROUND, 2, quotas, sources)
        return
    with pytest.raises(StepRefused) as refused:
        committing.commit_draw(service, OPERATOR, ROUND, 2, quotas, sources)
    assert refused.value.code == "void-not-cosigned"
