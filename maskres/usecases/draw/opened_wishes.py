"""Opening the seals of those to be placed: their wishes and the digests that bind them.

A city's are opened on every core (usecases/processes.py), while the database looks the next ones up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from maskres.db import results
from maskres.db.bulk import in_batches, stream
from maskres.db.engine import Transaction
from maskres.db.rounds import Draw, Round
from maskres.lottery.placements import Placement, Placements
from maskres.lottery.wishes import write_wishes
from maskres.pickup.codes import CodeMaker, code_digest
from maskres.usecases.draw.unsealing import PIECE_ROWS, OpeningSetting, prepare_opening
from maskres.usecases.processes import map_pieces
from maskres.usecases.service import Service

_NUMBERS_AT_ONCE = 5000


def write_opened_wishes(
    c: Transaction,
    service: Service,
    round_: Round,
    draw: Draw,
    path: Path,
    numbers: Sequence[str] | None = None,
) -> None:
    """Write wishes.csv of the winners, or wishes-N.csv of some numbers.

    Args:
        c: a transaction.
        service: the service.
        round_: the round.
        draw: one of its draws.
        path: the file to write.
        numbers: sorted; None for all winners.

    Raises:
        CheckFailed: "seal-differs" where an entry does not open its own seal: someone altered the database.
    """
    setting = opening_setting(service, round_)
    # Each row a plain tuple, which another process can be handed.
    pieces = in_batches(map(tuple, _rows(c, round_, draw, numbers)), PIECE_ROWS)
    with path.open("wb") as out:
        write_wishes((), out)
        for lines in map_pieces(prepare_opening, setting, pieces):
            out.write(lines)


def opening_setting(service: Service, round_: Round) -> OpeningSetting:
    """Give what it takes to open the seals of a round."""
    deployment = service.keys.deployment
    return OpeningSetting(
        service.keys.round_keys(round_.slug).seal, deployment.current_data_version, deployment.data
    )


def _rows(c: Transaction, round_: Round, draw: Draw, numbers: Sequence[str] | None) -> Iterator[Any]:
    if numbers is None:
        yield from stream(c, results.select_wishes(draw.id, round_.id))
    else:
        for some in in_batches(numbers, _NUMBERS_AT_ONCE):
            yield from c.execute(results.select_wishes(draw.id, round_.id, some))


def place_rows(
    service: Service,
    round_: Round,
    draw: Draw,
    placements: Iterable[Placement],
    batch: int,
    digests: Mapping[str, bytes] | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Turn placements into rows for results.insert_places, with the digests of their first codes.

    Args:
        service: the service.
        round_: the round.
        draw: one of its draws.
        placements: whose places.
        batch: by which they were given; 0 for the allocation.
        digests: number → digest of its first code, of those that were made before (winners.py).
    """
    known = digests or {}
    maker = CodeMaker(service.keys.round_keys(round_.slug).code, round_.slug, draw.draw)
    lookup = service.keys.deployment.lookup
    for placement in placements:
        if placement.is_placed:
            digest = known.get(placement.number) or code_digest(lookup, maker.code(placement.number, 1))
            place = (placement.store, placement.slot, placement.choice, 1, digest)
            yield (draw.id, placement.number, batch, "assigned", *place)
        else:
            yield (draw.id, placement.number, batch, "unplaced", None, None, placement.choice, 1, None)


def count_by_slot(placements: Placements) -> dict[tuple[str, str], int]:
    """Count the placements of each store and slot."""
    return dict(Counter((each.store, each.slot) for each in placements if each.is_placed))
