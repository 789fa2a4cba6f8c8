"""The fairness report, published with the places: the operator's statement beside the result."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from maskres.db import files, record, results, rounds
from maskres.db.bulk import in_batches
from maskres.db.engine import Transaction
from maskres.errors import InputError
from maskres.lottery.fairness import Drawn
from maskres.lottery.fairness_report import FILE, Labels, read_report, write_report
from maskres.lottery.pool import Pool, read_pool
from maskres.rounds.status import RoundStatus
from maskres.usecases.service import OPEN_SECONDS, Service, may_be_stale

_ROWS_AT_ONCE = 20_000
_NO_NUMBERS = np.empty(0, dtype="S12")
_NO_INTEGERS = np.empty(0, dtype=np.int64)


def publish_fairness(
    c: Transaction, service: Service, round_: rounds.Round, draw: rounds.Draw, folder: Path
) -> None:
    """Compare winners with pool and publish what comes out, whatever it is.

    Args:
        c: a writing transaction.
        service: the service.
        round_: the round.
        draw: one of its draws that has been drawn.
        folder: for files on the way.
    """
    files.fetch_file(c, draw.id, "pool.csv", folder / "pool.csv")
    pool = read_pool(folder / "pool.csv")
    drawn, labels = _read_drawn(results.pool_with_labels(c, draw.id, round_.id), pool)
    about = {
        "origin": record.origin(c),
        "round": round_.slug,
        "draw": draw.draw,
        "result_sha256": files.list_files(c, draw.id)["result.csv"].sha256,
    }
    (folder / FILE).write_bytes(write_report(drawn, labels, about=about))
    files.publish_file(c, round_.id, draw.id, FILE, folder / FILE, service.now())


def _read_drawn(rows: Iterable[Any], pool: Pool) -> tuple[Drawn, Labels]:
    """Take rows of results.pool_with_labels column by column, some at a time: a city's, all at once, are a gigabyte."""
    numbers, ranks, has_won, registered_at = [_NO_NUMBERS], [_NO_INTEGERS], [_NO_INTEGERS], [_NO_INTEGERS]
    districts: list[str | None] = []
    ages: list[int | None] = []
    sexes: list[str | None] = []
    bases: list[str | None] = []
    for some in in_batches(rows, _ROWS_AT_ONCE):
        number, rank, outcome, at, district, age, sex, basis = zip(*some, strict=True)
        numbers.append(np.array(number, dtype="S12"))
        ranks.append(np.array(rank, dtype=np.int64))
        has_won.append(np.array([each == "won" for each in outcome], dtype=np.int64))
        registered_at.append(np.array([each[:19] for each in at], dtype="datetime64[s]").astype(np.int64))
        # One text for all who share it.
        districts += map(_shared, district)
        ages += age
        sexes += map(_shared, sex)
        bases += map(_shared, basis)
    # Both stand in the order of the numbers; the committed tickets count, whatever the verdict became since.
    if not np.array_equal(np.concatenate(numbers), pool.numbers):
        raise InputError("file-damaged", "The result and the pool do not name the same numbers.", file=FILE)
    drawn = Drawn(
        cells=pool.strata.astype(np.int64) * 100 + pool.tickets,
        ranks=np.concatenate(ranks),
        has_won=np.concatenate(has_won).astype(np.bool_),
    )
    labels = Labels(
        registered_at=np.concatenate(registered_at), districts=districts, ages=ages, sexes=sexes, bases=bases
    )
    return drawn, labels


def _shared(text: str | None) -> str | None:
    return None if text is None else sys.intern(text)


@may_be_stale(OPEN_SECONDS)
def show_fairness(
    c: Transaction, service: Service, round_slug: str, draw_number: int
) -> tuple[rounds.Round, dict[str, Any]]:
    """Give the round and the report of a draw, as everybody may read it.

    Raises:
        InputError: "unknown-round", "unknown-draw", "not-published".
    """
    round_ = rounds.find_round(c, round_slug)
    if round_.status is RoundStatus.DRAFT:
        raise InputError("unknown-round", f"There is no round {round_slug!r:.50}.", field="round")
    draw = rounds.find_draw(c, round_, draw_number)
    return round_, read_report(files.fetch_bytes(c, draw.id, FILE))
