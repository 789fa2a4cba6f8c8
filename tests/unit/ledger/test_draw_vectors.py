"""Every vector of tests/vectors/draw through both verifiers."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

from maskres.ledger.bundle_files import VERIFIER_PATH
from tests.support.draw_vectors import FOLDER, Vector, lay_out, list_vectors
from tests.support.vector_maker import all_scenarios
from tests.support.verifiers import BOTH

VECTORS = list_vectors()


def arguments_of(vector: Vector, folder: Path) -> list[str]:
    words = []
    for name, value in vector.arguments.items():
        if name == "keys":
            path = folder / "known-keys.json"
            path.write_text(json.dumps(value) + "\n", encoding="utf-8")
            value = str(path)
        words += [f"--{name}", value]
    return words


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
@pytest.mark.parametrize("verifier", BOTH)
def test_a_vector_is_answered_as_it_must_be(vector, verifier, tmp_path):
    bundle = lay_out(vector.files(), tmp_path / "bundle")
    verdict = BOTH[verifier](bundle, *arguments_of(vector, tmp_path))
    if vector.needs != "sha256" and verifier == "verify_draw.py":
        # It cannot find this, and says so whatever it finds.
        assert "not checked, the standard library cannot:" in verdict.text
        assert {"ed25519": "Ed25519 signatures", "bls12-381": "BLS signature"}[vector.needs] in verdict.text
        assert vector.needs != "bls12-381" or not verdict.findings, "all but the signature fits"
        return
    assert verdict.status == vector.status, verdict.text
    for finding in vector.findings:
        assert verdict.has(finding["file"], finding["line"], finding["code"]), (finding, verdict.text)
    if vector.status == 0:
        assert not verdict.findings


@pytest.mark.parametrize("verifier", BOTH)
def test_the_worked_example_of_the_specification_holds(verifier):
    """It was made from the text alone, and its beacon is a real round of quicknet."""
    verdict = BOTH[verifier](VERIFIER_PATH.parents[2] / "docs" / "spec" / "example")
    assert verdict.status == 0, verdict.text


@pytest.mark.parametrize("verifier", BOTH)
def test_it_is_said_whose_bundle_it_is_and_that_its_keys_came_with_it(verifier, tmp_path):
    example = VERIFIER_PATH.parents[2] / "docs" / "spec" / "example"
    keys = json.loads((example / "keys.json").read_text(encoding="utf-8"))
    said = BOTH[verifier](example).text
    assert "note: ledger rehearsal/spec-example, round masks-1, draw 1\n" in said
    assert "the keys come from the bundle itself" in said
    assert all(f"note:   {role} {text}\n" in said for role, text in keys["keys"].items())
    assert "come from the bundle" not in BOTH[verifier](example, "--keys", str(example / "keys.json")).text


def test_there_are_enough_vectors_and_most_are_bad():
    bad = [vector for vector in VECTORS if vector.status]
    assert len(VECTORS) >= 60
    assert len(bad) > len(VECTORS) / 2


def test_the_vectors_are_what_their_maker_makes():
    written = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert written == {scenario.name: scenario.text for scenario in all_scenarios()}


def test_verify_draw_imports_the_standard_library_alone():
    tree = ast.parse(VERIFIER_PATH.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        )
    }
    assert imported <= sys.stdlib_module_names
    assert "maskres" not in imported


def test_nothing_of_the_service_imports_verify_draw():
    package = VERIFIER_PATH.parents[1]
    sources = [path for path in package.rglob("*.py") if path != VERIFIER_PATH]
    assert not [path.name for path in sources if "import verify_draw" in path.read_text(encoding="utf-8")]
