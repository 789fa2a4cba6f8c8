"""What somebody who tries the demo must know: accounts, winners, losers, people who may still register."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from maskres.demo.files import damaged, demo_folder, read_json, write_json
from maskres.rehearsal.city import Registration

_FILE = "facts.json"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of staff.

    Attributes:
        name: to log in with.
        role: operator, notary, witness, counter, helper or auditor.
        store: of a counter; None for the others.
        password: the same in every demo.
        totp_secret: of the second factor, base32; made anew for every demo.
    """

    name: str
    role: str
    store: str | None
    password: str
    totp_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DemoWinner:
    """Somebody who won in the round that is being collected.

    Attributes:
        number: registration number.
        secret: of the receipt.
        code: pickup code.
        store: where to collect.
        slot: when, by its name.
        starts_at: when the slot begins, UTC.
        status: of the place when the demo was started last.
    """

    number: str
    secret: str
    code: str
    store: str
    slot: str
    starts_at: str
    status: str


@dataclass(frozen=True, slots=True)
class DemoEntry:
    """Somebody who registered for the round that is being collected, and did not win.

    Attributes:
        number: registration number.
        secret: of the receipt.
        reason: coarse reason of the exclusion; empty for somebody who lost.
    """

    number: str
    secret: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """The demo city as it stood when it was started last.

    Attributes:
        origin: of the ledger.
        residents: of the city.
        collecting: slug of the round whose winners collect.
        open: slug of the round that takes registrations.
        closes_on: local day until which people register for that one; it is then closed by hand.
        collected_until: last local day with slots of the other.
        played_until: local day up to which people came to the stores by themselves.
        store: slug of the store whose counter has an account.
        accounts: one at least for every role.
        winners: first those who can collect today at that store, then others.
        losers: of the round that is being collected.
        excluded: likewise.
        bystanders: what people would enter who can still register for the open round.
        notary_key: file of the notary's secret key, to cosign with.
        witness_key: likewise.
    """

    origin: str
    residents: int
    collecting: str
    open: str
    closes_on: str
    collected_until: str
    played_until: str
    store: str
    accounts: tuple[DemoAccount, ...]
    winners: tuple[DemoWinner, ...]
    losers: tuple[DemoEntry, ...]
    excluded: tuple[DemoEntry, ...]
    bystanders: tuple[Registration, ...]
    notary_key: str
    witness_key: str

    def account(self, name: str) -> DemoAccount | None:
        """Give an account by its name."""
        return next((each for each in self.accounts if each.name == name), None)


_LISTS = {
    "accounts": DemoAccount,
    "winners": DemoWinner,
    "losers": DemoEntry,
    "excluded": DemoEntry,
    "bystanders": Registration,
}


def read_facts(instance: Path) -> DemoFacts | None:
    """Read the facts of the demo in an instance folder; None as long as it is not complete.

    Raises:
        ConfigurationError: "demo-damaged".
    """
    path = demo_folder(instance) / _FILE
    document: Any = read_json(path)
    if document is None:
        return None
    try:
        lists = {name: tuple(made(**each) for each in document[name]) for name, made in _LISTS.items()}
        return DemoFacts(**(document | lists))
    except (TypeError, KeyError):
        raise damaged(path) from None


def write_facts(instance: Path, facts: DemoFacts) -> None:
    """Keep the facts: that they are there says that the demo is complete."""
    write_json(demo_folder(instance) / _FILE, asdict(facts))
