"""Opening the service from the environment, for the commands that need one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import click

from maskres.config import Settings, read_database_url, read_settings
from maskres.db.engine import Database
from maskres.keys import FileKeys
from maskres.usecases import opening
from maskres.usecases.service import Actor, Service


@cache
def settings() -> Settings:
    """Read this process's settings from its environment, once."""
    return read_settings(os.environ)


def file_keys() -> FileKeys:
    """Give the deployment's keys: in files of the instance folder, or in the environment."""
    return FileKeys(settings().keys_folder, os.urandom, settings().keys_text)


def open_database(url: str | None = None) -> Database:
    """Open the database that is named, or else the settings' own."""
    return Database(settings().database_url if url is None else read_database_url(url))


@contextmanager
def open_service() -> Iterator[Service]:
    """Open the service of this deployment.

    Raises:
        ConfigurationError: "no-database", "old-database", "missing-keys".
    """
    with opening.open_service(settings()) as service:
        yield service


def read_actor(name: str) -> Actor:
    """Give the actor of a command: who runs it, as the audit log will name them."""
    return Actor(f"cli/{name}")


INPUT_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUTPUT_FOLDER = click.Path(file_okay=False, path_type=Path)
OUTPUT_FILE = click.Path(dir_okay=False, path_type=Path)

round_argument = click.argument("round_slug", metavar="ROUND")
as_option = click.option(
    "--as", "actor_name", required=True, metavar="NAME", help="Who does this, for the audit log."
)
draw_option = click.option(
    "--draw",
    "draw_number",
    default=1,
    show_default=True,
    type=click.IntRange(1, 99),
    help="Number of the draw in its round.",
)
