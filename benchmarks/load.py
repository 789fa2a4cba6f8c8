"""Sends requests from a file over a number of connections for so many seconds, and tells how it went.

    python -m benchmarks.load HOST PORT FILE CONNECTIONS SECONDS

FILE has one JSON object a line: method, path, headers, body. Each line is sent once; the run ends with the time or the
file, whichever comes first. A program of its own, so that the servers under test share no lock with it.
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
        for request in requests:
            begun = time.perf_counter()
            if begun > until:
                return
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
    host: str, port: int, requests: list[bytes], connections: int, seconds: float
) -> dict[str, object]:
    """Send the requests and give the rate, the latencies in milliseconds and how often each status came."""
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    shared = iter(requests)
    begun = time.perf_counter()
    until = begun + seconds
    await asyncio.gather(
        *(_connection(host, port, shared, until, latencies, statuses) for _ in range(connections))
    )
    took = time.perf_counter() - begun
    ranked = sorted(latencies)
    return {
        "requests": len(ranked),
        "seconds": took,
        "rate": len(ranked) / took,
        "median_ms": 1000 * ranked[len(ranked) // 2],
        "p99_ms": 1000 * ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)],
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
    }


if __name__ == "__main__":
    host, port, file, connections, seconds = sys.argv[1:]
    requests = read_requests(Path(file), f"{host}:{port}")
    print(json.dumps(asyncio.run(run(host, int(port), requests, int(connections), float(seconds)))))
