"""Rules to begin with, where a city writes its first: each can be changed until the round opens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

from maskres.rounds.rules import Basis, Bonus, Rules, StratumRule

_KEPT_DAYS = 180
_REMEMBERED_DAYS = 2 * 365


def suggest_rules(slug: str, today: date, districts: Collection[str], zone: str = "Asia/Shanghai") -> Rules:
    """Suggest the rules of a round.

    Args:
        slug: of the round.
        today: the day that becomes the reference date.
        districts: slugs of the districts in which its stores stand.
        zone: IANA name of the city's time zone.
    """
    return Rules(
        round=slug,
        zone=zone,
        goods="masks",
        quantity=5,
        reference_date=today,
        bases=(Basis("household"), Basis("insurance", 6, 12), Basis("employment")),
        min_age=0,
        wait_days=28,
        bonus=Bonus(1, 3),
        strata=(StratumRule("elderly", min_age=60), StratumRule("general")),
        draws=1,
        challenge_hours=24,
        lead_hours=12,
        audit_size=100,
        entries_per_phone=6,
        districts=tuple(sorted(set(districts))),
        personal_data_until=today + timedelta(days=_KEPT_DAYS),
        person_data_until=today + timedelta(days=_REMEMBERED_DAYS),
    )


def for_another_round(rules: Rules, slug: str, today: date, districts: Collection[str]) -> Rules:
    """Take over the rules of an earlier round: all but its name and its days, and with further districts.

    Args:
        rules: of the earlier round.
        slug: of the new one.
        today: the day that becomes the reference date; the days of erasing keep their distance from it.
        districts: slugs of the districts in which stores of the new one stand.
    """
    later = today - rules.reference_date
    return replace(
        rules,
        round=slug,
        reference_date=today,
        districts=tuple(sorted({*rules.districts, *districts})),
        personal_data_until=rules.personal_data_until + later,
        person_data_until=rules.person_data_until + later,
    )
