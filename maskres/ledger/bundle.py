"""Bundles: everything published of a draw as one folder, whole or not at all.

A bundle is written beside its place and then moved there. A later bundle of the same draw may hold more files, a
longer ledger and more cosignatures; no file once published may change or go.

Source: spec Z1 to Z5.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from maskres.errors import CheckFailed, ConflictError, InputError
from maskres.ledger.bundle_files import KEYS, README, SUMS, KnownFile, find_known
from maskres.ledger.bundle_readme import write_readme
from maskres.ledger.folders import move_in, staged
from maskres.ledger.keyring import Keyring, write_keys

Content = bytes | Path | Iterable[bytes]
"""What a file holds: its bytes, a file to copy, or blocks of bytes (an open binary file is such)."""

BLOCK_BYTES = 1 << 20
_MADE_HERE = frozenset({KEYS, README, SUMS})
_SUM_LINE = re.compile(r"([0-9a-f]{64})  (\S{1,80})")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that stands.

    Attributes:
        folder: where.
        sums: file → SHA-256, 64 lower-case hex digits; all files but SHA256SUMS.
        sha256: of SHA256SUMS, which names the whole bundle.
        is_new: whether this run put it there; False where the very same stood already.
    """

    folder: Path
    sums: Mapping[str, str]
    sha256: str
    is_new: bool


def write_bundle(
    folder: Path, contents: Mapping[str, Content], *, round_: str, draw: int, keys: Keyring
) -> Bundle:
    """Write a bundle's folder, or leave the same one as it is.

    keys.json, README and SHA256SUMS are made here. One writer at a time for a folder.

    Args:
        folder: where it is to stand; its parent is made if need be.
        contents: file → what it holds, names as in bundle_files.
        round_: slug of the round.
        draw: number of the draw.
        keys: whose signatures count.

    Raises:
        InputError: "unknown-file" for a name that does not belong in a bundle.
        ConflictError: "published-already" where a file published before would change or go.
        CheckFailed: "bundle-damaged" where the same bundle stands there, but a file of it was changed.

    Source: spec Z3, Z5.
    """
    for name in contents:
        if name in _MADE_HERE:
            raise InputError("unknown-file", "This file is made by the bundle itself.", file=name)
        find_known(name)
    with staged(folder) as staging:
        sums, sha256 = _fill(staging, contents, round_, draw, keys)
        if folder.exists():
            if _has_sums(folder, sha256):
                check_sums(folder)
                return Bundle(folder, sums, sha256, is_new=False)
            _require_addition(folder, staging)
        move_in(staging, folder)
        return Bundle(folder, sums, sha256, is_new=True)


def read_sums(data: bytes, *, file: str = SUMS) -> dict[str, str]:
    """Read SHA256SUMS.

    Returns:
        File → SHA-256, in the order of the lines.

    Raises:
        InputError: "bad-sums" for anything but sorted lines of digest, two spaces, a name that may stand in
            a bundle; with file and line.
    """
    text = data.decode("utf-8", errors="replace")
    if text and not text.endswith("\n"):
        raise InputError("bad-sums", "The last line does not end with a line feed.", file=file)
    sums: dict[str, str] = {}
    last = ""
    for position, line in enumerate(text.split("\n")[:-1], start=1):
        found = _SUM_LINE.fullmatch(line)
        if found is None or found[2] <= last or found[2] == SUMS:
            raise InputError(
                "bad-sums", "This is not the next line of a list of digests.", file=file, line=position
            )
        find_known(found[2])
        last = found[2]
        sums[last] = found[1]
    return sums


def check_sums(folder: Path) -> dict[str, str]:
    """Check that a bundle's folder holds exactly the files of its SHA256SUMS, undamaged.

    Returns:
        File → SHA-256.

    Raises:
        InputError: "bad-sums", "unknown-file", "no-such-file" (there is no SHA256SUMS).
        CheckFailed: "bundle-damaged" naming the file.
    """
    listing = folder / SUMS
    if not listing.is_file():
        raise InputError("no-such-file", "There is no such file in this folder.", file=SUMS)
    sums = read_sums(listing.read_bytes())
    present = set(_names(folder)) - {SUMS}
    for name in sorted(present ^ set(sums)):
        what = "is not listed in" if name in present else "is missing; it is listed in"
        raise CheckFailed("bundle-damaged", f"This file {what} {SUMS}.", file=name)
    for name, expected in sums.items():
        if _sha256_of(folder / name) != expected:
            raise CheckFailed("bundle-damaged", f"This file is not the one listed in {SUMS}.", file=name)
    return sums


def blocks_of(content: Content) -> Iterator[bytes]:
    """Give the bytes of a content, block by block."""
    if isinstance(content, bytes):
        yield content
    elif isinstance(content, Path):
        with content.open("rb") as stream:
            while block := stream.read(BLOCK_BYTES):
                yield block
    else:
        yield from content


def _fill(
    staging: Path, contents: Mapping[str, Content], round_: str, draw: int, keys: Keyring
) -> tuple[dict[str, str], str]:
    names = {*contents, *_MADE_HERE}
    made = {KEYS: write_keys(round_, keys), README: write_readme(names, round_, draw, keys)}
    everything: dict[str, Content] = {**contents, **made}
    sums = {name: _write(staging / name, everything[name]) for name in sorted(everything)}
    listing = "".join(f"{sha256}  {name}\n" for name, sha256 in sums.items()).encode()
    sha256 = _write(staging / SUMS, listing)
    for place in (staging, *(path for path in staging.iterdir() if path.is_dir())):
        place.chmod(0o755)
    return sums, sha256


def _write(path: Path, content: Content) -> str:
    path.parent.mkdir(exist_ok=True)
    digest = hashlib.sha256()
    with path.open("xb") as stream:
        for block in blocks_of(content):
            digest.update(block)
            stream.write(block)
        stream.flush()
        os.fsync(stream.fileno())
    path.chmod(0o644)
    return digest.hexdigest()


def _has_sums(folder: Path, sha256: str) -> bool:
    listing = folder / SUMS
    return listing.is_file() and _sha256_of(listing) == sha256


def _require_addition(folder: Path, staging: Path) -> None:
    new_names = set(_names(staging))
    for name in _names(folder):
        known = find_known(name)
        if name not in new_names:
            if known.is_gathering and len(_signed(folder / name)[1]) <= 1:
                continue
            raise ConflictError("published-already", "A published file cannot be taken back.", file=name)
        if not (known.is_renewed or _holds(known, folder / name, staging / name)):
            raise ConflictError("published-already", "A published file cannot be changed.", file=name)


def _holds(known: KnownFile, old: Path, new: Path) -> bool:
    """Tell whether a file is an older one, or holds it where it may grow."""
    if known.is_gathering:
        (old_text, old_lines), (new_text, new_lines) = _signed(old), _signed(new)
        return old_text == new_text and old_lines <= new_lines
    old_size, new_size = old.stat().st_size, new.stat().st_size
    if old_size > new_size or (old_size < new_size and not known.is_growing):
        return False
    with old.open("rb") as before, new.open("rb") as after:
        while block := before.read(BLOCK_BYTES):
            if after.read(len(block)) != block:
                return False
    return True


def _signed(note: Path) -> tuple[bytes, set[bytes]]:
    """Give the text of a signed note and the lines of its signatures."""
    text, _, signatures = note.read_bytes().partition(b"\n\n")
    return text, set(signatures.splitlines())


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def _sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
