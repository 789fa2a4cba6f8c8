"""Idempotency-Key: a request sent again is answered the same and done once."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, g, request
from werkzeug.exceptions import Conflict

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.usecases.accounts.tokens import TokenHolder
from maskres.usecases.service import Service
from maskres.usecases.work import idempotency
from maskres.usecases.work.idempotency import Answered, InFlight, OtherRequest
from maskres.web.api.tokens import PHONE_PROOF, SECRET
from maskres.web.here import this_request

KEY = "Idempotency-Key"
CREDENTIALS = ("Authorization", PHONE_PROOF, SECRET)


def once(service: Service) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Do a view once for each Idempotency-Key; without that header, each time.

    Goes under `arguments` and above `response`: what cannot be read never takes a key. Only what was done is
    kept: a refusal gives the key up, so that the request can be tried again.

    Args:
        service: the service.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(view)
        def run(*args: Any, **kwargs: Any) -> Response:
            key = request.headers.get(KEY)
            if key is None:
                return view(*args, **kwargs)
            held = idempotency.hold(service, scope_of(g.get("token_holder")), key, _digest())
            if isinstance(held, Answered):
                kept = Response(held.body, held.status, mimetype="application/json")
                kept.headers["Idempotent-Replayed"] = "true"
                return kept
            if isinstance(held, OtherRequest):
                message = "This Idempotency-Key was used for another request."
                raise InputError("idempotency-key-reused", message, field=KEY)
            if isinstance(held, InFlight):
                message = "This very request is being done now. Please ask again."
                error = Conflict(message)
                error.data = {"parts": [{"code": "in-flight", "message": message}]}  # type: ignore[attr-defined]
                raise error
            try:
                answer = view(*args, **kwargs)
            except BaseException:
                idempotency.release(service, held)
                raise
            idempotency.answer(service, held, answer.status_code, answer.get_data())
            return answer

        return run

    return decorate


def scope_of(holder: TokenHolder | None) -> str:
    """Name whose keys are meant: nobody is given the answer to somebody else's."""
    return "anybody" if holder is None else f"token/{holder.id}"


def digest_of_request(method: str, path: str, sent: dict[str, Any], shown: Sequence[str]) -> str:
    """Digest method, address, body as it reads, and what the caller showed of themself.

    So a proof or secret that differs makes another request, and nobody is given an answer by the key alone.

    Args:
        method: of HTTP.
        path: the address.
        sent: the body.
        shown: for each of CREDENTIALS what was sent under it, or "".
    """
    headers = "".join(f"{name}: {value}\n" for name, value in zip(CREDENTIALS, shown, strict=True))
    parts = (
        f"{method} {path}\n".encode(),
        strict_json.dumps(sent),
        headers.encode(errors="replace"),
    )
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _digest() -> str:
    asked = this_request()
    shown = [asked.headers.get(name, "") for name in CREDENTIALS]
    return digest_of_request(asked.method, asked.path, g.get("sent_json", {}), shown)
