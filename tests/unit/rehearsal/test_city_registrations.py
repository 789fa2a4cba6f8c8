"""The synthetic city's registrations: who registers, how they spell it, what they wish."""

from collections import Counter
from datetime import date

import pytest


def fold(number):
    plain = "".join(chr(ord(symbol) - 0xFEE0) if symbol >= "\uff01" else symbol for symbol in number)
    return plain.replace(" ", "").upper()


@pytest.mark.parametrize(("round_index", "rows_of_100"), [(1, 51), (2, 35)])
def test_share_that_registers(city, registrations, round_index, rows_of_100):
    assert len(registrations[round_index]) == pytest.approx(city.residents * rows_of_100 / 100, rel=0.03)


def test_second_round_has_few_who_are_kept_and_most_newcomers(registrations):
    first = {fold(row["id_number"]): row["keep"] for row in registrations[1]}
    again = Counter(
        first[number] for number in {fold(row["id_number"]) for row in registrations[2]} if number in first
    )
    assert 0.45 < again["no"] / Counter(first.values())["no"] < 0.55
    assert 0.005 < again["yes"] / Counter(first.values())["yes"] < 0.05


def test_some_register_twice_with_other_spelling_or_wishes(registrations):
    rows: dict[str, list[dict[str, str]]] = {}
    for row in registrations[1]:
        rows.setdefault(fold(row["id_number"]), []).append(row)
    twice = [both for both in rows.values() if len(both) == 2]
    assert max(len(same) for same in rows.values()) == 2
    assert 0.01 < len(twice) / len(rows) < 0.03
    assert sum(one["choices"] != other["choices"] for one, other in twice) > len(twice) * 0.8
    assert sum(one["id_number"] != other["id_number"] for one, other in twice) >= 5


def test_numbers_are_spelled_in_many_ways(registrations):
    numbers = [row["id_number"] for row in registrations[1]]
    assert any("x" in number for number in numbers)
    assert any("X" in number for number in numbers)
    assert any(" " in number.strip() for number in numbers)
    assert any(number > "\uff00" for number in numbers)


def test_five_kinds_of_middle_dot_stand_in_names(registrations):
    letters = {symbol for row in registrations[1] + registrations[2] for symbol in row["name"]}
    assert letters >= set("\u00b7\u2022\u30fb\u2219\u25cf")


def test_a_phone_serves_at_most_five_residents(registrations):
    for rows in registrations.values():
        residents: dict[str, set[str]] = {}
        for row in rows:
            phone = "".join(symbol for symbol in row["phone"] if symbol.isdigit())[-10:]
            residents.setdefault(phone, set()).add(fold(row["id_number"]))
        counts = Counter(len(numbers) for numbers in residents.values())
        assert max(counts) <= 5
        assert 0.05 < sum(counts[size] for size in counts if size > 1) / len(residents) < 0.2


def test_wishes(city, registrations):
    rows = registrations[1]
    district_of = {store.store: store.district for store in city.stores}
    choices = [row["choices"].split("|") if row["choices"] else [] for row in rows]
    assert {len(chosen) for chosen in choices} == {0, 1, 2, 3, 4, 5}
    assert all(len(set(chosen)) == len(chosen) for chosen in choices)
    own = [
        district_of[store] == row["district"]
        for row, chosen in zip(rows, choices, strict=True)
        for store in chosen
    ]
    assert 0.7 < sum(own) / len(own) < 0.9
    popularity = Counter(store for chosen in choices for store in chosen)
    assert popularity["siming-001"] > 3 * popularity["siming-008"] > 0
    assert all(row["choices"] or row["reach"] != "choices" for row in rows)
    assert {row["reach"] for row in rows} == {"city", "district", "choices"}


def test_for_whom_and_keep(registrations):
    rows = registrations[1]
    shares = {name: count / len(rows) for name, count in Counter(row["for_whom"] for row in rows).items()}
    assert 0.7 < shares["self"] < 0.9
    assert shares["child"] > 0.05
    assert shares["parent"] > 0.01
    assert shares["other"] > 0.03
    assert 0.58 < sum(row["keep"] == "yes" for row in rows) / len(rows) < 0.62


def test_birth_date_and_sex_stand_where_the_number_does_not_show_them(registrations):
    for row in registrations[1]:
        number = fold(row["id_number"])
        if len(number) != 18 or not number[:17].isdigit():
            assert date(1919, 1, 1) < date.fromisoformat(row["birth_date"]) <= date(2020, 2, 1)
            assert row["sex"] in ("M", "F")
            assert row["id_type"] in ("passport", "pr-card")
        elif row["birth_date"]:
            assert row["birth_date"].replace("-", "") == number[6:14]
