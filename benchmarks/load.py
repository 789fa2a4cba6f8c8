"""Sends requests from a file over a number of connections, window after window, and tells how each went.

    python -m benchmarks.load HOST PORT FILE CONNECTIONS

FILE has one JSON object a line: method, path, headers, body. For each line on standard input, a number of seconds, it
sends requests for so long and writes a line of JSON. Each request is sent once; a window ends with its time or with
the file. A program of its own, so that the servers under test share no lock with it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path


def read_requests(path: Path, host: str) -> list[bytes]:
    """Write every request of a file as the bytes that are sent."""
    requests = []
    for line in path.read_text(encoding="utf-8").splitlines():
        each = json.loads(line)
        body = json.dumps(each["body"], ensure_ascii=False).encode() if each.get("body") is not None else b""
        headers = {"Host": host, "Content-Type": "application/json", **each.get("headers", {})}
        head = f"{each['method']} {each['path']} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        requests.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return requests


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    await reader.readexactly(length)
    return int(head[9:12])


async def _connection(
    host: str,
    port: int,
    requests: Iterator[bytes],
    until: float,
    latencies: list[float],
    statuses: Counter[int],
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while (begun := time.perf_counter()) < until and (request := next(requests, None)) is not None:
            try:
                status = await _send(reader, writer, request)
            except (asyncio.IncompleteReadError, ConnectionError):
                statuses[0] += 1
                reader, writer = await asyncio.open_connection(host, port)
                continue
            latencies.append(time.perf_counter() - begun)
            statuses[status] += 1
    finally:
        writer.close()


async def run(
    host: str, port: int, requests: Iterator[bytes], connections: int, seconds: float
) -> dict[str, object]:
    """Send requests for a while.

    Returns:
        How long it took in seconds, the latencies in milliseconds, how often each status came.
    """
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    begun = time.perf_counter()
    until = begun + seconds
    await asyncio.gather(
        *(_connection(host, port, requests, until, latencies, statuses) for _ in range(connections))
    )
    return {
        "seconds": time.perf_counter() - begun,
        "latencies": [round(1000 * each, 2) for each in latencies],
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
    }


if __name__ == "__main__":
    host, port, file, connections = sys.argv[1:]
    waiting = iter(read_requests(Path(file), f"{host}:{port}"))
    for line in sys.stdin:
        told = asyncio.run(run(host, int(port), waiting, int(connections), float(line)))
        print(json.dumps(told), flush=True)
