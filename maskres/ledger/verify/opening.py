"""Opening a bundle that anybody may have made: a folder as it is, a zip unpacked beside, both with suspicion.

Source: security.md, checklist 8 and 9.
"""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from maskres.errors import CheckFailed, InputError
from maskres.ledger.bundle import BLOCK_BYTES, read_sums
from maskres.ledger.bundle_files import SUMS, find_known
from maskres.ledger.bundle_zip import MOST_BYTES, MOST_FILES, extract_member, require_sound
from maskres.ledger.verify.findings import Findings

MOST_DOCUMENT = 16 << 20
"""Bytes that a JSON file, a note or a list of digests may have."""

_NAME = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}"
_SAFE_NAME = re.compile(rf"{_NAME}(?:/{_NAME})?")
_GROWING = re.compile(r".*\.(csv|jsonl)")


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file of a bundle.

    Attributes:
        path: where it can be read.
        sha256: of its bytes, computed here.
        line_feeds: in it.
    """

    path: Path
    sha256: str
    line_feeds: int

    @property
    def entries(self) -> int:
        """Lines of a CSV file without its header."""
        return self.line_feeds - 1


@dataclass(frozen=True, slots=True)
class OpenedBundle:
    """A bundle that can be read.

    Attributes:
        files: name → file; only names that belong in a bundle.
    """

    files: Mapping[str, OpenedFile]

    def path(self, name: str) -> Path:
        """Give where a file is. Raises CheckFailed "missing-file"."""
        if name not in self.files:
            raise CheckFailed("missing-file", "The file is missing.", file=name)
        return self.files[name].path

    def read(self, name: str) -> bytes:
        """Give the bytes of a document. Raises CheckFailed "missing-file", InputError "too-large"."""
        path = self.path(name)
        if path.stat().st_size > MOST_DOCUMENT:
            raise InputError(
                "too-large", f"Such a file has at most {MOST_DOCUMENT >> 20} mebibytes.", file=name
            )
        return path.read_bytes()


def open_bundle(source: Path, scratch: Path, findings: Findings) -> OpenedBundle:
    """Open a bundle and digest every file of it; compare with its SHA256SUMS.

    Args:
        source: a folder or a zip, from anywhere.
        scratch: an empty folder, to unpack into.
        findings: takes unknown, missing, unlisted and damaged files.

    Raises:
        InputError: "no-such-file", "bad-zip" or "unsafe-name" where it cannot be read as a bundle at all.
    """
    paths = _list_folder(source) if source.is_dir() else _unpack(source, scratch, findings)
    files: dict[str, OpenedFile] = {}
    for name in sorted(paths):
        try:
            find_known(name)
        except InputError as error:
            findings.take(error, name)
            continue
        if name != SUMS:
            files[name] = _digest(paths[name])
    if SUMS not in paths:
        findings.add(SUMS, None, "missing-file", "The file is missing.")
        return OpenedBundle(files)
    listing = paths[SUMS]
    sums = findings.attempt(SUMS, lambda: read_sums(_read_listing(listing)))
    _compare(files, sums, findings)
    return OpenedBundle(files)


def _read_listing(path: Path) -> bytes:
    if path.stat().st_size > MOST_DOCUMENT:
        raise InputError("too-large", "A list of digests is not as long.", file=SUMS)
    return path.read_bytes()


def _compare(files: Mapping[str, OpenedFile], sums: Mapping[str, str] | None, findings: Findings) -> None:
    if sums is None:
        return
    for name in sorted(set(sums) - set(files)):
        findings.add(name, None, "missing-file", f"{SUMS} lists this file, but it is missing.")
    for name, file in files.items():
        if name not in sums:
            findings.add(name, None, "unlisted-file", f"{SUMS} does not list this file.")
        elif sums[name] != file.sha256:
            findings.add(name, None, "digest-differs", f"Its SHA-256 is {file.sha256}; {SUMS} says another.")


def _list_folder(folder: Path) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    size = 0
    for name, entry in _entries(folder):
        if not entry.is_file(follow_symlinks=False) or _SAFE_NAME.fullmatch(name) is None:
            raise InputError("unsafe-name", f"{ascii(name)[1:81]} is a link, a folder or no plain file.")
        paths[name] = Path(entry.path)
        size += entry.stat(follow_symlinks=False).st_size
        if len(paths) > MOST_FILES or size > MOST_BYTES:
            raise InputError("too-large", "The folder holds more than a bundle can.")
    return paths


def _entries(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == "checkpoints" and entry.is_dir(follow_symlinks=False):
                with os.scandir(entry.path) as inner:
                    for one in inner:
                        yield f"checkpoints/{one.name}", one
            else:
                yield entry.name, entry


def _unpack(source: Path, scratch: Path, findings: Findings) -> dict[str, Path]:
    if not source.is_file():
        raise InputError("no-such-file", "There is no such folder or file.", file=source.name)
    paths: dict[str, Path] = {}
    try:
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if member.filename != "checkpoints/"]
            for member in members:
                if _SAFE_NAME.fullmatch(member.filename) is None:
                    shown = ascii(member.filename)[1:-1][:80]
                    raise InputError("unsafe-name", f"The zip holds the name {shown}.", file=source.name)
            require_sound(members, source.name)
            for member in members:
                path = scratch / member.filename
                try:
                    extract_member(archive, member, path)
                except (zipfile.BadZipFile, EOFError, zlib.error) as error:
                    findings.add(member.filename, None, "damaged", f"The file cannot be unpacked: {error}.")
                    continue
                paths[member.filename] = path
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InputError("bad-zip", f"The zip cannot be read: {error}.", file=source.name) from None
    return paths


def _digest(path: Path) -> OpenedFile:
    state, line_feeds = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            state.update(block)
            if _GROWING.fullmatch(path.name):
                line_feeds += block.count(b"\n")
    return OpenedFile(path, state.hexdigest(), line_feeds)
