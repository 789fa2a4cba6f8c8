"""Sends requests when their time has come, whether or not earlier ones were answered: as a city does, not a queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request was answered.

    Attributes:
        at: seconds after the begin at which it was to be sent.
        seconds: from then to the answer.
        status: 0 where the connection ended without one.
        retry_after: the header's value, or "".
        body: of the answer.
    """

    at: float
    seconds: float
    status: int
    retry_after: str
    body: bytes


class _Idle:
    """Connections that wait for their next request."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._waiting: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, request: bytes) -> tuple[int, str, bytes]:
        """Send a request by a connection that waits, or by a new one."""
        reader, writer = self._take() or await asyncio.open_connection(self._host, self._port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status, headers = int(head[9:12]), _headers(head)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            writer.close()
        else:
            self._waiting.append((reader, writer))
        return status, headers.get("retry-after", ""), body

    def _take(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Give a connection that waits; one that the server has ended meanwhile is left, as every client does."""
        while self._waiting:
            reader, writer = self._waiting.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    def close(self) -> None:
        """End all that wait."""
        for _, writer in self._waiting:
            writer.close()


def _headers(head: bytes) -> dict[str, str]:
    pairs = (line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:] if ": " in line)
    return {name.lower(): value.strip().lower() for name, value in pairs}


async def _send_all(
    host: str,
    port: int,
    requests: Iterator[bytes],
    rate: float,
    seconds: float,
    refuse: Callable[[bytes], None] | None,
) -> list[Answer]:
    idle, answers, tasks = _Idle(host, port), [], set()
    begun = time.perf_counter()

    async def send(request: bytes, at: float) -> None:
        try:
            status, retry_after, body = await idle.ask(request)
        except (OSError, asyncio.IncompleteReadError):
            status, retry_after, body = 0, "", b""
        answers.append(Answer(at, time.perf_counter() - begun - at, status, retry_after, body))
        if refuse is not None and not 200 <= status < 300:
            refuse(request)

    for nth, request in enumerate(requests):
        at = nth / rate
        if at >= seconds:
            break
        await asyncio.sleep(max(0.0, begun + at - time.perf_counter()))
        task = asyncio.create_task(send(request, at))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    idle.close()
    return answers


def surge(
    host: str,
    port: int,
    requests: Iterator[bytes],
    rate: float,
    seconds: float,
    refuse: Callable[[bytes], None] | None = None,
) -> list[Answer]:
    """Send requests at a rate.

    Args:
        host: where to.
        port: where to.
        requests: whole requests as bytes; no more are taken than are sent.
        rate: requests a second.
        seconds: for how long; then all answers are waited for.
        refuse: told each request that was not done.
    """
    # In a thread of its own: whoever asks may stand in a loop already.
    with ThreadPoolExecutor(1) as own:
        return own.submit(
            lambda: asyncio.run(_send_all(host, port, requests, rate, seconds, refuse))
        ).result()
