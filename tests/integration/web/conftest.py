"""Doors are tested with a cheap password hash: its cost is tested elsewhere, and each log-in would take as long."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from maskres.usecases import passwords


@pytest.fixture(autouse=True)
def cheap_password_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._spare_hash.cache_clear()
