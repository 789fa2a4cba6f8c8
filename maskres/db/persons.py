"""What outlives a round, written for everybody at once: last wins, rounds waited, kept wishes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, text, update

from maskres.db.bulk import is_among, make_temporary, refresh_statistics
from maskres.db.engine import Transaction
from maskres.db.tables import entries, persons
from maskres.formats.values import format_time


def note_wins(c: Transaction, draw_id: int, batch: int, now: datetime, retained_until: str) -> None:
    """Note on every person placed by an allocation (batch 0) or a batch that they have won; waiting is over."""
    c.execute(
        text("""
        UPDATE persons SET last_win_at = :now, last_win_draw_id = :draw, rounds_waited = 0, bonus_tickets = 0,
            retained_until = :until
        WHERE id IN (
            SELECT e.person_id FROM places l JOIN entries e ON e.draw_id = l.draw_id AND e.number = l.number
            WHERE l.draw_id = :draw AND l.batch = :batch)
          AND (last_win_draw_id IS NULL OR last_win_draw_id <> :draw)"""),
        {"now": format_time(now), "draw": draw_id, "batch": batch, "until": retained_until},
    )


def forget_wins(c: Transaction, draw_id: int, numbers: Collection[str]) -> None:
    """Take a win back from persons who gave their places back: they have had nothing."""
    e, p = entries.c, persons.c
    holders = select(e.person_id).where(e.draw_id == draw_id, is_among(c, e.number, numbers))
    where = (p.last_win_draw_id == draw_id, p.id.in_(holders))
    c.execute(update(persons).where(*where).values(last_win_at=None, last_win_draw_id=None))


_LOSER_KEEPS = "r.is_keeping AND r.status = 'standing'"


def end_waiting(c: Transaction, round_id: int, retained_until: str) -> int:
    """Count a round more waited for everybody in a pool of the round who won in none; keep the wishes of who agreed.

    What was kept of an earlier round goes where somebody has won since, has withdrawn or no longer agrees.

    Args:
        c: a writing transaction.
        round_id: the round that ends.
        retained_until: the rules' person_data_until, YYYY-MM-DD.

    Returns:
        Of how many wishes and contact are kept.
    """
    _list_outcomes(c, round_id)
    _forget_wishes(c, round_id)
    # One statement for both: writing everybody's row anew is what this costs.
    c.execute(
        text(f"""
        UPDATE persons SET
            rounds_waited = rounds_waited + 1,
            retained_until = :until,
            kept_digest = CASE WHEN {_LOSER_KEEPS} THEN r.id_digest ELSE kept_digest END,
            kept_contact = CASE WHEN {_LOSER_KEEPS} THEN r.contact ELSE kept_contact END,
            kept_wishes = CASE WHEN {_LOSER_KEEPS}
                THEN r.district || '/' || r.reach || '/' || r.choices ELSE kept_wishes END
        FROM registrations r JOIN having_waited w ON w.person_id = r.person_id
        WHERE r.round_id = :round AND r.person_id = persons.id"""),
        {"round": round_id, "until": retained_until},
    )
    kept = c.execute(
        text(f"""
        SELECT count(*) FROM registrations r JOIN having_waited w ON w.person_id = r.person_id
        WHERE r.round_id = :round AND {_LOSER_KEEPS}"""),
        {"round": round_id},
    )
    return int(kept.scalar_one())


def _list_outcomes(c: Transaction, round_id: int) -> None:
    """List for this transaction who was given a place in the round, whatever became of it, and who only took part.

    Draw by draw: of a join over draws PostgreSQL expects a few people, and looks everybody up one by one.
    """
    found = c.execute(text("SELECT id FROM draws WHERE round_id = :round ORDER BY draw"), {"round": round_id})
    draw_ids = list(found.scalars())
    for table, source, but in (
        ("having_won", "places", ""),
        ("having_waited", "results", "AND e.person_id NOT IN (SELECT person_id FROM having_won)"),
    ):
        make_temporary(c, table, "person_id BIGINT")
        of_draws = " UNION ".join(
            f"""
            SELECT e.person_id FROM {source} s
            JOIN entries e ON e.draw_id = {draw_id} AND e.number = s.number
            WHERE s.draw_id = {draw_id} {but}"""
            for draw_id in map(int, draw_ids)
        )
        c.execute(text(f"INSERT INTO {table} {of_draws}"))
        refresh_statistics(c, table)


def _forget_wishes(c: Transaction, round_id: int) -> None:
    c.execute(
        text("""
        UPDATE persons SET kept_digest = NULL, kept_contact = NULL, kept_wishes = NULL
        WHERE kept_wishes IS NOT NULL
          AND (id IN (SELECT person_id FROM having_won)
               OR id IN (SELECT person_id FROM registrations
                         WHERE round_id = :round AND (NOT is_keeping OR status = 'withdrawn')))"""),
        {"round": round_id},
    )
