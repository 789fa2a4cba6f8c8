"""The application as the demo serves it: loaded while the city is made or looked after, made once that is done.

Loading takes a processor longer than all else of a second start, so it begins before the city is there. Whoever started
the server writes a line to its standard input when it is.
"""

from __future__ import annotations

import sys

from maskres.app import create_app

if not sys.stdin.readline():
    sys.exit("The demo ended before its city was there.")
app = create_app()
