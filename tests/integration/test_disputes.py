"""Disputes: heard in their time; open ones stay in the pool, upheld ones count when the draw is decided again."""

from __future__ import annotations

import pytest

from maskres.errors import ConflictError, InputError, StepRefused
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw import committing
from maskres.usecases.eligibility import deciding, disputes
from maskres.usecases.pickup import afterwards
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.service import RESIDENT, Service
from maskres.usecases.showing.standing import find_standing
from maskres.usecases.showing.standing_values import InDraw, Where
from tests.support.raw import fetch, refusal
from tests.support.world import (
    DEPUTY,
    NOTARY,
    OPERATOR,
    ROUND,
    default_quotas,
    dice_source,
    drand_source,
    hours_of,
    play_to,
    published,
    set_clock,
    set_slots,
)


def numbers(service: Service, name: str) -> list[str]:
    return [line.split(",")[0] for line in published(service, name).decode().splitlines()[1:]]


def commit(service: Service) -> None:
    sources = (dice_source(), drand_source())
    committing.commit_draw(service, OPERATOR, ROUND, 1, default_quotas(service), sources)


def test_an_open_dispute_keeps_its_number_in_the_pool(service: Service):
    played = play_to(service, DrawStatus.DECIDED)
    doubtful = played.numbers[18]
    disputes.lodge_dispute(service, RESIDENT, ROUND, 1, doubtful, "我的户口在湖里区。")
    set_slots(service)
    set_clock(service, hours_of(1, 87))
    commit(service)
    assert numbers(service, "disputed.csv") == [doubtful]
    assert doubtful in numbers(service, "pool.csv")
    assert doubtful not in numbers(service, "excluded.csv")


def test_a_stack_of_disputes_is_answered_whole_or_not_at_all(service: Service):
    played = play_to(service, DrawStatus.DECIDED)
    one, other = played.numbers[18], played.numbers[19]
    disputes.lodge_dispute(service, RESIDENT, ROUND, 1, one, "请再查一次。")
    stack = [
        disputes.DisputeAnswer(one, ("insurance",), "paper seen"),
        disputes.DisputeAnswer(other, (), "no proof"),
    ]
    with pytest.raises(StepRefused, match=other) as refused:
        disputes.resolve_disputes(service, OPERATOR, ROUND, 1, stack)
    assert refused.value.code == "no-open-dispute"
    disputes.lodge_dispute(service, RESIDENT, ROUND, 1, other, "请再查一次。")
    with pytest.raises(InputError) as twice:
        disputes.resolve_disputes(service, OPERATOR, ROUND, 1, [*stack, stack[0]])
    assert twice.value.code == "answered-twice"
    disputes.resolve_disputes(service, OPERATOR, ROUND, 1, stack)
    resolved = fetch(service.database, "SELECT number, status FROM disputes ORDER BY status")
    assert resolved == [(other, "rejected"), (one, "upheld")]
    assert fetch(service.database, "SELECT number, kind FROM corrections") == [(one, "insurance")]
    logged = fetch(
        service.database, "SELECT number, detail FROM audit_log WHERE act = 'dispute-resolved' ORDER BY id"
    )
    assert logged == [
        (one, '{"proved": ["insurance"], "reason": "paper seen"}'),
        (other, '{"proved": [], "reason": "no proof"}'),
    ]


def test_threat_bad_register_an_upheld_dispute_counts_only_when_decided_again_and_must_be(service: Service):
    played = play_to(service, DrawStatus.DECIDED)
    upheld, rejected = played.numbers[18], played.numbers[19]
    for number in (upheld, rejected):
        disputes.lodge_dispute(service, RESIDENT, ROUND, 1, number, "请再查一次。")
    with pytest.raises(InputError) as unknown:
        disputes.resolve_dispute(service, OPERATOR, ROUND, 1, upheld, proved=("tax",), reason="-")
    assert unknown.value.code == "unknown-register"
    disputes.resolve_dispute(service, OPERATOR, ROUND, 1, upheld, proved=("insurance",), reason="paper seen")
    disputes.resolve_dispute(service, OPERATOR, ROUND, 1, rejected, reason="no proof")
    for number in (upheld, rejected):
        with pytest.raises(StepRefused) as twice:
            disputes.resolve_dispute(service, OPERATOR, ROUND, 1, number, reason="again")
        assert twice.value.code == "no-open-dispute"
    set_slots(service)
    set_clock(service, hours_of(1, 80))
    with pytest.raises(ConflictError) as forgotten:
        commit(service)
    assert forgotten.value.code == "decide-again"
    set_clock(service, hours_of(1, 60))
    decision = deciding.decide_draw(service, OPERATOR, ROUND, 1)
    assert decision.excluded == {"not-registered-here": 1, "withdrawn": 1}
    set_clock(service, hours_of(1, 87))
    commit(service)
    assert upheld in numbers(service, "pool.csv")
    assert rejected in numbers(service, "excluded.csv")
    assert numbers(service, "disputed.csv") == []


def test_a_dispute_has_its_time_and_its_reason(service: Service):
    played = play_to(service, DrawStatus.CLOSED)
    excluded = played.numbers[19]

    def lodge(number: str, words: str = "请再查一次。") -> str:
        try:
            disputes.lodge_dispute(service, RESIDENT, ROUND, 1, number, words)
        except (StepRefused, InputError) as error:
            return error.code
        return "lodged"

    assert lodge(excluded) == "too-early-to-dispute"
    play_to(service, DrawStatus.DECIDED)
    assert lodge(played.numbers[0]) == "nothing-to-dispute"  # is in the pool
    assert lodge(played.numbers[17]) == "nothing-to-dispute"  # withdrew
    assert lodge("000000000000") == "unknown-number"
    assert [lodge(excluded, words) for words in ("", "  ", "长" * 2001)] == ["bad-words"] * 3
    stack = {excluded: "请再查一次。", played.numbers[0]: "请再查一次。"}
    with pytest.raises(StepRefused) as whole:
        disputes.lodge_disputes(service, OPERATOR, ROUND, 1, stack)
    assert whole.value.code == "nothing-to-dispute"
    assert fetch(service.database, "SELECT number FROM disputes") == []  # all of a stack or none
    assert [lodge(excluded), lodge(excluded, "补充说明")] == ["lodged", "lodged"]
    assert disputes.read_dispute(service, OPERATOR, ROUND, 1, excluded) == "补充说明"
    disputes.resolve_dispute(service, OPERATOR, ROUND, 1, excluded, reason="nothing shown")
    assert lodge(excluded) == "dispute-resolved"
    play_to(service, DrawStatus.COMMITTED)
    assert lodge(played.numbers[18]) == "too-late-to-dispute"
    disputes.grant_late_claim(service, OPERATOR, ROUND, played.numbers[18], "the register was wrong")
    granted = fetch(service.database, "SELECT number FROM registrations JOIN persons ON id = person_id"
                    " WHERE bonus_tickets = 1")  # fmt: skip
    assert granted == [(played.numbers[18],)]
    with pytest.raises(StepRefused) as refused:
        disputes.grant_late_claim(service, DEPUTY, ROUND, played.numbers[18], "the register was wrong")
    assert refused.value.code == "ticket-granted"
    assert fetch(service.database, "SELECT sum(bonus_tickets) FROM persons") == [(1,)]


def told(service: Service, number: str) -> InDraw:
    return find_standing(service, ROUND, number, SEEN_BY_STAFF).draws[0]


def kept_pair(service: Service) -> tuple[str, str]:
    """Commit with two disputes open; gives their numbers."""
    played = play_to(service, DrawStatus.DECIDED)
    pair = played.numbers[18], played.numbers[19]
    for number in pair:
        disputes.lodge_dispute(service, RESIDENT, ROUND, 1, number, "请再查一次。")
    play_to(service, DrawStatus.COMMITTED)
    return pair


def uphold(service: Service, number: str, reason: str = "The card was seen.") -> str:
    try:
        disputes.uphold_after_commitment(service, OPERATOR, ROUND, 1, number, reason)
    except (StepRefused, InputError) as error:
        return error.code
    return "upheld"


def test_a_dispute_open_at_the_commitment_is_upheld_and_its_number_stays(service: Service):
    upheld, still_open = kept_pair(service)
    before = fetch(service.database, "SELECT mask FROM facts ORDER BY number")
    assert uphold(service, upheld, " ") == "bad-reason"
    assert uphold(service, upheld) == "upheld"
    assert uphold(service, upheld) == "no-open-dispute"
    stands = told(service, upheld)
    assert (stands.dispute, stands.verdict.is_disputed, stands.verdict.tickets > 0) == ("upheld", True, True)
    assert fetch(service.database, "SELECT count(*) FROM corrections") == [(0,)]
    assert fetch(service.database, "SELECT mask FROM facts ORDER BY number") == before
    logged = fetch(service.database, "SELECT number, detail FROM audit_log WHERE act = 'dispute-resolved'")
    assert [number for number, _detail in logged] == [upheld]
    assert "The card was seen." in logged[0][1]
    play_to(service, DrawStatus.DRAWN)
    assert told(service, upheld).where in (Where.WON, Where.WAITING)
    assert told(service, upheld).outcome.tickets
    assert uphold(service, still_open) == "upheld"


def test_only_an_open_dispute_of_a_live_commitment_is_upheld_after_it(service: Service):
    played = play_to(service, DrawStatus.DECIDED)
    excluded = played.numbers[19]
    disputes.lodge_dispute(service, RESIDENT, ROUND, 1, excluded, "请再查一次。")
    assert uphold(service, excluded) == "step-out-of-order"
    disputes.resolve_dispute(service, OPERATOR, ROUND, 1, excluded, reason="nothing shown")
    play_to(service, DrawStatus.COMMITTED)
    assert uphold(service, excluded) == "no-open-dispute"
    assert uphold(service, played.numbers[0]) == "no-open-dispute"
    assert told(service, excluded).verdict.is_disputed is False
    committing.void_draw(service, OPERATOR, ROUND, 1, "The slots were wrong.")
    assert uphold(service, excluded) == "step-out-of-order"


def test_disqualifying_rejects_the_dispute_that_kept_the_number(service: Service):
    upheld, unsound = kept_pair(service)
    assert uphold(service, upheld) == "upheld"
    play_to(service, DrawStatus.PUBLISHED)
    for number in (upheld, unsound):
        afterwards.disqualify(service, OPERATOR, NOTARY, ROUND, 1, number, "No card of this city.")
    assert [told(service, number).dispute for number in (upheld, unsound)] == ["upheld", "rejected"]
    assert [told(service, number).where for number in (upheld, unsound)] == [Where.DISQUALIFIED] * 2
    assert uphold(service, unsound) == "no-open-dispute"
    details = fetch(service.database, "SELECT number, detail FROM audit_log WHERE act = 'disqualified'")
    assert {number: "rejected" in detail for number, detail in details} == {upheld: False, unsound: True}


def test_the_database_keeps_an_answer_and_what_the_commitment_kept(service: Service):
    upheld, still_open = kept_pair(service)
    assert uphold(service, upheld) == "upheld"
    again = "UPDATE disputes SET status = 'rejected' WHERE number = :number"
    assert refusal(service.database, again, number=upheld) is not None
    unkept = "UPDATE disputes SET is_kept = :no WHERE number = :number"
    for number in (upheld, still_open):
        assert refusal(service.database, unkept, number=number, no=False) is not None
    assert refusal(service.database, "DELETE FROM disputes WHERE number = :number", number=upheld) is not None
    late = (
        "INSERT INTO disputes (draw_id, number, status, words, lodged_at)"
        " SELECT draw_id, '000000000000', 'open', words, lodged_at FROM disputes WHERE number = :number"
    )
    assert refusal(service.database, late, number=upheld) is not None
