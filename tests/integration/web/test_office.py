"""A round by the pages of operator, notary, witness and auditor, from its draft to its erasure."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from maskres.db import pickup, record, rounds
from maskres.formats import strict_json
from maskres.formats.symbols import grouped
from maskres.ledger.checkpoints import cosign
from maskres.rehearsal.parts import cosigner_keys
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.cosigning import ledger_pages
from maskres.usecases.eligibility.disputes import lodge_dispute
from maskres.usecases.service import RESIDENT, Service
from maskres.web.disarming import disarm
from tests.support.office import Desk
from tests.support.people import STORES, make_people, make_rules, write_register
from tests.support.raw import fetch
from tests.support.web import csrf
from tests.support.world import (
    OPENS_AT,
    ROLLS,
    ROUND,
    SEED,
    hours_of,
    pass_time,
    play_to,
    published,
    register,
    set_clock,
    slots_csv,
    status_of,
    winners_of,
)

_ROUND = f"/operator/rounds/{ROUND}"
_DRAW = f"{_ROUND}/draws/1"
_HALL = f"/notary/rounds/{ROUND}/draws/1"


@pytest.fixture
def desk(sqlite_service: Service, tmp_path: Path) -> Desk:
    """Everybody's pages on a service of their own."""
    return Desk(sqlite_service, tmp_path / "bundles")


def _stores_csv() -> bytes:
    lines = ["store,district,name,address,opens,closes"]
    lines += [f"{store},{district},{store}药店,中山路1号,09:00,18:00" for store, district in STORES]
    return "".join(f"{line}\n" for line in lines).encode()


def _new_round(desk: Desk, **rules: object) -> None:
    notary, witness = (key.verifier.text for key in cosigner_keys(SEED))
    made = desk.post(
        "operator",
        "/operator/rounds/new",
        {"notary": notary, "witness": witness, "closes_at": "2020-02-10T09:00"},
        {"rules": strict_json.dumps(make_rules(ROUND, **rules)), "stores": _stores_csv()},
    )
    assert made.headers.get("Location") == _ROUND, made.text


def _household(people: list[object], folder: Path) -> bytes:
    folder.mkdir(exist_ok=True)
    return write_register(folder / "household.csv", "household", people).read_bytes()


def test_a_round_from_draft_to_batch_by_pages_alone(desk: Desk, tmp_path: Path) -> None:
    service = desk.service
    _new_round(desk, challenge_hours=0)
    assert "Open the round" in desk.get("operator", _ROUND).text
    last_look = desk.get("operator", f"{_ROUND}/open").text
    assert "every winner may collect" in last_look, "the rules that can never be changed again stand there"
    assert "done" in desk.do("operator", f"{_ROUND}/open").text
    people = list(make_people(20))
    for kind in ("household", "insurance"):
        register_page = desk.do(
            "operator",
            "/operator/registers",
            {"kind": kind, "as_of": "2020-02-06"},
            {"file": _household(people, tmp_path / kind) if kind == "household" else _insurance(tmp_path)},
        )
        assert "Version" in register_page.text
    for person in people:
        register(service, person)
    set_clock(service, hours_of(1, 48))
    assert "20" in desk.do("operator", f"{_DRAW}/close").text
    decided = desk.do("operator", f"{_DRAW}/decide").text
    assert "In the pool: everybody else" in decided
    slots = desk.post("operator", f"{_DRAW}/slots", {}, {"file": slots_csv()})
    assert "Nothing has changed yet" in desk.get("operator", slots.headers["Location"]).text
    slots = desk.post("operator", slots.headers["Location"], {})
    assert slots.headers["Location"] == f"{_DRAW}/slots"
    _commit(desk)
    assert status_of(service) is DrawStatus.COMMITTED
    assert "both cosign the commitment first" in desk.get("notary", f"{_HALL}/dice").text
    _cosign_newest(desk, "pool committed")
    assert "ten minutes after both have cosigned" in desk.get("notary", f"{_HALL}/dice").text
    set_clock(service, service.now() + timedelta(minutes=10))
    _enter_dice(desk)
    assert status_of(service) is DrawStatus.DICED
    assert "both cosign the dice first" in desk.get("operator", f"{_DRAW}/draw").text
    _cosign_newest(desk, "dice entered")
    minutes = desk.get("notary", f"{_HALL}/minutes")
    assert "Minutes of the draw" in minutes.text
    assert "style-src 'sha256-" in minutes.headers["Content-Security-Policy"]
    other = desk.post("operator", f"{_DRAW}/draw", {"approved": "0" * 64})
    assert (other.status_code, status_of(service)) == (409, DrawStatus.DICED)
    assert "Something changed since you looked" in other.text
    assert "Winners" in desk.do("operator", f"{_DRAW}/draw").text
    assert "Placed" in desk.do("operator", f"{_DRAW}/publish").text
    assert (
        "both cosign first: winners drawn, places published" in desk.get("operator", f"{_DRAW}/collect").text
    )
    assert (
        "Not signed by notary and witness yet: winners drawn" in desk.get("operator", f"/rounds/{ROUND}").text
    )
    assert desk.post("operator", f"{_DRAW}/collect", {}).status_code == 409
    _cosign_newest(desk, "places published")
    assert "have both signed what is published" in desk.get("operator", f"/rounds/{ROUND}").text
    desk.do("operator", f"{_DRAW}/collect")
    unlike = {"released": "2", "approved": "0" * 64}
    assert desk.post("operator", f"{_DRAW}/batch", unlike).status_code == 422
    assert "2" in desk.do("operator", f"{_DRAW}/batch", {"released": "2"}).text
    assert winners_of(service)
    assert "Batches published: 1." in desk.get("operator", _DRAW).text
    assert "both cosign first: batch published" in desk.get("operator", f"{_DRAW}/batch").text
    _require_digests_of_approvals(service)


def _require_digests_of_approvals(service: Service) -> None:
    """Beside who approved an act the audit log holds the digest of what they looked at."""
    with service.database.reading() as c:
        rows = record.read_log(c, limit=1000)
    approved = {
        str(detail.get("kind", row.act)): detail["approved"]
        for row in rows
        if "approved" in (detail := json.loads(row.detail))
    }
    assert set(approved) == {
        "open-round",
        "close-draw",
        "slots-set",
        "commit-draw",
        "dice-entered",
        "draw-winners",
        "publish-allocation",
        "publish-batch",
    }
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in approved.values())
    assert len(set(approved.values())) == len(approved)


def _insurance(folder: Path) -> bytes:
    folder.mkdir(exist_ok=True)
    return write_register(folder / "insurance.csv", "insurance", []).read_bytes()


def _commit(desk: Desk) -> None:
    page = desk.get("operator", f"{_DRAW}/commit").text
    strata = re.findall(r'name="quota-([a-z-]+)"', page)
    by = (hours_of(1, 60) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")
    fields = {f"quota-{stratum}": "3" for stratum in strata} | {"sides": "10", "rolls": "39", "by": by}
    fields["beacon"] = "none"
    _declare_quicknet(desk, fields)
    typed = desk.post("operator", f"{_DRAW}/commit", fields)
    assert typed.headers.get("Location") == f"{_DRAW}/commit/confirm", typed.text
    shown = desk.get("operator", f"{_DRAW}/commit/confirm").text
    approved = re.search(r'name="approved" value="([0-9a-f]{64})"', shown)
    assert approved is not None
    assert "Fix everything for good?" in shown
    asked = desk.post("operator", f"{_DRAW}/commit/confirm", {"approved": approved[1]})
    client = desk.client("operator")
    twice = {"approved": approved[1], "csrf_token": csrf(client, "/staff/login")}
    again = client.post(f"{_DRAW}/commit/confirm", data=twice)
    assert again.headers["Location"] == asked.headers["Location"], "pressed twice, it is one task"
    assert len(desk.work()) == 1
    assert "Digest of the commitment" in desk.get("operator", asked.headers["Location"]).text
    again = client.post(f"{_DRAW}/commit/confirm", data=twice)
    assert again.headers["Location"] == _DRAW


def _declare_quicknet(desk: Desk, fields: dict[str, str]) -> None:
    """A beacon is chosen by the day and time of the city; its round is computed and shown with what follows."""
    path = f"{_DRAW}/commit"
    for at, error in (
        ("", "Public beacon: Please give day and time"),
        (fields["by"][:11] + "00:01", "Public beacon: This must be later than ten minutes from now"),
    ):
        refused = desk.post("operator", path, fields | {"beacon": "quicknet", "beacon_at": at})
        assert refused.status_code == 422
        assert error in refused.text
    refused = desk.post("operator", path, fields | {"quota-general": "x", "beacon": "?"})
    assert "Winners of the group everybody else: Please give a whole number." in refused.text
    assert 'href="#beacon"' in refused.text
    refused = desk.post("operator", path, fields | {"beacon": "none", "no_dice": "yes"})
    assert "Without dice, a beacon must be declared." in refused.text
    later = hours_of(1, 61)
    typed = (later + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")
    done = desk.post("operator", path, fields | {"beacon": "quicknet", "beacon_at": typed})
    assert done.status_code == 303, done.text
    shown = desk.get("operator", f"{_DRAW}/commit/confirm").text
    # quicknet began long after this world: its first round is the first from then on.
    assert "round 1, announced for 23 August 2023, 23:09:27" in shown
    assert "10 February 2020, 20:50" in shown, "ten minutes before the dice"
    assert "quicknet" in shown


def _cosign_newest(desk: Desk, step: str) -> None:
    page = ledger_pages(desk.service)[0]
    for role, key in zip(("notary", "witness"), cosigner_keys(SEED), strict=True):
        assert step in desk.get(role, "/notary/").text
        note = desk.get(role, f"/notary/checkpoints/{page.size}/note").data
        line = cosign(note, key, desk.service.now())
        wrong = desk.post(role, f"/notary/checkpoints/{page.size}", {"line": line.replace("A", "B", 1)})
        assert wrong.status_code == 422
        sent: dict[str, Any] = {"files": {"file": line.encode()}} if role == "witness" else {}
        typed = {"line": "" if sent else line}
        handed_in = desk.post(role, f"/notary/checkpoints/{page.size}", typed, **sent)
        assert handed_in.status_code == 303, handed_in.text
        assert "You have cosigned this step." in desk.get(role, f"/notary/checkpoints/{page.size}").text


def _enter_dice(desk: Desk) -> None:
    differing = desk.post("notary", f"{_HALL}/dice", {"rolls": ROLLS, "again": ROLLS[:-1] + "9"})
    assert differing.status_code == 422
    assert "first differ at roll 39" in differing.text
    assert ROLLS in differing.text
    typed = desk.post("notary", f"{_HALL}/dice", {"rolls": " ".join(ROLLS), "again": ROLLS})
    assert typed.headers.get("Location") == f"{_HALL}/dice/confirm", typed.text
    confirm = desk.get("notary", f"{_HALL}/dice/confirm").text
    assert "Are these the dice?" in confirm
    assert "mr-hall" in confirm, "the hall follows it on a projector"
    other = desk.post("notary", f"{_HALL}/dice/confirm", {"approved": "0" * 64})
    assert (other.status_code, status_of(desk.service)) == (409, DrawStatus.COMMITTED)
    entered = desk.post("notary", f"{_HALL}/dice/confirm", {})
    # Pressed twice, it leads to where the dice can be seen.
    again = desk.client("notary").post(
        f"{_HALL}/dice/confirm", data={"csrf_token": csrf(desk.client("notary"), "/staff/login")}
    )
    assert again.headers["Location"] == _HALL
    assert entered.headers.get("Location") == _HALL, entered.text


def place_of(service: Service, number: str) -> str:
    """Give the status of a winner's place."""
    with service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, ROUND), 1)
        return str(pickup.find_place(c, draw.id, number).status)


def test_one_number_at_a_time_disputes_claims_and_disqualifying(desk: Desk) -> None:
    service = desk.service
    played = play_to(service, DrawStatus.DECIDED)
    left_out = played.numbers[played.people[-1].index]
    lodge_dispute(service, RESIDENT, ROUND, 1, left_out, "I moved here last year.")
    assert grouped(left_out) in desk.get("operator", f"{_DRAW}/disputes").text
    where = f"{_DRAW}/disputes/answer"
    read = desk.post("operator", where, {"dispute": left_out, "act": "read"})
    assert "I moved here last year." in read.text
    answer = {"dispute": left_out, "act": "answer", "verdict": "upheld", "reason": "card seen"}
    assert desk.post("operator", where, answer).status_code == 422
    assert desk.post("operator", where, answer | {"proved": "household"}).status_code == 303
    again = desk.post("operator", where, answer | {"proved": "household"})
    assert "There is no open dispute under this number." in again.text
    desk.do("operator", f"{_DRAW}/decide")
    play_to(service, DrawStatus.PUBLISHED)
    claim = {"number": left_out.lower(), "reason": "the register was late"}
    for page in (f"{_ROUND}/late-claim", f"{_DRAW}/disqualify"):
        empty = desk.post("operator", page, {"number": "", "reason": ""}).text
        assert 'href="#number"' in empty and 'href="#reason"' in empty, "each empty field is named"
    assert desk.post("operator", f"{_ROUND}/late-claim", claim).headers["Location"] == _ROUND
    unlucky = winners_of(service)[0]
    asked = {"number": unlucky, "reason": "forged card"}
    assert desk.post("operator", f"{_DRAW}/disqualify", asked).status_code == 303
    twice = desk.post("operator", f"{_DRAW}/disqualify", asked)
    assert "This has been asked for already." in twice.text
    assert place_of(service, unlucky) == "assigned"
    page = desk.get("notary", f"{_HALL}/disqualify").text
    request = re.search(r'name="request" value="(\d+)"', page)
    assert request is not None
    declined = desk.post("notary", f"{_HALL}/disqualify", {"request": request[1], "answer": "decline"})
    assert declined.status_code == 303
    assert place_of(service, unlucky) == "assigned"
    desk.post("operator", f"{_DRAW}/disqualify", asked)
    request = re.search(r'name="request" value="(\d+)"', desk.get("notary", f"{_HALL}/disqualify").text)
    assert request is not None
    # Nothing is confirmed by one tap: a last page says whom it meets and what cannot be undone.
    last = desk.get("notary", f"{_HALL}/disqualify/{request[1]}").text
    assert grouped(unlucky) in last and "forged card" in last and "cannot be undone" in last
    assert place_of(service, unlucky) == "assigned"
    confirm = {"request": request[1], "answer": "confirm"}
    assert desk.post("notary", f"{_HALL}/disqualify", confirm).status_code == 303
    assert place_of(service, unlucky) == "disqualified"
    assert "This request is not open any more." in desk.post("notary", f"{_HALL}/disqualify", confirm).text
    assert desk.client("notary").get(f"{_HALL}/disqualify/{request[1]}").location == f"{_HALL}/disqualify"


def test_a_dispute_open_at_the_commitment_is_upheld_after_a_second_look(desk: Desk) -> None:
    service = desk.service
    played = play_to(service, DrawStatus.DECIDED)
    number = played.numbers[played.people[-1].index]
    lodge_dispute(service, RESIDENT, ROUND, 1, number, "I moved here last year.")
    play_to(service, DrawStatus.COMMITTED)
    where = f"{_DRAW}/disputes/answer"
    assert grouped(number) in desk.get("operator", f"{_DRAW}/disputes").text
    read = desk.post("operator", where, {"dispute": number, "act": "read"}).text
    assert "I moved here last year." in read and "the number is in the pool" in read
    answer = {"dispute": number, "act": "answer", "reason": "the deed was seen"}
    assert desk.post("operator", where, answer | {"reason": ""}).status_code == 422
    asked = desk.post("operator", where, answer).text
    assert "This cannot be undone." in asked and "the deed was seen" in asked
    assert _dispute(service) == ("open", True), "nothing is done before it is confirmed"
    confirm = answer | {"act": "confirm"}
    assert desk.post("operator", where, confirm).headers["Location"] == f"{_DRAW}/disputes"
    assert _dispute(service) == ("upheld", True)
    again = desk.post("operator", where, confirm)
    assert again.status_code == 422 and "There is no open dispute under this number." in again.text
    assert "The draw has ended" not in read
    play_to(service, DrawStatus.FINISHED)
    assert "The draw has ended" in desk.post("operator", where, {"dispute": number, "act": "look"}).text


def _dispute(service: Service) -> tuple[str, bool]:
    ((status, is_kept),) = fetch(service.database, "SELECT status, is_kept FROM disputes")
    return status, bool(is_kept)


def test_the_audit_is_opened_logged_and_published(desk: Desk) -> None:
    service = desk.service
    play_to(service, DrawStatus.DRAWN)
    assert "Open the sample" in desk.get("notary", f"{_HALL}/audit").text
    opened = desk.post("notary", f"{_HALL}/audit", {}).text
    sample = list(dict.fromkeys(re.findall(r'name="found-([0-9A-Z]{12})"', opened)))
    found = {f"found-{number}": "sound" for number in sample}
    assert found
    page = desk.post(
        "notary", f"{_HALL}/audit/findings", {next(iter(found)): "sound"} if len(found) > 1 else {}
    )
    desk.work()
    assert "whether it is sound" in desk.get("notary", page.headers["Location"]).text
    # One that is forgotten is said at its field, and the others are still there.
    *_, last = sample
    all_but_one = {"shown": sample} | {name: each for name, each in found.items() if name != f"found-{last}"}
    page = desk.post("notary", f"{_HALL}/audit/findings", all_but_one)
    assert page.status_code == 422 and page.text.count("Please say whether it is sound.") == 1
    said = f"Not said yet whether they are sound: 1 of {len(sample)} winners. The first is {grouped(last)}."
    assert f'<a href="#found-{last}">{said}</a>' in page.text
    # Of however many are forgotten the summary says so in one line, and each has the words at its own field.
    page = desk.post("notary", f"{_HALL}/audit/findings", {"shown": sample})
    summary = page.text.split("govuk-error-summary__list")[1].split("</ul>")[0]
    assert summary.count("<li>") == 1 and f'href="#found-{sample[0]}"' in summary
    assert page.text.count("Please say whether it is sound.") == len(sample) > 1
    page = desk.post("notary", f"{_HALL}/audit/findings", all_but_one)
    assert page.text.count(" checked") == len(found) - 1
    # Looking them up took longer than the proof of who one is holds: what was found is there on the way back.
    client = desk.client("notary")
    token = csrf(client, "/staff/login")
    pass_time(service, minutes=30)
    late = client.post(f"{_HALL}/audit/findings", data=found | {"csrf_token": token})
    back = desk.prove("notary", late)
    assert back.status_code == 200 and "What you typed stands here once more" in back.text
    kept = dict(re.findall(r'type="hidden" name="(found-[0-9A-Z]{12})" value="(sound)"', back.text))
    assert kept == found
    assert desk.post("notary", f"{_HALL}/audit", kept).text.count(" checked") == len(found)
    page = desk.post("notary", f"{_HALL}/audit/findings", found | {"shown": sample})
    desk.work()
    assert "Not sound" in desk.get("notary", page.headers["Location"]).text
    assert b'"sound"' in published(service, "audit.json")
    log = desk.post("auditor", "/auditor/log", {"act": "personal-data-read", "number": sample[0]})
    assert "notary/notary-1" in log.text


def test_stores_close_draws_end_and_a_round_is_erased(desk: Desk) -> None:
    service = desk.service
    play_to(service, DrawStatus.COLLECTING)
    store = STORES[0][0]
    since = {"store": store, "since": "2020-02-09T10:00"}
    assert desk.post("operator", f"{_DRAW}/close-store", since | {"since": "soon"}).status_code == 422
    assert desk.post("operator", f"{_DRAW}/close-store", since).status_code == 303
    assert "winners are placed anew" in desk.get("operator", _DRAW).text
    assert desk.post("operator", f"{_DRAW}/close-store", since).status_code == 303
    assert "waits for the next batch already" in desk.get("operator", _DRAW).text, "pressed twice"
    assert "Missed places forfeited" in desk.do("operator", f"{_DRAW}/forfeit").text
    set_clock(service, hours_of(1, 200))
    desk.do("operator", f"{_DRAW}/finish")
    late = desk.post("operator", f"{_DRAW}/close", {})
    assert late.status_code == 409
    assert "This step cannot be taken now. The draw stands at: finished." in late.text
    assert desk.post("operator", f"{_ROUND}/finish", {"approved": "0" * 64}).status_code == 409
    desk.do("operator", f"{_ROUND}/finish")
    too_early = desk.do("operator", f"{_ROUND}/erase").text
    assert "keep the personal data of this round longer" in too_early
    set_clock(service, OPENS_AT + timedelta(days=3000))
    assert "Registrations" in desk.do("operator", f"{_ROUND}/erase").text


def test_files_that_cannot_be_read_are_said_line_by_line(desk: Desk) -> None:
    bad = "身份证号,姓名\n350203194912010021,王小明\n12,\n".encode()
    fields = {"kind": "household", "as_of": "2020-02-06"}
    assert desk.post("operator", "/operator/registers", fields).status_code == 422
    page = desk.do("operator", "/operator/registers", fields, {"file": bad}).text
    assert "This could not be done" in page
    wrong = desk.post(
        "operator",
        "/operator/rounds/new",
        {"notary": "x", "witness": "y"},
        {"rules": b"{}", "stores": _stores_csv()},
    )
    assert wrong.status_code == 422
    assert "A rule is missing" in wrong.text or "rules" in wrong.text


def test_a_void_draw_is_for_all_to_see_until_the_dice_may_have_been_rolled(desk: Desk) -> None:
    service = desk.service
    play_to(service, DrawStatus.DECIDED)
    empty = desk.post("operator", f"{_DRAW}/void", {"reason": ""})
    assert empty.status_code == 422
    assert "Please give the reason in one line" in empty.text
    reason = {"reason": "The hall has burnt down."}
    other = desk.post("operator", f"{_DRAW}/void", reason | {"approved": "0" * 64})
    assert other.status_code == 422 and "Something changed since you looked" in other.text
    assert status_of(service) is DrawStatus.DECIDED
    gone = desk.post("operator", f"{_DRAW}/void", reason)
    assert gone.status_code == 303, gone.text
    assert status_of(service) is DrawStatus.VOID
    assert "draw voided" in desk.get("auditor", "/auditor/ledger").text
    assert desk.post("operator", f"{_DRAW}/void", {"reason": "Again."}).status_code == 409


def test_an_export_of_the_audit_log_holds_no_formula(desk: Desk) -> None:
    service = desk.service
    with service.database.writing() as c:
        record.log(c, service.now(), "=cmd|' /C calc'!A0", "+act", detail={})
    exported = desk.post("auditor", "/auditor/log.csv", {}).data.decode("utf-8-sig")
    assert ",'=cmd|' /C calc'!A0,'+act," in exported
    assert disarm("\tx") == "'\tx"
    assert disarm("@x") == "'@x"
    assert disarm("-1") == "'-1"
    assert disarm("plain") == "plain"


def test_the_details_of_an_act_are_lines_for_people(desk: Desk) -> None:
    service = desk.service
    detail = {
        "till": "a<b",
        "slots": {"am": 3},
        "is_done": True,
        "names": ["x", "y"],
        "none": [],
        "why": None,
    }
    with service.database.writing() as c:
        record.log(c, service.now(), "operator/wu", "detailed", detail=detail)
    shown = desk.post("auditor", "/auditor/log", {"act": "detailed"}).text
    row = shown[shown.index("operator/wu") :]
    assert re.findall("<div>(.*?)</div>", row[: row.index("</tr>")]) == [
        "is_done: yes",
        "names: x, y",
        "none: none",
        "slots · am: 3",
        "till: a&lt;b",
        "why: none",
    ]
    assert "{&#34;" not in shown


def test_whoever_exports_the_audit_log_stands_in_it(desk: Desk) -> None:
    filters = {"act": "staff-logged-in", "actor": "operator/", "since": "2020-02-08T09:00"}
    assert desk.post("auditor", "/auditor/log.csv", filters).status_code == 200
    with desk.service.database.reading() as c:
        (line,) = record.read_log(c, act="log-exported")
    assert line.actor.startswith("auditor/")
    assert json.loads(line.detail) == filters | {"since": "2020-02-08T01:00:00Z"}
    refused = desk.post("auditor", "/auditor/log.csv", {"number": "7K3M", "actor": "operator/"})
    assert refused.status_code == 422 and 'value="7K3M"' in refused.text, (
        "an unreadable filter exports nothing"
    )
    assert "Nothing was looked for." in refused.text and "Nothing is found." not in refused.text
    with desk.service.database.reading() as c:
        assert len(record.read_log(c, act="log-exported")) == 1


def test_large_files_are_for_operators_alone(desk: Desk) -> None:
    large = "350203198503010398,刘国华,2001-05-01,,\n".encode() * 8000
    fields = {"kind": "household", "as_of": "2020-02-06"}
    assert desk.post("operator", "/operator/registers", fields, {"file": large}).status_code == 303
    for role in ("auditor", "notary"):
        assert desk.post(role, "/operator/registers", fields, {"file": large}).status_code in (403, 413)
