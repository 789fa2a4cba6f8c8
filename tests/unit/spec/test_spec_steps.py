"""The steps of docs/spec/draw.md and the code that cites them: none is invented, none is forgotten."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from tests.support.spec_write import SPEC

CODE = SPEC.parents[1] / "maskres"
DOCUMENT = (SPEC / "draw.md").read_text("utf-8")
PART_ONE = DOCUMENT.split("# Part two")[0]
#: Each step at the beginning of its paragraph, with the dagger of those that bind people.
STEPS = dict(re.findall(r"^\*\*([A-Z][0-9]+)\*\*( †)?", PART_ONE, flags=re.MULTILINE))
_STEP = r"[A-Z][0-9]+"
_LIST = re.compile(rf"\b[Ss]pec ({_STEP}(?:(?:,? and |, | to ){_STEP})*)(?!\w)")
_PLACE = re.compile(rf"(?<![\w/+-]){_STEP}(?![\w/=-])")


def expand(text: str) -> Iterator[str]:
    """Give every step that a list such as `T1, T3 to T5` names."""
    for part in re.split(r",? and |, ", text):
        first, _, last = part.partition(" to ")
        for number in range(int(first[1:]), int((last or first)[1:]) + 1):
            yield f"{first[0]}{number}"


def citations() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in CODE.rglob("*.py"):
        for text in _LIST.findall(path.read_text("utf-8")):
            for step in expand(text):
                found[step].add(path.relative_to(CODE).as_posix())
    return found


CITED = citations()


def test_steps_are_numbered_without_a_gap_and_none_twice():
    starts = re.findall(r"^\*\*([A-Z][0-9]+)\*\*", PART_ONE, flags=re.MULTILINE)
    assert len(starts) == len(set(starts)) > 100
    by_letter: dict[str, list[int]] = defaultdict(list)
    for step in starts:
        by_letter[step[0]].append(int(step[1:]))
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_letter.values())


def test_every_step_that_is_cited_exists():
    assert CITED.keys() - STEPS.keys() == set(), {step: CITED[step] for step in CITED.keys() - STEPS.keys()}


def test_every_step_that_the_document_itself_names_exists():
    prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", DOCUMENT, flags=re.DOTALL | re.MULTILINE)
    named = set(_PLACE.findall(prose)) - {"G1", "G2"}  # the curve's groups
    assert named - STEPS.keys() == set()
    assert len(named) > 100


def test_every_step_that_binds_a_program_is_cited():
    assert {step for step, dagger in STEPS.items() if not dagger} - CITED.keys() == set()


def test_no_code_cites_a_section_where_it_could_cite_a_step():
    found = [path for path in CODE.rglob("*.py") if re.search(r"draw\.md, section", path.read_text("utf-8"))]
    assert found == [], "Cite a step of docs/spec/draw.md instead, such as: Source: spec T1."
