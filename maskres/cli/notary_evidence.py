"""Where notary and witness see what is published: the service's public addresses, or bundles handed over as files."""

from __future__ import annotations

import shutil
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Protocol

from maskres.errors import CheckFailed, InputError
from maskres.formats import strict_json
from maskres.ledger.bundle_files import LEDGER
from maskres.ledger.bundle_zip import write_zip
from maskres.ledger.commitment import read_commitment
from maskres.ledger.keyring import read_keys
from maskres.ledger.verify.findings import Findings
from maskres.ledger.verify.opening import OpenedBundle, open_bundle

_SECONDS = 60
_MOST_DOCUMENT = 64 << 20
_MOST_BUNDLE = 8 << 30
_BLOCK = 1 << 20


class Evidence(Protocol):
    """What is published, from somewhere."""

    def ledger(self) -> bytes:
        """Give ledger.jsonl, as long as there is one."""

    def checkpoint(self, size: int) -> bytes:
        """Give the checkpoint of a size."""

    def rules(self, round_slug: str) -> bytes:
        """Give rules.json of a round."""

    def keep_bundle(self, round_slug: str, draw: int, target: Path) -> None:
        """Put the bundle of a draw where it is kept, as a zip."""


class PublicAddresses:
    """A service's public addresses.

    Args:
        address: such as https://masks.example.org
    """

    def __init__(self, address: str) -> None:
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise InputError("bad-address", "This is not an address like https://…", field="--service")
        self._base = address.rstrip("/") + "/api/v1/"

    def ledger(self) -> bytes:
        """Fetch the ledger."""
        return self._read("ledger.jsonl")

    def checkpoint(self, size: int) -> bytes:
        """Fetch a checkpoint."""
        return self._read(f"checkpoints/{size}")

    def rules(self, round_slug: str) -> bytes:
        """Fetch a round's rules."""
        return self._read(f"rounds/{round_slug}/rules.json")

    def keep_bundle(self, round_slug: str, draw: int, target: Path) -> None:
        """Fetch a draw's bundle."""
        with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part") as stream:
            count = 0
            for block in self._blocks(f"rounds/{round_slug}/draws/{draw}/bundle.zip"):
                count += len(block)
                if count > _MOST_BUNDLE:
                    raise InputError("too-large", "The bundle is far too large.", field="--service")
                stream.write(block)
            stream.flush()
            shutil.copyfile(stream.name, target)

    def hand_in(self, size: int, line: str) -> None:
        """Hand in a cosignature under a checkpoint."""
        body = strict_json.dumps({"line": line.strip()})
        address = f"{self._base}checkpoints/{size}/cosignatures"
        asked = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(asked, timeout=_SECONDS):
                return
        except urllib.error.HTTPError as error:
            said = error.read(_BLOCK).decode(errors="replace")
            raise CheckFailed(
                "not-taken", f"{address} answers with {error.code}: {said:.300}", field="--service"
            ) from None
        except (OSError, HTTPException) as error:
            raise CheckFailed("service-unreachable", f"{address}: {error}.", field="--service") from None

    def _read(self, path: str) -> bytes:
        data = b""
        for block in self._blocks(path):
            data += block
            if len(data) > _MOST_DOCUMENT:
                raise InputError("too-large", f"{path} is far too large.", field="--service")
        return data

    def _blocks(self, path: str) -> Iterator[bytes]:
        address = self._base + path
        try:
            with urllib.request.urlopen(address, timeout=_SECONDS) as answer:
                while block := answer.read(_BLOCK):
                    yield block
        except urllib.error.HTTPError as error:
            raise InputError(
                "not-published", f"{address} answers with {error.code}.", field="--service"
            ) from None
        except (OSError, HTTPException) as error:
            raise CheckFailed(
                "service-unreachable", f"{address} cannot be fetched: {error}.", field="--service"
            ) from None


class Bundles:
    """Bundles handed over as files: folders or zips.

    Args:
        paths: one a draw.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="maskres-notary-")
        self._opened = []
        for nth, path in enumerate(paths):
            folder = Path(self._scratch.name) / str(nth)
            folder.mkdir()
            self._opened.append((path, open_bundle(path, folder, Findings())))

    def ledger(self) -> bytes:
        """Give the longest of the bundles' ledgers."""
        return max((bundle.read(LEDGER) for _path, bundle in self._opened), key=len)

    def checkpoint(self, size: int) -> bytes:
        """Find a checkpoint."""
        return self._find(f"checkpoints/{size}")

    def rules(self, round_slug: str) -> bytes:
        """Find a round's rules."""
        for _path, bundle in self._opened:
            if "rules.json" in bundle.files:
                data = bundle.read("rules.json")
                if strict_json.loads(data, file="rules.json").get("round") == round_slug:
                    return data
        raise InputError(
            "missing-file", f"No bundle has the rules of {round_slug}.", file="rules.json", field="--bundle"
        )

    def keep_bundle(self, round_slug: str, draw: int, target: Path) -> None:
        """Find a draw's bundle."""
        for path, bundle in self._opened:
            if read_keys(bundle.read("keys.json"))[0] == round_slug and self._draw_of(bundle) in (None, draw):
                if path.is_dir():
                    write_zip(path, target)
                else:
                    shutil.copyfile(path, target)
                return
        raise InputError(
            "missing-bundle", f"No bundle of draw {draw} of {round_slug} was given.", field="--bundle"
        )

    @staticmethod
    def _draw_of(bundle: OpenedBundle) -> int | None:
        if "commitment.json" not in bundle.files:
            return None
        return read_commitment(bundle.read("commitment.json")).draw

    def _find(self, name: str) -> bytes:
        for _path, bundle in self._opened:
            if name in bundle.files:
                return bundle.read(name)
        raise InputError("missing-file", "No bundle has this file.", file=name, field="--bundle")
