"""The files of deploy/ against the code: every variable, command, path and limit in them is one that is there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from maskres import app
from maskres.cli.main import commands
from maskres.usecases.work.uploads import MOST_BYTES
from maskres.web import server_settings
from maskres.web.api.counter_schemas import Upload
from maskres.web.errors import RETRY_SECONDS, SHAPE

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
LOGGED = {
    "time_iso8601",
    "request_method",
    "status",
    "body_bytes_sent",
    "request_time",
    "upstream_cache_status",
}
_VARIABLE = re.compile(r"\bMASKRES_[A-Z_]*[A-Z]\b")


def known_variables() -> set[str]:
    """Give every variable that maskres/config.py reads."""
    text = (ROOT / "maskres" / "config.py").read_text(encoding="utf-8")
    return set(_VARIABLE.findall(text))


def test_the_reference_names_every_variable_and_none_besides():
    page = (ROOT / "docs" / "environment.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(MASKRES_\w+)` \|", page, flags=re.MULTILINE)) == known_variables()
    example = (DEPLOY / "environment.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^#?(MASKRES_\w+)=", example, flags=re.MULTILINE)) == known_variables()


def test_nothing_else_reads_a_variable():
    for path in (ROOT / "maskres").rglob("*.py"):
        assert set(_VARIABLE.findall(path.read_text(encoding="utf-8"))) <= known_variables(), path
    for path in (*DEPLOY.rglob("*.*"), ROOT / "docs" / "operating.md", ROOT / "docs" / "deploying.md"):
        assert set(_VARIABLE.findall(path.read_text(encoding="utf-8"))) <= known_variables(), path


def require_known(words: list[str]) -> None:
    """See that a command line is one of ours, with options that are there."""
    program, *rest = words
    name = Path(program).name
    assert program.removeprefix("/srv/maskres/").startswith(".venv/bin/"), words
    if name == "gunicorn":
        assert rest[:2] == ["-c", "deploy/gunicorn.conf.py"] and rest[-1] == "wsgi:app"
        assert (ROOT / rest[1]).exists() and (ROOT / "wsgi.py").exists()
        return
    assert rest[:2] == ["-m", "maskres"] and name == "python", words
    with commands.make_context("maskres", rest[2:]) as context:
        command = commands.get_command(context, rest[2])
        assert command is not None
        command.make_context(rest[2], rest[3:])  # refuses an option or a value that is not there


def test_compose_runs_what_is_there():
    services = COMPOSE["services"]
    assert {"postgres", "redis", "web", "worker", "messages", "sweeper", "nginx"} == set(services)
    ours = [each for each in services.values() if each.get("image") == "maskres"]
    assert len(ours) == 4
    for each in ours:
        require_known(each["command"])
        assert set(each["environment"]) == known_variables() - {"MASKRES_KEYS", "MASKRES_REPLICA_URL"}
        assert set(each["depends_on"]) <= set(services)
    for each in services.values():
        for volume in each.get("volumes", ()):
            source = volume.split(":")[0]
            is_tls = source == "./tls"  # yours
            assert source in COMPOSE["volumes"] or is_tls or (DEPLOY / source).exists(), volume
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for source in re.findall(r"^COPY (?!--from)(\S+) ", dockerfile, flags=re.MULTILINE):
        assert (ROOT / source).exists(), source
    for script in re.findall(r"scripts/[\w-]+\.sh", dockerfile):
        assert (ROOT / script).exists(), script
    targets = set(re.findall(r" AS (\w+)$", dockerfile, flags=re.MULTILINE))
    assert {each["build"]["target"] for each in services.values() if "build" in each} <= targets


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_start_what_is_there_and_little_more(unit, tmp_path):
    text = unit.read_text(encoding="utf-8")
    for line in re.findall(r"^ExecStart=(.+)$", text, flags=re.MULTILINE):
        require_known(shlex.split(line))
    assert "User=maskres\n" in text and "EnvironmentFile=/etc/maskres/environment\n" in text
    if shutil.which("systemd-analyze") is None:
        return
    for path in unit.parent.glob("*.socket"):
        shutil.copy(path, tmp_path)
    there = tmp_path / unit.name
    there.write_text(
        re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE), encoding="utf-8"
    )
    for arguments in (["verify", "--man=no"], ["security", "--offline=true", "--threshold=20"]):
        done = subprocess.run(
            ["systemd-analyze", *arguments, str(there)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_nginx_takes_bodies_as_the_application_does():
    text = (DEPLOY / "nginx" / "maskres.conf").read_text(encoding="utf-8")
    sizes = re.findall(r"client_max_body_size (\d+)([km]);", text)
    given = [int(count) << {"k": 10, "m": 20}[unit] for count, unit in sizes]
    assert given == [app.BODY_BYTES, Upload.body_bytes, MOST_BYTES + (1 << 20)]
    assert text.count(f'"version":{SHAPE}') == 3
    assert set(re.findall(r"Retry-After (\d+)", text)) == {str(RETRY_SECONDS)}
    connections = re.search(r"max_conns=(\d+)", text)
    assert connections is not None
    assert int(connections[1]) >= 2 * server_settings.threads, "or threads would stand idle"


def test_nginx_logs_neither_addresses_nor_what_was_asked_for():
    for path in (DEPLOY / "nginx").glob("*.conf"):
        text = path.read_text(encoding="utf-8")
        for line in re.findall(r"^ *access_log (.+);", text, flags=re.MULTILINE):
            assert line == "off" or line.split()[1] == "maskres", path
        for line in re.findall(r"^ *log_format (.+);", text, flags=re.MULTILINE):
            assert set(re.findall(r"\$(\w+)", line)) <= LOGGED
        for line in re.findall(r"^ *error_log (.+);", text, flags=re.MULTILINE):
            assert line.endswith(" crit"), path
    assert "access_log off;" in (DEPLOY / "nginx" / "nginx.conf").read_text(encoding="utf-8")


def test_nginx_asks_where_the_application_listens():
    unit = (DEPLOY / "systemd" / "maskres-web.socket").read_text(encoding="utf-8")
    conf = (DEPLOY / "nginx" / "maskres.conf").read_text(encoding="utf-8")
    assert f"ListenStream={server_settings.bind}\n" in unit
    assert f"server {server_settings.bind} " in conf
    kept = re.search(r"upstream maskres_app \{[^}]*keepalive_timeout (\d+)s;", conf)
    assert kept is not None
    assert int(kept[1]) < server_settings.keepalive, "else requests go where nobody listens any more"


def test_units_are_all_written_down():
    manual = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    for unit in UNITS:
        assert unit.stem.rstrip("@") in manual
    assert isinstance(commands, click.Group)
