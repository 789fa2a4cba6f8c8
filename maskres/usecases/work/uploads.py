"""Files handed in for a task: kept as encrypted pieces in the database, so that any worker can open them.

A piece is bound to its upload and its place in it. The whole is checked by size and digest when it is opened, and
is gone once its task has ended, or after a day.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from maskres.db import tasks as task_rows
from maskres.db import uploads
from maskres.db.engine import Transaction
from maskres.db.uploads import Upload
from maskres.errors import CheckFailed, InputError
from maskres.identity.encryption import NONCE_BYTES, OVERHEAD_BYTES
from maskres.usecases.service import Actor, Service, one_transaction

PIECE_BYTES = 1 << 20
MOST_BYTES = 1 << 30
KEPT_HOURS = 24
_NAME_LIMIT = 120


def keep_upload(
    service: Service, actor: Actor, name: str, stream: BinaryIO, *, limit: int = MOST_BYTES
) -> Upload:
    """Keep a file for a task.

    Args:
        service: the service.
        actor: who hands it in.
        name: as its owner calls it; folders and what cannot be shown are dropped.
        stream: its bytes, read once and never held whole.
        limit: bytes at most.

    Returns:
        The upload; its id goes into the task's payload as "upload".

    Raises:
        InputError: "file-too-large", "file-empty".
    """
    upload = Upload(
        id=service.random_bytes(16).hex(),
        name=clean_name(name),
        size=0,
        sha256="",
        uploaded_at=service.now(),
        uploaded_by=actor.name,
    )
    service.database.write(lambda c: uploads.insert_upload(c, upload))
    try:
        kept = _keep_pieces(service, upload, stream, limit)
    except BaseException:
        forget_upload(service, upload.id)
        raise
    service.database.write(lambda c: uploads.complete(c, kept.id, kept.size, kept.sha256))
    return kept


def _keep_pieces(service: Service, upload: Upload, stream: BinaryIO, limit: int) -> Upload:
    digest, size, piece = hashlib.sha256(), 0, 0
    while data := stream.read(PIECE_BYTES):
        size += len(data)
        if size > limit:
            message = f"The file is larger than {limit} bytes."
            raise InputError("file-too-large", message, field="file", file=upload.name)
        digest.update(data)
        sealed = service.cipher.encrypt(
            data, bound_to=_owner(upload.id, piece), nonce=service.random_bytes(NONCE_BYTES)
        )
        _insert_piece(service, upload.id, piece, sealed)
        piece += 1
    if not size:
        raise InputError("file-empty", "The file is empty.", field="file", file=upload.name)
    return replace(upload, size=size, sha256=digest.hexdigest())


@one_transaction
def _insert_piece(c: Transaction, service: Service, upload_id: str, piece: int, data: bytes) -> None:
    uploads.insert_piece(c, upload_id, piece, data)


def open_upload(service: Service, upload_id: str, folder: Path) -> Path:
    """Write an upload into a folder, in clear.

    Args:
        service: the service.
        upload_id: of the upload.
        folder: one of service.scratch(), gone when the step has ended.

    Returns:
        The file, under its own name.

    Raises:
        InputError: "unknown-upload".
        CheckFailed: "upload-damaged", "personal-data-damaged".
        ConfigurationError: "missing-key".
    """
    digest, size, piece = hashlib.sha256(), 0, 0
    with service.database.reading() as c:
        upload = uploads.find_upload(c, upload_id)
        path = folder / upload.name
        with path.open("xb") as out:
            path.chmod(0o600)
            while (sealed := uploads.read_piece(c, upload_id, piece)) is not None:
                data = service.cipher.decrypt(sealed, bound_to=_owner(upload_id, piece))
                digest.update(data)
                size += len(data)
                out.write(data)
                piece += 1
    if (size, digest.hexdigest()) != (upload.size, upload.sha256):
        message = "The file that was kept is not the one that was handed in; please hand it in again."
        raise CheckFailed("upload-damaged", message, file=upload.name)
    return path


def describe_upload(service: Service, upload_id: str) -> Upload:
    """Tell an upload's name, size and digest.

    Raises:
        InputError: "unknown-upload".
    """
    with service.database.reading() as c:
        return uploads.find_upload(c, upload_id)


def read_bytes(c: Transaction, service: Service, upload_id: str, begins: int, ends: int) -> bytes:
    """Give some bytes of an upload, wherever it was opened before.

    Args:
        c: a transaction.
        service: the service.
        upload_id: of the upload.
        begins: the first byte wanted.
        ends: the byte before which they end.

    Raises:
        InputError: "unknown-upload".
        CheckFailed: "personal-data-damaged".
    """
    found, position = [], 0
    for piece, sealed_size in enumerate(uploads.piece_sizes(c, upload_id)):
        size = sealed_size - OVERHEAD_BYTES
        if position < ends and begins < position + size:
            sealed = uploads.read_piece(c, upload_id, piece) or b""
            data = service.cipher.decrypt(sealed, bound_to=_owner(upload_id, piece))
            found.append(data[max(begins - position, 0) : ends - position])
        position += size
    if position < ends:
        uploads.find_upload(c, upload_id)
        raise CheckFailed("upload-damaged", "The file that was kept is not whole; please hand it in again.")
    return b"".join(found)


def forget_upload(service: Service, upload_id: str) -> None:
    """Delete an upload; a repeat does nothing."""
    service.database.write(lambda c: uploads.delete_upload(c, upload_id))


@one_transaction
def forget_old_uploads(c: Transaction, service: Service) -> int:
    """Delete the uploads that are older than a day and not of a task that is still to be done.

    Returns:
        How many.
    """
    old = uploads.list_older(c, service.now() - timedelta(hours=KEPT_HOURS))
    if not old:
        return 0
    needed = {payload.get("upload") for payload in task_rows.open_payloads(c)}
    return sum(uploads.delete_upload(c, upload_id) for upload_id in old if upload_id not in needed)


def clean_name(name: str) -> str:
    """Give a file's name without folders and without what cannot be shown."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(symbol for symbol in last if unicodedata.category(symbol)[0] not in "CZ" or symbol == " ")
    cut = shown.strip()
    while len(cut.encode()) > _NAME_LIMIT:
        cut = cut[1:]  # the end tells what kind of file it is
    return cut if cut.strip(".") else "upload"


def _owner(upload_id: str, piece: int) -> bytes:
    return f"upload/{upload_id}/{piece}".encode()
