"""The application for a WSGI server: gunicorn wsgi:app."""

from __future__ import annotations

from maskres.app import create_app

app = create_app()
