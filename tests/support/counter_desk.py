"""What tests of the counter's pages read off them; their fixtures are in counter_fixtures."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

HERE, ELSEWHERE = "huli-1", "siming-1"
_ANSWER = re.compile(r'data-answer="([a-z-]+)"')

#: Where the database has a word in it: what is read in sums, and what is done once.
both = pytest.mark.parametrize("world", ["sqlite", "postgres"], indirect=True)


def answer_of(page: TestResponse) -> str:
    """Give the word of the machine that a page shows."""
    found = _ANSWER.search(page.text)
    assert found, page.text
    return found[1]
