"""The fairness report, published with the places: the operator's statement beside the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from maskres.db import files, record, results, rounds
from maskres.db.engine import Transaction
from maskres.errors import InputError
from maskres.lottery.fairness import Drawn
from maskres.lottery.fairness_report import FILE, Labels, read_report, write_report
from maskres.lottery.pool import read_pool
from maskres.rounds.status import RoundStatus
from maskres.usecases.service import Service


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
    # By columns: going through the rows once for each of them takes longer than the tests.
    columns = list(zip(*results.pool_with_labels(c, draw.id, round_.id), strict=True)) or [()] * 8
    numbers, ranks, outcomes, registered_at, districts, ages, sexes, bases = map(list, columns)
    # Both stand in the order of the numbers; the committed tickets count, whatever the verdict became since.
    if numbers != pool.numbers.astype(str).tolist():
        raise InputError("file-damaged", "The result and the pool do not name the same numbers.", file=FILE)
    drawn = Drawn(
        cells=pool.strata.astype(np.int64) * 100 + pool.tickets,
        ranks=np.array(ranks, dtype=np.int64),
        has_won=np.array([outcome == "won" for outcome in outcomes], dtype=np.bool_),
    )
    times = np.array([at[:19] for at in registered_at], dtype="datetime64[s]")
    labels = Labels(
        registered_at=times.astype(np.int64),
        districts=districts,
        ages=ages,
        sexes=sexes,
        bases=bases,
    )
    about = {
        "origin": record.origin(c),
        "round": round_.slug,
        "draw": draw.draw,
        "result_sha256": files.list_files(c, draw.id)["result.csv"].sha256,
    }
    (folder / FILE).write_bytes(write_report(drawn, labels, about=about))
    files.publish_file(c, round_.id, draw.id, FILE, folder / FILE, service.now())


def show_fairness(service: Service, round_slug: str, draw_number: int) -> tuple[rounds.Round, dict[str, Any]]:
    """Give the round and the report of a draw, as everybody may read it.

    Raises:
        InputError: "unknown-round", "unknown-draw", "not-published".
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        if round_.status is RoundStatus.DRAFT:
            raise InputError("unknown-round", f"There is no round {round_slug!r:.50}.", field="round")
        draw = rounds.find_draw(c, round_, draw_number)
        return round_, read_report(files.fetch_bytes(c, draw.id, FILE))
