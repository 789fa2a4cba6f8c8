"""The office file of registrations: people a community worker or care home enters many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from maskres.formats.office_csv import BadRow, Column, Piece, Row, read_pieces
from maskres.registration.applications import FIELDS, Application, ApplicationReader

_CHINESE = {
    "id_type": "证件类型",
    "id_number": "证件号码",
    "name": "姓名",
    "birth_date": "出生日期",
    "sex": "性别",
    "phone": "手机号码",
    "district": "区",
    "reach": "范围",
    "choices": "门店",
    "for_whom": "为谁登记",
    "keep": "保留意愿",
}
_REQUIRED = frozenset(("id_number", "name", "phone", "district", "reach", "choices"))

REGISTRATION_COLUMNS = tuple(Column(name, _CHINESE[name], name in _REQUIRED) for name in FIELDS)


def read_lines(stream: BinaryIO, *, file: str) -> Iterator[Piece]:
    """Read the lines of an office file of registrations piece by piece, their values in the order of FIELDS.

    Encoding and header are checked before this function returns.

    Args:
        stream: seekable; `stream.tell()` says how far the reading is, to within a piece or two.
        file: the name to give in errors.

    Returns:
        As `office_csv.read_pieces`.

    Raises:
        InputError: "bad-encoding", "bad-header", "line-too-long".
    """
    return read_pieces(stream, file=file, columns=REGISTRATION_COLUMNS)


def read_applications(
    lines: Iterable[Row | BadRow], reader: ApplicationReader
) -> Iterator[tuple[int, Application] | BadRow]:
    """Read applications from lines.

    Bad lines come as values, one for each problem, so that all can be shown together.

    Args:
        lines: of the pieces that read_lines gives.
        reader: knows what may be written.

    Yields:
        For each line its number and the application, or one BadRow or more with the codes of
        `read_application` and `office_csv.read_rows`.
    """
    for row in lines:
        if isinstance(row, BadRow):
            yield row
            continue
        line, values = row
        application = reader.read(values)
        if isinstance(application, Application):
            yield line, application
        else:
            for error in application:
                yield BadRow(line, error.code, error.message, error.field)
