"""How large a body may be: small everywhere, large where an operator hands a file in.

Where nobody is logged in any more, a file runs into nothing: the rest of the form is read, so that who sent it is told
that their session has ended, and not that something is too large.
"""

from __future__ import annotations

import io
from typing import IO, Any, cast

from flask import Blueprint, request

from maskres.rounds.roles import StaffRole
from maskres.usecases.work.uploads import MOST_BYTES
from maskres.web.staff.login_session import current_account

_PLAN_BYTES = 32 << 20
#: Of a field, and of what is read of a file at once together with a line that was cut: the reader refuses a file whose
#: line crosses the end of the first 64 KB where no more than these are allowed.
_FIELD_BYTES = 1 << 20
#: Endpoint → bytes a request may have. Registers and registrations go on to a task, piece by piece.
_MOST = {
    "operator.registers": MOST_BYTES + (1 << 20),
    "operator.registrations": MOST_BYTES + (1 << 20),
    "operator.new_round": _PLAN_BYTES,
    "operator.round_stores": _PLAN_BYTES,
    "operator.draw_slots": _PLAN_BYTES,
    "operator.draw_batch": _PLAN_BYTES,
}


def let_bodies_grow(routes: Blueprint) -> None:
    """Let operators, and nobody else, send large bodies where files are handed in."""

    @routes.url_value_preprocessor
    def grow(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        # Here, because the form is read before any view: it holds the token against forged requests.
        most = _MOST.get(request.endpoint or "")
        if most is None or request.method != "POST":
            return
        account = current_account()
        if account is None:
            request._get_file_stream = _nowhere  # type: ignore[method-assign]
        if account is None or account.role is StaffRole.OPERATOR:
            request.max_content_length = most
            request.max_form_memory_size = _FIELD_BYTES


class _Nowhere(io.RawIOBase):
    """Takes bytes and keeps none."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return 0


def _nowhere(*_: Any, **__: Any) -> IO[bytes]:
    return cast(IO[bytes], _Nowhere())
