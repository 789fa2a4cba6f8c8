"""The small world with its counters open, and the view a till has of it.

`pytest_plugins = ("tests.support.collecting_fixtures",)` in a test module gives the fixtures `counters` (once on
SQLite and once on PostgreSQL), `sqlite_counters` and `postgres_counters`. Sixty people have registered, thirty have
won and are placed, about ten a store, in slots "am" and "pm" of eight places each, all on one day. The rules hold two
draws, so the second is open. The round is played once a session and copied for each test.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from maskres.db.tills import Till
from maskres.formats.values import parse_time
from maskres.pickup.handovers import Answer
from maskres.registration.numbers import registration_number
from maskres.rounds.status import DrawStatus
from maskres.usecases.accounts.tills import enrol_till
from maskres.usecases.pickup import afterwards, redeeming, stock
from maskres.usecases.service import Service
from tests.support.people import STORE_SLUGS, Person, make_people
from tests.support.raw import fetch
from tests.support.world import OPERATOR, ROUND, draw_id_of, hours_of, play_to, set_clock

PEOPLE = 60
CAPACITY = 8
QUANTITY = 5
ZONE = ZoneInfo("Asia/Shanghai")
#: The day of all slots; "am" is from 09:00 to 09:30 there, "pm" from 15:00 to 15:30.
DAY = hours_of(1, 5 * 24).astimezone(ZONE).date()


@dataclass
class Counters:
    """The collection of the small round."""

    service: Service
    slug: str = ROUND
    draw: int = 1
    people: list[Person] = field(default_factory=lambda: make_people(PEOPLE))
    _nonces: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def draw_id(self) -> int:
        return draw_id_of(self.service, self.slug, self.draw)

    def at(self, hour: float, *, days: int = 0) -> datetime:
        """Put the clock to an hour of the day of collection, as the stores' clocks show it."""
        return set_clock(self.service, local(hour, days=days))

    def places(self, **values: Any) -> list[dict[str, Any]]:
        """Give the places whose columns have these values, by number."""
        names = [
            "id",
            "number",
            "status",
            "store",
            "slot",
            "choice",
            "batch",
            "code_version",
            "collected_till",
            "collected_from",
        ]
        where = " AND ".join(["draw_id = :draw", *(f"{name} = :{name}" for name in values)])
        statement = f"SELECT {', '.join(names)} FROM places WHERE {where} ORDER BY number"
        rows = fetch(self.service.database, statement, draw=self.draw_id, **values)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def numbers(self, **values: Any) -> list[str]:
        """Give the numbers of such places."""
        return [place["number"] for place in self.places(**values)]

    def place(self, number: str) -> dict[str, Any]:
        """Give the place of a number."""
        (found,) = self.places(number=number)
        return found

    def winner(self, store: str = STORE_SLUGS[0], slot: str = "am", nth: int = 0) -> str:
        """Give the nth number assigned to a slot."""
        return self.numbers(store=store, slot=slot, status="assigned")[nth]

    def holder(self, number: str) -> Person:
        """Give the person of a number."""
        key = self.service.keys.round_keys(self.slug).number
        return next(each for each in self.people if registration_number(key, each.canonical) == number)

    def slot(self, store: str, slot: str) -> dict[str, Any]:
        """Give a slot's row."""
        names = ("capacity", "taken", "is_closed", "starts_at", "ends_at")
        statement = (
            f"SELECT {', '.join(names)} FROM slots WHERE draw_id = :d AND store = :store AND slot = :slot"
        )
        (row,) = fetch(self.service.database, statement, d=self.draw_id, store=store, slot=slot)
        found = dict(zip(names, row, strict=True))
        return found | {name: parse_time(found[name], field=name) for name in ("starts_at", "ends_at")}

    def till(self, store: str = STORE_SLUGS[0], name: str = "till-1") -> Till:
        """Enrol a till, or give the one that is."""
        return enrol_till(self.service, OPERATOR, self.slug, store, name)

    def code(self, number: str) -> str:
        """Give the code a winner shows today."""
        return afterwards.show_code(self.service, self.slug, self.draw, number)

    def nonce(self) -> str:
        """Make a nonce nobody has used yet."""
        return f"nonce-{next(self._nonces):012d}"

    def request(self, number: str, **values: Any) -> redeeming.Request:
        """Make the request of a hand-over to a winner."""
        return redeeming.Request(**{"nonce": self.nonce(), "code": self.code(number)} | values)

    def hand_out(self, till: Till, number: str, **values: Any) -> Answer:
        """Hand out to a winner, on line unless said otherwise."""
        return self.report(till, self.request(number, **values))

    def undo(self, till: Till, nonce: str, **values: Any) -> Answer:
        """Undo the hand-over of a nonce."""
        return self.report(till, redeeming.Request(**{"nonce": self.nonce(), "undoes": nonce} | values))

    def report(self, till: Till, request: redeeming.Request) -> Answer:
        """Let a till report one request."""
        (answer,) = redeeming.report(self.service, till, [request])
        return answer

    def upload(self, till: Till, *requests: redeeming.Request, is_complete: bool = False) -> list[Answer]:
        """Let a till report what it did without network, perhaps as the last there is."""
        return redeeming.report(self.service, till, requests, is_complete=is_complete)

    def count_stock(self, kind: str, items: int, store: str = STORE_SLUGS[0], *, day: date = DAY) -> None:
        """Count a store's stock."""
        stock.count_stock(self.service, OPERATOR, self.slug, day, kind, {store: items})

    def deliver_with_spare(self, spare: int, store: str = STORE_SLUGS[0]) -> None:
        """Deliver what the winners assigned to a store get, and so many portions more."""
        self.count_stock(
            "delivered", (len(self.places(store=store, status="assigned")) + spare) * QUANTITY, store
        )


def local(hour: float, *, days: int = 0) -> datetime:
    """Give an hour of the day of collection, or of a day so many days later."""
    return datetime.combine(DAY, time(), ZONE) + timedelta(days=days, hours=hour)


def play(service: Service) -> None:
    """Take the round to its collection."""
    people = make_people(PEOPLE)
    play_to(service, DrawStatus.COLLECTING, people=people, capacity=CAPACITY, draws=2)
