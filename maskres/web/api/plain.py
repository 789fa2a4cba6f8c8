"""Plain cases of the interface, answered before Flask: what is asked for thousands of times a minute.

A plain case is one against which nothing stands: a token in use, a body in order, an act that can be done at once. It
has no words and refuses nothing. Whatever is otherwise, down to one header that is not expected, goes to Flask as if
nobody had looked at it, body and all; there every case has its answer. So nothing that is decided is decided twice: a
plain case only finds that nothing needs deciding.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from marshmallow import Schema
from werkzeug.exceptions import TooManyRequests

from maskres.errors import MaskresError
from maskres.formats import strict_json
from maskres.logs import places_of
from maskres.rounds.roles import StaffRole
from maskres.usecases.accounts.tokens import TokenHolder
from maskres.usecases.rounds.memory import Memory
from maskres.usecases.work.idempotency import Asked
from maskres.web.api.fields import read_plain
from maskres.web.api.once import KEY, digest_of_request, scope_of
from maskres.web.api.open_schemas import SLUG
from maskres.web.api.own_schemas import OnceHeader
from maskres.web.api.routes import PREFIX
from maskres.web.api.tokens import read_bearer
from maskres.web.limits import COUNTED, Limiter, read_rules
from maskres.web.logs import note_answer, request_id_of

Environ = dict[str, Any]
_SLUG_PART = re.compile(r"<slug:(\w+)>")
_SIZE = re.compile("[1-9][0-9]{0,6}")
#: Headers that a plain case does not have: whoever sends one wants something else, or shows something else.
_UNUSUAL = (
    "HTTP_CONTENT_ENCODING",
    "HTTP_TRANSFER_ENCODING",
    "HTTP_PHONE_PROOF",
    "HTTP_REGISTRATION_SECRET",
)
_once = OnceHeader()
_log = structlog.get_logger("maskres.web")


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """What is asked in a plain case.

    Attributes:
        holder: of the token, as this process remembers them: the act itself must ask whether it is in use.
        asked: under which idempotency key; None where there is none.
        body: as the case's schema reads it.
        parts: of the address, by name.
    """

    holder: TokenHolder
    asked: Asked | None
    body: Mapping[str, Any]
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the route that a case is of, as the route has it.

    Attributes:
        limiter: of which kind.
        text: like "10 per minute".
        is_by_holder: whether holders of tokens are counted; else addresses.
    """

    limiter: Limiter
    text: str
    is_by_holder: bool


@dataclass(frozen=True, slots=True)
class PlainCase:
    """One plain case.

    Attributes:
        endpoint: Flask's, of the route that has all other cases.
        address: the route's below PREFIX; its parts are slugs.
        role: whose tokens may.
        schema: of the body.
        limits: of the route, in their order.
        act: does what is asked, and gives status and body; None, or an error of ours, where it is no plain case.
    """

    endpoint: str
    address: str
    role: StaffRole
    schema: Schema
    limits: Sequence[Limit]
    act: Callable[[PlainRequest], tuple[int, bytes] | None]
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "pattern", re.compile(PREFIX + _SLUG_PART.sub(rf"(?P<\1>{SLUG})", self.address))
        )


class PlainCases:
    """Answers plain cases, and hands everything else to the application.

    Args:
        application: has every case.
        memory: what this process remembers.
        cases: the plain ones.
    """

    def __init__(
        self, application: Callable[..., Iterable[bytes]], memory: Memory, cases: Sequence[PlainCase]
    ) -> None:
        self._application = application
        self._memory = memory
        self._cases = cases

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as WSGI."""
        if environ["REQUEST_METHOD"] == "POST":
            for case in self._cases:
                found = case.pattern.fullmatch(environ["PATH_INFO"])
                if found is not None:
                    began_at = time.perf_counter()
                    answer = self._try(case, environ, found.groupdict())
                    if answer is not None:
                        return _answer(case, environ, began_at, answer, start_response)
                    break
        return self._application(environ, start_response)

    def _try(self, case: PlainCase, environ: Environ, parts: Mapping[str, str]) -> tuple[int, bytes] | None:
        """Do what is asked, if it is a plain case."""
        try:
            request = self._read(case, environ, parts)
            return None if request is None else case.act(request)
        except (MaskresError, TooManyRequests):
            return None  # said by the general way
        except Exception as error:  # the general way meets it too, and answers whoever asks
            _log.warning("plain-case-failed", error=type(error).__name__, places=places_of(error))
            return None

    def _read(self, case: PlainCase, environ: Environ, parts: Mapping[str, str]) -> PlainRequest | None:
        if (
            environ.get("CONTENT_TYPE") != "application/json"
            or environ.get("QUERY_STRING")
            or any(name in environ for name in _UNUSUAL)
        ):
            return None
        shown = environ.get("HTTP_AUTHORIZATION", "")
        holder = read_bearer(shown, self._memory.find_token)
        if holder is None or holder.role is not case.role:
            return None
        _count(case, environ, holder)
        data = _read_body(environ, case.schema.body_bytes)  # type: ignore[attr-defined]
        if data is None:
            return None
        sent = strict_json.loads(data, file="body")
        body = read_plain(case.schema, sent)
        key = environ.get("HTTP_IDEMPOTENCY_KEY")
        if body is None or (key is not None and read_plain(_once, {KEY: key}) is None):
            return None
        asked = None
        if key is not None:
            digest = digest_of_request("POST", environ["PATH_INFO"], sent, (shown, "", ""))
            asked = Asked(scope_of(holder), key, digest)
        return PlainRequest(holder, asked, body, parts)


def _count(case: PlainCase, environ: Environ, holder: TokenHolder) -> None:
    """Count the request by the limits of its route, which then does not count it again.

    Raises:
        TooManyRequests, RedisError: the route's own limits will say so.
    """
    for limit in case.limits:
        who = f"token/{holder.id}" if limit.is_by_holder else environ.get("REMOTE_ADDR") or "unknown"
        limit.limiter.require(read_rules(limit.text), case.endpoint, who)
    environ[COUNTED] = True


def _read_body(environ: Environ, most: int) -> bytes | None:
    """Read a body whose length is told, and put it back for whoever reads it again; None where it is too long."""
    size = environ.get("CONTENT_LENGTH", "")
    if _SIZE.fullmatch(size) is None or int(size) > most:
        return None
    data: bytes = environ["wsgi.input"].read(int(size))
    environ["wsgi.input"] = io.BytesIO(data)
    return data if len(data) == int(size) else None


def _answer(
    case: PlainCase,
    environ: Environ,
    began_at: float,
    answer: tuple[int, bytes],
    start_response: Callable[..., Any],
) -> Iterable[bytes]:
    status, body = answer
    request_id = request_id_of(environ)
    note_answer("POST", PREFIX + case.address, status, time.perf_counter() - began_at, request_id)
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("X-Request-Id", request_id),
    ]
    start_response(f"{status} {HTTPStatus(status).phrase.upper()}", headers)
    return [body]
