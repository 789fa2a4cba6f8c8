"""Steps out of order behind the code's back: the database refuses all that the rules of order do not know."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import pytest

from maskres.errors import StepRefused
from maskres.rounds.status import (
    DRAW_STEPS,
    ROUND_STEPS,
    DrawStatus,
    RoundStatus,
    require_draw_step,
    require_round_step,
)
from maskres.usecases.service import Service
from tests.support.raw import fetch, refusal, run

# Written out from the product's description, so that a slip in the tables of rounds/status.py shows.
ROUND_ORDER = {"draft": {"open"}, "open": {"finished"}, "finished": {"erased"}, "erased": set[str]()}
DRAW_ORDER = {
    "open": {"closed", "void"},
    "closed": {"decided", "void"},
    "decided": {"decided", "committed", "void"},
    "committed": {"diced", "void"},
    "diced": {"drawn"},
    "drawn": {"published"},
    "published": {"collecting"},
    "collecting": {"finished"},
    "finished": set[str](),
    "void": set[str](),
}


def path_to(order: Mapping[str, set[str]], first: str, wanted: str) -> list[str]:
    """Give the steps by which a status is reached from the first one."""
    paths = deque([[first]])
    while paths[0][-1] != wanted:
        path = paths.popleft()
        paths.extend([*path, then] for then in sorted(order[path[-1]]) if then not in path)
    return paths[0][1:]


def insert_round(service: Service, slug: str) -> int:
    run(
        service.database,
        "INSERT INTO rounds (slug, status, rules, cosigners, created_at)"
        " VALUES (:slug, 'draft', :rules, '[]', '2020-02-08T00:00:00Z')",
        slug=slug,
        rules=b"{}",
    )
    return fetch(service.database, "SELECT id FROM rounds WHERE slug = :slug", slug=slug)[0][0]


def test_the_code_knows_the_same_order():
    assert {str(now): {str(then) for then in nexts} for now, nexts in ROUND_STEPS.items()} == ROUND_ORDER
    assert {str(now): {str(then) for then in nexts} for now, nexts in DRAW_STEPS.items()} == DRAW_ORDER
    for now in RoundStatus:
        for then in set(RoundStatus) - ROUND_STEPS[now]:
            with pytest.raises(StepRefused) as refused:
                require_round_step(now, then)
            assert refused.value.code == "step-out-of-order"
    for here in DrawStatus:
        for there in set(DrawStatus) - DRAW_STEPS[here]:
            with pytest.raises(StepRefused) as refused:
                require_draw_step(here, there)
            assert refused.value.code == "step-out-of-order"


def test_the_database_takes_a_round_no_other_way(service: Service):
    for now in ROUND_ORDER:
        round_id = insert_round(service, f"round-{now}")
        for step in path_to(ROUND_ORDER, "draft", now):
            run(service.database, "UPDATE rounds SET status = :s WHERE id = :id", s=step, id=round_id)
        for then in ROUND_ORDER:
            said = refusal(
                service.database, "UPDATE rounds SET status = :s WHERE id = :id", s=then, id=round_id
            )
            is_allowed = then == now or then in ROUND_ORDER[now]
            assert (said is None) == is_allowed, f"{now} → {then}: {said}"
            assert is_allowed or "step out of order" in str(said)


def test_the_database_takes_a_draw_no_other_way(service: Service):
    round_id = insert_round(service, "round-1")
    for number, now in enumerate([*sorted(set(DRAW_ORDER) - {"open"}), "open"], start=1):
        run(
            service.database,
            "INSERT INTO draws (round_id, draw, status, opened_at)"
            " VALUES (:round, :draw, 'open', '2020-02-08T00:00:00Z')",
            round=round_id,
            draw=number,
        )
        for step in path_to(DRAW_ORDER, "open", now):
            run(service.database, "UPDATE draws SET status = :s WHERE draw = :n", s=step, n=number)
        for then in DRAW_ORDER:
            said = refusal(service.database, "UPDATE draws SET status = :s WHERE draw = :n", s=then, n=number)
            is_allowed = then == now or then in DRAW_ORDER[now]
            assert (said is None) == is_allowed, f"{now} → {then}: {said}"
            assert is_allowed or "step out of order" in str(said)


def test_rounds_and_draws_begin_at_their_beginning_and_stay(service: Service):
    round_id = insert_round(service, "round-1")
    for status in set(ROUND_ORDER) - {"draft"}:
        assert "begin as draft" in str(
            refusal(
                service.database,
                "INSERT INTO rounds (slug, status, rules, cosigners, created_at) VALUES ('r', :s, :b, '[]', 'x')",
                s=status,
                b=b"{}",
            )
        )
    for status in set(DRAW_ORDER) - {"open"}:
        assert "begin as open" in str(
            refusal(
                service.database,
                "INSERT INTO draws (round_id, draw, status, opened_at) VALUES (:r, 1, :s, 'x')",
                r=round_id,
                s=status,
            )
        )
    run(
        service.database,
        "INSERT INTO draws (round_id, draw, status, opened_at) VALUES (:r, 1, 'open', 'x')",
        r=round_id,
    )
    assert "never deleted" in str(refusal(service.database, "DELETE FROM draws"))
    assert "never deleted" in str(refusal(service.database, "DELETE FROM rounds"))


def test_one_draw_of_a_round_is_open_at_a_time(service: Service):
    round_id = insert_round(service, "round-1")
    insert = "INSERT INTO draws (round_id, draw, status, opened_at) VALUES (:r, :n, 'open', 'x')"
    run(service.database, insert, r=round_id, n=1)
    assert refusal(service.database, insert, r=round_id, n=2) is not None
    run(service.database, "UPDATE draws SET status = 'closed'")
    assert refusal(service.database, insert, r=round_id, n=1) is not None  # no draw stands twice
    assert refusal(service.database, insert, r=round_id, n=2) is None
