"""The browser's Back after something was kept: it leads to a page of ours that says what stands now."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from maskres.usecases.rounds.steps import open_round
from tests.support.browser import Live
from tests.support.people import STORES
from tests.support.walkers import Staff
from tests.support.world import OPERATOR, ROUND, create_round, slots_csv


def go_back(staff: Staff, wanted: str) -> None:
    """Go back once; it must come to a page of ours, and a second look at it too."""
    staff.page.go_back(wait_until="domcontentloaded")
    staff.check()
    assert staff.page.url == staff.live.url + wanted
    expect(staff.page.locator("h1")).to_be_visible()
    staff.page.reload(wait_until="domcontentloaded")
    staff.check()


def test_back_after_keeping_leads_to_what_stands_now(live: Live, new_page: Callable[..., Page]):
    create_round(live.service)
    operator = Staff(live, new_page(1280, "en"), "operator", "en")
    page, where = operator.page, f"/operator/rounds/{ROUND}"
    rules = f"{where}/rules"
    operator.open(rules)
    page.fill("#quantity", "7")
    operator.press(page.locator("button[value=preview]"))
    looked_at = page.url
    page.reload(wait_until="domcontentloaded")
    operator.press(page.get_by_role("button", name="Change something"))
    expect(page.locator("#quantity")).to_have_value("7")
    page.go_back(wait_until="domcontentloaded")
    assert page.url == looked_at
    operator.press(page.get_by_role("button", name="Keep these rules"))
    assert page.url == live.url + where
    go_back(operator, rules)
    expect(page.locator("#quantity")).to_have_value("7")

    stores = "store,district,name,address,opens,closes\n" + "".join(
        f"{store},{district},南山药店,中山路2号,08:00,19:00\n" for store, district in STORES
    )
    kept(operator, f"{where}/stores", stores.encode(), page.get_by_role("button", name="Set these stores"))
    go_back(operator, f"{where}/stores")
    open_round(live.service, OPERATOR, ROUND)
    slots = f"{where}/draws/1/slots"
    file = slots_csv(now=live.service.now())
    kept(operator, slots, file, page.get_by_role("button", name="Set these slots"))
    go_back(operator, slots)


def kept(operator: Staff, address: str, data: bytes, button: Locator) -> None:
    """Hand a file in, look at what would change, and keep it."""
    operator.open(address)
    operator.page.set_input_files("#file", {"name": "file.csv", "mimeType": "text/csv", "buffer": data})
    operator.send()
    operator.press(button)
