"""Acts done at once, many at once, beside those of the general way; and functions without their locks, which fail."""

from __future__ import annotations

from collections import Counter

from maskres.db import at_once
from maskres.db.engine import Database
from maskres.registration.applications import Application
from maskres.usecases.accounts.tokens import TokenHolder, find_token, make_token, till_for
from maskres.usecases.pickup import redeeming, redeeming_at_once
from maskres.usecases.registration import registering, registering_at_once
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.rounds.memory import Memory
from maskres.usecases.service import Service
from maskres.usecases.work.idempotency import Answered, Asked, hold, keep_with_act
from tests.support.collecting import Counters
from tests.support.people import make_application, make_people
from tests.support.racing import apart, codes, race
from tests.support.raw import fetch
from tests.support.world import OPERATOR, ROUND, open_round

pytest_plugins = ("tests.support.collecting_fixtures",)

AT_ONCE = 12
REQUEST = "5" * 64


def helper(service: Service) -> TokenHolder:
    holder = find_token(service, make_token(service, OPERATOR, "helper-1", "helper").secret)
    assert holder is not None
    return holder


def register(
    service: Service, holder: TokenHolder, application: Application, *, key: str | None = None
) -> str:
    """Register at once, or where that is not done by the general way, as the interface does."""
    known = Memory(service).find_round(ROUND)
    assert known is not None
    prepared = registering_at_once.prepare(service, known, holder, application)
    assert prepared is not None
    kept = keep_with_act(service, None if key is None else Asked("token/1", key, REQUEST), 201, b"{}")
    if registering_at_once.register(service, prepared, kept):
        return "at once"
    return str(registering.register(service, holder.actor, ROUND, application, SEEN_BY_STAFF).outcome)


def rows(service: Service, table: str = "registrations") -> int:
    ((count,),) = fetch(service.database, f"SELECT count(*) FROM {table}")
    return int(count)


def careless(database: Database, name: str, *changes: tuple[str, str]) -> None:
    """Set a function up anew, with parts of its text changed."""
    text = at_once.FUNCTIONS[name].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    for part, instead in changes:
        assert part in text
        text = text.replace(part, instead)
    with database.engine.begin() as c:
        c.exec_driver_sql(text)


def test_one_person_at_once_by_both_ways_is_one_row(postgres_service: Service):
    open_round(postgres_service)
    holder, person = helper(postgres_service), make_people(1)[0]

    def act(mine: Service, nth: int) -> str:
        if nth % 2:
            return register(mine, holder, make_application(person))
        application = make_application(person)
        return str(registering.register(mine, holder.actor, ROUND, application, SEEN_BY_STAFF).outcome)

    with apart(postgres_service, AT_ONCE) as services:
        told = Counter(race(services, act))
    assert told["at once"] + told["registered"] == 1
    assert told["changed"] == AT_ONCE - 1
    assert [rows(postgres_service, each) for each in ("registrations", "persons", "documents")] == [1, 1, 1]


def by_one_phone(service: Service) -> Counter[str]:
    """Let as many people as there are machines be registered by one phone, which may register three."""
    holder = helper(service)
    applications = [make_application(each, phone="13900000000") for each in make_people(AT_ONCE)]
    with apart(service, AT_ONCE) as services:
        return Counter(codes(race(services, lambda mine, nth: register(mine, holder, applications[nth]))))


def test_a_phone_registers_no_more_than_its_limit_at_once(postgres_service: Service):
    open_round(postgres_service, entries_per_phone=3)
    assert by_one_phone(postgres_service) == {"done": 3, "too-many-by-phone": AT_ONCE - 3}
    assert rows(postgres_service) == 3


def test_twin_without_the_phones_lock_exceeds_the_limit(postgres_service: Service):
    open_round(postgres_service, entries_per_phone=3)
    pause = "PERFORM pg_sleep(3); IF known IS NULL THEN\n        INSERT INTO persons"
    careless(
        postgres_service.database,
        "register_at_once",
        ("PERFORM pg_advisory_xact_lock(7002, a_phone_lock) WHERE a_phone_lock IS NOT NULL;", ""),
        ("IF known IS NULL THEN\n        INSERT INTO persons", pause),
    )
    assert by_one_phone(postgres_service)["done"] > 3
    assert rows(postgres_service) > 3


def test_a_key_sent_at_once_for_different_people_registers_one(postgres_service: Service):
    """Whoever comes second finds the key used, and undoes what they had written."""
    open_round(postgres_service, entries_per_phone=AT_ONCE)
    holder, people = helper(postgres_service), make_people(AT_ONCE)

    def act(mine: Service, nth: int) -> bool:
        known = Memory(mine).find_round(ROUND)
        assert known is not None
        prepared = registering_at_once.prepare(mine, known, holder, make_application(people[nth]))
        assert prepared is not None
        kept = keep_with_act(mine, Asked("token/1", "a-key", REQUEST), 201, str(nth).encode())
        return registering_at_once.register(mine, prepared, kept)

    with apart(postgres_service, AT_ONCE) as services:
        done = race(services, act)
    assert Counter(done) == {True: 1, False: AT_ONCE - 1}
    assert [rows(postgres_service, each) for each in ("registrations", "persons", "audit_log")][:2] == [1, 1]
    answered = hold(postgres_service, "token/1", "a-key", REQUEST)
    assert answered == Answered(201, str(done.index(True)).encode())


def hand_out_everywhere(counters: Counters, number: str) -> Counter[bool]:
    """Show one code at tills of its store at once, all of which would do it at once."""
    counters.at(9)
    service, store = counters.service, counters.place(number)["store"]
    code = counters.code(number)
    holders = []
    for nth in range(AT_ONCE):
        made = make_token(service, OPERATOR, f"till-{nth}", "counter", store)
        till_for(service, OPERATOR, counters.slug, store, made.holder.name)
        holders.append(made.holder)

    def act(mine: Service, nth: int) -> bool:
        known = Memory(mine).find_round(counters.slug)
        assert known is not None
        request = redeeming.Request(f"nonce-of-till-{nth:06}", code)
        return redeeming_at_once.hand_out(mine, known, holders[nth], request, None)

    with apart(service, AT_ONCE) as services:
        return Counter(race(services, act))


def test_a_code_at_many_tills_is_handed_out_once(postgres_counters: Counters):
    number = postgres_counters.winner()
    assert hand_out_everywhere(postgres_counters, number) == {True: 1, False: AT_ONCE - 1}
    assert rows(postgres_counters.service, "handovers") == 1


def test_twin_without_the_places_lock_hands_out_again(postgres_counters: Counters):
    careless(
        postgres_counters.service.database,
        "hand_out_at_once",
        ("FOR UPDATE OF l;", ";"),
        ("UPDATE places SET", "PERFORM pg_sleep(3); UPDATE places SET"),
    )
    assert hand_out_everywhere(postgres_counters, postgres_counters.winner())[True] > 1


def test_a_registration_looks_at_no_other_registrations(postgres_service: Service):
    """Plans are made while the tables are empty: one that read the whole round would cost more with every person."""
    open_round(postgres_service)
    holder = helper(postgres_service)
    for person in make_people(30):
        assert register(postgres_service, holder, make_application(person)) == "at once"
    postgres_service.database.close()  # what was read is counted at the latest when a connection ends
    ((read,),) = fetch(
        postgres_service.database,
        "SELECT sum(idx_tup_read) FROM pg_stat_all_indexes WHERE relname IN ('registrations', 'documents', 'repeats')",
    )
    assert read <= 30, read


def test_a_phone_is_counted_by_its_index_while_the_round_looks_small(postgres_service: Service):
    """What was counted when one stood there says that any index of the round will do; the plan would be kept."""
    open_round(postgres_service)
    (person,) = make_people(1)
    assert register(postgres_service, helper(postgres_service), make_application(person)) == "at once"
    count = at_once.COUNT_OF_PHONE
    for name, sent in (("a_round", "$1"), ("each", "$2"), ("a_most_by_phone", "$3")):
        count = count.replace(name, sent)
    with postgres_service.database.engine.begin() as c:
        c.exec_driver_sql("ANALYZE registrations")
        c.exec_driver_sql("INSERT INTO persons (id) SELECT nth FROM generate_series(1, 200) AS nth")
        # So many that the index of phones has a level more than the narrower one of numbers.
        c.exec_driver_sql(
            "INSERT INTO registrations SELECT (more).* FROM (SELECT jsonb_populate_record(r, jsonb_build_object("
            "'number', lpad(nth::text, 12, '0'), 'person_id', nth, 'phone_digest', '\\x' || md5(nth::text))) AS more"
            " FROM registrations AS r, generate_series(1, 200) AS nth) AS made"
        )
        for name, value in at_once.PLANNING.items():
            c.exec_driver_sql(f"SET LOCAL {name} = {value}")
        c.exec_driver_sql(f"PREPARE counting (bigint, bytea, integer) AS {count}")
        plan = c.exec_driver_sql("EXPLAIN EXECUTE counting (1, 'x', 1)").scalars().all()
        c.exec_driver_sql("DEALLOCATE counting")
    assert any("ix_registrations_by_phone" in line for line in plan), plan
    assert any("phone_digest >= $2" in line for line in plan), plan
