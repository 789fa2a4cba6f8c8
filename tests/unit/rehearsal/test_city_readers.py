"""The synthetic city meets the system's readers: nothing it writes but what it says is wrong may be refused."""

import json
from collections import Counter
from itertools import chain

import pytest

from maskres.eligibility.registers import RegisterRow, read_lines, read_register
from maskres.formats.office_csv import BadRow
from maskres.identity.names import matching_name
from maskres.lottery.slots import read_slots
from maskres.registration import bulk_file
from maskres.registration.applications import (
    Application,
    ApplicationReader,
    ApplicationRefused,
    read_application,
)
from maskres.rehearsal.city import Action, City, Scenario
from maskres.rounds.rules_file import read_rules

RESIDENTS = 6_000


@pytest.fixture(scope="module")
def city():
    return City("a city for the readers", RESIDENTS, 20)


def read_applications(city, path, round_index):
    rules = city.rules_json(round_index)
    reader = ApplicationReader(
        rules["districts"],
        {store.store for store in city.stores},
        today=city.timetable.reference_date(round_index),
        is_phone_required=True,
    )
    with path.open("rb") as stream:
        lines = chain.from_iterable(bulk_file.read_lines(stream, file=path.name))
        found = list(bulk_file.read_applications(lines, reader))
    assert [row for row in found if isinstance(row, BadRow)] == []
    return [row[1] for row in found if not isinstance(row, BadRow)]


def read_single(city, registration, round_index):
    return read_application(
        {name: getattr(registration, name) for name in registration.__slots__},
        districts=city.rules_json(round_index)["districts"],
        stores={store.store for store in city.stores},
        today=city.timetable.reference_date(round_index),
        is_phone_required=True,
    )


@pytest.mark.parametrize("round_index", [1, 2])
def test_every_registration_is_taken(city, tmp_path, round_index):
    found = read_applications(city, city.write_registrations(tmp_path, round_index), round_index)
    assert len(found) > RESIDENTS * 0.3
    people_of_phone: dict[str, set[str]] = {}
    for application in found:
        people_of_phone.setdefault(application.phone, set()).add(application.document.canonical)
    assert max(map(len, people_of_phone.values())) <= city.rules_json(round_index)["entries_per_phone"]
    assert len({application.document.kind for application in found}) == 4


@pytest.mark.parametrize("round_index", [1, 2])
def test_every_register_row_is_taken(city, tmp_path, round_index):
    for kind, path in city.write_registers(tmp_path, round_index).items():
        with path.open("rb") as stream:
            as_of = city.timetable.register_date(round_index)
            lines = chain.from_iterable(read_lines(kind, stream, file=path.name))
            rows = list(read_register(kind, lines, as_of=as_of))
        assert [row for row in rows if not isinstance(row, RegisterRow)] == []
        assert len(rows) > RESIDENTS * 0.25


def test_names_of_nearly_all_registrants_match_the_register(city, tmp_path):
    with city.write_registers(tmp_path, 1)["household"].open("rb") as stream:
        lines = chain.from_iterable(read_lines("household", stream, file="h"))
        found = list(read_register("household", lines, as_of=city.timetable.register_date(1)))
    rows = [row for row in found if isinstance(row, RegisterRow)]
    names = {row.canonical_id: row.name for row in rows}
    names |= {row.other_canonical_id: row.name for row in rows if row.other_canonical_id}
    matches = Counter(
        matching_name(application.name) == names[application.document.canonical]
        for application in read_applications(city, city.write_registrations(tmp_path, 1), 1)
        if application.document.canonical in names
    )
    assert 0.001 < matches[False] / matches.total() < 0.015


@pytest.mark.parametrize("round_index", [1, 2])
def test_rules_are_valid(city, round_index):
    rules = read_rules(json.dumps(city.rules_json(round_index)).encode())
    assert rules.round == f"xiamen-2020-{round_index}"
    assert len(rules.bases) == round_index + 1


def test_slots_are_valid(city, tmp_path):
    slots = read_slots(city.write_slots(tmp_path, 2, 1, 900))
    assert 900 <= sum(slot.capacity for slot in slots) <= 900 * 1.05 + 20


@pytest.mark.parametrize("round_index", [1, 2])
def test_singles_are_taken_but_for_the_mistyped(city, round_index):
    singles = city.singles(round_index)
    assert {single.scenario for single in singles} == set(Scenario)
    for single in singles:
        for step in single.steps:
            if step.refusal:
                assert single.scenario is Scenario.MISTYPES
                with pytest.raises(ApplicationRefused) as caught:
                    read_single(city, step.registration, round_index)
                assert [error.code for error in caught.value.errors] == [step.refusal]
            else:
                assert isinstance(read_single(city, step.registration, round_index), Application)


def test_stories_of_singles(city):
    for single in city.singles(1):
        ids, spellings = set(), set()
        if single.scenario is not Scenario.MISTYPES:
            ids = {read_single(city, step.registration, 1).document.canonical for step in single.steps}
            spellings = {step.registration.id_number for step in single.steps}
        actions = [step.action for step in single.steps]
        if single.scenario in (Scenario.REGISTERS_AGAIN, Scenario.RETURNS):
            assert len(ids) == 1
            assert len({step.registration.choices for step in single.steps}) + len(spellings) > 2
        if single.scenario is Scenario.RETURNS:
            assert actions == [Action.REGISTER, Action.WITHDRAW, Action.REGISTER]
        if single.scenario is Scenario.WITHDRAWS:
            assert actions == [Action.REGISTER, Action.WITHDRAW]
        if single.scenario is Scenario.REGISTERS_CHILD:
            parent, child = (step.registration for step in single.steps)
            assert (parent.for_whom, child.for_whom) == ("self", "child")
            assert parent.phone == child.phone
            assert len(ids) == 2


def test_singles_stand_in_no_file_and_in_one_round_only(city, tmp_path):
    in_files = {
        application.document.canonical
        for round_index in (1, 2)
        for application in read_applications(
            city, city.write_registrations(tmp_path, round_index), round_index
        )
    }
    alone = [
        {
            read_single(city, step.registration, round_index).document.canonical
            for single in city.singles(round_index)
            for step in single.steps
            if not step.refusal
        }
        for round_index in (1, 2)
    ]
    assert len(alone[0]) > 40
    assert not alone[0] & alone[1]
    assert not (alone[0] | alone[1]) & in_files
