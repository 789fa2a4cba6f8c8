"""The application on a small world of tests/support/world.py, whose clock runs on from a given moment.

Served by gunicorn for the benchmark of the web: `benchmarks.served_world:app`, with BENCH_URL (database), BENCH_NOW
(where its clock stood at BENCH_SINCE, seconds of the system's clock) and BENCH_REDIS.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from maskres.app import bare_app, furnish
from maskres.config import WebSettings
from maskres.db.extension import database_of
from maskres.formats.values import parse_time
from maskres.logs import configure_logs
from maskres.rehearsal.parts import SeededKeys
from maskres.usecases.service import Service
from tests.support.world import SEED

_BEGAN = parse_time(os.environ["BENCH_NOW"], field="BENCH_NOW")
#: Of its clock against the system's, in seconds.
_AHEAD = _BEGAN.timestamp() - float(os.environ["BENCH_SINCE"])


def _now() -> datetime:
    return datetime.fromtimestamp(int(time.time() + _AHEAD), UTC)


configure_logs()
app = bare_app()
_service = Service(
    database_of(app, os.environ["BENCH_URL"]),
    SeededKeys(SEED),
    _now,
    os.urandom,
)
# Every request comes as if from an address of its own, by a proxy, so that no limit but the common one is met.
furnish(app, _service, WebSettings("http://localhost", proxies=1, redis_url=os.environ["BENCH_REDIS"]))
_service.database.close()
