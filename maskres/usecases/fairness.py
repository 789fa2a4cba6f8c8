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
    rows = results.pool_with_labels(c, draw.id, round_.id)
    # Both stand in the order of the numbers; the committed tickets count, whatever the verdict became since.
    if [row.number for row in rows] != pool.numbers.astype(str).tolist():
        raise InputError("file-damaged", "The result and the pool do not name the same numbers.", file=FILE)
    drawn = Drawn(
        cells=pool.strata.astype(np.int64) * 100 + pool.tickets,
        ranks=np.array([row.rank for row in rows], dtype=np.int64),
        has_won=np.array([row.outcome == "won" for row in rows], dtype=np.bool_),
    )
    times = np.array([row.registered_at[:19] for row in rows], dtype="datetime64[s]")
    labels = Labels(
        registered_at=times.astype(np.int64),
        districts=[row.district for row in rows],
        ages=[row.age for row in rows],
        sexes=[row.sex for row in rows],
        bases=[row.basis for row in rows],
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
