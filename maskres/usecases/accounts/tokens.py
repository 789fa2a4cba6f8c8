"""Tokens by which a partner's system or a till is known, and the till that each counter acts as."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from maskres.db import record, rounds, tills, tokens
from maskres.db.engine import Transaction
from maskres.db.tills import Till
from maskres.errors import InputError
from maskres.formats.values import is_slug, require_slug
from maskres.rounds.roles import TOKEN_ROLES, StaffRole
from maskres.usecases.accounts.staff import read_role, require_free_name
from maskres.usecases.accounts.tills import enrol_till
from maskres.usecases.service import Actor, Service, one_transaction

PREFIX = "maskres_"
_SECRET_BYTES = 32
_TEXT_LENGTH = len(PREFIX) + 43
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Who shows a token.

    Attributes:
        id: of the token.
        name: of the token; a counter's till is named after it.
        role: counter or helper.
        store: of a counter; None for a helper.
        created_at: when it was made.
        created_by: by whom, as the audit log names them.
        revoked_at: since when it counts no more, or None.
    """

    id: int
    name: str
    role: StaffRole
    store: str | None
    created_at: datetime
    created_by: str
    revoked_at: datetime | None

    @property
    def actor(self) -> Actor:
        """Who acts, as the audit log names them: counter/token:till-3."""
        return Actor(f"{self.role}/token:{self.name}")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made.

    Attributes:
        holder: who shows it.
        secret: what they show; given this once and kept nowhere.
    """

    holder: TokenHolder
    secret: str = field(repr=False)


@one_transaction
def make_token(
    c: Transaction, service: Service, actor: Actor, name: str, role: str, store: str | None = None
) -> NewToken:
    """Make a token; only its digest is kept.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who makes it.
        name: a slug, for good; no account may have it.
        role: "counter" or "helper".
        store: slug of the store, for a counter and nobody else.

    Raises:
        InputError: "bad-slug", "bad-role", "bad-store".
        ConflictError: "name-taken".
    """
    require_slug(name, field="name")
    return insert_token(c, service, actor, name, read_role(role, store, TOKEN_ROLES), store)


def insert_token(
    c: Transaction, service: Service, actor: Actor, name: str, role: StaffRole, store: str | None
) -> NewToken:
    """Make a token within a transaction that does more besides (see make_token).

    Raises:
        ConflictError: "name-taken".
    """
    require_free_name(c, name)
    body = base64.urlsafe_b64encode(service.random_bytes(_SECRET_BYTES)).decode().rstrip("=")
    secret = PREFIX + body
    now = service.now()
    values = {"name": name, "role": role.value, "store": store, "token_digest": token_digest(service, secret)}
    row = tokens.insert_token(c, values | {"created_at": now, "created_by": actor.name})
    detail = {"token": name, "role": role.value, "store": store}
    record.log(c, now, actor.name, "token-made", detail=detail)
    return NewToken(_holder(row), secret)


def find_token(service: Service, text: str) -> TokenHolder | None:
    """Tell who shows a token; None for anything that is not one in use."""
    if len(text) != _TEXT_LENGTH or not text.startswith(PREFIX) or not text.isascii():
        return None
    with service.database.looking() as c:
        row = tokens.find_in_use(c, token_digest(service, text))
    return None if row is None else _holder(row)


@one_transaction
def revoke_token(c: Transaction, service: Service, actor: Actor, name: str) -> None:
    """Revoke a token at once and for good; a repeat does nothing.

    Raises:
        InputError: "unknown-token".
    """
    revoke_token_in(c, service, actor, name)


def revoke_token_in(c: Transaction, service: Service, actor: Actor, name: str) -> None:
    """Revoke a token within a transaction that does more besides (see revoke_token)."""
    now = service.now()
    if is_slug(name) and tokens.revoke_token(c, name, now):
        record.log(c, now, actor.name, "token-revoked", detail={"token": name})
    elif not is_slug(name) or tokens.find_named(c, name) is None:
        raise InputError("unknown-token", f"There is no token named {name!r:.60}.", field="name")


def list_tokens(service: Service) -> list[TokenHolder]:
    """List all tokens by name, the revoked too."""
    with service.database.reading() as c:
        return [_holder(row) for row in tokens.list_tokens(c)]


def till_for(service: Service, actor: Actor, round_slug: str, store: str, name: str) -> Till:
    """Give the till that a counter's account or token acts as in a round, enrolling it the first time.

    Args:
        service: the service.
        actor: who acts.
        round_slug: the round.
        store: the counter's own.
        name: of the account or token.

    Raises:
        InputError: "unknown-round"; "unknown-store" where the store has no part in the round.
        StepRefused: "till-revoked".
    """
    with service.database.reading() as c:
        till = tills.find_till(c, rounds.find_round(c, round_slug).id, store, name)
        if till is not None:
            tills.require_in_use(c, till)
            return till
    return enrol_till(service, actor, round_slug, store, name)


def token_digest(service: Service, secret: str) -> bytes:
    """Compute the digest under which a token is kept and looked up: 16 bytes."""
    return service.token_key.digest(secret.encode())[:_DIGEST_BYTES]


def _holder(row: Any) -> TokenHolder:
    return TokenHolder(
        id=row.id,
        name=row.name,
        role=StaffRole(row.role),
        store=row.store,
        created_at=row.created_at,
        created_by=row.created_by,
        revoked_at=row.revoked_at,
    )
