"""gunicorn on a host of its own: as many processes as it has cores, begun anew now and then.

    .venv/bin/gunicorn -c deploy/gunicorn.conf.py wsgi:app

Everything else is as maskres/web/server_settings.py says it; gunicorn's command line overrides both.
"""

from __future__ import annotations

import os

from maskres.web import server_settings

globals().update({name: value for name, value in vars(server_settings).items() if not name.startswith("_")})

#: All requests together: processes times threads, in step with max_conns of deploy/nginx/maskres.conf.
workers = max(2, len(os.sched_getaffinity(0)))
#: A process that has answered so many is begun anew, no two at once: whatever a library keeps by mistake goes with it.
max_requests = 100_000
max_requests_jitter = 20_000
#: The sign of life every process gives must not wait for a disk.
worker_tmp_dir = "/dev/shm"
