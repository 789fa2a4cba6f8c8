"""Every door, in the order people come to them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint

from maskres.web.door import Door
from maskres.web.health import health_routes
from maskres.web.public.routes import home_routes
from maskres.web.staff.routes import staff_routes

DOORS: tuple[Callable[[Door], Blueprint], ...] = (
    health_routes,
    home_routes,
    staff_routes,
)
