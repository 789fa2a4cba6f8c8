"""The vectors of tests/vectors/draw: reading them and laying out the bundle that each one is about.

The form is described in tests/vectors/README.md, so that a verifier in another language can be held to the same.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "vectors" / "draw"
SUMS = "SHA256SUMS"

Files = dict[str, bytes]
Edit = Mapping[str, Any]


@dataclass(frozen=True)
class Vector:
    """One scenario.

    Attributes:
        name: of its file.
        what: one sentence.
        base: the bundle it starts from.
        edits: what is done to it.
        sums: whether SHA256SUMS is written anew afterwards.
        arguments: origin, round, keys: what whoever verifies knows from elsewhere.
        needs: "ed25519" or "bls12-381" where only a verifier that checks such signatures finds it, else "sha256".
        status: 0 where there is no mismatch, 1 where there is.
        findings: file, line (or None for any) and code of what must be among those reported.
    """

    name: str
    what: str
    base: str
    edits: tuple[Edit, ...]
    sums: bool
    arguments: Mapping[str, Any]
    needs: str
    status: int
    findings: tuple[Mapping[str, Any], ...]

    def files(self) -> Files:
        """Give the bundle: name → bytes."""
        files = read_base(self.base)
        for edit in self.edits:
            apply_edit(files, edit)
        if self.sums:
            files[SUMS] = write_sums(files)
        return files


def list_vectors() -> list[Vector]:
    """Give all vectors, by name."""
    return [read_vector(path) for path in sorted(FOLDER.glob("*.json"))]


def read_vector(path: Path) -> Vector:
    value = json.loads(path.read_text(encoding="utf-8"))
    assert value.pop("vector") == path.stem
    findings, edits = tuple(value.pop("findings")), tuple(value.pop("edits"))
    return Vector(name=path.stem, edits=edits, findings=findings, **value)


def read_base(name: str) -> Files:
    value = json.loads((FOLDER / "bases" / f"{name}.json").read_text(encoding="utf-8"))
    return {file: "".join(f"{line}\n" for line in lines).encode() for file, lines in value["files"].items()}


def write_sums(files: Files) -> bytes:
    """Write SHA256SUMS of all other files."""
    names = sorted(set(files) - {SUMS})
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in names).encode()


def apply_edit(files: Files, edit: Edit) -> None:
    """Do one edit; lines are counted from 1 and hold no LF."""
    file, do = edit["file"], edit["do"]
    data = files.get(file, b"")
    lines = data.split(b"\n")
    at = edit.get("line", 1) - 1
    if do == "remove":
        del files[file]
        return
    if do == "write":
        data = "".join(f"{line}\n" for line in edit["lines"]).encode()
    elif do == "line":
        lines[at] = edit["text"].encode()
        data = b"\n".join(lines)
    elif do == "insert":
        data = b"\n".join([*lines[:at], edit["text"].encode(), *lines[at:]])
    elif do == "delete":
        data = b"\n".join([*lines[:at], *lines[at + 1 :]])
    elif do == "swap":
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
        data = b"\n".join(lines)
    elif do == "bytes":
        start = edit["start"]
        data = data[:start] + base64.b64decode(edit["base64"]) + data[start + edit["length"] :]
    else:
        raise AssertionError(f"no such edit: {do}")
    files[file] = data


def lay_out(files: Files, folder: Path) -> Path:
    """Write a bundle into a new folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def edits_between(before: Files, after: Files) -> Iterator[dict[str, Any]]:
    """Give edits that lead from one bundle to another, line by line where the lines are as many; sums left out."""
    for name in sorted({*before, *after} - {SUMS}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if new is None:
            yield {"file": name, "do": "remove"}
            continue
        lines = new.decode().split("\n")
        assert lines[-1] == "", name
        old_lines = old.decode().split("\n") if old is not None else []
        differing = [at for at, pair in enumerate(zip(old_lines, lines, strict=False)) if pair[0] != pair[1]]
        if len(old_lines) == len(lines) and len(differing) <= len(lines) // 2:
            for at in differing:
                yield {"file": name, "do": "line", "line": at + 1, "text": lines[at]}
        else:
            yield {"file": name, "do": "write", "lines": lines[:-1]}
