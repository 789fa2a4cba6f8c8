"""The application is started anew behind the socket that systemd keeps (maskres-web.socket): nobody is turned away."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from pathlib import Path

from maskres.usecases.service import Service
from tests.servers.web import ROOT
from tests.support.deployed import write_keys
from tests.support.workers import wait_until

#: Does what systemd does before it starts a service: the socket becomes its third file, and it is told that it has one.
_HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:app"])
"""


def start(listening: socket.socket, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start gunicorn as the unit does."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-c", _HAND_OVER, str(listening.fileno())],
            cwd=ROOT,
            env={**os.environ, **environment},
            pass_fds=[listening.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def test_whoever_comes_while_the_application_is_started_anew_is_answered(
    sqlite_service: Service, tmp_path: Path
):
    write_keys(tmp_path / "keys")
    environment = {
        "MASKRES_INSTANCE": str(tmp_path),
        "MASKRES_DATABASE_URL": sqlite_service.database.url,
        "MASKRES_PUBLIC_URL": "http://localhost",
    }
    log, answers, is_over = tmp_path / "web.log", Counter[int](), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/readyz"

        def ask() -> None:
            while not is_over.is_set():
                try:
                    with urllib.request.urlopen(address, timeout=60) as answer:
                        answers[answer.status] += 1
                except OSError:
                    answers[0] += 1

        asking = threading.Thread(target=ask)
        running = start(listening, environment, log)
        try:
            asking.start()
            for times in (1, 2):
                so_far = answers.total()
                wait_until(lambda least=so_far + 5: answers.total() > least)
                if times == 1:
                    running.send_signal(signal.SIGTERM)
                    assert running.wait(30) == 0
                    running = start(listening, environment, log)
        finally:
            is_over.set()
            os.killpg(running.pid, signal.SIGTERM)
            running.wait(30)
            asking.join(60)
    assert answers.keys() == {200}, log.read_text(encoding="utf-8")
