"""A resident checks a receipt on their own device: one that was counted, one left out, altered ones, the example."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from maskres.db import record
from maskres.registration.receipts import read_receipt
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.bundles import write_public_files
from maskres.usecases.registration.receipts import make_receipt, sign
from tests.browser.test_look_up_check import states
from tests.support.browser import Live, fits, shot
from tests.support.world import play_to

STRANGER = "7K3M9QTR4XH7"
SIGNED = dict.fromkeys(("receipt-signed", "shown-ledger", "signed", "notary", "witness"), "right")
TO_COMPARE = {"no-paper-key": "open"}
LEFT_OUT = {"zh": "您被遗漏", "en": "proves that you were left out"}


def check(page: Page, live: Live, receipt: bytes, **more: str) -> dict[str, str]:
    page.goto(f"{live.url}/receipt")
    page.locator("#receipt").fill(receipt.decode())
    if more:
        page.locator(".govuk-details__summary").click()
    for field, text in more.items():
        page.locator(f"#{field}").fill(text)
    page.locator("#check").click()
    return states(page)


def ledger_key(live: Live) -> str:
    with live.service.database.reading() as c:
        opened = json.loads(record.ledger_lines(c)[0])
    found: str = opened["body"]["keys"]["operator"]
    return found


def test_a_receipt_is_checked_from_registering_to_the_commitment(
    live: Live, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = new_page(360, "en")
    played = play_to(live.service, DrawStatus.OPEN)
    person = played.people[0]
    receipt = make_receipt(live.service, played.slug, played.numbers[person.index])
    assert check(page, live, receipt) == {
        "receipt-signed": "right",
        "no-paper-key": "open",
        "shown-ledger": "right",
        **dict.fromkeys(("signed", "notary", "witness"), "right"),
        "not-closed": "open",
    }
    play_to(live.service, DrawStatus.DECIDED)
    key = ledger_key(live)
    known = {**SIGNED, "paper-key": "right", "list": "right", "registered": "right"}
    assert check(page, live, receipt, paper=key) == known
    assert fits(page)
    assert page.locator("#answer a").count() == 0  # it is a number's check that can be saved
    play_to(live.service, DrawStatus.COMMITTED)
    write_public_files(live.service, played.slug, played.draw, tmp_path / "bundles")
    found = check(page, live, receipt, paper=key, identity=person.id_number)
    assert found == known | dict.fromkeys(("commitment", "pool", "in-pool", "seal"), "right")
    assert check(page, live, receipt, paper=key, identity=played.people[1].id_number)["seal"] == "wrong"
    assert check(page, live, receipt, paper=key[:-2] + "==")["paper-key"] == "wrong"


def test_an_omission_is_proved_while_it_can_still_be_mended(
    live: Live, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    """Somebody registered and holds the receipt; the list that closed knows nothing of it."""
    page = new_page(360, "zh")
    played = play_to(live.service, DrawStatus.DECIDED)
    kept = read_receipt(make_receipt(live.service, played.slug, played.numbers[0]))
    with live.service.database.reading() as c:
        origin = record.origin(c)
    left_out = sign(live.service, replace(kept, number=STRANGER), origin)
    path = tmp_path / "receipt.json"
    path.write_bytes(left_out)
    page.goto(f"{live.url}/receipt")
    page.locator("#file").set_input_files(path)
    expect(page.locator("#receipt")).to_have_value(left_out.decode())
    page.locator("#check").click()
    assert states(page) == SIGNED | TO_COMPARE | {"list": "right", "omitted": "wrong"}
    expect(page.locator("#summary")).to_contain_text(LEFT_OUT["zh"])
    assert fits(page)
    shot(page, "receipt-omitted")
    # Who altered a receipt of their own proves nothing with it.
    forged = left_out.replace(b'"reach":"city"', b'"reach":"choices"')
    found = check(page, live, forged)
    assert found["receipt-signed"] == "wrong"
    expect(page.locator("#summary")).not_to_contain_text(LEFT_OUT["zh"])
    found = check(page, live, sign(live.service, replace(kept, ledger_root="0" * 64), origin))
    assert found["shown-ledger"] == "wrong"
    page.locator("#receipt").fill("{}")
    page.locator("#check").click()
    expect(page.locator("#trouble")).not_to_be_empty()


@pytest.fixture
def files(tmp_path: Path) -> Iterator[str]:
    """The folder's files, served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_a_list_of_two_millions_is_fetched_when_asked_for_and_looked_into_as_it_comes(
    live: Live, new_page: Callable[..., Page], tmp_path: Path, files: str
) -> None:
    """The service's own list is short: a long one, and the ledger's line about it, are put into their place."""
    page = new_page(360, "en")
    played = play_to(live.service, DrawStatus.DECIDED)
    receipt = make_receipt(live.service, played.slug, played.numbers[0])
    number = json.loads(receipt)["receipt"]["number"]
    numbers = [f"{place:011d}Z" for place in range(2_000_000)]
    numbers[1_300_000] = number
    data = "\n".join(["number", *numbers, ""]).encode()
    (tmp_path / "registered.csv").write_bytes(data)
    with live.service.database.reading() as c:
        entries = [json.loads(line) for line in record.ledger_lines(c)]
    entries[1]["body"]["registered"] = {"entries": len(numbers), "sha256": hashlib.sha256(data).hexdigest()}
    ledger = "".join(f"{json.dumps(entry)}\n" for entry in entries)
    page.route("**/ledger.jsonl", lambda route: route.fulfill(body=ledger))
    page.route("**/registered.csv", lambda route: route.continue_(url=f"{files}/registered.csv"))
    found = check(page, live, receipt)
    assert (found["list-not-fetched"], found.get("list")) == ("open", None)
    button = page.locator("#fetch-list")
    expect(button).to_have_text("Fetch the whole list and look into it (26 MB)")
    assert fits(page)
    button.click()
    expect(page.locator("#whole-list")).to_be_hidden(timeout=60_000)
    assert {code: states(page)[code] for code in ("list", "registered")} == dict.fromkeys(
        ("list", "registered"), "right"
    )


def test_the_example_shows_an_omission_without_a_network(
    live: Live, page: Page, new_page: Callable[..., Page], language: str
) -> None:
    page.goto(f"{live.url}/receipt")
    shot(page, f"receipt-{language}")
    page.context.set_offline(True)
    page.locator("#try").click()
    assert states(page) == SIGNED | TO_COMPARE | {"list": "right", "omitted": "wrong"}
    expect(page.locator("#summary")).to_contain_text(LEFT_OUT[language])
    large = new_page(360, language, is_large=True)
    large.goto(f"{live.url}/receipt")
    assert fits(large)
