"""Doors are tested with a cheap password hash: its cost is tested elsewhere, and each log-in would take as long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from maskres.usecases.accounts import passwords


@pytest.fixture(autouse=True)
def cheap_password_hash(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._spare_hash.cache_clear()
    yield
    passwords._spare_hash.cache_clear()  # other tests of this process mean the real one
