"""Copies of published files on this process's disk: fetched or built once, served as often as they are asked for."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from maskres.db import files, record
from maskres.db.engine import Transaction
from maskres.errors import InputError
from maskres.ledger.bundle_zip import write_zip
from maskres.rounds.status import DrawStatus, has_reached
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.rounds.open_data import MOST_LINES, find_shown_draw
from maskres.usecases.service import Service

_BLOCK = 1 << 20


class Copies:
    """A folder of copies, named by digest, that is gone with its process.

    Args:
        service: the service.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._folders: dict[int, tempfile.TemporaryDirectory[str]] = {}

    def published_file(self, slug: str, number: int, name: str) -> tuple[Path, str]:
        """Give a published file of a draw and its SHA-256.

        Raises:
            InputError: "unknown-round", "unknown-draw", "not-published".
            CheckFailed: "file-damaged".
        """
        with self._service.database.reading() as c:
            draw = find_shown_draw(c, slug, number)
            published = files.list_files(c, draw.id).get(name)
        if published is None:
            raise InputError("not-published", f"{name} is not published.", file=name)

        def fetch(target: Path) -> None:
            with self._service.database.reading() as c:
                files.fetch_file(c, draw.id, name, target)

        return self._once(f"file-{published.sha256}", fetch), published.sha256

    def bundle(self, slug: str, number: int) -> tuple[Path, str]:
        """Give the bundle of a draw as a zip, and a name of its state: built anew when something was added.

        Raises:
            InputError: "unknown-round", "unknown-draw"; "not-published" before the draw closed.
        """
        with self._service.database.reading() as c:
            draw = find_shown_draw(c, slug, number)
            if not has_reached(draw.status, DrawStatus.CLOSED):
                raise InputError("not-published", "Nothing is published of this draw yet.", field="draw")
            size = record.ledger_size(c)
            state = _state_of(c, draw.id, size)

        def build(target: Path) -> None:
            with self._service.scratch() as folder:
                export_bundle(self._service, slug, number, folder / "bundle", ledger_size=size)
                write_zip(folder / "bundle", target)

        kind = f"bundle-{slug}.{number}."
        path = self._once(kind + state, build)
        for older in path.parent.glob(f"{kind}*"):
            if older != path and not older.name.endswith(".part"):
                older.unlink(missing_ok=True)
        return path, state

    def lines_of(self, slug: str, number: int, name: str, prefix: str) -> Iterator[list[str]]:
        """Give the lines of a published table `place,number,…` whose number begins with a prefix.

        Raises:
            InputError: as published_file.
        """
        path, _ = self.published_file(slug, number, name)
        wanted = re.compile(rb"^[0-9]+,%b[^\n]*" % re.escape(prefix.encode("ascii")), re.MULTILINE)
        rest, count = b"", 0
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                whole, newline, rest = (rest + block).rpartition(b"\n")
                for found in wanted.finditer(whole + newline):
                    count += 1
                    if count > MOST_LINES:
                        return
                    yield found[0].decode("ascii").split(",")

    def _once(self, name: str, make: Callable[[Path], None]) -> Path:
        with self._lock:
            path = self._folder() / name
            if not path.exists():
                staging = path.with_name(f"{name}.part")
                make(staging)
                staging.replace(path)
            return path

    def _folder(self) -> Path:
        # By process: one that was forked must not delete its parent's.
        mine = self._folders.get(os.getpid())
        if mine is None:
            mine = tempfile.TemporaryDirectory(prefix="maskres-copies-", dir=self._service.work_folder)
            self._folders[os.getpid()] = mine
        return Path(mine.name)


def _state_of(c: Transaction, draw_id: int, size: int) -> str:
    signed = [(each.size, record.list_cosigners(c, each.size)) for each in record.list_checkpoints(c)]
    published = {name: each.sha256 for name, each in files.list_files(c, draw_id).items()}
    text = json.dumps([size, signed, published], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
