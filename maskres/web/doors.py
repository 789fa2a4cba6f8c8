"""Every door, in the order people come to them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint

from maskres.web.auditor.routes import auditor_routes
from maskres.web.counter.routes import counter_routes
from maskres.web.door import Door
from maskres.web.health import health_routes
from maskres.web.helper.routes import helper_routes
from maskres.web.notary.routes import notary_routes
from maskres.web.operator.routes import operator_routes
from maskres.web.public.look_up import look_up_routes
from maskres.web.public.open_data import open_data_routes
from maskres.web.public.printed import printed_routes
from maskres.web.public.receipt import receipt_routes
from maskres.web.public.routes import home_routes
from maskres.web.resident.register import register_routes
from maskres.web.resident.status import status_routes
from maskres.web.staff.routes import staff_routes

DOORS: tuple[Callable[[Door], Blueprint], ...] = (
    health_routes,
    home_routes,
    look_up_routes,
    printed_routes,
    open_data_routes,
    receipt_routes,
    register_routes,
    status_routes,
    staff_routes,
    counter_routes,
    helper_routes,
    operator_routes,
    notary_routes,
    auditor_routes,
)
