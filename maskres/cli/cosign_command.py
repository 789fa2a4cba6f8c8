"""`notary cosign`: a signature line for a checkpoint, made where the key is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from maskres.cli.deployment import INPUT_FILE
from maskres.clock import utc_now
from maskres.errors import InputError
from maskres.ledger.checkpoints import cosign, read_checkpoint
from maskres.ledger.note_keys import read_signing_key, read_verifier_key


@click.command("cosign")
@click.argument("checkpoint", type=INPUT_FILE)
@click.option("--key", "key_path", required=True, type=INPUT_FILE, help="File of the secret key (keygen).")
@click.option("--ledger", required=True, metavar="KEY", help="Verifier key of the ledger.")
def cosign_one(checkpoint: Path, key_path: Path, ledger: str) -> None:
    """Sign a checkpoint that the ledger itself has signed; prints the line to hand in.

    It says that you saw this size and root at this time. What the checkpoint holds, and that the ledger has only
    grown since the one you signed before, you compare yourself.
    """
    click.echo(_sign(checkpoint, key_path, ledger, utc_now()), nl=False)


def _sign(checkpoint: Path, key_path: Path, ledger: str, now: datetime) -> str:
    own = read_verifier_key(ledger, field="--ledger")
    data = checkpoint.read_bytes()
    read_checkpoint(data, [own], origin=own.name, file=checkpoint.name)
    try:
        key = read_signing_key(key_path.read_text(), field="--key")
    except UnicodeDecodeError:
        raise InputError("bad-key", "This is not a file of a signing key.", field="--key") from None
    return cosign(data, key, now)
