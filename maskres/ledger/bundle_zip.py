"""A bundle as one zip file: the same bytes on every run and machine, and unpacked with suspicion.

Files are stored, not compressed: what compresses differs between builds of zlib, and digests hardly shrink. So the
zip's own SHA-256 can stand in the minutes.

Source: spec Z6; security.md, checklist 7 to 9.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from maskres.errors import InputError
from maskres.ledger.bundle import BLOCK_BYTES, check_sums
from maskres.ledger.bundle_files import SUMS, find_known

MOST_FILES = 50_000
MOST_BYTES = 8 << 30
MOST_RATIO = 200

_MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest a zip knows
_UNIX = 3
_ENCRYPTED = 0x1


def write_zip(folder: Path, target: Path) -> None:
    """Write a bundle's folder as a zip, whole or not at all.

    Args:
        folder: a bundle whose SHA256SUMS hold.
        target: the zip; one that stands there is replaced.

    Raises:
        InputError, CheckFailed: as bundle.check_sums.

    Source: spec Z6.
    """
    names = sorted([*check_sums(folder), SUMS])
    handle, staging = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
                for name in names:
                    _add(archive, name, folder / name)
            stream.flush()
            os.fsync(stream.fileno())
        Path(staging).chmod(0o644)
        Path(staging).replace(target)
    finally:
        Path(staging).unlink(missing_ok=True)


def unpack_zip(source: Path, folder: Path) -> dict[str, str]:
    """Unpack a bundle's zip into a new folder and check its sums.

    Args:
        source: a zip from anywhere.
        folder: made here; must not exist.

    Returns:
        File → SHA-256.

    Raises:
        InputError: "bad-zip" for what is no zip, or is encrypted, holds links, one name twice, or more or
            larger files than a bundle can; "unknown-file" for any name but a bundle's.
        CheckFailed: "bundle-damaged", as bundle.check_sums; only then the folder stays, to be looked into.

    Source: security.md, checklist 8 and 9.
    """
    folder.mkdir(parents=True)
    try:
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            for member in members:
                find_known(member.filename)
            require_sound(members, source.name)
            for member in members:
                extract_member(archive, member, folder / member.filename)
        return check_sums(folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        shutil.rmtree(folder)
        raise InputError("bad-zip", f"The zip cannot be read: {error}.", file=source.name) from None
    except InputError:
        shutil.rmtree(folder)
        raise


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    member = zipfile.ZipInfo(name, _MOMENT)
    member.create_system = _UNIX
    member.external_attr = (stat.S_IFREG | 0o644) << 16
    member.compress_type = zipfile.ZIP_STORED
    member.file_size = path.stat().st_size
    with path.open("rb") as source, archive.open(member, "w") as target:
        shutil.copyfileobj(source, target, BLOCK_BYTES)


def require_sound(members: Sequence[zipfile.ZipInfo], file: str) -> None:
    """Refuse what no bundle's zip holds, by what its directory says alone; names are the caller's to check.

    Raises:
        InputError: "bad-zip" for too much, a name twice, encryption, links, unusual or too tight packing.

    Source: security.md, checklist 8 and 9.
    """

    def refuse(what: str) -> InputError:
        return InputError("bad-zip", what, file=file)

    if len(members) > MOST_FILES or sum(member.file_size for member in members) > MOST_BYTES:
        raise refuse("The zip holds more than a bundle can.")
    if len({member.filename for member in members}) < len(members):
        raise refuse("The zip holds a name twice.")
    for member in members:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refuse(f"{member.filename} is packed in an unusual way.")
        mode = member.external_attr >> 16
        if member.flag_bits & _ENCRYPTED or (stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
            raise refuse(f"{member.filename} is encrypted or not a plain file.")
        if member.file_size > MOST_RATIO * max(member.compress_size, 1):
            raise refuse(f"{member.filename} is packed more tightly than such files can be.")


def extract_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    """Unpack one file, never more of it than the directory says.

    Args:
        archive: the zip.
        member: one of its members that require_sound let pass.
        path: the new file; its folder is made if need be.

    Raises:
        InputError: "bad-zip" where the file is larger than it says.
    """
    path.parent.mkdir(exist_ok=True)
    left = member.file_size
    with archive.open(member) as source, path.open("xb") as target:
        while block := source.read(BLOCK_BYTES):
            left -= len(block)
            if left < 0:
                raise InputError("bad-zip", f"{member.filename} is larger than it says.", file=path.name)
            target.write(block)
