"""Who did what: every act of staff leaves a line, and nobody reads personal data unseen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maskres.db import record
from maskres.errors import InputError, StepRefused
from maskres.formats import strict_json
from maskres.ledger.body_shapes import Kind
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw import auditing, committing, drawing
from maskres.usecases.eligibility import deciding, disputes
from maskres.usecases.pickup.stock import count_stock
from maskres.usecases.registration import registering
from maskres.usecases.registration.bulk_registering import import_registrations
from maskres.usecases.registration.proofs import SEEN_BY_STAFF, Proof
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.service import RESIDENT, Service
from tests.support.people import make_application, make_people, make_rules, write_registrations
from tests.support.raw import fetch
from tests.support.world import (
    COUNTER,
    DEPUTY,
    NOTARY,
    OPENS_AT,
    OPERATOR,
    ROUND,
    cosign_all,
    create_round,
    import_people,
    play_to,
    register,
    winners_of,
)


def acts(service: Service) -> list[tuple[str, str]]:
    return fetch(service.database, "SELECT actor, act FROM audit_log ORDER BY id")


def details(service: Service, act: str) -> list[tuple[str, str | None, int | None, str | None, object]]:
    rows = fetch(
        service.database,
        "SELECT actor, round, draw, number, detail FROM audit_log WHERE act = :act ORDER BY id",
        act=act,
    )
    return [(*row[:4], json.loads(row[4])) for row in rows]


def test_every_act_of_a_round_leaves_its_line_in_order(service: Service, tmp_path: Path):
    create_round(service)
    round_steps.change_rules(service, DEPUTY, strict_json.dumps(make_rules(draws=2)))
    round_steps.open_round(service, OPERATOR, ROUND)
    played = play_to(service, DrawStatus.OPEN)
    path = write_registrations(tmp_path / "r.csv", make_people(2, start=70))
    import_registrations(service, COUNTER, ROUND, path)
    play_to(service, DrawStatus.DECIDED)
    number = played.numbers[19]
    disputes.lodge_dispute(service, RESIDENT, ROUND, 1, number, "请再查一次。")
    disputes.resolve_dispute(service, DEPUTY, ROUND, 1, number, reason="no proof")
    play_to(service, DrawStatus.COLLECTING)
    findings = {winner.number: True for winner in auditing.open_audit(service, NOTARY, ROUND, 1)}
    auditing.record_audit(service, NOTARY, ROUND, 1, findings)
    cosign_all(service, Kind.AUDITED)
    count_stock(service, COUNTER, ROUND, OPENS_AT.date(), "delivered", {"huli-1": 100})
    disputes.grant_late_claim(service, DEPUTY, ROUND, number, "the list was wrong")
    play_to(service, DrawStatus.FINISHED)
    committing.void_draw(service, DEPUTY, ROUND, 2, "One draw was enough.")
    round_steps.finish_round(service, OPERATOR, ROUND)

    residents = {"registered", "registration-changed", "registration-withdrawn", "personal-data-read"}
    staff = [each for each in acts(service) if each[1] not in residents and each[1] != "cosigned"]
    operator, deputy, notary, counter = (who.name for who in (OPERATOR, DEPUTY, NOTARY, COUNTER))
    assert staff == [
        (operator, "ledger-named"),
        (operator, "round-created"),
        (deputy, "rules-changed"),
        (operator, "round-opened"),
        (operator, "register-imported"),
        (operator, "register-imported"),
        (counter, "registrations-imported"),
        (operator, "draw-closed"),
        (operator, "draw-decided"),
        ("resident", "dispute-lodged"),
        (deputy, "dispute-resolved"),
        (operator, "slots-set"),
        (operator, "draw-committed"),
        (notary, "dice-entered"),
        (deputy, "beacon-entered"),
        (operator, "draw-drawn"),
        (operator, "draw-published"),
        (operator, "collection-opened"),
        (notary, "draw-audited"),
        (counter, "stock-counted"),
        (deputy, "bonus-granted"),
        (operator, "draw-finished"),
        (deputy, "draw-voided"),
        (operator, "round-finished"),
    ]
    assert acts(service).count(("resident", "registered")) == 20
    assert acts(service).count(("resident", "registration-withdrawn")) == 1
    assert details(service, "dispute-resolved") == [
        (deputy, ROUND, 1, number, {"proved": [], "reason": "no proof"})
    ]
    assert details(service, "draw-closed")[0][4] != {}


def test_a_line_says_when(service: Service):
    play_to(service, DrawStatus.CLOSED)
    with service.database.reading() as c:
        (line,) = record.read_log(c, act="draw-closed")
        (newest,) = record.read_log(c, limit=1)
    assert line.at.isoformat() == "2020-02-10T01:00:00+00:00"
    assert newest.act == "cosigned"


def test_reading_a_contact_is_logged_with_its_reason(service: Service):
    played = play_to(service, DrawStatus.OPEN)
    person, number = played.people[4], played.numbers[4]
    contact = registering.read_contact(service, DEPUTY, ROUND, number, "the letter came back")
    assert (contact.name, contact.phone, contact.birth_date, contact.sex) == (
        person.name,
        f"+86{person.phone}",
        person.birth_date,
        "M",
    )
    assert details(service, "personal-data-read") == [
        (DEPUTY.name, ROUND, None, number, {"what": "contact", "why": "the letter came back"})
    ]
    with pytest.raises(InputError):
        registering.read_contact(service, DEPUTY, ROUND, "000000000000", "curious")
    assert len(details(service, "personal-data-read")) == 1


def test_reading_a_dispute_is_logged(service: Service):
    played = play_to(service, DrawStatus.DECIDED)
    number = played.numbers[18]
    with pytest.raises(InputError):
        disputes.read_dispute(service, DEPUTY, ROUND, 1, number)
    assert details(service, "personal-data-read") == []
    disputes.lodge_dispute(service, RESIDENT, ROUND, 1, number, "  我是本地人。 ")
    assert disputes.read_dispute(service, DEPUTY, ROUND, 1, number) == "我是本地人。"
    assert details(service, "personal-data-read") == [(DEPUTY.name, ROUND, 1, number, {"what": "dispute"})]


def test_each_winner_shown_to_the_audit_is_logged(service: Service):
    play_to(service, DrawStatus.DRAWN)
    opened = auditing.open_audit(service, NOTARY, ROUND, 1)
    read = details(service, "personal-data-read")
    assert [row[3] for row in read] == [winner.number for winner in opened]
    assert set(winners_of(service)) == {winner.number for winner in opened}
    assert {(row[0], str(row[4])) for row in read} == {(NOTARY.name, "{'what': 'audit'}")}


def test_what_is_refused_leaves_no_line(service: Service):
    played = play_to(service, DrawStatus.COLLECTING)
    before = acts(service)
    for attempt in (
        lambda: deciding.close_draw(service, OPERATOR, ROUND, 1),
        lambda: drawing.draw_winners(service, OPERATOR, ROUND, 1),
        lambda: committing.void_draw(service, OPERATOR, ROUND, 1, "No."),
        lambda: registering.withdraw(service, RESIDENT, ROUND, played.numbers[0], SEEN_BY_STAFF),
        lambda: import_people(service, "household", [{"id_number": "1", "name": "x", "moved_in": ""}]),
    ):
        with pytest.raises((StepRefused, InputError)):
            attempt()
    assert acts(service) == before


def test_a_registration_and_its_changes_are_logged_under_the_number_alone(service: Service):
    play_to(service, DrawStatus.OPEN, people=[])
    (person,) = make_people(1)
    answer = register(service, person)
    registering.register(service, COUNTER, ROUND, make_application(person), SEEN_BY_STAFF)
    registering.withdraw(service, RESIDENT, ROUND, answer.number, Proof(secret=answer.secret))
    lines = [
        (act, details(service, act))
        for act in ("registered", "registration-changed", "registration-withdrawn")
    ]
    assert lines == [
        ("registered", [("resident", ROUND, 1, answer.number, {})]),
        ("registration-changed", [(COUNTER.name, ROUND, 1, answer.number, {})]),
        ("registration-withdrawn", [("resident", ROUND, 1, answer.number, {})]),
    ]
