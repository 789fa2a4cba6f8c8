"""`ledger`: check a published ledger and its checkpoints, make and check proofs; from files, without a database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from maskres.errors import CheckFailed, InputError
from maskres.ledger import merkle
from maskres.ledger.checkpoints import SignedCheckpoint, read_checkpoint, read_checkpoint_text
from maskres.ledger.entries import read_ledger
from maskres.ledger.note_keys import VerifierKey, read_verifier_key
from maskres.ledger.notes import read_note
from maskres.ledger.proofs import prove_consistency, prove_inclusion, read_proof

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PATH = click.Path(exists=True, path_type=Path)


@click.group()
def ledger() -> None:
    """Check a published ledger, make and check proofs; from files alone."""


@ledger.command()
@click.argument("path", metavar="LEDGER", type=_FILE)
@click.option(
    "--checkpoint", "checkpoints", multiple=True, type=_PATH, help="A checkpoint, or a folder of them."
)
@click.option(
    "--key", "keys", multiple=True, metavar="KEY", help="Verifier key: the ledger's, notary's, witness's."
)
def verify(path: Path, checkpoints: tuple[Path, ...], keys: tuple[str, ...]) -> None:
    """Check ledger.jsonl line by line, and checkpoints against it."""
    with path.open("rb") as stream:
        entries = read_ledger(stream, file=path.name)
    if not entries:
        raise CheckFailed(
            "empty-ledger", "The ledger has no line, so there is nothing to check.", file=path.name
        )
    verifiers = [read_verifier_key(text, field="--key") for text in keys]
    leaves = [entry.leaf_hash for entry in entries]
    click.echo(f"{len(entries)} entries, root {merkle.root(leaves).hex()}")
    found = sorted(_each_file(checkpoints), key=lambda file: (len(file.name), file.name))
    if checkpoints and not found:
        raise CheckFailed("no-checkpoint", "There is no checkpoint in what was given.", field="--checkpoint")
    if not found:
        click.echo(
            "No checkpoint was given: whether these are all entries, and the only ones, was not checked."
        )
    for file in found:
        _check(file, leaves, verifiers)


def _each_file(paths: Sequence[Path]) -> list[Path]:
    files = []
    for path in paths:
        files += [each for each in path.iterdir() if each.is_file()] if path.is_dir() else [path]
    return files


def _check(file: Path, leaves: Sequence[bytes], verifiers: Sequence[VerifierKey]) -> None:
    data = file.read_bytes()
    text = read_note(data, file=file.name).text
    checkpoint = read_checkpoint_text(text, file=file.name)
    if not verifiers:
        signed, words = checkpoint, "signatures not checked: no --key was given"
    else:
        opened = read_checkpoint(data, verifiers, origin=checkpoint.origin, file=file.name)
        signed, words = opened.checkpoint, _signers(opened, verifiers)
    if signed.size > len(leaves):
        raise CheckFailed(
            "ledger-too-short",
            f"The checkpoint is over {signed.size} entries, the ledger has only {len(leaves)}.",
            file=file.name,
        )
    if merkle.root(leaves[: signed.size]) != signed.root:
        raise CheckFailed(
            "root-differs",
            f"The ledger's first {signed.size} entries have another root than this checkpoint: "
            "one of them was changed.",
            file=file.name,
            line=3,
        )
    click.echo(f"checkpoint of {signed.size} entries: holds; {words}")


def _signers(opened: SignedCheckpoint, verifiers: Sequence[VerifierKey]) -> str:
    names = [key.name for key in verifiers if opened.is_signed_by(key)]
    return f"signed by {', '.join(names)}"


@ledger.command()
@click.argument("path", metavar="LEDGER", required=False, type=_FILE)
@click.option("--entry", type=click.IntRange(0), help="Prove that this entry, from 0, stands in the ledger.")
@click.option("--from", "old_size", type=click.IntRange(1), help="Prove growth since this size.")
@click.option("--size", type=click.IntRange(1), help="Of the ledger; default: all of it.")
@click.option("--check", "proof_path", type=_FILE, help="Check a proof instead of making one.")
def proof(
    path: Path | None, entry: int | None, old_size: int | None, size: int | None, proof_path: Path | None
) -> None:
    """Make a proof about LEDGER as JSON, or check one.

    A proof that is checked says which roots it is about: compare them with checkpoints you trust.
    """
    if proof_path is not None and (path, entry, old_size, size) == (None, None, None, None):
        read = read_proof(proof_path.read_bytes(), file=proof_path.name)
        read.verify()
        click.echo("The proof holds:")
        click.echo(json.dumps(read.to_json(), indent=1))
        return
    if proof_path is not None or path is None or (entry is None) == (old_size is None):
        raise InputError("bad-arguments", "Give LEDGER and either --entry or --from, or --check alone.")
    with path.open("rb") as stream:
        lines = [each.line for each in read_ledger(stream, file=path.name)]
    whole = len(lines) if size is None else size
    if entry is not None:
        made = prove_inclusion(lines, entry, whole).to_json()
    else:
        made = prove_consistency(lines, old_size or 1, whole).to_json()
    click.echo(json.dumps(made, indent=1))


COMMANDS = [ledger]
