"""Gathering facts in SQL: what registers, earlier wins and corrections say of every entry of a draw, as one mask each.

One statement for all entries at once; it is written out, for its joins depend on the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, text

from maskres.db.bulk import ReadyRows, load_ready, refresh_statistics, stream
from maskres.db.draw_indexes import indexed_afterwards
from maskres.db.engine import Transaction
from maskres.db.tables import facts
from maskres.eligibility import facts as bits


@dataclass(frozen=True, slots=True)
class PinnedBasis:
    """A basis of the rules with the register version it is read from.

    Attributes:
        kind: of the register.
        version_id: of its pinned version.
        months: paid months that are enough, for insurance.
        window: bits of the months that count, for insurance.
    """

    kind: str
    version_id: int
    months: int | None
    window: int | None


def gather_facts(
    c: Transaction,
    draw_id: int,
    round_id: int,
    bases: Sequence[PinnedBasis],
    *,
    thresholds: Sequence[int],
    reference_day: int,
    won_since: str,
    is_same: bool = False,
) -> None:
    """Write the fact mask of every entry of a draw, in place of earlier ones.

    Entries and versions never change. So where a draw is decided again by the same versions, only what wins, waiting
    and corrections say is gathered anew, and only the masks that differ are written.

    Args:
        c: a writing transaction.
        draw_id: the draw.
        round_id: its round.
        bases: one for each basis of the rules.
        thresholds: the rules' age thresholds.
        reference_day: the rules' reference date as days since 1970-01-01.
        won_since: a win later than this, as the protocol writes times, was recent.
        is_same: whether the draw's present masks were gathered by the same bases.
    """
    parameters = {
        "draw": draw_id,
        "round": round_id,
        "day": reference_day,
        "since": won_since,
        "cap": bits.COUNT_CAP,
    }
    count_again(c)
    if is_same:
        c.exec_driver_sql("DROP TABLE IF EXISTS changed")
        c.execute(text(f"CREATE TEMPORARY TABLE changed AS {_changes_sql(bases)}"), parameters)
        of_draw = "DELETE FROM facts WHERE draw_id = :draw AND number IN (SELECT number FROM changed)"
        c.execute(text(of_draw), parameters)
        anew = "INSERT INTO facts (draw_id, number, mask) SELECT :draw, number, mask FROM changed"
        c.execute(text(anew), parameters)
        return
    c.execute(delete(facts).where(facts.c.draw_id == draw_id))
    into, select = "INSERT INTO facts (draw_id, number, mask)", _facts_sql(bases, thresholds, c.dialect.name)
    if c.dialect.name != "postgresql":
        c.execute(text(f"{into} {select}"), parameters)
        return
    # Into a new table PostgreSQL gathers on several cores; and in their order an index takes them fastest.
    anew = f"CREATE TEMPORARY TABLE gathered (draw_id, number, mask) AS {select}"
    with indexed_afterwards(c, facts, c.execute(text(anew), parameters).rowcount):
        c.exec_driver_sql(f"{into} SELECT draw_id, number, mask FROM gathered ORDER BY number")
    c.exec_driver_sql("DROP TABLE gathered")


def count_again(c: Transaction) -> None:
    """Let the database count what is joined; for parts this is done before them, for it lets one in at a time."""
    refresh_statistics(
        c, "entries", "registrations", "register_rows", "identity_links", "documents", "persons"
    )


def stream_facts(
    c: Transaction,
    draw_id: int,
    round_id: int,
    bases: Sequence[PinnedBasis],
    *,
    thresholds: Sequence[int],
    reference_day: int,
    won_since: str,
    first: str,
    before: str | None,
) -> Iterator[Sequence[Any]]:
    """Gather the facts of some entries without writing them; as gather_facts.

    Args:
        c: a transaction.
        draw_id: the draw.
        round_id: its round.
        bases: as for gather_facts.
        thresholds: as for gather_facts.
        reference_day: as for gather_facts.
        won_since: as for gather_facts.
        first: of the numbers from here on.
        before: and before here; None for all from there.

    Returns:
        Rows of facts, never all at once: draw_id, number, mask.
    """
    refresh_statistics(c)
    within = "AND {}.number >= :first" + (" AND {}.number < :before" if before is not None else "")
    select = text(_facts_sql(bases, thresholds, c.dialect.name, within)).bindparams(
        draw=draw_id,
        round=round_id,
        day=reference_day,
        since=won_since,
        cap=bits.COUNT_CAP,
        first=first,
        **({} if before is None else {"before": before}),
    )
    yield from stream(c, select)


def load_facts(c: Transaction, draw_id: int, blocks: Iterable[ReadyRows], rows: int) -> None:
    """Write so many facts that were gathered before, in place of a draw's earlier ones; as load_ready takes them."""
    c.execute(delete(facts).where(facts.c.draw_id == draw_id))
    with indexed_afterwards(c, facts, rows):
        load_ready(c, facts, ("draw_id", "number", "mask"), blocks)
    refresh_statistics(c, "facts")


def _facts_sql(
    bases: Sequence[PinnedBasis], thresholds: Sequence[int], dialect: str, within: str = ""
) -> str:
    """Write the query of rows of facts; `within` narrows entries down, {} standing for their alias."""
    terms = [
        _flag("e.is_withdrawn", bits.WITHDRAWN),
        _flag("s.number IS NOT NULL", bits.SAME_PERSON),
        _flag("e.age IS NOT NULL", bits.AGE_KNOWN),
        *(_flag(f"e.age >= {int(age)}", 1 << bits.AGE_SHIFT) for age in thresholds),
        *_passing_terms(bases),
    ]
    joins = ""
    if bases:
        terms += [f"coalesce(k.{basis.kind}, 0) * {bits.register_bit(basis.kind, 1)}" for basis in bases]
        terms.append(_flag("k.dead > 0", bits.DECEASED))
        joins = f"LEFT JOIN ({_registers_sql(bases, dialect, within)}) k ON k.number = e.number"
    return f"""
        SELECT e.draw_id, e.number, CAST({" + ".join(terms)} AS BIGINT)
        FROM entries e
        LEFT JOIN ({_WITH_A_PAST}) p ON p.id = e.person_id
        {_passing_joins(bases, "e")}
        LEFT JOIN ({_same_person_sql(_versions(bases))}) s ON s.number = e.number
        {joins}
        WHERE e.draw_id = :draw {within.replace("{}", "e")}"""


def _changes_sql(bases: Sequence[PinnedBasis]) -> str:
    """Write the query of the masks that differ from those gathered by the same bases before.

    Entries only lead to persons: most have no past, so entries meet those who have one first.
    """
    return f"""
        SELECT number, mask FROM (
            SELECT f.number, f.mask AS before,
                   CAST((f.mask & {bits.OF_VERSIONS}) + {" + ".join(_passing_terms(bases))} AS BIGINT) AS mask
            FROM facts f
            LEFT JOIN (
                SELECT e.number, past.* FROM entries e JOIN ({_WITH_A_PAST}) past ON past.id = e.person_id
                WHERE e.draw_id = :draw) p ON p.number = f.number
            {_passing_joins(bases, "f")}
            WHERE f.draw_id = :draw) found
        WHERE mask <> before"""


def _passing_terms(bases: Sequence[PinnedBasis]) -> list[str]:
    """Write the facts that can change after the closing: wins, waiting, extra tickets, upheld disputes."""
    return [
        _flag("p.last_win_at > :since AND d.id IS NULL OR w.number IS NOT NULL", bits.WON_RECENTLY),
        _flag("h.number IS NOT NULL", bits.WON_IN_ROUND),
        f"{_least('p.rounds_waited')} * {1 << bits.WAITED_SHIFT}",
        f"{_least('p.bonus_tickets')} * {1 << bits.BONUS_SHIFT}",
        *(
            _flag(f"c{nth}.number IS NOT NULL", bits.register_bit(basis.kind, bits.CONFIRMED))
            for nth, basis in enumerate(bases)
        ),
    ]


def _passing_joins(bases: Sequence[PinnedBasis], alias: str) -> str:
    """Write what the passing terms need beside p, the person's past, of rows with draw_id and number."""
    corrections = " ".join(
        f"LEFT JOIN corrections c{nth} ON c{nth}.draw_id = {alias}.draw_id AND c{nth}.number = {alias}.number"
        f" AND c{nth}.kind = '{basis.kind}'"
        for nth, basis in enumerate(bases)
    )
    return f"""
        LEFT JOIN draws d ON d.id = p.last_win_draw_id AND d.round_id = :round
        LEFT JOIN ({_linked_win_sql(_versions(bases))}) w ON w.number = {alias}.number
        LEFT JOIN ({_HAS_WON_IN_ROUND}) h ON h.number = {alias}.number
        {corrections}"""


def _versions(bases: Sequence[PinnedBasis]) -> str:
    return ", ".join(str(int(basis.version_id)) for basis in bases) or "NULL"


def _flag(condition: str, bit: int | str) -> str:
    return f"(CASE WHEN {condition} THEN {bit} ELSE 0 END)"


def _least(column: str) -> str:
    return f"(CASE WHEN {column} >= :cap THEN :cap ELSE coalesce({column}, 0) END)"


def _registers_sql(bases: Sequence[PinnedBasis], dialect: str, within: str) -> str:
    """Select, for each entry that a register knows, a column of each kind with the bits it has, and whether dead.

    All registers at once: entries and rows are many, and so are joined once.
    """
    columns = ", ".join(f"{_bits_sql(basis, dialect)} AS {basis.kind}" for basis in bases)
    return f"""
        SELECT r.number, {columns}, max({_flag("g.is_deceased", 1)}) AS dead
        FROM entries r
        JOIN register_rows g ON g.version_id IN ({_versions(bases)}) AND g.id_digest = r.id_digest
        WHERE r.draw_id = :draw {within.replace("{}", "r")}
        GROUP BY r.number"""


def _bits_sql(basis: PinnedBasis, dialect: str) -> str:
    """Write the bits of one register over an entry's rows: FOUND, NAME_MATCHES, IN_FORCE.

    Whoever is in force bears the name, and whoever bears the name is found: so the greatest has them all.
    """
    is_its, same_name = f"g.version_id = {int(basis.version_id)}", "g.name_digest = r.name_digest"
    named = bits.FOUND + bits.NAME_MATCHES
    if basis.months is None:
        valid = "(g.valid_from IS NULL OR g.valid_from <= :day) AND (g.valid_until IS NULL OR g.valid_until > :day)"
        named_bits = f"{named} + {_flag(valid, bits.IN_FORCE)}"
    else:
        named_bits = str(named)
    found = f"max(CASE WHEN {is_its} THEN CASE WHEN {same_name} THEN {named_bits} ELSE {bits.FOUND} END ELSE 0 END)"
    if basis.months is None:
        return found
    # Months paid are united over all rows of this name before they are counted.
    paid = f"(bit_or({_flag(f'{is_its} AND {same_name}', 'g.months')}) & {basis.window})"
    counted = f"bit_count(CAST({paid} AS bit(64)))" if dialect == "postgresql" else f"bit_count({paid})"
    return f"{found} + {_flag(f'{counted} >= {basis.months}', bits.IN_FORCE)}"


def _same_person_sql(versions: str) -> str:
    """Select the entries of a person whom a register knows by another document that was registered before."""
    # A rank, for a link may stand in two lines: PostgreSQL expects nonsense of distinct ones, and sorts all entries.
    return f"""
        SELECT DISTINCT number FROM (
            SELECT r.number, rank() OVER (
                PARTITION BY l.version_id, l.group_digest ORDER BY r.registered_at, r.number) AS nth
            FROM entries e
            JOIN registrations r ON r.round_id = :round AND r.number = e.number
            JOIN identity_links l ON l.version_id IN ({versions}) AND l.id_digest = e.id_digest
            WHERE e.draw_id = :draw AND NOT e.is_withdrawn) ranked
        WHERE nth > 1"""


def _linked_win_sql(versions: str) -> str:
    """Select the entries of somebody who won, recently or in this round, as the holder of another document."""
    return f"""
        SELECT DISTINCT r.number
        FROM entries r
        JOIN identity_links a ON a.id_digest = r.id_digest AND a.version_id IN ({versions})
        JOIN identity_links b ON b.version_id = a.version_id AND b.group_digest = a.group_digest
        JOIN documents o ON o.id_digest = b.id_digest AND o.person_id <> r.person_id
        JOIN persons q ON q.id = o.person_id
        WHERE r.draw_id = :draw AND (q.last_win_at > :since OR q.id IN (
            SELECT w.person_id FROM registrations w
            WHERE w.round_id = :round AND w.number IN ({_HAS_WON_IN_ROUND})))"""


#: Most have none: what is left is joined in memory.
_WITH_A_PAST = """
    SELECT id, last_win_at, last_win_draw_id, rounds_waited, bonus_tickets FROM persons
    WHERE last_win_at IS NOT NULL OR rounds_waited > 0 OR bonus_tickets > 0"""

_HAS_WON_IN_ROUND = """
    SELECT number FROM results JOIN draws ON draws.id = results.draw_id
    WHERE draws.round_id = :round AND results.draw_id <> :draw AND results.outcome = 'won'
    UNION
    SELECT number FROM places JOIN draws ON draws.id = places.draw_id
    WHERE draws.round_id = :round AND places.draw_id <> :draw"""
