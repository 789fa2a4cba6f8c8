"""What an entry of the ledger says, line by line, for people who read no JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import format_decimal, gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from maskres.ledger.entries import Entry
from maskres.web.names import REASONS, REGISTERS, ROLES, STRATA, name_of

#: A member of a body, or of a body's part → its name.
FIELDS: Mapping[str, LazyString] = {
    "rules_sha256": lazy_gettext("The rules (rules.json)"),
    "number_key_sha256": lazy_gettext("Key of the registration numbers"),
    "seal_key_sha256": lazy_gettext("Key of the sealed answers"),
    "keys": lazy_gettext("Verifier key"),
    "registered": lazy_gettext("The registered (registered.csv)"),
    "pool": lazy_gettext("In the pool"),
    "strata": lazy_gettext("Of them"),
    "excluded": lazy_gettext("Not in the pool"),
    "reasons": lazy_gettext("Of them"),
    "registers": lazy_gettext("Register"),
    "commitment_sha256": lazy_gettext("The commitment (commitment.json)"),
    "reason": lazy_gettext("Reason"),
    "source": lazy_gettext("Source"),
    "rolls": lazy_gettext("The rolls, one digit each"),
    "round": lazy_gettext("Round of the beacon"),
    "successor_round": lazy_gettext("Round of the beacon's successor"),
    "signature": lazy_gettext("Signature of the beacon"),
    "randomness": lazy_gettext("Randomness of the beacon"),
    "seed": lazy_gettext("Seed"),
    "result": lazy_gettext("The result (result.csv)"),
    "cutoffs": lazy_gettext("Largest ticket that won"),
    "allocation": lazy_gettext("The places (allocation.csv)"),
    "wishes": lazy_gettext("The wishes"),
    "batch": lazy_gettext("Batch"),
    "changes": lazy_gettext("The changes"),
    "room": lazy_gettext("The room at the stores"),
    "promotion": lazy_gettext("Who moved up"),
    "released": lazy_gettext("New places"),
    "audit_sha256": lazy_gettext("The audit (audit.json)"),
    "sample": lazy_gettext("Winners whose papers were opened"),
    "unsound": lazy_gettext("Of them not in order"),
}
#: Numbers that name something and count nothing.
_NUMBERED = frozenset({"round", "successor_round", "batch"})
_COMPARED = frozenset({"keys", "rolls", "signature", "randomness", "seed", "cutoffs"})
_PARTS: Mapping[str, Mapping[str, LazyString]] = {
    "keys": ROLES,
    "strata": STRATA,
    "cutoffs": STRATA,
    "released": STRATA,
    "reasons": REASONS,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that an entry says.

    Attributes:
        name: what it is about.
        words: its value for reading; "" where there is a digest alone.
        digest: or a key, a signature, rolls: what is compared sign by sign; "" where there is none.
    """

    name: str
    words: str = ""
    digest: str = ""


def entry_lines(entry: Entry) -> list[Line]:
    """Give what an entry says, in the order of its meaning; the end of a draw or a round says nothing more."""
    order = {name: place for place, name in enumerate(FIELDS)}
    order["files"] = order["changes"]
    body = sorted(entry.body.items(), key=lambda item: order[item[0]])
    return [line for name, value in body for line in _lines(name, value)]


def _lines(name: str, value: Any) -> Iterator[Line]:
    title = str(FIELDS[name]) if name in FIELDS else ""
    if name == "files":
        for part, file in value.items():
            yield from _lines(part, file)
    elif name == "registers":
        for register in value:
            yield _register(title, register)
    elif name in _PARTS:
        for part, each in value.items():
            titled = gettext("%(field)s: %(part)s", field=title, part=name_of(_PARTS[name], part))
            yield _line(name, titled, each)
    elif isinstance(value, dict):
        yield Line(
            title, gettext("lines: %(count)s", count=format_decimal(value["entries"])), value["sha256"]
        )
    else:
        yield _line(name, title, value)


def _line(name: str, title: str, value: Any) -> Line:
    if isinstance(value, int):
        return Line(title, str(value) if name in _NUMBERED else str(format_decimal(value)))
    if value in (None, "missing"):
        return Line(title, str(gettext("none")))
    is_compared = name.endswith("_sha256") or name in _COMPARED
    return Line(title, digest=value) if is_compared else Line(title, value)


def _register(title: str, register: Mapping[str, Any]) -> Line:
    return Line(
        gettext("%(field)s: %(part)s", field=title, part=name_of(REGISTERS, register["kind"])),
        gettext(
            "version %(version)s, %(rows)s rows",
            version=register["version"],
            rows=format_decimal(register["rows"]),
        ),
        register["sha256"],
    )
