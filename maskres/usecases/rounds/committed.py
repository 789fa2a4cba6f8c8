"""What a draw's commitment says, and since when notary and witness have vouched for its steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from maskres.db import cosigned, files, record, rounds
from maskres.db.engine import Transaction
from maskres.errors import StepRefused
from maskres.formats.values import format_time
from maskres.ledger.body_shapes import Kind
from maskres.ledger.commitment import LEAD, Commitment, read_commitment
from maskres.ledger.entries import Entry, is_milestone, read_line
from maskres.ledger.note_keys import read_verifier_key
from maskres.lottery.source_values import MISSING
from maskres.lottery.sources import DeclaredSource, Dice, Drand, Network, known_at
from maskres.rounds.status import DrawStatus


def read_own_commitment(c: Transaction, draw: rounds.Draw) -> Commitment:
    """Read the commitment of a draw.

    Raises:
        InputError: "not-published" where there is no commitment yet.
    """
    return read_commitment(files.fetch_bytes(c, draw.id, "commitment.json"))


def committed_sources(c: Transaction, draw: rounds.Draw) -> tuple[DeclaredSource, ...]:
    """Give the sources that a draw's commitment declares. Raises as read_own_commitment."""
    return read_own_commitment(c, draw).sources


def cosigned_at(c: Transaction, round_: rounds.Round, draw_number: int, kind: Kind) -> datetime | None:
    """Give when a draw's newest entry of a kind first stood in a checkpoint cosigned by notary and witness.

    Returns:
        When the second of them had signed, by their clocks; None where there is no entry or no such checkpoint yet.
    """
    found = cosigned.find_entry(c, kind, round_.slug, draw_number)
    if found is None:
        return None
    return cosigned.cosigned_together_at(c, found[0], _cosigners(round_))


def cosign_commitment_by(sources: Sequence[DeclaredSource]) -> datetime:
    """Give until when notary and witness must both have cosigned a commitment: ten minutes before its first source.

    Source: spec E8.
    """
    return min(known_at(source) for source in sources) - LEAD


def require_cosigned_commitment(c: Transaction, round_: rounds.Round, draw: rounds.Draw) -> datetime:
    """Refuse to go on from a commitment that notary and witness have not vouched for in time.

    Returns:
        When the second of them had cosigned it.

    Raises:
        StepRefused: "commitment-not-cosigned", "commitment-cosigned-late".

    Source: spec E8.
    """
    vouched_at = cosigned_at(c, round_, draw.draw, Kind.DRAW_COMMITTED)
    due = cosign_commitment_by(committed_sources(c, draw))
    if vouched_at is None:
        raise StepRefused(
            "commitment-not-cosigned",
            f"Notary and witness must both cosign the commitment, by {format_time(due)}.",
        )
    if vouched_at > due:
        raise StepRefused(
            "commitment-cosigned-late",
            f"The commitment was cosigned at {format_time(vouched_at)}; it had to be by {format_time(due)}.",
        )
    return vouched_at


def require_cosigned_dice(c: Transaction, round_: rounds.Round, draw: rounds.Draw) -> None:
    """Refuse to go on from rolls that notary and witness have not vouched for in time.

    Where a beacon is declared they must have by the dice's own time, before the beacon is known; without one there is
    no such time. Nothing is asked of dice that are missing.

    Raises:
        StepRefused: "dice-not-cosigned", "dice-cosigned-late".

    Source: spec E9, E11.
    """
    sources = committed_sources(c, draw)
    dice = next((source for source in sources if isinstance(source, Dice)), None)
    if dice is None or draw.dice is None or draw.dice == MISSING:
        return
    vouched_at = cosigned_at(c, round_, draw.draw, Kind.DICE)
    has_beacon = len(sources) > 1
    if vouched_at is None:
        until = f", by {format_time(dice.by)}" if has_beacon else ""
        raise StepRefused("dice-not-cosigned", f"Notary and witness must both cosign the dice{until}.")
    if has_beacon and vouched_at > dice.by:
        raise StepRefused(
            "dice-cosigned-late",
            f"The dice were cosigned at {format_time(vouched_at)}; they had to be by {format_time(dice.by)}.",
        )


def lacking_cosignatures(c: Transaction, round_: rounds.Round, draw_number: int) -> list[Entry]:
    """List the milestones of a draw and its round that stand in no checkpoint cosigned by notary and witness yet.

    Source: spec E2, E16.
    """
    held = cosigned.newest_size_together(c, _cosigners(round_))
    return [entry for entry in _milestones(c, round_, draw_number) if entry.seq >= held]


def newest_cosigned_at(c: Transaction, round_: rounds.Round, draw_number: int) -> datetime | None:
    """Give since when the newest step of a draw that notary and witness have both cosigned is cosigned.

    Source: spec E2.
    """
    names = _cosigners(round_)
    held = cosigned.newest_size_together(c, names)
    seqs = [
        entry.seq
        for entry in _milestones(c, round_, draw_number)
        if entry.seq < held and entry.draw is not None
    ]
    return cosigned.cosigned_together_at(c, seqs[-1], names) if seqs else None


def require_all_cosigned(c: Transaction, round_: rounds.Round, draw_number: int) -> None:
    """Refuse to hand out, to publish a batch or to finish while something published was not cosigned by both.

    Raises:
        StepRefused: "not-all-cosigned".

    Source: spec E16.
    """
    lacking = lacking_cosignatures(c, round_, draw_number)
    if lacking:
        kinds = ", ".join(f"{entry.kind} (entry {entry.seq})" for entry in lacking)
        raise StepRefused("not-all-cosigned", f"Notary and witness must both cosign first: {kinds}.")


def _cosigners(round_: rounds.Round) -> list[str]:
    return [read_verifier_key(text).name for _role, text in round_.cosigners]


def _milestones(c: Transaction, round_: rounds.Round, draw_number: int) -> list[Entry]:
    entries = (read_line(line, seq) for seq, line in enumerate(record.ledger_lines(c)))
    mine = (entry for entry in entries if entry.round == round_.slug and entry.draw in (None, draw_number))
    return [entry for entry in mine if is_milestone(entry)]


def require_earlier_voids(c: Transaction, round_: rounds.Round, draw_number: int) -> None:
    """Refuse a commitment after an earlier one was given up without notary and witness in time.

    Raises:
        StepRefused: "void-not-cosigned".

    Source: spec E15.
    """
    for earlier in rounds.list_draws(c, round_.id):
        is_void = earlier.draw < draw_number and earlier.status is DrawStatus.VOID
        if not is_void or "commitment.json" not in files.list_files(c, earlier.id):
            continue
        vouched_at = cosigned_at(c, round_, earlier.draw, Kind.DRAW_VOIDED)
        due = first_known_at(c, round_, earlier)
        if vouched_at is None or vouched_at >= due:
            raise StepRefused(
                "void-not-cosigned",
                f"That draw {earlier.draw} is void had to be cosigned by notary and witness before "
                f"{format_time(due)}.",
            )


def first_known_at(c: Transaction, round_: rounds.Round, draw: rounds.Draw) -> datetime:
    """Give the time from which the first source of a committed draw may be known to somebody.

    A beacon is known when its round or its successor's has come. Dice are known when they fall: that may be from ten
    minutes after notary and witness have both cosigned the commitment, and at the latest when they are due.

    Source: spec E8, E15.
    """
    sources = committed_sources(c, draw)
    times = [known_at(source) for source in sources]
    if any(isinstance(source, Dice) for source in sources):
        vouched_at = cosigned_at(c, round_, draw.draw, Kind.DRAW_COMMITTED)
        if vouched_at is not None:
            times.append(vouched_at + LEAD)
    return min(times)


def named_successor(c: Transaction, round_: rounds.Round, draw: rounds.Draw) -> int | None:
    """Give the successor's round that the ledger says counts, whoever has cosigned it; None where it says none."""
    found = cosigned.find_entry(c, Kind.BEACON, round_.slug, draw.draw)
    if found is None:
        return None
    body = read_line(found[1], found[0]).body
    number: int | None = body.get("successor_round")
    return number


def counting_network(c: Transaction, round_: rounds.Round, draw: rounds.Draw, drand: Drand) -> Network:
    """Give the network and round that count for a draw.

    The successor's count once the ledger says so in a checkpoint that notary and witness have cosigned before that
    round's time; until then the declared ones do.

    Source: spec E12.
    """
    successor = drand.successor
    if successor is None or named_successor(c, round_, draw) is None:
        return drand.network
    vouched_at = cosigned_at(c, round_, draw.draw, Kind.BEACON)
    return successor if vouched_at is not None and vouched_at < successor.round_at else drand.network
