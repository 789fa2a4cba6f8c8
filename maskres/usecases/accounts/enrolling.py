"""Devices at the counters: invited by the operator with a code that counts once, enrolled by whoever types it there.

An enrolled device holds a token of the role counter, bound to its store; revoking it ends both at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maskres.db import invitations, record, rounds, tills
from maskres.db.engine import Transaction
from maskres.db.invitations import InvitedTill
from maskres.errors import InputError
from maskres.formats.symbols import from_digest, read_typed
from maskres.formats.values import is_slug, require_slug
from maskres.rounds.roles import StaffRole
from maskres.usecases.accounts.staff import require_free_name
from maskres.usecases.accounts.tokens import NewToken, insert_token, revoke_token_in, token_digest
from maskres.usecases.service import Actor, Service, one_transaction

INVITED = timedelta(hours=1)
_CODE_BYTES = 7


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation just made.

    Attributes:
        name: of the till.
        store: slug.
        code: twelve symbols, to be typed or scanned at the device; given this once and kept nowhere.
        expires_at: until when.
    """

    name: str
    store: str
    code: str = field(repr=False)
    expires_at: datetime


@one_transaction
def invite_till(c: Transaction, service: Service, actor: Actor, name: str, store: str) -> Invitation:
    """Invite a device to become a till of a store; an earlier invitation of that name counts no more.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who invites.
        name: of the till, a slug, for good; no account and no token may have it.
        store: slug.

    Raises:
        InputError: "bad-slug", "unknown-store".
        ConflictError: "name-taken".
    """
    require_slug(name, field="name")
    if not is_slug(store) or rounds.find_store_name(c, store) is None:
        raise InputError("unknown-store", f"{store!r:.60} is not a store of any round.", field="store")
    require_free_name(c, name)
    code = from_digest(service.random_bytes(_CODE_BYTES))
    now = service.now()
    values = {"name": name, "store": store, "code_digest": token_digest(service, code)}
    dates = {"made_at": now, "made_by": actor.name, "expires_at": now + INVITED}
    invitations.insert_invitation(c, values | dates)
    record.log(c, now, actor.name, "till-invited", detail={"till": name, "store": store})
    return Invitation(name, store, code, now + INVITED)


@one_transaction
def enrol_device(c: Transaction, service: Service, typed: str) -> NewToken:
    """Make the device at which the code of an invitation is typed the invited till.

    Raises:
        InputError: "bad-number" where it cannot be a code, "bad-invitation" where it is none, was taken or is over.
    """
    now = service.now()
    digest = token_digest(service, read_typed(typed, field="code"))
    row = invitations.find_open(c, digest, now)
    if row is None or not invitations.take(c, row.name, now):
        message = "This code enrols no device: it is not known, was used before, or is older than an hour."
        raise InputError("bad-invitation", message, field="code")
    return insert_token(c, service, Actor(row.made_by), row.name, StaffRole.COUNTER, row.store)


@one_transaction
def revoke_device(c: Transaction, service: Service, actor: Actor, name: str) -> None:
    """End an invitation or an enrolled till at once and for good; a repeat does nothing.

    Missed places no longer wait for what it might report.

    Raises:
        InputError: "unknown-till".
    """
    invited = next((each for each in invitations.list_invited(c) if each.name == name), None)
    if invited is None:
        raise InputError("unknown-till", f"There is no till named {name!r:.60}.", field="name")
    if invited.taken_at is None:
        invitations.withdraw(c, name)
        record.log(
            c, service.now(), actor.name, "till-uninvited", detail={"till": name, "store": invited.store}
        )
        return
    revoke_token_in(c, service, actor, name)
    tills.revoke_named(c, invited.store, name, service.now())


def list_devices(service: Service) -> list[InvitedTill]:
    """List the devices that were invited, by store and name."""
    with service.database.reading() as c:
        return invitations.list_invited(c)
