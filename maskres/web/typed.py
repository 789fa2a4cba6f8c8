"""What staff type into forms, read: times of a round's zone, whole numbers, uploaded files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from maskres.usecases.service import Service
from maskres.usecases.work.uploads import clean_name
from maskres.web.forms import Form


def read_time(form: Form, name: str, zone: str) -> datetime | None:
    """Read a time as a browser's field gives it, in a round's zone; None where the form now says what is wrong."""
    try:
        read = datetime.strptime(form[name].strip().replace(" ", "T")[:16], "%Y-%m-%dT%H:%M")
    except ValueError:
        form.errors[name] = gettext("Please give day and time, like 2020-02-20 15:00.")
        return None
    return read.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def read_whole(form: Form, name: str, *, is_needed: bool = True) -> int | None:
    """Read a whole number of at most nine digits; None where nothing stands there or the form says what is wrong."""
    text = form[name].strip()
    if not text and not is_needed:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        form.errors[name] = gettext("Please give a whole number.")
        return None
    return int(text)


def has_file(name: str) -> bool:
    """Tell whether a file was sent in a field."""
    found = request.files.get(name)
    return found is not None and bool(found.filename)


def sent_file(form: Form, name: str, *, is_needed: bool = True) -> FileStorage | None:
    """Give a file that was sent with the form; None where there is none, and the form says so if it is needed."""
    found = request.files.get(name)
    if found is None or not found.filename:
        if is_needed:
            form.errors[name] = gettext("Please choose a file.")
        return None
    return found


def stream_of(file: FileStorage) -> BinaryIO:
    """Give the bytes of a sent file, to be read once."""
    return cast(BinaryIO, file.stream)


@contextmanager
def kept_file(service: Service, file: FileStorage) -> Iterator[Path]:
    """Lend a sent file on disk, under its own name."""
    with service.scratch() as folder:
        path = folder / clean_name(file.filename or "")
        file.save(path)
        yield path
