"""Fields that take a value of JSON as it is or refuse it: nothing is turned into something else.

marshmallow by itself takes 1.0 and "１２" for integers and "yes" for true. Here a message is `code|sentence`, so that
every problem leaves with a stable code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, fields, missing, validate
from marshmallow.constants import RAISE

from maskres.errors import InputError
from maskres.formats.values import format_time, parse_time

MISSING = "missing-field|This field is needed."
NOT_NULL = "wrong-type|This must not be null."
_NEEDED: dict[str, Any] = {"required": MISSING, "null": NOT_NULL}


class Text(fields.String):
    """A text of some length, perhaps of one form."""

    default_error_messages = {  # noqa: RUF012 - so marshmallow wants it
        **_NEEDED,
        "invalid": "wrong-type|This must be a text.",
    }

    def __init__(
        self, most: int = 200, *, least: int = 1, pattern: str | None = None, form: str = "", **kwargs: Any
    ) -> None:
        size = f"bad-length|This has {least} to {most} characters."
        rules: list[Any] = [validate.Length(least, most, error=size)]
        if pattern is not None:
            rules.append(validate.Regexp(f"^(?:{pattern})\\Z", error=f"bad-form|{form}"))
        shown = {} if pattern is None else {"pattern": f"^(?:{pattern})$"}
        self._sizes = range(least, most + 1)
        self._form = None if pattern is None else re.compile(pattern)
        super().__init__(validate=rules, metadata=shown | dict(kwargs.pop("metadata", {})), **kwargs)

    def takes(self, value: Any) -> bool:
        """Tell whether a value is taken as it is."""
        return (
            isinstance(value, str)
            and len(value) in self._sizes
            and (self._form is None or self._form.fullmatch(value) is not None)
        )


class Word(fields.String):
    """One of some words."""

    default_error_messages = Text.default_error_messages

    def __init__(self, words: Any, **kwargs: Any) -> None:
        known = [str(word) for word in words]
        self._known = frozenset(known)
        message = f"unknown-word|This must be one of: {', '.join(known)}."
        super().__init__(validate=validate.OneOf(known, error=message), **kwargs)

    def takes(self, value: Any) -> bool:
        """Tell whether a value is taken as it is."""
        return isinstance(value, str) and value in self._known


class Truth(fields.Boolean):
    """true or false, nothing like it."""

    default_error_messages = {  # noqa: RUF012
        **_NEEDED,
        "invalid": "wrong-type|This must be true or false.",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value

    def takes(self, value: Any) -> bool:
        """Tell whether a value is taken as it is."""
        return isinstance(value, bool)


class Moment(fields.Field[datetime]):
    """A time like 2020-02-10T01:00:00Z."""

    default_error_messages = _NEEDED

    def __init__(self, **kwargs: Any) -> None:
        shown = {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}
        super().__init__(metadata=shown | dict(kwargs.pop("metadata", {})), **kwargs)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else format_time(value)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any
    ) -> datetime:
        try:
            return parse_time(value if isinstance(value, str) else "", field=attr or "")
        except InputError as error:
            raise ValidationError(f"{error.code}|{error.message}") from error


class Items(fields.List[Any]):
    """A list of at most so many items."""

    default_error_messages = {**_NEEDED, "invalid": "wrong-type|This must be a list."}  # noqa: RUF012

    def __init__(self, inner: Any, most: int, **kwargs: Any) -> None:
        message = f"too-many|This has at most {most} items."
        self._most = most
        super().__init__(inner, validate=validate.Length(max=most, error=message), **kwargs)

    def takes(self, value: Any) -> bool:
        """Tell whether a value is taken as it is; of items that are more than texts it is not known."""
        takes = getattr(self.inner, "takes", None)
        return (
            isinstance(value, list)
            and len(value) <= self._most
            and takes is not None
            and all(map(takes, value))
        )


class Whole(fields.Nested):
    """An object within an object."""

    default_error_messages = _NEEDED


class Body(Schema):
    """An object that is sent: unknown members are refused."""

    #: Bytes at most, before anything is read.
    body_bytes = 64 * 1024

    class Meta:
        """Refuse what is not known."""

        unknown = RAISE

    error_messages = {  # noqa: RUF012
        "unknown": "unknown-field|This field is not known here.",
        "type": "wrong-type|This must be an object.",
    }


def read_plain(schema: Schema, sent: Any) -> dict[str, Any] | None:
    """Read what is in order throughout, in a quarter of the time that marshmallow takes for it.

    Args:
        schema: with no hooks of its own.
        sent: what was sent.

    Returns:
        What `schema.load` gives for it; None where anything at all is not as simple as that: marshmallow knows the
        words for it.
    """
    if not isinstance(sent, dict):
        return None
    found: dict[str, Any] = {}
    known = 0
    for name, key, takes, is_required, default in _plan(schema):
        if key in sent:
            value = sent[key]
            if takes is None or not takes(value):
                return None
            found[name] = value
            known += 1
        elif is_required:
            return None
        elif default is not missing:
            found[name] = default
    return found if known == len(sent) else None


@cache
def _plan(schema: Schema) -> tuple[tuple[str, str, Any, bool, Any], ...]:
    """List what reading by a schema looks at; schemas are made once, with their routes."""
    return tuple(
        (name, field.data_key or name, getattr(field, "takes", None), field.required, field.load_default)
        for name, field in schema.load_fields.items()
    )
