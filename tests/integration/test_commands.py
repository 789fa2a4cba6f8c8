"""A round played by hand from the command line, as the manual has it, and the exit statuses of what is refused."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maskres import clock
from maskres.cli.deployment import settings
from maskres.cli.main import main
from maskres.rehearsal.city import City

RESIDENTS = 300
STORES = 4


@pytest.fixture
def deployment(tmp_path, monkeypatch, database_url):
    """An empty deployment of its own, on either database."""
    monkeypatch.setenv("MASKRES_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("MASKRES_DATABASE_URL", database_url)
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def write_city(folder: Path, **changed: object) -> City:
    city = City("by hand", RESIDENTS, STORES)
    city.write_stores(folder)
    city.write_registers(folder, 1)
    city.write_registrations(folder, 1)
    rules = city.rules_json(1) | {"challenge_hours": 0, "lead_hours": 0, "audit_size": 5} | changed
    (folder / "rules.json").write_text(json.dumps(rules))
    return city


def write_slots(folder: Path, city: City, name: str, days: int, capacity: int) -> Path:
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
    lines = ["district,store,slot,starts_at,ends_at,capacity"]
    for store in sorted(city.stores, key=lambda each: each.store):
        ends = start + timedelta(minutes=30)
        times = f"{start:%Y-%m-%dT%H:%M:%SZ},{ends:%Y-%m-%dT%H:%M:%SZ}"
        lines.append(f"{store.district},{store.store},{name},{times},{capacity}")
    path = folder / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def open_round(folder: Path, capsys, **changed: object) -> City:
    """Everything up to an open round with its registers and registrations in."""
    city = write_city(folder, **changed)
    assert run("keys", "init") == 0
    assert run("database", "init", "--origin", "masks.example.org/xm", "--as", "lin") == 0
    keys = []
    for name in ("notary.example.org/wang", "witness.example.org/gazette"):
        capsys.readouterr()
        assert run("notary", "keygen", name, "--out", folder / name.replace("/", "-")) == 0
        keys.append(capsys.readouterr().out.strip())
    rules, stores = folder / "rules.json", folder / "stores.csv"
    created = (
        "round",
        "create",
        "--rules",
        rules,
        "--stores",
        stores,
        "--notary",
        keys[0],
        "--witness",
        keys[1],
        "--closes-at",
        "2099-01-01T00:00:00Z",
    )
    assert run(*created, "--as", "lin") == 0
    until = ("--closes-at", "2098-01-01T00:00:00Z", "--as", "lin")
    assert run("round", "times", "xiamen-2020-1", *until) == 0
    assert run("round", "open", "xiamen-2020-1", "--as", "lin") == 0
    for kind in ("household", "insurance"):
        path = folder / f"{kind}-1.csv"
        assert (
            run("register", "import", kind, path, "--as-of", city.timetable.register_date(1), "--as", "lin")
            == 0
        )
    assert run("registration", "import", "xiamen-2020-1", folder / "registrations-1.csv", "--as", "chen") == 0
    return city


def cosign(folder: Path, name: str, capsys) -> None:
    """Notary and witness check a bundle, sign, and their lines are handed in."""
    assert run("round", "bundle", "xiamen-2020-1", "--out", folder / name) == 0
    ledger = json.loads((folder / name / "keys.json").read_bytes())["keys"]["operator"]
    for role, key in (("notary", "notary.example.org-wang"), ("witness", "witness.example.org-gazette")):
        capsys.readouterr()
        options = ("--key", folder / key, "--ledger", ledger, "--bundle", folder / name)
        assert run("notary", "cosign", *options) == 0
        line = capsys.readouterr().out
        assert (
            run("round", "cosignature", "xiamen-2020-1", "--role", role, "--line", line, "--as", "lin") == 0
        )
        assert f"The {role} cosigned the checkpoint" in capsys.readouterr().out


def let_pass(monkeypatch, **duration: float) -> None:
    """Let time pass for this process, which nobody has to wait for."""
    passed = timedelta(**duration)

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + passed

    monkeypatch.setattr(clock, "datetime", Later)


def test_a_round_is_played_by_hand(deployment, capsys, monkeypatch):
    city = open_round(deployment, capsys)
    step = ("xiamen-2020-1", "--as", "lin")
    assert run("round", "close", *step) == 0
    assert run("round", "decide", *step) == 0
    decided = capsys.readouterr().out
    strata = {
        line.split(", ")[1].split(":")[0]: int(line.rsplit(" ", 1)[1])
        for line in decided.splitlines()
        if line.startswith("in the pool")
    }
    assert {"elderly", "general"} <= set(strata)
    slots = write_slots(deployment, city, "first", 1, sum(strata.values()))
    sources = deployment / "sources.json"
    by = datetime.now(UTC) + timedelta(hours=1)
    dice = {"name": "dice", "kind": "dice", "sides": 6, "rolls": 50, "by": f"{by:%Y-%m-%dT%H:%M:%SZ}"}
    sources.write_text(json.dumps({"sources": [dice]}))
    quotas = [
        part for stratum, count in strata.items() for part in ("--quota", f"{stratum}={count // 2 + 1}")
    ]
    commit = ("round", "commit", *step, "--slots", slots, "--sources", sources, *quotas)
    assert run(*commit) == 0
    assert run(*commit) == 1
    assert "Draw 1 is committed already" in capsys.readouterr().err
    cosign(deployment, "committed", capsys)
    let_pass(monkeypatch, minutes=11)
    rolls = ["--rolls", "123456" * 8 + "12"]
    twice = [*rolls, "--again", "1 2 3 4 5 6 " * 8 + "1 2"]
    assert run("round", "dice", *step, *twice) == 1, "who committed rolls no dice"
    notary = ["xiamen-2020-1", "--as", "wang"]
    assert run("round", "dice", *notary, *rolls, "--again", "123456" * 8 + "13") == 2
    assert "they first differ at roll 50" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run("round", "dice", *notary, *rolls) == 2
    assert "typed twice" in capsys.readouterr().err
    assert run("round", "dice", *notary, *twice) == 0
    cosign(deployment, "diced", capsys)
    assert run("round", "draw", *step) == 0
    assert run("round", "publish", *step) == 0
    assert run("round", "collect", *step) == 1, "nobody has cosigned the places"
    cosign(deployment, "published", capsys)
    assert run("round", "collect", *step) == 0
    later = write_slots(deployment, city, "later", 2, 5)
    assert run("round", "batch", *step, "--room", later, "--released", 2) == 0
    cosign(deployment, "changed", capsys)
    assert run("round", "finish", *step, "--whole-round") == 0
    assert run("round", "show", "xiamen-2020-1") == 0
    shown = capsys.readouterr().out
    assert "xiamen-2020-1: finished" in shown
    assert "draw 1: finished" in shown
    folder = deployment / "bundle"
    assert run("round", "bundle", "xiamen-2020-1", "--out", folder) == 0
    checked = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True)
    assert checked.returncode == 0, checked.stdout
    seed = subprocess.run(["sha256sum", folder / "seed.txt"], capture_output=True, text=True).stdout.split()[
        0
    ]
    again = deployment / "again.csv"
    assert run("draw", "--pool", folder / "pool.csv", "--seed", seed, *quotas, "--out", again) == 0
    assert again.read_bytes() == (folder / "result.csv").read_bytes()
    files = [("result", "result"), ("wishes", "wishes"), ("slots", "slots")]
    named = [part for option, name in files for part in (f"--{option}", folder / f"{name}.csv")]
    assert run("allocate", *named, "--seed", seed, "--out", again) == 0
    assert again.read_bytes() == (folder / "allocation.csv").read_bytes()


def test_steps_out_of_order_end_with_status_1(deployment, capsys):
    open_round(deployment, capsys)
    capsys.readouterr()
    assert run("round", "draw", "xiamen-2020-1", "--as", "lin") == 1
    assert "draw is open" in capsys.readouterr().err
    assert run("round", "open", "xiamen-2020-1", "--as", "lin") == 1


def test_bad_files_end_with_status_2_and_name_the_line(deployment, capsys):
    open_round(deployment, capsys)
    bad = deployment / "bad.csv"
    text = (deployment / "registrations-1.csv").read_text("utf-8-sig").splitlines()
    header, first = text[0].split(","), text[1].split(",")
    first[header.index("id_number")] = "350203194912010021"
    bad.write_text("\n".join([text[0], text[2], ",".join(first)]) + "\n")
    capsys.readouterr()
    assert run("registration", "import", "xiamen-2020-1", bad, "--as", "chen") == 2
    assert "bad.csv:3" in capsys.readouterr().err
    assert run("register", "import", "household", bad, "--as-of", "2020-02-01", "--as", "lin") == 2
    assert run("round", "show", "nowhere") == 2
    assert (
        run(
            "round",
            "create",
            "--rules",
            bad,
            "--stores",
            bad,
            "--notary",
            "x",
            "--witness",
            "y",
            "--as",
            "lin",
        )
        == 2
    )


def test_what_a_deployment_lacks_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MASKRES_INSTANCE", str(tmp_path / "none"))
    monkeypatch.delenv("MASKRES_DATABASE_URL", raising=False)
    settings.cache_clear()
    assert run("round", "show", "any") == 2
    assert "database upgrade" in capsys.readouterr().err
    assert run("database", "upgrade") == 0
    assert run("database", "init", "--origin", "masks.example.org/xm", "--as", "lin") == 2
    assert "keys init" in capsys.readouterr().err
    assert run("keys", "init") == 0
    assert run("keys", "init") == 2, "keys are never overwritten"
    settings.cache_clear()


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("MASKRES_DATABASE_URL", "postgresql://lin:very-secret@127.0.0.1:port/maskres", "see its port"),
        ("MASKRES_DATABASE_URL", "sqlite:///{folder}/no-database", "not a database"),
        ("MASKRES_INSTANCE", "{folder}/no-database", "no-database"),
        ("MASKRES_INSTANCE", "{folder}/keys-apart", "deployment.json"),
    ],
)
def test_what_is_there_and_not_what_it_should_be_is_said_in_a_sentence(
    tmp_path, monkeypatch, capsys, variable, value, words
):
    (tmp_path / "no-database").write_text("nothing of ours")
    (tmp_path / "keys-apart" / "keys" / "deployment.json").mkdir(parents=True)
    monkeypatch.setenv("MASKRES_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.delenv("MASKRES_DATABASE_URL", raising=False)
    monkeypatch.setenv(variable, value.format(folder=tmp_path))
    settings.cache_clear()
    try:
        assert run("database", "init", "--origin", "masks.example.org/xm", "--as", "lin") == 2
    finally:
        settings.cache_clear()
    said = capsys.readouterr().err
    assert words in said and "very-secret" not in said
    assert said.count("\n") == 1, "one sentence"


def test_keys_rotate_while_people_are_registered(deployment, capsys):
    open_round(deployment, capsys)
    assert run("keys", "rotate", "data", "--as", "lin") == 0
    assert run("keys", "rotate", "index", "--as", "lin") == 0
    capsys.readouterr()
    assert (
        run("registration", "import", "xiamen-2020-1", deployment / "registrations-1.csv", "--as", "chen")
        == 0
    )
    assert "taken before" in capsys.readouterr().out
    copy = deployment / "copy.csv"
    text = (deployment / "registrations-1.csv").read_text("utf-8-sig").splitlines()
    copy.write_text("\n".join(text) + "\n")
    assert run("registration", "import", "xiamen-2020-1", copy, "--as", "chen") == 0
    assert " 0 registered" in capsys.readouterr().out, "everybody is recognised under the new index key"
    assert run("round", "close", "xiamen-2020-1", "--as", "lin") == 0
    assert run("round", "decide", "xiamen-2020-1", "--as", "lin") == 1, "registers have the old index key"
    assert "import" in capsys.readouterr().err


def test_draw_loads_no_database_and_no_web():
    script = (
        "import sys; from maskres.cli.main import main; main(['draw', '--help']);"
        "bad = {'sqlalchemy', 'alembic', 'psycopg', 'flask', 'rich'} & set(sys.modules); sys.exit(len(bad))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True).returncode == 0
