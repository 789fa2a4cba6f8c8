"""The yardstick of the web: a bare Flask application that inserts or updates one row with psycopg, and no more.

Served by gunicorn with the same settings, on a PostgreSQL of the same settings, durable as ours is.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import psycopg
from flask import Flask, jsonify, request

app = Flask(__name__)
_own = threading.local()


def connection() -> psycopg.Connection[Any]:
    """Give this thread's connection."""
    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(os.environ["BENCH_BARE_URL"], autocommit=True)
    found: psycopg.Connection[Any] = _own.connection
    return found


@app.post("/insert")
def insert() -> Any:
    """Insert one row."""
    sent = request.get_json()
    connection().execute("INSERT INTO bare (number, body) VALUES (%s, %s)", (sent["number"], sent["body"]))
    return jsonify(number=sent["number"])


@app.post("/update")
def update() -> Any:
    """Update one row where it was not updated before."""
    sent = request.get_json()
    done = connection().execute(
        "UPDATE bare SET done = true WHERE number = %s AND NOT done", (sent["number"],)
    )
    return jsonify(accepted=done.rowcount == 1)


@app.get("/healthz")
def healthz() -> Any:
    """Say that the process lives."""
    return jsonify(status="alive")
