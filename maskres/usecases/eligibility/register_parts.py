"""A large register imported in parts: its lines digested by several hosts, taken whole or not at all by one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from maskres.db import registers as rows
from maskres.db.bulk import load_ready
from maskres.db.engine import Transaction
from maskres.db.register_index import indexed_afterwards
from maskres.db.tasks import Task
from maskres.eligibility.registers import COLUMNS
from maskres.usecases.eligibility.digesting import prepare_digesting
from maskres.usecases.eligibility.registers import (
    ImportedRegister,
    digesting_setting,
    enter_version,
    find_same,
)
from maskres.usecases.imports import Progress
from maskres.usecases.service import Actor, Service, one_transaction
from maskres.usecases.work.file_parts import (
    cut_lines,
    keep_prepared,
    links_of_parts,
    read_part,
    require_same_key,
    sift_parts,
)
from maskres.usecases.work.parts import Part, rows_of_parts
from maskres.usecases.work.uploads import describe_upload

_DIGEST_BYTES = 16


def cut_register(service: Service, kind: str, path: Path, as_of: date, upload_id: str) -> list[Part]:
    """Cut a register into parts by its lines; none where it stands already, or is of a kind that there is not.

    Raises:
        InputError: "bad-encoding", "bad-header", "line-too-long".
    """
    sha256 = describe_upload(service, upload_id).sha256
    if kind not in COLUMNS or _stands(service, kind, as_of, sha256):
        return []
    given = {"register": kind, "as_of": as_of.isoformat(), "version": _reserve(service)}
    return cut_lines(service, path, COLUMNS[kind], upload_id, given)


def _stands(service: Service, kind: str, as_of: date, sha256: str) -> bool:
    with service.database.reading() as c:
        return find_same(c, service, kind, as_of, sha256) is not None


@one_transaction
def _reserve(c: Transaction, _service: Service) -> int:
    return rows.next_version_id(c)


@one_transaction
def digest_part(c: Transaction, service: Service, part: Task, progress: Progress) -> int:
    """Digest the lines of a part; gives how many of them are good.

    Raises:
        StepRefused: "keys-rotated".
    """
    given = part.payload
    as_of = date.fromisoformat(given["as_of"])
    work = prepare_digesting(digesting_setting(c, service, given["register"], as_of, given["version"]))
    return keep_prepared(c, service, part, map(work, read_part(c, service, part)), progress)


@one_transaction
def take_register(c: Transaction, service: Service, actor: Actor, parts: list[Task]) -> ImportedRegister:
    """Make a version of what the parts of a register digested, as registers.import_register would.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who imports.
        parts: of cut_register, in order, all done.

    Raises:
        ImportRefused: "bad-rows", "mangled-by-spreadsheet".
        ConflictError: "done-elsewhere".
        StepRefused: "keys-rotated".
    """
    given, ids = parts[0].payload, [part.id for part in parts]
    kind, as_of, version_id = given["register"], date.fromisoformat(given["as_of"]), given["version"]
    require_same_key(service, given)
    upload = describe_upload(service, given["upload"])
    same = find_same(c, service, kind, as_of, upload.sha256)
    if same is not None:
        return ImportedRegister(same, is_new=False)
    sieve = sift_parts(c, service, ids, upload.name)
    sieve.refuse_bad()
    with rows_of_parts(service, ids) as blocks, indexed_afterwards(c, sieve.good_count):
        load_ready(c, "register_rows", rows.ROW_COLUMNS, blocks)
    links = [(version_id, *link) for link in links_of_parts(c, service, ids, _DIGEST_BYTES)]
    return enter_version(c, service, actor, kind, as_of, upload.sha256, version_id, sieve.good_count, links)
