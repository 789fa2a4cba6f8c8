"""At the counter without network: what left the store has left, is told later, and counts once."""

from __future__ import annotations

import pytest

from maskres.db import handovers, rounds
from maskres.errors import StepRefused
from maskres.identity.documents import read_document
from maskres.pickup.handovers import Answer, AnswerCode
from maskres.rounds.status import DrawStatus
from maskres.usecases.accounts.tills import revoke_till
from maskres.usecases.pickup import afterwards, redeeming
from maskres.usecases.pickup.redeeming import Request
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.service import Service
from tests.support.collecting import Counters, local
from tests.support.raw import fetch
from tests.support.world import OPERATOR, play_to

pytest_plugins = ("tests.support.collecting_fixtures",)


def offline(counters: Counters, number: str, hour: float = 9.1, **values: object) -> Request:
    """Make the request of a hand-over done without network at an hour of the day."""
    return counters.request(number, is_offline=True, claimed_at=local(hour), **values)


def conflicts(counters: Counters) -> list[tuple[str, str]]:
    """Give the conflicts kept for people to look at: nonce and reason."""
    with counters.service.database.reading() as c:
        round_ = rounds.find_round(c, counters.slug)
        return [(each.handover.nonce, each.answer.reason) for each in handovers.list_conflicts(c, round_.id)]


def test_an_upload_counts_at_the_time_the_till_says(counters: Counters):
    number, till = counters.winner(), counters.till()
    counters.at(20)
    assert [answer.code for answer in counters.upload(till, offline(counters, number, 9.25))] == [
        "handed-out"
    ]
    collected_at = fetch(
        counters.service.database, "SELECT collected_at FROM places WHERE number = :n", n=number
    )
    assert collected_at == [("2020-02-13T01:15:00Z",)]


def test_a_clock_that_runs_ahead_counts_as_when_it_arrived(counters: Counters):
    number, till = counters.winner(), counters.till()
    counters.at(20)
    request = counters.request(number, is_offline=True, claimed_at=local(9, days=1))
    assert counters.report(till, request).code == "handed-out"
    collected_at = fetch(
        counters.service.database, "SELECT collected_at FROM places WHERE number = :n", n=number
    )
    assert collected_at == [("2020-02-13T12:00:00Z",)]


def test_threat_stock_sold_two_tills_offline_one_is_accepted_one_kept_as_a_conflict(counters: Counters):
    """Uploaded in whichever order, and uploaded again: the same answers, and one conflict."""
    number = counters.winner()
    first, second = counters.till(), counters.till(name="till-2")
    counters.at(21)
    one, two = offline(counters, number, 9.1), offline(counters, number, 9.2)
    assert counters.report(second, two).code == "handed-out"
    answer = counters.report(first, one)
    assert answer == Answer(
        AnswerCode.CONFLICT,
        counters.place(number)["id"],
        AnswerCode.ALREADY_HANDED_OUT,
        local(9.2),
        "till-2",
        None,
    )
    counters.at(22)
    assert counters.report(first, one) == answer
    assert counters.report(second, two).code == "handed-out"
    assert conflicts(counters) == [(one.nonce, "already-handed-out")]
    assert counters.place(number)["collected_till"] == "till-2"


def test_an_online_hand_over_stands_against_a_later_upload(counters: Counters):
    number, till = counters.winner(), counters.till()
    counters.at(9.2)
    counters.hand_out(counters.till(name="till-2"), number)
    counters.at(21)
    late = offline(counters, number, 9.1)
    assert counters.report(till, late).reason == "already-handed-out"
    assert conflicts(counters) == [(late.nonce, "already-handed-out")]
    assert counters.place(number)["collected_till"] == "till-2"


def test_what_cannot_be_this_stores_is_a_conflict(counters: Counters):
    """Another store's code, one nobody knows, one given back: the goods are gone, and people have to look."""
    till = counters.till()
    elsewhere, cancelled = counters.winner("siming-1"), counters.winner()
    counters.at(8)
    code = counters.code(cancelled)
    afterwards.give_back(counters.service, OPERATOR, counters.slug, 1, cancelled, SEEN_BY_STAFF)
    counters.at(21)
    requests = [
        offline(counters, elsewhere),
        Request(counters.nonce(), "7K3M9QTR4XH7", is_offline=True, claimed_at=local(9.2)),
        Request(counters.nonce(), code, is_offline=True, claimed_at=local(9.3)),
    ]
    answers = counters.upload(till, *requests)
    assert [(answer.code, answer.reason) for answer in answers] == [
        ("conflict", "other-store"),
        ("conflict", "unknown"),
        ("conflict", "given-back"),
    ]
    assert sorted(conflicts(counters)) == sorted(
        (request.nonce, answer.reason) for request, answer in zip(requests, answers, strict=True)
    )
    assert counters.place(elsewhere)["status"] == "assigned"
    assert counters.place(cancelled)["status"] == "cancelled"


def test_a_day_is_uploaded_whole_and_in_order(counters: Counters):
    """A hand-over, its undoing and another one of the same place, and the same code scanned twice by mistake."""
    till = counters.till()
    first, second = counters.winner(), counters.winner(nth=1)
    one = offline(counters, first, 9.0)
    undo = Request(counters.nonce(), undoes=one.nonce, is_offline=True, claimed_at=local(9.05))
    again = offline(counters, first, 9.1)
    twice = [offline(counters, second, 9.2), offline(counters, second, 9.3)]
    counters.at(21)
    answers = counters.upload(till, one, undo, again, *twice)
    assert [answer.code for answer in answers] == [
        "handed-out",
        "undone",
        "handed-out",
        "handed-out",
        "conflict",
    ]
    assert {counters.place(number)["status"] for number in (first, second)} == {"collected"}
    assert counters.upload(till, one, undo, again, *twice) == answers


def test_an_undo_offline_is_measured_by_the_tills_own_clock(counters: Counters):
    till = counters.till()
    soon, late = counters.winner(), counters.winner(nth=1)
    one, two = offline(counters, soon, 9.0), offline(counters, late, 9.0)
    counters.at(21)
    counters.upload(till, one, two)
    in_time = Request(counters.nonce(), undoes=one.nonce, is_offline=True, claimed_at=local(9.0 + 10 / 60))
    too_late = Request(counters.nonce(), undoes=two.nonce, is_offline=True, claimed_at=local(9.0 + 11 / 60))
    assert [answer.code for answer in counters.upload(till, in_time, too_late)] == ["undone", "undo-too-late"]


def test_a_refusal_the_till_never_saw_gives_way_to_what_it_did(counters: Counters):
    """The answer was lost, the network with it, and staff handed out; the request comes again as done offline."""
    number, till = counters.winner(), counters.till()
    counters.at(10, days=1)
    request = counters.request(number)
    assert counters.report(till, request).code == "other-day"
    done = redeeming.Request(request.nonce, request.code, is_offline=True, claimed_at=local(10, days=1))
    assert counters.report(till, done).code == "handed-out"
    assert counters.place(number)["status"] == "collected"
    assert fetch(counters.service.database, "SELECT answer FROM handovers") == [("handed-out",)]


def test_what_can_be_no_code_holds_up_nobody(counters: Counters):
    """Goods left on a slip of the pen: that one is a conflict, the others count."""
    number, till = counters.winner(), counters.till()
    counters.at(21)
    bad = Request(counters.nonce(), "7K3M9QTR4XH8", is_offline=True, claimed_at=local(9))
    answers = counters.upload(till, bad, offline(counters, number))
    assert [(answer.code, answer.reason) for answer in answers] == [
        ("conflict", "unknown"),
        ("handed-out", None),
    ]
    assert conflicts(counters) == [(bad.nonce, "unknown")]


def test_a_proxy_is_noted(counters: Counters):
    counters.at(9)
    counters.hand_out(counters.till(), counters.winner(), is_proxy=True)
    counters.hand_out(counters.till(), counters.winner(nth=0))
    noted = fetch(counters.service.database, "SELECT is_proxy FROM handovers ORDER BY nonce")
    assert [bool(is_proxy) for (is_proxy,) in noted] == [True, False]


def miss_everything(counters: Counters) -> None:
    """Let the day and another pass, and forfeit what was missed."""
    counters.at(16, days=1)
    assert afterwards.forfeit_missed(counters.service, OPERATOR, counters.slug, 1) == 31


def test_a_forfeited_place_proven_later_stands(counters: Counters):
    number, till = counters.winner(), counters.till()
    miss_everything(counters)
    assert counters.place(number)["status"] == "forfeited"
    counters.at(18, days=1)
    answer = counters.report(till, offline(counters, number, 9.2))
    assert (answer.code, answer.reason) == ("handed-out", "forfeited")
    place = counters.place(number)
    assert (place["status"], place["collected_from"]) == ("collected", "forfeited")
    assert conflicts(counters) == []


def test_a_forfeited_place_is_served_on_line_from_stock_to_spare_only(counters: Counters):
    number, till = counters.winner(), counters.till()
    miss_everything(counters)
    assert counters.hand_out(till, number).code == "forfeited"
    counters.count_stock("delivered", 5)
    answer = counters.hand_out(till, number)
    assert (answer.code, answer.reason) == ("handed-out", "forfeited")
    assert (
        counters.hand_out(till, counters.numbers(store="huli-1", status="forfeited")[0]).code == "forfeited"
    )


def test_undoing_gives_a_forfeited_place_back_to_forfeited(counters: Counters):
    number, till = counters.winner(), counters.till()
    miss_everything(counters)
    counters.count_stock("delivered", 5)
    request = counters.request(number)
    assert counters.report(till, request).code == "handed-out"
    assert counters.undo(till, request.nonce).code == "undone"
    assert counters.place(number)["status"] == "forfeited"


def test_after_the_draw_only_what_was_done_before_is_taken(counters: Counters):
    number, other, till = counters.winner(), counters.winner(nth=1), counters.till()
    counters.at(20)
    round_steps.finish_draw(counters.service, OPERATOR, counters.slug, 1)
    assert counters.report(till, offline(counters, number)).code == "handed-out"
    with pytest.raises(StepRefused) as refused:
        counters.hand_out(till, other)
    assert refused.value.code == "not-collecting"


def test_after_the_draw_nothing_is_undone(counters: Counters):
    """Ten minutes or not: nobody would hand the place out again, or forfeit it."""
    number, other, till = counters.winner(), counters.winner(nth=1), counters.till()
    counters.at(9)
    request = counters.request(number)
    undo = Request(counters.nonce(), undoes=request.nonce)
    assert counters.report(till, request).code == "handed-out"
    round_steps.finish_draw(counters.service, OPERATOR, counters.slug, 1)
    assert counters.report(till, undo).code == "undo-too-late"
    kept = offline(counters, other)
    kept_undo = Request(counters.nonce(), undoes=kept.nonce, is_offline=True, claimed_at=local(9.1))
    answers = counters.upload(till, kept, kept_undo, undo)
    assert [answer.code for answer in answers] == ["handed-out", "undo-too-late", "undo-too-late"]
    assert {counters.place(each)["status"] for each in (number, other)} == {"collected"}


@pytest.mark.parametrize("nonce", ["", "short", "x" * 65, "nonce-000000000ü"])
def test_a_line_with_a_bad_nonce_holds_up_nobody(counters: Counters, nonce: str):
    first, second, till = counters.winner(), counters.winner(nth=1), counters.till()
    counters.at(20)
    bad_undo = Request(counters.nonce(), undoes=nonce, is_offline=True, claimed_at=local(9.1))
    lines = [
        offline(counters, first),
        offline(counters, counters.winner(nth=2), nonce=nonce),
        bad_undo,
        offline(counters, second),
    ]
    for _ in range(2):
        answers = [answer.code for answer in counters.upload(till, *lines, is_complete=True)]
        assert answers == ["handed-out", "bad-nonce", "bad-nonce", "handed-out"]
    assert sorted(counters.numbers(status="collected")) == sorted([first, second])
    assert fetch(counters.service.database, "SELECT count(*) FROM handovers") == [(2,)]


def test_what_left_before_the_counters_opened_is_a_conflict(service: Service):
    """On line it is refused; without network it has happened, and people have to look."""
    play_to(service, DrawStatus.PUBLISHED)
    counters = Counters(service)
    number = counters.numbers(status="assigned")[0]
    till = counters.till(counters.place(number)["store"])
    counters.at(20)
    assert counters.report(till, offline(counters, number)).code == "conflict"
    assert counters.place(number)["status"] == "assigned"


def test_a_card_shown_without_network_counts_at_its_store_alone(counters: Counters):
    number = counters.winner("huli-1")
    card = read_document(counters.holder(number).id_number)
    counters.at(20)
    shown = {"card": card, "is_offline": True, "claimed_at": local(9.1)}
    elsewhere = counters.report(counters.till("siming-1"), Request(counters.nonce(), **shown))
    assert (elsewhere.code, elsewhere.reason, elsewhere.store) == ("conflict", "unknown", None)
    assert counters.report(counters.till(), Request(counters.nonce(), **shown)).code == "handed-out"


def test_a_till_says_that_all_it_had_is_here(counters: Counters):
    """Also where it did nothing; and a clock put back never takes back what was reported."""
    till = counters.till()
    for hours, is_complete in ((20, True), (21, False), (19, True)):
        counters.at(hours)
        assert counters.upload(till, is_complete=is_complete) == []
    assert fetch(counters.service.database, "SELECT reported_at FROM tills") == [("2020-02-13T12:00:00Z",)]


def test_many_tills_upload_at_once_all_or_none(counters: Counters):
    """Each act is decided as if its till had come alone, in the order of the tills; one that is revoked stops all."""
    here, beside = counters.till(), counters.till(name="till-2")
    elsewhere, silent = counters.till("siming-1"), counters.till("siming-2")
    twice, once = counters.winner(), counters.winner(nth=1)
    theirs = counters.winner("siming-1")
    counters.at(20)
    card = read_document(counters.holder(once).id_number)
    uploads = {
        here: [offline(counters, twice, 9.2), Request("short", counters.code(once), is_offline=True)],
        elsewhere: [offline(counters, theirs), offline(counters, once)],
        beside: [
            offline(counters, twice, 9.1),
            Request(counters.nonce(), card=card, is_offline=True, claimed_at=local(9.3)),
        ],
        silent: [],
    }
    for _ in range(2):
        answers = redeeming.report_kept(counters.service, uploads)
        assert {till: [answer.code for answer in told] for till, told in answers.items()} == {
            here: ["handed-out", "bad-nonce"],
            elsewhere: ["handed-out", "conflict"],
            beside: ["conflict", "handed-out"],
            silent: [],
        }
    assert [counters.place(number)["collected_till"] for number in (twice, once)] == ["till-1", "till-2"]
    reported = "SELECT store, reported_at FROM tills ORDER BY store, name"
    assert {at for _, at in fetch(counters.service.database, reported)} == {"2020-02-13T12:00:00Z"}
    revoke_till(counters.service, OPERATOR, silent)
    counters.at(21)
    late = {here: [offline(counters, counters.winner(nth=2))], silent: []}
    with pytest.raises(StepRefused) as refused:
        redeeming.report_kept(counters.service, late)
    assert refused.value.code == "till-revoked"
    assert counters.place(counters.winner(nth=2))["status"] == "assigned"
    assert {at for _, at in fetch(counters.service.database, reported)} == {"2020-02-13T12:00:00Z"}
