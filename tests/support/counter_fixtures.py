"""A counter's page in the morning of the first day, for tests: pytest_plugins = ("tests.support.counter_fixtures",)."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.collecting import Counters
from tests.support.web import log_in, make_app


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Counters:
    """The small world while winners are collecting, on SQLite unless `both` asks for more."""
    kind = getattr(request, "param", "sqlite")
    found: Counters = request.getfixturevalue(f"{kind}_counters")
    found.at(9.1)
    return found


@pytest.fixture
def client(world: Counters) -> FlaskClient:
    """A browser at which the counter of HERE is logged in."""
    return log_in(make_app(world.service), world.service, "counter")
