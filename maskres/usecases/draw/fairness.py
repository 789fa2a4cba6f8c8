"""The fairness report, published with the places: the operator's statement beside the result."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from maskres.db import files, record, results, rounds
from maskres.db.engine import Transaction
from maskres.errors import InputError
from maskres.formats.csv_columns import IntegerColumn, NumberColumn, SlugColumn, TimeColumn, WordColumn
from maskres.formats.strict_csv import read_table
from maskres.lottery.fairness import Drawn
from maskres.lottery.fairness_report import FILE, Coded, Labels, read_report, write_report
from maskres.lottery.pool import Pool, read_pool
from maskres.lottery.results import OUTCOMES
from maskres.rounds.status import RoundStatus
from maskres.usecases.service import OPEN_SECONDS, Service, may_be_stale

_LABELS = "labels.csv"


@contextmanager
def labels_beside(
    c: Transaction, service: Service, round_: rounds.Round, draw: rounds.Draw, folder: Path
) -> Iterator[None]:
    """Let PostgreSQL write who drew what, by a connection of its own, while the block opens wishes and places winners.

    It was committed with the draw, so another connection reads the same. SQLite writes it in the transaction.

    Args:
        c: a writing transaction.
        service: the service.
        round_: the round.
        draw: one of its draws, drawn in an earlier transaction.
        folder: where publish_fairness finds the file once the block has ended.
    """
    if service.database.is_sqlite:
        results.write_labels(c, draw.id, round_.id, folder / _LABELS)
        yield
        return
    with ThreadPoolExecutor(1) as thread:
        written = thread.submit(_write_labels, service, draw.id, round_.id, folder / _LABELS)
        yield
        written.result()


def _write_labels(service: Service, draw_id: int, round_id: int, path: Path) -> None:
    with service.database.reading() as c:
        results.write_labels(c, draw_id, round_id, path)


def publish_fairness(
    c: Transaction, service: Service, round_: rounds.Round, draw: rounds.Draw, folder: Path
) -> None:
    """Compare winners with pool and publish what comes out, whatever it is.

    Args:
        c: a writing transaction.
        service: the service.
        round_: the round.
        draw: one of its draws that has been drawn.
        folder: with the file of labels_beside, and for files on the way.
    """
    files.fetch_file(c, draw.id, "pool.csv", folder / "pool.csv")
    pool = read_pool(folder / "pool.csv")
    drawn, labels = _read_drawn(folder / _LABELS, pool)
    about = {
        "origin": record.origin(c),
        "round": round_.slug,
        "draw": draw.draw,
        "result_sha256": files.list_files(c, draw.id)["result.csv"].sha256,
    }
    (folder / FILE).write_bytes(write_report(drawn, labels, about=about))
    files.publish_file(c, round_.id, draw.id, FILE, folder / FILE, service.now())


def _read_drawn(path: Path, pool: Pool) -> tuple[Drawn, Labels]:
    """Read the file of results.write_labels."""
    number, rank, outcome = NumberColumn("number"), IntegerColumn("rank", 1), WordColumn("outcome", OUTCOMES)
    at, district = TimeColumn("registered_at"), SlugColumn("district")
    age, basis = SlugColumn("age", may_be_empty=True), SlugColumn("basis", may_be_empty=True)
    sex = WordColumn("sex", ("", "F", "M"))
    read_table(path, path.name, [number, rank, outcome, at, district, age, sex, basis]).finish()
    # Both stand in the order of the numbers; the committed tickets count, whatever the verdict became since.
    if not np.array_equal(number.values, pool.numbers):
        raise InputError("file-damaged", "The result and the pool do not name the same numbers.", file=FILE)
    drawn = Drawn(
        cells=pool.strata.astype(np.int64) * 100 + pool.tickets,
        ranks=rank.values,
        has_won=outcome.codes == OUTCOMES.index("won"),
    )
    seconds = np.array([time.removesuffix("Z") for time in at.names], dtype="datetime64[s]").astype(np.int64)
    labels = Labels(
        registered_at=seconds[at.codes],
        districts=Coded(district.codes, district.names),
        ages=Coded(age.codes, age.names),
        sexes=Coded(sex.codes, sex.names),
        bases=Coded(basis.codes, basis.names),
    )
    return drawn, labels


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
