"""Open data on pages: what there is to fetch, tables of stores and slots for a spreadsheet, and what is kept of people.

The same is given by the API as JSON; a table here has the members of its schema as columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from maskres.formats.values import format_time
from maskres.usecases.rounds import open_data
from maskres.usecases.rounds.open_data import ShownStore
from maskres.usecases.showing.public_rounds import list_public_rounds
from maskres.web.access import public
from maskres.web.api.routes import LIVE_SECONDS, publish
from maskres.web.disarming import csv_lines
from maskres.web.door import Door
from maskres.web.pages import show

STORE_COLUMNS = (
    "store",
    "district",
    "name",
    "address",
    "opens",
    "closes",
    "left",
    "left_known_at",
    "state",
    "state_since",
)
SLOT_COLUMNS = ("slot", "store", "district", "starts_at", "ends_at", "capacity", "taken", "is_closed")


def open_data_routes(door: Door) -> Blueprint:
    """Make the routes of open data and of the privacy notice."""
    routes = Blueprint("open_data", __name__)
    service = door.service

    @routes.get("/open-data")
    @public
    def index() -> Any:
        return show("public/open_data.html", views=list_public_rounds(service))

    @routes.get("/privacy")
    @public
    def privacy() -> Any:
        return show("public/privacy.html", views=list_public_rounds(service))

    @routes.get("/rounds/<slug>/stores.csv")
    @public
    def stores_table(slug: str) -> Any:
        rows = map(_store_row, door.memory.show_stores(slug, open_data.list_stores))
        return _table(f"{slug}-stores.csv", STORE_COLUMNS, rows)

    @routes.get("/rounds/<slug>/draws/<int:draw>/slots-now.csv")
    @public
    def slots_table(slug: str, draw: int) -> Any:
        rows = map(_slot_row, open_data.list_slots(service, slug, draw))
        return _table(f"{slug}-{draw}-slots.csv", SLOT_COLUMNS, rows)

    return routes


def _table(name: str, header: Sequence[str], rows: Iterable[Iterable[object]]) -> Response:
    answer = Response("".join(csv_lines(header, rows)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return publish(answer, LIVE_SECONDS)


def _store_row(shown: ShownStore) -> list[object]:
    store = shown.store
    whole = (store.store, store.district, store.name, store.address, store.opens, store.closes)
    return [*whole, shown.left, _time(shown.left_known_at), shown.state, _time(shown.state_since)]


def _slot_row(row: Any) -> list[object]:
    members: Mapping[str, Any] = row._mapping
    return [_cell(members[name]) for name in SLOT_COLUMNS]


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return format_time(value)
    return str(value).lower() if isinstance(value, bool) else value


def _time(at: datetime | None) -> str:
    return "" if at is None else format_time(at)
