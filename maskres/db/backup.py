"""Copies of a whole database in one file, and databases made from them.

PostgreSQL's own programs and SQLite's own copying are used: both give the state of one moment while others write.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, make_url

from maskres.db.engine import Database
from maskres.errors import CheckFailed, ConfigurationError, InputError

#: What every SQLite file begins with, and every archive of pg_dump's.
_SQLITE, _ARCHIVE = b"SQLite format 3\x00", b"PGDMP"


def write_backup(database: Database, path: Path) -> None:
    """Write a copy of a database into a new file, readable by its owner alone.

    Args:
        database: it may be in use.
        path: of the copy; it is there whole or not at all.

    Raises:
        InputError: "file-exists", "cannot-write".
        ConfigurationError: "missing-program" where pg_dump is not installed.
        CheckFailed: "backup-failed".
    """
    if path.exists():
        raise InputError("file-exists", "There is such a file; copies are never overwritten.", file=path.name)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        if database.is_sqlite:
            _copy_sqlite(Path(str(database.engine.url.database)), draft, "backup-failed")
        else:
            _call("pg_dump", database.url, ["--format=custom", f"--file={draft}"], "backup-failed")
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        os.link(draft, path)  # unlike a rename, it overwrites nothing
    except OSError as error:
        raise InputError(
            "cannot-write", f"The file cannot be written: {error.strerror}.", file=path.name
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def restore_backup(database: Database, path: Path) -> None:
    """Fill an empty database from a copy.

    Args:
        database: of the kind the copy was made of, without any table.
        path: of the copy.

    Raises:
        ConfigurationError: "database-not-empty", "no-database"; "missing-program" where pg_restore is not installed.
        InputError: "not-a-backup" for a file of another kind.
        CheckFailed: "restore-failed"; then the database is as empty as before.
    """
    with path.open("rb") as stream:
        begin = stream.read(len(_SQLITE))
    wanted, kind = (_SQLITE, "SQLite") if database.is_sqlite else (_ARCHIVE, "PostgreSQL")
    if not begin.startswith(wanted):
        raise InputError("not-a-backup", f"This is no copy of a {kind} database.", file=path.name)
    with database.reading() as c:
        if inspect(c).get_table_names():
            raise ConfigurationError(
                "database-not-empty", "A copy is restored into an empty database only; this one has tables."
            )
    if database.is_sqlite:
        database.close()
        _copy_sqlite(path, Path(str(database.engine.url.database)), "restore-failed")
    else:
        options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(path)]
        _call("pg_restore", database.url, options, "restore-failed")


def _copy_sqlite(source: Path, target: Path, code: str) -> None:
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            # What is copied page by page would carry a damaged page along unseen.
            if (found := old.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise CheckFailed(code, f"The database is damaged: {found.splitlines()[-1]}.")
            old.backup(new)
    except sqlite3.Error as error:
        raise CheckFailed(code, f"The database could not be copied: {error}.") from error


def _call(program: str, url: str, options: list[str], code: str) -> None:
    """Run a program of PostgreSQL's on a database; a password goes by the environment, where nobody sees it."""
    found = shutil.which(program)
    if found is None:
        raise ConfigurationError(
            "missing-program", f"{program} is not installed; it comes with PostgreSQL's client programs."
        )
    where = make_url(url).set(drivername="postgresql")
    environment = dict(os.environ)
    if where.password is not None:
        environment["PGPASSWORD"] = str(where.password)
    address = where.set(password=None).render_as_string(hide_password=False)
    done = subprocess.run(
        [found, f"--dbname={address}", *options],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        first = (done.stderr.strip() or "it said nothing").splitlines()[0]
        raise CheckFailed(code, f"{program} failed: {first}")
