"""Importing a register: streamed, checked line by line, taken whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from maskres.db import record, registers
from maskres.db.bulk import ReadyRows, load_ready, load_rows, takes_spelled
from maskres.db.engine import Transaction
from maskres.db.register_index import indexed_afterwards
from maskres.eligibility.facts import KINDS
from maskres.eligibility.registers import read_lines
from maskres.errors import InputError
from maskres.usecases.eligibility.digesting import DigestingSetting, prepare_digesting
from maskres.usecases.imports import Prepared, Progress, Sieve, count_lines, digest_of
from maskres.usecases.processes import map_pieces, read_ahead
from maskres.usecases.service import Actor, Service, one_transaction

_Link = tuple[int, bytes, bytes]


@dataclass(frozen=True, slots=True)
class ImportedRegister:
    """What an import did.

    Attributes:
        version: the version that stands now.
        is_new: False where the same file stood as the newest version already.
    """

    version: registers.RegisterVersion
    is_new: bool


def import_register(
    service: Service,
    actor: Actor,
    kind: str,
    path: Path,
    as_of: date,
    *,
    progress: Progress | None = None,
) -> ImportedRegister:
    """Import an office file as the next version of a register.

    A file that is the newest version already, byte for byte, is not imported again.

    Args:
        service: the service.
        actor: who imports.
        kind: of the register: household, insurance, employment.
        path: the file.
        as_of: the day on which the register stood so.
        progress: told how far it is.

    Raises:
        InputError: "unknown-register", "bad-encoding", "bad-header".
        ImportRefused: "bad-rows", "mangled-by-spreadsheet".
        ConflictError: "done-elsewhere" where the same register was imported at the same time.
    """
    if kind not in KINDS:
        raise InputError("unknown-register", f"The registers are {', '.join(KINDS)}.", field="register")
    return _import_register(service, actor, kind, path, as_of, digest_of(path), progress)


@one_transaction
def _import_register(
    c: Transaction,
    service: Service,
    actor: Actor,
    kind: str,
    path: Path,
    as_of: date,
    sha256: str,
    progress: Progress | None,
) -> ImportedRegister:
    same = find_same(c, service, kind, as_of, sha256)
    if same is not None:
        return ImportedRegister(same, is_new=False)
    version_id = registers.next_version_id(c)
    sieve = Sieve(path.name, progress)
    links: list[_Link] = []
    setting = digesting_setting(c, service, kind, as_of, version_id)
    with path.open("rb") as stream:
        pieces = read_lines(kind, stream, file=path.name)
        with (
            closing(map_pieces(prepare_digesting, setting, pieces)) as digested,
            closing(read_ahead(digested)) as ahead,
        ):
            rows = _rows(sieve.sift(ahead, stream), version_id, links)
            with indexed_afterwards(c, count_lines(path)):
                load_ready(c, "register_rows", registers.ROW_COLUMNS, rows)
                sieve.refuse_bad()
    return enter_version(c, service, actor, kind, as_of, sha256, version_id, sieve.good_count, links)


def find_same(
    c: Transaction, service: Service, kind: str, as_of: date, sha256: str
) -> registers.RegisterVersion | None:
    """Give the newest version of a register where it is of this very file, day and key."""
    newest = registers.newest_version(c, kind)
    same = (sha256, as_of.isoformat(), service.index_key.version)
    if newest is not None and (newest.sha256, newest.as_of, newest.key_version) == same:
        return newest
    return None


def digesting_setting(
    c: Transaction, service: Service, kind: str, as_of: date, version_id: int
) -> DigestingSetting:
    """Give what it takes to digest the lines of a version."""
    key = service.index_key
    return DigestingSetting(kind, as_of, version_id, takes_spelled(c), key.version, key.secret)


def enter_version(
    c: Transaction,
    service: Service,
    actor: Actor,
    kind: str,
    as_of: date,
    sha256: str,
    version_id: int,
    rows: int,
    links: Sequence[_Link],
) -> ImportedRegister:
    """Make a version of rows that were loaded under its id in this transaction."""
    load_rows(c, "identity_links", registers.LINK_COLUMNS, links)
    newest = registers.newest_version(c, kind)
    version = registers.RegisterVersion(
        id=version_id,
        kind=kind,
        version=newest.version + 1 if newest else 1,
        sha256=sha256,
        rows=rows,
        as_of=as_of.isoformat(),
        key_version=service.index_key.version,
        imported_at=service.now(),
        imported_by=actor.name,
    )
    registers.insert_version(c, version)
    detail = {
        "kind": kind,
        "version": version.version,
        "sha256": sha256,
        "rows": version.rows,
        "links": len(links),
    }
    record.log(c, service.now(), actor.name, "register-imported", detail=detail)
    return ImportedRegister(version, is_new=True)


def _rows(pieces: Iterator[Prepared], version_id: int, links: list[_Link]) -> Iterator[ReadyRows]:
    """Give the rows to store, and gather the links."""
    for piece in pieces:
        links += [(version_id, *link) for link in piece.links]
        yield piece.rows


def list_registers(service: Service) -> list[registers.RegisterVersion]:
    """List all versions of all registers."""
    with service.database.reading() as c:
        return registers.list_versions(c)
