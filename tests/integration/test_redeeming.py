"""At the counter with network: handing out once, undoing a slip, and whom else a store may serve."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maskres.db import record
from maskres.errors import InputError, StepRefused
from maskres.formats.symbols import grouped
from maskres.identity.documents import read_document
from maskres.pickup.handovers import Answer, AnswerCode
from maskres.rounds.status import DrawStatus
from maskres.usecases.accounts.tills import enrol_till
from maskres.usecases.pickup import redeeming
from maskres.usecases.pickup.redeeming import Request
from maskres.usecases.service import Service
from tests.support.collecting import Counters, local
from tests.support.documents import add_document
from tests.support.people import make_people, make_person
from tests.support.raw import fetch
from tests.support.world import OPERATOR, open_round, play_to, status_of, winners_of

pytest_plugins = ("tests.support.collecting_fixtures",)


def test_a_code_is_looked_up_then_handed_out_then_spent(counters: Counters):
    number, till = counters.winner(), counters.till()
    counters.at(9.1)
    assert redeeming.look_up(counters.service, till, counters.code(number)).code == "valid"
    answer = counters.hand_out(till, number)
    assert (answer.code, answer.reason) == ("handed-out", None)
    place = counters.place(number)
    assert (place["status"], place["collected_till"], place["collected_from"]) == (
        "collected",
        "till-1",
        "assigned",
    )
    counters.at(9.2)
    seen = redeeming.look_up(counters.service, counters.till(name="till-2"), counters.code(number))
    assert seen == Answer(AnswerCode.ALREADY_HANDED_OUT, place["id"], None, local(9.1), "till-1", None)
    assert counters.hand_out(till, number).code == "already-handed-out"


def test_a_code_is_read_as_people_type_it(counters: Counters):
    counters.at(9)
    code, till = counters.code(counters.winner()), counters.till()
    for typed in (code, grouped(code), f" {code.lower()} ", grouped(code).replace("-", " ")):
        assert redeeming.look_up(counters.service, till, typed).code == "valid"


def test_what_cannot_be_a_code_names_the_field_and_another_code_is_unknown(counters: Counters):
    counters.at(9)
    till = counters.till()
    with pytest.raises(InputError) as refused:
        redeeming.look_up(counters.service, till, "7K3M9QTR4XH8")
    assert (refused.value.code, refused.value.field) == ("bad-number", "code")
    assert redeeming.look_up(counters.service, till, "7K3M9QTR4XH7").code == "unknown"
    assert counters.report(till, Request(counters.nonce(), "7K3M9QTR4XH7")).code == "unknown"
    # A registration number is no code: whoever reads the published list cannot collect by it.
    assert redeeming.look_up(counters.service, till, counters.winner()).code == "unknown"


@pytest.mark.parametrize("nonce", ["short", "x" * 65, "with space 1234567", "nonce-000000000ü"])
def test_a_nonce_is_of_its_form(counters: Counters, nonce: str):
    number = counters.winner()
    with pytest.raises(InputError) as refused:
        counters.hand_out(counters.till(), number, nonce=nonce)
    assert (refused.value.code, refused.value.field) == ("bad-nonce", "nonce")
    with pytest.raises(InputError) as refused:
        counters.undo(counters.till(), nonce)
    assert (refused.value.code, refused.value.field) == ("bad-nonce", "undoes")


def test_the_same_request_again_gets_the_same_answer(counters: Counters):
    """Also when it was a refusal, and much later."""
    number, other, till = counters.winner(), counters.winner(nth=1), counters.till()
    counters.at(9)
    given, refused = counters.request(number), counters.request(number)
    first = counters.report(till, given)
    told = counters.report(till, refused)
    assert (first.code, told.code) == ("handed-out", "already-handed-out")
    counters.at(17)
    assert counters.report(till, given) == first
    assert counters.report(till, refused) == told
    assert counters.place(number)["status"] == "collected"
    assert counters.place(other)["status"] == "assigned"
    recorded = fetch(counters.service.database, "SELECT nonce FROM handovers ORDER BY nonce")
    assert recorded == [(given.nonce,), (refused.nonce,)]


def test_a_nonce_used_for_another_act_changes_nothing(counters: Counters):
    """Another winner, another till, an undo: whatever differs, it is another act."""
    number, other, till = counters.winner(), counters.winner(nth=1), counters.till()
    counters.at(9)
    request = counters.request(number)
    counters.report(till, request)
    reused = [
        (till, counters.request(other, nonce=request.nonce)),
        (counters.till(name="till-2"), request),
        (till, Request(request.nonce, undoes=request.nonce)),
    ]
    for by, again in reused:
        assert counters.report(by, again).code == "nonce-reused"
    assert counters.place(other)["status"] == "assigned"
    assert counters.report(till, request).code == "handed-out"


def test_a_nonce_of_another_round_is_used_as_well(counters: Counters):
    number, till = counters.winner(), counters.till()
    counters.at(9)
    request = counters.request(number)
    counters.report(till, request)
    open_round(counters.service, "xiamen-2020-2")
    elsewhere = enrol_till(counters.service, OPERATOR, "xiamen-2020-2", till.store, "till-1")
    unknown = Request(request.nonce, "7K3M9QTR4XH7", is_offline=True)
    assert counters.report(elsewhere, unknown).code == "nonce-reused"


def test_a_till_of_another_round_knows_nothing_of_this_one(counters: Counters):
    """A store serves in both rounds: each has tills of its own, and a code is of one round."""
    number = counters.winner()
    open_round(counters.service, "xiamen-2020-2")
    elsewhere = enrol_till(counters.service, OPERATOR, "xiamen-2020-2", "huli-1", "till-1")
    counters.at(9)
    assert redeeming.look_up(counters.service, elsewhere, counters.code(number)).code == "unknown"
    assert counters.hand_out(elsewhere, number).code == "unknown"
    gone = counters.hand_out(elsewhere, number, is_offline=True)
    assert (gone.code, gone.reason) == ("conflict", "unknown")
    assert counters.place(number)["status"] == "assigned"


def test_a_slip_is_undone_within_ten_minutes(counters: Counters):
    number, till = counters.winner(), counters.till()
    began_at = counters.at(9)
    request = counters.request(number)
    counters.report(till, request)
    counters.at(9 + 10 / 60)
    assert counters.service.now() - began_at == timedelta(minutes=10)
    undo = Request(counters.nonce(), undoes=request.nonce)
    assert counters.report(till, undo).code == "undone"
    assert counters.place(number)["status"] == "assigned"
    assert counters.report(till, undo).code == "undone"
    assert counters.undo(till, request.nonce).code == "nothing-to-undo"
    assert counters.hand_out(till, number).code == "handed-out"
    # The first hand-over's answer stands as it was given; that it was undone is a record of its own.
    assert counters.report(till, request).code == "handed-out"
    assert fetch(counters.service.database, "SELECT count(*) FROM handovers") == [(4,)]


def test_after_ten_minutes_a_hand_over_stands(counters: Counters):
    number, till = counters.winner(), counters.till()
    counters.at(9)
    request = counters.request(number)
    counters.report(till, request)
    counters.at(9 + 601 / 3600)
    assert counters.undo(till, request.nonce).code == "undo-too-late"
    assert counters.place(number)["status"] == "collected"


def test_only_the_store_that_handed_out_undoes(counters: Counters):
    number, till = counters.winner(), counters.till()
    counters.at(9)
    request = counters.request(number)
    counters.report(till, request)
    assert counters.undo(counters.till("siming-1"), request.nonce).code == "unknown"
    assert counters.undo(counters.till(name="till-2"), request.nonce).code == "undone"


def test_an_undo_that_overtook_its_hand_over_finds_it_on_the_next_try(counters: Counters):
    number, till = counters.winner(), counters.till()
    counters.at(9)
    request = counters.request(number)
    undo = Request(counters.nonce(), undoes=request.nonce)
    assert counters.report(till, undo).code == "unknown"
    assert counters.report(till, request).code == "handed-out"
    assert counters.report(till, undo).code == "undone"


def test_another_store_is_told_which_store_and_hands_nothing_out(counters: Counters):
    number, elsewhere = counters.winner("siming-1"), counters.till("siming-2")
    counters.at(9)
    counters.deliver_with_spare(50, "siming-2")
    answer = counters.hand_out(elsewhere, number)
    assert (answer.code, answer.store) == ("other-store", "siming-1")
    assert counters.place(number)["status"] == "assigned"


@pytest.mark.parametrize("days", [-1, 1])
def test_on_another_day_stock_to_spare_decides(counters: Counters, days: int):
    number, till = counters.winner(), counters.till()
    counters.at(10, days=days)
    assert counters.hand_out(till, number).code == "other-day"
    counters.deliver_with_spare(0)
    assert counters.hand_out(till, number).code == "other-day"
    counters.deliver_with_spare(1)
    assert redeeming.look_up(counters.service, till, counters.code(number)).code == "valid"
    answer = counters.hand_out(till, number)
    assert (answer.code, answer.reason) == ("handed-out", "other-day")


def test_in_the_other_half_of_the_day_a_winner_is_served(counters: Counters):
    """The slot spreads people over the day; a whole day late is what costs spare stock."""
    counters.at(17.9)
    assert counters.hand_out(counters.till(), counters.winner()).code == "handed-out"


def test_damaged_stock_is_not_spare(counters: Counters):
    till = counters.till()
    counters.at(10, days=1)
    counters.deliver_with_spare(1)
    counters.count_stock("damaged", 1)
    assert counters.hand_out(till, counters.winner()).code == "other-day"


def test_a_card_alone_serves_at_this_store_on_this_day_and_is_logged(counters: Counters):
    number, till = counters.winner(), counters.till()
    card = read_document(counters.holder(number).id_number)
    counters.deliver_with_spare(9)
    counters.deliver_with_spare(9, "siming-1")
    counters.at(9, days=1)
    assert counters.report(till, Request(counters.nonce(), card=card)).code == "unknown"
    counters.at(9)
    assert counters.report(counters.till("siming-1"), Request(counters.nonce(), card=card)).code == "unknown"
    assert counters.report(till, Request(counters.nonce(), card=card)).code == "handed-out"
    assert counters.report(till, Request(counters.nonce(), card=card)).code == "already-handed-out"
    with counters.service.database.reading() as c:
        read = [(row.actor, row.number) for row in record.read_log(c, act="personal-data-read")]
    assert read[::-1] == [
        ("till/huli-1/till-1", number),
        ("till/siming-1/till-1", number),
        ("till/huli-1/till-1", number),
        ("till/huli-1/till-1", number),
    ]


def test_a_card_that_is_not_the_one_registered_with_is_unknown(counters: Counters):
    number, till = counters.winner(), counters.till()
    own, other = read_document(counters.holder(number).id_number), read_document(make_person(5000).id_number)
    add_document(counters.service, number, other.canonical)
    counters.at(9)
    assert counters.report(till, Request(counters.nonce(), card=other)).code == "unknown"
    assert counters.report(till, Request(counters.nonce(), card=own)).code == "handed-out"


def test_threat_data_trawled_beyond_the_days_limit_a_till_looks_up_no_card_and_it_is_reported(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(redeeming, "CARDS_A_DAY", 2)
    first, second, third = (counters.winner(nth=nth) for nth in range(3))
    till = counters.till()
    counters.at(9)
    requests = [
        Request(counters.nonce(), card=read_document(counters.holder(number).id_number))
        for number in (first, second, third)
    ]
    answers = redeeming.report(counters.service, till, requests)
    assert [answer.code for answer in answers] == ["handed-out", "handed-out", "card-limit"]
    assert answers[2].place is None
    # A code is no card, an act answered already is answered again, and each till has a limit of its own.
    assert counters.report(till, requests[0]).code == "handed-out"
    assert counters.hand_out(till, third).code == "handed-out"
    assert counters.report(till, requests[2]).code == "card-limit"
    other = counters.report(counters.till(name="till-2"), Request(counters.nonce(), card=requests[2].card))
    assert other.code == "already-handed-out"
    with counters.service.database.reading() as c:
        refused = record.read_log(c, act="card-look-up-refused")
    assert [(row.actor, row.number) for row in refused] == [("till/huli-1/till-1", None)] * 2
    counters.at(9, days=1)
    assert counters.report(till, Request(counters.nonce(), card=requests[2].card)).code == "unknown"


def test_the_card_of_somebody_without_a_place_is_unknown(counters: Counters):
    counters.at(9)
    won = {counters.holder(number).index for number in counters.numbers()}
    waiting = next(person for person in counters.people if person.index not in won)
    for person in (waiting, make_people(1, start=900)[0]):
        card = read_document(person.id_number)
        assert counters.report(counters.till(), Request(counters.nonce(), card=card)).code == "unknown"


def test_before_the_counters_open_nothing_is_handed_out(service: Service):
    play_to(service, DrawStatus.PUBLISHED)
    number = winners_of(service)[0]
    counters = Counters(service)
    till = counters.till(counters.place(number)["store"])
    assert redeeming.look_up(service, till, counters.code(number)).code == "unknown"
    with pytest.raises(StepRefused) as refused:
        counters.hand_out(till, number)
    assert refused.value.code == "not-collecting"
    assert status_of(service) == "published"


def test_a_till_is_enrolled_once_and_at_a_store_of_the_round(counters: Counters):
    assert counters.till() == counters.till()
    assert counters.till(name="till-2").id != counters.till().id
    with pytest.raises(InputError) as refused:
        counters.till("tongan-1")
    assert (refused.value.code, refused.value.field) == ("unknown-store", "store")
