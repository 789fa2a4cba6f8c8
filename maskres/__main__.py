"""`python -m maskres …`."""

from __future__ import annotations

from maskres.cli.main import run

if __name__ == "__main__":
    run()
