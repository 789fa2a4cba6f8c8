"""The database fails at the end of a step: nothing of the step is there; it asks again: the step is there once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from maskres.db import engine, record
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw import committing, drawing, seeding
from maskres.usecases.eligibility import deciding
from maskres.usecases.pickup import afterwards, moving, redeeming
from maskres.usecases.pickup.batches import publish_batch
from maskres.usecases.registration import registering
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.service import RESIDENT, Service
from tests.support.collecting import Counters, local
from tests.support.people import make_application, make_people
from tests.support.raw import dump
from tests.support.world import (
    DEPUTY,
    NOTARY,
    OPERATOR,
    ROLLS,
    ROUND,
    beacon_json,
    default_quotas,
    dice_source,
    drand_source,
    hours_of,
    play_to,
    set_clock,
    set_slots,
)

pytest_plugins = ("tests.support.collecting_fixtures",)

Step = Callable[[Service], Any]

#: What is logged → where the draw stands before, the hour, whether it is entered in the ledger, and the step.
STEPS: dict[str, tuple[DrawStatus, float, bool, Step]] = {
    "registered": (
        DrawStatus.OPEN,
        2,
        False,
        lambda service: registering.register(service, RESIDENT, ROUND, make_application(make_people(30)[-1])),
    ),
    "draw-closed": (
        DrawStatus.OPEN,
        48,
        True,
        lambda service: deciding.close_draw(service, OPERATOR, ROUND, 1),
    ),
    "draw-decided": (
        DrawStatus.CLOSED,
        50,
        True,
        lambda service: deciding.decide_draw(service, OPERATOR, ROUND, 1),
    ),
    "draw-committed": (
        DrawStatus.DECIDED,
        87,
        True,
        lambda service: committing.commit_draw(
            service, OPERATOR, ROUND, 1, default_quotas(service), [dice_source(), drand_source()]
        ),
    ),
    "dice-entered": (
        DrawStatus.COMMITTED,
        88,
        True,
        lambda service: seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS),
    ),
    "beacon-entered": (
        DrawStatus.DICED,
        91,
        True,
        lambda service: seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(drand_source())),
    ),
    "draw-drawn": (
        DrawStatus.DICED,
        91,
        True,
        lambda service: drawing.draw_winners(service, OPERATOR, ROUND, 1),
    ),
    "draw-published": (
        DrawStatus.DRAWN,
        92,
        True,
        lambda service: drawing.publish_allocation(service, OPERATOR, ROUND, 1),
    ),
    "collection-opened": (
        DrawStatus.PUBLISHED,
        93,
        False,
        lambda service: drawing.open_collection(service, OPERATOR, ROUND, 1),
    ),
    "draw-finished": (
        DrawStatus.COLLECTING,
        200,
        True,
        lambda service: round_steps.finish_draw(service, OPERATOR, ROUND, 1),
    ),
}


class Passing(Exception):
    """What PostgreSQL says when two transactions cannot both be first."""

    sqlstate = "40001"


def fail(patch: pytest.MonkeyPatch, act: str, times: int, error: Exception) -> None:
    """Let the line of an act in the audit log, which comes last of all, be the last straw so many times."""
    left = [times]

    def breaking(write):
        def log(c, at, actor, said, **values):
            write(c, at, actor, said, **values)
            if said == act and left[0]:
                left[0] -= 1
                raise error

        return log

    for name in ("log", "log_each"):
        patch.setattr(record, name, breaking(getattr(record, name)))
    patch.setattr(engine.time, "sleep", lambda seconds: None)


def count(tables: dict[str, Any], act: str) -> tuple[int, int]:
    """Count an act's lines in the audit log, and all lines of the ledger."""
    return sum(line["act"] == act for line in tables["audit_log"]), len(tables["ledger_entries"])


def require_whole_or_nothing(service: Service, act: str, is_entered: bool, step: Step) -> None:
    before = dump(service.database)
    with pytest.MonkeyPatch.context() as patch:
        fail(patch, act, 1, OSError("no space left on device"))
        with pytest.raises(OSError, match="no space left"):
            step(service)
    after = dump(service.database)
    assert [table for table in before if sorted_rows(after[table]) != sorted_rows(before[table])] == []
    with pytest.MonkeyPatch.context() as patch:
        fail(patch, act, 3, OperationalError("COMMIT", {}, Passing("could not serialize access")))
        step(service)
    lines, entries = count(before, act)
    assert count(dump(service.database), act) == (lines + 1, entries + is_entered)


def sorted_rows(rows: list[Any]) -> list[str]:
    """Put rows in an order of their own: a database gives them in any."""
    return sorted(str(dict(row)) for row in rows)


@pytest.mark.parametrize("act", STEPS)
def test_a_step_is_there_whole_or_not_at_all(service: Service, act: str):
    before, hours, is_entered, step = STEPS[act]
    play_to(service, before)
    set_clock(service, max(service.now(), hours_of(1, hours)))
    if act == "draw-committed":
        set_slots(service)
    if act == "draw-drawn":
        seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(drand_source()))
    require_whole_or_nothing(service, act, is_entered, step)


def test_a_batch_is_there_whole_or_not_at_all(counters: Counters):
    """With everything in it: changes, a closed store, new stock."""
    afterwards.give_back(counters.service, RESIDENT, ROUND, 1, counters.winner("siming-1"), SEEN_BY_STAFF)
    afterwards.close_store(counters.service, OPERATOR, ROUND, 1, "huli-1", local(12))

    def step(service: Service) -> None:
        publish_batch(service, OPERATOR, ROUND, 1, released=2)

    require_whole_or_nothing(counters.service, "batch-published", True, step)


@pytest.mark.parametrize(
    "act", ["given-back", "place-moved", "store-closed", "disqualified", "places-forfeited"]
)
def test_what_befalls_a_place_is_there_whole_or_not_at_all(counters: Counters, act: str):
    number = counters.winner("huli-1", "pm")
    counters.at(12, days=1 if act == "places-forfeited" else 0)
    steps: dict[str, Step] = {
        "given-back": lambda service: afterwards.give_back(
            service, RESIDENT, ROUND, 1, number, SEEN_BY_STAFF
        ),
        "place-moved": lambda service: moving.move_place(
            service, RESIDENT, ROUND, 1, number, store="siming-1", slot="pm", proof=SEEN_BY_STAFF
        ),
        "store-closed": lambda service: afterwards.close_store(
            service, OPERATOR, ROUND, 1, "huli-1", local(0)
        ),
        "disqualified": lambda service: afterwards.disqualify(
            service, OPERATOR, NOTARY, ROUND, 1, number, "Two people, one card."
        ),
        "places-forfeited": lambda service: afterwards.forfeit_missed(service, OPERATOR, ROUND, 1),
    }
    require_whole_or_nothing(counters.service, act, False, steps[act])


def test_an_upload_is_there_whole_or_not_at_all(counters: Counters, monkeypatch: pytest.MonkeyPatch):
    counters.at(21)
    till = counters.till()
    requests = [
        counters.request(number, is_offline=True, claimed_at=local(9))
        for number in counters.numbers(store="huli-1")
    ]
    before = dump(counters.service.database)
    real = redeeming.handovers.write_records

    def write_and_fail(*values):
        real(*values)
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(redeeming.handovers, "write_records", write_and_fail)
        with pytest.raises(OSError, match="no space left"):
            counters.upload(till, *requests, is_complete=True)
    after = dump(counters.service.database)
    assert [table for table in before if sorted_rows(after[table]) != sorted_rows(before[table])] == []
    assert {answer.code for answer in counters.upload(till, *requests)} == {"handed-out"}


def test_a_database_that_never_gives_way_is_not_asked_for_ever(counters: Counters):
    number = counters.winner()
    before = dump(counters.service.database)
    with pytest.MonkeyPatch.context() as patch:
        fail(patch, "given-back", 99, OperationalError("COMMIT", {}, Passing("could not serialize access")))
        with pytest.raises(OperationalError):
            afterwards.give_back(counters.service, RESIDENT, ROUND, 1, number, SEEN_BY_STAFF)
    assert sorted_rows(dump(counters.service.database)["places"]) == sorted_rows(before["places"])
