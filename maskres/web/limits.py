"""How often somebody may ask. Two kinds: most fail open, so that a lost Redis turns nobody away; guessing of codes
fails closed.
"""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

_MEMORY = "memory://"


class Limits:
    """The two limiters.

    Args:
        storage: URL of Redis, or None to count in this process alone.
    """

    def __init__(self, storage: str | None) -> None:
        # The library that counts has a word of its own for a socket.
        where = f"redis+{storage}" if storage and storage.startswith("unix://") else storage or _MEMORY
        self.open = Limiter(
            get_remote_address,
            storage_uri=where,
            key_prefix="maskres-open",
            headers_enabled=False,
            swallow_errors=True,
            in_memory_fallback_enabled=storage is not None,
        )
        self.closed = Limiter(
            get_remote_address,
            storage_uri=where,
            key_prefix="maskres-closed",
            headers_enabled=False,
            swallow_errors=False,
        )

    def guard(self, app: Flask) -> None:
        """Put both before an application's views."""
        self.open.init_app(app)
        self.closed.init_app(app)
