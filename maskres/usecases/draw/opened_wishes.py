"""Opening the seals of those to be placed: their wishes and the digests that bind them.

A city's are opened on every core (usecases/processes.py), while the database looks the next ones up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from maskres.db import results
from maskres.db.bulk import in_batches, stream
from maskres.db.engine import Transaction
from maskres.db.rounds import Draw, Round
from maskres.lottery.wishes import write_wishes
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
) -> bytes:
    """Write wishes.csv of the winners, or wishes-N.csv of some numbers.

    Args:
        c: a transaction.
        service: the service.
        round_: the round.
        draw: one of its draws.
        path: the file to write.
        numbers: sorted; None for all winners.

    Returns:
        The digests of their first codes, as unsealing.Opened has them.

    Raises:
        CheckFailed: "seal-differs" where an entry does not open its own seal: someone altered the database.
    """
    setting = opening_setting(service, round_, draw)
    # Each row a plain tuple, which another process can be handed.
    pieces = in_batches(map(tuple, _rows(c, round_, draw, numbers)), PIECE_ROWS)
    with path.open("wb") as out:
        write_wishes((), out)
        codes = []
        for opened in map_pieces(prepare_opening, setting, pieces):
            out.write(opened.lines)
            codes.append(opened.codes)
    return b"".join(codes)


def opening_setting(service: Service, round_: Round, draw: Draw) -> OpeningSetting:
    """Give what it takes to open the seals of a draw's entries and to make their codes."""
    deployment, keys = service.keys.deployment, service.keys.round_keys(round_.slug)
    return OpeningSetting(
        seal_key=keys.seal,
        data_version=deployment.current_data_version,
        data_keys=deployment.data,
        round=round_.slug,
        draw=draw.draw,
        code_key=keys.code,
        lookup_key=deployment.lookup,
    )


def _rows(c: Transaction, round_: Round, draw: Draw, numbers: Sequence[str] | None) -> Iterator[Any]:
    if numbers is None:
        yield from stream(c, results.select_wishes(draw.id, round_.id))
    else:
        for some in in_batches(numbers, _NUMBERS_AT_ONCE):
            yield from c.execute(results.select_wishes(draw.id, round_.id, some))
