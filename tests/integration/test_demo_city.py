"""The demo city: what is in it, that it can be used and taken up again, that a second start does nothing."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from maskres.db import charts, deciding, people, pickup, record, registers, rounds
from maskres.db.engine import Database
from maskres.db.upgrade import upgrade
from maskres.demo.accounts import code_of
from maskres.demo.city import STEPS
from maskres.demo.facts import DemoFacts, read_facts
from maskres.errors import ConfigurationError, InputError, StepRefused
from maskres.formats.values import format_time
from maskres.ledger.checkpoints import cosign
from maskres.ledger.entries import read_line
from maskres.ledger.note_keys import read_signing_key
from maskres.pickup.handovers import AnswerCode
from maskres.registration.applications import read_application
from maskres.rehearsal.city.timetable import XIAMEN
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus
from maskres.usecases.accounts import second_factor, staff
from maskres.usecases.accounts.enrolling import list_devices
from maskres.usecases.accounts.tills import enrol_till
from maskres.usecases.eligibility import deciding as decide_steps
from maskres.usecases.pickup import redeeming
from maskres.usecases.pickup.afterwards import give_back
from maskres.usecases.record import add_cosignature, name_ledger
from maskres.usecases.registration.proofs import Proof
from maskres.usecases.registration.registering import Outcome, register
from maskres.usecases.service import RESIDENT, Actor
from tests.support.demo_city import NOW, database_url, demo_service, prepare, prepare_and_kill, same_bytes

OPERATOR = Actor("operator/lin")
TODAY = NOW.astimezone(XIAMEN).date()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, DemoFacts, list[str]]:
    """A demo city that nothing is done to; its facts, and the steps of its making."""
    instance = tmp_path_factory.mktemp("demo") / "instance"
    return instance, *prepare(instance, random_bytes=same_bytes("made"))


@pytest.fixture
def instance(made, tmp_path) -> Path:
    """A copy of it to try things with."""
    copied = tmp_path / "instance"
    # The database by its own means: files beside it come and go with whoever still has it open.
    shutil.copytree(made[0], copied, ignore=shutil.ignore_patterns("maskres.sqlite*"))
    source, target = made[0] / "maskres.sqlite", copied / "maskres.sqlite"
    with closing(sqlite3.connect(source)) as found, closing(sqlite3.connect(target)) as copy:
        found.backup(copy)
    shutil.copymode(source, target)
    return copied


def dump(instance: Path) -> list[str]:
    with sqlite3.connect(instance / "maskres.sqlite") as connection:
        return list(connection.iterdump())


def draw_of(c, slug: str) -> rounds.Draw:
    return rounds.find_draw(c, rounds.find_round(c, slug), 1)


def count_by_day(c, slug: str) -> dict[date, Counter[str]]:
    starts = pickup.list_starts(c, draw_of(c, slug).id)
    found: dict[date, Counter[str]] = {}
    for day in sorted({start.astimezone(XIAMEN).date() for start in starts}):
        begins_at = datetime.combine(day, datetime.min.time(), XIAMEN)
        planned = pickup.list_planned(c, draw_of(c, slug).id, begins_at, begins_at + timedelta(days=1))
        found[day] = Counter(str(place.status) for place in planned)
    return found


def test_one_round_is_collected_and_the_next_takes_registrations(made):
    instance, facts, _ = made
    with demo_service(instance) as service, service.database.reading() as c:
        assert draw_of(c, facts.collecting).status is DrawStatus.COLLECTING
        assert draw_of(c, facts.open).status is DrawStatus.OPEN
        first, second = (rounds.find_round(c, slug) for slug in (facts.collecting, facts.open))
        assert [basis.register for basis in first.rules.bases] == ["household", "insurance"]
        assert [basis.register for basis in second.rules.bases] == ["household", "insurance", "employment"]
        assert people.count_registrations(c, second.id)[0] > 150
        newest = Counter(version.kind for version in registers.list_versions(c))
        assert newest == {"household": 2, "insurance": 2, "employment": 1}
        assert record.origin(c) == facts.origin == "rehearsal/demo-xiamen"
        assert len(rounds.store_districts(c, first.id)) == 12
        assert len(set(rounds.store_districts(c, first.id).values())) == 6


def test_people_have_registered_hour_by_hour_by_day_and_hardly_by_night(made):
    instance, facts, _ = made
    for slug in (facts.collecting, facts.open):
        with demo_service(instance) as service, service.database.reading() as c:
            round_ = rounds.find_round(c, slug)
            by_hour: Counter[datetime] = Counter()
            for counts in charts.count_registered_by_hour_and_district(c, round_.id).values():
                by_hour.update(counts)
            closes_at = rounds.find_draw(c, round_, 1).times.closes_at
        assert len(by_hour) >= 10
        assert closes_at is not None and max(by_hour) < closes_at
        by_day = sum(count for hour, count in by_hour.items() if 8 <= hour.astimezone(XIAMEN).hour < 24)
        assert by_day > 0.8 * sum(by_hour.values())
        assert max(by_hour.values()) < 0.3 * sum(by_hour.values())


def test_slots_lie_around_today_and_some_are_missed(made):
    instance, facts, _ = made
    with demo_service(instance) as service, service.database.reading() as c:
        days = count_by_day(c, facts.collecting)
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    assert set(days) >= {yesterday, TODAY, tomorrow}
    assert min(days) == yesterday
    assert max(days).isoformat() == facts.collected_until
    assert days[yesterday]["collected"] and days[yesterday]["forfeited"] and not days[yesterday]["assigned"]
    assert days[TODAY]["collected"] and days[TODAY]["assigned"] and not days[TODAY]["forfeited"]
    assert set(days[tomorrow]) == {"assigned"}


def test_nothing_lies_beyond_now_and_the_ledger_runs_forward(made):
    instance, _, _ = made
    with demo_service(instance) as service, service.database.reading() as c:
        entries = [read_line(line, seq) for seq, line in enumerate(record.ledger_lines(c))]
        assert all(before.at <= after.at for before, after in pairwise(entries))
        assert entries[-1].at <= NOW
        assert "beacon" not in {str(entry.kind) for entry in entries}
    with sqlite3.connect(instance / "maskres.sqlite") as connection:
        for table, column in (
            ("audit_log", "at"),
            ("handovers", "received_at"),
            ("registrations", "changed_at"),
        ):
            latest = connection.execute(f"SELECT max({column}) FROM {table}").fetchone()[0]
            assert latest <= format_time(NOW), table


def test_facts_are_private_and_name_every_role(made):
    instance, facts, stages = made
    assert read_facts(instance) == facts
    for name in ("facts.json", "accounts.json", "notary.key", "witness.key"):
        assert stat.S_IMODE((instance / "demo" / name).stat().st_mode) == 0o600
    assert {account.role for account in facts.accounts} == set(StaffRole)
    assert Counter(account.role for account in facts.accounts)["operator"] == 2
    assert [account.store for account in facts.accounts if account.role == "counter"] == [facts.store]
    with demo_service(instance) as service:
        devices = {each.name: each for each in list_devices(service)}
    assert {each.store for each in devices.values()} == {facts.store}
    assert [each.revoked_at is None for _, each in sorted(devices.items())] == [True, False]
    assert len(stages) == STEPS
    assert len(facts.losers) == 3
    assert {"not-registered-here", "withdrawn"} <= {entry.reason for entry in facts.excluded}


def test_staff_log_in_with_password_and_second_factor(instance, made):
    with demo_service(instance) as service:
        for account in made[1].accounts:
            found = staff.check_password(service, account.name, account.password)
            assert found is not None and found.has_second_factor
            assert (str(found.role), found.store) == (account.role, account.store)
            assert second_factor.check_totp(service, found.id, code_of(account, NOW))


def test_a_counter_hands_out_for_a_code_of_today(instance, made):
    facts = made[1]
    winner = facts.winners[0]
    assert (winner.store, winner.status) == (facts.store, "assigned")
    with demo_service(instance) as service:
        till = enrol_till(service, OPERATOR, facts.collecting, facts.store, "shen")
        assert redeeming.look_up(service, till, winner.code).code is AnswerCode.VALID
        answers = redeeming.report(service, till, [redeeming.Request("a-nonce-of-the-test", winner.code)])
        assert [answer.code for answer in answers] == [AnswerCode.HANDED_OUT]
        again = redeeming.look_up(service, till, winner.code)
        assert again.code is AnswerCode.ALREADY_HANDED_OUT
    later, stages = prepare(instance)
    assert stages == []
    assert next(each.status for each in later.winners if each.number == winner.number) == "collected"


def test_a_secret_gives_back_what_is_its_holders(instance, made):
    facts = made[1]
    tomorrow = next(
        winner for winner in facts.winners if winner.starts_at > format_time(NOW + timedelta(hours=12))
    )
    loser, other = facts.losers[:2]
    with demo_service(instance) as service:
        for entry in (tomorrow, loser):
            with pytest.raises(StepRefused) as refused:
                give_back(service, RESIDENT, facts.collecting, 1, entry.number, Proof(secret=other.secret))
            assert refused.value.code == "not-proved"
            give_back(service, RESIDENT, facts.collecting, 1, entry.number, Proof(secret=entry.secret))


def test_bystanders_can_register_and_are_admitted(instance, made):
    facts = made[1]
    assert len(facts.bystanders) == 2
    with demo_service(instance) as service:
        numbers = []
        for person in facts.bystanders:
            fields = {name: getattr(person, name) for name in person.__slots__}
            with service.database.reading() as c:
                round_ = rounds.find_round(c, facts.open)
                stores = set(rounds.store_districts(c, round_.id))
            application = read_application(
                fields, districts=round_.rules.districts, stores=stores, today=TODAY, is_phone_required=True
            )
            answer = register(service, RESIDENT, facts.open, application)
            assert answer.outcome is Outcome.REGISTERED
            numbers.append(answer.number)
        decide_steps.close_draw(service, OPERATOR, facts.open, 1)
        decide_steps.decide_draw(service, OPERATOR, facts.open, 1)
        with service.database.reading() as c:
            pool = {row[0]: row[1] for row in c.execute(deciding.select_pool(draw_of(c, facts.open).id))}
    assert sorted(pool[str(number)] for number in numbers) == ["employed", "general"]


def test_whoever_tries_it_can_cosign(instance, made):
    facts = made[1]
    with demo_service(instance) as service:
        decide_steps.close_draw(service, OPERATOR, facts.open, 1)
        with service.database.reading() as c:
            size = record.ledger_size(c)
            note = record.require_checkpoint(c, size).note.encode()
        for path in (facts.notary_key, facts.witness_key):
            key = read_signing_key(Path(path).read_text())
            line = cosign(note, key, NOW)
            assert add_cosignature(service, Actor("notary/wang"), size, line, key.verifier.text) == NOW


def test_a_second_start_does_nothing(instance, made):
    before, facts = dump(instance), (instance / "demo" / "facts.json").stat().st_mtime_ns
    found, stages = prepare(instance, now=NOW + timedelta(minutes=50))
    assert stages == []
    assert found == made[1]
    assert dump(instance) == before
    assert (instance / "demo" / "facts.json").stat().st_mtime_ns == facts


def test_days_later_the_stores_have_been_visited(instance, made):
    later = NOW + timedelta(days=2)
    facts, stages = prepare(instance, now=later)
    assert [stage.rpartition(" ")[2] for stage in stages] == [
        (TODAY + timedelta(days=day)).isoformat() for day in range(3)
    ]
    assert facts.played_until == later.astimezone(XIAMEN).date().isoformat()
    with demo_service(instance, now=later) as service, service.database.reading() as c:
        days = count_by_day(c, facts.collecting)
    assert not days[TODAY]["assigned"] and days[TODAY]["forfeited"]
    assert {winner.starts_at[:10] for winner in facts.winners[:1]} == {facts.played_until}
    over, stages = prepare(instance, now=NOW + timedelta(days=40))
    assert over.played_until > over.collected_until
    assert len(stages) == (date.fromisoformat(over.collected_until) - TODAY).days - 1


def test_a_draw_that_was_finished_by_hand_is_left_alone(instance, made):
    with demo_service(instance) as service, service.database.writing() as c:
        rounds.move_draw(c, draw_of(c, made[1].collecting), DrawStatus.FINISHED, finished_at=NOW)
    _, stages = prepare(instance, now=NOW + timedelta(days=1))
    assert stages == []


KILLS = [
    ("xiamen-2026-1: open", 1, "after"),
    ("xiamen-2026-1: register one by one", 7, "after"),
    ("xiamen-2026-1: import registrations", 1, "before"),
    ("xiamen-2026-1: commit", 2, "after"),
    ("xiamen-2026-1: allocate", 1, "before"),
    ("xiamen-2026-2: import employment", 1, "after"),
    (f"xiamen-2026-1: collect {TODAY - timedelta(days=1)}", 9, "after"),
    (f"xiamen-2026-1: collect {TODAY}", 1, "after"),
    ("accounts", 2, "rename"),
]


def test_a_killed_run_is_taken_up_again(made, tmp_path):
    kills = [{"stage": stage, "nth": nth, "moment": moment} for stage, nth, moment in KILLS]
    instance = tmp_path / "instance"
    assert prepare_and_kill(instance, kills) == [*[-9] * len(kills), 0]
    facts = read_facts(instance)
    assert facts is not None
    assert len(facts.accounts) == 7
    assert facts.bystanders == made[1].bystanders
    assert shape_of(instance, facts) == shape_of(made[0], made[1])
    with demo_service(instance) as service:
        for account in facts.accounts:
            found = staff.check_password(service, account.name, account.password)
            assert second_factor.check_totp(service, found.id, code_of(account, NOW))


def shape_of(instance: Path, facts: DemoFacts) -> list[object]:
    """Say what is the same in every demo, whatever its keys and dice are."""
    with demo_service(instance) as service, service.database.reading() as c:
        entries = [read_line(line, seq) for seq, line in enumerate(record.ledger_lines(c))]
        both = [rounds.find_round(c, slug) for slug in (facts.collecting, facts.open)]
        return [
            [(entry.kind, entry.round, entry.at) for entry in entries],
            [people.count_registrations(c, round_.id) for round_ in both],
            len(registers.list_versions(c)),
            [len(record.list_cosignatures(c, size)) for size in range(1, len(entries) + 1)],
        ]


@pytest.mark.parametrize("hour", [0, 23])
def test_it_can_be_made_at_any_hour(tmp_path, hour):
    now = datetime.combine(TODAY, datetime.min.time(), XIAMEN).astimezone(UTC) + timedelta(
        hours=hour, minutes=5
    )
    facts, _ = prepare(tmp_path, now=now, residents=300, stores=6, random_bytes=same_bytes("hour"))
    assert facts.winners[0].status == "assigned"
    with demo_service(tmp_path, now=now) as service:
        till = enrol_till(service, OPERATOR, facts.collecting, facts.store, "shen")
        assert redeeming.look_up(service, till, facts.winners[0].code).code is AnswerCode.VALID


def test_two_starts_at_once_make_one_demo(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        starts = [pool.submit(prepare, tmp_path, residents=300, stores=6) for _ in range(2)]
        (first, one), (second, other) = (start.result(timeout=200) for start in starts)
    assert sorted(map(len, (one, other))) == [0, STEPS]
    assert first == second


def test_postgresql_holds_it_as_well(tmp_path, postgres_url):
    facts, stages = prepare(tmp_path, url=postgres_url, residents=300, stores=6)
    assert len(stages) == STEPS
    assert prepare(tmp_path, url=postgres_url, residents=300, stores=6) == (facts, [])


def test_a_database_of_something_else_is_refused(tmp_path):
    database = Database(database_url(tmp_path))
    upgrade(database)
    database.close()
    with demo_service(tmp_path) as service:
        service.keys.init()
        name_ledger(service, OPERATOR, "masks.example.org/xm")
    before = dump(tmp_path)
    with pytest.raises(ConfigurationError) as refused:
        prepare(tmp_path)
    assert refused.value.code == "not-a-demo"
    assert dump(tmp_path) == before
    assert not (tmp_path / "demo").exists()


def test_another_size_is_refused(instance):
    with pytest.raises(InputError) as refused:
        prepare(instance, residents=700)
    assert (refused.value.code, refused.value.field) == ("other-city", "residents")


@pytest.mark.parametrize("name", ["plan.json", "facts.json", "accounts.json"])
@pytest.mark.parametrize("text", ["{", '{"residents": 1}', "[{}]"])
def test_a_damaged_file_is_said_so(instance, name, text):
    if name == "accounts.json":
        (instance / "demo" / "facts.json").unlink()  # else it is not looked at
    (instance / "demo" / name).write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        prepare(instance)
    assert refused.value.code == "demo-damaged"
    assert "make demo-reset" in refused.value.message


def test_a_demo_whose_database_is_gone_begins_anew(instance, made):
    (instance / "maskres.sqlite").unlink()
    facts, stages = prepare(instance, residents=300, stores=6)
    assert len(stages) == STEPS
    assert facts.residents == 300
    assert facts.accounts[0].totp_secret != made[1].accounts[0].totp_secret
