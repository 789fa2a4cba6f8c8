"""Closing, deciding and committing: what the commitment names is what was published, and what will be drawn from."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from maskres.errors import CheckFailed, InputError, StepRefused
from maskres.ledger.commitment import read_commitment
from maskres.lottery.sources import Dice, Drand
from maskres.rehearsal.parts import beacon_network
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw import committing
from maskres.usecases.eligibility import deciding
from maskres.usecases.service import Service
from tests.support.people import make_people
from tests.support.raw import fetch
from tests.support.world import (
    DEPUTY,
    NOTARY,
    OPERATOR,
    ROUND,
    SEED,
    Played,
    default_quotas,
    dice_source,
    drand_source,
    hours_of,
    import_people,
    open_round,
    pass_time,
    play_to,
    published,
    register,
    set_clock,
    set_slots,
    slots_csv,
    status_of,
)

FILES = ("registered.csv", "pool.csv", "excluded.csv", "disputed.csv", "slots.csv")


def rows(service: Service, name: str, draw: int = 1) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(published(service, name, draw=draw).decode())))


def numbers(service: Service, name: str, draw: int = 1) -> list[str]:
    return [row["number"] for row in rows(service, name, draw)]


def last_entry(service: Service) -> dict[str, Any]:
    ((line,),) = fetch(service.database, "SELECT line FROM ledger_entries ORDER BY seq DESC LIMIT 1")
    found: dict[str, Any] = json.loads(bytes(line))
    return found


def commit(
    service: Service, quotas: dict[str, int] | None = None, sources: Any = None, **options: Any
) -> str:
    chosen = default_quotas(service) if quotas is None else quotas
    declared: Any = [dice_source(), drand_source()] if sources is None else sources
    return committing.commit_draw(service, OPERATOR, ROUND, 1, chosen, declared, **options)


def ready(service: Service, capacity: int = 4) -> Played:
    """Take a draw to where its commitment is the next step, slots set and the challenge over."""
    played = play_to(service, DrawStatus.DECIDED)
    set_slots(service, data=slots_csv(capacity=capacity))
    set_clock(service, hours_of(1, 87))
    return played


def test_closing_lists_everybody_registered_withdrawn_or_not(service: Service):
    played = play_to(service, DrawStatus.CLOSED)
    assert numbers(service, "registered.csv") == sorted(played.numbers.values())
    entry = last_entry(service)
    data = published(service, "registered.csv")
    assert (entry["kind"], entry["draw"], entry["at"]) == ("draw-closed", 1, "2020-02-10T01:00:00Z")
    assert entry["body"] == {"registered": {"sha256": hashlib.sha256(data).hexdigest(), "entries": 20}}
    sealed = "SELECT number, district, reach, choices, seal FROM {} ORDER BY number"
    assert fetch(service.database, sealed.format("entries")) == fetch(
        service.database, sealed.format("registrations")
    )


def test_the_commitment_names_what_is_published(service: Service):
    played = play_to(service, DrawStatus.COMMITTED)
    data = published(service, "commitment.json")
    commitment = read_commitment(data)
    for name in FILES:
        file = published(service, name)
        found = (commitment.files[name].sha256, commitment.files[name].entries)
        assert found == (hashlib.sha256(file).hexdigest(), file.count(b"\n") - 1), name
    entry = last_entry(service)
    assert (entry["kind"], entry["body"]) == (
        "draw-committed",
        {"commitment_sha256": hashlib.sha256(data).hexdigest()},
    )
    ((rules,),) = fetch(service.database, "SELECT rules FROM rounds")
    assert commitment.rules_sha256 == hashlib.sha256(bytes(rules)).hexdigest()
    key = service.keys.round_keys(ROUND).number
    assert commitment.number_key_sha256 == hashlib.sha256(key).hexdigest()
    assert (commitment.round, commitment.draw, commitment.zone) == (ROUND, 1, "Asia/Shanghai")
    assert commitment.sources == (dice_source(), drand_source())
    pinned = [(each.kind, each.version, each.rows) for each in commitment.registers]
    assert pinned == [("household", 1, 15), ("insurance", 1, 3)]
    ((size, root),) = fetch(
        service.database, "SELECT size, root FROM checkpoints ORDER BY size DESC LIMIT 1 OFFSET 1"
    )
    assert (commitment.ledger_size, commitment.ledger_root) == (size, root)
    assert published(service, "slots.csv") == slots_csv()
    assert len(played.people) == 20


def test_pool_and_excluded_are_the_registered_without_overlap(service: Service):
    played = play_to(service, DrawStatus.COMMITTED)
    pool, excluded = rows(service, "pool.csv"), rows(service, "excluded.csv")
    everyone = [row["number"] for row in pool] + [row["number"] for row in excluded]
    assert sorted(everyone) == numbers(service, "registered.csv") == sorted(played.numbers.values())
    reasons = {row["number"]: row["reason"] for row in excluded}
    assert reasons == {
        played.numbers[17]: "withdrawn",
        played.numbers[18]: "not-registered-here",
        played.numbers[19]: "not-registered-here",
    }
    strata = {row["number"]: row["stratum"] for row in pool}
    assert strata == {
        number: "elderly" if nth % 4 == 0 else "general" for nth, number in played.numbers.items() if nth < 17
    }
    assert {row["tickets"] for row in pool} == {"1"}
    seals = dict(fetch(service.database, "SELECT number, seal FROM registrations"))
    assert {row["number"]: row["seal"] for row in pool} == {number: seals[number] for number in strata}


def test_tickets_of_rounds_waited_are_in_the_pool(service: Service):
    play_to(service, DrawStatus.OPEN)
    with service.database.engine.begin() as c:
        c.exec_driver_sql("UPDATE persons SET rounds_waited = 1, bonus_tickets = 0")
    play_to(service, DrawStatus.COMMITTED)
    assert {row["tickets"] for row in rows(service, "pool.csv")} == {"2"}


def test_the_challenge_hours_run_from_the_last_decision(service: Service):
    play_to(service, DrawStatus.DECIDED)
    set_slots(service)
    set_clock(service, hours_of(1, 50 + 24) - timedelta(seconds=1))
    with pytest.raises(StepRefused, match="2020-02-11T03:00:00Z") as refused:
        commit(service)
    assert refused.value.code == "challenge-running"
    deciding.decide_draw(service, DEPUTY, ROUND, 1)
    pass_time(service, hours=1)
    with pytest.raises(StepRefused) as again:
        commit(service)
    assert again.value.code == "challenge-running"
    assert status_of(service) is DrawStatus.DECIDED
    pass_time(service, hours=23)
    sources = [Dice("dice", 10, 39, hours_of(1, 100)), Drand("drand", beacon_network(SEED, hours_of(1, 101)))]
    commit(service, sources=sources)
    assert status_of(service) is DrawStatus.COMMITTED


def test_quotas_are_of_exactly_the_pools_strata(service: Service):
    ready(service)
    for quotas in ({"elderly": 2}, {"elderly": 1, "general": 1, "minors": 1}, {}):
        with pytest.raises(CheckFailed) as refused:
            commit(service, quotas)
        assert refused.value.code == "quotas-differ"
    with pytest.raises(InputError):
        commit(service, {"elderly": -1, "general": 1})
    assert fetch(service.database, "SELECT count(*) FROM artifacts WHERE name = 'pool.csv'") == [(0,)]
    commit(service, {"elderly": 0, "general": 99})


def test_more_winners_than_places_are_refused(service: Service):
    ready(service, capacity=1)  # six places
    with pytest.raises(CheckFailed, match="7 winners, but only 6 places") as refused:
        commit(service, {"elderly": 3, "general": 4})
    assert refused.value.code == "too-few-places"
    commit(service, {"elderly": 3, "general": 3})


def test_a_refused_commitment_leaves_nothing_and_the_next_one_stands(service: Service):
    ready(service)
    before = {
        table: fetch(service.database, f"SELECT count(*) FROM {table}")
        for table in ("artifacts", "artifact_chunks", "ledger_entries", "audit_log")
    }
    with pytest.raises(CheckFailed):
        commit(service, {})
    assert before == {table: fetch(service.database, f"SELECT count(*) FROM {table}") for table in before}
    commit(service)
    with pytest.raises(StepRefused) as twice:
        commit(service)
    assert twice.value.code == "step-out-of-order"


def test_sources_that_could_be_chosen_or_known_are_refused(service: Service):
    ready(service)
    drand = Drand("drand", beacon_network(SEED, hours_of(1, 90)))
    for sources in (
        [],
        [Dice("dice", 10, 38, hours_of(1, 89))],  # not 128 bits
        [Dice("dice", 10, 39, hours_of(1, 87))],  # due at the commitment itself
        [Drand("drand", beacon_network(SEED, hours_of(1, 80)))],  # known already
        [Dice("dice", 10, 39, hours_of(1, 95)), drand],  # whoever knows the beacon could roll
        [drand, Dice("dice", 10, 39, hours_of(1, 89))],
    ):
        with pytest.raises(InputError) as refused:
            commit(service, sources=sources)
        assert refused.value.code == "bad-source", sources
    assert status_of(service) is DrawStatus.DECIDED


def test_slots_are_checked_line_by_line(service: Service):
    open_round(service)
    head = "district,store,slot,starts_at,ends_at,capacity\n"
    morning = "2020-02-13T01:00:00Z,2020-02-13T01:30:00Z,4\n"
    for lines, code, line in (
        (
            f"siming,siming-1,a,{morning}siming,siming-1,b,2020-02-13T01:29:59Z,2020-02-13T02:00:00Z,4\n",
            "slots-overlap",
            3,
        ),
        (f"huli,siming-1,a,{morning}", "wrong-district", 2),
        (f"huli,huli-1,a,{morning}huli,huli-9,a,{morning}", "unknown-store", 3),
    ):
        with pytest.raises(InputError) as refused:
            set_slots(service, data=(head + lines).encode())
        assert (refused.value.code, refused.value.file, refused.value.line) == (code, "slots.csv", line)
    touching = f"huli,huli-1,a,{morning}huli,huli-1,b,2020-02-13T01:30:00Z,2020-02-13T02:00:00Z,4\n"
    assert set_slots(service, data=(head + touching).encode()) == 2
    assert set_slots(service) == 6  # in place of the earlier ones
    assert fetch(service.database, "SELECT count(*), sum(capacity) FROM slots") == [(6, 24)]


def test_a_draw_decides_by_the_versions_asked_for(service: Service):
    played = play_to(service, DrawStatus.CLOSED)
    import_people(service, "household", [*played.people[:2]])
    by_newest = deciding.decide_draw(service, OPERATOR, ROUND, 1)
    assert sum(by_newest.strata.values()) == 5  # two of the household register and three insured
    by_first = deciding.decide_draw(service, OPERATOR, ROUND, 1, {"household": 1})
    assert sum(by_first.strata.values()) == 17
    pinned = (
        "SELECT kind, version FROM pinned_registers JOIN register_versions ON id = version_id ORDER BY kind"
    )
    assert fetch(service.database, pinned) == [("household", 1), ("insurance", 1)]
    with pytest.raises(InputError) as refused:
        deciding.decide_draw(service, OPERATOR, ROUND, 1, {"household": 3})
    assert refused.value.code == "unknown-version"
    kinds = [row[0] for row in fetch(service.database, "SELECT kind FROM ledger_entries ORDER BY seq")]
    assert kinds.count("draw-decided") == 2  # deciding again is in the ledger


def test_a_draw_nobody_registered_for_goes_its_way(service: Service):
    play_to(service, DrawStatus.FINISHED, people=[])
    assert [published(service, name).count(b"\n") for name in ("registered.csv", "result.csv")] == [1, 1]


def test_a_draw_is_void_before_its_dice_with_a_reason_for_all_to_see(service: Service):
    play_to(service, DrawStatus.COMMITTED)
    commitment = hashlib.sha256(published(service, "commitment.json")).hexdigest()
    for reason in ("", " ", "长" * 301, "Ask 13800138000.", "one\ntwo"):
        with pytest.raises(InputError):
            committing.void_draw(service, OPERATOR, ROUND, 1, reason)
    committing.void_draw(service, NOTARY, ROUND, 1, "The hall's door was locked.")
    entry = last_entry(service)
    assert (entry["kind"], entry["body"]) == (
        "draw-voided",
        {"commitment_sha256": commitment, "reason": "The hall's door was locked."},
    )
    assert status_of(service) is DrawStatus.VOID
    assert published(service, "pool.csv")  # what was published stays


def test_a_draw_is_not_void_once_a_source_can_be_known(service: Service):
    play_to(service, DrawStatus.COMMITTED)
    for minutes in (16, 120, 180):  # the dice may fall from ten minutes after the second cosignature
        set_clock(service, hours_of(1, 87 + minutes / 60))
        with pytest.raises(StepRefused) as refused:
            committing.void_draw(service, OPERATOR, ROUND, 1, "We do not like it.")
        assert refused.value.code == "source-known"
    assert status_of(service) is DrawStatus.COMMITTED


def test_a_draw_whose_commitment_lacks_a_cosignature_is_void_until_its_dice_are_due(service: Service):
    play_to(service, DrawStatus.DECIDED)
    set_clock(service, hours_of(1, 87))
    set_slots(service)
    sources = (dice_source(), drand_source())
    committing.commit_draw(service, OPERATOR, ROUND, 1, default_quotas(service), sources)
    set_clock(service, hours_of(1, 88))
    committing.void_draw(service, OPERATOR, ROUND, 1, "The witness did not come.")
    assert status_of(service) is DrawStatus.VOID


def test_no_slot_may_have_begun(service: Service):
    play_to(service, DrawStatus.DECIDED)
    set_clock(service, hours_of(1, 87))
    lines = slots_csv().decode().splitlines(keepends=True)
    begun = [line.replace("2020-02-13T", "2020-02-11T") for line in lines]
    assert begun != lines
    set_slots(service, data="".join(begun).encode())
    with pytest.raises(CheckFailed) as refused:
        committing.commit_draw(
            service, OPERATOR, ROUND, 1, default_quotas(service), (dice_source(), drand_source())
        )
    assert (refused.value.code, refused.value.file, refused.value.line) == ("slot-past", "slots.csv", 2)
    assert status_of(service) is DrawStatus.DECIDED


def test_a_draw_is_never_void_after_its_dice(service: Service):
    play_to(service, DrawStatus.DICED)
    with pytest.raises(StepRefused) as refused:
        committing.void_draw(service, OPERATOR, ROUND, 1, "We do not like it.")
    assert refused.value.code == "step-out-of-order"
    play_to(service, DrawStatus.FINISHED)
    with pytest.raises(StepRefused):
        committing.void_draw(service, OPERATOR, ROUND, 1, "We do not like it.")


def test_who_changes_their_wishes_after_closing_changes_them_for_the_next_draw_alone(service: Service):
    played = play_to(service, DrawStatus.CLOSED, draws=2)
    before = fetch(service.database, "SELECT number, seal FROM entries ORDER BY number")
    late = make_people(1, start=90)[0]
    register(service, late)
    play_to(service, DrawStatus.COMMITTED, people=played.people)
    assert fetch(service.database, "SELECT number, seal FROM entries ORDER BY number") == before
    assert len(numbers(service, "registered.csv")) == 20
