"""The rules of a round in English; plain_words.py is the door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from maskres.rounds.rules import Basis, Rules, StratumRule

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_GOODS: Final = {
    "masks": ("mask", "masks"),
    "test kits": ("test kit", "test kits"),
    "vaccine doses": ("vaccine dose", "vaccine doses"),
    "shelter places": ("shelter place", "shelter places"),
    "school places": ("school place", "school places"),
}
_REGISTERS: Final = {
    "household": "the household register",
    "insurance": "the social insurance register",
    "employment": "the employment register",
}


def describe(rules: Rules) -> list[str]:
    """Say the rules in English, one short sentence or two an item."""
    return [
        *_say_offer(rules),
        *say_who(rules),
        _say_tickets(rules),
        *_say_strata(rules),
        *_say_steps(rules),
        _say_districts(rules),
        f"All times are local time in the time zone {rules.zone}.",
        "Names, document numbers and phone numbers given for this round are erased by "
        f"{say_day(rules.personal_data_until)}.",
        "What we must remember longer (when you last won, how many rounds you have waited, and the choices "
        f"you agreed to keep) is erased by {say_day(rules.person_data_until)}.",
    ]


def _say_offer(rules: Rules) -> list[str]:
    draws = (
        "It has one draw."
        if rules.draws == 1
        else f"It has {rules.draws} draws: whoever does not win takes part in the next one automatically, "
        "and whoever wins sits out the rest."
    )
    return [
        f"Round {rules.round}: every winner may collect {_goods(rules)}, at a store and a time we tell them.",
        f"Winners are drawn by lot, so there is no hurry. {draws}",
    ]


def _goods(rules: Rules) -> str:
    one, many = _GOODS.get(rules.goods.casefold().replace("-", " "), (None, None))
    if one is None:
        return f"{_count(rules.quantity, 'item', 'items')} ({rules.goods})"
    return _count(rules.quantity, one, str(many))


def say_who(rules: Rules) -> list[str]:
    """Say who may take part, one sentence or two an item."""
    on_date = f"on {say_day(rules.reference_date)} (the reference date)"
    conditions = [_basis(basis, rules) for basis in rules.bases]
    if len(conditions) == 1:
        who = f"You can take part if, {on_date}, {conditions[0]}."
    else:
        listed = "; ".join(f"({place}) {text}" for place, text in enumerate(conditions, start=1))
        who = f"You can take part if one of these is true {on_date}; the first that is true counts: {listed}."
    age = (
        "There is no minimum age."
        if rules.min_age == 0
        else f"You must be at least {_count(rules.min_age, 'year', 'years')} old on the reference date."
    )
    wait = (
        "Having won in an earlier round does not matter."
        if rules.wait_days == 0
        else f"Whoever won in an earlier round can take part again {_count(rules.wait_days, 'day', 'days')} "
        "after that win."
    )
    phone = (
        "One phone number can register one person."
        if rules.entries_per_phone == 1
        else f"One phone number can register up to {rules.entries_per_phone} people, such as your parents or "
        "children."
    )
    return [who, "Name and document number must be those in the register.", age, wait, phone]


def _basis(basis: Basis, rules: Rules) -> str:
    if basis.months is None or basis.of_last is None:
        return f"you are in {_REGISTERS[basis.register]}"
    month = f"{_MONTHS[rules.reference_date.month - 1]} {rules.reference_date.year}"
    if basis.of_last == 1:
        return f"social insurance has been paid for you for {month}"
    span = f"the {basis.of_last} months up to and including {month}"
    if basis.months == basis.of_last:
        return f"social insurance has been paid for you for each of {span}"
    return f"social insurance has been paid for you for at least {basis.months} of {span}"


def _say_tickets(rules: Rules) -> str:
    per_round, most = rules.bonus.tickets_per_round_waited, rules.bonus.max_tickets
    if most == 1:
        return "Everyone has exactly one ticket, however long they have waited."
    limit = f"Nobody has more than {most} tickets."
    granted = "We may add tickets where you were left out by our mistake."
    if per_round == 0:
        return f"Everyone has one ticket; waiting adds none. {granted} {limit}"
    added = _count(per_round, "ticket", "tickets")
    return f"Everyone has one ticket, and {added} more for each round waited without a win. {granted} {limit}"


def _say_strata(rules: Rules) -> list[str]:
    if len(rules.strata) == 1:
        return [f"All are drawn together, in one group called “{rules.strata[0].stratum}”."]
    return [
        f"There are {len(rules.strata)} groups. Each has its own number of places and its own draw; places "
        "one group cannot fill do not go to another. You belong to the first group that fits you:",
        *(
            f"Group {place}, “{rule.stratum}”: {_stratum(rule)}."
            for place, rule in enumerate(rules.strata, start=1)
        ),
    ]


def _stratum(rule: StratumRule) -> str:
    parts = ["people"]
    low, high = rule.min_age, rule.max_age
    if low is not None and high is not None:
        parts.append(f"aged {low}" if low == high else f"aged {low} to {high}")
    elif low is not None:
        parts.append(f"aged {low} or over")
    elif high is not None:
        parts.append(f"aged {high} or under")
    if rule.bases is not None:
        parts.append(f"admitted by {_list([_REGISTERS[kind] for kind in rule.bases], 'or')}")
    return "everyone else" if rule.is_unconditional else " ".join(parts)


def _say_steps(rules: Rules) -> list[str]:
    hours = rules.challenge_hours
    challenge = (
        "After registration closes you can see whether you are in, and why not; the draw may follow at once."
        if hours == 0
        else "After registration closes you can see whether you are in, and why not. You have at least "
        f"{_count(hours, 'hour', 'hours')} to object before the draw."
    )
    lead = (
        "may begin at once"
        if rules.lead_hours == 0
        else f"begins {_count(rules.lead_hours, 'hour', 'hours')} after this is published at the earliest"
    )
    audit = {
        0: "No winners are checked again by the notary after the draw.",
        1: "After the draw the notary checks one winner, chosen by the draw itself, with the authorities.",
    }.get(
        rules.audit_size,
        f"After the draw the notary checks {rules.audit_size} winners, chosen by the draw itself, with the "
        "authorities.",
    )
    return [
        challenge,
        "Places that come free go to those still waiting. If you get one, or if your store closes, your time "
        f"to collect {lead}.",
        audit,
    ]


def _say_districts(rules: Rules) -> str:
    if len(rules.districts) == 1:
        return f"The stores are in one district: {rules.districts[0]}."
    return f"The stores are in {len(rules.districts)} districts: {_list(rules.districts, 'and')}."


def _list(items: Sequence[str], word: str) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def say_day(day: date) -> str:
    """Say a day: 13 February 2020."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
