"""The office file of registrations: people a community worker or care home enters many at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import BinaryIO

from maskres.formats.office_csv import BadRow, Column, read_rows
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


def read_registrations(
    stream: BinaryIO,
    *,
    file: str,
    districts: Collection[str],
    stores: Collection[str],
    today: date,
    is_phone_required: bool,
) -> Iterator[tuple[int, Application] | BadRow]:
    """Read the office file of registrations.

    Encoding and header are checked before this function returns; bad lines come as values, one for each
    problem, so that all can be shown together.

    Args:
        stream: seekable; `stream.tell()` says how far the reading is.
        file: the name to give in errors.
        districts: the districts of the round's rules.
        stores: the stores known now.
        today: dates of birth after it are refused.
        is_phone_required: False where staff enter people who have no phone.

    Returns:
        For each line its number and the application, or one BadRow or more with the codes of
        `read_application` and `office_csv.read_rows`.

    Raises:
        InputError: "bad-encoding", "bad-header", "line-too-long".
    """
    rows = read_rows(stream, file=file, columns=REGISTRATION_COLUMNS)
    reader = ApplicationReader(districts, stores, today=today, is_phone_required=is_phone_required)

    def read_all() -> Iterator[tuple[int, Application] | BadRow]:
        for row in rows:
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

    return read_all()
