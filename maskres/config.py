"""Settings of a deployment: frozen, from the environment and the instance folder, with no default secret."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from maskres.errors import ConfigurationError

_WEB = ("http", "https")
_SMS_NAMES = ("sms_gateway", "sms_url", "sms_token")


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
    def bundles(self) -> Path:
        """Folder of exported bundles and look-up files: ROUND/draw-N, ROUND/draw-N.zip and ROUND/look-up-N."""
        return bundles_folder(self.instance)

    @property
    def keys_folder(self) -> Path:
        """Folder of the key files, where the environment does not give the keys."""
        return self.instance / "keys"


def bundles_folder(instance: Path) -> Path:
    """Give the folder of a deployment's bundles and look-up files."""
    return instance / "bundles"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Args:
        environment: variables; MASKRES_INSTANCE (default "instance"), MASKRES_DATABASE_URL (default: SQLite
            in the instance folder), MASKRES_KEYS (default: files in the instance folder).

    Raises:
        ConfigurationError: "bad-database-url".
    """
    instance = Path(environment.get("MASKRES_INSTANCE") or "instance")
    url = environment.get("MASKRES_DATABASE_URL", f"sqlite:///{instance / 'maskres.sqlite'}")
    return Settings(
        database_url=read_database_url(url),
        instance=instance,
        keys_text=environment.get("MASKRES_KEYS") or None,
    )


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How a deployment is reached on the web.

    Attributes:
        public_url: address people use, without a slash at its end, such as https://masks.example.org.
        proxies: how many proxies of the deployment's own stand before it and say truly whom they speak for.
        redis_url: where limits are counted, shared by all processes; None counts in each alone.
        bundles: folder in which the worker puts bundles and look-up files; None where there is none.
        replica_url: a PostgreSQL that follows the database, read for what is only shown; None where there is none.
    """

    public_url: str
    proxies: int = 0
    redis_url: str | None = None
    bundles: Path | None = None
    replica_url: str | None = None

    @property
    def is_secure(self) -> bool:
        """Whether people come by HTTPS: only then are cookies kept to it."""
        return self.public_url.startswith("https://")


def read_web_settings(environment: Mapping[str, str]) -> WebSettings:
    """Read the settings of the web.

    Args:
        environment: variables; MASKRES_PUBLIC_URL, MASKRES_PROXIES (default 0), MASKRES_REDIS_URL, MASKRES_REPLICA_URL;
            PROMETHEUS_MULTIPROC_DIR, which is the library's, is only looked at.

    Raises:
        ConfigurationError: "missing-public-url", "bad-public-url", "bad-proxies", "bad-redis-url", "bad-replica-url",
            "bad-measurements".
    """
    _require_folder_of_measurements(environment)
    url = environment.get("MASKRES_PUBLIC_URL", "").rstrip("/")
    if not url:
        raise ConfigurationError(
            "missing-public-url",
            "Say by which address people reach the service: MASKRES_PUBLIC_URL=https://masks.example.org",
        )
    parts = split_address(url)
    if parts is None or parts.scheme not in _WEB or not parts.netloc or parts.path or set("?#@") & set(url):
        raise ConfigurationError(
            "bad-public-url",
            "MASKRES_PUBLIC_URL must be like https://masks.example.org, without a path.",
            field="MASKRES_PUBLIC_URL",
        )
    proxies = environment.get("MASKRES_PROXIES", "0")
    if proxies not in ("0", "1", "2", "3"):
        raise ConfigurationError(
            "bad-proxies", "MASKRES_PROXIES must be 0, 1, 2 or 3.", field="MASKRES_PROXIES"
        )
    redis_url = environment.get("MASKRES_REDIS_URL") or None
    if redis_url is not None:
        _require_redis_url(redis_url)
    return WebSettings(url, int(proxies), redis_url, replica_url=_read_replica_url(environment))


def _require_folder_of_measurements(environment: Mapping[str, str]) -> None:
    """Refuse a folder that cannot be written to: every request would be done, then fail as it is counted."""
    folder = environment.get("PROMETHEUS_MULTIPROC_DIR")
    if folder is not None and not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationError(
            "bad-measurements",
            "PROMETHEUS_MULTIPROC_DIR must be a folder that the web may write to, empty when it starts.",
            field="PROMETHEUS_MULTIPROC_DIR",
        )


def _read_replica_url(environment: Mapping[str, str]) -> str | None:
    url = environment.get("MASKRES_REPLICA_URL")
    if not url:
        return None
    replica, database = read_database_url(url), environment.get("MASKRES_DATABASE_URL", "sqlite:")
    if replica.startswith("sqlite:") or database.startswith("sqlite:"):
        raise ConfigurationError(
            "bad-replica-url",
            "MASKRES_REPLICA_URL must be a PostgreSQL that follows the PostgreSQL of MASKRES_DATABASE_URL.",
            field="MASKRES_REPLICA_URL",
        )
    return replica


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


@dataclass(frozen=True, slots=True)
class WorkSettings:
    """What the processes need that work in the background.

    Attributes:
        redis_url: where the queue is, redis://…, rediss://… or unix://….
        sms_gateway: what carries messages to phones: console, file, http; None where nothing was said.
        sms_url: where the gateway http is.
        sms_token: what the gateway http knows us by.
    """

    redis_url: str
    sms_gateway: str | None = None
    sms_url: str | None = None
    sms_token: str | None = field(default=None, repr=False)


def read_work_settings(environment: Mapping[str, str]) -> WorkSettings:
    """Read the settings of worker and sweeper.

    Args:
        environment: variables; MASKRES_REDIS_URL, MASKRES_SMS_GATEWAY, MASKRES_SMS_URL, MASKRES_SMS_TOKEN.

    Raises:
        ConfigurationError: "missing-redis-url", "bad-redis-url".
    """
    url = environment.get("MASKRES_REDIS_URL", "")
    if not url:
        raise ConfigurationError(
            "missing-redis-url",
            "Say where the queue is: MASKRES_REDIS_URL=redis://127.0.0.1:6379/0",
            field="MASKRES_REDIS_URL",
        )
    _require_redis_url(url)
    given = {name: environment.get(f"MASKRES_{name.upper()}") or None for name in _SMS_NAMES}
    return WorkSettings(url, **given)


def _require_redis_url(url: str) -> None:
    """Refuse what the client of Redis would stumble over at its first use, or read as another database than meant."""
    if not _is_redis_url(url):
        raise ConfigurationError(
            "bad-redis-url",
            "MASKRES_REDIS_URL must be like redis://HOST:PORT/0 or unix:///PATH.",
            field="MASKRES_REDIS_URL",
        )


def _is_redis_url(url: str) -> bool:
    parts = split_address(url)
    if parts is None:
        return False
    if parts.scheme == "unix":
        return parts.path != "" and parts.hostname is None
    return parts.scheme in ("redis", "rediss") and re.fullmatch(r"(/[0-9]*)?", parts.path) is not None


def split_address(url: str) -> SplitResult | None:
    """Split an address into its parts; None where it is none: a port that is no number, half a pair of brackets."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
