"""Flask-SQLAlchemy: holds an application's engine. Queries stay Core, in transactions the use cases open."""

from __future__ import annotations

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from maskres.db.engine import ANSWERING, Database, engine_options
from maskres.db.tables import metadata


def database_of(app: Flask, url: str) -> Database:
    """Make an application's database, its engine kept by Flask-SQLAlchemy.

    Args:
        app: the application.
        url: SQLAlchemy URL.
    """
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url, ANSWERING)
    extension = SQLAlchemy(metadata=metadata)
    extension.init_app(app)
    with app.app_context():
        return Database(url, extension.engine, patience=ANSWERING)
