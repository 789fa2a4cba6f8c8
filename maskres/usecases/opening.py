"""Opening the service of a deployment from its settings, for commands and background processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from maskres.clock import utc_now
from maskres.config import Settings
from maskres.db.engine import Database
from maskres.db.revisions import require_present_tables
from maskres.keys import FileKeys
from maskres.usecases.service import Service


def make_service(database: Database, settings: Settings) -> Service:
    """Make the service of a deployment on its database, without asking whether tables and keys are there."""
    keys = FileKeys(settings.keys_folder, os.urandom, settings.keys_text)
    return Service(database, keys, utc_now, os.urandom)


@contextmanager
def open_service(settings: Settings) -> Iterator[Service]:
    """Open the service of a deployment.

    Raises:
        ConfigurationError: "no-database", "old-database", "missing-keys".
    """
    database = Database(settings.database_url)
    try:
        require_present_tables(database)
        yield make_service(database, settings)
    finally:
        database.close()
