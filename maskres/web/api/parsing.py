"""Reading what is sent, so strictly that two readers cannot disagree about it; every problem is named at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, NoReturn

from flask import Request, g
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.web.api.fields import read_plain
from maskres.web.here import this_request

#: So deep a body may be nested; ours need three.
MOST_DEPTH = 8
_TEXT_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class BadFields(InputError):
    """A body or query with one problem or more.

    Args:
        errors: every problem, each naming its field; at least one.
    """

    def __init__(self, errors: tuple[InputError, ...]) -> None:
        super().__init__("bad-fields", "Some fields cannot be taken as they are.")
        self.errors = errors


class StrictParser(FlaskParser):
    """Reads bodies as strict JSON and queries without repeated names."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": None}

    def parse(self, argmap: Any, req: Request | None = None, *, location: str | None = None, **_: Any) -> Any:
        """Read one part of a request by a schema of ours, which says itself what it does with the unknown.

        Raises:
            BadFields: naming everything that is wrong.
            InputError, RequestEntityTooLarge: as the part's own reader.
        """
        read = self._readers.get(location or self.location)
        if read is None or not isinstance(argmap, Schema):
            raise TypeError("bodies, queries and headers are read, by schemas made once")
        req = req or this_request()
        sent = read(self, req, argmap)
        plain = read_plain(argmap, sent)
        try:
            return argmap.load(sent) if plain is None else plain
        except ValidationError as error:
            self.handle_error(error, req, argmap, error_status_code=None, error_headers=None)

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Read a body: one JSON object, not compressed, not too large, not too deep.

        Raises:
            InputError: "content-encoded", "wrong-media-type", "bad-json".
            RequestEntityTooLarge: before it is read whole.
        """
        if req.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise InputError("content-encoded", "A body must not be compressed or encoded.")
        if req.content_type != "application/json" and not _is_json(req):
            raise InputError("wrong-media-type", "A body must be application/json in UTF-8.")
        req.max_content_length = getattr(schema, "body_bytes", req.max_content_length)
        data = req.get_data(cache=True)
        _refuse_depth(data)
        g.sent_json = sent = strict_json.loads(data, file="body")
        return sent

    def load_headers(self, req: Request, schema: Schema) -> Any:
        """Read those headers that are asked for."""
        names = (field.data_key or name for name, field in schema.fields.items())
        sent = ((name, req.headers.get(name)) for name in names)
        return {name: value for name, value in sent if value is not None}

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """Read a query; a name must not stand twice.

        Raises:
            BadFields: "field-twice".
        """
        if not req.query_string:
            return {}
        twice = sorted(name for name, values in req.args.lists() if len(values) > 1)
        if twice:
            raise BadFields(
                tuple(
                    InputError("field-twice", "This must stand once only.", field=name[:60]) for name in twice
                )
            )
        return req.args.to_dict()

    _readers: ClassVar[Mapping[str, Callable[[StrictParser, Request, Schema], Any]]] = {
        "json": load_json,
        "query": load_querystring,
        "headers": load_headers,
    }

    def handle_error(
        self,
        error: ValidationError,
        req: Request,
        schema: Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """Name everything that is wrong.

        Raises:
            BadFields: always.
        """
        found = list(_flatten(error.messages, ""))
        raise BadFields(tuple(sorted(found, key=lambda each: each.field or "")))


def _is_json(req: Request) -> bool:
    charset = req.mimetype_params.get("charset", "utf-8").lower()
    return req.mimetype == "application/json" and charset in ("utf-8", "utf8")


def _flatten(messages: Any, path: str) -> Iterator[InputError]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            here = path if name == "_schema" else f"{path}.{name}" if path else str(name)
            yield from _flatten(inner, here[:120])
        return
    for message in messages:
        code, _, sentence = str(message).partition("|")
        if not sentence:
            code, sentence = "bad-value", str(message)
        yield InputError(code, sentence, field=path or None)


def _refuse_depth(data: bytes) -> None:
    """Refuse deep nesting before anything is built of it.

    Raises:
        InputError: "bad-json".
    """
    if data.count(b"[") + data.count(b"{") <= MOST_DEPTH:
        return
    depth = 0
    for found in _TEXT_OR_BRACKET.finditer(data):
        symbol = found[0]
        if symbol in (b"[", b"{"):
            depth += 1
            if depth > MOST_DEPTH:
                raise InputError("bad-json", f"The body is nested deeper than {MOST_DEPTH}.", file="body")
        elif symbol in (b"]", b"}"):
            depth -= 1
