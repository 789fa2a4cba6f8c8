"""Office files cut into ranges of whole lines, so that each can be read where the rest of the file is not.

What is read of the ranges one after another is what is read of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO, NamedTuple

from maskres.formats.office_csv import Column, Layout, Piece, cut_body, open_body, read_blocks


class LineRange(NamedTuple):
    """Some whole lines of a file.

    Attributes:
        begins: the byte of the file at which they begin.
        ends: the byte before which they end.
        line: number of the first of them.
    """

    begins: int
    ends: int
    line: int


def cut_file(
    stream: BinaryIO, *, file: str, columns: Sequence[Column], range_bytes: int
) -> tuple[Layout, list[LineRange]]:
    """Cut an office file into ranges of lines, never inside quotes.

    Args:
        stream: seekable, standing where the file begins.
        file: the name to give in errors.
        columns: the columns the file may have, with distinct names.
        range_bytes: how large a range is at least, but for the last.

    Returns:
        How the lines are written, and the ranges in order; none for a file without lines.

    Raises:
        InputError: as office_csv.read_pieces.
    """
    layout, rest, blocks, begins = open_body(stream, file, columns)
    ranges: list[LineRange] = []
    position, line = begins, 2
    for _piece, size, following in cut_body(rest, blocks, layout):
        position += size
        if following is not None and position - begins >= range_bytes:
            ranges.append(LineRange(begins, position, line))
            begins, line = position, following
    if position > begins:
        ranges.append(LineRange(begins, position, line))
    return layout, ranges


def read_range(data: bytes, layout: Layout, line: int, *, file: str) -> Iterator[Piece]:
    """Read a range of lines.

    Args:
        data: its bytes.
        layout: of the file.
        line: number of its first line.
        file: the name to give in errors.

    Yields:
        Pieces, as office_csv.read_pieces.
    """
    blocks = read_blocks(BytesIO(data), file)
    for piece, _bytes, _following in cut_body(b"", blocks, layout, line):
        yield piece
