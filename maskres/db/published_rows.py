"""Published files loaded into tables as they are: their lines are rows already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Table

from maskres.db.bulk import BATCH_ROWS, in_batches

_BLOCK_BYTES = 1 << 20


def load_file(c: Connection, table: Table, columns: Sequence[str], path: Path, *, before: str) -> int:
    """Insert the lines of one of the protocol's CSV files, none of whose fields is empty.

    Args:
        c: a writing transaction.
        table: the table.
        columns: names of the columns: those of `before`, then those of the file.
        path: the file, read or written by us just now; nothing in it is quoted.
        before: fields put in front of every line, each with its comma.

    Returns:
        How many lines there were, the header not counted.
    """
    into = f"{table.name} ({', '.join(columns)})"
    count = 0
    with path.open("rb") as file:
        next(file)
        if c.dialect.name == "postgresql":
            driver: Any = c.connection.driver_connection
            with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN (DELIMITER ',')") as copy:
                for lines in _whole_lines(file):
                    count += lines.count(b"\n")
                    copy.write(before.encode() + lines[:-1].replace(b"\n", b"\n" + before.encode()) + b"\n")
            return count
        statement = f"INSERT INTO {into} VALUES ({', '.join('?' * len(columns))})"
        # A text that spells a whole number becomes one in a column of numbers, and stays a text elsewhere.
        for some in in_batches(file, BATCH_ROWS):
            c.exec_driver_sql(
                statement, [tuple((before + line.decode("ascii").rstrip("\n")).split(",")) for line in some]
            )
            count += len(some)
    return count


def _whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """Give a file in blocks that end with a line."""
    while block := file.read(_BLOCK_BYTES):
        yield block + file.readline()
