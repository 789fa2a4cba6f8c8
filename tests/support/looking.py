"""Looking at pages as people and programs do: every page in both widths and sizes of text, without a fault.

    looker = Looker(live, new_page, "zh", folder)
    looker.open(looker.staff("operator"), "/operator/", "operator-home")
    looker.send_to_vnu()
    looker.faults        # what axe-core, vnu and the eyes of this file have found
    looker.seen          # endpoints whose pages were looked at

What axe-core and vnu are: tests/browser/checkers/package.json, installed by scripts/install-page-checkers.sh.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page
from werkzeug.exceptions import NotFound

from maskres.usecases.registration.proofs import secret_of
from tests.servers.guard import refuse_or_skip
from tests.support.browser import Live, fits, shot
from tests.support.people import Person, make_person
from tests.support.walkers import Messages, Resident, Staff, Walker

_CHECKERS = Path(__file__).parents[1] / "browser" / "checkers" / "node_modules"
_AXE = _CHECKERS / "axe-core" / "axe.min.js"
_VNU = _CHECKERS / "vnu-jar" / "build" / "dist" / "vnu.jar"
_VNU_SECONDS = 120
#: Runs axe-core on a page and gives what is wrong, as few words as tell where.
_RUN_AXE = """rules => axe.run(document, {resultTypes: ['violations'], preload: false, ...rules}).then(({violations}) =>
  violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 200)}`)))"""
#: Gives the lists to choose from whose longest choice has no room, in as many lines as they are high.
_FIND_CUT = """() => [...document.querySelectorAll('select')].filter(each => {
  const pen = document.createElement('canvas').getContext('2d');
  const {font, paddingLeft, lineHeight, whiteSpace} = getComputedStyle(each);
  pen.font = font;
  const longest = Math.max(...[...each.options].map(option => pen.measureText(option.text).width));
  const room = each.clientWidth - 2 * parseFloat(paddingLeft) - 20;
  const lines = whiteSpace === 'normal' ? Math.floor(each.clientHeight / parseFloat(lineHeight)) : 1;
  return longest > lines * room;
}).map(each => each.name)"""
#: The pages of both languages are made alike. So one walk sees them in normal text with every rule, the other in large
#: text with the rules on which size tells.
_RULES: dict[str, dict[str, list[str]]] = {
    "normal": {},
    "large": {"runOnly": ["color-contrast", "target-size", "scrollable-region-focusable"]},
}

_IN_BOTH_LANGUAGES = ("notary-draw-minutes",)


def require_checkers() -> None:
    """Skip the test, or fail it with CI=true, where a checker is not installed."""
    if not _AXE.exists() or not _VNU.exists():
        refuse_or_skip("axe-core or vnu")
    if shutil.which("java") is None:
        refuse_or_skip("Java")


class Looker:
    """Looks at pages, and remembers which routes they came from and what is wrong with them."""

    def __init__(self, live: Live, new_page: Callable[..., Page], language: str, folder: Path) -> None:
        self.live, self.language = live, language
        self._size_for_axe = "normal" if language == "zh" else "large"
        self._new_page, self._folder = new_page, folder
        self.messages = Messages(live.service, folder / "sms.jsonl")
        self.seen: set[str] = set()
        self.faults: list[str] = []
        self._holder: Resident | None = None
        self._routes = live.app.url_map.bind("localhost")

    def staff(self, role: str) -> Staff:
        """Give somebody of a role before a browser of their own."""
        return Staff(self.live, self._open_page(), role, self.language)

    def resident(self, person: Person | None = None) -> Resident:
        """Give somebody with a phone of their own."""
        person = person or make_person(5000)
        return Resident(self.live, self._open_page(), self.language, person, self.messages)

    def _open_page(self) -> Page:
        page = self._new_page(360, self.language)
        page.add_init_script(path=_AXE)
        return page

    def holder(self, slug: str, number: str) -> Resident:
        """Give the holder of a number, who has looked it up; one browser serves all of them in turn."""
        found = self._holder = self._holder or self.resident()
        found.number, found.secret = number, secret_of(self.live.service, slug, number)
        found.come_back()
        return found

    def open(self, walker: Walker, address: str, name: str) -> None:
        """Open a page by its address and look at it."""
        walker.page.goto(self.live.url + address, wait_until="domcontentloaded")
        if isinstance(walker, Staff):
            walker.prove_if_asked()
        self.see(walker, name)

    def see(self, walker: Walker, name: str) -> None:
        """Look at the page somebody has come to: narrow, in large text, and wide."""
        page = walker.page
        self.note(page)
        if name not in _IN_BOTH_LANGUAGES:
            walker.check_language()
        headings = page.locator("h1").count()
        if headings != 1:
            self.faults.append(f"{name}: {headings} × h1")
        page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        for width, size in ((360, "normal"), (360, "large"), (1280, "normal")):
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate(
                f"document.documentElement.classList.toggle('mr-large', {json.dumps(size == 'large')})"
            )
            shot(page, f"{name}-{self.language}-{width if size == 'normal' else size}")
            if not fits(page):
                self.faults.append(f"{name}: wider than {width} in {size} text")
            self.faults += [f"{name}: {size} text cuts {each} off" for each in page.evaluate(_FIND_CUT)]
            if (width, size) == (360, self._size_for_axe):
                self.faults += [f"{name}: {fault}" for fault in page.evaluate(_RUN_AXE, _RULES[size])]
        page.set_viewport_size({"width": 360, "height": 800})

    def note(self, page: Page) -> None:
        """Remember which route a page came from; one that says that nothing is there comes from none."""
        with suppress(NotFound):
            self.seen.add(self._routes.match(urlsplit(page.url).path, method="GET")[0])

    def send_to_vnu(self) -> None:
        """Check the HTML of every page that the server has sent, once a page."""
        folder = self._folder / "html"
        folder.mkdir()
        for nth, (endpoint, html) in enumerate(dict.fromkeys(self.live.sent)):
            (folder / f"{nth:03d}-{endpoint}.html").write_bytes(html)
        self.faults += faults_of_html(folder)


def faults_of_html(folder: Path) -> Sequence[str]:
    """Give what vnu says is an error in the HTML files of a folder; the style sheet inside a saved page is not ours."""
    options = ("--errors-only", "--filterpattern", "CSS:.*", "--format", "json")
    command = ["java", "-jar", str(_VNU), *options, str(folder)]
    answer = subprocess.run(command, capture_output=True, timeout=_VNU_SECONDS, check=False)
    found = json.loads(answer.stderr)["messages"]
    return sorted(
        {
            f"{Path(each['url']).stem[4:]}: {each['message']}: {each.get('extract', '')!r:.200}"
            for each in found
        }
    )
