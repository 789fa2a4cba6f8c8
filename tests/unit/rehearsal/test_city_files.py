"""The synthetic city's files: the same bytes from the same seed, readable everywhere; shops and slots."""

import hashlib
from collections import Counter
from datetime import datetime, timedelta

import pytest

from maskres.errors import InputError
from maskres.rehearsal.city import City

# Fixed when the city's format was: a change here makes every published rehearsal another one.
GOLDEN = {
    "employment-2.csv": "246e00031f87132e2b2f25a4f50e85330ae5dc855ce3be9b2a30f4234f968d6c",
    "household-1.csv": "87d72f2666e11fa1eeb7174a48eea853f4dc0b493b97ee5460722d3a53413db2",
    "household-2.csv": "4f63a584d74c4d0837baa4618055ed336bae39aef7b6571856967ca371989667",
    "insurance-1.csv": "734c2fac55145b07489d22a31e2e1137b8090387af6b624c5f7d12f54d88d673",
    "insurance-2.csv": "c53b062a7d779aab5cdc30019fe96bc7044ad34cf8ca86c92bcafe5744a59694",
    "registrations-1.csv": "81a2e454ef330cba07bc0478baae3957ec19621a8c083876de9b1d402e66644a",
    "registrations-2.csv": "fde27dbb36abb63bd7b9dd6c5a4ea40f27adc99976372c2fe4fba1c0205c5c5d",
    "slots-1-1.csv": "c17c93dc39ef6734c2b2eab7546e923c5668ac4f590134cae1f80b8232739e93",
    "slots-2-1.csv": "ec16e00e8a0d3640d6728c0b114342e8e0890665a0190b177c87ab12c8d8e889",
    "stores.csv": "88038ebbb3c8f982d464d702a9aec7ebc0a0b911e6578c69b998d876fc23952a",
}


def write_everything(city, folder):
    city.write_stores(folder)
    for round_index in (1, 2):
        city.write_registers(folder, round_index)
        city.write_registrations(folder, round_index)
        city.write_slots(folder, round_index, 1, city.residents // 5)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_same_seed_gives_the_bytes_fixed_here(tmp_path):
    assert write_everything(City("golden", 3_000, 12), tmp_path) == GOLDEN


def test_another_seed_gives_other_bytes_in_every_file(tmp_path):
    digests = write_everything(City("golden ", 3_000, 12), tmp_path)
    assert digests.keys() == GOLDEN.keys()
    assert not set(digests.values()) & set(GOLDEN.values())


def test_a_larger_city_leaves_the_residents_of_the_smaller_as_they_are(tmp_path):
    for name, residents in (("small", 17_000), ("large", 34_000)):
        City("growing", residents, 12).write_registers(tmp_path / name, 1)
    for name in ("household-1.csv", "insurance-1.csv"):
        small, large = ((tmp_path / size / name).read_bytes() for size in ("small", "large"))
        assert large.startswith(small)
        assert 1.9 < len(large) / len(small) < 2.1


def test_round_1_has_two_registers_and_round_2_three(city, tmp_path):
    assert list(city.write_registers(tmp_path, 1)) == ["household", "insurance"]
    assert list(city.write_registers(tmp_path, 2)) == ["household", "insurance", "employment"]


def test_headers_and_encodings_differ_by_office(files):
    household = (files / "household-1.csv").read_bytes()
    assert household.startswith("证件类型,证件号码,姓名,迁入日期,迁出日期,死亡日期,".encode("gb18030"))
    with pytest.raises(UnicodeDecodeError):
        household.decode("utf-8")
    for name in ("insurance-1.csv", "employment-2.csv", "registrations-1.csv"):
        assert (files / name).read_bytes().startswith(b"\xef\xbb\xbfid_type,id_number,name,")


def test_rare_characters_survive_both_encodings(files):
    for name, encoding in (("household-1.csv", "gb18030"), ("registrations-1.csv", "utf-8")):
        text = (files / name).read_bytes().decode(encoding)
        assert any(symbol > "\uffff" for symbol in text)
        assert "䶮" in text or "㼆" in text


def test_stores_are_spread_by_population(stores):
    rows = stores
    assert len(rows) == len({row["store"] for row in rows}) == 40
    counts = Counter(row["district"] for row in rows)
    assert counts == {"siming": 8, "huli": 8, "jimei": 8, "haicang": 5, "tongan": 7, "xiangan": 4}
    assert all(row["opens"] < row["closes"] for row in rows)
    assert all(", " in row["address"] for row in rows)


@pytest.mark.parametrize("winners", [0, 1, 39, 4_000, 200_000])
def test_slots_hold_all_winners_and_a_little_more(city, tmp_path, winners):
    path = city.write_slots(tmp_path, 1, 2, winners)
    lines = path.read_bytes().decode("ascii").split("\n")
    assert lines[0] == "district,store,slot,starts_at,ends_at,capacity"
    assert lines.pop() == ""
    rows = [line.split(",") for line in lines[1:]]
    assert rows == sorted(rows, key=lambda row: (row[1], row[3], row[2]))
    places = sum(int(row[5]) for row in rows)
    assert winners <= places <= winners * 1.05 + 41
    assert all(row[5] == str(int(row[5])) and int(row[5]) >= 1 for row in rows)
    hours = {store.store: store for store in city.stores}
    assert {row[1] for row in rows} == hours.keys()
    assert len({(row[1], row[2]) for row in rows}) == len(rows)
    for district, store, slot, starts_at, ends_at, _ in rows:
        start, end = (
            datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ") + timedelta(hours=8)
            for text in (starts_at, ends_at)
        )
        assert end - start == timedelta(minutes=30)
        assert slot == start.strftime("%m%d-%H%M")
        assert district == hours[store].district
        assert hours[store].opens <= start.strftime("%H:%M") < end.strftime("%H:%M") <= hours[store].closes
        assert 0 <= (start.date() - city.timetable.slots_from(1, 2)).days < 4


@pytest.mark.parametrize(
    ("seed", "residents", "stores", "field"),
    [
        ("", 10, 1, "seed"),
        ("\ud800", 10, 1, "seed"),
        ("a", 0, 1, "residents"),
        ("a", 10**7 + 1, 1, "residents"),
        ("a", 10, 0, "stores"),
        ("a", 10, 5_001, "stores"),
    ],
)
def test_impossible_cities_are_refused(seed, residents, stores, field):
    with pytest.raises(InputError) as caught:
        City(seed, residents, stores)
    assert (caught.value.code, caught.value.field) == ("bad-city", field)


def test_other_rounds_and_draws_are_refused(city, tmp_path):
    for call in (
        lambda: city.write_registers(tmp_path, 3),
        lambda: city.write_registrations(tmp_path, 0),
        lambda: city.write_slots(tmp_path, 1, 0, 5),
        lambda: city.write_slots(tmp_path, 1, 1, -1),
        lambda: city.rules_json(3),
        lambda: city.singles(3),
    ):
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.code == "bad-city"


def test_a_city_of_one_resident_and_one_store_can_be_written(tmp_path):
    city = City("hermit", 1, 1)
    digests = write_everything(city, tmp_path)
    assert digests.keys() == GOLDEN.keys()
    assert city.singles(1) == []
