"""Charts of a round and of a draw: the pictures, the tables beside them, and that both have what is in the database."""

from __future__ import annotations

import re

from maskres.web.charts import WIDTH
from tests.support.collecting import DAY, Counters
from tests.support.people import DISTRICTS, STORE_SLUGS
from tests.support.web import log_in, make_app

pytest_plugins = ("tests.support.collecting_fixtures",)

_FIGURE = re.compile(r'<h2[^>]* id="([a-z-]+)">.*?<tbody[^>]*>(.*?)</tbody>', re.S)
_CELL = re.compile(r"<t[hd][^>]*>([^<]*)</t[hd]>")


def _tables(page: str) -> dict[str, list[list[str]]]:
    return {
        name: [_CELL.findall(row) for row in body.split("</tr>") if "<t" in row]
        for name, body in _FIGURE.findall(page)
    }


def test_charts_show_the_figures_of_round_and_draw(counters: Counters) -> None:
    counters.at(9.1)
    early = counters.numbers(slot="am", store=STORE_SLUGS[0])[:2]
    for number in early:
        counters.hand_out(counters.till(), number)
    counters.at(18)  # both slots are over
    client = log_in(make_app(counters.service), counters.service, "operator")
    client.set_cookie("lang", "en")
    of_round = client.get(f"/operator/rounds/{counters.slug}/charts")
    assert of_round.status_code == 200
    hours = _tables(of_round.text)["registrations"]
    assert sum(int(row[1]) for row in hours) == len(counters.people)
    assert sum(int(row[1]) for row in _tables(of_round.text)["districts"]) == len(counters.people)
    crossed = _tables(of_round.text)["hours-by-district"]
    cells = [int(cell) for row in crossed for cell in row[1:]]
    assert sum(cells) == len(counters.people) and len(crossed[0]) == 1 + len(DISTRICTS)

    address = f"/operator/rounds/{counters.slug}/draws/{counters.draw}/charts"
    assert f'href="{address}"' in client.get(address.removesuffix("/charts")).text
    page = client.get(address).text
    tables = _tables(page)
    winners = counters.numbers()
    assert sum(int(row[2]) for row in tables["odds"]) == len(winners)
    assert all(re.fullmatch(r"[0-9.]+%", row[3]) for row in tables["odds"])
    load = {row[0]: row[1] for row in tables["slots"]}
    assert set(load) == {"09:00", "15:00"}
    assert f">{DAY:%-d %b}</th>" in page and f">{DAY:%-d %b}</text>" in page
    assert tables["no-shows"][0][0] == f"{DAY:%-d %B %Y}"
    due = tables["collection"][-1]
    assert due[1:] == [str(len(winners)), str(len(early))]
    assert tables["no-shows"][0][1:3] == [str(len(winners)), str(len(winners) - len(early))]
    somewhere = _tables(client.get(f"{address}?district=huli").text)["slots"]
    assert somewhere and somewhere != tables["slots"]

    # The policy of the pages forbids styles in them; each picture says in words what it is.
    assert page.count("<svg class") == page.count('role="img"') == page.count("<desc") > 4
    assert "style=" not in page
    assert all(0 <= float(x) <= WIDTH for x in re.findall(r'<(?:text|rect) x="([^"]*)"', page))

    # The draw that is open has nothing to draw yet.
    before = client.get(address.replace("/draws/1/", "/draws/2/"))
    assert before.status_code == 200 and "There is nothing to draw yet." in before.text
    assert client.get(address.replace("/draws/1/", "/draws/9/")).status_code == 404
    assert f">{DAY.month}月{DAY.day}日</th>" in client.get(f"{address}?lang=zh").text
