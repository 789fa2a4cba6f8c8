"""Days at the stores of the demo: whoever would have come by now has come.

Days that are over are played whole, with forfeits for those who stayed away; of today, what lies before now. Nonces
follow from the number, so that a day may be played again: nobody is served twice.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import chain

from maskres.db import pickup, rounds
from maskres.db import stock as counts
from maskres.db.engine import Transaction
from maskres.db.pickup import PlannedPickup
from maskres.db.tills import Till
from maskres.demo.scenes import DRAW, DemoScenes
from maskres.errors import StepRefused
from maskres.pickup.places import PlaceStatus
from maskres.rehearsal.behaviour import Conduct
from maskres.rehearsal.city.timetable import XIAMEN
from maskres.rehearsal.scenes import OPERATOR
from maskres.rounds.status import DrawStatus
from maskres.usecases.accounts.tills import enrol_tills
from maskres.usecases.pickup import afterwards, redeeming, stock
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.service import RESIDENT

TILL = "till-1"
_MOST_ONLINE = 12
_SERVED_AT_SHOWCASE = 1
_SPARE_PORTIONS = 2


class Collection:
    """The collection of the demo's first round.

    Args:
        scenes: the round, its draw in collection.
        today: local day; nothing later is played.
    """

    def __init__(self, scenes: DemoScenes, today: date) -> None:
        self.scenes = scenes
        self.service = scenes.service
        self.today = today

    def days(self) -> list[date]:
        """List the local days with slots."""
        with self.service.database.reading() as c:
            starts = pickup.list_starts(c, self._draw(c).id)
        return sorted({start.astimezone(XIAMEN).date() for start in starts})

    def planned(self, day: date) -> list[PlannedPickup]:
        """List the places of a day, whatever became of them."""
        begins_at = self._moment(day, 0)
        with self.service.database.reading() as c:
            return pickup.list_planned(c, self._draw(c).id, begins_at, begins_at + timedelta(days=1))

    def showcase(self) -> str:
        """Name the store whose counter gets an account: the one with most winners today, and then on all days."""
        today = Counter(place.store for place in self.planned(self.today))
        every = Counter(place.store for place in chain.from_iterable(map(self.planned, self.days())))
        stores = [store.store for store in self.scenes.city.stores]
        return max(stores, key=lambda store: (today[store], every[store]))

    def play(self, since: date, showcase: str) -> None:
        """Play the days from one on until now, unless the draw has left collection.

        Args:
            since: local day; a day that was played in part is played to its end.
            showcase: the store at which today's winners are left to whoever tries the demo.
        """
        with self.service.database.reading() as c:
            if self._draw(c).status is not DrawStatus.COLLECTING:
                return
        stores = [store.store for store in self.scenes.city.stores]
        tills = enrol_tills(self.service, OPERATOR, self.scenes.slug, stores, TILL)
        for day in self.days():
            if since <= day <= self.today:
                with self.scenes.stages.run(f"{self.scenes.slug}: collect {day.isoformat()}") as stage:
                    planned = self.planned(day)
                    self._play_day(day, planned, {till.store: till for till in tills}, showcase)
                    stage.rows = len(planned)

    def _play_day(
        self, day: date, planned: list[PlannedPickup], tills: dict[str, Till], showcase: str
    ) -> None:
        self._at(day, 7)
        self._deliver(day, planned, showcase)
        is_over, now = day < self.today, self.scenes.real_now()
        arrivals: dict[str, list[redeeming.Request]] = defaultdict(list)
        for place in planned:
            visit = self.scenes.behaviour.visit(place.number)
            at = place.starts_at + timedelta(minutes=visit.minutes)
            if place.status is not PlaceStatus.ASSIGNED:
                continue
            if visit.conduct is Conduct.GIVES_BACK:
                self._give_back(place)
            elif visit.conduct is Conduct.COMES and (is_over or at <= now):
                arrivals[place.store].append(self._request(place, at))
        if not is_over:
            arrivals[showcase] = sorted(arrivals[showcase], key=_when)[:_SERVED_AT_SHOWCASE]
        self._serve_online(day, arrivals, tills)
        self._upload(day, arrivals, tills, is_over=is_over)
        if is_over:
            self._at(day, 22)
            afterwards.forfeit_missed(self.service, OPERATOR, self.scenes.slug, DRAW)

    def _deliver(self, day: date, planned: list[PlannedPickup], showcase: str) -> None:
        """Bring each store what the day's winners collect, and a little more; what was counted already stands."""
        with self.service.database.reading() as c:
            round_ = rounds.find_round(c, self.scenes.slug)
            if counts.count_stock(c, round_.id, showcase, on=day.isoformat()):
                return
        portions = Counter(place.store for place in planned)
        stores = [store.store for store in self.scenes.city.stores]
        delivered = {store: (portions[store] + _SPARE_PORTIONS) * round_.rules.quantity for store in stores}
        stock.count_stock(self.service, OPERATOR, self.scenes.slug, day, "delivered", delivered)

    def _give_back(self, place: PlannedPickup) -> None:
        if place.starts_at > self.service.now():
            afterwards.give_back(self.service, RESIDENT, self.scenes.slug, DRAW, place.number, SEEN_BY_STAFF)

    def _request(self, place: PlannedPickup, at: datetime) -> redeeming.Request:
        version = place.code_version
        code = afterwards.code_of(self.service, self.scenes.slug, DRAW, place.number, version)
        nonce = hashlib.sha256(f"demo/{self.scenes.slug}/{place.number}/{version}".encode()).hexdigest()[:32]
        return redeeming.Request(nonce, code, claimed_at=at, is_offline=True)

    def _serve_online(
        self, day: date, arrivals: dict[str, list[redeeming.Request]], tills: dict[str, Till]
    ) -> None:
        """Serve the first ones of the day on line, as they come."""
        first = sorted(
            ((store, request) for store, kept in arrivals.items() for request in kept),
            key=lambda each: (_when(each[1]), each[1].nonce),
        )
        for store, request in first[:_MOST_ONLINE]:
            at = request.claimed_at
            if at is not None and at.astimezone(XIAMEN).date() == day:
                self.scenes.clock.at = at
                arrivals[store].remove(request)
                self._report(tills[store], [redeeming.Request(request.nonce, request.code)])

    def _upload(
        self,
        day: date,
        arrivals: dict[str, list[redeeming.Request]],
        tills: dict[str, Till],
        *,
        is_over: bool,
    ) -> None:
        """Upload the hand-overs made without network: in the evening, or of today's now."""
        self._at(day, 21.5 if is_over else 24)
        for store, till in sorted(tills.items()):
            kept = sorted(arrivals.get(store, []), key=_when)
            if kept or is_over:
                self._report(till, kept, is_complete=is_over)

    def _report(self, till: Till, requests: list[redeeming.Request], *, is_complete: bool = False) -> None:
        try:
            redeeming.report(self.service, till, requests, is_complete=is_complete)
        except StepRefused as refused:
            if refused.code != "till-revoked":
                raise  # a till that whoever tries the demo took out of use hands out nothing more

    def _draw(self, c: Transaction) -> rounds.Draw:
        return rounds.find_draw(c, rounds.find_round(c, self.scenes.slug), DRAW)

    def _at(self, day: date, hour: float) -> None:
        self.scenes.clock.at = self._moment(day, hour)

    @staticmethod
    def _moment(day: date, hour: float) -> datetime:
        return datetime.combine(day, datetime.min.time(), XIAMEN) + timedelta(hours=hour)


def _when(request: redeeming.Request) -> datetime:
    assert request.claimed_at is not None
    return request.claimed_at
