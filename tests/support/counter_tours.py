"""Walks past the pages of counters, tills and helpers, each looked at (tests/support/looking.py)."""

from __future__ import annotations

from playwright.sync_api import expect

from maskres.usecases.accounts.enrolling import invite_till
from tests.support.gallery import Gallery
from tests.support.looking import Looker
from tests.support.people import make_person
from tests.support.world import OPERATOR


def see_tills(looker: Looker) -> None:
    """See how a device becomes a till, and how it is revoked."""
    operator = looker.staff("operator")
    page = operator.page
    operator.go("/operator/tills")
    page.fill("#name", "counter-2")
    page.select_option("#store", "huli-1")
    operator.send()
    looker.see(operator, "operator-till-invited")
    code = page.locator(".mr-code--big").first.inner_text()
    looker.open(operator, "/operator/tills/counter-2/revoke", "operator-till-revoke")
    device = looker.resident()
    looker.open(device, "/counter/enrol", "counter-enrol")
    device.press(device.page.locator("main form button"))
    looker.see(device, "counter-enrol-error")
    device.page.fill("#code", code)
    device.press(device.page.locator("main form button"))
    looker.see(device, "counter-of-a-till")
    operator.go("/operator/tills/counter-2/revoke")
    operator.send()
    looker.see(operator, "operator-tills-revoked")
    looker.open(device, "/counter/", "counter-revoked")


def see_counter(looker: Looker, gallery: Gallery) -> None:
    """See what the counter is answered."""
    counter = looker.staff("counter")
    page, world = counter.page, gallery.world
    looker.see(counter, "counter-home")
    number = world.winner("huli-1", "pm")
    away = world.winner("siming-2", "pm")
    for code, name in (
        (world.code(number), "valid"),
        (world.code(away), "other-store"),
        ("000000000000", "unknown"),
        ("7K3M", "bad"),
    ):
        counter.open("/counter/")
        page.fill("#code", code)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        looker.see(counter, f"counter-{name}")
        if name == "valid":
            counter.press(page.locator("form[action$='/hand-over'] button"))
            looker.see(counter, "counter-handed-out")
    looker.open(counter, "/counter/", "counter-home-recent")
    looker.open(counter, "/counter/card", "counter-card")
    counter.press(page.locator("main form button").first)
    looker.see(counter, "counter-card-error")
    looker.open(counter, "/counter/day", "counter-day")


def see_without_network(looker: Looker, gallery: Gallery) -> None:
    """See what a till says by itself, with today's list and of a code that it does not know."""
    world = gallery.world
    device = looker.resident()
    device.open("/counter/enrol")
    device.page.fill("#code", invite_till(world.service, OPERATOR, "huli-1-side", "huli-1").code)
    device.press(device.page.locator("main form button"))
    looker.open(device, "/counter/offline", "counter-offline")
    device.page.context.set_offline(True)
    expect(device.page.locator("#network-gone")).to_be_visible()
    for code, name in ((world.code(world.winner("huli-1", "pm")), "valid"), ("000000000000", "not-listed")):
        device.page.fill("#code", code)
        device.page.keyboard.press("Enter")
        expect(device.page.locator(f"[data-answer={name}]")).to_be_visible()
        looker.see(device, f"counter-offline-{name}")


def see_helper(looker: Looker) -> None:
    """See quick entry and the slip."""
    helper = looker.staff("helper")
    page = helper.page
    send = page.locator("main button.mr-button--big")
    looker.see(helper, "helper-home")
    helper.press(send)
    looker.see(helper, "helper-errors")
    somebody = make_person(5001)
    page.fill("#id_number", somebody.id_number)
    page.fill("#name", somebody.name)
    page.select_option("#district", "huli")
    page.select_option("#choice_1", "huli-1")
    page.check("input[name=reach][value=city]")
    helper.press(send)
    looker.see(helper, "helper-slip")
