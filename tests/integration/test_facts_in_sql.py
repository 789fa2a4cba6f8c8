"""The facts gathered in SQL are those that a plain reading of the same rows gives, on both databases alike."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from maskres.errors import StepRefused
from maskres.formats.values import format_time
from maskres.usecases.draw import committing
from maskres.usecases.eligibility import deciding
from maskres.usecases.registration import registering
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.service import RESIDENT, Service
from tests.support.people import Person, make_person, make_rules, register_row
from tests.support.plain_facts import (
    AGE_KNOWN,
    DECEASED,
    KINDS,
    SAME_PERSON,
    WITHDRAWN,
    WON_IN_ROUND,
    WON_RECENTLY,
    PlainReading,
)
from tests.support.raw import dump, fetch, run, without_guards
from tests.support.world import (
    COUNTER,
    OPERATOR,
    import_people,
    open_round,
    pass_time,
    register,
    register_again,
)


def someone(index: int) -> Person:
    """Give somebody with a birth date of their own, from 1925 to 2020."""
    return make_person(index, born=date(1925, 1, 1) + timedelta(days=Random(index).randrange(34_730)))


def passport_of(person: Person) -> dict[str, str]:
    return {
        "id_type": "passport",
        "id_number": f"GBR:{100_000_000 + person.index}",
        "birth_date": person.birth_date.isoformat(),
        "sex": "M",
    }


def random_rules(rng: Random, slug: str) -> dict[str, Any]:
    of_last = rng.randint(2, 24)
    insurance = {"register": "insurance", "months": rng.randint(1, -(-of_last // 3)), "of_last": of_last}
    bases = [{"register": "household"}, insurance, {"register": "employment"}]
    strata = [{"stratum": "elderly", "min_age": rng.choice([60, 65, 70])}]
    strata += [{"stratum": "minors", "max_age": rng.choice([13, 17])}] if rng.random() < 0.5 else []
    return make_rules(
        slug,
        bases=rng.sample(bases, rng.randint(1, 3)),
        min_age=rng.choice([0, 6, 18]),
        wait_days=rng.choice([0, 28, 400]),
        strata=[*strata, {"stratum": "general"}],
        draws=3,
    )


def random_row(rng: Random, kind: str, person: Person) -> dict[str, str]:
    def some_day(first: int, last: int) -> str:
        return (
            date(2020, 2, 8) + timedelta(days=rng.choice([first, last, rng.randint(first, last)]))
        ).isoformat()

    changes: dict[str, str] = {}
    if kind == "insurance":
        first = rng.randint(0, 30)
        months = [
            f"{2017 + month // 12}-{month % 12 + 1:02d}" for month in (first, first + rng.randint(0, 6))
        ]
        changes |= {"paid_from": months[0], "paid_until": months[1]}
    else:
        since, until = (
            ("moved_in", "moved_out") if kind == "household" else ("employed_from", "employed_until")
        )
        changes |= {since: some_day(-900, 0) if rng.random() < 0.8 else ""}
        changes |= {until: some_day(1, 900) if rng.random() < 0.3 else ""}
        if rng.random() < 0.25:
            changes |= {since: some_day(-900, -400), until: some_day(-300, 0)}
    if kind == "household" and rng.random() < 0.08:
        changes |= {"moved_in": "", "moved_out": "", "died_on": "2020-01-05"}
    if rng.random() < 0.2:
        changes["name"] = "某别人"
    if rng.random() < 0.4:
        changes |= {"other_id_type": "passport", "other_id_number": passport_of(person)["id_number"]}
    row = register_row(kind, person, **changes)
    if rng.random() < 0.1:  # the list has the passport alone
        row |= {"id_type": "passport", "id_number": passport_of(person)["id_number"], "other_id_number": ""}
    return row


def register_some(service: Service, rng: Random, slug: str, people: list[Person]) -> None:
    for person in people:
        pass_time(service, minutes=rng.choice([0, 0, 1]))
        for fields in ({}, passport_of(person)):
            if rng.random() < (0.9 if not fields else 0.5):
                answer = register(service, person, slug, **fields, phone="")
                if answer.number and rng.random() < 0.15:
                    registering.withdraw(service, RESIDENT, slug, answer.number, SEEN_BY_STAFF)


def change_some(service: Service, rng: Random, slug: str, people: list[Person]) -> None:
    """Change registrations once the draw has closed: that is of the next draw."""
    for person in people:
        if rng.random() < 0.3:
            register_again(service, person, SEEN_BY_STAFF, slug, name="改名了", phone="")


def change_persons(service: Service, rng: Random, slug: str, draw_ids: list[int | None]) -> None:
    """Write pasts that would take many rounds to come about: wins, rounds waited, tickets granted."""
    rows = fetch(service.database, "SELECT number FROM registrations JOIN rounds ON id = round_id"
                 " WHERE slug = :slug ORDER BY number", slug=slug)  # fmt: skip
    of_number = (
        " WHERE id = (SELECT person_id FROM registrations JOIN rounds ON rounds.id = round_id"
        " WHERE slug = :slug AND number = :number)"
    )
    for (number,) in rows:
        if rng.random() < 0.5:
            counts = {"waited": rng.choice([0, 1, 3, 15, 16, 400]), "bonus": rng.choice([0, 1, 15, 16])}
            run(
                service.database,
                f"UPDATE persons SET rounds_waited = :waited, bonus_tickets = :bonus{of_number}",
                slug=slug, number=number, **counts,
            )  # fmt: skip
        if rng.random() < 0.4:
            # The draw closes in an hour: some won to the second as long ago as the rules ask to wait.
            at = service.now() + timedelta(hours=1, days=-rng.choice([1, 27, 28, 29, 399, 400, 401]))
            run(
                service.database,
                f"UPDATE persons SET last_win_at = :at, last_win_draw_id = :draw{of_number}",
                slug=slug, number=number, at=format_time(at), draw=rng.choice(draw_ids),
            )  # fmt: skip


def win_some(service: Service, rng: Random, draw_id: int) -> None:
    """Write winners of a draw, and others promoted later."""
    rows = fetch(service.database, "SELECT number FROM entries WHERE draw_id = :d ORDER BY number", d=draw_id)
    for rank, (number,) in enumerate(rows, start=1):
        outcome = rng.choice(["won", "waiting", None])
        if outcome is not None:
            without_guards(
                service.database,
                "results",
                "INSERT INTO results (draw_id, number, rank, stratum, ticket, outcome)"
                " VALUES (:draw, :number, :rank, 'general', '0123456789abcdef', :outcome)",
                draw=draw_id, number=number, rank=rank, outcome=outcome,
            )  # fmt: skip
        if rng.random() < 0.4:
            run(
                service.database,
                "INSERT INTO places (draw_id, number, batch, status, choice, code_version)"
                " VALUES (:draw, :number, 1, 'unplaced', '-', 1)",
                draw=draw_id, number=number,
            )  # fmt: skip


def draw_ids(service: Service, slug: str) -> dict[int, int]:
    query = "SELECT draw, draws.id FROM draws JOIN rounds ON rounds.id = round_id WHERE slug = :slug"
    return dict(fetch(service.database, query, slug=slug))


def play_world(service: Service, seed: int) -> list[dict[str, int]]:
    """Play a random round up to the deciding of its second draw; gives its masks before and after corrections.

    It is decided three times: the second time by the same versions, the third by the first ones.
    """
    rng, slug = Random(seed), f"world-{seed}"
    rules = random_rules(rng, slug)
    elsewhere = [row[0] for row in fetch(service.database, "SELECT id FROM draws ORDER BY id")]
    open_round(service, slug, **rules)
    people = [someone(index) for index in rng.sample(range(36), 24)]
    register_some(service, rng, slug, people[:14])
    versions = {}
    for kind in KINDS:
        listed = [person for person in people for _ in range(rng.choice([0, 1, 1, 2, 3]))]
        newest = import_people(service, kind, [random_row(rng, kind, person) for person in listed])
        versions[kind] = rng.randint(1, newest)
    pass_time(service, hours=1)
    deciding.close_draw(service, OPERATOR, slug, 1)
    pass_time(service, hours=1)
    committing.void_draw(service, OPERATOR, slug, 1, "A rehearsal of the hall's fire alarm.")
    register_some(service, rng, slug, people[14:])
    ids = draw_ids(service, slug)
    win_some(service, rng, ids[1])
    change_persons(service, rng, slug, [None, ids[1], *elsewhere])
    pass_time(service, hours=1)
    deciding.close_draw(service, OPERATOR, slug, 2)
    change_some(service, rng, slug, people)
    pinned = {basis["register"]: versions[basis["register"]] for basis in rules["bases"]}
    found = []
    for nth in range(3):
        pass_time(service, hours=1)
        deciding.decide_draw(service, OPERATOR, slug, 2, pinned if nth < 2 else dict.fromkeys(pinned, 1))
        tables = dump(service.database)
        masks = {f["number"]: f["mask"] for f in tables["facts"] if f["draw_id"] == ids[2]}
        assert masks == PlainReading(tables, rules, ids[2]).masks(), seed
        found.append(masks)
        if nth == 0:
            change_persons(service, rng, slug, [None, ids[1], *elsewhere])
        for number in sorted(masks):
            if len(found) == 1 and rng.random() < 0.2:
                run(
                    service.database,
                    "INSERT INTO corrections (draw_id, number, kind) VALUES (:draw, :number, :kind)",
                    draw=ids[2], number=number, kind=rng.choice(KINDS),
                )  # fmt: skip
    return found


def test_the_masks_are_those_of_a_plain_reading_on_both_databases(
    sqlite_service: Service, postgres_service: Service
):
    """Rounds one after another in one database, with the same people: wins and links reach across rounds."""
    seen, has_corrected = 0, False
    for seed in range(5):
        masks = play_world(sqlite_service, seed)
        assert masks == play_world(postgres_service, seed)
        has_corrected |= masks[0] != masks[1]
        for each in masks[1].values():
            seen |= each
    every = WITHDRAWN | SAME_PERSON | WON_RECENTLY | WON_IN_ROUND | DECEASED | AGE_KNOWN
    assert has_corrected
    assert seen & every == every
    assert seen >> 24 == (1 << 12) - 1  # every fact of every register occurred
    assert seen >> 12 & 0xFF == 0xFF


def test_a_register_that_the_rules_need_must_be_there(service: Service):
    open_round(service)
    deciding.close_draw(service, COUNTER, "xiamen-2020-1", 1)
    with pytest.raises(StepRefused, match="household; import it first") as refused:
        deciding.decide_draw(service, OPERATOR, "xiamen-2020-1", 1)
    assert refused.value.code == "missing-register"
