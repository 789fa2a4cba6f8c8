"""Every act that the code writes into the audit log has a name that people read."""

from __future__ import annotations

import ast
from pathlib import Path

import maskres
from maskres.web.act_names import ACTS

PACKAGE = Path(maskres.__file__).parent
_LOGS = {"log", "log_each"}


def written_acts() -> set[str]:
    """Read the acts that stand as such in calls of maskres.db.record."""
    calls = (
        node
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LOGS
    )
    return {
        call.args[3].value
        for call in calls
        if ast.unparse(call.func).startswith("record.")
        and len(call.args) > 3
        and isinstance(call.args[3], ast.Constant)
        and isinstance(call.args[3].value, str)
    }


def test_every_act_has_a_name():
    acts = written_acts()
    assert {"given-back", "store-closed", "disqualified"} <= acts
    assert acts - ACTS.keys() == set()
