"""Measurements for Prometheus: requests by route and status, and how long they took."""

from __future__ import annotations

import os
from functools import cache

from prometheus_client import REGISTRY as PROCESS
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("maskres_requests_total", "Requests answered.", ("method", "route", "status"))
SECONDS = Histogram(
    "maskres_request_seconds", "Seconds a request took.", ("method", "route"), buckets=_BOUNDS
)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request."""
    counted, timed = _measures(method, route, status)
    counted.inc()
    timed.observe(seconds)


# Routes, methods and statuses are few; looking their measures up by name takes longer than counting.
@cache
def _measures(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), SECONDS.labels(method, route)


def exposition() -> bytes:
    """Give all measurements in Prometheus' text form; of all processes where they share a folder."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(PROCESS)
