"""Who lives in the synthetic city: numbers that are right and distinct, ages and names that are likely."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from stdnum.iso7064 import mod_11_2

from maskres.errors import InputError
from maskres.rehearsal.city import City, derive_key, documents, names
from maskres.rehearsal.city.chance import Chance, in_band, scaled
from maskres.rehearsal.city.people import BLOCKS, CHUNK, COLUMNS, MOST_RESIDENTS, Population
from maskres.rehearsal.city.places import DISTRICTS, ISSUES, Kind
from maskres.rehearsal.city.timetable import Timetable, iso_days


@pytest.fixture(scope="module")
def people():
    return Population(Chance("people"), 40_000).look(np.arange(40_000))


@pytest.fixture(scope="module")
def numbers(people):
    return documents.numbers(people)


def test_check_symbols_are_right(numbers):
    long = [number for number in numbers if len(number) == 18 and ":" not in number]
    assert len(long) > 39_000
    assert all(mod_11_2.is_valid(number) for number in long)
    assert any(number.endswith("X") for number in long)
    assert all(documents.check_symbol(number[:-1]) == number[-1] for number in long[:1_000])


def test_check_symbol_of_the_standards_example():
    # GB 11643-1999 gives 11010519491231002X and 440524188001010014.
    assert documents.check_symbol("11010519491231002") == "X"
    assert documents.check_symbol("44052418800101001") == "4"


def test_numbers_show_birth_date_and_sex(people, numbers):
    days = iso_days()
    for position in range(5_000):
        number = numbers[position]
        if people.kind[position] <= Kind.PR_CARD:
            assert number[6:14] == days[people.birth[position]].replace("-", "")
            assert int(number[16]) % 2 == people.is_male[position]


def test_no_two_residents_of_the_largest_city_bear_one_number():
    population = Population(Chance("large"), MOST_RESIDENTS)
    blocks = -(-population.total // COLUMNS)
    assert blocks <= BLOCKS
    columns = np.arange(0, COLUMNS, 2_000)
    indices = (columns[:, None] + COLUMNS * np.arange(blocks)).ravel()
    crowd = population.look(indices[indices < population.total])
    assert len(crowd) > 5_000
    assert len(set(documents.numbers(crowd))) == len(crowd)


def test_numbers_of_neighbours_are_distinct(numbers):
    assert len(set(numbers)) == len(numbers)


def test_residents_do_not_depend_on_who_else_is_looked_at(people):
    alone = Population(Chance("people"), 40_000).look(np.array([39_999, 7]))
    assert documents.numbers(alone) == [documents.numbers(people)[39_999], documents.numbers(people)[7]]
    assert names.names_of(alone) == [names.names_of(people)[39_999], names.names_of(people)[7]]


def test_a_city_is_made_in_chunks():
    sizes = [len(chunk) for chunk in Population(Chance("c"), 2 * CHUNK).chunks(has_newcomers=True)]
    assert sizes == [CHUNK, CHUNK, 2 * CHUNK // 20]


def test_every_kind_of_document_occurs(people, numbers):
    kinds = Counter(people.kind.tolist())
    assert set(kinds) == set(Kind)
    assert kinds[Kind.CN_ID] > 0.96 * len(people)
    prefixes = {number[:2] for number in numbers}
    assert {"81", "82", "83", "93"} <= prefixes
    old = [number for number, kind in zip(numbers, people.kind, strict=True) if kind == Kind.OLD_PR_CARD]
    assert all(len(number) == 15 and number[:3].isalpha() and number[3:].isdigit() for number in old)
    passports = [number for number, kind in zip(numbers, people.kind, strict=True) if kind == Kind.PASSPORT]
    assert all(number[3] == ":" and len(number) == 13 for number in passports)


def test_abolished_codes_and_codes_younger_than_their_bearers_occur(people, numbers):
    born: dict[str, list[str]] = {}
    for number in numbers:
        born.setdefault(number[:6], []).append(number[6:10])
    # Gulangyu, Kaiyuan and Tong'an County are no more; Huli, Tong'an and Xiang'an began in 1987, 1996 and 2003.
    assert len(born["350202"] + born["350204"] + born["350221"]) > 3_000
    assert max(born["350204"]) <= "2003"
    assert max(born["350221"]) <= "1996"
    assert min(born["350206"]) < "1940"
    assert "1983" <= min(born["350212"]) < "1996"
    assert "1990" <= min(born["350213"]) < "2003"


def test_every_place_of_issue_has_holders():
    population = Population(Chance("issues"), 300_000)
    found = np.concatenate([chunk.issue for chunk in population.chunks(has_newcomers=False)])
    assert set(found.tolist()) == set(range(len(ISSUES)))


def test_ages_follow_the_pyramid(people):
    assert 0.14 < np.mean(people.age < 15) < 0.20
    assert 0.70 < np.mean((people.age >= 15) & (people.age < 60)) < 0.78
    assert 0.08 < np.mean(people.age >= 60) < 0.11
    assert 0.008 < np.mean(people.age >= 80) < 0.02
    assert people.age.max() < 100
    assert 0.50 < np.mean(people.is_male) < 0.54
    assert np.mean(people.is_male[people.age >= 80]) < 0.48


def test_age_is_that_of_the_birth_date(people):
    days = iso_days()
    for age, birth in zip(people.age[:3_000].tolist(), people.birth[:3_000].tolist(), strict=True):
        year, birthday = int(days[birth][:4]), days[birth][5:]
        assert age == 2020 - year - (birthday > "02-01")


def test_leap_days_are_birthdays_too(people):
    days = {iso_days()[birth] for birth in people.birth.tolist() if iso_days()[birth].endswith("02-29")}
    assert days
    assert all(int(day[:4]) % 4 == 0 for day in days)


def test_districts_follow_the_census(people):
    assert sum(residents for _, _, residents in DISTRICTS) == 5_163_970
    for place, (_, _, residents) in enumerate(DISTRICTS):
        assert np.mean(people.district == place) == pytest.approx(residents / 5_163_970, abs=0.01)


def test_names(people):
    found = names.names_of(people)
    surnames = Counter(name[0] for name in found)
    assert surnames.most_common(1)[0][0] == "陈"
    assert {len(name) for name in found if name.isalpha() and name > "\u4e00"} >= {2, 3}
    assert any(name.startswith("欧阳") for name in found)
    assert any(symbol > "\uffff" for name in found for symbol in name)
    assert any("·" in name for name in found)
    for name, is_foreign in zip(found, names.is_foreign(people).tolist(), strict=True):
        assert (name[0] < "\u2e80") == is_foreign
        assert "," not in name
        assert '"' not in name


@pytest.mark.parametrize(
    "name", ["王丽", "王小妹", "王英", "王阿", "欧阳娜娜", "王𠮷", "阿依古丽·买买提", "SMITH JOHN"]
)
@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_misspelled_name_differs_and_is_not_empty(name, index):
    assert names.misspell(name, index) not in ("", name)


@pytest.mark.parametrize("name", ["王小明", "买买提·依明", "MÜLLER ANNA"])
def test_a_respelled_name_is_the_same_name(name):
    def fold(text):
        return "".join(symbol for symbol in text.upper() if symbol.isalpha())

    spellings = {names.respell(name, word) for word in range(400)}
    assert len(spellings) >= 3
    assert {fold(spelling) for spelling in spellings} == {fold(name)}


def test_base_time_is_nine_in_the_morning_early_in_february():
    times = {City(f"seed {number}", 1, 1).base_time for number in range(60)}
    assert times == {datetime(2020, 2, day, 1, tzinfo=UTC) for day in range(3, 9)}


def test_rounds_follow_each_other_without_overlap():
    timetable = Timetable(Chance("t"))
    assert timetable.slots_from(1, 1) > timetable.reference_date(1) > timetable.register_date(1)
    assert timetable.slots_from(1, 2) < timetable.reference_date(2)
    assert timetable.opens_at(1) == timetable.base_time


def test_a_city_that_begins_on_a_given_day_is_of_that_year():
    city = City("t", 2_000, 3, first_day=date(2031, 11, 27), round_days=4)
    assert city.base_time == datetime(2031, 11, 27, 1, tzinfo=UTC)
    assert city.timetable.opens_at(2) - city.base_time == timedelta(days=4)
    rules = city.rules_json(2)
    assert (rules["round"], rules["personal_data_until"]) == ("xiamen-2031-2", "2032-06-30")
    people = Population(Chance("t"), 2_000, 2031).look(np.arange(2_000))
    born = [int(iso_days()[day][:4]) for day in people.birth]
    assert max(born) in (2030, 2031)
    same = Population(Chance("t"), 2_000).look(np.arange(2_000))
    assert np.array_equal(same.age, people.age)


@pytest.mark.parametrize("year", [1999, 2091])
def test_a_day_beyond_the_tables_is_refused(year):
    with pytest.raises(InputError) as refused:
        City("t", 10, 1, first_day=date(year, 1, 1))
    assert (refused.value.code, refused.value.field) == ("bad-city", "first_day")


def test_keys_follow_from_seed_and_purpose():
    assert derive_key("a", "x").hex() == derive_key("a", "x").hex()
    keys = {derive_key(seed, purpose) for seed in ("a", "b") for purpose in ("x", "y")}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    assert City("a", 1, 1).derive_key("x") == derive_key("a", "x")


def test_bands_and_scales_cover_all_words():
    words = np.arange(1 << 16)
    assert np.all(in_band(words, 0, 2_500) ^ in_band(words, 2_500, 10_000))
    assert np.bincount(scaled(words, 16)).tolist() == [4_096] * 16
