"""Registering and looking up, as a person does on a phone: in a real browser, in both languages."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.browser import Live, fits, shot


def test_the_start_page_fits_a_phone_and_speaks_the_language(live: Live, page: Page, language: str):
    page.goto(live.url)
    expect(page.locator("h1")).to_have_text({"zh": "口罩预约", "en": "Reserve masks"}[language])
    assert page.evaluate("document.documentElement.lang") == {"zh": "zh-Hans", "en": "en"}[language]
    assert fits(page)
    shot(page, f"home-closed-{language}")
