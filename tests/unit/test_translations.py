"""Every word that people are shown stands in the Chinese catalogue, and nothing besides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

WEB = Path(__file__).parents[2] / "maskres" / "web"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
_PLACE = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (WEB / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)


def words_in_code() -> set[str]:
    keywords = {**DEFAULT_KEYWORDS, "lazy_gettext": None}
    found = extract_from_dir(
        WEB, METHODS, keywords=keywords, directory_filter=lambda path: "assets" not in path
    )
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


def test_every_word_is_translated(catalogue: Catalog):
    translated = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogue if m.id and m.string}
    assert words_in_code() - translated == set()
    assert all(not message.fuzzy for message in catalogue if message.id)


def test_no_word_is_left_over(catalogue: Catalog):
    known = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogue if m.id}
    assert known - words_in_code() == set()


def test_translations_keep_the_places_of_values(catalogue: Catalog):
    for message in catalogue:
        if message.id and isinstance(message.id, str):
            assert sorted(_PLACE.findall(message.id)) == sorted(_PLACE.findall(str(message.string))), (
                message.id
            )
