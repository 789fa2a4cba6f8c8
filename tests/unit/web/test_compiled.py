"""Compiled templates: kept for the next process, only where it is safe, and never at the cost of a page."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from jinja2 import BytecodeCache, DictLoader, Environment

from maskres.web.compiled import compiled_templates


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def render(kept: BytecodeCache | None) -> str:
    environment = Environment(loader=DictLoader({"page": "<p>{{ 1 + 1 }}</p>"}), bytecode_cache=kept)
    return environment.get_template("page").render()


def test_the_next_process_compiles_nothing(monkeypatch: pytest.MonkeyPatch):
    assert render(compiled_templates()) == "<p>2</p>"
    monkeypatch.delattr(Environment, "compile")
    assert render(compiled_templates()) == "<p>2</p>"


def test_a_folder_of_somebody_elses_is_not_used(folder: Path):
    safe = compiled_templates()
    assert safe is not None
    kept = Path(safe.directory)
    assert kept.stat().st_mode & 0o777 == 0o700
    kept.rmdir()
    kept.symlink_to(folder)
    assert compiled_templates() is None
    assert render(None) == "<p>2</p>"


def test_a_folder_that_went_away_costs_no_page():
    found = compiled_templates()
    assert found is not None
    Path(found.directory).rmdir()
    assert render(found) == "<p>2</p>"
