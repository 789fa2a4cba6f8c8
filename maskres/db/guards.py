"""What the database itself refuses, whoever asks: steps out of order, and changes to the record.

Written from the same tables as the code's own refusals, as triggers on both databases. (On PostgreSQL the
service's user should besides not own the tables: docs/operating.md.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from maskres.rounds.status import DRAW_STEPS, ROUND_STEPS, DrawStatus, RoundStatus

#: Never changed and never deleted.
APPEND_ONLY = (
    "deployment",
    "ledger_entries",
    "checkpoints",
    "cosignatures",
    "audit_log",
    "artifacts",
    "artifact_chunks",
)
#: Counted anew before statements over everything.
COUNTED = (
    "entries",
    "registrations",
    "register_rows",
    "identity_links",
    "documents",
    "persons",
    "facts",
    "verdicts",
    "results",
    "places",
)
#: Written once for a draw, never changed; deleted only by the erasure of a finished round.
WRITTEN_ONCE = (
    "batches",
    "entries",
    "results",
    "pinned_registers",
    "register_versions",
    "register_rows",
    "identity_links",
)

_UNTIL_COMMITTED = (DrawStatus.OPEN, DrawStatus.CLOSED, DrawStatus.DECIDED)
_OVER = (DrawStatus.FINISHED, DrawStatus.VOID)
#: In which states of its draw a table takes a change: what is committed or drawn, nobody adds to.
_WHEN_OPEN_TO_CHANGE = (
    ("entries", "INSERT", (DrawStatus.OPEN,)),
    ("pinned_registers", "INSERT", (DrawStatus.CLOSED, DrawStatus.DECIDED)),
    ("facts", "INSERT", (DrawStatus.CLOSED, DrawStatus.DECIDED)),
    ("facts", "UPDATE", ()),
    ("verdicts", "INSERT", (DrawStatus.CLOSED, DrawStatus.DECIDED)),
    ("verdicts", "UPDATE", ()),
    ("corrections", "INSERT", (DrawStatus.DECIDED,)),
    ("corrections", "UPDATE", ()),
    ("disputes", "INSERT", (DrawStatus.DECIDED,)),
    # After the allocation new stock may bring new slots; the committed ones are in slots.csv.
    ("slots", "INSERT", (*_UNTIL_COMMITTED, DrawStatus.PUBLISHED, DrawStatus.COLLECTING)),
    ("slots", "UPDATE", (*_UNTIL_COMMITTED, DrawStatus.PUBLISHED, DrawStatus.COLLECTING)),
    ("results", "INSERT", (DrawStatus.DICED,)),
    # Deciding again replaces; afterwards only the erasure of a round deletes.
    ("entries", "DELETE", _OVER),
    ("pinned_registers", "DELETE", (DrawStatus.CLOSED, DrawStatus.DECIDED, *_OVER)),
    ("facts", "DELETE", (DrawStatus.CLOSED, DrawStatus.DECIDED, *_OVER)),
    ("verdicts", "DELETE", (DrawStatus.CLOSED, DrawStatus.DECIDED, *_OVER)),
    ("corrections", "DELETE", _OVER),
    ("disputes", "DELETE", _OVER),
    ("slots", "DELETE", (*_UNTIL_COMMITTED, *_OVER)),
    ("results", "DELETE", _OVER),
)


def guard_statements(dialect: str) -> Iterator[str]:
    """Give the statements that set up the guards.

    Args:
        dialect: "sqlite" or "postgresql".
    """
    write = _sqlite if dialect == "sqlite" else _postgresql
    for table in APPEND_ONLY:
        yield from write(f"{table}_append_only", table, "UPDATE OR DELETE", "", f"{table} is append-only")
    if dialect == "postgresql":
        for table in (*APPEND_ONLY, *WRITTEN_ONCE):
            yield from _refuse_truncate(table)
    for table in WRITTEN_ONCE:
        yield from write(f"{table}_written_once", table, "UPDATE", "", f"{table} is written once")
    for table, steps, first in (
        ("rounds", ROUND_STEPS, RoundStatus.DRAFT),
        ("draws", DRAW_STEPS, DrawStatus.OPEN),
    ):
        yield from write(
            f"{table}_begin", table, "INSERT", f"NEW.status <> '{first}'", f"{table} begin as {first}"
        )
        yield from write(
            f"{table}_order", table, "UPDATE", _out_of_order(steps), f"{table} step out of order"
        )
        yield from write(f"{table}_kept", table, "DELETE", "", f"{table} are never deleted")
    yield from write(
        "rounds_rules_frozen",
        "rounds",
        "UPDATE",
        "OLD.status <> 'draft' AND (NEW.rules <> OLD.rules OR NEW.cosigners <> OLD.cosigners)",
        "rules and cosigners are frozen when the round opens",
    )
    yield from write(
        "draws_outcome_fixed",
        "draws",
        "UPDATE",
        " OR ".join(
            f"(OLD.{name} IS NOT NULL AND (NEW.{name} IS NULL OR NEW.{name} <> OLD.{name}))"
            for name in ("dice", "beacon", "seed")
        ),
        "dice, beacon and seed are written once",
    )
    yield from write(
        "disputes_answered",
        "disputes",
        "UPDATE",
        "(OLD.status <> 'open' AND (NEW.status <> OLD.status OR NEW.is_kept <> OLD.is_kept))"
        " OR (OLD.is_kept AND NOT NEW.is_kept)",
        "a dispute is answered once, and what the commitment kept is kept",
    )
    for table, event, statuses in _WHEN_OPEN_TO_CHANGE:
        yield from (_sqlite_bulk if dialect == "sqlite" else _postgresql_bulk)(table, event, statuses)


def _out_of_order(
    steps: Mapping[DrawStatus, frozenset[DrawStatus]] | Mapping[RoundStatus, frozenset[RoundStatus]],
) -> str:
    allowed = " OR ".join(
        f"(OLD.status = '{now}' AND NEW.status = '{then}')"
        for now, nexts in steps.items()
        for then in sorted(nexts)
    )
    return f"NEW.status <> OLD.status AND NOT ({allowed})"


def _sqlite(name: str, table: str, events: str, condition: str, message: str) -> Iterator[str]:
    when = f" WHEN {condition}" if condition else ""
    for event in events.split(" OR "):
        yield (
            f"CREATE TRIGGER {name}_{event.lower()} BEFORE {event} ON {table} FOR EACH ROW{when} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def _postgresql(name: str, table: str, events: str, condition: str, message: str) -> Iterator[str]:
    # A WHEN of PostgreSQL may not hold a subquery, so the condition stands in the function.
    refuse = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"
    body = f"IF {condition} THEN {refuse} END IF; " if condition else refuse + " "
    end = "RETURN OLD;" if events == "DELETE" else "RETURN NEW;"
    yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}{end} END $$"
    yield f"CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"


def _refuse_truncate(table: str) -> Iterator[str]:
    """Refuse to empty a table at one stroke, which no row's trigger would see."""
    name = f"{table}_not_emptied"
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
        f"'{table} is never emptied' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    yield f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"


def _sqlite_bulk(table: str, event: str, statuses: tuple[DrawStatus, ...]) -> Iterator[str]:
    row = "OLD" if event == "DELETE" else "NEW"
    # A draw that is not there has no status: nothing is written ahead of it either.
    status = f"coalesce((SELECT status FROM draws WHERE id = {row}.draw_id), '')"
    condition = f"{status} NOT IN ({_words(statuses)})"
    yield from _sqlite(f"{table}_in_time", table, event, condition, f"{table} are closed to changes")


def _postgresql_bulk(table: str, event: str, statuses: tuple[DrawStatus, ...]) -> Iterator[str]:
    # Once a statement, not once a row: these tables take millions of rows at a time.
    name = f"{table}_{event.lower()}_in_time"
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF EXISTS (SELECT 1 FROM (SELECT DISTINCT draw_id FROM changed) c LEFT JOIN draws d ON d.id = c.draw_id "
        f"WHERE coalesce(d.status, '') NOT IN ({_words(statuses)})) "
        f"THEN RAISE EXCEPTION '{table} are closed to changes' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {name} AFTER {event} ON {table} "
        f"REFERENCING {'OLD' if event == 'DELETE' else 'NEW'} TABLE AS changed "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _words(statuses: tuple[DrawStatus, ...]) -> str:
    return ", ".join(f"'{status}'" for status in statuses) or "'never'"


def counting_function() -> str:
    """Give PostgreSQL's statement for count_table(name): ANALYZE of one of our tables, with its owner's right."""
    tables = ", ".join(f"'{name}'" for name in COUNTED)
    return (
        "CREATE FUNCTION count_table(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path FROM CURRENT AS $$ BEGIN "
        f"IF name NOT IN ({tables}) THEN RAISE EXCEPTION 'no table to count: %', name; END IF; "
        "EXECUTE format('ANALYZE %I', name); END $$"
    )


#: Tables whose rows belong to a person, and which whole files of registrations fill.
OF_PERSONS = ("documents", "registrations")
# By the persons' index, whatever plan was kept; but many rows, which a file brings, by reading all persons once.
_BY_INDEX = "SET enable_nestloop = on SET enable_hashjoin = off SET enable_mergejoin = off"
_MANY_ROWS = 10_000
_AT_ONCE = "PERFORM set_config('enable_nestloop', 'off', true), set_config('enable_hashjoin', 'on', true)"


def person_guards() -> Iterator[str]:
    """Give PostgreSQL's statements that stand in for foreign keys to persons, asked once a statement.

    They refuse what the keys would. Asked once a row, the keys take as long as all the rest of a large file. Whoever
    adds a row locks its person as a key would, but for persons of the same transaction, whom nobody else can see.
    """
    for table in OF_PERSONS:
        check = (
            "IF EXISTS (SELECT 1 FROM added a LEFT JOIN persons p ON p.id = a.person_id "
            "WHERE p.id IS NULL OR p.xmin <> pg_current_xact_id()::xid) THEN "
            "PERFORM 1 FROM added a JOIN persons p ON p.id = a.person_id "
            "WHERE p.xmin <> pg_current_xact_id()::xid FOR KEY SHARE OF p; "
            "IF EXISTS (SELECT 1 FROM added a LEFT JOIN persons p ON p.id = a.person_id WHERE p.id IS NULL) "
            f"THEN RAISE EXCEPTION '{table} belong to persons' USING ERRCODE = 'foreign_key_violation'; "
            "END IF; END IF;"
        )
        # Written twice, for each of them has plans of its own: those for a file would read all persons for one row.
        check = (
            f"IF (SELECT count(*) FROM (SELECT 1 FROM added LIMIT {_MANY_ROWS + 1}) a_few) > {_MANY_ROWS} "
            f"THEN {_AT_ONCE}; {check} ELSE {check} END IF;"
        )
        yield from _after_statement(f"{table}_of_persons", table, "INSERT", "NEW TABLE AS added", check)
        yield from _postgresql(
            f"{table}_keep_person",
            table,
            "UPDATE OF person_id",
            "NEW.person_id <> OLD.person_id",
            f"{table} keep their person",
        )
    used = " OR ".join(
        f"EXISTS (SELECT 1 FROM removed r JOIN {table} t ON t.person_id = r.id)" for table in OF_PERSONS
    )
    refuse = "RAISE EXCEPTION 'a person is still referred to' USING ERRCODE = 'foreign_key_violation'"
    check = f"IF {used} THEN {refuse}; END IF;"
    yield from _after_statement("persons_referred_to", "persons", "DELETE", "OLD TABLE AS removed", check)


def _after_statement(name: str, table: str, event: str, rows: str, check: str) -> Iterator[str]:
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {_BY_INDEX} AS "
        f"$$ BEGIN {check} RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {rows} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def guard_removals(dialect: str) -> Iterator[str]:
    """Give the statements that take the guards away again, the last set first."""
    yield from removals(guard_statements(dialect), dialect)


def removals(statements: Iterable[str], dialect: str) -> Iterator[str]:
    """Give the statements that undo those that set up guards, the last first."""
    for statement in reversed(list(statements)):
        words = statement.split()
        if words[1] == "FUNCTION":
            yield f"DROP FUNCTION {words[2]}"
        elif dialect == "sqlite":
            yield f"DROP TRIGGER {words[2]}"
        else:
            yield f"DROP TRIGGER {words[2]} ON {words[words.index('ON') + 1]}"
