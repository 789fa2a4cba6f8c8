"""Queries on the invitations by which devices become tills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from maskres.db.engine import Transaction
from maskres.db.tables import api_tokens, till_invitations, tills

_T = till_invitations.c


@dataclass(frozen=True, slots=True)
class InvitedTill:
    """A device that was invited, and what became of it.

    Attributes:
        name: of the till.
        store: slug.
        made_at: when it was invited.
        expires_at: until when it could be enrolled.
        taken_at: when it was, or None.
        revoked_at: since when it counts no more, or None.
        reported_at: when it last said that it keeps nothing back, in any round; None if it never did.
    """

    name: str
    store: str
    made_at: datetime
    expires_at: datetime
    taken_at: datetime | None
    revoked_at: datetime | None
    reported_at: datetime | None


def insert_invitation(c: Transaction, values: dict[str, Any]) -> None:
    """Insert an invitation; an earlier one of that name that nobody has taken gives way."""
    c.execute(delete(till_invitations).where(_T.name == values["name"], _T.taken_at.is_(None)))
    c.execute(insert(till_invitations).values(**values))


def find_open(c: Transaction, digest: bytes, now: datetime) -> Any | None:
    """Give the row of an invitation that can still be taken."""
    where = (_T.code_digest == digest, _T.taken_at.is_(None), _T.expires_at > now)
    return c.execute(select(till_invitations).where(*where)).one_or_none()


def take(c: Transaction, name: str, now: datetime) -> bool:
    """Note that an invitation was taken; tells whether nobody had before."""
    where = (_T.name == name, _T.taken_at.is_(None))
    return c.execute(update(till_invitations).where(*where).values(taken_at=now)).rowcount == 1


def withdraw(c: Transaction, name: str) -> bool:
    """Delete an invitation that nobody has taken; tells whether there was one."""
    where = (_T.name == name, _T.taken_at.is_(None))
    return c.execute(delete(till_invitations).where(*where)).rowcount == 1


def list_invited(c: Transaction) -> list[InvitedTill]:
    """List every device that was invited, by store and name."""
    reported = (
        select(tills.c.store, tills.c.name, func.max(tills.c.reported_at).label("reported_at"))
        .group_by(tills.c.store, tills.c.name)
        .subquery()
    )
    statement = (
        select(
            _T.name,
            _T.store,
            _T.made_at,
            _T.expires_at,
            _T.taken_at,
            api_tokens.c.revoked_at,
            reported.c.reported_at,
        )
        .outerjoin(api_tokens, api_tokens.c.name == _T.name)
        .outerjoin(reported, (reported.c.store == _T.store) & (reported.c.name == _T.name))
        .order_by(_T.store, _T.name)
    )
    return [InvitedTill(**row._mapping) for row in c.execute(statement)]
