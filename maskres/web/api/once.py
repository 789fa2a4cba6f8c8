"""Idempotency-Key: a request sent again is answered the same and done once."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any

from flask import Response, g, request
from werkzeug.exceptions import Conflict

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.usecases import idempotency
from maskres.usecases.idempotency import Answered, InFlight, OtherRequest
from maskres.usecases.service import Service
from maskres.web.api.tokens import PHONE_PROOF, SECRET

KEY = "Idempotency-Key"
_CREDENTIALS = ("Authorization", PHONE_PROOF, SECRET)


def once(service: Service) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Do a view once for each Idempotency-Key; without that header, each time.

    Goes under `arguments` and above `response`: what cannot be read never takes a key. Only what was done is
    kept: a refusal gives the key up, so that the request can be tried again.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(view)
        def run(*args: Any, **kwargs: Any) -> Response:
            key = request.headers.get(KEY)
            if key is None:
                return view(*args, **kwargs)
            held = idempotency.hold(service, _scope(), key, _digest_of_request())
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


def _scope() -> str:
    holder = g.get("token_holder")
    return "anybody" if holder is None else f"token/{holder.id}"


def _digest_of_request() -> str:
    """Digest method, address, body as it reads, and what the caller showed of themself.

    So a proof or secret that differs makes another request, and nobody is given an answer by the key alone.
    """
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    digest.update(strict_json.dumps(g.get("sent_json", {})))
    for name in _CREDENTIALS:
        digest.update(f"{name}: {request.headers.get(name, '')}\n".encode(errors="replace"))
    return digest.hexdigest()
