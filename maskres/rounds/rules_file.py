"""Reading rules.json: every member checked, every problem found, each with the path of its field.

Nothing has a default, nothing unknown is passed over: two readers of the published file cannot understand
different rules (spec B8, R1).
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.formats.values import is_slug, parse_date
from maskres.formats.zones import is_zone, is_zone_name
from maskres.rounds.rules import (
    MAX_AGE_THRESHOLDS,
    PROTOCOL,
    REGISTER_KINDS,
    Basis,
    Bonus,
    Rules,
    StratumRule,
    age_thresholds,
)

_MEMBERS: Final = ("protocol", *Rules.__slots__)
#: Members that are whole numbers → their bounds, inclusive.
INTEGERS: Final = {
    "quantity": (1, 1000),
    "min_age": (0, 150),
    "wait_days": (0, 3650),
    "draws": (1, 99),
    "challenge_hours": (0, 720),
    "lead_hours": (0, 168),
    "audit_size": (0, 100_000),
    "entries_per_phone": (1, 100),
}
BONUS_INTEGERS: Final = {"tickets_per_round_waited": (0, 9), "max_tickets": (1, 10)}
_FALLBACK_DATE: Final = date(1970, 1, 1)


def read_rules(data: bytes, *, file: str = "rules.json", is_published: bool = False) -> Rules:
    """Read and check the rules of a round.

    Args:
        data: the file's bytes.
        file: the name to give in errors.
        is_published: whether it is the file of a bundle, whose lines all end with LF alone; an operator's own
            file may come from any editor. Whether its zone is known was asked before it was published.

    Returns:
        The rules; `rules.to_json()` is their canonical spelling; data may have other spaces and order.

    Raises:
        InputError: "bad-json" where it is not strict JSON; else "bad-rule" for the first problem, its field a
            path such as "strata[0].min_age". `list_problems` gives them all.

    Source: spec R1.
    """
    rules, problems = _read(data, file, is_published=is_published)
    if problems:
        raise problems[0]
    return rules


def list_problems(data: bytes, *, file: str = "rules.json") -> list[InputError]:
    """List everything `read_rules` would refuse, in the order in which it looks.

    Returns:
        InputErrors with code "bad-json" (then it is the only one) or "bad-rule"; none where the file is good.
        What holds between several members is looked at once each member is good by itself.
    """
    try:
        return _read(data, file)[1]
    except InputError as error:
        return [error]


def _read(data: bytes, file: str, *, is_published: bool = False) -> tuple[Rules, list[InputError]]:
    reader = _Reader(file, is_published=is_published)
    top = reader.members(strict_json.loads(data, file=file, is_published=is_published), "", required=_MEMBERS)
    if top.get("protocol", PROTOCOL) != PROTOCOL:
        reader.refuse("protocol", f"This program reads rules of the protocol {PROTOCOL} only.")
    integers = {name: reader.integer(top, name, "", *bounds) for name, bounds in INTEGERS.items()}
    rules = Rules(
        round=reader.slug(top, "round"),
        zone=reader.zone(top),
        goods=reader.goods(top),
        reference_date=reader.date(top, "reference_date"),
        bases=_read_bases(reader, top),
        bonus=_read_bonus(reader, top),
        strata=_read_strata(reader, top),
        districts=_read_districts(reader, top),
        personal_data_until=reader.date(top, "personal_data_until"),
        person_data_until=reader.date(top, "person_data_until"),
        **integers,
    )
    if not reader.problems:
        _check_across(reader, rules)
    return rules, reader.problems


class _Reader:
    """Takes members one by one; keeps each problem and goes on with a stand-in, so that all are found."""

    def __init__(self, file: str, *, is_published: bool) -> None:
        self.file = file
        self._is_published = is_published
        self.problems: list[InputError] = []

    def refuse(self, field: str, message: str) -> None:
        self.problems.append(InputError("bad-rule", message, field=field, file=self.file))

    def members(
        self, value: object, path: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.refuse(path, "This must be an object with named members.")
            return {}
        prefix = f"{path}." if path else ""
        for name in required:
            if name not in value:
                self.refuse(prefix + name, "This member is missing.")
        for name in value:
            if name not in required and name not in optional:
                allowed = ", ".join(required + optional)
                shown = ascii(name)[1:-1][:40]
                self.refuse(f"{prefix}{shown}", f"There is no member of this name; there are: {allowed}.")
        return value

    def integer(self, members: dict[str, Any], name: str, prefix: str, low: int, high: int) -> int:
        value = members.get(name, low)
        if type(value) is int and low <= value <= high:  # a bool is an int to isinstance
            return value
        self.refuse(prefix + name, f"This must be a whole number from {low} to {high}.")
        return low

    def items(self, members: dict[str, Any], name: str, path: str, low: int, high: int) -> list[Any]:
        if name not in members:
            return []
        value = members[name]
        if isinstance(value, list) and low <= len(value) <= high:
            return value
        self.refuse(path, f"This must be a list of {low} to {high} items.")
        return []

    def slug(self, members: dict[str, Any], name: str, prefix: str = "") -> str:
        value = members.get(name, "-")
        if name in members and not is_slug(value):
            self.refuse(
                prefix + name,
                "This must be a short name: 1 to 40 lower-case letters, digits and hyphens, no hyphen first.",
            )
        return str(value)

    def date(self, members: dict[str, Any], name: str) -> date:
        value = members.get(name)
        if isinstance(value, str):
            try:
                return parse_date(value, field=name)
            except InputError as error:
                self.refuse(name, error.message)
        elif name in members:
            self.refuse(name, "This must be a date in quotes, like 2020-02-10 (year-month-day).")
        return _FALLBACK_DATE

    def zone(self, members: dict[str, Any]) -> str:
        value = members.get("zone")
        is_known = is_zone_name if self._is_published else is_zone
        if "zone" in members and not is_known(value):
            self.refuse("zone", "This must be the IANA name of a time zone, like Asia/Shanghai.")
        return str(value)

    def goods(self, members: dict[str, Any]) -> str:
        value = members.get("goods")
        if "goods" in members and not (
            isinstance(value, str)
            and 1 <= len(value) <= 60
            and value.isprintable()
            and value == " ".join(value.split())
        ):
            self.refuse("goods", "This must be 1 to 60 characters on one line, no space at its ends.")
        return str(value)


def _read_bases(reader: _Reader, top: dict[str, Any]) -> tuple[Basis, ...]:
    bases: list[Basis] = []
    for position, item in enumerate(reader.items(top, "bases", "bases", 1, len(REGISTER_KINDS))):
        path = f"bases[{position}]"
        is_counted = isinstance(item, dict) and item.get("register") == "insurance"
        required = ("register", "months", "of_last") if is_counted else ("register",)
        members = reader.members(item, path, required=required)
        kind = members.get("register", REGISTER_KINDS[0])
        if kind not in REGISTER_KINDS:
            reader.refuse(f"{path}.register", f"This must be one of: {', '.join(REGISTER_KINDS)}.")
        elif "register" in members and any(kind == basis.register for basis in bases):
            reader.refuse(f"{path}.register", f"The register {kind} stands twice.")
        if is_counted:
            of_last = reader.integer(members, "of_last", f"{path}.", 1, 60)
            months = reader.integer(members, "months", f"{path}.", 1, 60)
            bases.append(Basis("insurance", months, of_last))
        else:
            bases.append(Basis(str(kind)))
    return tuple(bases)


def _read_bonus(reader: _Reader, top: dict[str, Any]) -> Bonus:
    if "bonus" not in top:
        return Bonus(0, 1)
    members = reader.members(top["bonus"], "bonus", required=("tickets_per_round_waited", "max_tickets"))
    return Bonus(
        *(reader.integer(members, name, "bonus.", *bounds) for name, bounds in BONUS_INTEGERS.items())
    )


def _read_strata(reader: _Reader, top: dict[str, Any]) -> tuple[StratumRule, ...]:
    strata: list[StratumRule] = []
    for position, item in enumerate(reader.items(top, "strata", "strata", 1, 16)):
        path = f"strata[{position}]"
        members = reader.members(item, path, required=("stratum",), optional=("min_age", "max_age", "bases"))
        ages = {
            name: reader.integer(members, name, f"{path}.", 0, 150)
            for name in ("min_age", "max_age")
            if name in members
        }
        strata.append(
            StratumRule(
                reader.slug(members, "stratum", f"{path}."),
                ages.get("min_age"),
                ages.get("max_age"),
                _read_stratum_bases(reader, members, path) if "bases" in members else None,
            )
        )
    return tuple(strata)


def _read_stratum_bases(reader: _Reader, members: dict[str, Any], path: str) -> tuple[str, ...]:
    kinds: list[str] = []
    for position, kind in enumerate(reader.items(members, "bases", f"{path}.bases", 1, len(REGISTER_KINDS))):
        if kind not in REGISTER_KINDS or kind in kinds:
            reader.refuse(
                f"{path}.bases[{position}]", f"This must be one of {', '.join(REGISTER_KINDS)}, none twice."
            )
        kinds.append(str(kind))
    return tuple(kinds)


def _read_districts(reader: _Reader, top: dict[str, Any]) -> tuple[str, ...]:
    districts: list[str] = []
    for position, item in enumerate(reader.items(top, "districts", "districts", 1, 200)):
        path = f"districts[{position}]"
        if not is_slug(item):
            reader.refuse(path, "This must be a short name: 1 to 40 lower-case letters, digits and hyphens.")
        elif districts and item <= districts[-1]:
            reader.refuse(path, "The districts must be sorted, none twice.")
        districts.append(str(item))
    return tuple(districts)


def _check_across(reader: _Reader, rules: Rules) -> None:
    """Look at what holds between members; each of them is good by itself."""
    if rules.personal_data_until < rules.reference_date:
        reader.refuse("personal_data_until", "Personal data would be erased before the reference date.")
    if rules.person_data_until < rules.personal_data_until:
        reader.refuse("person_data_until", "This must not be earlier than personal_data_until.")
    for position, basis in enumerate(rules.bases):
        if basis.months is not None and basis.of_last is not None and basis.months > basis.of_last:
            reader.refuse(f"bases[{position}].months", f"Of {basis.of_last} months, no more can be demanded.")
    kinds = {basis.register for basis in rules.bases}
    seen: set[str] = set()
    last = len(rules.strata) - 1
    for position, rule in enumerate(rules.strata):
        path = f"strata[{position}]"
        if rule.stratum in seen:
            reader.refuse(f"{path}.stratum", f"The stratum {rule.stratum} stands twice.")
        seen.add(rule.stratum)
        if rule.min_age is not None and rule.max_age is not None and rule.min_age > rule.max_age:
            reader.refuse(f"{path}.min_age", "The smallest age is above the largest.")
        for place, kind in enumerate(rule.bases or ()):
            if kind not in kinds:
                reader.refuse(f"{path}.bases[{place}]", f"The register {kind} is no basis of this round.")
        if position == last and not rule.is_unconditional:
            reader.refuse(path, "The last stratum must have no condition, so that everyone belongs to one.")
        if position < last and rule.is_unconditional:
            reader.refuse(path, "Only the last stratum may have no condition: nobody would get past this.")
    if len(age_thresholds(rules)) > MAX_AGE_THRESHOLDS:
        reader.refuse("strata", f"The rules speak of more than {MAX_AGE_THRESHOLDS} different ages.")
