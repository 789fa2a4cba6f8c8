"""The counter: handing out once, undoing a slip, uploading what was handed out without network."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

from maskres.db import handovers, pickup, record, rounds, tills
from maskres.db.engine import Transaction
from maskres.db.pickup import FoundPlace
from maskres.db.tills import Till
from maskres.errors import InputError, StepRefused
from maskres.identity.digests import id_digest
from maskres.identity.documents import Document
from maskres.pickup.codes import code_digest
from maskres.pickup.handovers import Answer, AnswerCode, Handover
from maskres.pickup.places import Place
from maskres.pickup.redemption import decide_handovers, look_at
from maskres.pickup.signed_codes import read_code
from maskres.rounds.status import DrawStatus
from maskres.usecases.pickup.spare_stock import spare_portions
from maskres.usecases.service import Service, one_transaction
from maskres.usecases.telling.notices import tell_card_looked_up

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


_Reported = tuple[Till, Request]


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
    if _over_card_limit(c, round_, [(till, Request("", card=card))], (), service.now()):
        return Answer(AnswerCode.CARD_LIMIT)
    found = _find_by_card(c, service, till, card)
    return _look(c, round_, till, None if found is None else found.place, service.now(), has_code=False)


def _look(
    c: Transaction, round_: rounds.Round, till: Till, place: Place | None, now: datetime, *, has_code: bool
) -> Answer:
    has_spare = place is not None and spare_portions(c, round_, till.store, [place], now) > 0
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
        tills.require_reporting(c, [till], now)
    else:
        tills.require_in_use(c, till, is_locked=True)
    return _answer_all(c, service, [(till, request) for request in requests], now)


@one_transaction
def report_kept(
    c: Transaction, service: Service, uploads: Mapping[Till, Sequence[Request]]
) -> dict[Till, list[Answer]]:
    """Take what several tills of one round kept while they had no network; none of them has anything more.

    Says and raises as report, for all of them or none.
    """
    now = service.now()
    tills.require_reporting(c, uploads, now)
    reported = [(till, request) for till, requests in uploads.items() for request in requests]
    answers = iter(_answer_all(c, service, reported, now))
    return {till: list(islice(answers, len(requests))) for till, requests in uploads.items()}


def _answer_all(
    c: Transaction, service: Service, reported: Sequence[_Reported], now: datetime
) -> list[Answer]:
    """Answer requests of tills of one round, and write what they change."""
    bad = {at for at, (_, request) in enumerate(reported) if has_bad_nonce(request)}
    sound = [each for at, each in enumerate(reported) if at not in bad]
    answers = iter(_answer(c, service, sound, now) if sound else [])
    return [Answer(AnswerCode.BAD_NONCE) if at in bad else next(answers) for at in range(len(reported))]


def _answer(c: Transaction, service: Service, reported: Sequence[_Reported], now: datetime) -> list[Answer]:
    """Answer requests whose nonces are of their form."""
    requests = [request for _, request in reported]
    round_ = rounds.round_by_id(c, reported[0][0].round_id)
    needed = {nonce for request in requests for nonce in (request.nonce, request.undoes) if nonce is not None}
    seen = handovers.find_records(c, needed)
    over = _over_card_limit(c, round_, reported, seen, now)
    found = _find(c, service, {at: each for at, each in enumerate(reported) if at not in over})
    acts = [_handover(till, request, found.get(at), now) for at, (till, request) in enumerate(reported)]
    states = {each.place.place: each for each in found.values()}
    undone = {known.handover.place for known in seen.values() if known.handover.place is not None}
    states |= pickup.places_by_id(c, undone - set(states))
    # What left the store without network has left, whatever is in stock.
    online: dict[str, list[Place]] = {}
    for at, each in found.items():
        if not requests[at].is_offline:
            online.setdefault(reported[at][0].store, []).append(each.place)
    answers, changes = decide_handovers(
        {key: each.place for key, each in states.items()},
        acts,
        seen=seen,
        unreserved={
            store: spare_portions(c, round_, store, places, now) for store, places in sorted(online.items())
        },
        zone=ZoneInfo(round_.rules.zone),
        finished={key for key, each in states.items() if each.draw_status == DrawStatus.FINISHED},
    )
    pickup.change_places(c, changes.places)
    proxies = {request.nonce for request in requests if request.is_proxy}
    handovers.write_records(c, round_.id, changes.records, seen, proxies)
    return [Answer(AnswerCode.CARD_LIMIT) if at in over else each for at, each in enumerate(answers)]


def _find(c: Transaction, service: Service, reported: Mapping[int, _Reported]) -> dict[int, FoundPlace]:
    """Find the place of each request, by its position, and refuse those that are not being collected."""
    lookup = service.keys.deployment.lookup
    digests: dict[int, bytes] = {}
    found: dict[int, FoundPlace] = {}
    for at, (till, request) in reported.items():
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
    return {at: each for at, each in found.items() if _is_served(*reported[at], each)}


def _over_card_limit(
    c: Transaction,
    round_: rounds.Round,
    reported: Sequence[_Reported],
    seen: Container[str],
    now: datetime,
) -> set[int]:
    """Give the positions of cards that their till may not look up any more today; each is noted in the audit log.

    An act answered already is answered again, so that a till whose answer was lost is not left without it.
    """
    cards: dict[str, list[int]] = {}
    for at, (till, request) in enumerate(reported):
        if request.code is None and request.card is not None:
            cards.setdefault(_actor(till), []).append(at)
    over: set[int] = set()
    zone = ZoneInfo(round_.rules.zone)
    begins_at = datetime.combine(now.astimezone(zone), time(), zone)
    for actor, positions in cards.items():
        left = CARDS_A_DAY - record.count_log(c, actor, "personal-data-read", round_.slug, begins_at)
        too_many = [at for at in positions[max(0, left) :] if reported[at][1].nonce not in seen]
        for _ in too_many:
            record.log(
                c, now, actor, "card-look-up-refused", round_slug=round_.slug, detail={"limit": CARDS_A_DAY}
            )
        over.update(too_many)
    return over


def _read_code(request: Request) -> str | None:
    """Read a typed code; what cannot be one is unknown where the goods have left already, so as to hold up nobody."""
    try:
        return read_code(str(request.code))
    except InputError:
        if request.is_offline:
            return None
        raise


def _is_served(till: Till, request: Request, found: FoundPlace) -> bool:
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
