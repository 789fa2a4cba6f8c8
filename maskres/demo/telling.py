"""The facts of the demo in lines a person can read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from maskres.demo.facts import DemoFacts
from maskres.demo.files import RESET
from maskres.jobs.gateways import sms_file


def addresses(address: str, instance: Path) -> Iterator[str]:
    """Say where to go with a browser, and where what the demo sends to phones can be read.

    Args:
        address: at which the demo is served.
        instance: folder of the deployment.
    """
    yield f"{address}/                 residents"
    yield f"{address}/staff/           notary, witness, counter, helper, operator, auditor: log in as one of these"
    yield f"{address}/api/v1/          for programs"
    yield f"{sms_file(instance)}: messages to phones, newest last (python -m maskres demo messages)"


def tell(facts: DemoFacts) -> Iterator[str]:
    """Say who can log in, who has won, and who can still register."""
    yield f"{facts.collecting}: drawn, being collected until {facts.collected_until}"
    yield f"{facts.open}: open for registration until {facts.closes_on}, then to be closed by hand"
    if facts.played_until > facts.collected_until:
        yield f"All slots of {facts.collecting} are past. {RESET}"
    yield ""
    yield "Accounts (second factor: python -m maskres demo code NAME)"
    for account in facts.accounts:
        role = account.role if account.store is None else f"{account.role} of {account.store}"
        yield f"  {account.name:<6} {account.password:<16} {account.totp_secret}  {role}"
    yield ""
    yield f"Winners (number, secret, pickup code, store, slot, place); the counter's store is {facts.store}"
    for winner in facts.winners:
        place = f"{winner.store:<12} {winner.slot:<10} {winner.status}"
        yield f"  {winner.number}  {winner.secret}  {winner.code}  {place}"
    yield ""
    yield "Without a place (number, secret, why)"
    for entry in (*facts.losers, *facts.excluded):
        yield f"  {entry.number}  {entry.secret}  {entry.reason or 'lost'}"
    yield ""
    yield f"Not registered yet for {facts.open}, though in its registers (document, name, phone)"
    for person in facts.bystanders:
        yield f"  {person.id_number}  {person.name}  {person.phone}"
    yield ""
    yield f"Cosigning keys: {facts.notary_key} (notary), {facts.witness_key} (witness)"
