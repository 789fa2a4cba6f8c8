"""Showing pages: the templates' surroundings, the addresses of static files, formatted times and numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import segno
from flask import Flask, render_template, request, url_for
from flask_babel import format_date, format_datetime, format_decimal, gettext
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from markupsafe import Markup

from maskres.formats.symbols import grouped
from maskres.web import names
from maskres.web.compiled import compiled_templates
from maskres.web.headers import csp_nonce
from maskres.web.interrupted import fill_in
from maskres.web.languages import HTML_LANGUAGES, MARKS, is_large, language
from maskres.web.ledger_words import entry_lines

_FORMS = {
    "en": {
        "day": "d MMMM y",
        "medium": "d MMMM y, HH:mm",
        "short": "d MMMM, HH:mm",
        "exact": "d MMMM y, HH:mm:ss",
        "full": "EEEE, d MMMM y, HH:mm",
        "full-day": "EEEE, d MMMM y",
        "weekday": "EEEE, d MMMM",
        "near-day": "d MMMM",
        "narrow-day": "d MMM",
    },
    "zh": {
        "day": "y年M月d日",
        "medium": "y年M月d日 HH:mm",
        "short": "M月d日 HH:mm",
        "exact": "y年M月d日 HH:mm:ss",
        "full": "y年M月d日 EEEE HH:mm",
        "full-day": "y年M月d日 EEEE",
        "weekday": "M月d日 EEEE",
        "near-day": "M月d日",
        "narrow-day": "M月d日",
    },
}
LIVE_SECONDS = 30
#: How much of a list's choice stands in one line in large text on a phone, in Chinese characters, and how much of one a
#: Latin letter takes.
_CHOICE_WIDTH, _LATIN = 8.0, 0.52
STATIC = Path(__file__).parent / "static"


def set_up_pages(app: Flask, zone: str = "Asia/Shanghai") -> None:
    """Give an application's templates what they need."""
    app.jinja_loader = ChoiceLoader(
        [
            PackageLoader("maskres.web"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    app.jinja_env.bytecode_cache = compiled_templates()
    app.jinja_env.filters.update(grouped=grouped, decimal=format_decimal)
    app.jinja_env.globals.update(
        static=static_address,
        csp_nonce=csp_nonce,
        switch=_switch,
        qr=qr_code,
        choice_height=choice_height,
        names=names,
        name_of=names.name_of,
        actor_name=names.actor_name,
        round_name=names.round_name,
        district_name=names.district_name,
        stratum_name=names.stratum_name,
        goods_name=names.goods_name,
        goods_counted=names.goods_counted,
        entry_lines=entry_lines,
        local_day=local_day,
        local_time=lambda at, form="medium": local_time(at, zone, form),
    )

    @app.context_processor
    def surroundings() -> dict[str, Any]:
        return {
            "language": language(),
            "html_language": HTML_LANGUAGES[language()],
            "is_large": is_large(),
            **MARKS[language()],
        }


def show(template: str, status: int = 200, **values: Any) -> tuple[str, int]:
    """Render a page, its form with what was typed before the session ended."""
    fill_in(values)
    return render_template(template, **values), status


def show_live(template: str, **values: Any) -> tuple[str, int, dict[str, str]]:
    """Render a page that looks again by itself every half minute, where whoever reads it asked for that.

    By a header and not by a script: it works everywhere. Unasked, a page that changes under somebody who has it read
    aloud, or types, is no help.
    """
    is_live = request.args.get("live") == "1"
    shown = render_template(template, is_live=is_live, **values)
    return shown, 200, {"Refresh": str(LIVE_SECONDS)} if is_live else {}


@cache
def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def static_address(name: str) -> str:
    """Give the address of a built file; it changes with the file, so that browsers may keep it for good."""
    return url_for("static", filename=name, v=_version(name))


def local_time(at: datetime, zone: str, form: str = "medium") -> str:
    """Say a time as people there do.

    Args:
        at: aware.
        zone: of the city.
        form: "medium"; "short", without the year; "exact", with seconds; "full", with the day of the week; or a part
            of it: "full-day", "weekday" (without the year), "near-day" (day and month); or a pattern of Babel.
    """
    pattern = _FORMS[language()].get(form, form)
    return str(format_datetime(at.astimezone(ZoneInfo(zone)), pattern, rebase=False))


def local_day(day: date | str, form: str = "day") -> str:
    """Say a day as people do; also one that is written like 2020-02-06.

    Args:
        day: the day.
        form: "day"; "near-day", without the year; "narrow-day", for the head of a narrow column.
    """
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return str(format_date(found, _FORMS[language()][form]))


def choice_height(options: Iterable[object]) -> str:
    """Give the class of a list to choose from: how many lines its longest words need in large text on a phone."""
    widths = [
        sum(1 if east_asian_width(each) in "WF" else _LATIN for each in str(words)) for words in options
    ]
    # What a line has room for is not used up by words that go on in the next.
    lines = max(widths, default=0) / _CHOICE_WIDTH
    return "mr-choice--three" if lines > 1.7 else "mr-choice--two" if lines > 1 else ""


def qr_code(text: str, title: str = "") -> Markup:
    """Draw a QR code as SVG within the page."""
    drawn = segno.make_qr(text, error="m").svg_inline(
        scale=4, border=4, title=title or gettext("QR code"), omitsize=True, svgclass=None, lineclass=None
    )
    return Markup(drawn)  # the text is in the pattern; the title is escaped by segno


def _switch(**changes: str) -> str:
    """Give this page's address in another language or size."""
    arguments = request.args.to_dict() if request.method == "GET" else {}
    shown = request.path if request.method == "GET" else "/"
    return f"{shown}?{urlencode(arguments | changes)}"
