"""Fixtures of the small world with its counters open (tests/support/collecting.py)."""

from __future__ import annotations

import pytest

from maskres.usecases.service import Service
from tests.support.collecting import Counters, play
from tests.support.snapshots import Snapshot, put_back, take

#: Contents of a database with the round in collection, by whether it is SQLite.
_played: dict[bool, Snapshot] = {}


@pytest.fixture
def sqlite_counters(sqlite_service: Service) -> Counters:
    """The collection on a new SQLite file; its clock stands at noon of the day before the slots."""
    return _open(sqlite_service)


@pytest.fixture
def postgres_counters(postgres_service: Service) -> Counters:
    """The collection on an empty PostgreSQL database; its clock stands at noon of the day before the slots."""
    return _open(postgres_service)


@pytest.fixture(params=["sqlite", "postgresql"])
def counters(request: pytest.FixtureRequest) -> Counters:
    """The collection on a database of its own: the test runs on each kind."""
    kinds = {"sqlite": "sqlite_counters", "postgresql": "postgres_counters"}
    found: Counters = request.getfixturevalue(kinds[request.param])
    return found


def _open(service: Service) -> Counters:
    kind = service.database.is_sqlite
    if kind in _played:
        put_back(service.database, _played[kind])
    else:
        play(service)
        _played[kind] = take(service.database)
    counters = Counters(service)
    counters.at(12, days=-1)
    return counters
