"""Disputes: heard in their time; open ones stay in the pool, upheld ones count when the draw is decided again."""

from __future__ import annotations

import pytest

from maskres.errors import ConflictError, InputError, StepRefused
from maskres.rounds.status import DrawStatus
from maskres.usecases import committing, deciding, disputes
from maskres.usecases.service import RESIDENT, Service
from tests.support.raw import fetch
from tests.support.world import (
    DEPUTY,
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


def test_an_upheld_dispute_counts_only_when_decided_again_and_must_be(service: Service):
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
