"""Looking up a number in what is published: from files alone, so that a whole city can look at once.

The files are those of ledger/look_up.py, written by the worker; a web server in front may serve them itself. The
page checks a number on the holder's own device (spec J4), and can be saved with everything it needs inside.
"""

from __future__ import annotations

import csv
import json
import re
import time
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, send_from_directory
from flask_babel import gettext

from maskres.errors import InputError
from maskres.formats.symbols import read_typed
from maskres.formats.values import is_slug, parse_time
from maskres.usecases.rounds.open_data import ShownRound, list_stores, show_one_round
from maskres.web.access import public
from maskres.web.door import Door
from maskres.web.languages import MARKS, language
from maskres.web.pages import STATIC, show
from maskres.web.public.look_up_words import words_of

_FILE = re.compile(
    r"draw\.json|pool/[0-9A-Z]{1,3}\.json|pool/all\.json|result/[0-9A-Z]{1,4}\.csv|result/all\.csv"
)
#: Files are replaced when a batch is published.
_KEEP_SECONDS = 60
_SECONDS_KNOWN = 60


def look_up_routes(door: Door) -> Blueprint:
    """Make the routes of looking up and checking a number."""
    routes = Blueprint("look_up", __name__)
    known: dict[str, tuple[float, ShownRound, dict[str, tuple[str, str]]]] = {}

    def words_for(slug: str, draw: int) -> dict[str, Any]:
        """Give the page's words, asking the database for the round and its stores at most once a minute."""
        noted_at, shown, names = known.get(slug, (0.0, None, {}))
        is_there = shown is not None and any(each.draw == draw for each in shown.draws)
        if shown is None or not is_there or time.monotonic() - noted_at > _SECONDS_KNOWN:
            shown = show_one_round(door.service, slug)
            stores = [each.store for each in list_stores(door.service, slug)]
            names = {store.store: (store.name, store.address) for store in stores}
            known[slug] = time.monotonic(), shown, names
        if all(each.draw != draw for each in shown.draws):
            abort(404)
        rules = shown.round.rules
        comma = MARKS[language()]["comma"]
        stores_named = {store: comma.join(words) for store, words in names.items()}
        return words_of(slug, draw, rules.zone, [each.stratum for each in rules.strata], stores_named)

    def folder_of(slug: str, draw: int) -> Path:
        folder = look_up_folder(door.settings.bundles, slug, draw)
        if folder is None:
            abort(404)
        return folder

    @routes.get("/rounds/<slug>/draws/<int:draw>/look-up/<path:name>")
    @public
    def file(slug: str, draw: int, name: str) -> Any:
        if _FILE.fullmatch(name) is None:
            abort(404)
        return send_from_directory(folder_of(slug, draw), name, max_age=_KEEP_SECONDS)

    @routes.get("/rounds/<slug>/draws/<int:draw>/look-up")
    @public
    def page(slug: str, draw: int) -> Any:
        folder = look_up_folder(door.settings.bundles, slug, draw)
        words = words_for(slug, draw)
        typed = request.args.get("number", "")
        error, row = None, None
        if typed and folder is not None:
            try:
                row = _row(folder, read_typed(typed))
            except InputError:
                error = gettext("A registration number has twelve letters and digits.")
        return show(
            "public/look_up.html",
            slug=slug,
            draw=draw,
            typed=typed[:40],
            error=error,
            row=row,
            at=parse_time(row["starts_at"], field="starts_at") if row and row["store"] else None,
            is_there=folder is not None,
            words=words,
        )

    @routes.get("/rounds/<slug>/draws/<int:draw>/check.html")
    @public
    def saved(slug: str, draw: int) -> Any:
        folder = folder_of(slug, draw)
        try:
            number = read_typed(request.args.get("number", ""))
        except InputError:
            abort(404)
        page = render_template(
            "public/saved_check.html",
            slug=slug,
            draw=draw,
            number=number,
            words=words_for(slug, draw),
            saved={"number": number, **_files_of(folder, number)},
            script=(STATIC / "look_up.js").read_text(encoding="utf-8"),
            style=(STATIC / "main.css").read_text(encoding="utf-8"),
        )
        answer = Response(page, mimetype="text/html")
        answer.headers["Content-Disposition"] = f'attachment; filename="{slug}-{draw}-{number}.html"'
        return answer

    return routes


def look_up_folder(bundles: Path | None, slug: str, draw: int) -> Path | None:
    """Find the folder of a draw's look-up files.

    Args:
        bundles: where the worker writes them; None where nothing is written.
        slug: the round, as it stands in the address.
        draw: the draw.

    Returns:
        The folder; None where nothing is written yet.
    """
    if bundles is None or not is_slug(slug) or not 1 <= draw <= 99:
        return None
    folder = bundles / slug / f"look-up-{draw}"
    return folder.resolve() if (folder / "draw.json").is_file() else None


def _files_of(folder: Path, number: str) -> dict[str, Any]:
    """Give the files that a check of this number reads, by the names it asks for."""
    draw = json.loads((folder / "draw.json").read_bytes())
    pool = f"pool/{number[: draw['pool_symbols']] or 'all'}.json"
    found = {"draw.json": draw, pool: json.loads((folder / pool).read_bytes())}
    if draw["result_symbols"] is not None:
        result = f"result/{number[: draw['result_symbols']] or 'all'}.csv"
        found[result] = (folder / result).read_text("ascii")
    return found


def _row(folder: Path, number: str) -> dict[str, str] | None:
    """Give a number's line of the result; {} where it is not in it, None before there is one."""
    found = _files_of(folder, number)
    table = next((text for name, text in found.items() if name.endswith(".csv")), None)
    if table is None:
        return None
    return next((row for row in csv.DictReader(table.splitlines()) if row["number"] == number), {})
