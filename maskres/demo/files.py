"""The demo's own folder: what it remembers between two starts, readable by its owner alone."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from maskres.errors import ConfigurationError

#: Begins the origin of every rehearsal's ledger (spec H1): the demo can never pass as real.
ORIGIN = "rehearsal/demo-xiamen"
RESET = "Begin anew with: make demo-reset"


def demo_folder(instance: Path) -> Path:
    """Give the demo's folder in an instance folder."""
    return instance / "demo"


def read_json(path: Path) -> Any | None:
    """Read a file of the demo; None where there is none.

    Raises:
        ConfigurationError: "demo-damaged".
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        raise damaged(path) from None


def damaged(path: Path) -> ConfigurationError:
    """Make the error for a file of the demo that says something else than it should."""
    return ConfigurationError("demo-damaged", f"{path} cannot be read. {RESET}")


def write_json(path: Path, document: Any) -> None:
    """Write a file of the demo, whole and private; one that says the same already is left alone."""
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else prepares this demo; a killed one lets go by itself."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
