"""Removing the demo city, so that a new one can be made."""

from __future__ import annotations

import shutil
from pathlib import Path

from maskres.config import Settings
from maskres.db.engine import Database
from maskres.demo.city import is_begun
from maskres.demo.files import alone, demo_folder
from maskres.errors import ConfigurationError
from maskres.jobs.embedded import sole_owner
from maskres.jobs.gateways import sms_file

_SQLITE = "sqlite:///"
#: Endings of the files that stand beside an SQLite database.
_BESIDE = ("-wal", "-shm", "-queue", "-turn")


def reset_demo(settings: Settings) -> None:
    """Remove the demo's database, keys and files; where there is no demo, do nothing.

    Raises:
        ConfigurationError: "not-a-demo" for a database that holds anything else; "demo-on-a-server" for one that is
            no file; "queue-in-use" where the demo is being served: whoever is at its pages would go on in a database
            that is nowhere any more.
    """
    if not settings.database_url.startswith(_SQLITE):
        raise ConfigurationError(
            "demo-on-a-server", "This demo's database is on a server: drop it there and make an empty one."
        )
    if not demo_folder(settings.instance).exists():
        return
    with sole_owner(settings.instance) as queue, alone(demo_folder(settings.instance)):
        database = Database(settings.database_url)
        try:
            is_demo = is_begun(database)
        finally:
            database.close()
        if is_demo:
            path = settings.database_url.removeprefix(_SQLITE)
            for suffix in ("", *_BESIDE):
                Path(path + suffix).unlink(missing_ok=True)
            shutil.rmtree(settings.keys_folder, ignore_errors=True)
            shutil.rmtree(settings.bundles, ignore_errors=True)
            sms_file(settings.instance).unlink(missing_ok=True)
        shutil.rmtree(demo_folder(settings.instance))
        shutil.rmtree(queue)
