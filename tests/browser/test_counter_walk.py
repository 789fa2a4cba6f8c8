"""The counter and the helper as people use them: a scanner's keys, two steps, a slip, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Live, fits, log_in, shot, tab_to
from tests.support.collecting import Counters
from tests.support.people import make_people

pytest_plugins = ("tests.support.collecting_fixtures", "tests.support.counter_fixtures")

HERE, ELSEWHERE = "huli-1", "siming-1"
NEWCOMER = make_people(1, start=5000)[0]
WORDS = {
    "zh": {
        "valid": "可领取",
        "handed-out": "已发放",
        "already-handed-out": "此前已领取",
        "other-store": "非本店",
        "unknown": "查无此码",
        "undone": "已撤销",
        "given-back": "已放弃",
        "other-day": "日期不符",
        "hand": "一致，发放",
        "undo": "误操作，撤销",
    },
    "en": {
        "valid": "Valid",
        "handed-out": "Handed out",
        "already-handed-out": "Already handed out",
        "other-store": "Other store",
        "unknown": "Unknown",
        "undone": "Taken back",
        "given-back": "Given back",
        "other-day": "Wrong day",
        "hand": "The same: hand over",
        "undo": "A slip: take it back",
    },
}


def scan(page: Page, code: str) -> None:
    """Do what a hand-held scanner does: type wherever the focus is, and press Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def see(page: Page, language: str, word: str) -> None:
    """Expect an answer: its word in large letters, and its shape."""
    expect(page.locator(f"[data-answer={word}] h1")).to_have_text(WORDS[language][word])
    expect(page.locator(f"[data-answer={word}] svg")).to_be_visible()
    assert fits(page)


def test_a_queue_at_the_counter(live: Live, page: Page, language: str, world: Counters):
    words = WORDS[language]
    log_in(live, page, "counter")
    expect(page.locator("#code")).to_be_focused()
    assert fits(page)
    shot(page, f"counter-home-{language}")

    number = world.winner()
    scan(page, world.code(number))
    see(page, language, "valid")
    expect(page.locator(".mr-compare")).to_contain_text(world.holder(number).id_number[-4:])
    shot(page, f"counter-valid-{language}")
    # A scanner, Tab and Enter: the whole hand-over without a pointer.
    tab_to(page, page.get_by_role("button", name=words["hand"]))
    page.keyboard.press("Enter")
    see(page, language, "handed-out")
    shot(page, f"counter-handed-out-{language}")
    page.reload()
    see(page, language, "handed-out")

    # The scanner goes on from the answer, without anybody touching the screen.
    scan(page, world.code(number))
    see(page, language, "already-handed-out")
    shot(page, f"counter-already-{language}")
    scan(page, world.code(world.winner(ELSEWHERE)))
    see(page, language, "other-store")
    shot(page, f"counter-other-store-{language}")
    scan(page, "000000000000")
    see(page, language, "unknown")
    shot(page, f"counter-unknown-{language}")

    # A bad code is refused with what was typed, which the next scan replaces.
    scan(page, "7K3M")
    expect(page.locator("#code-error")).to_be_visible()
    expect(page.locator("#code")).to_have_value("7K3M")
    assert page.locator("html").get_attribute("data-sounded") == "plain"
    shot(page, f"counter-bad-code-{language}")
    second = world.winner()
    scan(page, world.code(second))
    see(page, language, "valid")
    # Enter alone never hands over: the card has not been compared.
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live.url}/counter/")
    assert world.place(second)["status"] == "assigned"


def test_a_slip_is_taken_back_and_the_back_button_does_nothing_twice(
    live: Live, page: Page, language: str, world: Counters
):
    words = WORDS[language]
    log_in(live, page, "counter")
    number = world.winner()
    scan(page, world.code(number))
    page.get_by_role("button", name=words["hand"]).click()
    page.get_by_role("button", name=words["undo"]).click()
    see(page, language, "undone")
    shot(page, f"counter-undone-{language}")
    page.go_back()
    page.go_back()
    hand_over = page.get_by_role("button", name=words["hand"])
    if hand_over.count():
        hand_over.click()
    see(page, language, "undone")
    assert world.place(number)["status"] == "assigned"


def test_only_the_card_and_the_figures(live: Live, page: Page, language: str, world: Counters):
    log_in(live, page, "counter")
    page.get_by_role("link", name={"zh": "只带了证件", "en": "Only the card is there"}[language]).click()
    shot(page, f"counter-card-{language}")
    page.fill("#card", world.holder(world.winner()).id_number)
    page.keyboard.press("Enter")
    see(page, language, "valid")
    page.goto(f"{live.url}/counter/day")
    page.fill("#delivered", "1x")
    page.keyboard.press("Enter")
    expect(page.locator("#delivered-error")).to_be_visible()
    page.fill("#delivered", "100")
    page.keyboard.press("Enter")
    expect(page.locator("#delivered")).to_have_value("100")
    assert fits(page)
    shot(page, f"counter-day-{language}")


def test_every_answer_fits_in_large_text_and_on_a_desk(
    live: Live, new_page: Callable[..., Page], language: str, world: Counters
):
    for width, is_large in ((360, True), (1280, False)):
        page = new_page(width, language, is_large=is_large)
        log_in(live, page, "counter")
        assert fits(page)
        shot(page, f"counter-home-{width}-{language}")
        scan(page, world.code(world.winner()))
        see(page, language, "valid")
        shot(page, f"counter-valid-{width}-{language}")
        page.goto(f"{live.url}/counter/day")
        assert fits(page)
        shot(page, f"counter-day-{width}-{language}")


def test_the_counter_works_without_scripts(
    live: Live, new_page: Callable[..., Page], language: str, world: Counters
):
    page = new_page(360, language, has_scripts=False)
    log_in(live, page, "counter")
    number = world.winner()
    page.fill("#code", world.code(number))
    page.keyboard.press("Enter")
    page.get_by_role("button", name=WORDS[language]["hand"]).click()
    see(page, language, "handed-out")
    assert world.place(number)["status"] == "collected"


@pytest.mark.usefixtures("world")
def test_a_helper_enters_somebody_and_prints_the_slip(
    live: Live, new_page: Callable[..., Page], language: str
):
    for width, is_large in ((360, False), (360, True), (1280, False)):
        page = new_page(width, language, is_large=is_large)
        name = f"{width}-{'large' if is_large else 'plain'}-{language}"
        log_in(live, page, "helper")
        page.locator("main button.mr-button--big").click()
        expect(page.locator(".govuk-error-summary")).to_be_visible()
        assert fits(page)
        shot(page, f"helper-errors-{name}")
        page.fill("#id_number", NEWCOMER.id_number)
        page.fill("#name", NEWCOMER.name)
        page.select_option("#district", "huli")
        page.select_option("#choice_1", "huli-1")
        page.check("input[name=reach][value=city]")
        page.locator("main button.mr-button--big").click()
        expect(page.locator(".mr-slip")).to_be_visible()
        expect(page.locator("[data-print]")).to_be_visible()
        assert fits(page)
        shot(page, f"helper-slip-{name}")
        page.emulate_media(media="print")
        expect(page.locator(".mr-noprint").first).to_be_hidden()
        expect(page.locator(".mr-code--big").first).to_be_visible()
        shot(page, f"helper-print-{name}")
