"""Registering and looking up, as a person does on a phone: in a real browser, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from maskres.rounds.status import DrawStatus
from maskres.usecases.proofs import secret_of
from maskres.usecases.service import Service
from tests.support.browser import Live, fits, shot
from tests.support.people import Person, make_person
from tests.support.raw import fetch
from tests.support.residents import newest_code
from tests.support.world import ROUND, open_round, play_to, winners_of

ANNA = make_person(1)


def answer(page: Page, name: str, language: str) -> None:
    """Look at a page as it stands, then send it."""
    shot(page, f"register-{name}-{language}")
    assert fits(page), f"{name} is wider than the phone"
    page.locator("main form button:not([name]), main form button[value=check]").last.click()


def register(page: Page, live: Live, person: Person, language: str) -> None:
    page.goto(f"{live.url}/register/{ROUND}/for-whom")
    page.locator("input[value=self]").check()
    answer(page, "for-whom", language)
    page.fill("#phone", person.phone)
    answer(page, "phone", language)
    page.fill("#code", newest_code(live.service, f"+86{person.phone}"))
    answer(page, "code", language)
    page.locator("input[value=cn-id]").check()
    page.fill("#id_number", person.id_number)
    answer(page, "document", language)
    page.fill("#name", person.name)
    answer(page, "name", language)
    page.locator("input[value=huli]").check()
    page.locator("input[value=city]").check()
    answer(page, "district", language)
    for store in ("siming-1", "huli-1"):
        for closed in page.locator("details:not([open]) summary").all():
            closed.click()
        page.locator(f"button[value='add:{store}']").click()
    page.locator("button[value='up:huli-1']").click()
    shot(page, f"register-stores-{language}")
    assert fits(page)
    page.locator("button[value=continue]").click()
    page.locator("input[value=yes]").check()
    answer(page, "keep", language)
    answer(page, "check", language)
    expect(page.locator(".govuk-panel")).to_be_visible()


def walk(page: Page, live: Live, language: str) -> None:
    register(page, live, ANNA, language)
    assert fits(page)
    shot(page, f"register-done-{language}")
    ((number, choices),) = fetch(live.service.database, "SELECT number, choices FROM registrations")
    assert choices == "huli-1|siming-1"
    secret = page.locator(".mr-code--big").inner_text()
    # The person comes back another day, on a phone that remembers nothing.
    page.context.clear_cookies(name="session")
    page.goto(f"{live.url}/status#{number}")
    page.fill("#number", number.lower())
    page.fill("#secret", secret)
    shot(page, f"status-look-up-{language}")
    page.locator("main form button").click()
    expect(page.locator("h1")).to_contain_text(f"{number[:4]}-{number[4:8]}")
    assert number not in page.url and fits(page)
    shot(page, f"status-registered-{language}")


def test_from_the_first_question_to_the_status_page(live: Live, page: Page, language: str):
    open_round(live.service)
    page.goto(live.url)
    expect(page.locator("h1")).to_have_text({"zh": "口罩预约", "en": "Reserve masks"}[language])
    assert fits(page)
    shot(page, f"home-{language}")
    walk(page, live, language)


def test_the_same_without_scripts(live: Live, new_page: Callable[..., Page]):
    open_round(live.service)
    walk(new_page(360, "zh", has_scripts=False), live, "zh-plain")


def look_up(page: Page, live: Live, number: str) -> None:
    page.goto(f"{live.url}/status#{number}")
    expect(page.locator("#number")).not_to_have_value("")
    page.fill("#secret", secret_of(live.service, ROUND, number))
    page.locator("main form button").click()


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
    page.locator("a[href$='/move']").click()
    shot(page, f"status-move-{size}-{language}")
    page.go_back()
    page.locator("a[href$='/give-back']").click()
    shot(page, f"status-give-back-{size}-{language}")
    page.locator("main form button").click()
    expect(page.locator(".govuk-tag").first).to_have_text({"zh": "已放弃", "en": "Given back"}[language])
    page.goto(f"{live.url}/rounds/{ROUND}")
    assert fits(page)
    shot(page, f"round-{size}-{language}")
