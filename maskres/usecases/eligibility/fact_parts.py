"""Facts of a very large draw gathered in parts, each by a connection of its own: one statement keeps one core busy."""

from __future__ import annotations

from collections.abc import Mapping

from maskres.db import deciding as rows
from maskres.db import gathering, rounds
from maskres.db.bulk import make_ready
from maskres.db.engine import Transaction
from maskres.db.tasks import Task
from maskres.rounds.status import DrawStatus
from maskres.usecases.eligibility.deciding import GatheredFacts, bases_of, pick_versions, question_of
from maskres.usecases.service import Service, one_transaction
from maskres.usecases.work.parts import ROWS, Part, cut_numbers, keep_output, numbers_of

#: More than a city: for that many one statement is quicker than waiting for parts (ADR 0039).
ENTRIES_A_PART = 2_500_000


def cut_entries(
    service: Service, round_slug: str, draw_number: int, versions: Mapping[str, int] | None
) -> list[Part]:
    """Cut a draw's entries into parts; none for a city's, nor where the draw was decided before.

    Raises:
        StepRefused: "missing-register", "old-index-key".
        InputError: "unknown-version", "unknown-register".
    """
    if service.database.is_sqlite:
        return []
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        draw = rounds.find_draw(c, round_, draw_number)
        if draw.status is not DrawStatus.CLOSED:
            return []
        parts = cut_numbers(rows.count_entries(c, draw.id), ENTRIES_A_PART)
        if not parts:
            return []
        pinned = pick_versions(c, round_.rules, versions or {}, service.index_key.version)
    service.database.write(gathering.count_again)
    told = {"versions": {each.kind: each.version for each in pinned.values()}}
    return [Part({**part.payload, **told}, part.size) for part in parts]


@one_transaction
def gather_part(c: Transaction, service: Service, part: Task, round_slug: str, draw_number: int) -> None:
    """Gather the facts of a part's entries."""
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number)
    pinned = pick_versions(c, round_.rules, part.payload["versions"], service.index_key.version)
    numbers = numbers_of(part)
    found = gathering.stream_facts(
        c,
        draw.id,
        round_.id,
        bases_of(round_.rules, pinned),
        **question_of(round_, draw, service.now()),
        first=numbers.first,
        before=numbers.before,
    )
    blocks = [block for block in make_ready(c, found) if isinstance(block, bytes)]
    keep_output(c, service, part.id, ROWS, b"".join(blocks))


def gathered_by(parts: list[Task]) -> GatheredFacts | None:
    """Give what the parts gathered, for deciding.decide_draw; None where there were none."""
    if not parts:
        return None
    return GatheredFacts([part.id for part in parts], parts[0].payload["versions"])
