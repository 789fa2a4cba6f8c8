"""Twenty tills at once: what is handed out once, is handed out once."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import update

from maskres.db import pickup
from maskres.db.engine import Database
from maskres.db.tables import places
from maskres.pickup.handovers import Answer
from maskres.usecases.pickup import afterwards, redeeming, spare_stock
from tests.support.collecting import QUANTITY, Counters
from tests.support.racing import CarelessDatabase, apart, barrier, codes, race
from tests.support.raw import fetch
from tests.support.world import OPERATOR

pytest_plugins = ("tests.support.collecting_fixtures",)

TILLS = 20


def hand_out_everywhere(
    counters: Counters, number: str, kind: type[Database] = Database
) -> list[Answer | Exception]:
    """Show one code at twenty tills of its store at once."""
    counters.at(9)
    tills = [counters.till(counters.place(number)["store"], f"till-{nth}") for nth in range(TILLS)]
    requests = [counters.request(number) for _ in tills]
    with apart(counters.service, TILLS, kind) as services:
        return race(services, lambda service, nth: redeeming.report(service, tills[nth], [requests[nth]])[0])


def test_a_code_at_twenty_tills_is_handed_out_once(counters: Counters):
    number = counters.winner()
    answers = hand_out_everywhere(counters, number)
    told = Counter(answer.code for answer in answers)
    assert told == {"handed-out": 1, "already-handed-out": TILLS - 1}
    (winner,) = (nth for nth, answer in enumerate(answers) if answer.code == "handed-out")
    assert counters.place(number)["collected_till"] == f"till-{winner}"
    assert {answer.till for answer in answers if answer.code == "already-handed-out"} == {f"till-{winner}"}
    recorded = fetch(counters.service.database, "SELECT answer, count(*) FROM handovers GROUP BY answer")
    assert dict(recorded) == told


def test_the_condition_on_the_place_lets_one_through_by_itself(counters: Counters, monkeypatch):
    """Without the lock, everybody having seen the place free: whoever writes second is told so."""
    everybody_has_looked = barrier(TILLS)
    real = pickup.change_places

    def look_first(c, changes):
        everybody_has_looked.wait()
        real(c, changes)

    monkeypatch.setattr(pickup, "change_places", look_first)
    answers = hand_out_everywhere(counters, counters.winner(), CarelessDatabase)
    assert Counter(codes(answers)) == {"done": 1, "done-elsewhere": TILLS - 1}


def test_twin_without_lock_and_condition_hands_out_to_everybody(counters: Counters, monkeypatch):
    everybody_has_looked = barrier(TILLS)

    def change_carelessly(c, changes):
        everybody_has_looked.wait()
        for change in changes:
            by = change.after.collection
            values = {"status": change.after.status, "collected_nonce": by.nonce, "collected_till": by.till}
            values |= {"collected_store": by.store, "collected_at": by.at, "collected_from": by.status_before}
            c.execute(update(places).where(places.c.id == change.before.place).values(**values))

    monkeypatch.setattr(pickup, "change_places", change_carelessly)
    answers = hand_out_everywhere(counters, counters.winner(), CarelessDatabase)
    assert [answer.code for answer in answers] == ["handed-out"] * TILLS


def test_the_same_request_ten_times_at_once_is_one_act(counters: Counters):
    """A till that hears nothing asks again while its first request is still on its way."""
    counters.at(9)
    number, till = counters.winner(), counters.till()
    once = counters.request(number)
    with apart(counters.service, 10) as services:
        answers = race(services, lambda service, nth: redeeming.report(service, till, [once])[0])
        assert {answer.code for answer in answers} == {"handed-out"}
        undo = redeeming.Request(counters.nonce(), undoes=once.nonce)
        answers = race(services, lambda service, nth: redeeming.report(service, till, [undo])[0])
    assert {answer.code for answer in answers} == {"undone"}
    assert counters.place(number)["status"] == "assigned"


def test_the_same_upload_at_once_is_one_upload(counters: Counters):
    """What belongs to no place is kept once too, though there is no place to lock."""
    counters.at(21)
    till = counters.till()
    unknown = redeeming.Request(counters.nonce(), "7K3M9QTR4XH7", is_offline=True)
    with apart(counters.service, 10) as services:
        answers = race(services, lambda service, nth: redeeming.report(service, till, [unknown])[0])
    assert {(answer.code, answer.reason) for answer in answers} == {("conflict", "unknown")}
    assert fetch(counters.service.database, "SELECT count(*) FROM handovers") == [(1,)]


def test_a_nonce_that_ten_tills_use_at_once_is_one_act(counters: Counters):
    """Ten winners, ten tills, one nonce: one act has it, and the others are told that it is used."""
    counters.at(9)
    winners = counters.numbers(store="siming-1", status="assigned")
    tills = [counters.till("siming-1", f"till-{nth}") for nth in range(len(winners))]
    nonce = counters.nonce()
    requests = [counters.request(number, nonce=nonce) for number in winners]
    with apart(counters.service, len(winners)) as services:
        answers = race(
            services, lambda service, nth: redeeming.report(service, tills[nth], [requests[nth]])[0]
        )
    assert Counter(answer.code for answer in answers) == {"handed-out": 1, "nonce-reused": len(winners) - 1}
    assert len(counters.numbers(status="collected")) == 1


def serve_the_late(counters: Counters, kind: type[Database]) -> Counter[str]:
    """Let eight winners who missed their day come at once to as many tills, where one portion lies."""
    store = "siming-1"
    counters.at(16, days=1)
    afterwards.forfeit_missed(counters.service, OPERATOR, counters.slug, counters.draw)
    late = counters.numbers(store=store, status="forfeited")[:8]
    counters.count_stock("delivered", QUANTITY, store)
    tills = [counters.till(store, f"till-{nth}") for nth in range(len(late))]
    requests = [counters.request(number) for number in late]
    with apart(counters.service, len(late), kind) as services:
        answers = race(
            services, lambda service, nth: redeeming.report(service, tills[nth], [requests[nth]])[0]
        )
    return Counter(answer.code for answer in answers)


def test_the_last_portion_to_spare_goes_to_one(counters: Counters):
    assert serve_the_late(counters, Database) == {"handed-out": 1, "forfeited": 7}


def test_twin_without_lock_gives_the_last_portion_to_everybody(counters: Counters, monkeypatch):
    everybody_has_looked = barrier(8)
    real = spare_stock.count_claims

    def look_first(c, *args):
        count = real(c, *args)
        everybody_has_looked.wait()
        return count

    monkeypatch.setattr(spare_stock, "count_claims", look_first)
    assert serve_the_late(counters, CarelessDatabase) == {"handed-out": 8}
