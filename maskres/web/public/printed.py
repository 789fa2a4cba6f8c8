"""The winners as a list to print and pin up, for those who look on paper.

It is read from the look-up files (ledger/look_up.py), so that printing a whole city does not touch the database.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, abort

from maskres.formats.symbols import ALPHABET
from maskres.formats.values import parse_time
from maskres.ledger.look_up import prefixes
from maskres.usecases.rounds.open_data import list_stores
from maskres.usecases.showing.public_rounds import DrawView, RoundView, show_public_round
from maskres.web.access import public
from maskres.web.door import Door
from maskres.web.pages import show
from maskres.web.public.look_up import look_up_folder

#: About so many winners stand on one page for the browser, ten or so sheets of paper.
MOST_ON_A_PAGE = 1500
_MOST_SYMBOLS = 3


@dataclass(frozen=True, slots=True)
class Winner:
    """A line of the printed list.

    Attributes:
        number: of the registration.
        store: slug of the store; "" where the place is still to come.
        at: when the slot begins, aware; None likewise.
    """

    number: str
    store: str
    at: datetime | None


def printed_routes(door: Door) -> Blueprint:
    """Make the routes of the printed list."""
    routes = Blueprint("printed", __name__)

    def find(slug: str, draw: int) -> tuple[RoundView, DrawView, Path]:
        folder = look_up_folder(door.settings.bundles, slug, draw)
        if folder is None or not (folder / "result").is_dir():
            abort(404)
        view, _ = show_public_round(door.service, slug)
        found = next((each for each in view.draws if each.draw == draw and each.winners is not None), None)
        if found is None:
            abort(404)
        return view, found, folder

    @routes.get("/rounds/<slug>/draws/<int:draw>/winners")
    @public
    def index(slug: str, draw: int) -> Any:
        view, shown, folder = find(slug, draw)
        symbols = symbols_for(shown.winners or 0)
        if symbols == 0:
            return _page(door, view, shown, folder, "")
        return show("public/winners_index.html", view=view, draw=shown, prefixes=list(prefixes(symbols)))

    @routes.get("/rounds/<slug>/draws/<int:draw>/winners/<prefix>")
    @public
    def part(slug: str, draw: int, prefix: str) -> Any:
        view, shown, folder = find(slug, draw)
        if len(prefix) != symbols_for(shown.winners or 0) or not set(prefix) <= set(ALPHABET):
            abort(404)
        return _page(door, view, shown, folder, prefix)

    return routes


def symbols_for(winners: int) -> int:
    """Choose by how many symbols of the number the list is cut into pages: 0 to 3."""
    fitting = (each for each in range(_MOST_SYMBOLS) if winners <= MOST_ON_A_PAGE * len(ALPHABET) ** each)
    return next(fitting, _MOST_SYMBOLS)


def read_winners(folder: Path, prefix: str) -> Iterator[Winner]:
    """Read the winners whose numbers begin with a prefix, by number, from look-up files.

    Args:
        folder: of the draw's look-up files.
        prefix: symbols of the number, may be empty.
    """
    # Result files hold far fewer lines than a page does, so a page is always a number of whole files.
    for path in sorted((folder / "result").glob(f"{prefix}*.csv")):
        with path.open(encoding="ascii", newline="") as lines:
            yield from (_winner(row) for row in csv.DictReader(lines) if row["outcome"] == "won")


def _winner(row: Mapping[str, str]) -> Winner:
    at = parse_time(row["starts_at"], field="starts_at") if row["store"] else None
    return Winner(row["number"], row["store"], at)


def _page(door: Door, view: RoundView, draw: DrawView, folder: Path, prefix: str) -> Any:
    stores = {each.store.store: each.store.name for each in list_stores(door.service, view.round.slug)}
    winners = list(read_winners(folder, prefix))
    return show("public/winners.html", view=view, draw=draw, prefix=prefix, winners=winners, stores=stores)
