"""Closing and deciding in SQL: the snapshot of a draw, the verdicts on its facts, and the files they become.

Nothing here goes row by row over the registrations of a draw; the facts are gathered in gathering.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Select, and_, delete, func, insert, literal_column, or_, select

from maskres.db.bulk import is_among, refresh_statistics
from maskres.db.draw_indexes import indexed_afterwards
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
    count = c.execute(
        select(func.count()).select_from(registrations).where(r.round_id == round_id)
    ).scalar_one()
    with indexed_afterwards(c, entries, count):
        c.execute(insert(entries).from_select(columns, chosen))


def count_entries(c: Transaction, draw_id: int) -> int:
    """Count the entries of a draw."""
    statement = select(func.count()).select_from(entries).where(entries.c.draw_id == draw_id)
    return int(c.execute(statement).scalar_one())


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


#: Open, or open when the draw was committed: the number is in the pool whatever its verdict.
_KEEPS = or_(disputes.c.status == "open", disputes.c.is_kept)
_IN_POOL = and_(
    facts.c.mask.bitwise_and(bits.WITHDRAWN) == 0,
    or_(verdicts.c.is_eligible.is_(True), disputes.c.number.is_not(None)),
)


def _judged(draw_id: int, *columns: Any) -> Select[Any]:
    """Select from the facts of a draw with their verdicts and what disputes keep; a verdict needs no more."""
    return (
        select(*columns)
        .select_from(facts)
        .join(verdicts, and_(verdicts.c.draw_id == facts.c.draw_id, verdicts.c.mask == facts.c.mask))
        .outerjoin(
            disputes,
            and_(disputes.c.draw_id == facts.c.draw_id, disputes.c.number == facts.c.number, _KEEPS),
        )
        .where(facts.c.draw_id == draw_id)
    )


def _with_entries(judged: Select[Any]) -> Select[Any]:
    same = and_(entries.c.draw_id == facts.c.draw_id, entries.c.number == facts.c.number)
    return judged.join(entries, same)


def select_pool(draw_id: int) -> Select[Any]:
    """Select pool.csv: the eligible, and those whose dispute is still open."""
    columns = (facts.c.number, verdicts.c.stratum, verdicts.c.tickets, entries.c.seal)
    return _with_entries(_judged(draw_id, *columns)).where(_IN_POOL).order_by(facts.c.number)


def select_excluded(draw_id: int) -> Select[Any]:
    """Select excluded.csv: everyone registered who is not in the pool, with the coarse reason."""
    return (
        _judged(draw_id, facts.c.number, verdicts.c.coarse_reason).where(~_IN_POOL).order_by(facts.c.number)
    )


def select_disputed(draw_id: int) -> Select[Any]:
    """Select disputed.csv: those in the pool whose dispute is still open."""
    open_ones = and_(_IN_POOL, disputes.c.number.is_not(None))
    return _judged(draw_id, facts.c.number).where(open_ones).order_by(facts.c.number)


def count_verdicts(c: Transaction, draw_id: int) -> tuple[dict[str, int], dict[str, int]]:
    """Count the entries in the pool by stratum, and the excluded by coarse reason.

    Counted by mask, of which there are few, rather than by entry.
    """
    by_mask = select(facts.c.mask, func.count()).where(facts.c.draw_id == draw_id).group_by(facts.c.mask)
    disputed_by_mask = (
        select(facts.c.mask, func.count())
        .join(disputes, and_(disputes.c.draw_id == facts.c.draw_id, disputes.c.number == facts.c.number))
        .where(facts.c.draw_id == draw_id, _KEEPS)
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
    """Give one entry's verdict, as find_verdicts does, or None."""
    return find_verdicts(c, draw_id, [number]).get(number)


def find_verdicts(c: Transaction, draw_id: int, numbers: Collection[str]) -> dict[str, Any]:
    """Give the masks and verdicts of entries by number, whether withdrawn, and whether a dispute keeps each in."""
    columns = (
        entries.c.number,
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
    statement = _with_entries(_judged(draw_id, *columns)).where(is_among(c, facts.c.number, numbers))
    return {row.number: row for row in c.execute(statement)}


def count_earlier_winners_in_pool(c: Transaction, draw_id: int, round_id: int) -> int:
    """Count entries of the pool that won or were promoted in another draw of the round since deciding."""
    other = and_(draws.c.round_id == round_id, draws.c.id != draw_id)
    won = select(results.c.number).join(draws, draws.c.id == results.c.draw_id)
    placed = select(places.c.number).join(draws, draws.c.id == places.c.draw_id)
    winners = won.where(other, results.c.outcome == "won").union(placed.where(other))
    statement = _judged(draw_id, func.count()).where(_IN_POOL, facts.c.number.in_(winners))
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


def entry_wishes(c: Transaction, draw_id: int, numbers: Collection[str]) -> dict[str, str]:
    """Give the sealed wishes of entries by number, as the seal has them: district/reach/choices."""
    e = entries.c
    statement = select(e.number, e.district, e.reach, e.choices)
    rows = c.execute(statement.where(e.draw_id == draw_id, is_among(c, e.number, numbers)))
    return {row.number: f"{row.district}/{row.reach}/{row.choices}" for row in rows}
