"""The demo as a visitor has it: served by one command, stopped by a signal, and there again at the next start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from maskres.demo.serving import serving
from maskres.errors import ConfigurationError
from tests.servers.guard import free_port

ROOT = Path(__file__).parents[2]
SIZE = ("--residents", "400", "--stores", "12")


@contextmanager
def served(instance: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve a small demo; gives the process and all it says until it serves."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MASKRES_")}
    child = subprocess.Popen(
        [sys.executable, "-m", "maskres", "demo", "serve", "--port", str(port), *SIZE],
        cwd=ROOT,
        env={**variables, "MASKRES_INSTANCE": str(instance), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert child.stdout is not None
    said = ""
    for line in child.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    else:
        pytest.fail(f"The demo did not serve:\n{said}")
    try:
        yield child, said
    finally:
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 0


def get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        text: str = answer.read().decode()
        return text


def test_one_command_serves_the_city_and_a_second_start_keeps_it(tmp_path: Path):
    port = free_port()
    with served(tmp_path, port) as (_, said):
        assert f"http://127.0.0.1:{port}/" in said
        assert "sms.jsonl" in said
        assert "<h1" in get(port, "/")
        assert get(port, "/readyz").strip() == '{"status":"ready"}'
        assert "maskres_requests_total" in get(port, "/metrics")
        facts = (tmp_path / "demo" / "facts.json").read_text()
    with served(tmp_path, port) as (_, again):
        assert "<h1" in get(port, "/")
        assert (tmp_path / "demo" / "facts.json").read_text() == facts
        assert [line for line in again.splitlines() if "wang" in line]
    with pytest.raises(OSError, match=r"refused|Connection"):
        get(port, "/")


def test_a_port_in_use_is_said(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught, serving(tmp_path, port, {}, lambda: None):
            pytest.fail("It served on a port of somebody else's.")
    assert caught.value.code == "port-in-use"
    assert caught.value.field == "port"
