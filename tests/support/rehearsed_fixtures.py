"""A rehearsal played once a session, on SQLite: what other runs are compared with (tests/support/rehearsed.py)."""

from __future__ import annotations

import json

import pytest

from tests.support.rehearsed import Rehearsed, play_and_kill


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    """The rehearsal, played without a hitch."""
    folder = tmp_path_factory.mktemp("rehearsed")
    url, out, counts = f"sqlite:///{folder / 'maskres.db'}", folder / "out", folder / "counts.json"
    assert play_and_kill(url, out, [], counts=counts) == [0]
    return Rehearsed(url, out, {(s, moment): n for s, moment, n in json.loads(counts.read_text())})
