"""`database` and `keys`: what a deployment needs once before its first round; `notary keygen` for its cosigners."""

from __future__ import annotations

import os
from pathlib import Path

import click

from maskres.cli.audit_commands import notary_audit
from maskres.cli.backup_commands import backup_database, copy_keys, restore_database
from maskres.cli.cosign_command import check, cosign_one
from maskres.cli.deployment import (
    OUTPUT_FILE,
    as_option,
    file_keys,
    open_database,
    open_service,
    read_actor,
    settings,
)
from maskres.cli.minutes_command import minutes
from maskres.db.upgrade import upgrade
from maskres.errors import ConfigurationError, InputError
from maskres.ledger.note_keys import Algorithm, signing_key, write_signing_key
from maskres.usecases.record import name_ledger


@click.group()
def database() -> None:
    """Make the tables, name the ledger; copy and restore."""


@database.command("upgrade")
def upgrade_database() -> None:
    """Bring the database to the present tables; on an empty one, make them."""
    with_tables = open_database()
    try:
        upgrade(with_tables)
    finally:
        with_tables.close()
    click.echo("The database has the present tables.")


@database.command("init")
@click.option(
    "--origin", required=True, metavar="NAME", help="Name of the ledger, such as masks.example.org/xm."
)
@as_option
def init_database(origin: str, actor_name: str) -> None:
    """Make the tables and give the ledger its name, once and for all."""
    with_tables = open_database()
    try:
        upgrade(with_tables)
    finally:
        with_tables.close()
    with open_service() as service:
        name_ledger(service, read_actor(actor_name), origin)
    click.echo(f"The ledger is {origin}.")


@click.group()
def keys() -> None:
    """Make, rotate and copy the deployment's keys."""


@keys.command("init")
def init_keys() -> None:
    """Make the deployment's keys in the instance folder; they are never overwritten."""
    refuse_given_keys()
    path = file_keys().init()
    click.echo(f"The keys are in {path}. Keep a copy in a safe, apart from the database's.")


@keys.command("rotate")
@click.argument("name", type=click.Choice(["index", "data"]))
@as_option
def rotate_keys(name: str, actor_name: str) -> None:
    """Add a new version of the index key or the data key, and write everything stored under it."""
    from maskres.usecases.keeping.rotating import (
        is_rotation_unfinished,
        require_rotation_possible,
        rewrite_personal_fields,
    )

    refuse_given_keys()
    with open_service() as service:
        if is_rotation_unfinished(service):
            count = rewrite_personal_fields(service, read_actor(actor_name))
            click.echo(
                f"An interrupted rotation is finished: {count} rows were written anew. No key was added."
            )
            return
        if name == "index":
            require_rotation_possible(service)
    version = file_keys().rotate(name)
    with open_service() as service:
        count = rewrite_personal_fields(service, read_actor(actor_name))
    click.echo(f"Version {version} of the {name} key is in use; {count} rows were written anew.")
    if name == "index":
        click.echo(
            "Registers hold digests under the old key: import each of them again before the next deciding."
        )


def refuse_given_keys() -> None:
    """Refuse to write keys to files while the environment gives them: nobody would read those files.

    Raises:
        ConfigurationError: "keys-in-environment".
    """
    if settings().keys_text is not None:
        raise ConfigurationError(
            "keys-in-environment",
            "The keys come from MASKRES_KEYS, which cannot be written from here. Put its text in the instance "
            "folder as keys/deployment.json, run this without MASKRES_KEYS, then set it to the new text.",
        )


@click.group()
def notary() -> None:
    """Tools of notary and witness, on their own machine."""


@notary.command("keygen")
@click.argument("name")
@click.option("--out", required=True, type=OUTPUT_FILE, help="Where to write the secret key.")
def keygen(name: str, out: Path) -> None:
    """Make a cosigner's key: the secret goes to a file, the public key is printed."""
    key = signing_key(name, Algorithm.COSIGNATURE, os.urandom(32))
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(write_signing_key(key) + "\n")
    except FileExistsError:
        raise InputError(
            "file-exists", "There is such a file; keys are never overwritten.", file=out.name
        ) from None
    except OSError as error:
        raise InputError(
            "cannot-write", f"The file cannot be written: {error.strerror}.", file=out.name
        ) from error
    click.echo(key.verifier.text)


database.add_command(backup_database)
database.add_command(restore_database)
keys.add_command(copy_keys)
notary.add_command(cosign_one)
notary.add_command(check)
notary.add_command(notary_audit)
notary.add_command(minutes)

COMMANDS = [database, keys, notary]
