"""Every page of every door in every state: without a fault in axe-core or vnu, and within a phone's width.

In both languages, in normal and in large text. With MASKRES_SHOTS naming a folder, a picture of each is kept there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from maskres.usecases.draw.bundles import write_public_files
from maskres.usecases.service import Service
from maskres.usecases.showing.standing_values import Where
from tests.support import counter_tours, office_tours, resident_tours
from tests.support.browser import Live, Served
from tests.support.gallery import Gallery, make_gallery
from tests.support.looking import Looker, require_checkers
from tests.support.world import ROUND

#: GET, and yet no page; why.
_NO_PAGES = {
    "counter.manifest": "a file",
    "counter.offline_list": "JSON",
    "counter.service_worker": "a script",
    "health.healthz": "for machines",
    "health.metrics": "for machines",
    "health.readyz": "for machines",
    "home.published": "a file",
    "home.rules_file": "a file",
    "look_up.file": "a file",
    "look_up.saved": "a page to keep, walked in test_look_up_check.py; its HTML is checked here",
    "notary.checkpoint": "a file",
    "notary.findings": "leads to the audit",
    "open_data.slots_table": "a file",
    "open_data.stores_table": "a file",
    "operator.draw_dispute": "leads to the list of disputes; shown by POST",
    "printed.part": "as the first page of a short list, which the walk sees",
    "staff.home": "leads to one's own desk",
    "static": "files",
    "status.calendar": "a file",
    "status.receipt": "a file",
}


@pytest.fixture
def gallery(sqlite_service: Service, tmp_path: Path) -> Gallery:
    """The city in which every page has something to show."""
    found = make_gallery(sqlite_service)
    write_public_files(sqlite_service, ROUND, 1, tmp_path / "bundles")
    return found


@pytest.fixture
def live(sqlite_service: Service, gallery: Gallery, tmp_path: Path) -> Iterator[Live]:
    """The application on that city."""
    require_checkers()
    with Served(sqlite_service, tmp_path / "bundles") as found:
        yield found


@pytest.fixture
def looker(live: Live, new_page: Callable[..., Page], language: str, tmp_path: Path) -> Looker:
    """Somebody who looks at every page in one of the languages."""
    return Looker(live, new_page, language, tmp_path)


def test_every_page_is_fit_to_look_at(looker: Looker, gallery: Gallery):
    resident_tours.see_open_pages(looker, gallery)
    resident_tours.see_registering(looker)
    resident_tours.see_status(looker, gallery)
    office_tours.see_logging_in(looker)
    office_tours.see_operator(looker)
    office_tours.see_notary(looker)
    counter_tours.see_tills(looker)
    counter_tours.see_counter(looker, gallery)
    counter_tours.see_without_network(looker, gallery)
    counter_tours.see_helper(looker)
    office_tours.see_auditor(looker)
    finished = resident_tours.see_the_end(looker)
    if looker.language == "zh":  # the HTML of both languages is made alike
        looker.send_to_vnu()
    assert looker.faults == []
    assert looker.seen >= pages_of(looker.live)
    assert gallery.holders.keys() | finished >= set(Where)


def pages_of(live: Live) -> set[str]:
    """List the routes that show a page."""
    gets = {
        rule.endpoint
        for rule in live.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and (not rule.rule.startswith("/api/v1/") or rule.rule == "/api/v1/")
    }
    assert gets >= set(_NO_PAGES)
    return gets - set(_NO_PAGES)
