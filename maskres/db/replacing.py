"""Guards of SQLite against REPLACE, which takes rows away that are never deleted (docs/adr/0005).

To what it replaces a REPLACE asks no trigger of deletion, unless the connection has switched recursive_triggers on:
ours do (maskres/db/engine.py), an administrator's do not. PostgreSQL has no REPLACE.
"""

from __future__ import annotations

from collections.abc import Iterator

#: The keys of what is never deleted.
_KEYS = (
    ("deployment", "id"),
    ("ledger_entries", "seq"),
    ("checkpoints", "size"),
    ("cosignatures", "size, name"),
    ("audit_log", "id"),
    ("artifacts", "id"),
    ("artifacts", "draw_id, name"),
    ("artifact_chunks", "sha256, piece"),
    ("batches", "draw_id, batch"),
    ("register_versions", "id"),
    ("register_versions", "kind, version"),
    ("rounds", "id"),
    ("rounds", "slug"),
    ("draws", "id"),
    ("draws", "round_id, draw"),
)
#: A round has one open draw.
_OPEN_DRAW = "round_id = NEW.round_id AND status = 'open' AND NEW.status = 'open'"


def replacement_guards() -> Iterator[str]:
    """Give the statements that set up the guards."""
    for table, key in _KEYS:
        names = key.split(", ")
        same = " AND ".join(f"{name} = NEW.{name}" for name in names)
        yield _refuse_replacing(f"{table}_{'_'.join(names)}", table, same)
    yield _refuse_replacing("draws_open", "draws", _OPEN_DRAW)
    for table, columns in (("rounds", ("id", "slug")), ("draws", ("id", "round_id", "draw"))):
        changed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in columns)
        yield (
            f"CREATE TRIGGER {table}_keep_key BEFORE UPDATE ON {table} FOR EACH ROW WHEN {changed} "
            f"BEGIN SELECT RAISE(ABORT, '{table} keep their key'); END"
        )


def _refuse_replacing(name: str, table: str, same: str) -> str:
    return (
        f"CREATE TRIGGER {name}_not_replaced BEFORE INSERT ON {table} FOR EACH ROW "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} are unique, none is replaced'); END"
    )
