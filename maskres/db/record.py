"""Queries on the record: the ledger, its checkpoints and cosignatures, and the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from maskres.db.engine import Transaction
from maskres.db.tables import audit_log, checkpoints, cosignatures, deployment, ledger_entries
from maskres.errors import ConfigurationError, ConflictError, InputError


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint as the service signed it."""

    size: int
    root: str
    note: str


def set_origin(c: Transaction, origin: str, now: datetime) -> None:
    """Say once and for all which ledger this database holds; a repeat does nothing.

    Raises:
        ConfigurationError: "other-origin" where it holds another.
    """
    stands = c.execute(select(deployment.c.origin)).scalar_one_or_none()
    if stands is None:
        c.execute(insert(deployment).values(id=1, origin=origin, created_at=now))
    elif stands != origin:
        raise ConfigurationError(
            "other-origin", f"This database holds the ledger {stands}; it cannot become {origin}."
        )


def origin(c: Transaction) -> str:
    """Give the ledger's origin.

    Raises:
        ConfigurationError: "no-origin".
    """
    stands = c.execute(select(deployment.c.origin)).scalar_one_or_none()
    if stands is None:
        raise ConfigurationError(
            "no-origin",
            "The ledger has no name yet. Give it one: python -m maskres database init --origin NAME",
        )
    return str(stands)


def ledger_lines(c: Transaction, size: int | None = None) -> list[bytes]:
    """Give the lines of the ledger, or its first `size` ones, without LF."""
    statement = select(ledger_entries.c.line).order_by(ledger_entries.c.seq)
    if size is not None:
        statement = statement.where(ledger_entries.c.seq < size)
    return [bytes(line) for line in c.execute(statement).scalars()]


def count_entries(c: Transaction, kind: str, round_slug: str, draw: int | None) -> int:
    """Count the entries of a kind for a draw, or for a round as a whole."""
    where = (ledger_entries.c.kind == kind, ledger_entries.c.round == round_slug)
    of_draw = ledger_entries.c.draw.is_(None) if draw is None else ledger_entries.c.draw == draw
    return int(
        c.execute(select(func.count()).select_from(ledger_entries).where(*where, of_draw)).scalar_one()
    )


def list_steps(c: Transaction, round_slug: str, kinds: Iterable[str]) -> list[tuple[str, int | None]]:
    """List the kind and draw of a round's entries of some kinds, in the order of the ledger."""
    entries = ledger_entries.c
    where = (entries.round == round_slug, entries.kind.in_(list(kinds)))
    rows = c.execute(select(entries.kind, entries.draw).where(*where).order_by(entries.seq))
    return [(row.kind, row.draw) for row in rows]


def ledger_size(c: Transaction) -> int:
    """Give the number of lines of the ledger."""
    return int(c.execute(select(func.count()).select_from(ledger_entries)).scalar_one())


def insert_ledger_line(
    c: Transaction, seq: int, kind: str, round_slug: str, draw: int | None, line: bytes
) -> None:
    """Append a line.

    Raises:
        ConflictError: "done-elsewhere" where another line took this place at the same time.
    """
    try:
        c.execute(insert(ledger_entries).values(seq=seq, kind=kind, round=round_slug, draw=draw, line=line))
    except IntegrityError as error:
        raise ConflictError(
            "done-elsewhere", "Another step was entered in the ledger at this moment."
        ) from error


def insert_checkpoint(c: Transaction, size: int, root: str, note: str, now: datetime) -> None:
    """Keep a signed checkpoint."""
    c.execute(insert(checkpoints).values(size=size, root=root, note=note, signed_at=now))


def latest_checkpoint(c: Transaction) -> Checkpoint | None:
    """Give the newest checkpoint, if there is one."""
    row = c.execute(select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1)).one_or_none()
    return None if row is None else Checkpoint(row.size, row.root, row.note)


def checkpoint_at(c: Transaction, size: int) -> Checkpoint | None:
    """Give the checkpoint of a size, if there is one."""
    row = c.execute(select(checkpoints).where(checkpoints.c.size == size)).one_or_none()
    return None if row is None else Checkpoint(row.size, row.root, row.note)


def require_checkpoint(c: Transaction, size: int) -> Checkpoint:
    """Give the checkpoint of a size.

    Raises:
        InputError: "unknown-checkpoint".
    """
    found = checkpoint_at(c, size)
    if found is None:
        raise InputError("unknown-checkpoint", f"There is no checkpoint of size {size}.", field="size")
    return found


def list_checkpoints(c: Transaction) -> list[Checkpoint]:
    """List all checkpoints by size."""
    rows = c.execute(select(checkpoints).order_by(checkpoints.c.size))
    return [Checkpoint(row.size, row.root, row.note) for row in rows]


def insert_cosignature(c: Transaction, size: int, name: str, line: str, cosigned_at: datetime) -> None:
    """Keep a cosignature."""
    c.execute(insert(cosignatures).values(size=size, name=name, line=line, cosigned_at=cosigned_at))


def list_cosignatures(c: Transaction, size: int) -> list[str]:
    """List the signature lines under a checkpoint, by name."""
    where = cosignatures.c.size == size
    return list(c.execute(select(cosignatures.c.line).where(where).order_by(cosignatures.c.name)).scalars())


def list_cosigners(c: Transaction, size: int) -> list[str]:
    """List the names that cosigned a checkpoint."""
    return list(c.execute(select(cosignatures.c.name).where(cosignatures.c.size == size)).scalars())


def log(
    c: Transaction,
    at: datetime,
    actor: str,
    act: str,
    *,
    round_slug: str | None = None,
    draw: int | None = None,
    number: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write a line of the audit log.

    Args:
        c: the transaction of the act itself: neither happens without the other.
        at: when.
        actor: who.
        act: what, such as "draw-closed" or "personal-data-read".
        round_slug: where.
        draw: where.
        number: about which registration.
        detail: digests, counts, reasons; never personal data.
    """
    c.execute(
        insert(audit_log).values(
            at=at,
            actor=actor,
            act=act,
            round=round_slug,
            draw=draw,
            number=number,
            detail=json.dumps(detail or {}, ensure_ascii=False, sort_keys=True),
        )
    )


def is_logged(c: Transaction, act: str, round_slug: str, number: str) -> bool:
    """Tell whether an act about a registration is in the audit log."""
    where = (audit_log.c.act == act, audit_log.c.round == round_slug, audit_log.c.number == number)
    return c.execute(select(audit_log.c.id).where(*where).limit(1)).one_or_none() is not None


def log_each(
    c: Transaction,
    at: datetime,
    actor: str,
    act: str,
    *,
    round_slug: str,
    draw: int,
    details: Mapping[str, Mapping[str, Any]],
) -> None:
    """Write a line of the audit log for each of many registrations, number → detail. See log."""
    rows = [
        {
            "at": at,
            "actor": actor,
            "act": act,
            "round": round_slug,
            "draw": draw,
            "number": number,
            "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True),
        }
        for number, detail in details.items()
    ]
    if rows:
        c.execute(insert(audit_log), rows)


def count_log(c: Transaction, actor: str, act: str, round_slug: str, since: datetime) -> int:
    """Count the lines of the audit log that say that somebody did something in a round since a moment."""
    where = (
        audit_log.c.actor == actor,
        audit_log.c.act == act,
        audit_log.c.round == round_slug,
        audit_log.c.at >= since,
    )
    return int(c.execute(select(func.count()).select_from(audit_log).where(*where)).scalar_one())


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines of the audit log are wanted; what is None asks nothing.

    Attributes:
        act: what was done.
        actor: who did it, or the beginning of their name, such as "operator/".
        round_slug: where.
        draw: number of the draw in its round.
        number: about which registration.
        about: what stands somewhere in the detail, such as an account, a store, or how a digest begins.
        since: from this moment on.
        until: before this moment.
    """

    act: str | None = None
    actor: str | None = None
    round_slug: str | None = None
    draw: int | None = None
    number: str | None = None
    about: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def read_log(
    c: Transaction,
    *,
    act: str | None = None,
    limit: int = 1000,
    wanted: LogFilter | None = None,
    before: int | None = None,
) -> list[Any]:
    """Give the newest lines of the audit log.

    Args:
        c: a transaction.
        act: only of this act.
        limit: at most so many.
        wanted: which.
        before: only lines older than the one of this id.
    """
    asked = wanted or LogFilter(act=act)
    a = audit_log.c
    conditions = [
        column == value
        for column, value in (
            (a.act, asked.act),
            (a.round, asked.round_slug),
            (a.draw, asked.draw),
            (a.number, asked.number),
        )
        if value is not None
    ]
    if asked.actor is not None:
        conditions.append(a.actor.startswith(asked.actor, autoescape=True))
    if asked.about is not None:
        conditions.append(a.detail.contains(asked.about, autoescape=True))
    if asked.since is not None:
        conditions.append(a.at >= asked.since)
    if asked.until is not None:
        conditions.append(a.at < asked.until)
    if before is not None:
        conditions.append(a.id < before)
    return list(c.execute(select(audit_log).where(*conditions).order_by(a.id.desc()).limit(limit)))


def list_acts(c: Transaction) -> list[str]:
    """List the kinds of acts that stand in the audit log."""
    return list(c.execute(select(audit_log.c.act).distinct().order_by(audit_log.c.act)).scalars())


def find_act(c: Transaction, act: str, round_slug: str, draw: int) -> datetime | None:
    """Give the time of the newest act of a kind about a draw, or None."""
    a = audit_log.c
    where = (a.act == act, a.round == round_slug, a.draw == draw)
    found: datetime | None = c.execute(
        select(a.at).where(*where).order_by(a.id.desc()).limit(1)
    ).scalar_one_or_none()
    return found
