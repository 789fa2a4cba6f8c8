"""`receipt verify`: what a resident's receipt proves, checked by anyone, without the service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maskres.errors import InputError, MaskresError

if TYPE_CHECKING:
    from maskres.ledger.note_keys import VerifierKey
    from maskres.ledger.receipt_check import Finding
    from maskres.registration.receipts import Receipt

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group("receipt")
def receipt_group() -> None:
    """Receipts that residents hold."""


@receipt_group.command("verify")
@click.argument("receipt", type=_FILE)
@click.option("--ledger", metavar="KEY", help="Verifier key of the ledger, as printed on paper.")
@click.option(
    "--bundle", type=_FOLDER, help="Folder of the draw's bundle, to compare with what was published."
)
@click.option("--id", "canonical", metavar="ID", help="The holder's id, such as CN-ID:350203194912010021.")
def verify_one(receipt: Path, ledger: str | None, bundle: Path | None, canonical: str | None) -> int:
    """Check a receipt's signature and, against a bundle, that it was counted.

    Without --ledger the key in the bundle is used, which proves only that the bundle is of one piece.
    """
    from maskres.ledger.note_keys import read_verifier_key
    from maskres.ledger.receipt_check import check_signature

    if ledger is None and bundle is None:
        raise InputError("missing-key", "Give the ledger's key, a bundle, or both.", field="--ledger")
    if canonical is not None and bundle is None:
        raise InputError("missing-bundle", "The seal stands in a bundle's pool.csv.", field="--id")
    operator = _own_key(bundle or Path()) if ledger is None else read_verifier_key(ledger, field="--ledger")
    try:
        found = check_signature(receipt.read_bytes(), operator)
    except MaskresError as error:
        error.file = receipt.name
        raise
    click.echo(f"right  The receipt is signed by {operator.text}.")
    when = found.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    click.echo(f"       {found.round}, draw {found.draw}, number {found.number}, {found.status}, {when}")
    is_right = True
    for finding in _compare(found, bundle, canonical) if bundle else ():
        click.echo(f"{'right' if finding.is_right else 'WRONG'}  {finding.message}")
        is_right &= finding.is_right
    return 0 if is_right else 1


def _own_key(bundle: Path) -> VerifierKey:
    from maskres.ledger.keyring import read_keys

    return read_keys(_read(bundle, "keys.json"))[1].operator


def _compare(receipt: Receipt, bundle: Path, canonical: str | None) -> Iterator[Finding]:
    from maskres.ledger.body_shapes import Kind
    from maskres.ledger.entries import read_ledger
    from maskres.ledger.keyring import read_keys
    from maskres.ledger.receipt_check import check_ledger, check_registered, check_seal
    from maskres.lottery.pool import read_pool

    round_, _ = read_keys(_read(bundle, "keys.json"))
    if round_ != receipt.round:
        raise InputError(
            "other-round", f"The bundle is of {round_}, the receipt of {receipt.round}.", field="--bundle"
        )
    entries = read_ledger(_read(bundle, "ledger.jsonl").splitlines(keepends=True))
    yield check_ledger(receipt, entries)
    if not (bundle / "registered.csv").exists() and all(
        (entry.kind, entry.round, entry.draw) != (Kind.DRAW_CLOSED, receipt.round, receipt.draw)
        for entry in entries
    ):
        message = "Registration has not closed yet; whether the number was counted can be checked afterwards."
        raise InputError("not-closed", message, field="--bundle")
    yield check_registered(receipt, _read(bundle, "registered.csv"), entries)
    if canonical is not None:
        yield check_seal(receipt, canonical, read_pool(bundle / "pool.csv", keep_seals=True))


def _read(bundle: Path, name: str) -> bytes:
    try:
        return (bundle / name).read_bytes()
    except OSError as error:
        raise InputError("no-such-file", f"The file cannot be read: {error.strerror}.", file=name) from None


COMMANDS: Sequence[click.Command] = (receipt_group,)
"""What this file adds to the command line."""
