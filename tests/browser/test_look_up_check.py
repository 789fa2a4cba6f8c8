"""A resident checks a number on their own device: from the server, from a saved file, and against forged files."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.bundles import write_public_files
from tests.support.browser import Live, fits, press, shot
from tests.support.world import play_to, winners_of

OUTCOMES = {"zh": ("此登记号已中签。", "此登记号未中签"), "en": ("This number has won.", "has not won")}
RIGHT = [
    *("signed", "notary", "witness", "ledger", "commitment", "pool", "in-pool", "seed", "ticket"),
]


def states(page: Page) -> dict[str, str]:
    expect(page.locator("#answer")).to_be_visible()
    items = page.locator("#findings li")
    return {
        str(items.nth(index).get_attribute("data-code")): str(items.nth(index).get_attribute("data-state"))
        for index in range(items.count())
    }


def test_checked_on_the_device_and_saved(
    live: Live, page: Page, new_page: Callable[..., Page], language: str, tmp_path: Path
) -> None:
    played = play_to(live.service, DrawStatus.PUBLISHED)
    write_public_files(live.service, played.slug, played.draw, tmp_path / "bundles")
    winners = winners_of(live.service)
    result = (tmp_path / "bundles" / played.slug / "draw-1" / "result.csv").read_text().splitlines()[1:]
    loser = next(line.split(",")[1] for line in result if line.endswith(",waiting"))
    page.goto(f"{live.url}/rounds/{played.slug}/draws/1/look-up")
    expect(page.locator("#save")).to_be_hidden()  # there is nothing to save yet
    page.locator("#number").fill(f" {winners[0][:4].lower()}-{winners[0][4:8]}-{winners[0][8:]}")
    page.locator("#look-up button").click()
    assert states(page) == dict.fromkeys([*RIGHT, "won"], "right")
    expect(page.locator("#outcome")).to_contain_text(OUTCOMES[language][0])
    expect(page.locator("#place")).to_be_visible()
    expect(page.locator("#number")).to_have_value("-".join(winners[0][at : at + 4] for at in (0, 4, 8)))
    assert fits(page)
    shot(page, f"look-up-won-{language}")
    with page.expect_download() as download:
        page.locator("#save").click()
    kept = tmp_path / "kept.html"
    download.value.save_as(kept)

    page.locator("#number").fill(loser)
    page.locator("#look-up button").click()
    expect(page.locator("#outcome")).to_contain_text(OUTCOMES[language][1])
    assert states(page) == dict.fromkeys([*RIGHT, "not-won"], "right")

    page.locator("#number").fill("7K3M-9QTR-4XH8")
    page.locator("#look-up button").click()
    expect(page.locator("#trouble")).not_to_be_empty()
    expect(page.locator("#answer")).to_be_hidden()

    offline = new_page(360, language)
    offline.context.set_offline(True)
    offline.goto(kept.as_uri())
    assert states(offline) == dict.fromkeys([*RIGHT, "won"], "right")
    assert fits(offline)
    shot(offline, f"look-up-saved-{language}")


def test_the_link_from_ones_own_page_checks_at_once(live: Live, page: Page, tmp_path: Path) -> None:
    played = play_to(live.service, DrawStatus.PUBLISHED)
    write_public_files(live.service, played.slug, played.draw, tmp_path / "bundles")
    page.goto(f"{live.url}/rounds/{played.slug}/draws/1/look-up#{winners_of(live.service)[0]}")
    assert states(page)["won"] == "right"


def test_large_text_and_the_other_language_keep_the_answer(
    live: Live, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    played = play_to(live.service, DrawStatus.PUBLISHED)
    write_public_files(live.service, played.slug, played.draw, tmp_path / "bundles")
    winner = winners_of(live.service)[0]
    page = new_page(360, "en")
    page.goto(f"{live.url}/rounds/{played.slug}/draws/1/look-up")
    page.locator("#number").fill(winner)
    page.locator("#look-up button").click()
    for name, outcome in (("Large text", OUTCOMES["en"][0]), ("中文", OUTCOMES["zh"][0])):
        expect(page.locator("#answer")).to_be_visible()
        press(page, page.get_by_role("link", name=name))
        expect(page.locator("#outcome")).to_contain_text(outcome)
        with page.expect_download() as download:
            page.locator("#save").click()
        assert winner in download.value.suggested_filename


def fulfil(body: str, route: Route) -> None:
    route.fulfill(body=body, content_type="application/json")


def test_forged_files_are_found(live: Live, new_page: Callable[..., Page], tmp_path: Path) -> None:
    """A server that lies about the result, the pool, the seed, the ledger or the signatures."""
    played = play_to(live.service, DrawStatus.PUBLISHED)
    write_public_files(live.service, played.slug, played.draw, tmp_path / "bundles")
    folder = tmp_path / "bundles" / played.slug / "look-up-1"
    draw = json.loads((folder / "draw.json").read_bytes())
    leaf = json.loads((folder / "pool" / "all.json").read_bytes())
    table = (folder / "result" / "all.csv").read_text()
    winner = winners_of(live.service)[0]
    line = next(each for each in table.splitlines() if each.startswith(winner))

    def altered(**changes: object) -> str:
        return json.dumps({**draw, **changes})

    ledger = [dict(entry) for entry in draw["ledger"]]
    ledger[0]["line"] = ledger[0]["line"].replace('"draw":1', '"draw":2')
    seed = draw["seed"].replace("\n", "\n\n", 1)
    note = draw["checkpoint"]
    signature = note.splitlines()[4]
    forged_note = note.replace(signature, signature[:-20] + signature[-20:].swapcase(), 1)
    untold = [entry for entry in draw["ledger"] if '"kind":"drawn"' not in entry["line"]]
    cases = [
        ("draw.json", altered(ledger=untold), "no-seed-yet"),
        ("result/all.csv", table.replace(line, line.replace(",won,", ",waiting,")), "won"),
        ("pool/all.json", json.dumps({**leaf, "lines": leaf["lines"].replace(",1,", ",2,", 1)}), "pool"),
        ("draw.json", altered(seed=seed), "seed"),
        ("draw.json", altered(ledger=ledger), "ledger"),
        ("draw.json", altered(checkpoint=forged_note), "signed"),
        ("draw.json", altered(checkpoint="nonsense"), "unreadable"),
        ("draw.json", altered(commitment=draw["commitment"].replace('"draw":1', '"draw":1 ')), "commitment"),
    ]
    page = new_page(360, "en")
    for name, body, wrong in cases:
        page.route(f"**/look-up/{name}", partial(fulfil, body))
        page.goto(f"{live.url}/rounds/{played.slug}/draws/1/look-up")
        page.locator("#number").fill(winner)
        page.locator("#look-up button").click()
        assert states(page)[wrong] == "wrong", wrong
        expect(page.locator("#summary")).to_contain_text("does not agree")
        page.unroute(f"**/look-up/{name}")
    # Signatures left out are no proof of anything: that is said, and nothing is called right.
    unsigned = "\n".join(note.splitlines()[:5]) + "\n"
    page.route("**/look-up/draw.json", partial(fulfil, altered(checkpoint=unsigned)))
    page.goto(f"{live.url}/rounds/{played.slug}/draws/1/look-up")
    page.locator("#number").fill(winner)
    page.locator("#look-up button").click()
    assert {code for code, state in states(page).items() if state == "open"} == {
        "unsigned-notary",
        "unsigned-witness",
    }
    expect(page.locator("#summary")).to_contain_text("still open")
