"""A whole city looking whether it has won, by real nginx as deployed, beside a bare nginx that gives one file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.verify_inputs import ROUND, write_bench_bundle
from maskres.ledger.look_up import write_look_up
from tests.servers.guard import free_port
from tests.servers.nginx import NAME, connect_tls, make_certificate, running_nginx

#: As many lines a file as of two million, where names are one symbol longer.
SIZE, WINNERS = 60_000, 12_000
CONNECTIONS, SECONDS, TURNS = 1000, 8, 2

_LUA = """
local paths = {}
for path in io.lines(os.getenv("BENCH_PATHS")) do paths[#paths + 1] = path end
local nth = 0
function setup(thread) nth = nth + 1; thread:set("seed", nth) end
function init() math.randomseed(seed) end
function request()
  return wrk.format("GET", paths[math.random(#paths)], {Host = "%(name)s"})
end
function done(summary, latency)
  -- What wrk calls timeouts are connections that still shake hands when time is up.
  local wrong = summary.errors
  io.write(string.format("\\n{\\"requests\\":%%d,\\"seconds\\":%%f,\\"median\\":%%f,\\"p99\\":%%f,\\"wrong\\":%%d}\\n",
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    wrong.connect + wrong.read + wrong.write + wrong.status))
end
"""
_BARE = """
{user}worker_processes 2;
daemon off;
pid {folder}/bare.pid;
error_log {folder}/bare.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/fullchain.pem;
        ssl_certificate_key {folder}/key.pem;
        root {folder};
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was measured in one window."""

    requests: int
    seconds: float
    median: float
    p99: float
    wrong: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    def __str__(self) -> str:
        return f"{self.rate:.0f}/s, median {self.median:.0f} ms, p99 {self.p99:.0f} ms, {self.wrong} not answered"


def run() -> Iterator[dict[str, Any]]:
    """Ask for results of numbers at random, over a thousand connections at once; no application runs behind nginx.

    Yields:
        One row; rates of the best of some turns each, taken in turn.

    Raises:
        RuntimeError: an answer was not 200, or a file is larger than 10 KB.
    """
    with tempfile.TemporaryDirectory(prefix="maskres-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        files = _write_files(folder)
        largest = max(path.stat().st_size for path in files)
        if largest > 10_240:
            raise RuntimeError(f"a file of {largest} bytes")
        shown = folder / "bundles"
        paths = [f"/rounds/{ROUND}/draws/1/look-up/result/{path.name}" for path in files]
        write_bare(folder / "bare", sorted(path.stat().st_size for path in files)[len(files) // 2])
        with running_nginx(free_port(), shown) as port, bare_nginx(folder / "bare") as bare_port:
            ours: list[Asked] = []
            bare: list[Asked] = []
            for _ in range(TURNS):
                ours.append(ask(folder, port, paths))
                bare.append(ask(folder, bare_port, ["/file.csv"]))
        best, yardstick = max(ours, key=_rate), max(bare, key=_rate)
        if wrong := sum(each.wrong for each in (*ours, *bare)):
            raise RuntimeError(f"{wrong} requests were not answered with 200")
        yield {
            "what": f"look-up of a result by HTTPS, {CONNECTIONS:,} connections, largest file {largest:,} bytes",
            "asked": "static, at most 10 KB",
            "served": str(best),
            "yardstick_served": str(yardstick),
            "seconds": 1 / best.rate,
            "yardsticks": {"one file by a bare nginx": 1 / yardstick.rate},
        }


def _rate(asked: Asked) -> float:
    return asked.rate


def _write_files(folder: Path) -> Sequence[Path]:
    bundle = folder / "bundle"
    write_bench_bundle(bundle, SIZE, WINNERS, excluded=SIZE // 20)
    into = folder / "bundles" / ROUND / "look-up-1"
    into.parent.mkdir(parents=True)
    write_look_up(bundle, into)
    return sorted((into / "result").glob("*.csv"))


def ask(folder: Path, port: int, paths: Sequence[str]) -> Asked:
    """Ask a server by HTTPS for paths at random, over a thousand connections, for some seconds."""
    script, listed = folder / "ask.lua", folder / "paths.txt"
    script.write_text(_LUA % {"name": NAME}, encoding="utf-8")
    listed.write_text("\n".join(paths), encoding="utf-8")
    connect_tls(port).close()
    command = [
        "wrk",
        "-t2",
        f"-c{CONNECTIONS}",
        f"-d{SECONDS}s",
        "-s",
        str(script),
        f"https://127.0.0.1:{port}",
    ]
    told = subprocess.run(
        command, env={"BENCH_PATHS": str(listed)}, capture_output=True, text=True, check=True, timeout=120
    ).stdout
    return Asked(**json.loads(told.strip().splitlines()[-1]))


def write_bare(folder: Path, size: int) -> None:
    """Make a folder that bare_nginx can serve, its file of some size."""
    folder.mkdir()
    make_certificate(folder)
    (folder / "file.csv").write_bytes(b"x" * size)


@contextmanager
def bare_nginx(folder: Path) -> Iterator[int]:
    """Serve one file with nothing but TLS set up."""
    port = free_port()
    config = folder / "bare.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""
    config.write_text(_BARE.format(folder=folder, port=port, user=user), encoding="utf-8")
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    server = subprocess.Popen([binary, "-c", str(config), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        server.terminate()
        server.wait(timeout=60)
