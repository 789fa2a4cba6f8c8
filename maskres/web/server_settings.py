"""How gunicorn serves the application: gunicorn -c python:maskres.web.server_settings wsgi:app.

What is set here can be set otherwise on gunicorn's command line.
"""

from __future__ import annotations

import os
from typing import Any

from prometheus_client import multiprocess

bind = "127.0.0.1:8000"
workers = 2
threads = 8
worker_class = "gthread"
#: Loaded once before the fork: memory is shared, and what is missing is said once.
preload_app = True
timeout = 60
graceful_timeout = 20
keepalive = 15
#: Nobody steers a running server but by signals.
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
#: The application writes its own line for each request, without addresses (maskres/web/logs.py).
accesslog = None


def child_exit(_server: Any, worker: Any) -> None:
    """Take a worker that has gone out of the measurements."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
