"""What publishing the places needs of every winner, made beforehand in parts: wishes opened, codes digested.

Both depend on nothing but the winner, and are most of the work; who gets which place does not, and stays with the one
transaction that publishes. What it publishes is the same byte by byte whether they were made beforehand or in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from maskres.db import results, rounds
from maskres.db.bulk import stream
from maskres.db.engine import Transaction
from maskres.lottery.wishes import write_wishes
from maskres.usecases.draw.opened_wishes import opening_setting
from maskres.usecases.draw.unsealing import prepare_opening
from maskres.usecases.service import Service, one_transaction
from maskres.usecases.work.parts import Numbers, Part, cut_numbers, keep_output, open_output

_WISHES, _CODES = "wishes", "codes"


def cut_winners(service: Service, round_slug: str, draw_number: int) -> list[Part]:
    """Cut a draw's winners into parts; none for few, nor on SQLite, which has one host and one writer."""
    if service.database.is_sqlite:
        return []
    with service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, round_slug), draw_number)
        return cut_numbers(results.count_outcomes(c, draw.id).get("won", 0))


@one_transaction
def prepare_winners(
    c: Transaction, service: Service, part_id: str, round_slug: str, draw_number: int, numbers: Numbers
) -> int:
    """Open the wishes of some winners and digest their first codes, for publish_allocation.

    Args:
        c: given by the decorator.
        service: the service.
        part_id: the part that does it.
        round_slug: the round.
        draw_number: its draw, drawn.
        numbers: of the winners.

    Returns:
        How many winners these are.

    Raises:
        CheckFailed: "seal-differs".
    """
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number)
    statement = results.select_wishes(draw.id, round_.id, first=numbers.first, before=numbers.before)
    winners = [tuple(row) for row in stream(c, statement)]
    opened = prepare_opening(opening_setting(service, round_, draw))(winners)
    keep_output(c, service, part_id, _WISHES, opened.lines)
    keep_output(c, service, part_id, _CODES, opened.codes)
    return len(winners)


def write_prepared_wishes(c: Transaction, service: Service, parts: Sequence[str], path: Path) -> bytes:
    """Write wishes.csv of what the parts opened, and give the codes, as opened_wishes.write_opened_wishes does.

    Raises:
        CheckFailed: "part-lost", "personal-data-damaged".
    """
    with path.open("wb") as out:
        write_wishes((), out)
        for part_id in parts:
            out.write(open_output(c, service, part_id, _WISHES))
    return b"".join(open_output(c, service, part_id, _CODES) for part_id in parts)
