"""A function or trigger whose text changes needs a revision that sets it up anew, or old databases keep the old one.

Revisions take the texts from the code, so a new database never shows that one is missing.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict

import pytest
import sqlalchemy as sa

from maskres.db.engine import Database
from maskres.db.upgrade import upgrade
from tests.integration.deploy.test_upgrading import Seen, revisions

_SET_UP = re.compile(r"CREATE (?:OR REPLACE )?((?:FUNCTION|TRIGGER) \w+)")
#: Revision → digest of the texts that it was the last to set up. Of a revision that was ever put under a database it
#: changes no more: whoever changes a text writes a new revision that replaces it, and adds that one's line.
DIGESTS = {
    "sqlite": {"0001": "0304b40ec055b3c9", "0009": "2aa2d35194219e3a"},
    "postgresql": {
        "0001": "98bb5fa8a91c7e97",
        "0007": "8959a4ffc075efa6",
        "0014": "fa4fff1cd2570839",
        "0015": "cb26c3e3a5e7eea0",
        "0016": "fdb24b45e8155fc1",
        "0018": "7b68a8eed8fc0a6b",
    },
}


@pytest.fixture
def database(database_url: str):
    found = Database(database_url)
    yield found
    found.close()


def test_every_text_is_the_one_that_its_last_revision_set_up(database: Database):
    last: dict[str, tuple[str, str]] = {}
    for revision in revisions(database):
        seen = Seen()
        sa.event.listen(database.engine, "before_cursor_execute", seen)
        upgrade(database, revision)
        sa.event.remove(database.engine, "before_cursor_execute", seen)
        for statement in seen.statements:
            if found := _SET_UP.match(statement.strip()):
                last[found[1]] = revision, statement.strip()[found.end() :]
    texts: dict[str, list[str]] = defaultdict(list)
    for name, (revision, text) in sorted(last.items()):
        texts[revision].append(name + text)
    assert {
        revision: hashlib.sha256("\0".join(each).encode()).hexdigest()[:16]
        for revision, each in sorted(texts.items())
    } == DIGESTS[database.engine.dialect.name]
