"""The days at the counters: who comes, who stays away, who gives back; forfeits, one batch, the audit.

Tills work without network during the day and upload in the evening. Nonces follow from the number and what is done,
so that whatever a killed run had uploaded is recognised.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from maskres.db import batches, files, pickup, rounds
from maskres.db.bulk import in_batches
from maskres.db.pickup import PlannedPickup
from maskres.db.tills import Till
from maskres.lottery.slots import read_slots
from maskres.pickup.codes import CodeMaker
from maskres.pickup.places import PlaceStatus
from maskres.rehearsal.behaviour import Conduct, Visit
from maskres.rehearsal.city.timetable import XIAMEN
from maskres.rehearsal.scenes import COUNTER, NOTARY, OPERATOR, Scenes
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.usecases.accounts.tills import enrol_tills
from maskres.usecases.draw import auditing
from maskres.usecases.pickup import afterwards, redeeming, stock
from maskres.usecases.pickup.batches import publish_batch
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.rounds import steps as round_steps

_DRAW = 1
_ONLINE_UNTIL_NTH = 25
_UNDO_EVERY = 500
_UPLOADS_AT_ONCE = 3
#: Where a network comes back, it comes back for many tills.
_TILLS_AN_UPLOAD = 25


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Somebody at a till: the request, and where."""

    store: str
    at: datetime
    request: redeeming.Request


class Counters:
    """The collection of one round.

    Args:
        scenes: the round.
    """

    def __init__(self, scenes: Scenes) -> None:
        self.scenes = scenes
        self.service = scenes.service
        self.slug = scenes.slug
        self.tills: dict[str, Till] = {}
        self.stores = [store.store for store in scenes.city.stores]

    def play(self) -> None:
        """Play every day of collection, with a batch after the first ones, and finish the round."""
        if not self.scenes.has_reached(DrawStatus.FINISHED):
            self._enrol_tills()
            first_days = self._committed_days()
            for day in first_days:
                self._collect(day)
            self._publish_batch(first_days[-1])
            later_days = [day for day in self._days() if day > first_days[-1]]
            for day in later_days:
                self._collect(day)
            self._audit([*first_days, *later_days][-1])
            self._finish([*first_days, *later_days][-1])

    def _collect(self, day: date) -> None:
        with self.scenes.stages.run(f"{self.slug}: collect {day.isoformat()}") as stage:
            stage.rows = self._play_day(day)

    def _committed_days(self) -> list[date]:
        """Give the days of the committed slots; a batch may have added later ones already."""
        with self.service.database.reading() as c, self.service.scratch() as folder:
            draw = rounds.find_draw(c, rounds.find_round(c, self.slug), _DRAW)
            files.fetch_file(c, draw.id, "slots.csv", folder / "slots.csv")
            starts = {slot.starts_at for slot in read_slots(folder / "slots.csv")}
        return sorted({start.astimezone(XIAMEN).date() for start in starts})

    def _days(self) -> list[date]:
        with self.service.database.reading() as c:
            draw = rounds.find_draw(c, rounds.find_round(c, self.slug), _DRAW)
            starts = pickup.list_starts(c, draw.id)
        return sorted({start.astimezone(XIAMEN).date() for start in starts})

    def _enrol_tills(self) -> None:
        with self.scenes.stages.run(f"{self.slug}: enrol tills") as stage:
            tills = enrol_tills(self.service, OPERATOR, self.slug, self.stores, "till-1")
            self.tills = {till.store: till for till in tills}
            stage.rows = len(self.tills)

    def _play_day(self, day: date) -> int:
        self._at(day, 7)
        planned = self._planned(day)
        self._deliver(day, planned)
        arrivals: dict[str, list[_Arrival]] = defaultdict(list)
        codes = afterwards.code_maker(self.service, self.slug, _DRAW)
        given_back: list[str] = []
        for nth, place in enumerate(planned):
            visit = self.scenes.behaviour.visit(place.number)
            if visit.conduct is Conduct.GIVES_BACK:
                if place.status is PlaceStatus.ASSIGNED:
                    given_back.append(place.number)
            elif visit.conduct is not Conduct.STAYS_AWAY:
                arrival = self._arrival(place, nth, visit, codes)
                arrivals[arrival.store].append(arrival)
        # By letter, which a counter enters as a stack before the stores open.
        proofs = dict.fromkeys(given_back, SEEN_BY_STAFF)
        afterwards.give_back_each(self.service, COUNTER, self.slug, _DRAW, proofs)
        self._serve(day, arrivals)
        return len(planned)

    def _planned(self, day: date) -> list[PlannedPickup]:
        """List the day's places, those done with in a killed run included: stock and order must be the same again."""
        begins_at = datetime.combine(day, datetime.min.time(), XIAMEN)
        with self.service.database.reading() as c:
            draw = rounds.find_draw(c, rounds.find_round(c, self.slug), _DRAW)
            return pickup.list_planned(c, draw.id, begins_at, begins_at + timedelta(days=1))

    def _deliver(self, day: date, planned: Iterable[PlannedPickup]) -> None:
        """Bring each store what the day's winners collect, and two portions more."""
        portions: dict[str, int] = defaultdict(lambda: 2)
        for place in planned:
            portions[place.store] += 1
        quantity = int(self.scenes.city.rules_json(self.scenes.index)["quantity"])
        delivered = {store: count * quantity for store, count in portions.items()}
        stock.count_stock(self.service, OPERATOR, self.slug, day, "delivered", delivered)

    def _arrival(self, place: PlannedPickup, nth: int, visit: Visit, codes: CodeMaker) -> _Arrival:
        store = place.store
        if visit.conduct is Conduct.COMES_TO_ANOTHER_STORE:
            store = self.stores[(self.stores.index(store) + 1) % len(self.stores)]
        at = place.starts_at + timedelta(minutes=visit.minutes, days=visit.days)
        code = codes.code(place.number, place.code_version)
        is_offline = nth >= _ONLINE_UNTIL_NTH and visit.conduct is Conduct.COMES
        nonce = _nonce("hand-over", place.number, place.code_version)
        return _Arrival(store, at, redeeming.Request(nonce, code, claimed_at=at, is_offline=is_offline))

    def _serve(self, day: date, arrivals: dict[str, list[_Arrival]]) -> None:
        """Serve those on line one by one as they come, and upload the rest in the evening, store by store."""
        online = [each for group in arrivals.values() for each in group if not each.request.is_offline]
        for nth, arrival in enumerate(sorted(online, key=lambda each: (each.at, each.request.nonce))):
            self.scenes.clock.at = arrival.at
            if nth < _ONLINE_UNTIL_NTH:
                redeeming.look_up(self.service, self.tills[arrival.store], str(arrival.request.code))
            redeeming.report(self.service, self.tills[arrival.store], [arrival.request])
            if nth % _UNDO_EVERY == 0:
                self._slip(arrival)
        self._at(day, 21)

        def upload(some: list[Till]) -> None:
            redeeming.report_kept(
                self.service, {till: self._kept(arrivals.get(till.store, [])) for till in some}
            )

        # Several at a time, as tills do: what one reports changes nothing of another's. SQLite takes them in turn.
        at_once = 1 if self.service.database.is_sqlite else _UPLOADS_AT_ONCE
        with ThreadPoolExecutor(at_once) as evening:
            for _ in evening.map(upload, in_batches(self.tills.values(), _TILLS_AN_UPLOAD)):
                pass

    @staticmethod
    def _kept(arrivals: list[_Arrival]) -> list[redeeming.Request]:
        """Give what a till kept, in the order it was done."""
        kept = [each for each in arrivals if each.request.is_offline]
        kept.sort(key=lambda each: (each.at, each.request.nonce))
        return [each.request for each in kept]

    def _slip(self, arrival: _Arrival) -> None:
        """Undo a hand-over that was a slip, and hand out again."""
        till, nonce = self.tills[arrival.store], arrival.request.nonce
        self.scenes.clock.at = arrival.at + timedelta(minutes=2)
        undo = redeeming.Request(_nonce("undo", nonce), undoes=nonce)
        self.scenes.clock.at = arrival.at + timedelta(minutes=3)
        again = redeeming.Request(_nonce("again", nonce), arrival.request.code)
        redeeming.report(self.service, till, [undo])
        redeeming.report(self.service, till, [again])

    def _publish_batch(self, day: date) -> None:
        self._at(day, 22)
        with self.service.database.reading() as c:
            draw = rounds.find_draw(c, rounds.find_round(c, self.slug), _DRAW)
            if batches.list_batches(c, draw.id):
                return
        with self.scenes.stages.run(f"{self.slug}: batch") as stage:
            afterwards.forfeit_missed(self.service, OPERATOR, self.slug, _DRAW)
            room = self._new_stock()
            published = publish_batch(self.service, OPERATOR, self.slug, _DRAW, room=room)
            stage.rows = published["placed"] + published["unplaced"]
        self.scenes.cosign()

    def _new_stock(self) -> Path:
        """Give the room of the batch: new slots, days later, for all it places and a little more."""
        with self.service.database.reading() as c:
            draw = rounds.find_draw(c, rounds.find_round(c, self.slug), _DRAW)
            freed = len(batches.pending_changes(c, draw.id))
            unplaced = pickup.count_by_status(c, draw.id).get("unplaced", 0)
        return self.scenes.city.write_slots(
            self.scenes.folder, self.scenes.index, _DRAW + 1, freed + unplaced
        )

    def _audit(self, day: date) -> None:
        self._at(day, 22.5)
        with self.service.database.reading() as c:
            draw = rounds.find_draw(c, rounds.find_round(c, self.slug), _DRAW)
            if "audit.json" in files.list_files(c, draw.id):
                return
        with self.scenes.stages.run(f"{self.slug}: audit") as stage:
            opened = auditing.open_audit(self.service, NOTARY, self.slug, _DRAW)
            findings = {winner.number: winner.is_recomputed for winner in opened}
            auditing.record_audit(self.service, NOTARY, self.slug, _DRAW, findings)
            stage.rows = len(opened)
        self.scenes.cosign()

    def _finish(self, day: date) -> None:
        self._at(day, 23)
        with self.scenes.stages.run(f"{self.slug}: finish") as stage:
            stage.rows = afterwards.forfeit_missed(self.service, OPERATOR, self.slug, _DRAW)
            round_steps.finish_draw(self.service, OPERATOR, self.slug, _DRAW)

    def finish_round(self) -> None:
        """Finish the round; who lost and agreed is kept for the next."""
        with self.service.database.reading() as c:
            if rounds.find_round(c, self.slug).status is not RoundStatus.OPEN:
                return
        days = self._days()
        self._at(days[-1] if days else self.scenes.opens_at.date(), 23.5)
        round_steps.finish_round(self.service, OPERATOR, self.slug)

    def _at(self, day: date, hour: float) -> None:
        local = datetime.combine(day, datetime.min.time(), XIAMEN) + timedelta(hours=hour)
        self.scenes.clock.at = local


def count_places(scenes: Scenes) -> dict[str, int]:
    """Count the places of a round's draw by status."""
    with scenes.service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, scenes.slug), _DRAW)
        return pickup.count_by_status(c, draw.id)


def _nonce(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:32]
