"""rules.json: what is accepted, what is refused and where the refusal points."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import pytest

from maskres.errors import InputError
from maskres.rounds.rules import Basis, Bonus, Rules, StratumRule, age_thresholds
from maskres.rounds.rules_file import list_problems, read_rules

GOOD: dict[str, Any] = {
    "protocol": "maskres-rules-1",
    "round": "xiamen-2020-1",
    "zone": "Asia/Shanghai",
    "goods": "masks",
    "quantity": 5,
    "reference_date": "2020-02-10",
    "bases": [
        {"register": "household"},
        {"register": "insurance", "months": 6, "of_last": 12},
        {"register": "employment"},
    ],
    "min_age": 18,
    "wait_days": 30,
    "bonus": {"tickets_per_round_waited": 1, "max_tickets": 3},
    "strata": [
        {"stratum": "elderly", "min_age": 60},
        {"stratum": "young-workers", "min_age": 18, "max_age": 30, "bases": ["insurance", "employment"]},
        {"stratum": "general"},
    ],
    "draws": 2,
    "challenge_hours": 48,
    "lead_hours": 24,
    "audit_size": 300,
    "entries_per_phone": 5,
    "districts": ["gulangyu", "huli", "siming"],
    "personal_data_until": "2020-06-30",
    "person_data_until": "2021-06-30",
}


def encode(members: dict[str, Any]) -> bytes:
    return json.dumps(members).encode()


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    members = copy.deepcopy(GOOD)
    place: Any = members
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return members


def refusal(members: dict[str, Any]) -> InputError:
    with pytest.raises(InputError) as caught:
        read_rules(encode(members), file="r.json")
    return caught.value


def test_every_member_is_read() -> None:
    assert read_rules(encode(GOOD)) == Rules(
        round="xiamen-2020-1",
        zone="Asia/Shanghai",
        goods="masks",
        quantity=5,
        reference_date=date(2020, 2, 10),
        bases=(Basis("household"), Basis("insurance", 6, 12), Basis("employment")),
        min_age=18,
        wait_days=30,
        bonus=Bonus(1, 3),
        strata=(
            StratumRule("elderly", min_age=60),
            StratumRule("young-workers", 18, 30, ("insurance", "employment")),
            StratumRule("general"),
        ),
        draws=2,
        challenge_hours=48,
        lead_hours=24,
        audit_size=300,
        entries_per_phone=5,
        districts=("gulangyu", "huli", "siming"),
        personal_data_until=date(2020, 6, 30),
        person_data_until=date(2021, 6, 30),
    )


def test_written_rules_are_read_back_equal_and_byte_equal() -> None:
    rules = read_rules(encode(GOOD))
    written = rules.to_json()
    assert read_rules(written) == rules
    assert read_rules(written).to_json() == written
    assert written.startswith(b'{"audit_size":300,"bases":[{"register":"household"},')
    assert written.endswith(b"}\n")
    assert json.loads(written) == GOOD


def test_good_rules_have_no_problems() -> None:
    assert list_problems(encode(GOOD)) == []


@pytest.mark.parametrize("name", sorted(GOOD))
def test_each_member_is_required(name: str) -> None:
    members = copy.deepcopy(GOOD)
    del members[name]
    error = refusal(members)
    assert (error.code, error.field, error.message) == ("bad-rule", name, "This member is missing.")
    assert len(list_problems(encode(members))) == 1


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("value", [None, True, [], {}, "", -1], ids=repr)
def test_each_member_has_its_type(name: str, value: Any) -> None:
    error = refusal(changed((name,), value))
    assert error.code == "bad-rule"
    assert error.field is not None
    assert error.field.split(".")[0] == name
    assert error.file == "r.json"


BOUNDS = {
    ("quantity",): (1, 1000),
    ("min_age",): (0, 150),
    ("wait_days",): (0, 3650),
    ("draws",): (1, 99),
    ("challenge_hours",): (0, 720),
    ("lead_hours",): (0, 168),
    ("audit_size",): (0, 100_000),
    ("entries_per_phone",): (1, 100),
    ("bonus", "tickets_per_round_waited"): (0, 9),
    ("bonus", "max_tickets"): (1, 10),
    ("bases", 1, "of_last"): (6, 60),  # 6 months are demanded
    ("bases", 1, "months"): (1, 12),  # of the last 12
    ("strata", 0, "min_age"): (0, 150),
    ("strata", 1, "min_age"): (0, 30),
    ("strata", 1, "max_age"): (18, 150),
}


def path_text(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)[1:]


@pytest.mark.parametrize("path", BOUNDS, ids=path_text)
def test_integers_are_held_to_their_bounds(path: tuple[str | int, ...]) -> None:
    low, high = BOUNDS[path]
    for value in (low, high):
        read_rules(encode(changed(path, value)))
    for bad in (low - 1, high + 1):
        assert refusal(changed(path, bad)).code == "bad-rule"
    for bad_type in (True, False, "1", None, [1]):
        assert refusal(changed(path, bad_type)).field == path_text(path)


def test_a_fraction_is_no_json_of_the_protocol() -> None:
    error = refusal(changed(("quantity",), 5.0))
    assert error.code == "bad-json"
    assert [problem.code for problem in list_problems(encode(changed(("quantity",), 5.0)))] == ["bad-json"]


REFUSALS: list[tuple[tuple[str | int, ...], Any, str]] = [
    (("protocol",), "maskres-rules-2", "protocol"),
    (("extra",), 1, "extra"),
    (("bonus", "extra"), 1, "bonus.extra"),
    (("bonus",), {"max_tickets": 1}, "bonus.tickets_per_round_waited"),
    (("round",), "Xiamen 1", "round"),
    (("round",), "a" * 41, "round"),
    (("zone",), "Asia/Nowhere", "zone"),
    (("zone",), "../../etc/passwd", "zone"),
    (("zone",), "localtime", "zone"),
    (("zone",), "UTC+8", "zone"),
    (("goods",), " masks", "goods"),
    (("goods",), "two\nlines", "goods"),
    (("goods",), "m" * 61, "goods"),
    (("reference_date",), "2020-02-30", "reference_date"),
    (("reference_date",), "2020-2-1", "reference_date"),
    (("reference_date",), "20200210", "reference_date"),
    (("reference_date",), 20200210, "reference_date"),
    (("personal_data_until",), "2020-02-09", "personal_data_until"),
    (("person_data_until",), "2020-06-29", "person_data_until"),
    (("bases",), [], "bases"),
    (("bases",), [{"register": "household"}] * 4, "bases"),
    (("bases", 0), "household", "bases[0]"),
    (("bases", 0), {}, "bases[0].register"),
    (("bases", 0, "register"), "tax", "bases[0].register"),
    (("bases", 0, "register"), ["household"], "bases[0].register"),
    (("bases", 2, "register"), "household", "bases[2].register"),
    (("bases", 0, "months"), 3, "bases[0].months"),
    (("bases", 1), {"register": "insurance", "of_last": 12}, "bases[1].months"),
    (("bases", 1), {"register": "insurance", "months": 12}, "bases[1].of_last"),
    (("bases", 1, "months"), 13, "bases[1].months"),
    (("strata",), [], "strata"),
    (("strata",), [{"stratum": "general"}] * 17, "strata"),
    (("strata", 0), ["elderly"], "strata[0]"),
    (("strata", 0), {"min_age": 60}, "strata[0].stratum"),
    (("strata", 0, "stratum"), "-elderly", "strata[0].stratum"),
    (("strata", 0, "stratum"), 60, "strata[0].stratum"),
    (("strata", 1, "stratum"), "elderly", "strata[1].stratum"),
    (("strata", 0, "quota"), 3, "strata[0].quota"),
    (("strata", 1, "min_age"), 31, "strata[1].min_age"),
    (("strata", 1, "bases"), [], "strata[1].bases"),
    (("strata", 1, "bases"), "insurance", "strata[1].bases"),
    (("strata", 1, "bases"), ["insurance", "insurance"], "strata[1].bases[1]"),
    (("strata", 1, "bases"), ["tax"], "strata[1].bases[0]"),
    (("strata", 2, "max_age"), 17, "strata[2]"),
    (("strata", 2, "bases"), ["household"], "strata[2]"),
    (("strata", 0), {"stratum": "elderly"}, "strata[0]"),
    (("districts",), [], "districts"),
    (("districts",), [f"d{number:03}" for number in range(201)], "districts"),
    (("districts",), ["siming", "huli"], "districts[1]"),
    (("districts",), ["huli", "huli"], "districts[1]"),
    (("districts",), ["huli", "Siming"], "districts[1]"),
    (("districts",), ["huli", 7], "districts[1]"),
]


@pytest.mark.parametrize(("path", "value", "field"), REFUSALS)
def test_refusals_name_the_field(path: tuple[str | int, ...], value: Any, field: str) -> None:
    error = refusal(changed(path, value))
    assert (error.code, error.field) == ("bad-rule", field)
    assert error.message.endswith(".")


def test_a_stratum_may_only_name_bases_of_the_round() -> None:
    members = changed(("bases",), [{"register": "household"}, {"register": "employment"}])
    assert refusal(members).field == "strata[1].bases[0]"
    members["strata"][1]["bases"] = ["employment"]
    read_rules(encode(members))


def test_one_basis_and_one_stratum_are_enough() -> None:
    members = changed(("bases",), [{"register": "employment"}])
    members["strata"] = [{"stratum": "general"}]
    assert read_rules(encode(members)).bases == (Basis("employment"),)


def test_dates_may_fall_together() -> None:
    members = copy.deepcopy(GOOD)
    members["personal_data_until"] = members["person_data_until"] = members["reference_date"]
    read_rules(encode(members))


def test_all_problems_are_listed() -> None:
    members = changed(("min_age",), True)
    members["strata"][0]["max"] = 3
    members["bases"][1]["months"] = 0
    del members["bonus"]
    assert [problem.field for problem in list_problems(encode(members))] == [
        "bonus",
        "min_age",
        "bases[1].months",
        "strata[0].max",
    ]


def test_an_unknown_name_is_shown_without_its_control_signs() -> None:
    assert refusal(changed(("a\x1b[31m",), 1)).field == r"a\x1b[31m"


def test_goods_may_be_chinese() -> None:
    assert read_rules(encode(changed(("goods",), "消毒液"))).goods == "消毒液"


def test_a_member_twice_is_refused() -> None:
    with pytest.raises(InputError, match="stands twice"):
        read_rules(encode(GOOD).replace(b'"draws": 2', b'"draws": 2, "draws": 3'))


def strata_with_ages(count: int) -> list[dict[str, Any]]:
    ages = [{"stratum": f"s{age}", "min_age": age} for age in range(count, 0, -1)]
    return [*ages, {"stratum": "general"}]


def test_at_most_fifteen_ages() -> None:
    members = changed(("strata",), strata_with_ages(15))
    members["min_age"] = 3
    assert age_thresholds(read_rules(encode(members))) == tuple(range(1, 16))
    members["min_age"] = 18
    assert refusal(members).field == "strata"


@pytest.mark.parametrize(
    ("min_age", "strata", "expected"),
    [
        (0, [], ()),
        (18, [], (18,)),
        (18, [{"stratum": "a", "min_age": 0}], (18,)),
        (18, [{"stratum": "a", "min_age": 18}, {"stratum": "b", "max_age": 17}], (18,)),
        (
            16,
            [{"stratum": "a", "min_age": 60}, {"stratum": "b", "min_age": 18, "max_age": 30}],
            (16, 18, 31, 60),
        ),
        (
            0,
            [{"stratum": "a", "max_age": 0}, {"stratum": "b", "min_age": 150, "max_age": 150}],
            (1, 150, 151),
        ),
    ],
)
def test_age_thresholds(min_age: int, strata: list[dict[str, Any]], expected: tuple[int, ...]) -> None:
    members = changed(("strata",), [*strata, {"stratum": "z"}])
    members["min_age"] = min_age
    assert age_thresholds(read_rules(encode(members))) == expected
