"""What an enrolled till takes along for a day without network: today's list for its store, and the keys of the rounds.

On the list a code is a digest under a key of the device, and whom to compare with the card is encrypted under a key
that follows from the code itself: whoever finds the device learns nobody's name without the code they would need.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from maskres.db import desk as desk_reads
from maskres.db import pickup, record, rounds, till_lists
from maskres.db.engine import Transaction
from maskres.db.rounds import Round
from maskres.formats import strict_json
from maskres.identity.encryption import NONCE_BYTES
from maskres.identity.names import masked_name
from maskres.pickup.codes import CodeMaker, code_digest
from maskres.pickup.handovers import Answer, AnswerCode
from maskres.pickup.redemption import look_at
from maskres.pickup.signed_codes import CodeSigner
from maskres.usecases.accounts.tokens import TokenHolder, till_for
from maskres.usecases.personal import open_canonical, open_contact
from maskres.usecases.pickup.proxies import open_proxy
from maskres.usecases.service import Service, one_transaction


@dataclass(frozen=True, slots=True)
class Expected:
    """One place of the day.

    Attributes:
        digest: 16 bytes of the code under the device's key.
        answer: what the till is told, as if nothing were to spare.
        identity: nonce and AES-256-GCM of {"last_four", "name"} and "proxy" where the winner has named one, the names
            masked; empty where nothing is to be handed out.
        starts_at: of the slot, aware UTC.
        ends_at: likewise.
    """

    digest: bytes
    answer: Answer
    identity: bytes = field(repr=False)
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class RoundList:
    """The list of one round.

    Attributes:
        round: the round.
        public_key: by which its signed codes are checked.
        day: of the stores' calendar.
        expected: whoever has a place here on this day.
    """

    round: Round
    public_key: bytes
    day: date
    expected: list[Expected]


@dataclass(frozen=True, slots=True)
class TillList:
    """All that a till takes along.

    Attributes:
        key: 32 bytes of this device, by which codes are looked up.
        rounds: those that its store hands out for now.
    """

    key: bytes = field(repr=False)
    rounds: list[RoundList]


@one_transaction
def give_list(c: Transaction, service: Service, till: TokenHolder) -> TillList:
    """Give an enrolled till the list of today. The first of a day is noted in the audit log."""
    store = till.store or ""
    key = service.derived_key(f"till-list/{till.id}")
    slugs = desk_reads.list_collecting(c, store)
    return TillList(
        key, [_of_round(c, service, till, store, key, rounds.find_round(c, slug)) for slug in slugs]
    )


def list_keys(service: Service, store: str) -> list[tuple[Round, bytes]]:
    """List the rounds that a store hands out for, each with the public key by which its signed codes are checked."""
    with service.database.reading() as c:
        found = [rounds.find_round(c, slug) for slug in desk_reads.list_collecting(c, store)]
    return [(each, _signer(service, each.slug).public_key) for each in found]


def enrol_in_rounds(service: Service, till: TokenHolder) -> None:
    """Make an enrolled till a till of every round its store hands out for, so that forfeits wait for its report."""
    with service.database.reading() as c:
        slugs = desk_reads.list_collecting(c, till.store or "")
    for slug in slugs:
        till_for(service, till.actor, slug, till.store or "", till.name)


def identity_key(key: bytes, code: str) -> bytes:
    """Derive the key under which the identity behind a code is encrypted on a device."""
    return hmac.digest(key, f"identity/{code}".encode("ascii"), "sha256")


def _of_round(
    c: Transaction, service: Service, till: TokenHolder, store: str, key: bytes, round_: Round
) -> RoundList:
    now = service.now()
    zone = ZoneInfo(round_.rules.zone)
    day = now.astimezone(zone).date()
    since = datetime.combine(day, time(), zone).astimezone(UTC)
    rows = till_lists.list_expected(c, round_.id, store, since, since + timedelta(days=1))
    code_key = service.keys.round_keys(round_.slug).code
    makers = {row.draw_number: CodeMaker(code_key, round_.slug, row.draw_number) for row in rows}
    _note(c, service, till, round_, since, rows)
    expected = [
        _expected(
            service,
            round_.slug,
            key,
            makers[row.draw_number].code(row.number, row.code_version),
            row,
            look_at(pickup.place_of_row(row), store, now, zone=zone, has_unreserved_stock=False),
        )
        for row in rows
    ]
    return RoundList(round_, _signer(service, round_.slug).public_key, day, expected)


def _signer(service: Service, slug: str) -> CodeSigner:
    return CodeSigner(service.keys.round_keys(slug).code, slug)


def _note(
    c: Transaction, service: Service, till: TokenHolder, round_: Round, since: datetime, rows: Iterable[Any]
) -> None:
    act = "till-list-given"
    if record.count_log(c, till.actor.name, act, round_.slug, since):
        return
    detail = {"store": till.store, "till": till.name, "people": len(list(rows))}
    record.log(c, service.now(), till.actor.name, act, round_slug=round_.slug, detail=detail)


def _expected(service: Service, round_slug: str, key: bytes, code: str, row: Any, answer: Answer) -> Expected:
    digest = code_digest(key, code)
    identity = b""
    if answer.code is AnswerCode.VALID:
        shown = strict_json.dumps(_identity(service, round_slug, row))
        nonce = service.random_bytes(NONCE_BYTES)
        identity = nonce + AESGCM(identity_key(key, code)).encrypt(nonce, shown, digest)
    return Expected(digest, answer, identity, row.starts_at, row.ends_at)


def _identity(service: Service, round_slug: str, row: Any) -> dict[str, Any]:
    contact = open_contact(service.cipher, row.contact, row.id_digest)
    canonical = open_canonical(service.cipher, bytes(row.canonical), row.id_digest)
    shown: dict[str, Any] = {"last_four": canonical[-4:], "name": masked_name(contact.name)}
    if row.proxy is not None:
        shown["proxy"] = open_proxy(service, round_slug, row.number, bytes(row.proxy)).masked.members
    return shown
