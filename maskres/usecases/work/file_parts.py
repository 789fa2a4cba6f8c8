"""Large files worked on in parts, by the lines: what a part makes ready, and what becomes of all of them.

A part reads its own bytes of the upload from the database. What it makes is what map_pieces would have given for the
same lines (processes.py), so taking them is the same as for a file that one host read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from maskres.db.engine import Transaction
from maskres.db.tasks import Task
from maskres.errors import StepRefused
from maskres.formats.office_csv import BadRow, BadRows, Column, Layout, Piece
from maskres.formats.office_ranges import cut_file, read_range
from maskres.usecases.imports import Prepared, Progress, Sieve
from maskres.usecases.service import Service
from maskres.usecases.work.parts import ROWS, Part, keep_output, open_output, table_output
from maskres.usecases.work.uploads import describe_upload, read_bytes

#: What of a file is a part; below twice that it is read whole.
BYTES_A_PART = 8 << 20
_LINKS, _REST = "links", "rest"


def is_worth_cutting(service: Service, upload_id: str) -> bool:
    """Tell whether an upload is cut into parts: a large one is, but on SQLite, which has one host and one writer."""
    return not service.database.is_sqlite and describe_upload(service, upload_id).size >= 2 * BYTES_A_PART


def cut_lines(
    service: Service, path: Path, columns: Sequence[Column], upload_id: str, given: Mapping[str, Any]
) -> list[Part]:
    """Cut an upload into parts by its lines.

    Args:
        service: the service.
        path: where it is opened now.
        columns: the file may have.
        upload_id: of the upload.
        given: what each part is told besides.

    Raises:
        InputError: "bad-encoding", "bad-header", "line-too-long".
    """
    with path.open("rb") as stream:
        layout, ranges = cut_file(stream, file=path.name, columns=columns, range_bytes=BYTES_A_PART)
    told = {**given, "upload": upload_id, "index_version": service.index_key.version, **asdict(layout)}
    return [Part({**told, **each._asdict()}, each.ends - each.begins) for each in ranges]


def read_part(c: Transaction, service: Service, part: Task) -> Iterator[Piece]:
    """Read the lines of a part.

    Raises:
        StepRefused: "keys-rotated".
        InputError: "unknown-upload".
    """
    given = part.payload
    require_same_key(service, given)
    data = read_bytes(c, service, given["upload"], given["begins"], given["ends"])
    layout = Layout(given["encoding"], given["width"], tuple(given["places"]))
    return read_range(data, layout, given["line"], file="")


def require_same_key(service: Service, given: Mapping[str, Any]) -> None:
    """Refuse to put together what was digested under different keys.

    Raises:
        StepRefused: "keys-rotated".
    """
    if given["index_version"] != service.index_key.version:
        message = "The keys were rotated while the file was being read; please hand it in again."
        raise StepRefused("keys-rotated", message)


def keep_prepared(
    c: Transaction, service: Service, part: Task, pieces: Iterable[Prepared], progress: Progress
) -> int:
    """Keep what was made ready of a part's lines; gives how many of them are good."""
    size = part.payload["ends"] - part.payload["begins"]
    rows, tables, links, bad, count, done = [], [], [], BadRows(), 0, 0
    for piece in pieces:
        if not isinstance(piece.rows, bytes):
            raise AssertionError("parts are for a database that takes rows spelled")
        for each in piece.bad:
            bad.add(each)
        rows.append(piece.rows)
        tables.append(piece.tables)
        links += [document + group for document, group in piece.links]
        count += piece.count
        done += len(piece.rows) + sum(map(len, piece.tables))
        progress(min(done, size), size)
    keep_output(c, service, part.id, ROWS, b"".join(rows))
    for nth, blocks in enumerate(zip(*tables, strict=True)):
        keep_output(c, service, part.id, table_output(nth), b"".join(blocks))
    keep_output(c, service, part.id, _LINKS, b"".join(links))
    rest = {
        "count": count,
        "line_count": bad.line_count,
        "count_by_code": bad.count_by_code,
        "kept": [asdict(each) for each in bad.kept],
    }
    keep_output(c, service, part.id, _REST, json.dumps(rest, ensure_ascii=False).encode())
    return count


def sift_parts(c: Transaction, service: Service, parts: Sequence[str], file: str) -> Sieve:
    """Put together what the parts of a file, in order, say of its lines; it may still have bad ones."""
    sieve = Sieve(file)
    for part_id in parts:
        rest = json.loads(open_output(c, service, part_id, _REST))
        sieve.good_count += rest["count"]
        kept = [BadRow(**each) for each in rest["kept"]]
        sieve.bad.add_all(
            BadRows(kept=kept, count_by_code=rest["count_by_code"], line_count=rest["line_count"])
        )
    return sieve


def links_of_parts(
    c: Transaction, service: Service, parts: Sequence[str], digest_bytes: int
) -> Iterator[tuple[bytes, bytes]]:
    """Give the links that the parts of a register found, in order."""
    for part_id in parts:
        links = open_output(c, service, part_id, _LINKS)
        for at in range(0, len(links), 2 * digest_bytes):
            yield links[at : at + digest_bytes], links[at + digest_bytes : at + 2 * digest_bytes]
