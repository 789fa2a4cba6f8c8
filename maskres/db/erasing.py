"""Erasing a round's personal data, set-wise: what is published stays, what leads to a person goes."""

from __future__ import annotations

from sqlalchemy import text

from maskres.db.engine import Transaction

_OF_ROUND = "draw_id IN (SELECT id FROM draws WHERE round_id = :round)"


def erase_messages(c: Transaction, round_id: int) -> int:
    """Delete what is kept of the messages of a finished round; gives how many.

    A message does not say of which round it is. So all go that ended before the round did, and those to a phone of
    its registrations whenever they were written: their digests would lead from a phone to what it was told. One that
    still waits is of another round, for none waits longer than a few hours.
    """
    of_round = """
        DELETE FROM messages WHERE status <> 'waiting' AND (
            created_at <= (SELECT finished_at FROM rounds WHERE id = :round)
            OR phone_digest IN (SELECT phone_digest FROM registrations WHERE round_id = :round))"""
    return int(c.execute(text(of_round), {"round": round_id}).rowcount)


def erase_personal_data(c: Transaction, round_id: int) -> int:
    """Delete the registrations of a finished round and all that came of them; gives how many there were.

    Results and places stay, by numbers that nothing leads to a person any more once the round's keys are gone.
    """
    for table in ("entries", "facts", "verdicts", "disputes", "corrections"):
        c.execute(text(f"DELETE FROM {table} WHERE {_OF_ROUND}"), {"round": round_id})
    for table in ("repeats", "proxies"):
        c.execute(text(f"DELETE FROM {table} WHERE round_id = :round"), {"round": round_id})
    erased = c.execute(
        text("DELETE FROM registrations WHERE round_id = :round"), {"round": round_id}
    ).rowcount
    return int(erased)


def erase_persons(c: Transaction, today: str) -> int:
    """Delete the persons about whom nothing has to be remembered; gives how many.

    Kept are those registered in a round that still stands, and those with a last win, rounds waited, extra tickets
    or kept wishes whose own date has not come.

    Args:
        c: a writing transaction.
        today: YYYY-MM-DD.
    """
    forgotten = """
        SELECT p.id FROM persons p
        WHERE NOT EXISTS (SELECT 1 FROM registrations r WHERE r.person_id = p.id)
          AND (coalesce(p.retained_until, '') < :today
               OR (p.last_win_at IS NULL AND p.rounds_waited = 0 AND p.bonus_tickets = 0
                   AND p.kept_wishes IS NULL))"""
    values = {"today": today}
    c.execute(text(f"DELETE FROM documents WHERE person_id IN ({forgotten})"), values)
    return int(c.execute(text(f"DELETE FROM persons WHERE id IN ({forgotten})"), values).rowcount)
