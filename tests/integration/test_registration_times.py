"""Announced times of registration: who is refused by them, what goes on, and how they are moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from maskres.errors import InputError, StepRefused
from maskres.registration.seals import Reach, Wishes
from maskres.rounds.status import DrawStatus
from maskres.rounds.times import RegistrationTimes
from maskres.usecases.eligibility import deciding
from maskres.usecases.registration import registering
from maskres.usecases.registration.bulk_registering import import_registrations
from maskres.usecases.registration.carrying import carry_over
from maskres.usecases.registration.proofs import SEEN_BY_STAFF, Proof
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.rounds.registration_times import registration_times, set_registration_times
from maskres.usecases.service import RESIDENT, Service
from maskres.usecases.showing.standing import find_standing
from tests.support.people import make_application, make_person, write_registrations
from tests.support.raw import fetch
from tests.support.world import (
    COUNTER,
    OPENS_AT,
    OPERATOR,
    ROUND,
    Answer,
    create_round,
    open_round,
    register,
    set_clock,
    status_of,
)

ANNA, BEN = make_person(1), make_person(2)
BEGIN, END = OPENS_AT + timedelta(hours=1), OPENS_AT + timedelta(hours=48)
TIMES = RegistrationTimes(BEGIN, END)
SECOND = timedelta(seconds=1)
WISHES = Wishes("huli", Reach.CITY, ())


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises((StepRefused, InputError)) as refused:
        act()
    return refused.value.code


def acts(service: Service, answer: Answer) -> list[Callable[[], object]]:
    """Everything that somebody can do about a registration, Anna's standing."""
    proof, whose = Proof(secret=answer.secret), (RESIDENT, ROUND, answer.number)
    return [
        lambda: register(service, BEN),
        lambda: registering.register(service, COUNTER, ROUND, make_application(BEN), SEEN_BY_STAFF),
        lambda: registering.change_wishes(service, *whose, WISHES, proof),
        lambda: registering.withdraw(service, *whose, proof),
        lambda: registering.bring_back(service, *whose, proof),
    ]


def test_nobody_registers_before_the_opening_or_from_the_closing_on(service: Service):
    open_round(service, times=TIMES)
    set_clock(service, BEGIN - SECOND)
    assert code_of(lambda: register(service, ANNA)) == "registration-not-begun"
    set_clock(service, BEGIN)
    answer = register(service, ANNA)
    proof = Proof(secret=answer.secret)
    set_clock(service, END - SECOND)
    registering.change_wishes(service, RESIDENT, ROUND, answer.number, WISHES, proof)
    shown = find_standing(service, ROUND, answer.number, proof)
    assert (shown.may_change, shown.may_change_until) == (True, END)

    set_clock(service, END)
    assert {code_of(act) for act in acts(service, answer)} == {"registration-closed"}
    shown = find_standing(service, ROUND, answer.number, proof)
    assert (shown.may_change, shown.may_change_until) == (False, None)
    assert fetch(service.database, "SELECT count(*), min(status) FROM registrations") == [(1, "standing")]


def test_files_and_carrying_over_go_on_until_the_draw_is_closed(service: Service):
    open_round(service, times=TIMES)
    for moment, person in ((BEGIN - SECOND, ANNA), (END, BEN)):
        set_clock(service, moment)
        with service.scratch() as folder:
            path = write_registrations(folder / "paper.csv", [person])
            assert import_registrations(service, COUNTER, ROUND, path).created == 1
        assert carry_over(service, OPERATOR, ROUND) == 0
    assert deciding.close_draw(service, OPERATOR, ROUND, 1) == 2


def test_the_next_draw_opens_with_the_act_and_has_times_of_its_own(service: Service):
    open_round(service, times=TIMES, draws=2)
    set_clock(service, END)
    assert code_of(lambda: register(service, ANNA)) == "registration-closed"
    deciding.close_draw(service, OPERATOR, ROUND, 1)
    assert register(service, ANNA).number
    wanted = RegistrationTimes(None, END + timedelta(hours=5))
    set_registration_times(service, OPERATOR, ROUND, 2, wanted)
    assert registration_times(service, ROUND, 2) == wanted
    assert code_of(lambda: set_registration_times(service, OPERATOR, ROUND, 1, wanted)) == "draw-closed"


def test_a_closing_can_be_moved_also_when_it_has_passed(service: Service):
    open_round(service, times=TIMES)
    set_clock(service, END + timedelta(hours=1))
    later = RegistrationTimes(BEGIN, END + timedelta(hours=2))
    set_registration_times(service, OPERATOR, ROUND, 1, later)
    assert register(service, ANNA).number
    earlier = RegistrationTimes(BEGIN + SECOND, END + timedelta(hours=2))
    assert (
        code_of(lambda: set_registration_times(service, OPERATOR, ROUND, 1, earlier)) == "registration-begun"
    )
    past = RegistrationTimes(BEGIN, END + timedelta(minutes=30))
    assert code_of(lambda: set_registration_times(service, OPERATOR, ROUND, 1, past)) == "time-past"

    ((actor, detail),) = fetch(
        service.database, "SELECT actor, detail FROM audit_log WHERE act = 'registration-times-set'"
    )
    assert actor == OPERATOR.name
    assert json.loads(detail) == {
        "before": ["2020-02-08T02:00:00Z", "2020-02-10T01:00:00Z"],
        "after": ["2020-02-08T02:00:00Z", "2020-02-10T03:00:00Z"],
    }


def test_an_opening_can_be_moved_until_it_has_come(service: Service):
    open_round(service, times=TIMES)
    sooner = RegistrationTimes(OPENS_AT + timedelta(minutes=1), END)
    set_registration_times(service, OPERATOR, ROUND, 1, sooner)
    set_clock(service, OPENS_AT + timedelta(minutes=1))
    assert register(service, ANNA).number
    assert code_of(lambda: set_registration_times(service, OPERATOR, ROUND, 1, TIMES)) == "registration-begun"


def test_a_draft_announces_the_times_of_its_first_draw(service: Service):
    assert code_of(lambda: create_round(service, times=RegistrationTimes(END, BEGIN))) == "times-crossed"
    create_round(service, times=TIMES)
    assert registration_times(service, ROUND, 1) == TIMES
    assert code_of(lambda: set_registration_times(service, OPERATOR, ROUND, 2, TIMES)) == "unknown-draw"
    set_clock(service, END)
    assert code_of(lambda: round_steps.open_round(service, OPERATOR, ROUND)) == "closing-past"
    later = RegistrationTimes(None, END + timedelta(hours=1))
    set_registration_times(service, OPERATOR, ROUND, 1, later)
    round_steps.open_round(service, OPERATOR, ROUND)
    assert registration_times(service, ROUND, 1) == later
    assert status_of(service) is DrawStatus.OPEN
