"""The keys of a deployment and of its rounds: kept in files of the instance folder or in the environment.

Nothing here has a default: a deployment without keys is told how to make them. Keys never enter the database,
so a stolen dump shows no ID number, and destroying a round's keys makes its published numbers unlinkable for good.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from maskres.errors import ConfigurationError
from maskres.formats import strict_json
from maskres.formats.values import require_slug

KEY_BYTES = 32
RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class DeploymentKeys:
    """Keys that outlive rounds; each 32 bytes, none shown when printed.

    Attributes:
        index: version → key of the look-up digests; the greatest version is the current one.
        data: version → key of the encrypted personal fields; the greatest version is the current one.
        ledger: Ed25519 seed that signs checkpoints.
        access: key the receipts' secrets derive from.
        lookup: key of the digests by which pickup codes are found.
    """

    index: Mapping[int, bytes] = field(repr=False)
    data: Mapping[int, bytes] = field(repr=False)
    ledger: bytes = field(repr=False)
    access: bytes = field(repr=False)
    lookup: bytes = field(repr=False)

    @property
    def current_index_version(self) -> int:
        """Version of the index key that new digests use."""
        return max(self.index)

    @property
    def current_data_version(self) -> int:
        """Version of the data key that new ciphertexts use."""
        return max(self.data)


@dataclass(frozen=True, slots=True)
class RoundKeys:
    """Keys made for one round, pledged by digest when it opens, destroyed with its personal data.

    Attributes:
        number: registration numbers derive from it.
        seal: salts of the seals derive from it.
        code: pickup codes derive from it.
    """

    number: bytes = field(repr=False)
    seal: bytes = field(repr=False)
    code: bytes = field(repr=False)


class KeyStore(Protocol):
    """Where keys come from."""

    @property
    def deployment(self) -> DeploymentKeys:
        """The keys of the deployment."""

    def round_keys(self, round_slug: str) -> RoundKeys:
        """Give a round's keys, or raise ConfigurationError "missing-round-keys"."""

    def make_round_keys(self, round_slug: str) -> RoundKeys:
        """Give a round's keys, making them first where there are none."""

    def destroy_round_keys(self, round_slug: str) -> None:
        """Destroy a round's keys; a repeat does nothing."""


class FileKeys:
    """Keys in files of one folder, readable by their owner alone.

    Args:
        folder: holds deployment.json and rounds/SLUG.json.
        random_bytes: the source of new keys, such as os.urandom.
        deployment_text: the deployment's keys as JSON where the environment gives them.
    """

    def __init__(self, folder: Path, random_bytes: RandomBytes, deployment_text: str | None = None) -> None:
        self._folder = folder
        self._random_bytes = random_bytes
        self._deployment: DeploymentKeys | None = None
        if deployment_text is not None:
            self._deployment = _read_deployment(deployment_text.encode(), "MASKRES_KEYS")

    @property
    def deployment(self) -> DeploymentKeys:
        """The keys of the deployment.

        Raises:
            ConfigurationError: "missing-keys" or "bad-keys".
        """
        if self._deployment is None:
            path = self._folder / "deployment.json"
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                raise ConfigurationError(
                    "missing-keys",
                    f"There are no keys in {self._folder}. Make them once with: python -m maskres keys init",
                ) from None
            self._deployment = _read_deployment(data, str(path))
        return self._deployment

    def init(self) -> Path:
        """Make the deployment's keys.

        Raises:
            ConfigurationError: "keys-exist": keys are never overwritten.
        """
        text = strict_json.dumps(_deployment_json(make_deployment_keys(self._random_bytes)))
        path = self._folder / "deployment.json"
        if not _write_once(path, text):
            raise ConfigurationError("keys-exist", f"{path} exists; keys are never overwritten.")
        return path

    def rotate(self, name: str) -> int:
        """Add a new version of the "index" or "data" key, keeping the old ones.

        Returns:
            The new current version.
        """
        if name not in ("index", "data"):
            raise ConfigurationError("bad-keys", "Only the index key and the data key have versions.")
        document = _deployment_json(self.deployment)
        version = max(int(v) for v in document[name]) + 1
        document[name][str(version)] = _encode(self._random_bytes(KEY_BYTES))
        _replace(self._folder / "deployment.json", strict_json.dumps(document))
        self._deployment = None
        return version

    def round_keys(self, round_slug: str) -> RoundKeys:
        """Give a round's keys.

        Raises:
            ConfigurationError: "missing-round-keys" or "bad-keys".
        """
        path = self._round_path(round_slug)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise ConfigurationError(
                "missing-round-keys", f"The keys of round {round_slug} are not on this machine ({path})."
            ) from None
        members = _members(data, str(path), {"number", "seal", "code"})
        return RoundKeys(**{name: _decode(members[name], str(path)) for name in ("number", "seal", "code")})

    def make_round_keys(self, round_slug: str) -> RoundKeys:
        """Give a round's keys, making them first where there are none."""
        keys = {name: _encode(self._random_bytes(KEY_BYTES)) for name in ("number", "seal", "code")}
        # Whoever comes second reads what the first one wrote: there is never a second set.
        _write_once(self._round_path(round_slug), strict_json.dumps(keys))
        return self.round_keys(round_slug)

    def destroy_round_keys(self, round_slug: str) -> None:
        """Overwrite and remove a round's keys; a repeat does nothing."""
        path = self._round_path(round_slug)
        if path.exists():
            size = path.stat().st_size
            with path.open("r+b") as file:
                file.write(b"\x00" * size)
                file.flush()
                os.fsync(file.fileno())
            path.unlink()

    def _round_path(self, round_slug: str) -> Path:
        return self._folder / "rounds" / f"{require_slug(round_slug, field='round')}.json"


def make_deployment_keys(random_bytes: RandomBytes) -> DeploymentKeys:
    """Make a fresh set of deployment keys from a source of randomness."""
    return DeploymentKeys(
        index={1: random_bytes(KEY_BYTES)},
        data={1: random_bytes(KEY_BYTES)},
        ledger=random_bytes(KEY_BYTES),
        access=random_bytes(KEY_BYTES),
        lookup=random_bytes(KEY_BYTES),
    )


def _deployment_json(keys: DeploymentKeys) -> dict[str, Any]:
    return {
        "index": {str(version): _encode(key) for version, key in keys.index.items()},
        "data": {str(version): _encode(key) for version, key in keys.data.items()},
        **{name: _encode(getattr(keys, name)) for name in ("ledger", "access", "lookup")},
    }


def _read_deployment(data: bytes, file: str) -> DeploymentKeys:
    single = ("ledger", "access", "lookup")
    members = _members(data, file, {"index", "data", *single})
    return DeploymentKeys(
        index=_versions(members["index"], file),
        data=_versions(members["data"], file),
        **{name: _decode(members[name], file) for name in single},
    )


def _members(data: bytes, file: str, wanted: set[str]) -> dict[str, Any]:
    members = strict_json.loads(data, file=file)
    if set(members) != wanted:
        wrong = sorted(wanted ^ set(members))
        raise ConfigurationError("bad-keys", f"Missing or unknown keys: {', '.join(wrong)}.", file=file)
    return members


def _versions(members: Any, file: str) -> dict[int, bytes]:
    if (
        not isinstance(members, dict)
        or not members
        or not all(v.isascii() and v.isdecimal() for v in members)
    ):
        raise ConfigurationError("bad-keys", "A versioned key needs members named 1, 2, …", file=file)
    return {int(version): _decode(text, file) for version, text in members.items()}


def _encode(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _decode(text: Any, file: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError("bad-keys", f"Every key must be {KEY_BYTES} bytes in base64.", file=file)
    return key


def _write_once(path: Path, data: bytes) -> bool:
    """Create a file whole and private, or leave the one that is there; tells whether it was created."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = _draft(path, data)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def _replace(path: Path, data: bytes) -> None:
    _draft(path, data).replace(path)


def _draft(path: Path, data: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return draft
