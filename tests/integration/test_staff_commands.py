"""`staff` and `token` as an administrator types them; and secrets of second factors when the data key rotates."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest

from maskres.cli import deployment as deployments
from maskres.cli.main import main
from maskres.usecases.accounts import staff
from maskres.usecases.accounts.second_factor import begin_totp, check_totp, confirm_totp
from maskres.usecases.accounts.tokens import find_token
from tests.support.raw import fetch

PASSWORD = "four horses in the rain"


@pytest.fixture(autouse=True)
def deployment(tmp_path: Path, monkeypatch, database_url: str):
    """A deployment of its own, whose settings are read anew."""
    monkeypatch.setenv("MASKRES_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("MASKRES_DATABASE_URL", database_url)
    monkeypatch.delenv("MASKRES_KEYS", raising=False)
    deployments.settings.cache_clear()
    assert main(["keys", "init"]) == 0
    assert main(["database", "init", "--origin", "example.org/test", "--as", "lin"]) == 0
    yield
    deployments.settings.cache_clear()


def typed(monkeypatch, *arguments: str, line: str = "") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(line + "\n"))
    return main(arguments)


def test_an_account_from_the_first_day_to_the_last(monkeypatch, capsys):
    made = typed(
        monkeypatch, "staff", "add", "li", "--role", "counter", "--store", "huli-1", "--shown", "李伟", "--as", "lin",
        line=PASSWORD,
    )  # fmt: skip
    assert made == 0
    assert typed(monkeypatch, "staff", "set-password", "li", "--as", "lin", line="short") == 2
    assert "password: A password has 12 to 200 characters." in capsys.readouterr().err
    assert typed(monkeypatch, "staff", "set-password", "li", "--as", "lin", line="six other horses") == 0
    assert main(["staff", "disable", "li", "--as", "lin"]) == 0
    assert main(["staff", "list"]) == 0
    assert "li  counter  huli-1  password only, disabled  李伟" in capsys.readouterr().out
    assert main(["staff", "enable", "li", "--as", "lin"]) == 0
    with deployments.open_service() as service:
        assert staff.check_password(service, "li", "six other horses") is not None
    assert main(["staff", "disable", "wang", "--as", "lin"]) == 2
    assert "There is no account named 'wang'." in capsys.readouterr().err


def test_a_token_is_printed_once(capsys):
    capsys.readouterr()
    assert main(["token", "make", "till-9", "--role", "counter", "--store", "huli-1", "--as", "lin"]) == 0
    secret = capsys.readouterr().out.strip()
    with deployments.open_service() as service:
        assert find_token(service, secret).name == "till-9"
    assert main(["token", "revoke", "till-9", "--as", "lin"]) == 0
    assert main(["token", "list"]) == 0
    assert "revoked" in capsys.readouterr().out
    with deployments.open_service() as service:
        assert find_token(service, secret) is None


def test_a_second_factor_outlives_the_data_key_and_ends_when_reset(monkeypatch):
    add = ["staff", "add", "li", "--role", "operator", "--shown", "Li", "--as", "lin"]
    assert typed(monkeypatch, *add, line=PASSWORD) == 0
    with deployments.open_service() as service:
        account = staff.find_named(service, "li")
        totp = pyotp.TOTP(begin_totp(service, account.id).secret)
        assert confirm_totp(service, account.id, totp.at(service.now()))
    assert main(["keys", "rotate", "data", "--as", "lin"]) == 0
    with deployments.open_service() as service:
        assert fetch(service.database, "SELECT data_version FROM staff_accounts") == [(2,)]
        assert check_totp(service, account.id, totp.at(service.now() + timedelta(seconds=30)))
    assert main(["staff", "reset-second-factor", "li", "--as", "lin"]) == 0
    with deployments.open_service() as service:
        assert not staff.find_named(service, "li").has_second_factor
