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
from maskres.usecases.service import Service
from maskres.usecases.work import idempotency
from maskres.usecases.work.idempotency import Answered, Asked, InFlight, OtherRequest
from maskres.web.api.tokens import PHONE_PROOF, SECRET, confirm_holder
from maskres.web.here import this_request

KEY = "Idempotency-Key"
_CREDENTIALS = ("Authorization", PHONE_PROOF, SECRET)


#: Does a request at once, its answer kept with it where it has a key; None where it must go the general way.
AtOnce = Callable[..., "Response | None"]


def once(
    service: Service, at_once: AtOnce | None = None
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Do a view once for each Idempotency-Key; without that header, each time.

    Goes under `arguments` and above `response`: what cannot be read never takes a key. Only what was done is
    kept: a refusal gives the key up, so that the request can be tried again.

    Args:
        service: the service.
        at_once: tried first: given the key's `Asked` or None, and what the view is given. It refuses nothing in words:
            where it cannot do the plain case it leaves everything to the view.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(view)
        def run(*args: Any, **kwargs: Any) -> Response:
            key = request.headers.get(KEY)
            asked = None if key is None else Asked(_scope(), key, _digest_of_request())
            if at_once is not None:
                done = _try(at_once, asked, *args, **kwargs)
                if done is not None:
                    return done
                confirm_holder(service)
            if asked is None:
                return view(*args, **kwargs)
            held = idempotency.hold(service, asked.scope, asked.key, asked.request_sha256)
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


def _try(at_once: AtOnce, *args: Any, **kwargs: Any) -> Response | None:
    try:
        return at_once(*args, **kwargs)
    except InputError:
        return None  # said by the general way, which looks at the key before


def _scope() -> str:
    holder = g.get("token_holder")
    return "anybody" if holder is None else f"token/{holder.id}"


def _digest_of_request() -> str:
    """Digest method, address, body as it reads, and what the caller showed of themself.

    So a proof or secret that differs makes another request, and nobody is given an answer by the key alone.
    """
    asked = this_request()
    headers = asked.headers
    shown = "".join(f"{name}: {headers.get(name, '')}\n" for name in _CREDENTIALS)
    parts = (
        f"{asked.method} {asked.path}\n".encode(),
        strict_json.dumps(g.get("sent_json", {})),
        shown.encode(errors="replace"),
    )
    return hashlib.sha256(b"".join(parts)).hexdigest()
