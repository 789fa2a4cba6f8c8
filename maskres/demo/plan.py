"""What city a demo is of, decided when it begins and the same however often it is taken up again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from maskres.demo.files import damaged, read_json, write_json
from maskres.rehearsal.city import City
from maskres.rehearsal.city.timetable import XIAMEN

_FILE = "plan.json"
_SEED = "xiamen demo"
_FIRST_SLOTS_AFTER_DAYS = 4
_ROUND_DAYS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """A demo's city.

    Attributes:
        residents: of the city.
        stores: of the city.
        first_day: local day on which the first round opened.
    """

    residents: int
    stores: int
    first_day: date

    def city(self) -> City:
        """Make the city. The second round opens on the day of the first one's first slots."""
        return City(_SEED, self.residents, self.stores, first_day=self.first_day, round_days=_ROUND_DAYS)


def make_plan(residents: int, stores: int, now: datetime) -> Plan:
    """Plan a city whose first slots were yesterday."""
    yesterday = now.astimezone(XIAMEN).date() - timedelta(days=1)
    return Plan(residents, stores, yesterday - timedelta(days=_FIRST_SLOTS_AFTER_DAYS))


def read_plan(folder: Path) -> Plan | None:
    """Read the plan that a demo was begun with.

    Raises:
        ConfigurationError: "demo-damaged".
    """
    path = folder / _FILE
    document = read_json(path)
    if document is None:
        return None
    try:
        return Plan(**(document | {"first_day": date.fromisoformat(document["first_day"])}))
    except (TypeError, KeyError, ValueError):
        raise damaged(path) from None


def write_plan(folder: Path, plan: Plan) -> None:
    """Keep the plan."""
    write_json(folder / _FILE, asdict(plan) | {"first_day": plan.first_day.isoformat()})
