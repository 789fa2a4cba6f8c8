"""Closing and deciding in SQL: the snapshot of a draw, the facts of every entry, and the files they become.

Every statement here touches all registrations of a draw at once; none goes row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, delete, func, insert, literal_column, or_, select, text

from maskres.db.bulk import refresh_statistics
from maskres.db.engine import Transaction
from maskres.db.registers import RegisterVersion
from maskres.db.tables import (
    corrections,
    disputes,
    draws,
    entries,
    facts,
    pinned_registers,
    places,
    register_versions,
    registrations,
    results,
    verdicts,
)
from maskres.eligibility import facts as bits
from maskres.eligibility.verdict import Verdict


def snapshot_entries(c: Transaction, draw_id: int, round_id: int) -> None:
    """Copy every registration of a round, withdrawn or not, as an entry of a draw that closes."""
    r = registrations.c
    chosen = select(
        literal_column(str(draw_id)),
        r.number,
        r.person_id,
        r.status == "withdrawn",
        r.id_digest,
        r.name_digest,
        r.age,
        r.district,
        r.reach,
        r.choices,
        r.seal,
    ).where(r.round_id == round_id)
    columns = (
        *("draw_id", "number", "person_id", "is_withdrawn", "id_digest", "name_digest", "age"),
        *("district", "reach", "choices", "seal"),
    )
    c.execute(insert(entries).from_select(columns, chosen))


def select_registered(draw_id: int) -> Select[Any]:
    """Select registered.csv."""
    return select(entries.c.number).where(entries.c.draw_id == draw_id).order_by(entries.c.number)


def pin_registers(c: Transaction, draw_id: int, versions: Iterable[RegisterVersion]) -> None:
    """Note the register versions a draw decides by, in place of earlier ones."""
    c.execute(delete(pinned_registers).where(pinned_registers.c.draw_id == draw_id))
    for version in versions:
        c.execute(insert(pinned_registers).values(draw_id=draw_id, version_id=version.id))


def list_pinned(c: Transaction, draw_id: int) -> list[Any]:
    """List the register versions a draw decided by, by kind."""
    statement = (
        select(register_versions)
        .join(pinned_registers, pinned_registers.c.version_id == register_versions.c.id)
        .where(pinned_registers.c.draw_id == draw_id)
        .order_by(register_versions.c.kind)
    )
    return list(c.execute(statement))


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
) -> None:
    """Write the fact mask of every entry of a draw, in place of earlier ones.

    Args:
        c: a writing transaction.
        draw_id: the draw.
        round_id: its round.
        bases: one for each basis of the rules.
        thresholds: the rules' age thresholds.
        reference_day: the rules' reference date as days since 1970-01-01.
        won_since: a win later than this, as the protocol writes times, was recent.
    """
    c.execute(delete(facts).where(facts.c.draw_id == draw_id))
    parameters = {
        "draw": draw_id,
        "round": round_id,
        "day": reference_day,
        "since": won_since,
        "cap": bits.COUNT_CAP,
    }
    refresh_statistics(
        c, "entries", "registrations", "register_rows", "identity_links", "documents", "persons"
    )
    c.execute(text(_facts_sql(bases, thresholds, c.dialect.name)), parameters)


def _facts_sql(bases: Sequence[PinnedBasis], thresholds: Sequence[int], dialect: str) -> str:
    terms = [
        _flag("e.is_withdrawn", bits.WITHDRAWN),
        _flag("s.number IS NOT NULL", bits.SAME_PERSON),
        _flag("p.last_win_at > :since AND d.id IS NULL OR w.number IS NOT NULL", bits.WON_RECENTLY),
        _flag("h.number IS NOT NULL", bits.WON_IN_ROUND),
        _flag("e.age IS NOT NULL", bits.AGE_KNOWN),
        *(_flag(f"e.age >= {int(age)}", 1 << bits.AGE_SHIFT) for age in thresholds),
        f"{_least('p.rounds_waited')} * {1 << bits.WAITED_SHIFT}",
        f"{_least('p.bonus_tickets')} * {1 << bits.BONUS_SHIFT}",
    ]
    joins = []
    deceased = []
    for nth, basis in enumerate(bases):
        alias = f"k{nth}"
        joins.append(f"LEFT JOIN ({_basis_sql(basis, dialect)}) {alias} ON {alias}.number = e.number")
        joins.append(
            f"LEFT JOIN corrections c{nth} ON c{nth}.draw_id = e.draw_id AND c{nth}.number = e.number"
            f" AND c{nth}.kind = '{basis.kind}'"
        )
        terms.append(f"coalesce({alias}.bits, 0) * {bits.register_bit(basis.kind, 1)}")
        terms.append(_flag(f"c{nth}.number IS NOT NULL", bits.register_bit(basis.kind, bits.CONFIRMED)))
        deceased.append(f"coalesce({alias}.dead, 0)")
    if deceased:
        terms.append(_flag(f"{' + '.join(deceased)} > 0", bits.DECEASED))
    versions = ", ".join(str(int(basis.version_id)) for basis in bases) or "NULL"
    return f"""
        INSERT INTO facts (draw_id, number, mask)
        SELECT e.draw_id, e.number, CAST({" + ".join(terms)} AS BIGINT)
        FROM entries e
        JOIN persons p ON p.id = e.person_id
        LEFT JOIN draws d ON d.id = p.last_win_draw_id AND d.round_id = :round
        LEFT JOIN ({_same_person_sql(versions)}) s ON s.number = e.number
        LEFT JOIN ({_linked_win_sql(versions)}) w ON w.number = e.number
        LEFT JOIN ({_HAS_WON_IN_ROUND}) h ON h.number = e.number
        {" ".join(joins)}
        WHERE e.draw_id = :draw"""


def _flag(condition: str, bit: int | str) -> str:
    return f"(CASE WHEN {condition} THEN {bit} ELSE 0 END)"


def _least(column: str) -> str:
    return f"(CASE WHEN {column} < :cap THEN {column} ELSE :cap END)"


def _basis_sql(basis: PinnedBasis, dialect: str) -> str:
    """Select of one register, for each entry it knows: bits FOUND, NAME_MATCHES, IN_FORCE, and whether dead."""
    same_name = "g.name_digest = r.name_digest"
    if basis.months is not None:
        # Months paid are united over all rows of this name before they are counted.
        paid = f"(bit_or({_flag(same_name, 'g.months')}) & {basis.window})"
        counted = f"bit_count(CAST({paid} AS bit(64)))" if dialect == "postgresql" else f"bit_count({paid})"
        in_force = _flag(f"{counted} >= {basis.months}", 1)
    else:
        valid = "(g.valid_from IS NULL OR g.valid_from <= :day) AND (g.valid_until IS NULL OR g.valid_until > :day)"
        in_force = f"max({_flag(f'{same_name} AND {valid}', 1)})"
    return f"""
        SELECT r.number,
               {bits.FOUND} + {bits.NAME_MATCHES} * max({_flag(same_name, 1)})
               + {bits.IN_FORCE} * {in_force} AS bits,
               max({_flag("g.is_deceased", 1)}) AS dead
        FROM entries r
        JOIN register_rows g ON g.version_id = {int(basis.version_id)} AND g.id_digest = r.id_digest
        WHERE r.draw_id = :draw
        GROUP BY r.number"""


def _same_person_sql(versions: str) -> str:
    """Select the entries of a person whom a register knows by another document that was registered before."""
    return f"""
        SELECT DISTINCT number FROM (
            SELECT r.number, row_number() OVER (
                PARTITION BY l.version_id, l.group_digest ORDER BY r.registered_at, r.number) AS nth
            FROM entries e
            JOIN registrations r ON r.round_id = :round AND r.number = e.number
            JOIN (SELECT DISTINCT version_id, id_digest, group_digest FROM identity_links
                  WHERE version_id IN ({versions})) l ON l.id_digest = e.id_digest
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


_HAS_WON_IN_ROUND = """
    SELECT number FROM results JOIN draws ON draws.id = results.draw_id
    WHERE draws.round_id = :round AND results.draw_id <> :draw AND results.outcome = 'won'
    UNION
    SELECT number FROM places JOIN draws ON draws.id = places.draw_id
    WHERE draws.round_id = :round AND places.draw_id <> :draw"""


def distinct_masks(c: Transaction, draw_id: int) -> list[int]:
    """Give the masks that occur in a draw."""
    where = facts.c.draw_id == draw_id
    return list(c.execute(select(facts.c.mask).where(where).distinct().order_by(facts.c.mask)).scalars())


def write_verdicts(c: Transaction, draw_id: int, found: Mapping[int, Verdict]) -> None:
    """Write the verdict on each mask, in place of earlier ones."""
    c.execute(delete(verdicts).where(verdicts.c.draw_id == draw_id))
    rows = [
        {
            "draw_id": draw_id,
            "mask": mask,
            "is_eligible": verdict.is_eligible,
            "stratum": verdict.stratum,
            "tickets": verdict.tickets,
            "basis": verdict.basis,
            "reasons": " ".join(verdict.reasons),
            "coarse_reason": verdict.coarse_reason,
        }
        for mask, verdict in found.items()
    ]
    if rows:
        c.execute(insert(verdicts), rows)
    refresh_statistics(c, "facts", "verdicts")


_IN_POOL = and_(
    entries.c.is_withdrawn.is_(False),
    or_(verdicts.c.is_eligible.is_(True), disputes.c.number.is_not(None)),
)


def _judged(draw_id: int, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(entries)
        .join(facts, and_(facts.c.draw_id == entries.c.draw_id, facts.c.number == entries.c.number))
        .join(verdicts, and_(verdicts.c.draw_id == facts.c.draw_id, verdicts.c.mask == facts.c.mask))
        .outerjoin(
            disputes,
            and_(
                disputes.c.draw_id == entries.c.draw_id,
                disputes.c.number == entries.c.number,
                disputes.c.status == "open",
            ),
        )
        .where(entries.c.draw_id == draw_id)
    )


def select_pool(draw_id: int) -> Select[Any]:
    """Select pool.csv: the eligible, and those whose dispute is still open."""
    columns = (entries.c.number, verdicts.c.stratum, verdicts.c.tickets, entries.c.seal)
    return _judged(draw_id, *columns).where(_IN_POOL).order_by(entries.c.number)


def select_excluded(draw_id: int) -> Select[Any]:
    """Select excluded.csv: everyone registered who is not in the pool, with the coarse reason."""
    reason = case((entries.c.is_withdrawn, "withdrawn"), else_=verdicts.c.coarse_reason)
    return _judged(draw_id, entries.c.number, reason).where(~_IN_POOL).order_by(entries.c.number)


def select_disputed(draw_id: int) -> Select[Any]:
    """Select disputed.csv: those in the pool whose dispute is still open."""
    open_ones = and_(_IN_POOL, disputes.c.number.is_not(None))
    return _judged(draw_id, entries.c.number).where(open_ones).order_by(entries.c.number)


def count_verdicts(c: Transaction, draw_id: int) -> tuple[dict[str, int], dict[str, int]]:
    """Count the entries in the pool by stratum, and the excluded by coarse reason.

    Counted by mask, of which there are few, rather than by entry.
    """
    by_mask = select(facts.c.mask, func.count()).where(facts.c.draw_id == draw_id).group_by(facts.c.mask)
    disputed_by_mask = (
        select(facts.c.mask, func.count())
        .join(disputes, and_(disputes.c.draw_id == facts.c.draw_id, disputes.c.number == facts.c.number))
        .where(facts.c.draw_id == draw_id, disputes.c.status == "open")
        .group_by(facts.c.mask)
    )
    disputed = {row[0]: row[1] for row in c.execute(disputed_by_mask)}
    found = {row.mask: row for row in c.execute(select(verdicts).where(verdicts.c.draw_id == draw_id))}
    strata: Counter[str] = Counter()
    excluded: Counter[str] = Counter()
    for mask, count in c.execute(by_mask):
        is_out = not found[mask].is_eligible
        in_pool = disputed.get(mask, 0) if is_out else count
        if in_pool:
            strata[found[mask].stratum] += in_pool
        if count > in_pool:
            excluded[found[mask].coarse_reason] += count - in_pool
    return dict(sorted(strata.items())), dict(sorted(excluded.items()))


def find_verdict(c: Transaction, draw_id: int, number: str) -> Any | None:
    """Give one entry's mask and verdict, whether withdrawn, and whether its dispute is open."""
    columns = (
        entries.c.is_withdrawn,
        entries.c.seal,
        facts.c.mask,
        verdicts.c.is_eligible,
        verdicts.c.stratum,
        verdicts.c.tickets,
        verdicts.c.basis,
        verdicts.c.reasons,
        verdicts.c.coarse_reason,
        disputes.c.number.is_not(None).label("is_disputed"),
    )
    return c.execute(_judged(draw_id, *columns).where(entries.c.number == number)).one_or_none()


def count_earlier_winners_in_pool(c: Transaction, draw_id: int, round_id: int) -> int:
    """Count entries of the pool that won or were promoted in another draw of the round since deciding."""
    other = and_(draws.c.round_id == round_id, draws.c.id != draw_id)
    won = select(results.c.number).join(draws, draws.c.id == results.c.draw_id)
    placed = select(places.c.number).join(draws, draws.c.id == places.c.draw_id)
    winners = won.where(other, results.c.outcome == "won").union(placed.where(other))
    statement = _judged(draw_id, func.count()).where(_IN_POOL, entries.c.number.in_(winners))
    return int(c.execute(statement).scalar_one())


def count_unheard_corrections(c: Transaction, draw_id: int, kinds: Iterable[str]) -> int:
    """Count the corrections, of registers of these kinds, that came after the draw was last decided."""
    same = and_(facts.c.draw_id == corrections.c.draw_id, facts.c.number == corrections.c.number)
    is_unheard = or_(
        *(
            and_(
                corrections.c.kind == kind,
                facts.c.mask.bitwise_and(bits.register_bit(kind, bits.CONFIRMED)) == 0,
            )
            for kind in kinds
        )
    )
    statement = select(func.count()).select_from(corrections.join(facts, same))
    return int(c.execute(statement.where(corrections.c.draw_id == draw_id, is_unheard)).scalar_one())


def entry_wishes(c: Transaction, draw_id: int, number: str) -> str:
    """Give an entry's sealed wishes as the seal has them: district/reach/choices."""
    e = entries.c
    row = c.execute(
        select(e.district, e.reach, e.choices).where(e.draw_id == draw_id, e.number == number)
    ).one()
    return f"{row.district}/{row.reach}/{row.choices}"
