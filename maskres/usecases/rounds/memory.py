"""What a process remembers from one request to the next: whatever an act done at once takes for granted.

None of it is believed. An act that takes it for granted asks the database, in its own transaction, whether it still
holds (db/at_once.py): a token revoked a moment ago lets nobody in, and a draw just closed takes nobody more. Where
something has changed the act is not done at once, what was remembered is forgotten, and the general way looks
everything up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from maskres.db import record, rounds
from maskres.errors import InputError
from maskres.formats.keyed import KeyedHash
from maskres.usecases.accounts.tokens import TokenHolder, find_token, token_digest
from maskres.usecases.rounds.open_data import ShownStore, find_shown_round
from maskres.usecases.service import Service

K = TypeVar("K")
V = TypeVar("V")

TOKENS_KEPT_FOR = timedelta(hours=1)
#: A round's keys are destroyed with its personal data: they leave memory soon after.
ROUNDS_KEPT_FOR = timedelta(minutes=1)
#: What everybody is shown is read at most so often, however many ask and whatever stands before this process.
SHOWN_FOR = timedelta(seconds=1)
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class KnownRound:
    """A published round as it was found.

    Attributes:
        round: the round.
        zone: whose calendar its stores follow.
        stores: their slugs; fixed when the round is made.
        draw: the draw that was open, or None.
        checkpoint: the newest, of the whole ledger, or None.
        origin: the ledger's.
        number_key: registration numbers derive from it.
        seal_key: salts of the seals derive from it.
    """

    round: rounds.Round
    zone: ZoneInfo
    stores: frozenset[str]
    draw: rounds.Draw | None
    checkpoint: record.Checkpoint | None
    origin: str
    number_key: KeyedHash
    seal_key: KeyedHash


class Memory:
    """What one process remembers.

    Args:
        service: the service.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tokens: _Kept[bytes, TokenHolder] = _Kept(TOKENS_KEPT_FOR)
        self._rounds: _Kept[str, KnownRound] = _Kept(ROUNDS_KEPT_FOR)
        self._stores: _ReadByOne[str, Sequence[ShownStore]] = _ReadByOne(SHOWN_FOR)

    def find_token(self, text: str) -> TokenHolder | None:
        """Tell who shows a token, or showed it minutes ago; whether it is in use now must be asked with the act."""
        return self._tokens.find(
            token_digest(self._service, text), self._service.now(), lambda: find_token(self._service, text)
        )

    def find_round(self, slug: str) -> KnownRound | None:
        """Give a published round as it is, or was a moment ago; None where there is none."""
        return self._rounds.find(slug, self._service.now(), lambda: _read_round(self._service, slug))

    def show_stores(
        self, slug: str, read: Callable[[Service, str], Sequence[ShownStore]]
    ) -> Sequence[ShownStore]:
        """Give the stores of a round as they are, or were a second ago: to be shown, and for nothing else.

        Args:
            slug: the round.
            read: looks them up; whatever it raises is raised.
        """
        found = self._stores.find(slug, self._service.now(), lambda: read(self._service, slug))
        return found or ()

    def forget_round(self, slug: str) -> None:
        """Look a round up again next time."""
        self._rounds.forget(slug)


class _Kept(Generic[K, V]):
    """Values by key, each for a while; what was not found is looked for every time."""

    def __init__(self, kept_for: timedelta) -> None:
        self._kept_for = kept_for
        self._values: dict[K, tuple[datetime, V]] = {}
        self._lock = Lock()

    def find(self, key: K, now: datetime, read: Callable[[], V | None]) -> V | None:
        kept = self._values.get(key)
        if kept is not None and now < kept[0]:
            return kept[1]
        value = read()
        if value is not None:
            with self._lock:
                fresh = {each: kept for each, kept in self._values.items() if now < kept[0]}
                self._values = fresh if len(fresh) < _MOST else {}
                self._values[key] = (now + self._kept_for, value)
        return value

    def forget(self, key: K) -> None:
        with self._lock:
            self._values.pop(key, None)


class _ReadByOne(_Kept[K, V]):
    """The same, and one at a time looks: meanwhile others get what was there, or wait where nothing was."""

    def __init__(self, kept_for: timedelta) -> None:
        super().__init__(kept_for)
        self._reading = Lock()

    def find(self, key: K, now: datetime, read: Callable[[], V | None]) -> V | None:
        kept = self._values.get(key)
        if kept is not None and (now < kept[0] or not self._reading.acquire(blocking=False)):
            return kept[1]
        if kept is None:
            self._reading.acquire()
        try:
            return super().find(key, now, read)
        finally:
            self._reading.release()


def _read_round(service: Service, slug: str) -> KnownRound | None:
    with service.database.reading() as c:
        try:
            round_ = find_shown_round(c, slug)
        except InputError:
            return None
        keys = service.keys.round_keys(slug)
        return KnownRound(
            round=round_,
            zone=ZoneInfo(round_.rules.zone),
            stores=frozenset(rounds.store_districts(c, round_.id)),
            draw=rounds.open_draw_of(c, round_.id),
            checkpoint=record.checkpoint_at(c, record.ledger_size(c)),
            origin=record.origin(c),
            number_key=KeyedHash(keys.number),
            seal_key=KeyedHash(keys.seal),
        )
