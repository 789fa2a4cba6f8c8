"""Who may read from a replica: a closed list of things that are only shown, and nothing that decides uses them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MASKRES = ROOT / "maskres"
#: What is shown to everybody or to a registration's holder. Whoever adds to it must know that nothing follows from it.
SHOWN = {
    "open_data": {
        "list_shown_rounds",
        "show_one_round",
        "list_stores",
        "list_slots",
        "list_files",
        "find_results",
    },
    "public_rounds": {"list_public_rounds", "show_public_round"},
    "fairness": {"show_fairness"},
    "standing": {"find_standing", "list_standings"},
}
ALL = frozenset(name for names in SHOWN.values() for name in names)


@cache
def trees() -> list[tuple[Path, ast.Module]]:
    paths = sorted(MASKRES.rglob("*.py"))
    return [(path.relative_to(MASKRES), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name


def test_only_what_is_shown_may_be_stale():
    found: dict[str, set[str]] = {}
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                marks = {name for each in node.decorator_list for name in names_in(each)}
                if "may_be_stale" in marks:
                    assert path.parts[0] == "usecases"
                    found.setdefault(path.stem, set()).add(node.name)
    assert found == SHOWN


def test_the_replica_is_reached_by_no_other_way():
    ways = {"read_stale": {"db/engine.py", "usecases/service.py"}, "follow": {"app.py"}}
    ways |= {"Replica": {"db/engine.py", "db/replica.py"}, "replica": {"db/engine.py"}}
    for path, tree in trees():
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used |= {node.name for node in ast.walk(tree) if isinstance(node, ast.alias)}
        for name, places in ways.items():
            assert name not in used or path.as_posix() in places, (path, name)


def test_nothing_that_decides_looks_there():
    """Neither use cases nor tasks, commands or rehearsals: the doors alone, to show it."""
    for path, tree in trees():
        if path.parts[0] in ("usecases", "jobs", "cli", "rehearsal", "db"):
            others = ALL - SHOWN.get(path.stem, set())
            imported = {
                alias.name
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("maskres.usecases")
                for alias in node.names
            }
            assert not imported & others, path
            # From another module of use cases, where names like list_stores mean the query itself.
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    module = node.value.id
                    assert module not in imported or node.attr not in ALL, (path, node.attr)
        if path.parts[0] == "usecases" and path.stem in SHOWN:
            called = {
                node.func.id
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            assert not called & SHOWN[path.stem], path
