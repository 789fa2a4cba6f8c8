"""Residents on a phone: what each sees of a draw that was held, and the way through without scripts.

Registering itself is walked in tests/browser/test_whole_walk.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from maskres.rounds.status import DrawStatus
from maskres.usecases.registration.proofs import secret_of
from maskres.usecases.service import Service
from tests.support.browser import Live, fits, press, shot
from tests.support.people import make_person
from tests.support.raw import fetch
from tests.support.walkers import Messages, Resident
from tests.support.world import ROUND, open_round, play_to, winners_of

ANNA = make_person(1)


def test_registering_and_coming_back_without_scripts(
    live: Live, new_page: Callable[..., Page], tmp_path: Path
):
    open_round(live.service)
    page = new_page(360, "zh", has_scripts=False)
    anna = Resident(live, page, "zh", ANNA, Messages(live.service, tmp_path / "sms.jsonl"))
    anna.register()
    assert fetch(live.service.database, "SELECT number, choices FROM registrations") == [
        (anna.number, "huli-1|siming-1")
    ]
    anna.come_back()
    expect(page.locator("h1")).to_contain_text(f"{anna.number[:4]}-{anna.number[4:8]}")
    assert anna.standing == "已登记"


def look_up(page: Page, live: Live, number: str) -> None:
    page.goto(f"{live.url}/status#{number}")
    expect(page.locator("#number")).not_to_have_value("")
    page.fill("#secret", secret_of(live.service, ROUND, number))
    press(page, page.locator("main form button"))


@pytest.mark.parametrize("is_large", [False, True], ids=["normal", "large"])
def test_winning_waiting_and_not_taking_part(
    live: Live, new_page: Callable[..., Page], language: str, is_large: bool
):
    service: Service = live.service
    played = play_to(service, DrawStatus.COLLECTING)
    winner = winners_of(service)[0]
    won = set(winners_of(service))
    waiting = next(played.numbers[index] for index in range(17) if played.numbers[index] not in won)
    size = "large" if is_large else "normal"
    page = new_page(360, language, is_large=is_large)
    for name, number in (("won", winner), ("waiting", waiting), ("excluded", played.numbers[19])):
        look_up(page, live, number)
        expect(page.locator(".govuk-tag").first).to_be_visible()
        for closed in page.locator("details:not([open]) summary").all():
            closed.click()
        shot(page, f"status-{name}-{size}-{language}")
        assert fits(page), name
    look_up(page, live, winner)
    press(page, page.locator("a[href$='/move']"))
    shot(page, f"status-move-{size}-{language}")
    page.go_back()
    press(page, page.locator("a[href$='/give-back']"))
    shot(page, f"status-give-back-{size}-{language}")
    press(page, page.locator("main form button"))
    expect(page.locator(".govuk-tag").first).to_have_text({"zh": "已放弃", "en": "Given back"}[language])
    page.goto(f"{live.url}/rounds/{ROUND}")
    assert fits(page)
    shot(page, f"round-{size}-{language}")


def test_on_paper_the_picture_is_unfolded_and_no_link_has_half_an_address(
    live: Live, new_page: Callable[..., Page]
):
    played = play_to(live.service, DrawStatus.OPEN)
    page = new_page(794, "en")
    look_up(page, live, played.numbers[0])
    page.goto(f"{live.url}/status/mine")
    expect(page.locator(".mr-card svg")).to_be_hidden()
    page.pdf()
    expect(page.locator(".mr-card svg")).to_be_visible()
    expect(page.locator(".mr-card")).to_contain_text(f"{live.url}/status")
    page.emulate_media(media="print")
    after = "links => links.map(link => getComputedStyle(link, '::after').content)"
    assert set(page.eval_on_selector_all("main .govuk-link", after)) == {"none"}
    expect(page.locator("a[download]")).to_be_hidden()
