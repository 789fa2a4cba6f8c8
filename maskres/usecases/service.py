"""What every use case is handed: the database, the keys, the clock, randomness, and who is asking."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from maskres.db.engine import Database, Transaction
from maskres.formats.keyed import KeyedHash
from maskres.identity.digests import IndexKey
from maskres.identity.encryption import Cipher
from maskres.keys import KeyStore, RandomBytes

P = ParamSpec("P")
R = TypeVar("R")

Clock = Callable[[], datetime]
#: How old open data may be.
OPEN_SECONDS = 1.0


@dataclass(frozen=True)
class Service:
    """The parts a use case works with.

    Attributes:
        database: where the truth is.
        keys: where the keys are.
        now: gives the present moment as aware UTC to the second.
        random_bytes: gives so many unpredictable bytes.
        work_folder: where long steps put their temporary files; None for the system's own.
    """

    database: Database
    keys: KeyStore
    now: Clock
    random_bytes: RandomBytes
    work_folder: Path | None = None

    @cached_property
    def cipher(self) -> Cipher:
        """Encrypts personal fields under the current data key and opens those under older ones."""
        deployment = self.keys.deployment
        return Cipher(deployment.data, deployment.current_data_version)

    @cached_property
    def index_key(self) -> IndexKey:
        """The current key of the look-up digests."""
        return self.index_keys[self.keys.deployment.current_index_version]

    @cached_property
    def index_keys(self) -> Mapping[int, IndexKey]:
        """All keys of the look-up digests, by version: the current one, and older ones while keys are rotated."""
        keys = self.keys.deployment.index
        return {version: IndexKey(version, keys[version]) for version in sorted(keys)}

    @cached_property
    def receipt_key(self) -> Ed25519PrivateKey:
        """Signs receipts."""
        return Ed25519PrivateKey.from_private_bytes(self.keys.deployment.ledger)

    @cached_property
    def access_key(self) -> KeyedHash:
        """Secrets of receipts and keys for one purpose derive from it."""
        return KeyedHash(self.keys.deployment.access)

    @cached_property
    def token_key(self) -> KeyedHash:
        """Digests tokens."""
        return KeyedHash(self.derived_key("api-token"))

    def derived_key(self, label: str) -> bytes:
        """Derive a key for one purpose from the access key: HMAC-SHA256(access key, `key/<label>`), 32 bytes."""
        return self.access_key.digest(b"key/" + label.encode())

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Lend a folder for the files of one step; it is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="maskres-", dir=self.work_folder) as folder:
            yield Path(folder)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, as the audit log names them.

    Attributes:
        name: of a staff account ("operator/li"), or "resident", "service".
    """

    name: str


RESIDENT = Actor("resident")
SERVICE = Actor("service")


def approved_detail(digest: str | None) -> dict[str, str]:
    """Give what the audit log says of an approval: the digest of what the page showed; nothing where there was none."""
    return {} if digest is None else {"approved": digest}


def one_transaction(
    use_case: Callable[Concatenate[Transaction, Service, P], R],
) -> Callable[Concatenate[Service, P], R]:
    """Make a use case one writing transaction: all of it happens, or nothing does.

    The database may ask to run it again from its start (deadlock, serialization), so what it does besides the
    database must be safe to repeat.
    """

    @wraps(use_case)
    def run(service: Service, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return service.database.write(lambda c: use_case(c, service, *args, **kwargs))

    return run


def may_be_stale(
    seconds: float,
) -> Callable[[Callable[Concatenate[Transaction, Service, P], R]], Callable[Concatenate[Service, P], R]]:
    """Make a use case that only shows something one reading, of the replica where there is one.

    Nothing may be decided by what it gives: whoever decides looks again, in the transaction of the decision.

    Args:
        seconds: how old what it shows may be; with 0 whoever did something sees it done.
    """

    def decorate(
        use_case: Callable[Concatenate[Transaction, Service, P], R],
    ) -> Callable[Concatenate[Service, P], R]:
        @wraps(use_case)
        def run(service: Service, /, *args: P.args, **kwargs: P.kwargs) -> R:
            return service.database.read_stale(lambda c: use_case(c, service, *args, **kwargs), seconds)

        return run

    return decorate
