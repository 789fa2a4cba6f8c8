"""Queries on rounds, their stores and their draws."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from maskres.db.engine import Transaction
from maskres.db.tables import draws, rounds, stores
from maskres.errors import ConflictError, InputError
from maskres.formats.values import sha256_hex
from maskres.rounds.rules import Rules
from maskres.rounds.rules_file import read_rules
from maskres.rounds.status import DrawStatus, RoundStatus, require_draw_step, require_round_step
from maskres.rounds.times import NO_TIMES, Registering, RegistrationTimes


@dataclass(frozen=True, slots=True)
class Round:
    """A round as it stands.

    Attributes:
        cosigners: role ("notary", "witness") and verifier key of everyone who cosigns.
        times: announced for the first draw; once the round is open those of the draw count.
    """

    id: int
    slug: str
    status: RoundStatus
    rules: Rules
    rules_bytes: bytes
    cosigners: tuple[tuple[str, str], ...]
    opened_at: datetime | None
    finished_at: datetime | None
    times: RegistrationTimes

    @property
    def rules_sha256(self) -> str:
        """Digest of the published rules."""
        return sha256_hex(self.rules_bytes)


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw as it stands.

    Attributes:
        times: announced; those of a draw that is no longer open are only of interest to look back at.
    """

    id: int
    round_id: int
    draw: int
    status: DrawStatus
    times: RegistrationTimes
    closed_at: datetime | None
    decided_at: datetime | None
    committed_at: datetime | None
    committed_by: str | None
    published_at: datetime | None
    dice: str | None
    beacon: str | None
    seed: str | None

    def registering_at(self, now: datetime) -> Registering | None:
        """Tell where its registration stands by the announced times; None once it is closed."""
        return self.times.state_at(now) if self.status is DrawStatus.OPEN else None

    def takes_registrations_at(self, now: datetime) -> bool:
        """Tell whether people may register for it."""
        return self.registering_at(now) is Registering.RUNNING


@dataclass(frozen=True, slots=True)
class Store:
    """A partner store of a round."""

    store: str
    district: str
    name: str
    address: str
    opens: str
    closes: str


def insert_round(
    c: Transaction,
    slug: str,
    rules: bytes,
    cosigners: Sequence[tuple[str, str]],
    times: RegistrationTimes,
    now: datetime,
) -> int:
    """Insert a draft round and give its id.

    Raises:
        ConflictError: "round-exists".
    """
    values = {"slug": slug, "rules": rules, "cosigners": json.dumps(list(cosigners)), "created_at": now}
    values |= _time_columns(times)
    try:
        statement = insert(rounds).values(status=RoundStatus.DRAFT, **values).returning(rounds.c.id)
        return int(c.execute(statement).scalar_one())
    except IntegrityError as error:
        raise ConflictError("round-exists", f"There is a round {slug} already.", field="round") from error


def find_round(c: Transaction, slug: str, *, is_locked: bool = False) -> Round:
    """Find a round.

    Args:
        c: a transaction; a writing one where the round is to be locked.
        slug: of the round.
        is_locked: keep every other step that concerns the whole round waiting until the transaction ends.

    Raises:
        InputError: "unknown-round".
    """
    statement = select(rounds).where(rounds.c.slug == slug)
    row = c.execute(statement.with_for_update() if is_locked else statement).one_or_none()
    if row is None:
        raise InputError("unknown-round", f"There is no round {slug!r:.50}.", field="round")
    return _round(row)


def round_by_id(c: Transaction, round_id: int) -> Round:
    """Give a round by its id."""
    return _round(c.execute(select(rounds).where(rounds.c.id == round_id)).one())


def list_rounds(c: Transaction) -> list[Round]:
    """List all rounds, oldest first."""
    return [_round(row) for row in c.execute(select(rounds).order_by(rounds.c.id))]


def move_round(c: Transaction, round_: Round, then: RoundStatus, **values: Any) -> None:
    """Take a round one step on, once.

    Raises:
        StepRefused: "step-out-of-order".
        ConflictError: "done-elsewhere" where somebody else took the step at the same time.
    """
    require_round_step(round_.status, then)
    statement = update(rounds).where(rounds.c.id == round_.id, rounds.c.status == round_.status)
    if c.execute(statement.values(status=then, **values)).rowcount != 1:
        raise ConflictError(
            "done-elsewhere", f"Someone else moved the round on from {round_.status} just now."
        )


def set_rules(c: Transaction, round_: Round, rules: bytes) -> None:
    """Replace the rules of a draft round."""
    c.execute(update(rounds).where(rounds.c.id == round_.id).values(rules=rules))


def set_times(c: Transaction, of: Round | Draw, times: RegistrationTimes) -> None:
    """Announce registration times of a draft round's first draw, or of a draw."""
    table = rounds if isinstance(of, Round) else draws
    c.execute(update(table).where(table.c.id == of.id).values(**_time_columns(times)))


def _time_columns(times: RegistrationTimes) -> dict[str, datetime | None]:
    return {"opens_at": times.opens_at, "closes_at": times.closes_at}


def insert_stores(c: Transaction, round_id: int, rows: Iterable[Store]) -> None:
    """Insert the stores of a round."""
    values = [
        {
            "round_id": round_id,
            "store": store.store,
            "district": store.district,
            "name": store.name,
            "address": store.address,
            "opens": store.opens,
            "closes": store.closes,
        }
        for store in rows
    ]
    if values:
        c.execute(insert(stores), values)


def delete_stores(c: Transaction, round_id: int) -> None:
    """Delete the stores of a round that is still a draft: nothing refers to them yet."""
    c.execute(delete(stores).where(stores.c.round_id == round_id))


def change_stores(c: Transaction, round_id: int, rows: Iterable[Store]) -> None:
    """Change name, address and hours of stores of a round."""
    values = [
        {
            "of_store": store.store,
            "new_name": store.name,
            "new_address": store.address,
            "new_opens": store.opens,
            "new_closes": store.closes,
        }
        for store in rows
    ]
    changes: dict[str, Any] = {
        name: bindparam(f"new_{name}") for name in ("name", "address", "opens", "closes")
    }
    if values:
        where = (stores.c.round_id == round_id, stores.c.store == bindparam("of_store"))
        c.execute(update(stores).where(*where).values(changes), values)


def store_districts(c: Transaction, round_id: int) -> dict[str, str]:
    """Give the district of every store of a round."""
    rows = c.execute(select(stores.c.store, stores.c.district).where(stores.c.round_id == round_id))
    return {row.store: row.district for row in rows}


def list_stores(c: Transaction, round_id: int) -> list[Store]:
    """List the stores of a round by district and slug."""
    of_round = select(stores).where(stores.c.round_id == round_id)
    return [_store(row) for row in c.execute(of_round.order_by(stores.c.district, stores.c.store))]


def find_store(c: Transaction, round_id: int, store: str) -> Store | None:
    """Give a store of a round, or None."""
    row = c.execute(
        select(stores).where(stores.c.round_id == round_id, stores.c.store == store)
    ).one_or_none()
    return None if row is None else _store(row)


def find_store_name(c: Transaction, store: str) -> str | None:
    """Give what a store is called in the newest round that knows it."""
    of_newest = select(stores.c.name).where(stores.c.store == store).order_by(stores.c.round_id.desc())
    found: str | None = c.execute(of_newest.limit(1)).scalar()
    return found


def insert_draw(
    c: Transaction, round_id: int, draw: int, now: datetime, times: RegistrationTimes = NO_TIMES
) -> int:
    """Insert an open draw and give its id."""
    values = {"round_id": round_id, "draw": draw, "status": DrawStatus.OPEN, "opened_at": now}
    statement = insert(draws).values(**values, **_time_columns(times))
    return int(c.execute(statement.returning(draws.c.id)).scalar_one())


def find_draw(c: Transaction, round_: Round, draw: int, *, is_locked: bool = False) -> Draw:
    """Find a draw of a round.

    Args:
        c: a transaction; a writing one where the draw is to be locked.
        round_: the round.
        draw: number of the draw in the round, from 1.
        is_locked: keep every other step of this draw waiting until the transaction ends.

    Raises:
        InputError: "unknown-draw".
    """
    statement = select(draws).where(draws.c.round_id == round_.id, draws.c.draw == draw)
    row = c.execute(statement.with_for_update() if is_locked else statement).one_or_none()
    if row is None:
        raise InputError("unknown-draw", f"Round {round_.slug} has no draw {draw}.", field="draw")
    return _draw(row)


def list_draws(c: Transaction, round_id: int) -> list[Draw]:
    """List the draws of a round in their order."""
    rows = c.execute(select(draws).where(draws.c.round_id == round_id).order_by(draws.c.draw))
    return [_draw(row) for row in rows]


def open_draw_of(c: Transaction, round_id: int) -> Draw | None:
    """Give the draw that registrations go into now, if one is open."""
    where = (draws.c.round_id == round_id, draws.c.status == DrawStatus.OPEN)
    row = c.execute(select(draws).where(*where)).one_or_none()
    return None if row is None else _draw(row)


def draw_taking_registrations(c: Transaction, round_id: int, now: datetime) -> Draw | None:
    """Give the draw that people may register for at a moment: it is open, and so are its announced times."""
    draw = open_draw_of(c, round_id)
    return draw if draw is not None and draw.takes_registrations_at(now) else None


def move_draw(c: Transaction, draw: Draw, then: DrawStatus, **values: Any) -> None:
    """Take a draw one step on, once.

    Raises:
        StepRefused: "step-out-of-order".
        ConflictError: "done-elsewhere" where somebody else took the step at the same time.
    """
    require_draw_step(draw.status, then)
    statement = update(draws).where(draws.c.id == draw.id, draws.c.status == draw.status)
    if c.execute(statement.values(status=then, **values)).rowcount != 1:
        raise ConflictError("done-elsewhere", f"Someone else moved the draw on from {draw.status} just now.")


def write_draw(c: Transaction, draw: Draw, values: Mapping[str, Any]) -> None:
    """Write values of a draw that the transaction has locked; the database refuses to change what is fixed."""
    c.execute(update(draws).where(draws.c.id == draw.id).values(**values))


@lru_cache(maxsize=64)
def _parse_rules(data: bytes) -> Rules:
    # Rules never change, and every request needs them.
    return read_rules(data, is_published=True)


def _round(row: Row[Any]) -> Round:
    return Round(
        id=row.id,
        slug=row.slug,
        status=RoundStatus(row.status),
        rules=_parse_rules(bytes(row.rules)),
        rules_bytes=bytes(row.rules),
        cosigners=tuple((role, key) for role, key in json.loads(row.cosigners)),
        opened_at=row.opened_at,
        finished_at=row.finished_at,
        times=RegistrationTimes(row.opens_at, row.closes_at),
    )


def _store(row: Row[Any]) -> Store:
    return Store(row.store, row.district, row.name, row.address, row.opens, row.closes)


def _draw(row: Row[Any]) -> Draw:
    return Draw(
        id=row.id,
        round_id=row.round_id,
        draw=row.draw,
        status=DrawStatus(row.status),
        times=RegistrationTimes(row.opens_at, row.closes_at),
        closed_at=row.closed_at,
        decided_at=row.decided_at,
        committed_at=row.committed_at,
        committed_by=row.committed_by,
        published_at=row.published_at,
        dice=row.dice,
        beacon=row.beacon,
        seed=row.seed,
    )
