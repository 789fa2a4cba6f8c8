"""Walks past every page of staff, each looked at (tests/support/looking.py)."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from maskres.jobs.runner import run_task
from maskres.pickup.store_states import StoreState
from maskres.usecases.accounts import staff as accounts
from maskres.usecases.pickup.store_states import say_state_everywhere
from maskres.usecases.service import SERVICE
from maskres.usecases.work import tasks
from tests.support.gallery import COMMITTED, DECIDED, DRAFT, DRAWN, OPEN, VOID, pool
from tests.support.looking import Looker
from tests.support.walkers import Staff
from tests.support.web import PASSWORD
from tests.support.world import OPERATOR, ROLLS, ROUND, slots_csv

_PAGES_OF_DRAWS = (
    (OPEN, ("", "times", "close", "slots", "void")),
    (DECIDED, ("", "disputes", "decide", "slots", "commit")),
    (COMMITTED, ("", "beacon", "successor", "draw", "publish")),
    (DRAWN, ("", "publish", "disputes")),
    (VOID, ("",)),
    (
        ROUND,
        ("", "batch", "forfeit", "tell", "close-store", "calls", "disqualify", "bundle", "collect", "finish"),
    ),
)
_BAD_REGISTER = (
    "id_number,name,moved_in,moved_out,died_on\n"
    "350203198503010398,刘国华,2001-05-01,,\n350203198503010399,刘国华,2001-05-01,,\n"
)
_STORES = (
    "store,district,name,address,opens,closes\n"
    "huli-1,huli,中山药店,中山路2号,08:30,18:00\n"
    "siming-3,siming,南山药店,南山路3号,09:00,18:00\n"
)


def see_logging_in(looker: Looker) -> None:
    """See what comes before one's own desk."""
    live = looker.live
    newcomer = accounts.add_account(
        live.service, SERVICE, "newcomer", "Newcomer", "auditor", password=PASSWORD
    )
    person = looker.resident()
    looker.open(person, "/staff/login", "login")
    person.press(person.page.locator("main form button"))
    looker.see(person, "login-error")
    person.page.fill("#name", newcomer.name)
    person.page.fill("#password", PASSWORD)
    person.press(person.page.locator("main form button"))
    looker.see(person, "second-factor")
    auditor = looker.staff("auditor")
    looker.open(auditor, "/operator/", "error-403")
    auditor.open("/staff/prove")
    looker.see(auditor, "prove")
    other = looker.resident()
    other.open("/staff/login")
    other.page.fill("#name", auditor.account.name)
    other.page.fill("#password", PASSWORD)
    other.press(other.page.locator("main form button"))
    looker.see(other, "login-code")


def see_operator(looker: Looker) -> None:
    """See everything an operator does."""
    operator = looker.staff("operator")
    for address, name in (
        ("", "home"),
        ("registers", "registers"),
        ("rounds/new", "new"),
        ("staff", "staff"),
        ("staff/new", "staff-new"),
        ("tills", "tills"),
        ("search", "search"),
        ("health", "health"),
        ("log", "log"),
        (f"rounds/{ROUND}/conflicts", "conflicts"),
        (f"rounds/{ROUND}/charts", "charts-round"),
        (f"rounds/{DRAFT}/charts", "charts-empty"),
        (f"rounds/{ROUND}/draws/1/charts", "charts-draw"),
        (f"rounds/{DRAFT}", "round-draft"),
        (f"rounds/{DRAFT}/open", "open"),
        (f"rounds/{OPEN}/rules", "rules-frozen"),
        *((f"rounds/{slug}", f"round-{slug[-1]}") for slug in (OPEN, COMMITTED, ROUND)),
        *(
            (f"rounds/{OPEN}/{path}", path)
            for path in ("registrations", "stores", "carry-over", "late-claim", "finish", "erase")
        ),
        *(
            (f"rounds/{slug}/draws/1/{path}".rstrip("/"), f"draw-{slug[-1]}-{path}")
            for slug, paths in _PAGES_OF_DRAWS
            for path in paths
        ),
    ):
        looker.open(operator, f"/operator/{address}", f"operator-{name}")
    operator.go(f"/operator/rounds/{DECIDED}/draws/1/disputes")
    operator.press(operator.page.locator("main form button").first)
    looker.see(operator, "operator-dispute")
    see_errors(looker, operator)
    see_rules(looker, operator)
    see_committing(looker, operator)
    see_tasks(looker, operator)
    see_previews(looker, operator)
    see_accounts(looker, operator)


def see_errors(looker: Looker, operator: Staff) -> None:
    """See forms that were sent with nothing in them."""
    for address in ("registers", "rounds/new", f"rounds/{OPEN}/late-claim", f"rounds/{OPEN}/draws/1/void"):
        operator.go(f"/operator/{address}")
        operator.send()
        expect(operator.page.locator(".govuk-error-summary")).to_be_visible()
        looker.see(operator, f"operator-{address.split('/')[-1]}-errors")


def see_rules(looker: Looker, operator: Staff) -> None:
    """See the form of a draft's rules, with errors, and what would change; and whom to phone of a store that failed."""
    page, address = operator.page, f"/operator/rounds/{DRAFT}/rules"
    looker.open(operator, address, "operator-rules")
    page.fill("#goods", "")
    page.fill("#quantity", "many")
    operator.press(page.locator("button[value=preview]"))
    looker.see(operator, "operator-rules-errors")
    page.fill("#goods", "masks")
    page.fill("#quantity", "3")
    operator.press(page.locator("button[value=preview]"))
    looker.see(operator, "operator-rules-preview")
    say_state_everywhere(looker.live.service, OPERATOR, "huli-1", StoreState.SOLD_OUT)
    operator.go(f"/operator/rounds/{ROUND}/draws/1/calls")
    operator.press(page.locator("main form button").first)
    looker.see(operator, "operator-calls-phones")
    say_state_everywhere(looker.live.service, OPERATOR, "huli-1", StoreState.OPEN)


def see_committing(looker: Looker, operator: Staff) -> None:
    """See the last page before the commitment, and the errors on the way."""
    page, where = operator.page, f"/operator/rounds/{DECIDED}/draws/1"
    operator.go(f"{where}/slots")
    hand_in(operator, "#file", slots_csv(now=looker.live.service.now()))
    looker.see(operator, "operator-slots-preview")
    operator.send()
    looker.see(operator, "operator-slots-set")
    looker.open(operator, f"{where}/commit", "operator-commit")
    operator.send()
    looker.see(operator, "operator-commit-errors")
    for field in page.locator('input[name^="quota-"]').all():
        field.fill("2")
    page.fill("#by", "2020-03-01T10:00")
    page.check("[name=beacon][value=none]")
    operator.send()
    looker.see(operator, "operator-commit-confirm")


def hand_in(operator: Staff, field: str, data: bytes) -> None:
    """Send the form of a page with a file in it."""
    operator.page.set_input_files(field, {"name": "file.csv", "mimeType": "text/csv", "buffer": data})
    operator.send()


def see_previews(looker: Looker, operator: Staff) -> None:
    """See what a file would change, and a registration that is looked up."""
    operator.go(f"/operator/rounds/{OPEN}/stores")
    hand_in(operator, "#file", _STORES.encode())
    looker.see(operator, "operator-stores-preview")
    operator.go(f"/operator/rounds/{ROUND}/draws/1/batch")
    hand_in(operator, "#room", slots_csv(now=looker.live.service.now()))
    looker.see(operator, "operator-batch-preview")
    operator.go("/operator/search")
    operator.page.select_option("#round", ROUND)
    operator.page.fill("#number", pool(looker.live.service)[0])
    operator.send()
    looker.see(operator, "operator-search-found")


def see_tasks(looker: Looker, operator: Staff) -> None:
    """See a task that waits, one that could not be done, and one that is done."""
    page = operator.page
    operator.go("/operator/registers")
    page.check("input[value=household]")
    page.fill("#as_of", "2020-02-06")
    hand_in(operator, "#file", _BAD_REGISTER.encode())
    looker.see(operator, "operator-task-waiting")
    work(looker)
    page.reload(wait_until="domcontentloaded")
    looker.see(operator, "operator-task-failed")
    operator.go(f"/operator/rounds/{DECIDED}/draws/1/decide")
    operator.send()
    work(looker)
    page.reload(wait_until="domcontentloaded")
    looker.see(operator, "operator-task-done")


def see_accounts(looker: Looker, operator: Staff) -> None:
    """See an account, and one that a second operator must agree to."""
    page = operator.page
    operator.go("/operator/staff")
    operator.press(page.locator("main table a").first)
    looker.see(operator, "operator-staff-one")
    operator.go("/operator/staff/new")
    operator.send()
    looker.see(operator, "operator-staff-new-errors")
    page.fill("#name", "wu")
    page.fill("#shown_name", "吴英")
    page.check("input[value=operator]")
    operator.send()
    looker.see(operator, "operator-staff-asked")
    operator.press(page.locator("main a[href*='/requests/']"))
    looker.see(operator, "operator-staff-request")
    operator.go("/operator/staff/new")
    page.fill("#name", "zhou")
    page.fill("#shown_name", "周芳")
    page.check("input[value=helper]")
    operator.send()
    looker.see(operator, "operator-staff-made")
    looker.open(operator, "/staff/password", "password")


def work(looker: Looker) -> None:
    """Do every task there is, as the worker does."""
    for task in tasks.list_due(looker.live.service, quiet_seconds=0):
        run_task(looker.live.service, task.id, Path("/nowhere"))


def see_notary(looker: Looker) -> None:
    """See everything a notary does, and a witness's first page."""
    notary = looker.staff("notary")
    page = notary.page
    looker.see(notary, "notary-home")
    looker.open(notary, f"/notary/rounds/{COMMITTED}/draws/1", "notary-draw-committed")
    looker.open(notary, f"/notary/rounds/{COMMITTED}/draws/1/dice", "notary-dice")
    page.fill("#rolls", ROLLS)
    page.fill("#again", ROLLS[::-1])
    notary.send()
    looker.see(notary, "notary-dice-differ")
    page.fill("#again", ROLLS)
    notary.send()
    looker.see(notary, "notary-dice-confirm")
    base = f"/notary/rounds/{ROUND}/draws/1"
    notary.go(f"{base}/disqualify")
    notary.press(page.locator('main a[href*="/disqualify/"]').first)
    looker.see(notary, "notary-disqualify-last")
    for path in ("", "/disqualify", "/minutes", "/audit"):
        looker.open(notary, base + path, f"notary-draw{path.replace('/', '-')}")
    notary.send()
    looker.see(notary, "notary-audit-opened")
    for sound in page.locator("input[value=sound]").all():
        sound.check()
    notary.send()
    work(looker)
    page.reload(wait_until="domcontentloaded")
    looker.see(notary, "notary-task")
    notary.go(base)
    notary.press(page.locator('main a[href*="/checkpoints/"]').first)
    looker.see(notary, "notary-cosign")
    witness = looker.staff("witness")
    looker.see(witness, "witness-home")


def see_auditor(looker: Looker) -> None:
    """See what an auditor reads."""
    auditor = looker.staff("auditor")
    for path in ("", "log", "ledger"):
        looker.open(auditor, f"/auditor/{path}", f"auditor-{path or 'home'}")
