"""Looking a registration up: by number alone, masked, and never without a line in the audit log."""

from __future__ import annotations

from maskres.db import record
from maskres.db.record import LogFilter
from maskres.formats.symbols import grouped
from maskres.registration.numbers import registration_number
from tests.support.collecting import Counters
from tests.support.people import STORE_SLUGS
from tests.support.web import log_in, make_app, send

pytest_plugins = ("tests.support.collecting_fixtures",)


def test_a_registration_is_found_by_its_number_alone(sqlite_counters: Counters) -> None:
    counters = sqlite_counters
    counters.at(9.1)
    number = counters.winner()
    holder, code = counters.holder(number), counters.code(number)
    counters.hand_out(counters.till(), number)
    client = log_in(make_app(counters.service), counters.service, "operator")
    client.set_cookie("lang", "en")

    for wrong in ("", "no number", holder.name, holder.phone, "0" * 12):
        answer = send(client, "/operator/search", {"round": counters.slug, "number": wrong})
        assert answer.status_code in (404, 422) and 'id="number-error"' in answer.text, wrong
    assert "There is no such number in this round." in answer.text
    with counters.service.database.reading() as c:
        assert record.read_log(c, act="registration-looked-up") == []

    page = send(client, "/operator/search", {"round": counters.slug, "number": grouped(number).lower()})
    assert page.status_code == 200
    assert "handed out" in page.text and f"{STORE_SLUGS[0]}药店" in page.text
    assert "registration looked up" in page.text and "operator-1 (operator)" in page.text
    for secret in (holder.name, holder.phone, holder.id_number, code, grouped(code)):
        assert secret not in page.text
    with counters.service.database.reading() as c:
        (line,) = record.read_log(c, wanted=LogFilter(act="registration-looked-up"))
    assert (line.actor, line.number) == ("operator/operator-1", number)

    # Somebody who did not win waits.
    key = counters.service.keys.round_keys(counters.slug).number
    everybody = {registration_number(key, person.canonical, 0) for person in counters.people}
    waiting = min(everybody - set(counters.numbers()))
    page = send(client, "/operator/search", {"round": counters.slug, "number": waiting})
    assert "on the waiting list" in page.text and "Rank" in page.text
