"""Deciding what a till is told: one rule for a single scan and for a day's upload.

Rules of order:

- a nonce is one act: the same request again gets the same answer, another one with its nonce gets "nonce-reused";
- a place is handed out once: whoever comes second online is told when and by which till, whoever handed out without
  network as well is kept as a conflict;
- what left the store without network has left: it counts where the place was this store's and not yet collected,
  on any day, and even if the place was forfeited meanwhile; anything else is a conflict for people to look at;
- a refusal is forgotten when the same act arrives as one done without network: the till never saw the refusal;
- an undo gives the place back to what it was, within ten minutes, at the same store, and never once the draw has
  finished: then nothing would be left to hand the place out again, or to forfeit it.

Source: product.md, Counter; security.md, checklist 22 to 24; spec A2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from maskres.pickup.handovers import (
    EFFECTIVE_CODES,
    KEPT_CODES,
    Answer,
    AnswerCode,
    Changes,
    Handover,
    PlaceChange,
    Record,
)
from maskres.pickup.places import Place, PlaceStatus

UNDO_MINUTES = 10

_CLOSED = {
    PlaceStatus.CANCELLED: AnswerCode.GIVEN_BACK,
    PlaceStatus.DISQUALIFIED: AnswerCode.DISQUALIFIED,
    PlaceStatus.UNPLACED: AnswerCode.NOT_PLACED,
    PlaceStatus.LAPSED: AnswerCode.LAPSED,
}
_STANDS_OFFLINE = frozenset({PlaceStatus.ASSIGNED, PlaceStatus.FORFEITED, PlaceStatus.DISPLACED})


def look_at(
    place: Place | None,
    store: str,
    now: datetime,
    *,
    zone: tzinfo,
    has_unreserved_stock: bool,
    has_code: bool = True,
) -> Answer:
    """Say what a till sees when it scans or types, before anything is handed out.

    Args:
        place: what the code or card belongs to; None where there is nothing.
        store: slug of the till's store.
        now: aware time.
        zone: the zone whose calendar the stores follow.
        has_unreserved_stock: whether the store has stock that nobody assigned to it needs.
        has_code: whether the winner's code was shown, or only a card: then this store and day alone are seen.

    Returns:
        "valid", with a reason where it takes unreserved stock; or why not.

    Source: product.md, Counter; security.md, checklist 23.
    """
    if place is None:
        return Answer(AnswerCode.UNKNOWN)
    is_this_day = place.is_on_day_of(now, zone)
    if not has_code and not (place.store == store and is_this_day):
        return Answer(AnswerCode.UNKNOWN)
    if place.collection is not None:
        return _already(place, store)
    if place.status in _CLOSED:
        return Answer(_CLOSED[place.status], place.place)
    if place.status is PlaceStatus.DISPLACED:
        if place.is_honoured_elsewhere and has_unreserved_stock:
            return Answer(AnswerCode.VALID, place.place, reason=AnswerCode.DISPLACED)
        return Answer(AnswerCode.DISPLACED, place.place)
    if place.store != store:
        return Answer(AnswerCode.OTHER_STORE, place.place, store=place.store)
    if place.status is PlaceStatus.ASSIGNED and is_this_day:
        return Answer(AnswerCode.VALID, place.place)
    is_missed = place.status is PlaceStatus.FORFEITED
    why = AnswerCode.FORFEITED if is_missed else AnswerCode.OTHER_DAY
    if has_unreserved_stock:
        return Answer(AnswerCode.VALID, place.place, reason=why)
    return Answer(why, place.place)


def decide_handover(
    place: Place | None,
    handover: Handover,
    *,
    zone: tzinfo,
    has_unreserved_stock: bool,
    undone: Record | None = None,
    is_finished: bool = False,
) -> tuple[Answer, Place | None]:
    """Decide one request whose nonce is new.

    Args:
        place: the place as it stands; for an undo, that of the hand-over it undoes. None where there is none.
        handover: the request.
        zone: the zone whose calendar the stores follow.
        has_unreserved_stock: whether the store has stock that nobody assigned to it needs.
        undone: for an undo, the record of the hand-over it undoes, if there is one.
        is_finished: whether the place's draw has finished.

    Returns:
        The answer, and the place as it stands afterwards where it changed.

    Source: product.md, Counter.
    """
    if handover.undoes is not None:
        return _decide_undo(place, handover, undone, is_finished=is_finished)
    if handover.is_offline:
        return _decide_offline(place, handover, zone)
    seen = look_at(
        place,
        handover.store,
        handover.at,
        zone=zone,
        has_unreserved_stock=has_unreserved_stock,
        has_code=handover.has_code,
    )
    if place is None or seen.code is not AnswerCode.VALID:
        return seen, None
    return _hand_out(place, handover, seen.reason)


def decide_handovers(
    states: Mapping[int, Place],
    handovers: Sequence[Handover],
    *,
    seen: Mapping[str, Record],
    unreserved: Mapping[str, int],
    zone: tzinfo,
    finished: Collection[int] = (),
) -> tuple[list[Answer], Changes]:
    """Decide a list of requests in order: a single scan, or what a till kept while it had no network.

    Args:
        states: the places the requests are about, and those of the hand-overs they undo.
        handovers: the requests.
        seen: what was recorded earlier, at least for the nonces that nonces_of gives.
        unreserved: store → winners it can serve beyond those assigned to it; none where missing.
        zone: the zone whose calendar the stores follow.
        finished: those of the places whose draw has finished.

    Returns:
        One answer a request, and what to write.

    Raises:
        KeyError: a place a request is about was not handed in.

    Source: product.md, Counter.
    """
    places = dict(states)
    records = dict(seen)
    spare = dict(unreserved)
    kept: dict[str, Record] = {}
    answers: list[Answer] = []
    for handover in handovers:
        known = records.get(handover.nonce)
        if known is not None and not _is_to_be_decided_anew(known, handover):
            same = known.handover.is_same_act(handover)
            answers.append(known.answer if same else Answer(AnswerCode.NONCE_REUSED))
            continue
        undone = None if handover.undoes is None else records.get(handover.undoes)
        about = undone.handover if undone is not None else handover
        answer, after = decide_handover(
            None if about.place is None else places[about.place],
            handover,
            zone=zone,
            has_unreserved_stock=spare.get(handover.store, 0) > 0,
            undone=undone,
            is_finished=about.place in finished,
        )
        answers.append(answer)
        if after is not None:
            places[after.place] = after
            _count_spare(spare, handover, answer, undone)
        if answer.code in KEPT_CODES:
            kept[handover.nonce] = records[handover.nonce] = Record(handover, answer)
    changed = [PlaceChange(states[key], place) for key, place in places.items() if place != states[key]]
    return answers, Changes(tuple(changed), tuple(kept.values()))


def nonces_of(handovers: Iterable[Handover]) -> set[str]:
    """Give the nonces whose earlier records decide_handovers needs: the requests' own, and those they undo."""
    needed: set[str] = set()
    for handover in handovers:
        needed.add(handover.nonce)
        if handover.undoes is not None:
            needed.add(handover.undoes)
    return needed


def _decide_offline(place: Place | None, handover: Handover, zone: tzinfo) -> tuple[Answer, Place | None]:
    """Take note of goods that have left: accept what can be this store's, keep the rest as conflicts."""
    seen = look_at(
        place,
        handover.store,
        handover.at,
        zone=zone,
        has_unreserved_stock=True,
        has_code=handover.has_code,
    )
    if place is not None:
        if seen.code is AnswerCode.VALID:
            return _hand_out(place, handover, seen.reason)
        if place.store == handover.store and place.status in _STANDS_OFFLINE:
            return _hand_out(place, handover, seen.code)
    conflict = Answer(
        AnswerCode.CONFLICT,
        seen.place,
        reason=seen.code,
        handed_out_at=seen.handed_out_at,
        till=seen.till,
        store=seen.store,
    )
    return conflict, None


def _decide_undo(
    place: Place | None, handover: Handover, undone: Record | None, *, is_finished: bool
) -> tuple[Answer, Place | None]:
    if undone is None or place is None or undone.handover.store != handover.store:
        return Answer(AnswerCode.UNKNOWN), None
    if handover.place not in (None, place.place):
        return Answer(AnswerCode.UNKNOWN), None
    if place.collection is None or place.collection.nonce != handover.undoes:
        return Answer(AnswerCode.NOTHING_TO_UNDO, place.place), None
    if is_finished or _time_between(undone.handover, handover) > timedelta(minutes=UNDO_MINUTES):
        return Answer(AnswerCode.UNDO_TOO_LATE, place.place), None
    return Answer(AnswerCode.UNDONE, place.place), place.give_back()


def _hand_out(place: Place, handover: Handover, reason: AnswerCode | None) -> tuple[Answer, Place]:
    after = place.hand_out(handover.nonce, handover.store, handover.till, handover.at)
    return Answer(AnswerCode.HANDED_OUT, place.place, reason=reason), after


def _already(place: Place, store: str) -> Answer:
    collection = place.collection
    if collection is None:
        raise ValueError("the place was not handed out")
    return Answer(
        AnswerCode.ALREADY_HANDED_OUT,
        place.place,
        handed_out_at=collection.at,
        till=collection.till,
        store=collection.store if collection.store != store else None,
    )


def _time_between(handover: Handover, undo: Handover) -> timedelta:
    """Tell how long after a hand-over it was undone.

    One till's own clock is the better measure, right or wrong, unless both acts arrived as they happened.
    """
    has_waited = handover.is_offline or undo.is_offline
    if has_waited and handover.till == undo.till:
        return undo.claimed_at - handover.claimed_at
    return undo.at - handover.at


def _is_to_be_decided_anew(known: Record, handover: Handover) -> bool:
    is_refusal = known.answer.code not in EFFECTIVE_CODES
    is_done_meanwhile = handover.is_offline and handover.undoes is None
    return is_refusal and is_done_meanwhile and known.handover.is_same_act(handover)


def _count_spare(spare: dict[str, int], handover: Handover, answer: Answer, undone: Record | None) -> None:
    """Keep count of the unreserved stock that hand-overs take and undos bring back."""
    if answer.code is AnswerCode.HANDED_OUT and answer.reason is not None:
        spare[handover.store] = spare.get(handover.store, 0) - 1
    elif undone is not None and undone.answer.reason is not None:
        spare[handover.store] = spare.get(handover.store, 0) + 1
