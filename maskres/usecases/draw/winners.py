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
from maskres.pickup.codes import DIGEST_LENGTH, CodeMaker, code_digest
from maskres.usecases.draw.opened_wishes import opening_setting
from maskres.usecases.draw.unsealing import prepare_opening
from maskres.usecases.service import Service, one_transaction
from maskres.usecases.work.parts import Numbers, Part, cut_numbers, keep_output, open_output

_WISHES, _CODES = "wishes", "codes"
_NUMBER_BYTES = 12
_CODE_BYTES = _NUMBER_BYTES + DIGEST_LENGTH


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
    keep_output(c, service, part_id, _WISHES, prepare_opening(opening_setting(service, round_))(winners))
    maker = CodeMaker(service.keys.round_keys(round_slug).code, round_slug, draw_number)
    lookup = service.keys.deployment.lookup
    codes = [number.encode() + code_digest(lookup, maker.code(number, 1)) for number, *_sealed in winners]
    keep_output(c, service, part_id, _CODES, b"".join(codes))
    return len(winners)


def write_prepared_wishes(c: Transaction, service: Service, parts: Sequence[str], path: Path) -> None:
    """Write wishes.csv of what the parts opened.

    Raises:
        CheckFailed: "part-lost", "personal-data-damaged".
    """
    with path.open("wb") as out:
        write_wishes((), out)
        for part_id in parts:
            out.write(open_output(c, service, part_id, _WISHES))


def read_prepared_codes(c: Transaction, service: Service, parts: Sequence[str]) -> dict[str, bytes]:
    """Give the digests of the first codes that the parts made, by number. Raises as write_prepared_wishes."""
    found: dict[str, bytes] = {}
    for part_id in parts:
        codes = open_output(c, service, part_id, _CODES)
        for code in (codes[at : at + _CODE_BYTES] for at in range(0, len(codes), _CODE_BYTES)):
            found[code[:_NUMBER_BYTES].decode()] = code[_NUMBER_BYTES:]
    return found
