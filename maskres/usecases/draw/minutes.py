"""The minutes of a draw from what the service has published."""

from __future__ import annotations

from collections.abc import Callable

from maskres.db import cosigned, files, record, rounds
from maskres.errors import StepRefused
from maskres.formats.values import sha256_hex
from maskres.ledger.bundle_files import BESIDE, VERIFIER_PATH
from maskres.ledger.entries import read_line
from maskres.ledger.minutes import Minutes, write_minutes
from maskres.ledger.note_keys import read_verifier_key
from maskres.usecases.rounds.committed import read_own_commitment
from maskres.usecases.rounds.steps import keyring_of
from maskres.usecases.service import Service


def draw_minutes(
    service: Service, round_slug: str, draw_number: int, address: str, code_of: Callable[[str], str]
) -> str:
    """Write the minutes of a draw as a printable page.

    Args:
        service: the service.
        round_slug: the round.
        draw_number: the draw.
        address: of the bundle.
        code_of: draws an address as an inline SVG.

    Raises:
        InputError: "unknown-round", "unknown-draw".
        StepRefused: "step-out-of-order" before the round has opened.
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        draw = rounds.find_draw(c, round_, draw_number)
        lines = [read_line(line, seq) for seq, line in enumerate(record.ledger_lines(c))]
        latest = record.latest_checkpoint(c)
        if latest is None:
            raise StepRefused("step-out-of-order", "The ledger is empty.")
        published = files.list_files(c, draw.id)
        committed = published.get("commitment.json")
        names = [read_verifier_key(text).name for _role, text in round_.cosigners]
        return write_minutes(
            Minutes(
                round=round_.slug,
                draw=draw.draw,
                keys=keyring_of(c, service, round_),
                entries=[
                    (line, cosigned.cosigned_together_at(c, line.seq, names))
                    for line in lines
                    if line.round == round_.slug and line.draw in (None, draw.draw)
                ],
                size=latest.size,
                root=latest.root,
                commitment=None if committed is None else read_own_commitment(c, draw),
                commitment_sha256=None if committed is None else committed.sha256,
                files={
                    name: (file.sha256, file.entries)
                    for name, file in sorted(published.items())
                    if name not in BESIDE
                },
                verifier_sha256=sha256_hex(VERIFIER_PATH.read_bytes()),
                address=address,
                code=code_of(address),
            )
        )
