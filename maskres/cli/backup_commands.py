"""`database backup`, `database restore`, `keys copy`: the parts of a deployment that are kept apart from each other."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import click

from maskres.cli.deployment import INPUT_FILE, OUTPUT_FILE, OUTPUT_FOLDER, open_database, settings
from maskres.db import backup
from maskres.errors import ConfigurationError, InputError


@click.command("backup")
@click.option("--out", required=True, type=OUTPUT_FILE, help="The file to write; it must not be there yet.")
def backup_database(out: Path) -> None:
    """Write a copy of the database into one file, while the service goes on."""
    database = open_database()
    try:
        backup.write_backup(database, out)
    finally:
        database.close()
    with out.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    click.echo(f"{digest}  {out}")


@click.command("restore")
@click.option(
    "--from", "source", required=True, type=INPUT_FILE, help="The file that `database backup` wrote."
)
def restore_database(source: Path) -> None:
    """Fill an empty database from a copy."""
    database = open_database()
    try:
        backup.restore_backup(database, source)
    finally:
        database.close()
    click.echo("The database is restored. On PostgreSQL give the service's role its rights again.")


@click.command("copy")
@click.option(
    "--out", required=True, type=OUTPUT_FOLDER, help="The folder to make; it must not be there yet."
)
def copy_keys(out: Path) -> None:
    """Copy the files of all keys into a new folder, which belongs where the database's copies are not."""
    keys = settings().keys_folder
    names = sorted(path.relative_to(keys) for path in keys.rglob("*.json") if not path.name.startswith("."))
    if not names:
        raise ConfigurationError("missing-keys", f"There are no keys in {keys}.")
    try:
        out.mkdir(mode=0o700)
        for name in names:
            (out / name).parent.mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(out / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write((keys / name).read_bytes())
                file.flush()
                os.fsync(file.fileno())
    except FileExistsError:
        raise InputError(
            "file-exists", "There is such a folder; copies are never overwritten.", file=out.name
        ) from None
    except OSError as error:
        raise InputError(
            "cannot-write", f"The keys cannot be written: {error.strerror}.", file=out.name
        ) from error
    click.echo(f"{len(names)} files of keys are in {out}.")
