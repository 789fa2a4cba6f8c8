"""The rounds of the demo: a rehearsal's scenes with real dice and keys, none of them later than now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from maskres.demo.handing_in import cut, moments
from maskres.ledger.note_keys import Algorithm, SigningKey, read_signing_key, signing_key, write_signing_key
from maskres.lottery.sources import DeclaredSource, Dice
from maskres.rehearsal.city import City
from maskres.rehearsal.parts import StageClock
from maskres.rehearsal.scenes import COUNTER, NOTARY, Scenes
from maskres.rehearsal.stages import Stages
from maskres.rounds.status import DrawStatus
from maskres.rounds.times import RegistrationTimes
from maskres.usecases.draw import seeding
from maskres.usecases.registration.bulk_registering import import_registrations
from maskres.usecases.service import Clock, Service

DRAW = 1
#: Days for which the second round takes registrations.
OPEN_DAYS = 10
_SIDES, _ROLLS = 10, 39
_MOST_DAYS, _FEWEST_DAYS = 14, 3
_WINNERS_A_DAY = 2
#: Of the counters' file: several in every waking hour, each small enough to be read without processes of its own.
_PARTS = 40
#: By then those who come one by one have come, so that the audit log's times ascend.
_FIRST_PART_AFTER = timedelta(hours=4)


class PastClock(StageClock):
    """A clock that stands where the plot puts it, but never later than the real one.

    Args:
        at: where it stands first.
        now: the real clock.
    """

    def __init__(self, at: datetime, now: Clock) -> None:
        super().__init__(at)
        self.now = now

    def __call__(self) -> datetime:
        """Give the moment the plot has come to, or now."""
        return min(self.at, self.now())


class DemoScenes(Scenes):
    """One round of the demo.

    Args:
        city: the synthetic city.
        service: the service, its clock the one below.
        clock: moved by the scenes.
        stages: timed.
        folder: for the city's files.
        round_index: 1 or 2.
        cosigners: keys of notary and witness.
    """

    def __init__(
        self,
        city: City,
        service: Service,
        clock: PastClock,
        stages: Stages,
        folder: Path,
        round_index: int,
        cosigners: list[SigningKey],
    ) -> None:
        super().__init__(city, service, clock, stages, folder, round_index)
        self.cosigners = cosigners
        self.real_now = clock.now

    @property
    def registration_times(self) -> RegistrationTimes:
        """Say when people register: for two days as in a rehearsal, but in the round that stays open for many."""
        past = super().registration_times
        if self.index == 1:
            return past
        return RegistrationTimes(past.opens_at, self.opens_at + timedelta(days=OPEN_DAYS))

    def hand_in(self, path: Path) -> int:
        """Hand in the counters' file in parts, as people come over the days until the closing or now."""
        parts = cut(path, _PARTS)
        begins_at = self.opens_at + _FIRST_PART_AFTER
        closes_at, now = self.registration_times.closes_at, self.real_now()
        ends_at = now if closes_at is None else min(closes_at, now)
        rows = 0
        for part, at in zip(parts, moments(begins_at, ends_at, len(parts)), strict=True):
            self.clock.at = at
            rows += import_registrations(self.service, COUNTER, self.slug, part).rows
        return rows

    def quotas(self, strata: Mapping[str, int]) -> dict[str, int]:
        """Say how many win: half of every stratum, so that every store has winners on every day."""
        return {name: -(-count // 2) for name, count in strata.items()}

    def plan_slots(self, winners: int) -> Path:
        """Write the slots: over two weeks, in a small city over fewer days, so that the demo lives for a while."""
        days = max(_FEWEST_DAYS, min(_MOST_DAYS, winners // (_WINNERS_A_DAY * len(self.city.stores))))
        return self.city.write_slots(self.folder, self.index, DRAW, winners, days)

    def sources(self) -> list[DeclaredSource]:
        """Declare the source of the seed: dice alone, for a demo waits for no beacon."""
        return [Dice("notary-dice", _SIDES, _ROLLS, self.opens_at + timedelta(hours=89))]

    def seed(self) -> None:
        """Roll the dice: fresh ones, for this seed is not a rehearsal's to repeat."""
        self.at(88)
        if not self.has_reached(DrawStatus.DICED):
            rolls = " ".join(str(roll) for roll in _roll(self.service))
            seeding.enter_dice(self.service, NOTARY, self.slug, DRAW, rolls)
        self.cosign()

    def take_registrations(self) -> None:
        """Open the round and fill it: registers and registrations are in, nothing is closed."""
        self.open()
        self.import_registers()
        self.register()

    def play_to_collection(self) -> None:
        """Play the round until its counters are open."""
        self.take_registrations()
        self.close()
        self.decide()
        self.commit()
        self.seed()
        self.draw()


def _roll(service: Service) -> list[int]:
    """Roll ten-sided dice: every face as likely as any other."""
    found: list[int] = []
    while len(found) < _ROLLS:
        found.extend(value % _SIDES for value in service.random_bytes(_ROLLS) if value < 250)
    return found[:_ROLLS]


def cosigner_paths(folder: Path) -> dict[str, Path]:
    """Give the files of the notary's and the witness's secret keys."""
    return {role: folder / f"{role}.key" for role in ("notary", "witness")}


def cosigner_keys(folder: Path, service: Service) -> list[SigningKey]:
    """Give the keys of notary and witness, made where there are none: whoever tries the demo cosigns with them."""
    found = []
    for role, path in cosigner_paths(folder).items():
        if not path.exists():
            key = signing_key(f"rehearsal/{role}", Algorithm.COSIGNATURE, service.random_bytes(32))
            draft = path.with_suffix(".draft")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(write_signing_key(key) + "\n")
            draft.replace(path)
        found.append(read_signing_key(path.read_text().strip()))
    return found
