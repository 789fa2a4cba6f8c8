"""Registering a whole file from counters or community workers: taken whole or not at all.

Staff have seen the cards, so a line for somebody registered already changes their wishes; who had withdrawn is
back. The last line of a document counts, and of a person; the number follows from the document that came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from maskres.db import bulk_registrations as bulk
from maskres.db import filling, people, record, rounds
from maskres.db.bulk import takes_spelled
from maskres.db.engine import Transaction
from maskres.db.locks import lock_registering
from maskres.db.registration_files import find_file, insert_file
from maskres.formats.values import format_time
from maskres.registration.bulk_file import read_lines
from maskres.registration.seals import Reach, Wishes, make_seal
from maskres.usecases.imports import Progress, Sieve, count_lines, digest_of
from maskres.usecases.keeping.rotating import require_rotated
from maskres.usecases.personal import open_canonical
from maskres.usecases.processes import map_pieces, read_ahead
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
    is_filling = filling.is_worth_filling(c, count_lines(path))
    setting = sealing_setting(c, service, round_, service.now().date(), is_filling=is_filling)
    with path.open("rb") as stream:
        pieces = with_chance(read_lines(stream, file=path.name), service.random_bytes)
        with (
            closing(map_pieces(prepare_sealing, setting, pieces)) as sealed,
            closing(read_ahead(sealed)) as ahead,
        ):
            good = sieve.sift(ahead, stream)
            if is_filling:
                tables = (piece.tables for piece in good)
                return fill_tables(c, service, actor, round_, sha256, tables, sieve)
            bulk.stage(c, (piece.rows for piece in good))
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


def fill_tables(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_: rounds.Round,
    sha256: str,
    pieces: Iterable[Sequence[bytes]],
    sieve: Sieve,
) -> ImportedRegistrations:
    """Make registrations of a large file's lines while they are being sealed.

    Args:
        c: a writing transaction.
        service: the service.
        actor: who hands the file in.
        round_: the round.
        sha256: of the file.
        pieces: of the file's lines, as filling.fill takes them.
        sieve: knows of the bad lines, once the pieces have been read.

    Raises:
        StepRefused: "registration-closed".
        ImportRefused: as Sieve.refuse_bad.
    """
    lock_registering(c, round_.id, is_exclusive=True)
    stamp = _stamp(c, service, actor, require_open_draw(c, round_))
    with filling.unindexed(c):
        lines = filling.fill(c, round_.id, service.cipher.current, stamp, pieces)
        sieve.refuse_bad()
        alone = filling.set_apart(c, round_.id, lines)
        repeats = bulk.drop_repeats(c)
        bulk.resolve_persons(c, filling.KNOWN)
        taken = _take_alike(c, service, round_, stamp, filling.KNOWN)
    taken = taken._replace(created=taken.created + alone, changed=taken.changed + repeats)
    return _enter_file(c, service, round_, sha256, sieve.good_count, taken, stamp)


def take_file(
    c: Transaction, service: Service, actor: Actor, round_: rounds.Round, sha256: str, staged: int
) -> ImportedRegistrations:
    """Make registrations of a file whose lines, so many, stand staged in this transaction.

    Raises:
        StepRefused: "registration-closed".
    """
    # From here on alone: who registers on line at this moment would be taken for somebody else.
    lock_registering(c, round_.id, is_exclusive=True)
    stamp = _stamp(c, service, actor, require_open_draw(c, round_))
    repeats = bulk.drop_repeats(c)
    bulk.resolve_persons(c)
    taken = _take_alike(c, service, round_, stamp)
    taken = taken._replace(changed=taken.changed + repeats)
    return _enter_file(c, service, round_, sha256, staged, taken, stamp)


def take_staged(
    c: Transaction, service: Service, actor: Actor, round_: rounds.Round, draw: rounds.Draw
) -> int:
    """Make registrations of staged lines that are no file's, whose persons are known; gives how many were created."""
    stamp = _stamp(c, service, actor, draw)
    taken = _take_alike(c, service, round_, stamp)
    return taken.created + _take_left(c, service, round_, taken.left, stamp)


class _Taken(NamedTuple):
    """What staged lines came to: people registered and changed, and the lines that are left to be taken one by one."""

    created: int
    changed: int
    left: list[Any]


def _take_alike(
    c: Transaction,
    service: Service,
    round_: rounds.Round,
    stamp: dict[str, Any],
    standing: bulk.Standing = bulk.TABLES,
) -> _Taken:
    """Make registrations of the staged lines, whose persons are resolved, but for those that need a look each."""
    special = bulk.special_lines(c, round_.id, standing)
    bulk.insert_new_persons(c, stamp["key_version"], service.cipher.current, standing)
    bulk.remove_lines(c, [row.line for row in special])
    changed = bulk.change_registered(c, round_.id, stamp, standing)
    return _Taken(bulk.insert_registrations(c, round_.id, stamp, standing), changed, special)


def _take_left(
    c: Transaction, service: Service, round_: rounds.Round, left: list[Any], stamp: dict[str, Any]
) -> int:
    """Take lines one by one; gives how many people were registered by them, the others being changes."""
    return sum(_take_line(c, service, round_, row, stamp) for row in left if not row.is_superseded)


def _enter_file(
    c: Transaction,
    service: Service,
    round_: rounds.Round,
    sha256: str,
    rows: int,
    taken: _Taken,
    stamp: dict[str, Any],
) -> ImportedRegistrations:
    """Take the lines that are left of a file, and note it as taken."""
    made = _take_left(c, service, round_, taken.left, stamp)
    created, changed = taken.created + made, taken.changed + len(taken.left) - made
    now, by = service.now(), stamp["actor"]
    insert_file(c, round_.id, sha256, rows=rows, created=created, changed=changed, at=now, by=by)
    detail = {"sha256": sha256, "rows": rows, "created": created, "changed": changed}
    record.log(
        c, now, by, "registrations-imported", round_slug=round_.slug, draw=stamp["draw"], detail=detail
    )
    return ImportedRegistrations(rows, created, changed, is_new=True)


def _stamp(c: Transaction, service: Service, actor: Actor, draw: rounds.Draw) -> dict[str, Any]:
    """Give what is the same in all registrations that one file makes."""
    return {
        "now": format_time(service.now()),
        "draw": draw.draw,
        "ledger_size": record.ledger_size(c),
        "actor": actor.name,
        "key_version": service.index_key.version,
    }


def sealing_setting(
    c: Transaction, service: Service, round_: rounds.Round, today: date, *, is_filling: bool
) -> SealingSetting:
    """Give what it takes to seal the lines of a round's file, which may fill the tables; nobody is born after today."""
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
        is_filling=is_filling,
    )


def _take_line(
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
