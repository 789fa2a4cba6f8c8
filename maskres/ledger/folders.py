"""Folders that stand whole or not at all: written beside their place, then moved there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside a folder's place, gone again where it was not moved in.

    What an earlier writer left when it was killed is put right first. One writer at a time for a folder.

    Args:
        folder: where the new one is to stand; its parent is made if need be.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _put_back(folder)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def move_in(staging: Path, folder: Path) -> None:
    """Move a staged folder to its place; between the two moves only the set-aside one exists."""
    aside = staging.with_suffix(".old")
    if folder.exists():
        folder.rename(aside)
    staging.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)


def _put_back(folder: Path) -> None:
    """Undo a move that was cut off between its two steps, and clear away what a killed writer left."""
    for unfinished in folder.parent.glob(f".{folder.name}.????????.part"):
        shutil.rmtree(unfinished, ignore_errors=True)
    set_aside = sorted(folder.parent.glob(f".{folder.name}.*.old"))
    if set_aside and not folder.exists():
        set_aside.pop(0).rename(folder)
    for leftover in set_aside:
        shutil.rmtree(leftover, ignore_errors=True)
