"""Hand-overs from several tills in any order, any number of times: one a place, and nothing forgotten."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from maskres.pickup.handovers import AnswerCode, Handover, Record
from maskres.pickup.places import Place, PlaceStatus
from maskres.pickup.redemption import decide_handovers

STARTS = datetime(2020, 2, 12, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLACES = {n: Place(n, PlaceStatus.ASSIGNED, "store-a", STARTS, STARTS + 30 * MINUTE) for n in range(4)}


class Database:
    """What the tables would hold: written set-wise after each request, read before it."""

    def __init__(self) -> None:
        self.places = dict(PLACES)
        self.records: dict[str, Record] = {}

    def send(self, handovers: list[Handover]) -> list[AnswerCode]:
        answers, changes = decide_handovers(
            self.places, handovers, seen=self.records, unreserved={}, zone=UTC
        )
        for change in changes.places:
            assert self.places[change.before.place] == change.before
            self.places[change.after.place] = change.after
        self.records |= {record.handover.nonce: record for record in changes.records}
        return [answer.code for answer in answers]

    def accepted(self) -> Counter[int | None]:
        codes = (AnswerCode.HANDED_OUT, AnswerCode.UNDONE)
        signs = {AnswerCode.HANDED_OUT: 1, AnswerCode.UNDONE: -1}
        balance: Counter[int | None] = Counter()
        for record in self.records.values():
            if record.answer.code in codes:
                balance[record.answer.place] += signs[record.answer.code]
        return balance


@st.composite
def acts(draw: st.DrawFn) -> list[Handover]:
    """Hand-overs of two tills, each with and without network, its clock off by up to a day."""
    found = []
    for count in range(draw(st.integers(1, 8))):
        at = STARTS + draw(st.integers(0, 60)) * MINUTE
        skew = draw(st.integers(-1440, 1440)) * MINUTE
        found.append(
            Handover(
                nonce=f"n{count}",
                place=draw(st.integers(0, 3)),
                store="store-a",
                till=draw(st.sampled_from(["till-1", "till-2"])),
                claimed_at=at + skew,
                received_at=at,
                is_offline=draw(st.booleans()),
            )
        )
    return found


def batches(acts: list[Handover], cuts: list[int]) -> list[list[Handover]]:
    marks = [0, *sorted(cut % (len(acts) + 1) for cut in cuts), len(acts)]
    return [acts[start:end] for start, end in pairwise(marks)]


@given(acts(), st.data(), st.lists(st.integers(0, 99), max_size=5))
def test_any_repetition_in_any_order_hands_out_once_a_place(handovers, data, cuts):
    repeated = data.draw(st.permutations([*handovers, *data.draw(st.lists(st.sampled_from(handovers)))]))
    database = Database()
    told: dict[str, set[AnswerCode]] = {}
    for batch in batches(repeated, cuts):
        for handover, code in zip(batch, database.send(batch), strict=True):
            told.setdefault(handover.nonce, set()).add(code)
    assert database.accepted() == Counter(dict.fromkeys({h.place for h in handovers}, 1))
    assert all(len(codes) == 1 for codes in told.values())
    assert set(database.records) == {handover.nonce for handover in handovers}
    kept = {n for n, record in database.records.items() if record.answer.code is AnswerCode.CONFLICT}
    collected = {place.collection.nonce for place in database.places.values() if place.collection}
    assert kept == {h.nonce for h in handovers if h.is_offline} - collected


@given(acts(), st.lists(st.integers(0, 99), max_size=5))
def test_how_an_upload_is_cut_does_not_matter(handovers, cuts):
    whole, cut = Database(), Database()
    answers = whole.send(handovers)
    assert [code for batch in batches(handovers, cuts) for code in cut.send(batch)] == answers
    assert (whole.places, whole.records) == (cut.places, cut.records)


@given(acts(), st.data())
def test_undos_and_hand_overs_in_any_order_keep_the_books(handovers, data):
    undos = [
        replace(one, nonce=f"u{one.nonce}", undoes=one.nonce, place=None)
        for one in data.draw(st.lists(st.sampled_from(handovers), unique=True))
    ]
    sent = data.draw(st.permutations([*handovers, *undos, *undos]))
    database = Database()
    for act in sent:
        database.send([act])
        balance = database.accepted()
        for key, place in database.places.items():
            assert balance[key] == (place.status is PlaceStatus.COLLECTED)
    for act in sent:
        database.send([act])
    for act in undos:
        undone = database.records[act.undoes].answer.code
        expected = AnswerCode.UNDONE if undone is AnswerCode.HANDED_OUT else AnswerCode.NOTHING_TO_UNDO
        assert database.records[act.nonce].answer.code is expected
