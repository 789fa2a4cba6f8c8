"""The whole job by hand, in a real browser and in both languages.

An operator makes a round, opens it and uploads the registers. Two people register on their phones, a helper enters a
third. The draw is closed, decided, committed, cosigned, seeded with the notary's dice, drawn and published. Of the two
who won, one gives the place back and one is served at the counter; a batch moves up the one who waits. Everybody is a
person of their own before a browser of their own; every long step is a task that the worker's code does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from maskres.formats import strict_json
from maskres.jobs.runner import run_task
from maskres.ledger.checkpoints import cosign
from maskres.rehearsal.parts import cosigner_keys
from maskres.usecases.work import tasks
from tests.support.browser import Live, shot
from tests.support.people import STORES, Person, make_people, make_person, make_rules, write_register
from tests.support.walkers import Messages, Resident, Staff
from tests.support.world import ROLLS, ROUND, SEED, hours_of, set_clock, slots_csv

_ROUND = f"/operator/rounds/{ROUND}"
_DRAW = f"{_ROUND}/draws/1"
_AT_NOTARY = f"/notary/rounds/{ROUND}/draws/1"
ANNA, BO, CAI = (make_person(index) for index in (1, 2, 3))
WON = {"zh": "您已中签", "en": "You have won"}
WAITING = {"zh": "候补中", "en": "On the waiting list"}
GIVEN_BACK = {"zh": "已放弃", "en": "Given back"}
COLLECTED = {"zh": "已领取", "en": "Collected"}


class World:
    """Everybody who takes part, and the files they hand in."""

    def __init__(self, live: Live, new_page: Callable[..., Page], language: str, folder: Path) -> None:
        self.live, self.language, self.folder = live, language, folder
        self._new_page = new_page
        self.messages = Messages(live.service, folder / "sms.jsonl")
        self.operator = self.staff("operator")
        self._has_watched = False

    def staff(self, role: str, width: int = 1280) -> Staff:
        """Give somebody of a role before a browser of their own."""
        return Staff(self.live, self._new_page(width, self.language), role, self.language)

    def resident(self, person: Person) -> Resident:
        """Give somebody with a phone of their own."""
        page = self._new_page(360, self.language)
        return Resident(self.live, page, self.language, person, self.messages)

    def file(self, name: str, data: bytes) -> Path:
        """Give a file to hand in."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def work(self) -> None:
        """Let the worker do the task whose page the operator looks at, and see it done."""
        page = self.operator.page
        expect(page.locator(".govuk-tag--light-blue")).to_be_visible()
        if not self._has_watched:
            self.operator.look("task-waiting")
        for task in tasks.list_due(self.live.service, quiet_seconds=0):
            assert run_task(self.live.service, task.id, self.folder / "bundles")
        if self._has_watched:
            page.reload(wait_until="domcontentloaded")
        # The first time, the page is left to look again by itself.
        expect(page.locator("main .govuk-tag--green, main .govuk-tag--red").first).to_be_visible()
        if not self._has_watched:
            self.operator.look("task-done")
        self._has_watched = True
        assert page.locator("main .govuk-tag--red").count() == 0, page.inner_text("main")

    def step(self, path: str) -> None:
        """Take the next step of the draw's timeline: its button, its page, its task."""
        self.operator.go(_DRAW)
        self.operator.follow(f"/{path}")
        self.operator.look(path)
        self.operator.send()
        self.work()


@pytest.fixture
def office(live: Live, new_page: Callable[..., Page], language: str, tmp_path: Path) -> World:
    """Everybody, on an empty deployment."""
    return World(live, new_page, language, tmp_path)


def test_from_an_empty_city_to_a_batch(office: World):
    open_a_round(office)
    anna, bo = office.resident(ANNA), office.resident(BO)
    anna.register()
    bo.register(("huli-1",))
    cai = enter_at_the_helper(office)
    decide_and_commit(office)
    draw(office)
    winners, waiting = look_up(anna, bo, cai)
    assert len(winners) == 2
    give_back(winners[1])
    set_clock(office.live.service, hours_of(1, 5 * 24 + 0.2))  # nine o'clock and a quarter of the first day
    serve(office, winners[0])
    run_a_batch(office)
    see_promoted(office, waiting)
    see_the_notary(office)


def open_a_round(world: World) -> None:
    operator = world.operator
    operator.look("home-empty")
    operator.follow("/rounds/new")
    notary, witness = (key.verifier.text for key in cosigner_keys(SEED))
    rules = strict_json.dumps(make_rules(challenge_hours=0))
    stores = "".join(f"{store},{district},{store}药店,中山路1号,09:00,18:00\n" for store, district in STORES)
    page = operator.page
    page.set_input_files("#rules", world.file("rules.json", rules))
    page.set_input_files(
        "#stores", world.file("stores.csv", f"store,district,name,address,opens,closes\n{stores}".encode())
    )
    page.fill("#closes_at", in_xiamen(hours_of(1, 47)))
    page.fill("#notary", notary)
    page.fill("#witness", witness)
    operator.look("new-round")
    operator.send()
    expect(page.locator(".govuk-notification-banner--success")).to_be_visible()
    operator.look("round-draft")
    operator.follow("/open")
    operator.look("open")
    operator.send()
    world.work()
    for kind, people in (("household", make_people(3)), ("insurance", [make_person(3)])):
        operator.go("/operator/registers")
        page.locator(f"input[value={kind}]").check()
        page.fill("#as_of", "2020-02-06")
        page.set_input_files("#file", write_register(world.folder / f"{kind}.csv", kind, people))
        operator.look(f"registers-{kind}")
        operator.send()
        world.work()
    operator.go(_ROUND)
    operator.look("round-open")


def in_xiamen(at: datetime) -> str:
    """Write a time as the field for it takes it."""
    return (at + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")


def enter_at_the_helper(world: World) -> Resident:
    """Let a helper enter somebody who has a phone and no patience; their slip says number and secret."""
    helper = world.staff("helper", 360)
    page = helper.page
    page.fill("#id_number", CAI.id_number)
    page.fill("#name", CAI.name)
    page.select_option("#district", "huli")
    page.select_option("#choice_1", "huli-1")
    page.check("input[name=reach][value=city]")
    helper.press(page.locator("main button.mr-button--big"))
    cai = world.resident(CAI)
    number, secret = page.locator(".mr-slip .mr-code--big").all_inner_texts()
    cai.number, cai.secret = number.replace("-", ""), secret
    return cai


def decide_and_commit(world: World) -> None:
    operator, page = world.operator, world.operator.page
    set_clock(world.live.service, hours_of(1, 48))
    operator.go(_DRAW)
    operator.look("draw-open")
    world.step("close")
    world.step("decide")
    operator.go(_DRAW)
    operator.look("draw-decided")
    operator.press(page.locator('main ol a[href$="/slots"]'))
    page.set_input_files("#file", world.file("slots.csv", slots_csv()))
    operator.look("slots")
    operator.send()
    operator.look("slots-preview")
    operator.send()
    operator.go(_DRAW)
    operator.follow("/commit")
    operator.send()  # with nothing filled in: every field says so
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    operator.look("commit-errors")
    page.fill("#quota-general", "2")
    page.fill("#by", in_xiamen(hours_of(1, 60)))
    page.check("[name=beacon][value=none]")
    operator.look("commit")
    operator.send()
    operator.look("commit-confirm")
    operator.send()
    world.work()


def draw(world: World) -> None:
    notary, witness = world.staff("notary"), world.staff("witness")
    cosign_both(notary, witness)
    service = world.live.service
    set_clock(service, service.now() + timedelta(minutes=10))  # nobody rolls sooner after both have cosigned
    notary.go(_AT_NOTARY)
    notary.look("draw-committed")
    notary.follow("/dice")
    notary.page.fill("#rolls", ROLLS)
    notary.page.fill("#again", ROLLS[::-1])
    notary.send()
    expect(notary.page.locator(".govuk-error-summary")).to_be_visible()
    notary.look("dice-differ")
    notary.page.fill("#again", " ".join(ROLLS))
    notary.send()
    notary.look("dice-confirm")
    notary.send()
    expect(notary.page.locator(".govuk-notification-banner--success")).to_be_visible()
    notary.look("draw-diced")
    cosign_both(notary, witness)
    for path in ("draw", "publish"):
        world.step(path)
    cosign_both(notary, witness)
    world.step("collect")
    world.operator.go(_DRAW)
    world.operator.look("draw-collecting")


def cosign_both(notary: Staff, witness: Staff) -> None:
    cosign_what_waits(notary, 0)
    cosign_what_waits(witness, 1)


def cosign_what_waits(person: Staff, key: int) -> None:
    person.go("/notary/")
    person.look("home")
    while (links := person.page.locator('main a[href*="/checkpoints/"]')).count():
        person.press(links.first)
        with person.page.expect_download() as waited:
            person.page.click('main a[href$="/note"]')
        note = Path(waited.value.path()).read_bytes()
        person.page.fill("#line", cosign(note, cosigner_keys(SEED)[key], person.live.service.now()))
        person.look("cosign")
        person.send()
        expect(person.page.locator(".govuk-notification-banner--success")).to_be_visible()
        person.look("cosigned")
        person.go("/notary/")


def look_up(*people: Resident) -> tuple[list[Resident], Resident]:
    """Let everybody see where they stand; gives who has won, and who waits."""
    winners, waiting = [], []
    for person in people:
        person.come_back()
        shot(person.page, f"status-{person.person.index}-{person.language}")
        if person.standing == WON[person.language]:
            see_place(person)
            winners.append(person)
        else:
            assert person.standing == WAITING[person.language]
            assert person.page.locator(".mr-qr").count() == 0
            waiting.append(person)
    return winners, waiting[0]


def see_place(person: Resident) -> str:
    """See store, day, half hour and code of one's place; gives the code."""
    words = person.page.inner_text("main")
    assert any(f"{store}药店" in words for store, _ in STORES)
    assert {"zh": "2020年2月13日 星期四", "en": "Thursday, 13 February 2020"}[person.language] in words
    assert "09:00–09:30" in words or "15:00–15:30" in words
    return person.page.locator(".mr-code--big").first.inner_text()


def give_back(person: Resident) -> None:
    person.press(person.page.locator("a[href$='/give-back']"))
    shot(person.page, f"status-give-back-{person.language}")
    person.press(person.page.locator("main form button"))
    assert person.standing == GIVEN_BACK[person.language]


def serve(world: World, winner: Resident) -> None:
    """Redeem at the counter the code that the winner's page shows."""
    code = see_place(winner)
    counter = world.staff("counter", 360)
    for again in (False, True):
        counter.page.keyboard.type(code)
        with counter.page.expect_navigation():
            counter.page.keyboard.press("Enter")
        counter.check()
        word = "already-handed-out" if again else "valid"
        expect(counter.page.locator(f"[data-answer={word}]")).to_be_visible()
        if not again:
            expect(counter.page.locator(".mr-compare")).to_contain_text(winner.person.id_number[-4:])
            counter.press(counter.page.locator("form[action$='/hand-over'] button"))
            expect(counter.page.locator("[data-answer=handed-out]")).to_be_visible()
    winner.come_back()  # days have passed, and the phone has forgotten
    assert winner.standing == COLLECTED[winner.language]


def run_a_batch(world: World) -> None:
    operator = world.operator
    operator.go(_DRAW)
    operator.follow("/batch")
    operator.look("batch")
    operator.send()
    world.work()


def see_promoted(world: World, person: Resident) -> None:
    person.come_back()
    shot(person.page, f"status-promoted-{person.language}")
    assert person.standing == WON[person.language]
    code = see_place(person)
    counter = world.staff("counter", 360)
    counter.page.keyboard.type(code)
    with counter.page.expect_navigation():
        counter.page.keyboard.press("Enter")
    expect(counter.page.locator("[data-answer=valid]")).to_be_visible()


def see_the_notary(world: World) -> None:
    """The rolls stand for all to see, as they were rolled."""
    notary = world.staff("notary")
    notary.go(_AT_NOTARY)
    expect(notary.page.locator(".mr-rolls__group").first).to_have_text(ROLLS[:5])
    notary.look("draw-batched")
