"""Opening the service of a deployment from its settings, for commands and background processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from maskres.clock import utc_now
from maskres.config import Settings
from maskres.db.engine import Database
from maskres.db.upgrade import require_present_tables
from maskres.keys import FileKeys
from maskres.usecases.service import Service, accept_signature


@contextmanager
def open_service(settings: Settings) -> Iterator[Service]:
    """Open the service of a deployment.

    Raises:
        ConfigurationError: "no-database", "old-database", "missing-keys".
    """
    database = Database(settings.database_url)
    try:
        require_present_tables(database)
        keys = FileKeys(settings.keys_folder, os.urandom, settings.keys_text)
        yield Service(database, keys, utc_now, os.urandom, accept_signature)
    finally:
        database.close()
