"""Entering one person after another for those who have no phone or nobody to help them: staff have seen the card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from maskres.db import people, rounds
from maskres.db.rounds import Round, Store
from maskres.errors import StepRefused
from maskres.identity.names import masked_name
from maskres.registration.applications import Application, read_application
from maskres.registration.seals import Wishes
from maskres.rounds.status import RoundStatus
from maskres.usecases.registration.proofs import SEEN_BY_STAFF, secret_of
from maskres.usecases.registration.receipts import wishes_of
from maskres.usecases.registration.registering import Outcome, register
from maskres.usecases.service import Actor, Service
from maskres.usecases.work import idempotency


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round that takes registrations now, with its stores by district."""

    round: Round
    stores: list[Store]


@dataclass(frozen=True, slots=True)
class Entered:
    """What came of an entry.

    Attributes:
        round: slug.
        number: registration number.
        is_changed: somebody registered already: the wishes were changed.
        name: masked, so that the slip gets to the right person.
    """

    round: str
    number: str
    is_changed: bool
    name: str


@dataclass(frozen=True, slots=True)
class Slip:
    """What somebody takes home.

    Attributes:
        round: the round.
        number: registration number.
        secret: what changes or withdraws it.
        wishes: as they stand.
        choices: the chosen stores, best first.
        has_phone: whether messages can be sent.
        closes_at: when registration closes, aware; None where that is not announced, or it has closed.
    """

    round: Round
    number: str
    secret: str
    wishes: Wishes
    choices: list[Store]
    has_phone: bool
    closes_at: datetime | None


def list_open_rounds(service: Service) -> list[OpenRound]:
    """List the rounds that take registrations now, newest first."""
    now = service.now()
    with service.database.reading() as c:
        shown = [each for each in rounds.list_rounds(c) if each.status is RoundStatus.OPEN]
        taking = [each for each in shown if rounds.draw_taking_registrations(c, each.id, now) is not None]
        return [OpenRound(each, rounds.list_stores(c, each.id)) for each in reversed(taking)]


def enter(service: Service, actor: Actor, into: OpenRound, fields: Mapping[str, str], key: str) -> Entered:
    """Register somebody whose card staff have seen, or change the wishes of one registered already.

    Args:
        service: the service.
        actor: who enters them; the audit log counts by it.
        into: the round.
        fields: as read_application takes them; the phone may be empty.
        key: made once for this form, at most 40 visible ASCII characters: sent again as it was, it does nothing.

    Raises:
        ApplicationRefused: "bad-application", with every problem.
        StepRefused: "registration-closed", "registration-not-begun", "too-many-by-phone"; "in-flight" while the
            same form is being entered.
    """
    application = read_application(
        fields,
        districts=into.round.rules.districts,
        stores=[store.store for store in into.stores],
        today=service.now().astimezone(ZoneInfo(into.round.rules.zone)).date(),
        is_phone_required=False,
    )
    sent = json.dumps([into.round.slug, sorted(fields.items())], ensure_ascii=False).encode()
    digest = hashlib.sha256(sent).hexdigest()
    # Sent again with other words it is a correction, and done: so the words are part of the key.
    held = idempotency.hold(service, f"quick-entry/{actor.name}"[:80], f"{key}/{digest[:32]}", digest)
    if isinstance(held, idempotency.Answered):
        return Entered(**json.loads(held.body))
    if not isinstance(held, idempotency.Held):
        raise StepRefused("in-flight", "This form is being entered at this moment.")
    try:
        entered = _enter(service, actor, into.round.slug, application)
    except BaseException:
        idempotency.release(service, held)
        raise
    idempotency.answer(service, held, 200, json.dumps(asdict(entered), ensure_ascii=False).encode())
    return entered


def make_slip(service: Service, round_slug: str, number: str) -> Slip:
    """Give what is printed for a registration.

    Raises:
        InputError: "unknown-round", "unknown-number".
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        row = people.find_registration(c, round_.id, number)
        draw = rounds.open_draw_of(c, round_.id)
        wishes = wishes_of(row)
        found = [rounds.find_store(c, round_.id, store) for store in wishes.choices]
    choices = [store for store in found if store is not None]
    secret = secret_of(service, round_slug, number)
    closes_at = None if draw is None else draw.times.closes_at
    return Slip(round_, number, secret, wishes, choices, row.phone_digest is not None, closes_at)


def _enter(service: Service, actor: Actor, round_slug: str, application: Application) -> Entered:
    registered = register(service, actor, round_slug, application, SEEN_BY_STAFF)
    is_changed = registered.outcome is Outcome.CHANGED
    return Entered(round_slug, registered.number or "", is_changed, masked_name(application.name))
