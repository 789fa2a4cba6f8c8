"""Write docs/spec/example and receipt.json, and put the figures into docs/spec/draw.md.

python -m tests.support.spec_write
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.spec_example import Example
from tests.support.spec_text import all_blocks, fill

SPEC = Path(__file__).parents[2] / "docs" / "spec"


def write(folder: Path = SPEC) -> None:
    example = Example()
    shutil.rmtree(folder / "example", ignore_errors=True)
    for name, data in example.bundle.items():
        path = folder / "example" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "receipt.json").write_bytes(example.receipt)
    document = folder / "draw.md"
    document.write_text(fill(document.read_text("utf-8"), all_blocks(example)), "utf-8")


if __name__ == "__main__":
    write()
