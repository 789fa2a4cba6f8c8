"""JSON read so strictly that two readers cannot disagree about it (spec B8)."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from maskres.errors import InputError

_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def loads(data: bytes, *, file: str, is_published: bool = False) -> dict[str, Any]:
    """Read one JSON object.

    Args:
        data: the file's bytes: UTF-8 without byte order mark.
        file: the name to give in errors.
        is_published: whether it is a file of the protocol: LF ends every line, the last too, and there is no CR.
            What people write by hand may come from any editor.

    Returns:
        The object; numbers are int only.

    Raises:
        InputError: "bad-json" for anything two readers might read differently: a byte order mark, a
            duplicate member, a fraction, NaN, NUL, a lone surrogate, nesting past what can be read; in a
            published file a carriage return or a last line without LF.
    """

    def refuse(what: str, line: int | None = None) -> NoReturn:
        raise InputError("bad-json", what, file=file, line=line)

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        refuse("This is not UTF-8.", data.count(b"\n", 0, error.start) + 1)
    if text.startswith("\ufeff"):
        refuse("This begins with a byte order mark; it must not.", 1)
    if is_published and b"\r" in data:
        refuse(
            "The line holds a carriage return; lines end with LF alone.",
            data.count(b"\n", 0, data.index(b"\r")) + 1,
        )
    if is_published and not data.endswith(b"\n"):
        refuse("The last line does not end with LF.", data.count(b"\n") + 1)
    try:
        value = _decode(text)
        if not isinstance(value, dict):
            raise _Unlike("This must be one JSON object.")
        # Half a character or NUL stands in no UTF-8 that JSON takes, except written as an escape.
        if "\\" in text:
            _refuse_bad_text(value)
    except _Unlike as error:
        refuse(str(error))
    except json.JSONDecodeError as error:
        refuse(f"This is not JSON: {error.msg}.", error.lineno)
    except RecursionError:
        refuse("This is nested too deeply.")
    return value


def dumps(value: dict[str, Any]) -> bytes:
    """Write an object as one line: members sorted, no spaces, UTF-8, LF at the end."""
    return _encode(value).encode("utf-8") + b"\n"


class _Unlike(Exception):
    """Two readers might read this differently."""


def _read_members(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        known: set[str] = set()
        for name, _ in members:
            if name in known:
                raise _Unlike(f"The member {name!r:.60} stands twice.")
            known.add(name)
    return found


def _no_number(text: str) -> NoReturn:
    raise _Unlike(f"{text:.40} is not a whole number of at most 18 digits.")


def _read_integer(digits: str) -> int:
    # "-0" is zero to one reader and text with a sign to another.
    return int(digits) if len(digits) <= 18 and digits != "-0" else _no_number(digits)


_decode = json.JSONDecoder(
    object_pairs_hook=_read_members,
    parse_float=_no_number,
    parse_constant=_no_number,
    parse_int=_read_integer,
).decode


def _refuse_bad_text(value: Any) -> None:
    if isinstance(value, str):
        if _BAD_TEXT.search(value) is not None:
            raise _Unlike("A text holds NUL or half a character.")
    elif isinstance(value, list):
        for item in value:
            _refuse_bad_text(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            _refuse_bad_text(name)
            _refuse_bad_text(item)
