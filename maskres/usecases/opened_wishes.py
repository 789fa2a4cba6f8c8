"""Opening the seals of those to be placed: their wishes and the digests that bind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from maskres.db import results
from maskres.db.bulk import in_batches, stream
from maskres.db.engine import Transaction
from maskres.db.rounds import Draw, Round
from maskres.errors import CheckFailed
from maskres.formats.keyed import KeyedHash
from maskres.lottery.allocation import Placement
from maskres.lottery.wishes import Wish, write_wishes
from maskres.pickup.codes import CodeMaker, code_digest
from maskres.registration.seals import holder_digest, holder_salt, wish_salt
from maskres.usecases.personal import open_canonical
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

    Raises:
        CheckFailed: "seal-differs" where an entry does not open its own seal: someone altered the database.
    """
    seal_key = KeyedHash(service.keys.round_keys(round_.slug).seal)
    with path.open("wb") as out:
        write_wishes((_opened(service, seal_key, row) for row in _rows(c, round_, draw, numbers)), out)


def _rows(c: Transaction, round_: Round, draw: Draw, numbers: Sequence[str] | None) -> Iterator[Any]:
    if numbers is None:
        yield from stream(c, results.select_wishes(draw.id, round_.id))
    else:
        for some in in_batches(numbers, _NUMBERS_AT_ONCE):
            yield from c.execute(results.select_wishes(draw.id, round_.id, some))


def _opened(service: Service, seal_key: KeyedHash, row: Any) -> Wish:
    canonical = open_canonical(service.cipher, bytes(row.canonical), bytes(row.id_digest))
    wish = Wish(
        number=row.number,
        holder=holder_digest(holder_salt(seal_key, row.number), canonical),
        salt=wish_salt(seal_key, row.number),
        district=row.district,
        reach=row.reach,
        choices=tuple(row.choices.split("|")) if row.choices else (),
    )
    if wish.seal != row.seal:
        raise CheckFailed("seal-differs", f"The wishes of {row.number} are not those that were sealed.")
    return wish


def place_rows(
    service: Service, round_: Round, draw: Draw, placements: Iterable[Placement], batch: int
) -> Iterator[tuple[Any, ...]]:
    """Turn placements into rows for results.insert_places, with the digests of their first codes."""
    maker = CodeMaker(service.keys.round_keys(round_.slug).code, round_.slug, draw.draw)
    lookup = service.keys.deployment.lookup
    for placement in placements:
        if placement.is_placed:
            digest = code_digest(lookup, maker.code(placement.number, 1))
            place = (placement.store, placement.slot, placement.choice, 1, digest)
            yield (draw.id, placement.number, batch, "assigned", *place)
        else:
            yield (draw.id, placement.number, batch, "unplaced", None, None, placement.choice, 1, None)


def count_by_slot(placements: Iterable[Placement]) -> dict[tuple[str, str], int]:
    """Count the placements of each store and slot."""
    return dict(Counter((each.store, each.slot) for each in placements if each.is_placed))
