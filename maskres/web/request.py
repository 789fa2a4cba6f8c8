"""The request as the application reads it: its body whole or not at all, also one sent without its length."""

from __future__ import annotations

from typing import IO, cast

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream


class WholeRequest(Request):
    """A request that refuses a body which goes on where no more of it may be read."""

    @cached_property
    def stream(self) -> IO[bytes]:
        """Give the body to be read from."""
        found = super().stream
        if not isinstance(found, LimitedStream) or "wsgi.input_terminated" not in self.environ:
            return found
        return cast(IO[bytes], _Whole(found._stream, found.limit, is_max=True))


class _Whole(LimitedStream):
    """Gives everything or refuses: werkzeug's own gives what fits and takes that for all there is."""

    def readall(self) -> bytes:
        """Read everything.

        Raises:
            RequestEntityTooLarge: there is more than may be read.
        """
        data = super().readall()
        if self.is_exhausted and self._stream.read(1):
            raise RequestEntityTooLarge
        return data
