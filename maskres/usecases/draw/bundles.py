"""The bundle of a draw: everything published about it, for anyone to recompute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from maskres.db import files, record, rounds
from maskres.db.engine import Transaction
from maskres.ledger.bundle import Bundle, write_bundle
from maskres.ledger.bundle_files import BESIDE, VERIFIER, VERIFIER_PATH, find_known
from maskres.ledger.bundle_zip import write_zip
from maskres.ledger.look_up import write_look_up
from maskres.ledger.notes import add_signatures
from maskres.usecases.rounds.steps import keyring_of
from maskres.usecases.service import Service


def export_bundle(
    service: Service, round_slug: str, draw_number: int, folder: Path, *, ledger_size: int | None = None
) -> Bundle:
    """Write the bundle of a draw into a folder.

    Args:
        service: the service.
        round_slug: the round.
        draw_number: the draw.
        folder: where; a bundle that stands there may only have grown.
        ledger_size: how much of the ledger to put in; None for all of it.

    Raises:
        InputError: "unknown-round", "unknown-draw".
        CheckFailed: "file-damaged".
        ConflictError: "published-already".
    """
    with service.database.reading() as c, service.scratch() as scratch:
        round_ = rounds.find_round(c, round_slug)
        draw = rounds.find_draw(c, round_, draw_number)
        contents: dict[str, bytes | Path] = {"rules.json": round_.rules_bytes, VERIFIER: VERIFIER_PATH}
        for name in files.list_files(c, draw.id).keys() - BESIDE:
            find_known(name)
            files.fetch_file(c, draw.id, name, scratch / name)
            contents[name] = scratch / name
        size = record.ledger_size(c) if ledger_size is None else ledger_size
        contents["ledger.jsonl"] = b"".join(line + b"\n" for line in record.ledger_lines(c, size))
        contents |= dict(_checkpoints(c, size))
        return write_bundle(
            folder, contents, round_=round_slug, draw=draw.draw, keys=keyring_of(c, service, round_)
        )


def write_public_files(service: Service, round_slug: str, draw_number: int, bundles: Path) -> Bundle:
    """Write a draw's bundle as folder and zip, and its look-up files, for a web server to hand out.

    Args:
        service: the service.
        round_slug: the round.
        draw_number: the draw.
        bundles: folder of all of them: ROUND/draw-N, ROUND/draw-N.zip, ROUND/look-up-N; a repeat finds the same bytes.

    Raises:
        As export_bundle.
    """
    folder = bundles / round_slug / f"draw-{draw_number}"
    made = export_bundle(service, round_slug, draw_number, folder)
    write_zip(folder, folder.with_suffix(".zip"))
    if (folder / "commitment.json").exists():
        write_look_up(folder, folder.with_name(f"look-up-{draw_number}"))
    return made


def _checkpoints(c: Transaction, size: int) -> Iterator[tuple[str, bytes]]:
    """Give the checkpoints that count: those cosigned, and the last."""
    for checkpoint in record.list_checkpoints(c):
        if checkpoint.size > size:
            return
        cosignatures = record.list_cosignatures(c, checkpoint.size)
        if cosignatures or checkpoint.size == size:
            yield f"checkpoints/{checkpoint.size}", add_signatures(checkpoint.note.encode(), cosignatures)
