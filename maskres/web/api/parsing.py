"""Reading what is sent, so strictly that two readers cannot disagree about it; every problem is named at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from flask import Request, g
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

from maskres.errors import InputError
from maskres.formats import strict_json

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

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Read a body: one JSON object, not compressed, not too large, not too deep.

        Raises:
            InputError: "content-encoded", "wrong-media-type", "bad-json".
            RequestEntityTooLarge: before it is read whole.
        """
        if req.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise InputError("content-encoded", "A body must not be compressed or encoded.")
        if req.mimetype != "application/json" or req.mimetype_params.get("charset", "utf-8").lower() not in (
            "utf-8",
            "utf8",
        ):
            raise InputError("wrong-media-type", "A body must be application/json in UTF-8.")
        req.max_content_length = getattr(schema, "body_bytes", req.max_content_length)
        data = req.get_data(cache=True)
        _refuse_depth(data)
        g.sent_json = strict_json.loads(data, file="body")
        return g.sent_json

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """Read a query; a name must not stand twice.

        Raises:
            BadFields: "field-twice".
        """
        twice = sorted(name for name, values in req.args.lists() if len(values) > 1)
        if twice:
            raise BadFields(
                tuple(
                    InputError("field-twice", "This must stand once only.", field=name[:60]) for name in twice
                )
            )
        return req.args.to_dict()

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
        by_location = error.messages if isinstance(error.messages, dict) else {"": error.messages}
        found = [each for messages in by_location.values() for each in _flatten(messages, "")]
        raise BadFields(tuple(sorted(found, key=lambda each: each.field or "")))


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
    depth = 0
    for found in _TEXT_OR_BRACKET.finditer(data):
        symbol = found[0]
        if symbol in (b"[", b"{"):
            depth += 1
            if depth > MOST_DEPTH:
                raise InputError("bad-json", f"The body is nested deeper than {MOST_DEPTH}.", file="body")
        elif symbol in (b"]", b"}"):
            depth -= 1
