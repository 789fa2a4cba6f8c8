"""The application for a WSGI server: gunicorn wsgi:app."""

from __future__ import annotations

import sys

from maskres.app import create_app
from maskres.errors import MaskresError

#: What gunicorn takes for a worker that can never start: it ends, and does not start it again and again.
_CANNOT_START = 3

try:
    app = create_app()
except MaskresError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(_CANNOT_START)
