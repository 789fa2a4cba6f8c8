"""create_app(): where everything is put together."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from maskres.config import WebSettings, read_settings, read_web_settings
from maskres.db.extension import database_of
from maskres.db.revisions import require_present_tables
from maskres.logs import configure_logs
from maskres.usecases.opening import make_service
from maskres.usecases.rounds.memory import Memory
from maskres.usecases.service import Service
from maskres.web.access import Gate, access_of, public, require_declared
from maskres.web.api.door import set_up_api
from maskres.web.api.plain import PlainCases
from maskres.web.api.plain_cases import plain_cases
from maskres.web.api.tokens import guard_token
from maskres.web.door import Door
from maskres.web.doors import DOORS
from maskres.web.errors import set_up_errors
from maskres.web.headers import add_headers
from maskres.web.here import this_request
from maskres.web.languages import set_up_languages
from maskres.web.limits import Limits
from maskres.web.logs import set_up_logs
from maskres.web.pages import set_up_pages
from maskres.web.request import WholeRequest
from maskres.web.session import EncryptedSessions, derived_key
from maskres.web.staff.login_session import guard_staff, set_up_login

BODY_BYTES = 64 * 1024
ASSET_SECONDS = 365 * 24 * 3600
#: Only this machine may look at measurements.
_INSIDE = ("127.0.0.1", "::1")


class _App(Flask):
    """Flask for views that are all plain functions: it does not look at each call whether one is a coroutine."""

    request_class = WholeRequest

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Give a view or hook as it is."""
        return func

    def send_static_file(self, filename: str) -> Response:
        """Give a built file, packed to whoever can unpack it: a slow phone waits for every kilobyte.

        Pages are not packed on the way: they hold tokens beside what people type, and the length of what is packed
        would tell about them.
        """
        packed = f"{filename}.gz"
        can_unpack = request.accept_encodings["gzip"] > 0
        if not can_unpack or not (Path(self.static_folder or "") / packed).is_file():
            answer = super().send_static_file(filename)
        else:
            answer = super().send_static_file(packed)
            answer.headers["Content-Encoding"] = "gzip"
            answer.mimetype = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        answer.vary.add("Accept-Encoding")
        return answer


def create_app(environment: Mapping[str, str] | None = None) -> Flask:
    """Make the application of this deployment.

    Args:
        environment: variables (README.md, "Configuration"); the process's own where not given.

    Raises:
        ConfigurationError: says what the deployment lacks: an address, keys, tables.
    """
    variables = os.environ if environment is None else environment
    settings = read_settings(variables)
    web = replace(read_web_settings(variables), bundles=settings.bundles)
    configure_logs()
    app = bare_app()
    service = make_service(database_of(app, settings.database_url), settings)
    require_present_tables(service.database)
    if web.replica_url is not None:
        service.database.follow(web.replica_url)
    furnish(app, service, web)
    # A server may load the application once and fork: its children must share no connection.
    service.database.close()
    return app


def bare_app() -> Flask:
    """Make an application without any door yet."""
    return _App("maskres.web", static_folder="static")


def furnish(app: Flask, service: Service, web: WebSettings) -> Flask:
    """Give an application its doors.

    Args:
        app: from `bare_app`.
        service: what the use cases work with.
        web: how the deployment is reached.

    Raises:
        ConfigurationError: "missing-keys".
    """
    access_key = service.keys.deployment.access
    app.config.update(
        SECRET_KEY=derived_key(access_key, "csrf"),
        SESSION_COOKIE_NAME="__Host-session" if web.is_secure else "session",
        SESSION_COOKIE_SECURE=web.is_secure,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(seconds=ASSET_SECONDS),
        MAX_CONTENT_LENGTH=BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=BODY_BYTES,
        MAX_FORM_PARTS=200,
        TRUSTED_HOSTS=None,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=web.is_secure,
        JSON_SORT_KEYS=False,
    )
    app.session_interface = EncryptedSessions(derived_key(access_key, "session"))
    door = Door(service, web, Limits(web.redis_url), Memory(service))
    app.wsgi_app = PlainCases(app.wsgi_app, door.memory, plain_cases(door))  # type: ignore[method-assign]
    if web.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=web.proxies, x_proto=web.proxies, x_host=web.proxies)  # type: ignore[method-assign]
    set_up_logs(app)
    set_up_languages(app)
    set_up_pages(app)
    set_up_errors(app)
    set_up_login(app, service)
    add_headers(app, is_secure=web.is_secure)
    csrf = CSRFProtect(app)
    _guard_routes(app, door)
    for make_routes in DOORS:
        app.register_blueprint(make_routes(door))
    for blueprint in set_up_api(app, door):
        csrf.exempt(blueprint)
    public(app.view_functions["static"])
    require_declared(app)
    return app


def _guard_routes(app: Flask, door: Door) -> None:
    @app.before_request
    def guard() -> Any:
        asked = this_request()
        if asked.routing_exception is not None or asked.method == "OPTIONS":
            return None
        access = access_of(app, asked.endpoint, asked.method)
        if access is None:
            abort(403)
        if access.gate is Gate.STAFF:
            return guard_staff(door.service, access)
        if access.gate is Gate.TOKEN:
            guard_token(door.service, access)
        if access.gate is Gate.INSIDE and asked.remote_addr not in _INSIDE:
            abort(404)
        return None
