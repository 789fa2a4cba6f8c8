"""`python -m maskres …`."""

from __future__ import annotations

if __name__ == "__main__":
    # Only here: processes begun for a file's pieces (usecases/processes.py) read this module too, and run no command.
    from maskres.cli.main import run

    run()
