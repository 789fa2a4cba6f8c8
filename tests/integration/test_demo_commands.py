"""The demo from the command line."""

from __future__ import annotations

import re

import pytest

from maskres.cli.deployment import settings
from maskres.cli.main import main
from maskres.demo.facts import read_facts
from maskres.jobs.embedded import embedded_queue
from maskres.jobs.gateways import FileGateway, sms_file


@pytest.fixture
def instance(tmp_path, monkeypatch):
    """An instance folder that is empty, and the environment's."""
    monkeypatch.setenv("MASKRES_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.delenv("MASKRES_DATABASE_URL", raising=False)
    monkeypatch.delenv("MASKRES_KEYS", raising=False)
    settings.cache_clear()
    yield tmp_path / "instance"
    settings.cache_clear()


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(list(arguments))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_a_demo_is_made_told_about_and_removed(instance, capsys):
    assert run(capsys, "demo", "prepare", "--residents", "300", "--stores", "6") == (0, "", "")
    facts = read_facts(instance)
    status, told, _ = run(capsys, "demo", "facts")
    assert status == 0
    everything = [
        *(account.totp_secret for account in facts.accounts),
        *(account.password for account in facts.accounts),
        *(winner.code for winner in facts.winners),
        *(entry.secret for entry in (*facts.losers, *facts.excluded)),
        *(person.id_number for person in facts.bystanders),
        facts.notary_key,
    ]
    assert [each for each in everything if each not in told] == []
    status, code, _ = run(capsys, "demo", "code", "wang")
    assert status == 0 and re.fullmatch(r"\d{6}\n", code)
    assert run(capsys, "demo", "code", "nobody")[0] == 2
    assert run(capsys, "demo", "prepare") == (0, "", "")
    assert read_facts(instance) == facts
    assert run(capsys, "demo", "prepare", "--residents", "400")[0] == 2
    sms_file(instance).touch()
    with embedded_queue(instance):  # as long as it is served
        status, _, error = run(capsys, "demo", "reset")
    assert status == 2 and "stop it first" in error
    assert read_facts(instance) == facts and (instance / "maskres.sqlite").exists()
    assert run(capsys, "demo", "reset")[0] == 0
    assert list(instance.iterdir()) == []
    assert run(capsys, "demo", "reset")[0] == 0


def test_messages_are_shown_once_there_are_some(instance, capsys):
    assert run(capsys, "demo", "messages") == (0, "", "Nothing has been sent yet.\n")
    FileGateway(sms_file(instance)).send("id-1", "+8613800000001", "482913")
    status, told, error = run(capsys, "demo", "messages")
    assert (status, error) == (0, "") and told.endswith("  +8613800000001  482913\n")


@pytest.mark.parametrize("command", [("facts",), ("code", "lin")])
def test_without_a_demo_it_is_said_how_to_make_one(instance, capsys, command):
    status, told, error = run(capsys, "demo", *command)
    assert (status, told) == (2, "")
    assert "maskres demo prepare" in error


def test_a_real_deployment_is_left_alone(instance, capsys):
    assert main(["keys", "init"]) == 0
    assert main(["database", "init", "--origin", "masks.example.org/xm", "--as", "lin"]) == 0
    (instance / "demo").mkdir()
    for command in ("prepare", "reset"):
        status, told, error = run(capsys, "demo", command)
        assert (status, told) == (2, "")
        assert "masks.example.org/xm" in error
    assert {path.name for path in instance.iterdir()} >= {"keys", "maskres.sqlite", "demo"}


def test_a_demo_on_a_server_is_dropped_there(instance, capsys, monkeypatch):
    monkeypatch.setenv("MASKRES_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/demo")
    settings.cache_clear()
    status, _, error = run(capsys, "demo", "reset")
    assert status == 2 and "on a server" in error
