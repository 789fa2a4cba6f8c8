"""What a till is told, one case after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from maskres.pickup.handovers import Answer, AnswerCode, Handover, Record
from maskres.pickup.places import Collection, Place, PlaceStatus
from maskres.pickup.redemption import decide_handover, decide_handovers, look_at, nonces_of

ZONE = ZoneInfo("Asia/Shanghai")
STARTS = datetime(2020, 2, 12, 2, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PLACE = Place(1, PlaceStatus.ASSIGNED, "store-a", STARTS, STARTS + 30 * MINUTE)
HANDOVER = Handover("n1", 1, "store-a", "till-1", STARTS, STARTS)
OFFLINE = replace(HANDOVER, is_offline=True, received_at=STARTS + timedelta(hours=5))
TAKEN = PLACE.hand_out("n0", "store-a", "till-2", STARTS - MINUTE)


def standing(status: PlaceStatus) -> Place:
    return replace(PLACE, status=status)


def look(place: Place | None, store: str = "store-a", now: datetime = STARTS, *, spare=False, has_code=True):
    return look_at(place, store, now, zone=ZONE, has_unreserved_stock=spare, has_code=has_code)


def decide(handovers, states=(PLACE,), *, seen=(), unreserved=None):
    return decide_handovers(
        {place.place: place for place in states},
        handovers,
        seen={record.handover.nonce: record for record in seen},
        unreserved=unreserved or {},
        zone=ZONE,
    )


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (None, "unknown"),
        (PLACE, "valid"),
        (standing(PlaceStatus.CANCELLED), "given-back"),
        (standing(PlaceStatus.DISQUALIFIED), "disqualified"),
        (standing(PlaceStatus.DISPLACED), "displaced"),
        (standing(PlaceStatus.UNPLACED), "not-placed"),
        (standing(PlaceStatus.LAPSED), "lapsed"),
        (standing(PlaceStatus.FORFEITED), "forfeited"),
        (TAKEN, "already-handed-out"),
        (replace(PLACE, store="store-b"), "other-store"),
    ],
)
def test_a_scan_tells_where_a_place_stands(place, code):
    assert look(place).code == code


def test_already_handed_out_says_when_and_by_which_till():
    answer = look(TAKEN)
    assert (answer.handed_out_at, answer.till, answer.store) == (STARTS - MINUTE, "till-2", None)
    elsewhere = PLACE.hand_out("n0", "store-b", "till-9", STARTS)
    assert look(elsewhere).store == "store-b"


def test_another_store_is_named_to_who_holds_the_code_only():
    there = replace(PLACE, store="store-b")
    assert look(there).store == "store-b"
    assert look(there, has_code=False) == Answer(AnswerCode.UNKNOWN)


@pytest.mark.parametrize("status", [status for status in PlaceStatus if status is not PlaceStatus.COLLECTED])
@pytest.mark.parametrize("spare", [False, True])
def test_a_card_is_seen_at_its_store_on_its_day_only(status, spare):
    assert look(standing(status), now=STARTS + DAY, spare=spare, has_code=False).code == "unknown"
    assert look(standing(status), "store-b", spare=spare, has_code=False).code == "unknown"
    assert look(standing(status), spare=spare, has_code=False) == look(standing(status), spare=spare)
    assert look(TAKEN, now=STARTS + DAY, has_code=False).code == "unknown"


@pytest.mark.parametrize(
    ("days", "spare", "code"), [(-1, False, "other-day"), (1, True, "valid"), (9, True, "valid")]
)
def test_another_day_is_served_from_stock_to_spare(days, spare, code):
    answer = look(PLACE, now=STARTS + days * DAY, spare=spare)
    assert answer.code == code
    assert answer.reason == ("other-day" if spare else None)


def test_the_day_is_the_stores_calendar_day():
    midnight = datetime(2020, 2, 11, 16, 0, tzinfo=UTC)
    assert look(PLACE, now=midnight).code == "valid"
    assert look(PLACE, now=midnight - MINUTE).code == "other-day"
    assert look(PLACE, now=midnight + DAY - MINUTE).code == "valid"
    assert look(PLACE, now=midnight + DAY).code == "other-day"


def test_a_forfeited_place_is_served_from_stock_to_spare():
    answer = look(standing(PlaceStatus.FORFEITED), spare=True)
    assert (answer.code, answer.reason) == ("valid", "forfeited")


def test_a_displaced_place_is_honoured_elsewhere_only_where_that_was_said():
    displaced = standing(PlaceStatus.DISPLACED)
    assert look(displaced, "store-b", spare=True).code == "displaced"
    honoured = replace(displaced, is_honoured_elsewhere=True)
    assert look(honoured, "store-b", spare=True).code == "valid"
    assert look(honoured, "store-b", spare=False).code == "displaced"


def test_a_hand_over_collects_the_place():
    (answer,), changes = decide([HANDOVER])
    assert answer == Answer(AnswerCode.HANDED_OUT, 1)
    (change,) = changes.places
    assert change.before == PLACE
    assert change.after.status is PlaceStatus.COLLECTED
    assert change.after.collection == Collection("n1", "store-a", "till-1", STARTS, PlaceStatus.ASSIGNED)
    assert changes.records == (Record(HANDOVER, answer),)
    single, after = decide_handover(PLACE, HANDOVER, zone=ZONE, has_unreserved_stock=False)
    assert (single, after) == (answer, change.after)


def test_the_second_till_is_told_of_the_first():
    answers, changes = decide([HANDOVER, replace(HANDOVER, nonce="n2", till="till-2")])
    assert [answer.code for answer in answers] == ["handed-out", "already-handed-out"]
    assert (answers[1].till, answers[1].handed_out_at) == ("till-1", STARTS)
    assert len(changes.places) == 1
    assert len(changes.records) == 2


def test_an_unknown_code_is_not_kept():
    answers, changes = decide([replace(HANDOVER, place=None)])
    assert answers == [Answer(AnswerCode.UNKNOWN)]
    assert (changes.places, changes.records) == ((), ())


def test_the_same_nonce_gets_the_same_answer():
    answers, changes = decide([HANDOVER])
    later = replace(HANDOVER, received_at=STARTS + DAY, claimed_at=STARTS + DAY)
    again, nothing = decide([HANDOVER, later], [changes.places[0].after], seen=changes.records)
    assert again == answers * 2
    assert (nothing.places, nothing.records) == ((), ())


def test_a_refusal_is_repeated_even_when_it_would_be_served_now():
    answers, changes = decide([replace(HANDOVER, received_at=STARTS + DAY)])
    assert answers[0].code == "other-day"
    again, nothing = decide(
        [replace(HANDOVER, received_at=STARTS + DAY + MINUTE)],
        seen=changes.records,
        unreserved={"store-a": 9},
    )
    assert again == answers
    assert nothing.places == ()


def test_a_refusal_the_till_never_saw_gives_way_to_goods_that_left():
    _, changes = decide([replace(HANDOVER, received_at=STARTS + DAY)])
    uploaded = replace(HANDOVER, received_at=STARTS + DAY + MINUTE, is_offline=True)
    answers, after = decide([uploaded], seen=changes.records)
    assert answers[0].code == "handed-out"
    assert after.records == (Record(uploaded, answers[0]),)


@pytest.mark.parametrize(
    "other",
    [
        replace(HANDOVER, place=2),
        replace(HANDOVER, place=None),
        replace(HANDOVER, till="till-2"),
        replace(HANDOVER, store="store-b"),
        replace(HANDOVER, undoes="n0"),
        replace(HANDOVER, place=2, is_offline=True),
    ],
)
def test_a_nonce_is_not_used_for_something_else(other):
    answers, changes = decide([HANDOVER, other], [PLACE, replace(PLACE, place=2)])
    assert answers[1] == Answer(AnswerCode.NONCE_REUSED)
    assert [change.after.place for change in changes.places] == [1]
    assert len(changes.records) == 1


def test_a_refused_nonce_is_not_used_for_something_else_either():
    refused = replace(HANDOVER, received_at=STARTS + DAY)
    other = replace(OFFLINE, place=2)
    answers, changes = decide([refused, other], [PLACE, replace(PLACE, place=2)])
    assert [answer.code for answer in answers] == ["other-day", "nonce-reused"]
    assert changes.places == ()


def test_unreserved_stock_is_spent_once():
    places = [replace(PLACE, place=n) for n in (1, 2, 3)]
    late = [replace(HANDOVER, nonce=f"n{n}", place=n, received_at=STARTS + DAY) for n in (1, 2, 3)]
    undo = replace(late[0], nonce="u", undoes="n1", place=None)
    answers, _ = decide([late[0], late[1], undo, late[2]], places, unreserved={"store-a": 1, "store-b": 5})
    assert [answer.code for answer in answers] == ["handed-out", "other-day", "undone", "handed-out"]
    assert answers[0].reason == "other-day"


@pytest.mark.parametrize(
    ("place", "code", "reason"),
    [
        (PLACE, "handed-out", None),
        (replace(PLACE, slot_starts_at=STARTS + 2 * DAY), "handed-out", "other-day"),
        (standing(PlaceStatus.FORFEITED), "handed-out", "forfeited"),
        (standing(PlaceStatus.DISPLACED), "handed-out", "displaced"),
        (TAKEN, "conflict", "already-handed-out"),
        (standing(PlaceStatus.CANCELLED), "conflict", "given-back"),
        (standing(PlaceStatus.DISQUALIFIED), "conflict", "disqualified"),
        (standing(PlaceStatus.UNPLACED), "conflict", "not-placed"),
        (standing(PlaceStatus.LAPSED), "conflict", "lapsed"),
        (replace(PLACE, store="store-b"), "conflict", "other-store"),
        (replace(standing(PlaceStatus.FORFEITED), store="store-b"), "conflict", "other-store"),
    ],
)
def test_goods_that_left_without_network_count_or_are_kept_as_a_conflict(place, code, reason):
    (answer,), changes = decide([OFFLINE], [place])
    assert (answer.code, answer.reason) == (code, reason)
    assert len(changes.places) == (code == "handed-out")
    assert changes.records == (Record(OFFLINE, answer),)


def test_an_unknown_code_without_network_is_kept_as_a_conflict():
    (answer,), changes = decide([replace(OFFLINE, place=None)])
    assert (answer.code, answer.reason) == ("conflict", "unknown")
    assert len(changes.records) == 1


def test_a_conflict_names_the_hand_over_that_stands():
    (answer,), _ = decide([OFFLINE], [TAKEN])
    assert (answer.till, answer.handed_out_at) == ("till-2", STARTS - MINUTE)


@pytest.mark.parametrize(
    ("claimed", "believed"),
    [(STARTS, STARTS), (STARTS + 3 * DAY, OFFLINE.received_at), (STARTS - 40 * DAY, STARTS - 40 * DAY)],
)
def test_a_wrong_clock_is_never_believed_beyond_the_arrival(claimed, believed):
    upload = replace(OFFLINE, claimed_at=claimed)
    (answer,), changes = decide([upload])
    assert answer.code == "handed-out"
    assert changes.places[0].after.collection.at == believed
    assert changes.records[0].handover.claimed_at == claimed


def test_with_network_the_services_clock_counts():
    _, changes = decide([replace(HANDOVER, claimed_at=STARTS - 9 * DAY)])
    assert changes.places[0].after.collection.at == STARTS


def undo(minutes: float, **other) -> Handover:
    at = STARTS + minutes * MINUTE
    return replace(HANDOVER, nonce="u1", undoes="n1", claimed_at=at, received_at=at, **other)


@pytest.mark.parametrize(
    ("minutes", "code"), [(0, "undone"), (10, "undone"), (10.1, "undo-too-late"), (600, "undo-too-late")]
)
def test_a_hand_over_is_undone_within_ten_minutes(minutes, code):
    answers, changes = decide([HANDOVER, undo(minutes)])
    assert answers[1].code == code
    assert len(changes.places) == (code != "undone")
    assert len(changes.records) == 2


def test_any_till_of_the_store_may_undo_but_no_other_store():
    assert decide([HANDOVER, undo(2, till="till-2", place=None)])[0][1].code == "undone"
    answers, changes = decide([HANDOVER, undo(2, store="store-b")])
    assert answers[1] == Answer(AnswerCode.UNKNOWN)
    assert len(changes.records) == 1


@pytest.mark.parametrize("status", [PlaceStatus.ASSIGNED, PlaceStatus.FORFEITED, PlaceStatus.DISPLACED])
def test_an_undo_gives_the_place_back_to_what_it_was(status):
    _, first = decide([OFFLINE], [standing(status)])
    upload = replace(undo(3), is_offline=True, received_at=OFFLINE.received_at)
    answers, changes = decide([upload], [first.places[0].after], seen=first.records)
    assert answers[0].code == "undone"
    assert changes.places[0].after == standing(status)


def test_after_an_undo_the_place_is_handed_out_again():
    again = replace(HANDOVER, nonce="n2", received_at=STARTS + 5 * MINUTE)
    answers, changes = decide([HANDOVER, undo(2), again, undo(6), replace(undo(6), nonce="u2", undoes="n2")])
    assert [a.code for a in answers] == ["handed-out", "undone", "handed-out", "undone", "undone"]
    assert changes.places == ()


def test_what_was_undone_cannot_be_undone_again():
    answers, _ = decide([HANDOVER, undo(2), replace(undo(3), nonce="u2")])
    assert answers[2].code == "nothing-to-undo"


def test_a_conflict_cannot_be_undone_into_a_free_place():
    answers, changes = decide([OFFLINE, undo(2)], [TAKEN])
    assert [answer.code for answer in answers] == ["conflict", "nothing-to-undo"]
    assert changes.places == ()


def test_an_undo_that_overtook_its_hand_over_is_not_kept():
    answers, changes = decide([undo(2), HANDOVER])
    assert [answer.code for answer in answers] == ["unknown", "handed-out"]
    answers, _ = decide([undo(2)], [changes.places[0].after], seen=changes.records)
    assert answers[0].code == "undone"


def test_an_undo_for_another_place_than_its_hand_over_finds_nothing():
    answers, _ = decide([HANDOVER, undo(2, place=2)], [PLACE, replace(PLACE, place=2)])
    assert answers[1].code == "unknown"


@pytest.mark.parametrize(("minutes", "code"), [(8, "undone"), (12, "undo-too-late")])
def test_a_tills_own_wrong_clock_measures_its_undo(minutes, code):
    slow = replace(OFFLINE, claimed_at=STARTS - DAY)
    upload = replace(slow, nonce="u1", undoes="n1", claimed_at=STARTS - DAY + minutes * MINUTE)
    assert decide([slow, upload])[0][1].code == code
    other_till = replace(upload, till="till-2", claimed_at=STARTS)
    assert decide([slow, other_till])[0][1].code == "undo-too-late"


def test_two_tills_clocks_are_not_compared():
    early = replace(OFFLINE, claimed_at=OFFLINE.received_at - 5 * MINUTE)
    fast = replace(early, nonce="u1", undoes="n1", till="till-2", claimed_at=STARTS + 9 * DAY)
    assert decide([early, fast])[0][1].code == "undone"
    assert decide([early, replace(fast, till="till-1")])[0][1].code == "undo-too-late"


def test_with_network_a_backdated_undo_is_still_too_late():
    backdated = replace(undo(60), claimed_at=STARTS)
    assert decide([HANDOVER, backdated])[0][1].code == "undo-too-late"


def test_the_nonces_to_load_are_the_requests_and_those_they_undo():
    assert nonces_of([HANDOVER, undo(1)]) == {"n1", "u1"}


def test_a_place_that_was_not_loaded_is_an_error_not_an_answer():
    with pytest.raises(KeyError):
        decide([replace(HANDOVER, place=99)])


def test_a_place_is_collected_exactly_when_somebody_handed_it_out():
    with pytest.raises(ValueError, match="exactly"):
        standing(PlaceStatus.COLLECTED)
    with pytest.raises(ValueError, match="exactly"):
        replace(TAKEN, status=PlaceStatus.ASSIGNED)
    with pytest.raises(ValueError, match="given back"):
        PLACE.give_back()
