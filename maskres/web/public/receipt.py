"""Checking a receipt in the browser: on the holder's own device, against what is published; nothing of it is sent."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from maskres.ledger.receipt_example import make_example
from maskres.web.access import public
from maskres.web.door import Door
from maskres.web.pages import show
from maskres.web.public.receipt_words import receipt_words


def receipt_routes(_door: Door) -> Blueprint:
    """Make the route of checking a receipt."""
    routes = Blueprint("receipt", __name__)

    @routes.get("/receipt")
    @public
    def page() -> Any:
        return show("public/receipt.html", words=receipt_words(), example=make_example())

    return routes
