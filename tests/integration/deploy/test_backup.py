"""Copies of a database in use, and what is restored from them: the same bundle byte for byte, and one ledger."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maskres.cli.deployment import settings
from maskres.cli.main import main
from maskres.db.engine import Database
from maskres.keys import FileKeys
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.pickup.afterwards import code_of
from maskres.usecases.service import Service
from tests.servers.postgres import Postgres
from tests.support.deployed import write_keys
from tests.support.world import ROUND, cosign_all, play_to, winners_of


@pytest.fixture
def empty_url(service: Service, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database of the same kind as the service's."""
    if service.database.is_sqlite:
        yield f"sqlite:///{tmp_path / 'restored.sqlite'}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_restored_is_what_was(service: Service, empty_url: str, tmp_path: Path, monkeypatch, capsys):
    def run(url: str, *arguments: object) -> int:
        monkeypatch.setenv("MASKRES_INSTANCE", str(tmp_path / "instance"))
        monkeypatch.setenv("MASKRES_DATABASE_URL", url)
        settings.cache_clear()
        try:
            return main([str(each) for each in arguments])
        finally:
            settings.cache_clear()

    play_to(service, DrawStatus.COLLECTING)
    cosign_all(service)
    write_keys(tmp_path / "instance" / "keys")
    copy, keys, url = tmp_path / "copy", tmp_path / "keys", service.database.url
    with service.database.writing() as c:  # somebody is writing meanwhile
        c.exec_driver_sql("DELETE FROM stores WHERE 1 = 0")
        assert run(url, "database", "backup", "--out", copy) == 0
    assert run(url, "database", "backup", "--out", copy) == 2
    assert "file-exists" in (told := capsys.readouterr().err) or "never overwritten" in told
    assert run(url, "keys", "copy", "--out", keys) == 0
    assert run(url, "keys", "copy", "--out", keys) == 2
    for path in (copy, keys / "deployment.json", keys / "rounds" / f"{ROUND}.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert b"PGDMP" in copy.read_bytes()[:5] or service.database.is_sqlite

    assert run(url, "database", "restore", "--from", copy) == 2, "not into a database that is in use"
    (tmp_path / "else").write_bytes(b"something else altogether")
    assert run(empty_url, "database", "restore", "--from", tmp_path / "else") == 2
    damaged = tmp_path / "damaged"
    damaged.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    assert run(empty_url, "database", "restore", "--from", damaged) == 1
    bad = bytearray(copy.read_bytes())
    bad[8192:12288] = bytes(4096)
    damaged.write_bytes(bad)
    assert run(empty_url, "database", "restore", "--from", damaged) == 1, "one page of it is lost"
    assert run(empty_url, "database", "restore", "--from", copy) == 0, capsys.readouterr().err

    export_bundle(service, ROUND, 1, tmp_path / "before")
    restored = replace(service, database=Database(empty_url), keys=FileKeys(keys, lambda _count: b""))
    try:
        export_bundle(restored, ROUND, 1, tmp_path / "after")
        number = winners_of(restored)[0]
        assert code_of(restored, ROUND, 1, number, 1) == code_of(service, ROUND, 1, number, 1)
    finally:
        restored.database.close()
    assert files_of(tmp_path / "after") == files_of(tmp_path / "before")
    assert main(["verify", str(tmp_path / "after")]) == 0, "ledger, signatures and draw"
