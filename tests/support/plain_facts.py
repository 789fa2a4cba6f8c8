"""A plain reading of the facts of a draw: one entry and one question at a time, out of a dump of the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from maskres.formats.values import format_time, parse_time

KINDS = ("household", "insurance", "employment")
WITHDRAWN, SAME_PERSON, WON_RECENTLY, WON_IN_ROUND, DECEASED, AGE_KNOWN = (1 << bit for bit in range(6))
FOUND, NAME_MATCHES, IN_FORCE, CONFIRMED = 1, 2, 4, 8
EPOCH = date(1970, 1, 1)
Tables = dict[str, list[Any]]


def month_of(day: date) -> int:
    return day.year * 12 + day.month


class PlainReading:
    """Reads the facts of a draw out of a dump of the tables, one entry and one question at a time.

    Args:
        tables: the dump.
        rules: as rules.json has them.
        draw_id: the draw.
    """

    def __init__(self, tables: Tables, rules: dict[str, Any], draw_id: int) -> None:
        self.tables, self.rules, self.draw_id = tables, rules, draw_id
        self.draw = next(row for row in tables["draws"] if row["id"] == draw_id)
        self.reference = date.fromisoformat(rules["reference_date"])
        pinned = {row["version_id"] for row in tables["pinned_registers"] if row["draw_id"] == draw_id}
        self.versions = {v["kind"]: v for v in tables["register_versions"] if v["id"] in pinned}
        self.others = {
            d["id"] for d in tables["draws"] if d["round_id"] == self.draw["round_id"] and d["id"] != draw_id
        }
        self.registered = {
            r["number"]: r for r in tables["registrations"] if r["round_id"] == self.draw["round_id"]
        }
        self.entries = {e["number"]: e for e in tables["entries"] if e["draw_id"] == draw_id}
        self.groups: dict[tuple[int, bytes], set[bytes]] = defaultdict(set)
        for link in tables["identity_links"]:
            if link["version_id"] in pinned:
                self.groups[link["version_id"], bytes(link["group_digest"])].add(bytes(link["id_digest"]))

    def masks(self) -> dict[str, int]:
        return {number: self.mask(number) for number in self.entries}

    def mask(self, number: str) -> int:
        entry = row = self.entries[number]
        person = next(p for p in self.tables["persons"] if p["id"] == entry["person_id"])
        mask = sum(
            bit
            for bit, is_so in (
                (WITHDRAWN, entry["is_withdrawn"]),
                (SAME_PERSON, self.has_earlier_self(number)),
                (WON_RECENTLY, self.has_won_recently(row, person)),
                (WON_IN_ROUND, self.has_won_in_round(number)),
                (
                    DECEASED,
                    any(each["is_deceased"] for kind in self.versions for each in self.rows(kind, row)),
                ),
                (AGE_KNOWN, row["age"] is not None),
            )
            if is_so
        )
        mask |= sum(threshold <= row["age"] for threshold in self.thresholds()) << 8
        mask |= min(person["rounds_waited"], 15) << 12 | min(person["bonus_tickets"], 15) << 16
        for nth, kind in enumerate(KINDS):
            mask |= self.register_facts(kind, row) << 24 + 4 * nth
        return mask

    def thresholds(self) -> set[int]:
        found = {self.rules["min_age"]}
        for stratum in self.rules["strata"]:
            found |= {stratum["min_age"]} if "min_age" in stratum else set()
            found |= {stratum["max_age"] + 1} if "max_age" in stratum else set()
        return {age for age in found if age > 0}

    def selves(self, digest: bytes) -> Iterator[set[bytes]]:
        return (group for group in self.groups.values() if digest in group)

    def has_earlier_self(self, number: str) -> bool:
        def at(which: str) -> tuple[str, str]:
            return self.registered[which]["registered_at"], which

        if self.entries[number]["is_withdrawn"]:
            return False
        for group in self.selves(bytes(self.entries[number]["id_digest"])):
            for other, entry in self.entries.items():
                is_self = bytes(entry["id_digest"]) in group
                if is_self and not entry["is_withdrawn"] and at(other) < at(number):
                    return True
        return False

    def has_won_recently(self, row: Any, person: Any) -> bool:
        closed_at = parse_time(self.draw["closed_at"], field="closed_at")
        since = format_time(closed_at - timedelta(days=self.rules["wait_days"]))

        def is_recent(who: Any) -> bool:
            return who["last_win_at"] is not None and who["last_win_at"] > since

        in_round = self.others | {self.draw_id}
        if is_recent(person) and person["last_win_draw_id"] not in in_round:
            return True
        linked = {digest for group in self.selves(bytes(row["id_digest"])) for digest in group}
        holders = {d["person_id"] for d in self.tables["documents"] if bytes(d["id_digest"]) in linked} - {
            person["id"]
        }
        if any(is_recent(who) for who in self.tables["persons"] if who["id"] in holders):
            return True
        theirs = (r["number"] for r in self.registered.values() if r["person_id"] in holders)
        return any(self.has_won_in_round(number) for number in theirs)

    def has_won_in_round(self, number: str) -> bool:
        won = (r for r in self.tables["results"] if r["outcome"] == "won")
        return any(
            row["number"] == number and row["draw_id"] in self.others
            for rows in (won, self.tables["places"])
            for row in rows
        )

    def rows(self, kind: str, row: Any) -> list[Any]:
        version = self.versions[kind]["id"]
        return [
            each
            for each in self.tables["register_rows"]
            if each["version_id"] == version and bytes(each["id_digest"]) == bytes(row["id_digest"])
        ]

    def register_facts(self, kind: str, row: Any) -> int:
        if kind not in self.versions:
            return 0
        found = self.rows(kind, row)
        named = [each for each in found if bytes(each["name_digest"]) == bytes(row["name_digest"])]
        is_confirmed = any(
            (c["draw_id"], c["number"], c["kind"]) == (self.draw_id, row["number"], kind)
            for c in self.tables["corrections"]
        )
        facts = FOUND * bool(found) | NAME_MATCHES * bool(named) | CONFIRMED * is_confirmed
        return facts | IN_FORCE * self.is_in_force(kind, named)

    def is_in_force(self, kind: str, named: list[Any]) -> bool:
        if kind == "insurance":
            basis = next(b for b in self.rules["bases"] if b["register"] == kind)
            as_of = month_of(date.fromisoformat(self.versions[kind]["as_of"]))
            paid = {as_of - bit for each in named for bit in range(60) if each["months"] >> bit & 1}
            last = month_of(self.reference)
            return len(paid & set(range(last - basis["of_last"] + 1, last + 1))) >= basis["months"]
        day = (self.reference - EPOCH).days
        return any(
            (each["valid_from"] is None or each["valid_from"] <= day)
            and (each["valid_until"] is None or each["valid_until"] > day)
            for each in named
        )
