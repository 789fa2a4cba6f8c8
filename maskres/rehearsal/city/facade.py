"""The synthetic city as the rehearsal sees it: everything from one seed text."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from maskres.errors import InputError
from maskres.rehearsal.city.bystanders import make_bystanders
from maskres.rehearsal.city.chance import Chance, derive_key
from maskres.rehearsal.city.people import Population
from maskres.rehearsal.city.registers import KINDS_OF_ROUND, RegisterWriter
from maskres.rehearsal.city.registrations import RegistrationWriter
from maskres.rehearsal.city.round_rules import make_rules
from maskres.rehearsal.city.singles import SingleRegistration, make_singles
from maskres.rehearsal.city.slots import write_slots
from maskres.rehearsal.city.stores import Store, make_stores, write_stores
from maskres.rehearsal.city.timetable import Timetable
from maskres.rehearsal.city.wishes import Registration, WishMaker

_MOST_DRAWS = 99


class City:
    """A Xiamen that never was: its residents, registers, registrations, shops and rules.

    Same seed, residents and stores: same bytes, everywhere. Another seed: another city. Files are written a chunk
    at a time, so that memory does not grow with the city.

    Args:
        seed: any text, not empty.
        residents: how many live there from the start, 1 to 10,000,000; a twentieth more come before round 2.
        stores: shops, 1 to 5,000.
        first_day: local day on which the first round opens; else one of 3 to 8 February 2020.
        round_days: days after which the second round opens.

    Raises:
        InputError: "bad-city" for an argument out of bounds.
    """

    __slots__ = ("_chance", "_population", "_registrations", "_wishes", "seed", "stores", "timetable")

    def __init__(
        self, seed: str, residents: int, stores: int, *, first_day: date | None = None, round_days: int = 14
    ) -> None:
        if not seed or any("\ud800" <= symbol <= "\udfff" for symbol in seed):
            raise InputError(
                "bad-city", "A city's seed is a text of at least one whole character.", field="seed"
            )
        self.seed = seed
        self._chance = Chance(seed)
        self.timetable = Timetable(self._chance, first_day, round_days)
        self.stores: tuple[Store, ...] = make_stores(self._chance, stores)
        self._population = Population(self._chance, residents, self.timetable.year)
        self._wishes = WishMaker(self.stores)
        self._registrations = RegistrationWriter(self._chance, self._population, self.timetable, self._wishes)

    @property
    def residents(self) -> int:
        """Count those who live there from the start."""
        return self._population.residents

    @property
    def newcomers(self) -> int:
        """Count those who come between the rounds."""
        return self._population.newcomers

    @property
    def base_time(self) -> datetime:
        """Give the aware UTC time at which the first round opens: 09:00 in Xiamen."""
        return self.timetable.base_time

    def derive_key(self, purpose: str) -> bytes:
        """Derive the 32 bytes of a rehearsal's key for a purpose."""
        return derive_key(self.seed, purpose)

    def rules_json(self, round_index: int) -> dict[str, Any]:
        """Give a round's rules.json (1 or 2)."""
        return make_rules(self.timetable, _require_round(round_index))

    def write_registers(self, folder: Path, round_index: int) -> dict[str, Path]:
        """Write the registers of a round: household and insurance, in round 2 employment as well.

        Args:
            folder: where to write; made if missing.
            round_index: 1 or 2.

        Returns:
            Kind of register → path of `<kind>-<round>.csv`.

        Raises:
            InputError: "bad-city" for another round.
        """
        writer = RegisterWriter(self._population, self.timetable)
        return writer.write(_require_folder(folder), _require_round(round_index))

    def write_registrations(self, folder: Path, round_index: int) -> Path:
        """Write the registrations of a round as one office file, `registrations-<round>.csv`.

        About 51 rows per 100 residents in round 1, 35 in round 2; every row is well-formed.

        Raises:
            InputError: "bad-city" for another round than 1 or 2.
        """
        return self._registrations.write(_require_folder(folder), _require_round(round_index))

    def singles(self, round_index: int) -> list[SingleRegistration]:
        """Give the stories of those who register one by one, who stand in no file of registrations."""
        return make_singles(self._chance, self._population, self._wishes, _require_round(round_index))

    def bystanders(self) -> list[Registration]:
        """Give what two residents would enter who register in neither round by themselves, for somebody to try."""
        return make_bystanders(
            self._chance, self._population, self.timetable, self._wishes, self._registrations
        )

    def write_stores(self, folder: Path) -> Path:
        """Write stores.csv, an office file."""
        return write_stores(self.stores, _require_folder(folder))

    def write_slots(
        self, folder: Path, round_index: int, draw: int, winners: int, days: int | None = None
    ) -> Path:
        """Write `slots-<round>-<draw>.csv`: a little more room than winners, as the protocol wants slots.csv.

        Args:
            folder: where to write; made if missing.
            round_index: 1 or 2.
            draw: 1 or more; its slots begin on timetable.slots_from(round_index, draw).
            winners: how many are to be placed, 0 or more.
            days: over which every shop spreads its places; by their number where it is not given.

        Raises:
            InputError: "bad-city" for an argument out of bounds.
        """
        if not 1 <= draw <= _MOST_DRAWS:
            raise InputError("bad-city", f"A round has draws 1 to {_MOST_DRAWS}, not {draw}.", field="draw")
        path = _require_folder(folder) / f"slots-{_require_round(round_index)}-{draw}.csv"
        return write_slots(self.stores, path, self.timetable.slots_from(round_index, draw), winners, days)


def _require_round(round_index: int) -> int:
    if round_index not in KINDS_OF_ROUND:
        raise InputError("bad-city", f"The city has rounds 1 and 2, not {round_index}.", field="round_index")
    return round_index


def _require_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
