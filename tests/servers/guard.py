"""What both test servers need: a free port, a folder, and an end that comes however the tests end."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

# Waits for a line or the end of its input, then runs the command given and removes the folder.
_WAIT_THEN_STOP = 'folder=$1; shift; read -r _; "$@"; rm -rf -- "$folder"'


def refuse_or_skip(what: str) -> NoReturn:
    """Fail the test with CI=true, else skip it and say why."""
    message = f"{what} is not installed: see scripts/system-packages.txt, or run make test as root on Debian"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Guard:
    """Stops a server and removes its folder: when told to, or when this process ends in whatever way.

    The guard is a shell in a session of its own that reads from a pipe of ours. The pipe closes with this
    process, so ctrl-C and even SIGKILL leave nothing running.
    """

    def __init__(self, stop_command: list[str], folder: Path, user: str | None = None) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _WAIT_THEN_STOP, "sh", str(folder), *stop_command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )

    def stop(self) -> None:
        self._shell.communicate(b"\n", timeout=60)
