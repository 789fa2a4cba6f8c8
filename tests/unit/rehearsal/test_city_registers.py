"""The synthetic city's registers: shares, overlaps and mistakes are those that are promised."""

from collections import Counter


def test_shares_of_the_registers(city, household, insurance, employment):
    people = len({row["证件号码"] for row in household[1]})
    assert 0.66 < people / city.residents < 0.74
    assert 0.42 < len({row["id_number"] for row in insurance[1]}) / city.residents < 0.49
    assert 0.28 < len({row["id_number"] for row in employment}) / (city.residents * 1.05) < 0.36


def test_registers_overlap_partly(household, insurance, employment):
    at_home = {row["证件号码"] for row in household[2]}
    insured = {row["id_number"].upper() for row in insurance[2]}
    employed = {row["id_number"] for row in employment}
    for one, other in ((at_home, insured), (at_home, employed), (insured, employed)):
        assert len(one & other) > 1_000
        assert len(one - other) > 1_000
        assert len(other - one) > 1_000


def test_some_left_the_household_register_and_more_do_between_the_rounds(city, household):
    counts = {
        index: (sum(bool(row["迁出日期"]) for row in rows), sum(bool(row["死亡日期"]) for row in rows))
        for index, rows in household.items()
    }
    assert 150 < counts[1][0] < 350
    assert 40 < counts[1][1] < 150
    assert counts[2][0] > counts[1][0]
    for index, rows in household.items():
        today = city.timetable.register_date(index).isoformat()
        for row in rows:
            assert row["迁入日期"] <= (row["迁出日期"] or row["死亡日期"] or today) <= today


def test_some_stand_in_the_household_register_twice(household):
    times = Counter(row["证件号码"] for row in household[1])
    assert 30 < sum(count == 2 for count in times.values()) < 120
    assert max(times.values()) == 2


def test_insurance_has_lapsed_new_and_broken_periods(city, insurance):
    last = "2020-01"
    rows = insurance[1]
    assert all(row["paid_from"] <= row["paid_until"] <= last for row in rows)
    months: dict[str, set[int]] = {}
    for row in rows:
        months.setdefault(row["id_number"], set()).update(
            month
            for month in range(12)
            if row["paid_from"]
            <= f"{2019 + (month + 1) // 12}-{(month + 1) % 12 + 1:02d}"
            <= row["paid_until"]
        )
    counts = Counter(len(paid) for paid in months.values())
    assert 0.75 < counts[12] / len(months) < 0.9
    assert 0.08 < sum(counts[count] for count in range(6)) / len(months) < 0.18
    assert 0.05 < 1 - len(months) / len(rows) < 0.2


def test_newcomers_are_known_to_their_employers_above_all(household, insurance, employment):
    def is_recent(day):
        return day >= "2020-02-01"

    employed = [row for row in employment if is_recent(row["employed_from"])]
    moved = [row for row in household[2] if is_recent(row["迁入日期"])]
    assert 450 < len(employed) < 850
    assert 10 < len(moved) < 120
    assert 0.08 < sum(bool(row["employed_until"]) for row in employment) / len(employment) < 0.2


def test_second_documents_stand_in_the_registers(household, insurance, employment):
    for rows, column in (
        (household[1], "另一证件号码"),
        (insurance[1], "other_id_number"),
        (employment, "other_id_number"),
    ):
        assert 0.01 < sum(bool(row[column]) for row in rows) / len(rows) < 0.03


def test_half_a_percent_of_the_names_are_wrong(household, insurance):
    names = {row["证件号码"]: row["姓名"] for row in household[1]}
    both = [row for row in insurance[1] if row["id_number"].upper() in names]
    wrong = sum(names[row["id_number"].upper()] != row["name"] for row in both)
    assert 0.005 < wrong / len(both) < 0.016


def test_offices_write_middle_dots_differently(household, insurance, employment):
    for rows, column, dot in (
        (household[1], "姓名", "\u00b7"),
        (insurance[1], "name", "\u2022"),
        (employment, "name", "\u30fb"),
    ):
        assert {symbol for row in rows for symbol in row[column]} & set("\u00b7\u2022\u30fb") == {dot}
