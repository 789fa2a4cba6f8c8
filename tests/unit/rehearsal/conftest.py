"""One city for all tests of its files, read as plain CSV."""

import csv
import io

import pytest

from maskres.rehearsal.city import City

RESIDENTS = 20_000


def read_rows(path, encoding):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


@pytest.fixture(scope="session")
def city():
    return City("an ordinary city", RESIDENTS, 40)


@pytest.fixture(scope="session")
def files(city, tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    city.write_stores(folder)
    for round_index in (1, 2):
        city.write_registers(folder, round_index)
        city.write_registrations(folder, round_index)
    return folder


@pytest.fixture(scope="session")
def household(files):
    return {index: read_rows(files / f"household-{index}.csv", "gb18030") for index in (1, 2)}


@pytest.fixture(scope="session")
def insurance(files):
    return {index: read_rows(files / f"insurance-{index}.csv", "utf-8-sig") for index in (1, 2)}


@pytest.fixture(scope="session")
def employment(files):
    return read_rows(files / "employment-2.csv", "utf-8-sig")


@pytest.fixture(scope="session")
def registrations(files):
    return {index: read_rows(files / f"registrations-{index}.csv", "utf-8-sig") for index in (1, 2)}


@pytest.fixture(scope="session")
def stores(files):
    return read_rows(files / "stores.csv", "utf-8")
