"""Registering a whole file from counters or community workers: taken whole or not at all.

Staff have seen the cards, so a line for somebody registered already changes their wishes; who had withdrawn is
back. The last line of a document counts, and of a person; the number follows from the document that came first.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from maskres.db import bulk_registrations as bulk
from maskres.db import people, record, rounds
from maskres.db.bulk import takes_spelled
from maskres.db.engine import Transaction
from maskres.db.filling import filled_before_indexed
from maskres.db.locks import lock_registering
from maskres.db.registration_files import find_file, insert_file
from maskres.formats.values import format_time
from maskres.registration.bulk_file import read_lines
from maskres.registration.seals import Reach, Wishes, make_seal
from maskres.usecases.imports import Progress, Sieve, digest_of
from maskres.usecases.keeping.rotating import require_rotated
from maskres.usecases.personal import open_canonical
from maskres.usecases.processes import map_pieces
from maskres.usecases.registration.registering import free_number, require_open_draw
from maskres.usecases.registration.sealing import SealingSetting, prepare_sealing, with_chance
from maskres.usecases.service import Actor, Service, one_transaction


@dataclass(frozen=True, slots=True)
class ImportedRegistrations:
    """What a file of registrations came to.

    Attributes:
        rows: lines of the file.
        created: people registered by it.
        changed: people registered before, whose wishes it changed; repeats within the file included.
        is_new: False where the same file was taken before: then nothing was done.
    """

    rows: int
    created: int
    changed: int
    is_new: bool


def import_registrations(
    service: Service, actor: Actor, round_slug: str, path: Path, *, progress: Progress | None = None
) -> ImportedRegistrations:
    """Import an office file of registrations.

    Args:
        service: the service.
        actor: the staff account that hands it in.
        round_slug: the round.
        path: the file.
        progress: told how far it is.

    Raises:
        InputError: "unknown-round", "bad-encoding", "bad-header".
        ImportRefused: "bad-rows", "mangled-by-spreadsheet".
        StepRefused: "registration-closed".
    """
    return _import(service, actor, round_slug, path, digest_of(path), progress)


@one_transaction
def _import(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    path: Path,
    sha256: str,
    progress: Progress | None,
) -> ImportedRegistrations:
    round_ = rounds.find_round(c, round_slug)
    taken = find_taken(c, service, round_, sha256)
    if taken is not None:
        return taken
    sieve = Sieve(path.name, progress)
    setting = sealing_setting(c, service, round_, service.now().date())
    with path.open("rb") as stream:
        pieces = with_chance(read_lines(stream, file=path.name), service.random_bytes)
        with closing(map_pieces(prepare_sealing, setting, pieces)) as sealed:
            bulk.stage(c, (piece.rows for piece in sieve.sift(sealed, stream)))
    sieve.refuse_bad()
    return take_file(c, service, actor, round_, sha256, sieve.good_count)


def find_taken(
    c: Transaction, service: Service, round_: rounds.Round, sha256: str
) -> ImportedRegistrations | None:
    """Give what a file came to where it was taken before; else make sure that one can be taken now.

    Raises:
        StepRefused: "registration-closed", and as require_rotated.
    """
    taken = find_file(c, round_.id, sha256)
    if taken is not None:
        return ImportedRegistrations(taken.rows, taken.created, taken.changed, is_new=False)
    require_open_draw(c, round_)
    require_rotated(c, service)
    return None


def take_file(
    c: Transaction, service: Service, actor: Actor, round_: rounds.Round, sha256: str, staged: int
) -> ImportedRegistrations:
    """Make registrations of a file whose lines, so many, stand staged in this transaction.

    Raises:
        StepRefused: "registration-closed".
    """
    now = service.now()
    # From here on alone: who registers on line at this moment would be taken for somebody else.
    lock_registering(c, round_.id, is_exclusive=True)
    draw = require_open_draw(c, round_)
    repeats = bulk.drop_repeats(c)
    bulk.resolve_persons(c)
    created, changed = take_staged(c, service, actor, round_, draw)
    insert_file(
        c, round_.id, sha256, rows=staged, created=created, changed=changed + repeats, at=now, by=actor.name
    )
    detail = {"sha256": sha256, "rows": staged, "created": created, "changed": changed + repeats}
    record.log(
        c, now, actor.name, "registrations-imported", round_slug=round_.slug, draw=draw.draw, detail=detail
    )
    return ImportedRegistrations(staged, created, changed + repeats, is_new=True)


def take_staged(
    c: Transaction, service: Service, actor: Actor, round_: rounds.Round, draw: rounds.Draw
) -> tuple[int, int]:
    """Make registrations of the staged lines, whose persons are resolved; gives how many were created and changed."""
    version = service.index_key.version
    values = {
        "now": format_time(service.now()),
        "draw": draw.draw,
        "ledger_size": record.ledger_size(c),
        "actor": actor.name,
        "key_version": version,
    }
    special = bulk.special_lines(c, round_.id)
    with filled_before_indexed(c, bulk.count_staged(c)) as is_filling:
        bulk.insert_new_persons(c, version, service.cipher.current, is_by_document=is_filling)
        bulk.remove_lines(c, [row.line for row in special])
        changed = bulk.change_registered(c, round_.id, values)
        created = bulk.insert_registrations(c, round_.id, values)
    for row in special:
        if row.is_superseded:
            changed += 1
            continue
        is_created = _take_special(c, service, round_, row, values)
        created += is_created
        changed += not is_created
    return created, changed


def sealing_setting(c: Transaction, service: Service, round_: rounds.Round, today: date) -> SealingSetting:
    """Give what it takes to seal the lines of a round's file; nobody in it is born after today."""
    keys, deployment = service.keys.round_keys(round_.slug), service.keys.deployment
    return SealingSetting(
        districts=frozenset(round_.rules.districts),
        stores=frozenset(rounds.store_districts(c, round_.id)),
        today=today,
        reference_date=round_.rules.reference_date,
        number_key=keys.number,
        seal_key=keys.seal,
        index_version=service.index_key.version,
        index_secret=service.index_key.secret,
        data_version=service.cipher.current,
        data_keys=dict(deployment.data),
        is_spelled=takes_spelled(c),
    )


def _take_special(
    c: Transaction, service: Service, round_: rounds.Round, row: Any, values: dict[str, Any]
) -> bool:
    """Take a line that is a repeat under another document, or whose number is another's; tells whether created."""
    keys = service.keys.round_keys(round_.slug)
    wishes = Wishes(row.district, Reach(row.reach), tuple(row.choices.split("|")) if row.choices else ())
    now = service.now()
    stamp = {
        "district": row.district,
        "reach": row.reach,
        "choices": row.choices,
        "is_keeping": bool(row.is_keeping),
        "changed_at": now,
        "draw": values["draw"],
        "ledger_size": values["ledger_size"],
        "entered_by": values["actor"],
    }
    standing = people.registration_of_person(c, round_.id, row.person_id)
    if standing is not None:
        sealed_id = people.document_of(c, standing.id_digest)
        canonical = open_canonical(service.cipher, sealed_id, standing.id_digest)
        stamp |= {"seal": make_seal(keys.seal, standing.number, canonical, wishes), "status": "standing"}
        if standing.id_digest == bytes(row.id_digest):
            stamp |= _personal(row)
        people.update_registration(c, standing, stamp)
        return False
    canonical = open_canonical(service.cipher, bytes(row.canonical), bytes(row.id_digest))
    number = free_number(c, round_.id, keys.number, canonical, bytes(row.id_digest))
    people.insert_registration(
        c,
        stamp
        | _personal(row)
        | {
            "round_id": round_.id,
            "number": number,
            "person_id": row.person_id,
            "key_version": service.index_key.version,
            "id_digest": row.id_digest,
            "seal": make_seal(keys.seal, number, canonical, wishes),
            "registered_at": now,
        },
    )
    return True


def _personal(row: Any) -> dict[str, Any]:
    """Give the columns of a staged line that say who it is."""
    names = ("name_digest", "phone_digest", "contact", "age", "sex", "for_whom")
    return {name: getattr(row, name) for name in names}
