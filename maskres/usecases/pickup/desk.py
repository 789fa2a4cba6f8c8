"""A store's counter as its cashier sees it: a code or card, what is behind it, handing over, undoing, the last minutes.

Several rounds may be collected at once: a code belongs to one, and is found in it whatever the others do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from maskres.db import desk as reads
from maskres.db import people, record, rounds
from maskres.db.engine import Transaction
from maskres.db.rounds import Store
from maskres.db.tills import Till
from maskres.errors import InputError
from maskres.identity.documents import Document, read_document
from maskres.identity.names import masked_name
from maskres.pickup.codes import code_digest
from maskres.pickup.handovers import Answer, AnswerCode
from maskres.pickup.proxies import Proxy
from maskres.pickup.redemption import UNDO_MINUTES
from maskres.pickup.signed_codes import read_code
from maskres.rounds.status import DrawStatus
from maskres.usecases.accounts.tokens import till_for
from maskres.usecases.personal import open_canonical, open_contact
from maskres.usecases.pickup import redeeming
from maskres.usecases.pickup.proxies import find_proxy
from maskres.usecases.service import Actor, Service, one_transaction

UNDO = timedelta(minutes=UNDO_MINUTES)


@dataclass(frozen=True, slots=True)
class Desk:
    """A counter at work.

    Attributes:
        actor: whose account.
        store: slug of its store.
        till: name of the till it acts as.
    """

    actor: Actor
    store: str
    till: str


@dataclass(frozen=True, slots=True)
class Scan:
    """One winner before the counter.

    Attributes:
        nonce: of the hand-over that may follow; made once for this scan.
        code: twelve bare symbols, or None where only the card is there.
        card: the number of the document as read_document takes it, or None.
    """

    nonce: str
    code: str | None = None
    card: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What the cashier compares with the card, and no more.

    Attributes:
        name: masked.
        last_four: last four characters of the document's number.
        proxy: whom the winner has named to collect, the name masked; None where nobody is named.
    """

    name: str
    last_four: str
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What the cashier sees of a scan.

    Attributes:
        answer: what the till is told.
        round: of the code; None where it is unknown.
        number: the winner's registration number, or None.
        starts_at: begin of the slot, or None.
        ends_at: end of the slot, or None.
        store: for another store, which one.
        identity: to be compared before handing over; only while it may be handed over.
        draw_status: of the code's draw, or None.
        undo_until: for what this till has handed out, how long it can be undone; None once it cannot.
    """

    answer: Answer
    round: rounds.Round | None = None
    number: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    store: Store | None = None
    identity: Identity | None = None
    draw_status: DrawStatus | None = None
    undo_until: datetime | None = None


def see(service: Service, desk: Desk, scan: Scan) -> Sight:
    """Tell what is behind a scan: what was done with it already, or else where its place stands now.

    Raises:
        InputError: "bad-number", "bad-document".
        StepRefused: "till-revoked".
    """
    done = see_handover(service, desk, scan.nonce)
    if done is not None:
        return done
    if scan.code is not None:
        return _see_code(service, desk, scan.code)
    return _see_card(service, desk, read_document(scan.card or ""))


def see_at_till(
    service: Service, desk: Desk, till: Till, *, code: str | None, card: Document | None
) -> Sight:
    """Tell a store's own till what is behind a code or card, and whom to compare with it.

    Who it is is read only where something may be handed out, and each reading is logged under the token.

    Args:
        service: the service.
        desk: the token's counter.
        till: that it acts as.
        code: as typed or scanned.
        card: where there is no code.

    Raises:
        InputError: "bad-number" naming the code.
        StepRefused: "till-revoked".
    """
    if card is not None:
        answer = redeeming.look_up_card(service, till, card)
    else:
        answer = redeeming.look_up(service, till, code or "")
    return Sight(answer) if answer.place is None else _behind(service, desk, answer, answer.place)


def see_handover(service: Service, desk: Desk, nonce: str) -> Sight | None:
    """Tell what this till did under a nonce, and whether it still stands; None where it did nothing."""
    with service.database.reading() as c:
        row = reads.find_handover(c, nonce)
        if row is None or (row.store, row.till) != (desk.store, desk.till):
            return None
        place = None if row.place_id is None else reads.find_place(c, row.place_id)
        round_ = rounds.find_round(c, row.slug)
        store = None if row.answer_store is None else rounds.find_store(c, round_.id, row.answer_store)
    code = AnswerCode(row.answer)
    until = None
    if code is AnswerCode.HANDED_OUT and place is not None:
        if place.collected_nonce == nonce:
            until = row.received_at + UNDO
        else:
            code = AnswerCode.UNDONE
    reason = None if row.reason is None else AnswerCode(row.reason)
    answer = Answer(code, row.place_id, reason, row.answer_at, row.answer_till, row.answer_store)
    return Sight(
        answer,
        round_,
        number=None if place is None else place.number,
        starts_at=None if place is None else place.starts_at,
        ends_at=None if place is None else place.ends_at,
        store=store,
        undo_until=until if until is not None and service.now() <= until else None,
    )


def hand_over(service: Service, desk: Desk, scan: Scan, *, is_proxy: bool) -> Answer:
    """Hand out to whom a scan belongs; the same scan again gives the same answer and does nothing.

    Args:
        service: the service.
        desk: the counter.
        scan: as it was seen.
        is_proxy: somebody else collects for the winner.

    Raises:
        InputError: "bad-number", "bad-document", "bad-nonce".
        StepRefused: "till-revoked", "not-collecting".
    """
    if scan.code is not None:
        where = _locate(service, scan.code)
        slugs = [] if where is None else [where.slug]
        card = None
    else:
        slugs = collecting_rounds(service, desk)
        card = read_document(scan.card or "")
    answer = Answer(AnswerCode.UNKNOWN)
    for slug in slugs:
        request = redeeming.Request(scan.nonce, code=scan.code, card=card, is_proxy=is_proxy)
        answer = redeeming.report(service, _till(service, desk, slug), [request])[0]
        if answer.code is not AnswerCode.UNKNOWN:
            break
    return answer


def undo(service: Service, desk: Desk, nonce: str) -> Answer:
    """Take a hand-over back within ten minutes; asked again it is the same undo.

    Args:
        service: the service.
        desk: the counter.
        nonce: of the hand-over.

    Raises:
        InputError: "bad-nonce".
        StepRefused: "till-revoked".
    """
    with service.database.reading() as c:
        row = reads.find_handover(c, nonce)
    if row is None:
        return Answer(AnswerCode.UNKNOWN)
    request = redeeming.Request(f"undo-{nonce}", undoes=nonce)
    return redeeming.report(service, _till(service, desk, row.slug), [request])[0]


def find_code_round(service: Service, code: str) -> str | None:
    """Give the slug of the round that a code is of, or None."""
    where = _locate(service, code)
    return None if where is None else where.slug


def collecting_rounds(service: Service, desk: Desk) -> list[str]:
    """List the rounds that this counter hands out for now."""
    with service.database.reading() as c:
        return reads.list_collecting(c, desk.store)


def _till(service: Service, desk: Desk, slug: str) -> Till:
    return till_for(service, desk.actor, slug, desk.store, desk.till)


@dataclass(frozen=True, slots=True)
class _Located:
    slug: str
    draw_status: DrawStatus
    store: Store | None


def _locate(service: Service, code: str) -> _Located | None:
    digest = code_digest(service.keys.deployment.lookup, read_code(code))
    with service.database.reading() as c:
        row = reads.find_code(c, digest)
        if row is None:
            return None
        store = None if row.store is None else rounds.find_store(c, row.round_id, row.store)
    return _Located(row.slug, DrawStatus(row.draw_status), store)


def _see_code(service: Service, desk: Desk, code: str) -> Sight:
    where = _locate(service, code)
    if where is None:
        return Sight(Answer(AnswerCode.UNKNOWN))
    try:
        till = _till(service, desk, where.slug)
    except InputError as error:
        if error.code != "unknown-store":
            raise
        # This store has no part in that round, so all it can tell is where the winner should go.
        answer = Answer(AnswerCode.OTHER_STORE, store=where.store.store if where.store else None)
        return Sight(answer, store=where.store)
    answer = redeeming.look_up(service, till, code)
    if answer.place is None:
        return Sight(answer, draw_status=where.draw_status)
    return _behind(service, desk, answer, answer.place)


def _see_card(service: Service, desk: Desk, card: Document) -> Sight:
    answer = Answer(AnswerCode.UNKNOWN)
    for slug in collecting_rounds(service, desk):
        answer = redeeming.look_up_card(service, _till(service, desk, slug), card)
        if answer.code is not AnswerCode.UNKNOWN:
            break
    return Sight(answer) if answer.place is None else _behind(service, desk, answer, answer.place)


@one_transaction
def _behind(c: Transaction, service: Service, desk: Desk, answer: Answer, place_id: int) -> Sight:
    """Add to an answer what the cashier needs, reading who it is only where something is to be handed out."""
    place = reads.find_place(c, place_id)
    round_ = rounds.round_by_id(c, place.round_id)
    identity = None
    if answer.code is AnswerCode.VALID:
        identity = _read_identity(c, service, desk, round_, place.number)
    return Sight(
        answer,
        round_,
        place.number,
        place.starts_at,
        place.ends_at,
        store=None if answer.store is None else rounds.find_store(c, round_.id, answer.store),
        identity=identity,
        draw_status=DrawStatus.COLLECTING,
    )


def _read_identity(
    c: Transaction, service: Service, desk: Desk, round_: rounds.Round, number: str
) -> Identity:
    row = people.find_registration(c, round_.id, number)
    detail = {"what": "identity", "store": desk.store, "till": desk.till}
    record.log(
        c,
        service.now(),
        desk.actor.name,
        "personal-data-read",
        round_slug=round_.slug,
        number=number,
        detail=detail,
    )
    contact = open_contact(service.cipher, row.contact, row.id_digest)
    canonical = open_canonical(service.cipher, people.document_of(c, row.id_digest), row.id_digest)
    named = find_proxy(c, service, round_, number)
    return Identity(masked_name(contact.name), canonical[-4:], None if named is None else named.masked)
