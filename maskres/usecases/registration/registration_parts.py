"""A large file of registrations taken in parts: its lines sealed by several hosts, taken whole or not at all by one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from maskres.db import bulk_registrations as bulk
from maskres.db import rounds
from maskres.db.engine import Transaction
from maskres.db.filling import FILLED, is_worth_filling
from maskres.db.tasks import Task
from maskres.registration.bulk_file import REGISTRATION_COLUMNS
from maskres.usecases.imports import Progress, count_lines
from maskres.usecases.registration.bulk_registering import (
    ImportedRegistrations,
    fill_tables,
    find_taken,
    sealing_setting,
    take_file,
)
from maskres.usecases.registration.sealing import prepare_sealing, with_chance
from maskres.usecases.service import Actor, Service, one_transaction
from maskres.usecases.work.file_parts import (
    cut_lines,
    keep_prepared,
    read_part,
    require_same_key,
    sift_parts,
)
from maskres.usecases.work.parts import Part, rows_of_parts, tables_of_parts
from maskres.usecases.work.uploads import describe_upload


def cut_registrations(service: Service, round_slug: str, path: Path, upload_id: str) -> list[Part]:
    """Cut a file of registrations into parts by its lines; none where it was taken before.

    Raises:
        InputError: "unknown-round", "bad-encoding", "bad-header", "line-too-long".
        StepRefused: "registration-closed".
    """
    sha256 = describe_upload(service, upload_id).sha256
    with service.database.reading() as c:
        if find_taken(c, service, rounds.find_round(c, round_slug), sha256) is not None:
            return []
        is_filling = is_worth_filling(c, count_lines(path))
    given = {"today": service.now().date().isoformat(), "is_filling": is_filling}
    return cut_lines(service, path, REGISTRATION_COLUMNS, upload_id, given)


@one_transaction
def seal_part(c: Transaction, service: Service, part: Task, round_slug: str, progress: Progress) -> int:
    """Seal the lines of a part; gives how many of them are good.

    Raises:
        StepRefused: "keys-rotated".
    """
    today = date.fromisoformat(part.payload["today"])
    round_ = rounds.find_round(c, round_slug)
    setting = sealing_setting(c, service, round_, today, is_filling=part.payload.get("is_filling", False))
    pieces = with_chance(read_part(c, service, part), service.random_bytes)
    return keep_prepared(c, service, part, map(prepare_sealing(setting), pieces), progress)


@one_transaction
def take_registrations(
    c: Transaction, service: Service, actor: Actor, round_slug: str, parts: list[Task]
) -> ImportedRegistrations:
    """Take what the parts of a file sealed, as bulk_registering.import_registrations would.

    Args:
        c: given by the decorator.
        service: the service.
        actor: the staff account that handed it in.
        round_slug: the round.
        parts: of cut_registrations, in order, all done.

    Raises:
        ImportRefused: "bad-rows", "mangled-by-spreadsheet".
        StepRefused: "registration-closed", "keys-rotated".
    """
    given, ids = parts[0].payload, [part.id for part in parts]
    require_same_key(service, given)
    upload = describe_upload(service, given["upload"])
    round_ = rounds.find_round(c, round_slug)
    taken = find_taken(c, service, round_, upload.sha256)
    if taken is not None:
        return taken
    sieve = sift_parts(c, service, ids, upload.name)
    sieve.refuse_bad()
    if given.get("is_filling", False):
        with tables_of_parts(service, ids, 1 + len(FILLED)) as pieces:
            return fill_tables(c, service, actor, round_, upload.sha256, pieces, sieve)
    with rows_of_parts(service, ids) as blocks:
        bulk.stage(c, blocks)
    return take_file(c, service, actor, round_, upload.sha256, sieve.good_count)
