"""CSV files from offices, read tolerantly but never by guessing.

Offices hand in what their spreadsheet saves: UTF-8 with or without byte order mark or GB18030, CR LF, quotes,
headers in English or Chinese, columns in any order, empty lines at the end. What can be read in one way only
is read; what cannot is refused by line. The file as a whole (encoding, header) stands or falls before the first
row is handed out; a single bad line is handed out as a value, so that a clerk gets the whole list at once.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import BinaryIO

from maskres.errors import InputError

#: Small enough that what is made of a block stays small, and several processes have something to do.
BLOCK_BYTES = 1 << 19
LINE_LIMIT_BYTES = 1 << 20
JOINED_LINES_LIMIT = 20
BAD_ROWS_KEPT = 500

_UTF8_MARK = b"\xef\xbb\xbf"
_FOREIGN_BEGINNINGS = {
    b"\xff\xfe": 'The file is "Unicode text" (UTF-16).',
    b"\xfe\xff": 'The file is "Unicode text" (UTF-16).',
    b"PK\x03\x04": "The file is a workbook, not CSV.",
    b"\xd0\xcf\x11\xe0": "The file is an old workbook, not CSV.",
}

Row = tuple[int, tuple[str, ...]]
_Pick = Callable[[list[str]], tuple[str, ...]]
Block = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an office file.

    Args:
        name: its English header, lower case.
        chinese: its Chinese header.
        is_required: whether a file without it is refused.
    """

    name: str
    chinese: str
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that cannot be taken, and why.

    Args:
        line: line of the file, counted from 1, header included.
        code: stable kebab-case name of the problem.
        message: one English sentence; never repeats personal values.
        field: English name of the column at fault, if one is.
    """

    line: int
    code: str
    message: str
    field: str | None = None


@dataclass(slots=True)
class BadRows:
    """Bad lines counted in full and kept up to a cap, so that a file bad throughout fills no memory.

    Args:
        cap: how many to keep for showing, ≥ 1.
    """

    cap: int = BAD_ROWS_KEPT
    kept: list[BadRow] = field(default_factory=list)
    count_by_code: dict[str, int] = field(default_factory=dict)
    line_count: int = 0
    _last_line: int = 0

    def add(self, bad: BadRow) -> None:
        """Count one problem; several of one line, handed in one after another, count as one line."""
        self.count_by_code[bad.code] = self.count_by_code.get(bad.code, 0) + 1
        if bad.line != self._last_line:
            self.line_count += 1
            self._last_line = bad.line
        if len(self.kept) < self.cap:
            self.kept.append(bad)

    def add_all(self, later: BadRows) -> None:
        """Count those of lines that come after all of these."""
        for code, count in later.count_by_code.items():
            self.count_by_code[code] = self.count_by_code.get(code, 0) + count
        self.line_count += later.line_count
        self.kept += later.kept[: max(self.cap - len(self.kept), 0)]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of a file are written.

    Attributes:
        encoding: theirs.
        width: fields that a line must have.
        places: where in a line each column is; `width` for an absent one.
    """

    encoding: str
    width: int
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PlainLines:
    """Whole lines of a file, without quotes, that are still to be split: whoever is handed them does that.

    Attributes:
        first: number of the first line.
        data: the lines' bytes, each ending in LF but perhaps the last.
        encoding: theirs.
        width: fields that a line must have.
        places: where in a line each column is; `width` for an absent one.
    """

    first: int
    data: bytes
    encoding: str
    width: int
    places: tuple[int, ...]

    def __len__(self) -> int:
        """Count the lines."""
        return self.data.count(b"\n") + (not self.data.endswith(b"\n"))

    def __iter__(self) -> Iterator[Row | BadRow]:
        """Split the lines into rows."""
        pick, width = _make_pick(self.places, self.width), self.width
        for line, written in enumerate(
            self.data.decode(self.encoding).removesuffix("\n").split("\n"), self.first
        ):
            values = written.split(",")
            if len(values) != width:
                if "".join(values).strip():
                    yield _bad_width(line, len(values), width)
            elif any(values):
                yield line, pick(values)


#: Some of a file's rows in their order; of most files, lines yet to be split.
Piece = PlainLines | list[Row | BadRow]


def read_rows(stream: BinaryIO, *, file: str, columns: Sequence[Column]) -> Iterator[Row | BadRow]:
    """Read an office file, one row after another; see read_pieces.

    Returns:
        For each line the line number (where the row begins) and the values in the order of `columns`, as
        written, "" for absent columns; or a BadRow: "bad-row" where the line has not as many fields as the
        header, "bad-quotes".
    """
    return chain.from_iterable(read_pieces(stream, file=file, columns=columns))


def read_pieces(stream: BinaryIO, *, file: str, columns: Sequence[Column]) -> Iterator[Piece]:
    """Read an office file, one piece after another: a piece can be handed to another process to be worked on.

    The whole file is looked through once for its encoding, then read again block by block; `stream.tell()`
    between pieces says how far that second reading is, to within a block or two. Encoding and header
    are checked before this function returns. Empty lines are passed over, and so are lines of commas only,
    which spreadsheets leave behind. A line break inside quotes is taken away.

    Args:
        stream: seekable, standing where the file begins.
        file: the name to give in errors.
        columns: the columns the file may have, with distinct names.

    Returns:
        Pieces of a block's rows, as read_rows gives them.

    Raises:
        InputError: "bad-encoding" (with line), "bad-header", "line-too-long".
    """
    layout, rest, blocks, _begin = open_body(stream, file, columns)
    return (piece for piece, _bytes, _following in cut_body(rest, blocks, layout))


def open_body(
    stream: BinaryIO, file: str, columns: Sequence[Column]
) -> tuple[Layout, bytes, Iterator[Block], int]:
    """Read how an office file is written, and its header; raises as read_pieces.

    Returns:
        The layout; what was read beyond the header, and the blocks after that; at which byte from the file's
        beginning the lines after the header begin.
    """
    start = stream.tell()
    encoding = _tell_encoding(stream, start, file)
    stream.seek(start)
    blocks = read_blocks(stream, file)
    block = next(blocks, (1, b""))[1]
    head = block.removeprefix(_UTF8_MARK if encoding == "utf-8" else b"\x84\x31\x95\x33")
    header, _, rest = head.partition(b"\n")
    names = _match_header(_split_header(header.decode(encoding), file), columns, file)
    # An absent column points past the fields, at the "" that is put there.
    places = tuple(names.index(each.name) if each.name in names else len(names) for each in columns)
    return Layout(encoding, len(names), places), rest, blocks, len(block) - len(rest)


def read_blocks(stream: BinaryIO, file: str) -> Iterator[Block]:
    """Yield blocks of whole lines with the number of their first line.

    Neither encoding uses the byte LF inside another character, so cutting at it cuts no character.
    """
    line, rest = 1, b""
    while data := stream.read(BLOCK_BYTES):
        cut = data.rfind(b"\n") + 1
        if cut:
            block, rest = rest + data[:cut], data[cut:]
            yield line, block
            line += block.count(b"\n")
        else:
            rest += data
            if len(rest) > LINE_LIMIT_BYTES:
                raise InputError(
                    "line-too-long", "This line is too long for a CSV file.", file=file, line=line
                )
    if rest:
        yield line, rest


def _tell_encoding(stream: BinaryIO, start: int, file: str) -> str:
    """Tell UTF-8 from GB18030 by the whole file; what is valid as UTF-8 is UTF-8."""
    beginning = stream.read(4)
    stream.seek(start)
    for mark, what in _FOREIGN_BEGINNINGS.items():
        if beginning.startswith(mark):
            raise InputError("bad-encoding", f'{what} Please save it as "CSV UTF-8".', file=file, line=1)
    utf8_line, has_utf8_characters = _find_undecodable(stream, "utf-8", file)
    if utf8_line is None:
        return "utf-8"
    gb_line = None
    if not beginning.startswith(_UTF8_MARK):
        stream.seek(start)
        gb_line, _ = _find_undecodable(stream, "gb18030", file)
        if gb_line is None:
            return "gb18030"
    # Correct characters before the fault say which of the two the file was meant to be.
    line = utf8_line if gb_line is None or has_utf8_characters else gb_line
    raise InputError(
        "bad-encoding",
        'This line is neither UTF-8 nor GB18030. Please save the file as "CSV UTF-8".',
        file=file,
        line=line,
    )


def _find_undecodable(stream: BinaryIO, encoding: str, file: str) -> tuple[int | None, bool]:
    """Find the first line not of an encoding, and whether characters beyond ASCII stood before it."""
    has_characters = False
    for first, block in read_blocks(stream, file):
        if b"\0" in block:
            line = first + block.count(b"\n", 0, block.index(b"\0"))
            raise InputError("bad-encoding", "This line holds a NUL; it is not text.", file=file, line=line)
        if block.isascii():
            continue
        try:
            block.decode(encoding)
        except UnicodeDecodeError as error:
            before = block[: error.start].removeprefix(_UTF8_MARK)
            return first + before.count(b"\n"), has_characters or not before.isascii()
        has_characters = True
    return None, has_characters


def _fold_header(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _split_header(header: str, file: str) -> list[str]:
    try:
        names = next(csv.reader([header.removesuffix("\r")], strict=True), [])
    except csv.Error as error:
        message = f"The header cannot be read ({error}). The first line must name the columns."
        raise InputError("bad-header", message, file=file, line=1) from None
    names = [_fold_header(name) for name in names]
    if not any(names):
        message = "The first line must name the columns; it is empty."
        raise InputError("bad-header", message, file=file, line=1)
    if len(names) == 1 and any(separator in names[0] for separator in ",;\t、"):
        message = "The columns must be separated by plain commas."
        raise InputError("bad-header", message, file=file, line=1)
    return names


def _match_header(names: list[str], columns: Sequence[Column], file: str) -> list[str]:
    """Give the header's names in English, or refuse it saying everything that is wrong with it."""
    english = {
        _fold_header(text): column.name for column in columns for text in (column.name, column.chinese)
    }
    matched: list[str] = []
    problems: list[str] = []
    for position, name in enumerate(names, 1):
        column = english.get(name, "")
        if not column:
            problems.append(
                f"column {position} is {name!r:.60}" if name else f"column {position} has no name"
            )
        elif column in matched:
            problems.append(f"{column} stands twice")
        matched.append(column)
    missing = [f"{c.name} ({c.chinese})" for c in columns if c.is_required and c.name not in matched]
    if missing:
        problems.append(f"missing: {', '.join(missing)}")
    if not any(matched):
        # Such a line is likely to be somebody's data, which no message may repeat.
        problems = ["the first line names no column that is known here"]
    if problems:
        known = ", ".join(f"{column.name} ({column.chinese})" for column in columns)
        message = f"The header does not fit: {'; '.join(problems[:20])}. Columns known here: {known}."
        raise InputError("bad-header", message, file=file, line=1)
    return matched


def _make_pick(places: Sequence[int], width: int) -> _Pick:
    """Make the function that brings a line's fields into the order of the columns."""
    if tuple(places) == tuple(range(width)):
        return tuple
    pick = itemgetter(*places) if len(places) > 1 else lambda values: (values[places[0]],)
    if width not in places:
        return pick

    def pick_or_empty(values: list[str]) -> tuple[str, ...]:
        values.append("")
        picked: tuple[str, ...] = pick(values)
        return picked

    return pick_or_empty


def cut_body(
    rest: bytes, blocks: Iterator[Block], layout: Layout, first: int = 2
) -> Iterator[tuple[Piece, int, int | None]]:
    """Cut the lines after the header into pieces; blocks without quotes, the many, are left to be split elsewhere.

    Neither encoding uses the bytes of comma, quote and line ends inside another character.

    Args:
        rest: what of the lines was read already.
        blocks: all that comes after.
        layout: of the file.
        first: number of the first line.

    Yields:
        A piece; how many bytes of the file were read for it; and the number of the next line, where reading may as
        well begin anew there: None while a quote is open.
    """
    encoding, width, places = layout.encoding, layout.width, layout.places
    pick = _make_pick(places, width)
    held: list[str] = []
    block: bytes | None = rest
    while block is not None:
        upcoming = next(blocks, None)
        data = block.replace(b"\r\n", b"\n")
        is_plain = width > 1 and b'"' not in data and b"\r" not in data
        if is_plain and not held:
            if data:
                plain = PlainLines(first, data, encoding, width, places)
                first += len(plain)
                yield plain, len(block), first
        else:
            lines = held + data.decode(encoding).removesuffix("\n").split("\n") if data else held
            rows: list[Row | BadRow] = []
            used = _read_quoted(lines, first, width, pick, rows, is_last=upcoming is None)
            held = lines[used:]
            first += used
            yield rows, len(block), None if held else first
        block = upcoming[1] if upcoming else None


def _read_quoted(
    lines: list[str], first: int, width: int, pick: _Pick, rows: list[Row | BadRow], *, is_last: bool
) -> int:
    """Read lines with quotes; give how many were used, the others being a quote still open at the end.

    A quote that nobody closed must not swallow the lines after it: whatever is wrong costs one line, and
    reading goes on at the next.
    """
    start = 0
    while start < len(lines):
        reader = csv.reader(lines[start:], strict=True)
        used = start
        problem = "the quotes are not closed"
        try:
            for values in reader:
                end = start + reader.line_num
                is_joined = end > used + 1
                if is_joined and (len(values) != width or end > used + JOINED_LINES_LIMIT):
                    break
                if len(values) != width and "".join(values).strip():
                    rows.append(_bad_width(first + used, len(values), width))
                elif len(values) == width and any(values):
                    rows.append((first + used, pick(values)))
                used = end
            else:
                return len(lines)
        except csv.Error as error:
            has_reached_end = start + reader.line_num >= len(lines)
            if has_reached_end and not is_last and len(lines) - used <= JOINED_LINES_LIMIT:
                return used
            problem = str(error)
        rows.append(BadRow(first + used, "bad-quotes", f"The quotes in this line cannot be read: {problem}."))
        start = used + 1
    return len(lines)


def _bad_width(line: int, found: int, width: int) -> BadRow:
    fields = "1 field" if found == 1 else f"{found} fields"
    return BadRow(line, "bad-row", f"This line has {fields}, the header has {width}.")
