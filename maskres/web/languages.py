"""In which language and how large a page is shown: asked for by a link, kept in a cookie, else as the browser says."""

from __future__ import annotations

from flask import Flask, Response, g, request
from flask_babel import Babel

#: As the link and the cookie say it → the catalogue.
LOCALES = {"zh": "zh_Hans", "en": "en"}
HTML_LANGUAGES = {"zh": "zh-Hans", "en": "en"}
#: Between words that are put together.
MARKS = {
    "en": {"comma": ", ", "in_list": ", ", "colon": ": ", "full_stop": ". ", "gap": " "},
    "zh": {"comma": "，", "in_list": "、", "colon": "：", "full_stop": "。", "gap": ""},
}
_YEAR_SECONDS = 365 * 24 * 3600


def language() -> str:
    """Give the language of this request: "zh" or "en"."""
    if "language" not in g:
        g.language = _choose()
    return str(g.language)


def is_large() -> bool:
    """Tell whether the text is to be large."""
    return request.args.get("text", request.cookies.get("text")) == "large"


def set_up_languages(app: Flask) -> None:
    """Let an application speak Chinese and English."""
    app.config["BABEL_DEFAULT_LOCALE"] = "zh_Hans"
    Babel(app, locale_selector=lambda: LOCALES[language()] if request else "zh_Hans")

    @app.after_request
    def keep(response: Response) -> Response:
        if request.query_string:
            secure = bool(app.config["SESSION_COOKIE_SECURE"])
            for name, values in (("lang", LOCALES), ("text", ("large", "normal"))):
                wanted = request.args.get(name)
                if wanted is not None and wanted in values:
                    response.set_cookie(name, wanted, max_age=_YEAR_SECONDS, samesite="Lax", secure=secure)
        if response.mimetype == "text/html":
            response.headers["Content-Language"] = HTML_LANGUAGES[language()]
        return response


def _choose() -> str:
    for wanted in (request.args.get("lang"), request.cookies.get("lang")):
        if wanted in LOCALES:
            return wanted
    return request.accept_languages.best_match(("zh", "en"), "zh")
