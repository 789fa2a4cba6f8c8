"""Parts of addresses: only what can be one is looked up at all."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_smorest import Api
from werkzeug.routing import BaseConverter


class SlugPart(BaseConverter):
    """A slug."""

    regex = "[a-z0-9][a-z0-9-]{0,39}"


class DrawPart(BaseConverter):
    """The number of a draw, from 1."""

    regex = "[1-9][0-9]?"

    def to_python(self, value: str) -> int:
        """Give it as a number."""
        return int(value)


class SizePart(DrawPart):
    """The size of a ledger."""

    regex = "[1-9][0-9]{0,8}"


class EntryPart(SizePart):
    """The place of an entry in the ledger, from 0."""

    regex = "0|[1-9][0-9]{0,8}"


class FilePart(BaseConverter):
    """The name of a published file."""

    regex = "[a-z0-9][a-z0-9.-]{0,59}"


class NumberPart(BaseConverter):
    """A registration number as people write it."""

    regex = "[0-9A-Za-z-]{12,20}"


class CodePart(BaseConverter):
    """The id of a one-time code."""

    regex = "[0-9a-f]{32}"


_PARTS: dict[str, type[BaseConverter]] = {
    "slug": SlugPart,
    "draw": DrawPart,
    "size": SizePart,
    "entry": EntryPart,
    "file": FilePart,
    "number": NumberPart,
    "code": CodePart,
}


def set_up_converters(app: Flask, api: Api) -> None:
    """Let an application know the parts, and its description their forms."""
    app.url_map.converters.update(_PARTS)
    for part in _PARTS.values():
        api.register_converter(part, _schema_of)


def _schema_of(part: Any) -> dict[str, Any]:
    if isinstance(part, DrawPart):
        most = 99 if type(part) is DrawPart else 999_999_999
        return {"type": "integer", "minimum": 0 if isinstance(part, EntryPart) else 1, "maximum": most}
    return {"type": "string", "pattern": f"^{part.regex}$"}
