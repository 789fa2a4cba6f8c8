"""The counter: handing out once, undoing a slip, uploading what was handed out without network."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from maskres.db import handovers, pickup, record, rounds, tills
from maskres.db.engine import Transaction
from maskres.db.locks import lock_stock
from maskres.db.pickup import FoundPlace
from maskres.db.stock import count_stock
from maskres.db.tills import Till
from maskres.errors import InputError, StepRefused
from maskres.identity.digests import id_digest
from maskres.identity.documents import Document
from maskres.pickup.codes import code_digest
from maskres.pickup.handovers import Answer, AnswerCode, Handover
from maskres.pickup.places import Place, PlaceStatus
from maskres.pickup.reconciliation import unreserved_portions
from maskres.pickup.redemption import decide_handovers, look_at
from maskres.pickup.signed_codes import read_code
from maskres.rounds.status import DrawStatus
from maskres.usecases.notices import tell_card_looked_up
from maskres.usecases.service import Service, one_transaction

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
#: How many cards one till may look up on one local day: a busy store's, but no trawling through the city.
CARDS_A_DAY = 200


@dataclass(frozen=True, slots=True)
class Request:
    """One act a till reports.

    Attributes:
        nonce: 16 to 64 of A-Z, a-z, 0-9, _ and -, made once for this act.
        code: the pickup code as typed or scanned; None where only the card was shown, or for an undo.
        card: the document of a winner who brought only that.
        claimed_at: when, by the till's clock, aware; None for now.
        is_offline: the goods left without network.
        is_proxy: somebody else collected.
        undoes: nonce of the hand-over it undoes.
    """

    nonce: str
    code: str | None = None
    card: Document | None = None
    claimed_at: datetime | None = None
    is_offline: bool = False
    is_proxy: bool = False
    undoes: str | None = None


@one_transaction
def look_up(c: Transaction, service: Service, till: Till, code: str) -> Answer:
    """Say what a till sees when a code is scanned, before anything is handed out.

    Raises:
        InputError: "bad-number" naming the code.
    """
    tills.require_in_use(c, till)
    round_ = rounds.round_by_id(c, till.round_id)
    digest = code_digest(service.keys.deployment.lookup, read_code(code))
    found = pickup.places_by_code(c, [digest]).get(digest)
    is_here = found is not None and (found.draw_status, found.round_id) == (
        DrawStatus.COLLECTING,
        till.round_id,
    )
    place = found.place if found is not None and is_here else None
    return _look(c, round_, till, place, service.now(), has_code=True)


@one_transaction
def look_up_card(c: Transaction, service: Service, till: Till, card: Document) -> Answer:
    """Say what a till sees of a winner who brought only the card: this store, this day, logged and counted."""
    tills.require_in_use(c, till, is_locked=True)
    round_ = rounds.round_by_id(c, till.round_id)
    if _over_card_limit(c, round_, till, [Request("", card=card)], (), service.now()):
        return Answer(AnswerCode.CARD_LIMIT)
    found = _find_by_card(c, service, till, card)
    return _look(c, round_, till, None if found is None else found.place, service.now(), has_code=False)


def _look(
    c: Transaction, round_: rounds.Round, till: Till, place: Place | None, now: datetime, *, has_code: bool
) -> Answer:
    has_spare = place is not None and _spare(c, round_, till.store, [place], now) > 0
    zone = ZoneInfo(round_.rules.zone)
    return look_at(place, till.store, now, zone=zone, has_unreserved_stock=has_spare, has_code=has_code)


@one_transaction
def report(
    c: Transaction, service: Service, till: Till, requests: Sequence[Request], *, is_complete: bool = False
) -> list[Answer]:
    """Take what a till did: one hand-over, one undo, or all it kept while it had no network.

    Exactly once: the places are locked, decided about by pickup/redemption.py, and written only where they stand
    as they were seen. The same nonce again gives the same answer. Cards are looked up CARDS_A_DAY times a till and
    local day; beyond that they are answered "card-limit".

    Args:
        c: given by the decorator.
        service: the service.
        till: whose.
        requests: in the order they were done.
        is_complete: whether the till has nothing more that it kept: only then can missed places be forfeited.

    Returns:
        One answer a request.

    Raises:
        InputError: "bad-nonce", "bad-number", naming the field; of what was done without network such a line is
            answered "bad-nonce" or as unknown instead, and the rest counts.
        StepRefused: "till-revoked"; "not-collecting" for a place whose counters have not opened, or have closed.
    """
    now = service.now()
    if is_complete:
        tills.require_reporting(c, till, now)
    else:
        tills.require_in_use(c, till, is_locked=True)
    if not requests:
        return []
    bad = {at for at, request in enumerate(requests) if has_bad_nonce(request)}
    sound = [request for at, request in enumerate(requests) if at not in bad]
    answers = iter(_answer(c, service, till, sound, now))
    return [Answer(AnswerCode.BAD_NONCE) if at in bad else next(answers) for at in range(len(requests))]


def _answer(
    c: Transaction, service: Service, till: Till, requests: Sequence[Request], now: datetime
) -> list[Answer]:
    """Answer requests whose nonces are of their form, and write what they change."""
    round_ = rounds.round_by_id(c, till.round_id)
    needed = {nonce for request in requests for nonce in (request.nonce, request.undoes) if nonce is not None}
    seen = handovers.find_records(c, needed)
    over = _over_card_limit(c, round_, till, requests, seen, now)
    found = _find(c, service, till, {at: each for at, each in enumerate(requests) if at not in over})
    acts = [_handover(till, request, found.get(at), now) for at, request in enumerate(requests)]
    states = {each.place.place: each for each in found.values()}
    undone = {known.handover.place for known in seen.values() if known.handover.place is not None}
    states |= pickup.places_by_id(c, undone - set(states))
    # What left the store without network has left, whatever is in stock.
    online = [each.place for at, each in found.items() if not requests[at].is_offline]
    answers, changes = decide_handovers(
        {key: each.place for key, each in states.items()},
        acts,
        seen=seen,
        unreserved={till.store: _spare(c, round_, till.store, online, now)},
        zone=ZoneInfo(round_.rules.zone),
        finished={key for key, each in states.items() if each.draw_status == DrawStatus.FINISHED},
    )
    pickup.change_places(c, changes.places)
    proxies = {request.nonce for request in requests if request.is_proxy}
    handovers.write_records(c, round_.id, changes.records, seen, proxies)
    return [Answer(AnswerCode.CARD_LIMIT) if at in over else each for at, each in enumerate(answers)]


def _find(
    c: Transaction, service: Service, till: Till, requests: Mapping[int, Request]
) -> dict[int, FoundPlace]:
    """Find the place of each request, by its position, and refuse those that are not being collected."""
    lookup = service.keys.deployment.lookup
    digests: dict[int, bytes] = {}
    found: dict[int, FoundPlace] = {}
    for at, request in requests.items():
        if request.code is not None:
            code = _read_code(request)
            if code is not None:
                digests[at] = code_digest(lookup, code)
        elif request.card is not None:
            by_card = _find_by_card(c, service, till, request.card)
            if by_card is not None:
                found[at] = by_card
    by_code = pickup.places_by_code(c, set(digests.values()))
    found |= {at: by_code[digest] for at, digest in digests.items() if digest in by_code}
    return {at: each for at, each in found.items() if _is_served(requests[at], each, till)}


def _over_card_limit(
    c: Transaction,
    round_: rounds.Round,
    till: Till,
    requests: Sequence[Request],
    seen: Container[str],
    now: datetime,
) -> set[int]:
    """Give the positions of cards that the till may not look up any more today; each is noted in the audit log.

    An act answered already is answered again, so that a till whose answer was lost is not left without it.
    """
    cards = [at for at, request in enumerate(requests) if request.code is None and request.card is not None]
    if not cards:
        return set()
    begins_at = datetime.combine(
        now.astimezone(ZoneInfo(round_.rules.zone)), time(), ZoneInfo(round_.rules.zone)
    )
    actor = _actor(till)
    left = CARDS_A_DAY - record.count_log(c, actor, "personal-data-read", round_.slug, begins_at)
    over = {at for at in cards[max(0, left) :] if requests[at].nonce not in seen}
    for _ in over:
        record.log(
            c, now, actor, "card-look-up-refused", round_slug=round_.slug, detail={"limit": CARDS_A_DAY}
        )
    return over


def _read_code(request: Request) -> str | None:
    """Read a typed code; what cannot be one is unknown where the goods have left already, so as to hold up nobody."""
    try:
        return read_code(str(request.code))
    except InputError:
        if request.is_offline:
            return None
        raise


def _is_served(request: Request, found: FoundPlace, till: Till) -> bool:
    """Tell whether a place is this till's to serve: of its own round, and collected now.

    Raises:
        StepRefused: "not-collecting" on line; what left without network is kept as a conflict instead.
    """
    if found.round_id != till.round_id:
        return False
    allowed = {DrawStatus.COLLECTING, DrawStatus.FINISHED} if request.is_offline else {DrawStatus.COLLECTING}
    if found.draw_status not in allowed and not request.is_offline:
        raise StepRefused("not-collecting", "Nothing is handed out for this draw now.")
    return found.draw_status in allowed


def _find_by_card(c: Transaction, service: Service, till: Till, card: Document) -> FoundPlace | None:
    """Find a winner by the card in their hand: this store, this day, and always logged."""
    round_ = rounds.round_by_id(c, till.round_id)
    found = pickup.place_of_card(c, till.round_id, id_digest(service.index_key, card.canonical))
    number = None if found is None else found.number
    detail = {"what": "card", "store": till.store, "till": till.name}
    record.log(
        c,
        service.now(),
        _actor(till),
        "personal-data-read",
        round_slug=round_.slug,
        number=number,
        detail=detail,
    )
    if number is not None:
        tell_card_looked_up(c, service, round_, till.store, number)
    return found


def _handover(till: Till, request: Request, found: FoundPlace | None, now: datetime) -> Handover:
    return Handover(
        nonce=request.nonce,
        place=None if found is None else found.place.place,
        store=till.store,
        till=till.name,
        claimed_at=request.claimed_at or now,
        received_at=now,
        is_offline=request.is_offline,
        has_code=request.code is not None,
        undoes=request.undoes,
    )


def _actor(till: Till) -> str:
    return f"till/{till.store}/{till.name}"


def has_bad_nonce(request: Request) -> bool:
    """Tell whether a request has a nonce that cannot be one.

    Raises:
        InputError: "bad-nonce" on line; what left without network must not hold up the rest of an upload.
    """
    for field, nonce in (("nonce", request.nonce), ("undoes", request.undoes)):
        if nonce is not None and _NONCE.fullmatch(nonce) is None:
            if request.is_offline:
                return True
            raise InputError(
                "bad-nonce", "A nonce has 16 to 64 letters, digits, hyphens, underscores.", field=field
            )
    return False


def _spare(c: Transaction, round_: rounds.Round, store: str, places: Collection[Place], now: datetime) -> int:
    """Count whom a store can serve besides those assigned to it; looked up only where it matters."""
    zone = ZoneInfo(round_.rules.zone)
    if all(
        # Of what was handed out already nothing depends on stock; a till is told so as fast as of any other code.
        place.collection is not None
        or (place.store == store and place.status is PlaceStatus.ASSIGNED and place.is_on_day_of(now, zone))
        for place in places
    ):
        return 0
    lock_stock(c, round_.id, store)
    # In this order: whoever is served between the two counts stands in both, and nothing seems spare that is not.
    reserved = pickup.count_reserved(c, round_.id, store)
    return unreserved_portions(_left(c, round_, store), round_.rules.quantity, reserved)


def _left(c: Transaction, round_: rounds.Round, store: str) -> int:
    counted: Mapping[str, int] = count_stock(c, round_.id, store)
    handed_out = pickup.count_handed_out(c, round_.id, store) * round_.rules.quantity
    return max(0, counted.get("delivered", 0) - counted.get("damaged", 0) - handed_out)
