"""A real replica of the tests' PostgreSQL: read for what is shown, and never older than it may be."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest

from maskres.app import create_app
from maskres.config import read_web_settings
from maskres.errors import ConfigurationError, StepRefused
from maskres.usecases.registration import registering
from maskres.usecases.registration.proofs import Proof
from maskres.usecases.rounds.open_data import list_shown_rounds, show_one_round
from maskres.usecases.service import RESIDENT, Service
from maskres.usecases.showing.public_rounds import list_public_rounds
from maskres.usecases.showing.standing import find_standing
from tests.servers.guard import free_port
from tests.servers.postgres import Postgres, running_replica
from tests.support.deployed import write_keys
from tests.support.people import make_people
from tests.support.world import ROUND, open_round, register

PATIENCE_SECONDS = 30


def reads(service: Service) -> int:
    replica = service.database.replica
    assert replica is not None
    return replica.reads


def from_replica(service: Service, show: Callable[[], Any]) -> Any:
    """Show something until it comes from the replica, which may be a moment behind; gives what was shown then."""
    before, deadline = reads(service), time.monotonic() + PATIENCE_SECONDS
    while True:
        shown = show()
        if reads(service) > before:
            return shown
        assert time.monotonic() < deadline, "never from the replica"
        with service.database.writing() as c:  # the position may stand where no record ends
            c.exec_driver_sql("SELECT pg_logical_emit_message(true, 'maskres', '')")
        time.sleep(0.3)


def from_database(service: Service, show: Callable[[], Any]) -> Any:
    """Show something that must come from the database itself."""
    before = reads(service)
    shown = show()
    assert reads(service) == before
    return shown


def test_what_is_shown_comes_from_the_replica(
    postgres_service: Service, postgres_server: Postgres, tmp_path, monkeypatch
):
    service = postgres_service
    open_round(service)
    with running_replica(postgres_server) as port:
        url = service.database.url.replace(f":{postgres_server.port}/", f":{port}/")
        control = {"host": "127.0.0.1", "port": port, "user": "postgres", "autocommit": True}
        with psycopg.connect(dbname=url.rsplit("/", 1)[1], **control) as standby:
            assert standby.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)

            service.database.follow(url)
            rounds = from_replica(service, lambda: list_shown_rounds(service))
            assert [each.round.slug for each in rounds] == [ROUND]
            assert len(from_replica(service, lambda: list_public_rounds(service))) == 1

            # It stops following: whoever has just done something sees it all the same, from the database itself.
            standby.execute("SELECT pg_wal_replay_pause()")
            before = reads(service)
            person = make_people(1)[0]
            answer = register(service, person)
            proof = Proof(secret=answer.secret)
            registering.withdraw(service, RESIDENT, ROUND, answer.number, proof)
            assert reads(service) == before, "what decides does not look there"
            own = partial(find_standing, service, ROUND, answer.number, proof)
            assert from_database(service, own).is_withdrawn
            with pytest.raises(StepRefused, match="do not belong together"):
                find_standing(service, ROUND, answer.number, Proof(secret="7K3M9QTR4XH7"))
            # Open data may be a second old, no older.
            service.database._position_known = (float("-inf"), None)
            assert from_database(service, lambda: show_one_round(service, ROUND)).is_registration_open

            standby.execute("SELECT pg_wal_replay_resume()")
            assert from_replica(service, own).is_withdrawn, "it has caught up"
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                standby.execute("DELETE FROM audit_log")

        # The web of a deployment has it by its settings.
        write_keys(tmp_path / "keys")
        environment = {
            "MASKRES_INSTANCE": str(tmp_path),
            "MASKRES_DATABASE_URL": service.database.url,
            "MASKRES_REPLICA_URL": url,
            "MASKRES_PUBLIC_URL": "http://localhost",
        }
        client = create_app(environment).test_client()
        assert client.get("/api/v1/rounds").json["rounds"][0]["round"] == ROUND

        # The database is lost, the replica is there: what is shown goes on, what is done does not.
        lost = service.database.url.replace(f":{postgres_server.port}/", f":{free_port()}/")
        client = create_app(environment).test_client()
        monkeypatch.setattr("maskres.app.require_present_tables", lambda _database: None)
        client = create_app(environment | {"MASKRES_DATABASE_URL": lost}).test_client()
        assert client.get("/").status_code == client.get("/api/v1/rounds").status_code == 200
        assert client.get("/api/v1/checkpoints").status_code == 503

    # The replica is gone: nobody notices, and nobody waits for it each time.
    assert len(from_database(service, lambda: list_shown_rounds(service))) == 1
    assert from_database(service, own).is_withdrawn


def test_a_replica_is_a_postgresql_beside_one():
    given = {"MASKRES_PUBLIC_URL": "http://localhost", "MASKRES_REPLICA_URL": "postgresql://there/maskres"}
    for wrong in ({}, {"MASKRES_DATABASE_URL": "sqlite:///x.db"}, {"MASKRES_REPLICA_URL": "sqlite:///y.db"}):
        with pytest.raises(ConfigurationError, match="MASKRES_REPLICA_URL"):
            read_web_settings(given | wrong)
    database = {"MASKRES_DATABASE_URL": "postgresql://here/maskres"}
    assert read_web_settings(given | database).replica_url == "postgresql+psycopg://there/maskres"
