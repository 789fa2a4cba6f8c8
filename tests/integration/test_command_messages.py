"""What a command says when it cannot do what it was asked: a sentence and a status, never a traceback."""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest

from maskres.cli import round_commands
from maskres.cli.deployment import settings
from maskres.cli.main import main
from maskres.errors import InputError
from maskres.rounds.status import DrawStatus
from maskres.usecases.eligibility import deciding, disputes
from maskres.usecases.service import RESIDENT
from tests.support.world import OPERATOR, ROUND, play_to


@pytest.fixture
def instance(tmp_path, monkeypatch):
    """An instance folder of its own, its keys made."""
    monkeypatch.setenv("MASKRES_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.delenv("MASKRES_DATABASE_URL", raising=False)
    monkeypatch.delenv("MASKRES_KEYS", raising=False)
    settings.cache_clear()
    assert main(["keys", "init"]) == 0
    yield tmp_path / "instance"
    settings.cache_clear()


def test_a_secret_key_that_cannot_be_written_is_bad_input(tmp_path, capsys):
    status = main(["notary", "keygen", "example.org/notary", "--out", str(tmp_path / "none" / "notary.key")])
    assert status == 2
    assert capsys.readouterr().err.startswith("notary.key: The file cannot be written: ")


def test_keys_given_by_the_environment_are_not_written_over_those_in_files(instance, monkeypatch, capsys):
    path = instance / "keys" / "deployment.json"
    in_file = path.read_bytes()
    given = json.loads(in_file) | {"data": {"7": json.loads(in_file)["access"]}}
    monkeypatch.setenv("MASKRES_KEYS", json.dumps(given))
    settings.cache_clear()
    for arguments in (["keys", "rotate", "data", "--as", "lin"], ["keys", "init"]):
        assert main(arguments) == 2
        assert "MASKRES_KEYS" in capsys.readouterr().err
    assert path.read_bytes() == in_file


def test_rules_that_cannot_be_read_are_named_as_their_file_is(instance, tmp_path, capsys):
    rules = tmp_path / "spring.json"
    rules.write_text("{}")
    keys = ["--notary", "a", "--witness", "b", "--closes-at", "2099-01-01T00:00:00Z", "--as", "lin"]
    assert main(["round", "create", "--rules", str(rules), "--stores", str(rules), *keys]) == 2
    assert capsys.readouterr().err.startswith("spring.json: ")


def test_an_import_into_a_pipe_says_nothing_on_the_way(instance, tmp_path, capsys):
    assert main(["database", "init", "--origin", "rehearsal/messages", "--as", "lin"]) == 0
    path = tmp_path / "employment.csv"
    path.write_text("id_number,name,employed_from,employed_until\n11010519491231002X,王芳,2019-01-01,\n")
    capsys.readouterr()
    assert main(["register", "import", "employment", str(path), "--as-of", "2020-02-04", "--as", "lin"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("employment: version 1 imported, 1 rows\n")


def test_a_version_of_a_register_that_is_no_basis_is_refused(sqlite_service):
    play_to(sqlite_service, DrawStatus.CLOSED)
    with pytest.raises(InputError) as refused:
        deciding.decide_draw(sqlite_service, OPERATOR, ROUND, 1, {"houshold": 1})
    assert refused.value.code == "unknown-register"


def test_disputes_are_answered_before_the_commitment_and_kept_after_it(sqlite_service, monkeypatch, capsys):
    played = play_to(sqlite_service, DrawStatus.DECIDED)
    monkeypatch.setattr(round_commands, "open_service", lambda: nullcontext(sqlite_service))
    first, second = played.numbers[18], played.numbers[19]
    for number in (first, second):
        disputes.lodge_dispute(sqlite_service, RESIDENT, ROUND, 1, number, "请再查一次。")

    def resolve(number, *options):
        status = main(["round", "resolve", ROUND, number, *options, "--reason", "seen", "--as", "lin"])
        said = capsys.readouterr()
        return status, said.out or said.err

    assert resolve(first, "--keep", "--proved", "household")[0] == 2
    assert resolve(first, "--keep")[0] == 1
    assert resolve(first) == (0, "Rejected.\n")
    play_to(sqlite_service, DrawStatus.COMMITTED)
    assert resolve(second)[0] == 1
    shown = "-".join((second[:4], second[4:8], second[8:])).lower()
    assert resolve(shown, "--keep") == (0, "Upheld: the number stays in the pool.\n")
    assert resolve(second, "--keep")[0] == 1
