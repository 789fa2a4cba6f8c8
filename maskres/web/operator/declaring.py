"""The sources of the seed as an operator declares them in a form: dice, a round of a public beacon, or both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import gettext

from maskres.errors import MaskresError
from maskres.formats import strict_json
from maskres.ledger.commitment import LEAD
from maskres.lottery.drand_networks import QUICKNET, require_genuine_networks
from maskres.lottery.sources import MIN_BITS, SIDES, Dice, Drand, first_round_from, read_sources
from maskres.web.forms import Form
from maskres.web.office_words import say_to_staff
from maskres.web.typed import read_time, read_whole

#: What can be chosen for a beacon: drand's network that everybody knows, none, or any other written out.
NO_BEACON, ON_QUICKNET, ELSEWHERE = "none", "quicknet", "other"


def least_rolls(sides: int) -> int:
    """Give how many rolls of a die carry enough bits by themselves."""
    return next(rolls for rolls in range(MIN_BITS) if sides**rolls >= 1 << MIN_BITS)


def first_form() -> dict[str, str]:
    """Give what stands in the form at first: with a beacon, since dice alone rest on the people in the room."""
    return {"sides": "10", "rolls": str(least_rolls(10)), "beacon": ON_QUICKNET}


def read_declared(form: Form, zone: str, now: datetime) -> list[dict[str, Any]] | None:
    """Read the declared sources.

    Args:
        form: with "no_dice", "sides", "rolls", "by", "beacon", "beacon_at", "drand".
        zone: of the round.
        now: the present moment; every source comes later than ten minutes after it.

    Returns:
        The sources as they stand in commitment.json; None where the form now says what is wrong.
    """
    dice = None if form["no_dice"] == "yes" else _read_dice(form, zone, now)
    beacon = _read_beacon(form, zone, now)
    if beacon is None and form["no_dice"] == "yes" and not form.errors:
        form.errors["beacon"] = gettext("Without dice, a beacon must be declared.")
    if form.errors:
        return None
    sources = [each for each in (dice, beacon) if each is not None]
    try:
        require_genuine_networks(read_sources(sources))
    except MaskresError as error:
        field = "drand" if form["beacon"] == ELSEWHERE and ".by" not in (error.field or "") else "by"
        form.errors[field] = f"{error.field}: {say_to_staff(error)}"
        return None
    return sources


def _read_dice(form: Form, zone: str, now: datetime) -> dict[str, Any] | None:
    rolls, by = read_whole(form, "rolls"), read_time(form, "by", zone)
    sides = int(form["sides"]) if form["sides"] in {str(each) for each in SIDES} else 0
    if not sides:
        form.errors["sides"] = gettext("Please choose one of these.")
    elif rolls is not None and rolls < least_rolls(sides):
        form.errors["rolls"] = gettext(
            "With %(sides)s sides at least %(rolls)s rolls are needed.",
            sides=sides,
            rolls=least_rolls(sides),
        )
    _require_later(form, "by", by, now)
    if form.errors or rolls is None or by is None:
        return None
    return Dice("notary-dice", sides, rolls, by).to_json()


def _read_beacon(form: Form, zone: str, now: datetime) -> dict[str, Any] | None:
    readers: dict[str, Callable[[], dict[str, Any] | None]] = {
        NO_BEACON: lambda: None,
        ON_QUICKNET: lambda: _read_quicknet(form, zone, now),
        ELSEWHERE: lambda: _read_written(form),
    }
    read = readers.get(form["beacon"])
    if read is None:
        form.errors["beacon"] = gettext("Please choose one of these.")
        return None
    return read()


def _read_quicknet(form: Form, zone: str, now: datetime) -> dict[str, Any] | None:
    at = read_time(form, "beacon_at", zone)
    if at is None or not _require_later(form, "beacon_at", at, now):
        return None
    round_ = first_round_from(at, genesis=QUICKNET.genesis, period=QUICKNET.period)
    return Drand("drand", replace(QUICKNET, round=round_)).to_json()


def _read_written(form: Form) -> dict[str, Any] | None:
    try:
        return strict_json.loads(form["drand"].strip().encode(), file="drand")
    except MaskresError as error:
        form.errors["drand"] = say_to_staff(error)
        return None


def _require_later(form: Form, name: str, at: datetime | None, now: datetime) -> bool:
    """Say where a time leaves no room for the cosignatures, which come ten minutes before the first source."""
    if at is not None and at <= now + LEAD:
        form.errors[name] = gettext(
            "This must be later than ten minutes from now: notary and witness cosign the commitment at least ten"
            " minutes before it."
        )
        return False
    return at is not None
