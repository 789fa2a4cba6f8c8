"""Settings of a deployment: frozen, from the environment and the instance folder, with no default secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from maskres.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process must know before it starts.

    Attributes:
        database_url: SQLAlchemy URL of the database, sqlite:///… or postgresql+psycopg://….
        instance: folder that holds what belongs to this deployment alone: database, keys.
        keys_text: the deployment's keys as JSON text where the environment gives them, else None.
    """

    database_url: str
    instance: Path
    keys_text: str | None = None

    @property
    def keys_folder(self) -> Path:
        """Folder of the key files, where the environment does not give the keys."""
        return self.instance / "keys"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Args:
        environment: variables; MASKRES_INSTANCE (default "instance"), MASKRES_DATABASE_URL (default: SQLite
            in the instance folder), MASKRES_KEYS (default: files in the instance folder).

    Raises:
        ConfigurationError: "bad-database-url".
    """
    instance = Path(environment.get("MASKRES_INSTANCE", "instance"))
    url = environment.get("MASKRES_DATABASE_URL", f"sqlite:///{instance / 'maskres.sqlite'}")
    return Settings(
        database_url=read_database_url(url),
        instance=instance,
        keys_text=environment.get("MASKRES_KEYS"),
    )


def read_database_url(url: str) -> str:
    """Take the common spellings of a database URL.

    Raises:
        ConfigurationError: "bad-database-url" for anything but SQLite in a file and PostgreSQL.
    """
    for spelling in ("postgres://", "postgresql://"):
        if url.startswith(spelling):
            return "postgresql+psycopg://" + url.removeprefix(spelling)
    if url.startswith(("postgresql+psycopg://", "sqlite:///")) and not url.endswith(":///"):
        return url
    raise ConfigurationError(
        "bad-database-url",
        "The database must be given as sqlite:///FILE or postgresql://USER@HOST/NAME.",
        field="database",
    )
