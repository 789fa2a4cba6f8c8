"""The rules of the synthetic city's two rounds, as rules.json has them."""

from __future__ import annotations

from typing import Any

from maskres.rehearsal.city.places import DISTRICTS
from maskres.rehearsal.city.registers import EMPLOYMENT, HOUSEHOLD, INSURANCE
from maskres.rehearsal.city.timetable import ZONE, Timetable

MASKS_A_WINNER = 5

_DRAWS = {1: 1, 2: 1}


def round_slug(year: int, round_index: int) -> str:
    """Name a round."""
    return f"xiamen-{year}-{round_index}"


def make_rules(timetable: Timetable, round_index: int) -> dict[str, Any]:
    """Write a round's rules.

    The first round admits by household and insurance, with minors as a stratum of their own; the second also by
    employment, with a stratum for those whom nothing but that admits. Who won waits four weeks, so nobody wins twice.

    Args:
        timetable: when the rounds are.
        round_index: 1 or 2.
    """
    bases: list[dict[str, Any]] = [
        {"register": HOUSEHOLD},
        {"register": INSURANCE, "months": 6, "of_last": 12},
    ]
    strata: list[dict[str, Any]] = [{"stratum": "elderly", "min_age": 60}]
    if round_index == 1:
        strata.append({"stratum": "minors", "max_age": 17})
    else:
        bases.append({"register": EMPLOYMENT})
        strata.append({"stratum": "employed", "bases": [EMPLOYMENT]})
    strata.append({"stratum": "general"})
    kept_until = timetable.data_until()
    return {
        "protocol": "maskres-rules-1",
        "round": round_slug(timetable.year, round_index),
        "zone": ZONE,
        "goods": "masks",
        "quantity": MASKS_A_WINNER,
        "reference_date": timetable.reference_date(round_index).isoformat(),
        "bases": bases,
        "min_age": 0,
        "wait_days": 28,
        "bonus": {"tickets_per_round_waited": 1, "max_tickets": 3},
        "strata": strata,
        "draws": _DRAWS[round_index],
        "challenge_hours": 24,
        "lead_hours": 2,
        "audit_size": 300,
        "entries_per_phone": 6,
        "districts": sorted(slug for slug, _, _ in DISTRICTS),
        "personal_data_until": kept_until.isoformat(),
        "person_data_until": kept_until.replace(year=kept_until.year + 1).isoformat(),
    }
