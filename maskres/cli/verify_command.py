"""`verify`: check a published bundle with the service's own rooms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

CHECK_FAILED = 1
_SHOWN = 25


@click.command("verify")
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--keys",
    "keys_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A keys.json from elsewhere; goes before the bundle's.",
)
@click.option("--origin", metavar="NAME", help="The ledger that the bundle must be of.")
@click.option("--round", "round_slug", metavar="SLUG", help="The round that the bundle must be of.")
def verify(bundle: Path, keys_path: Path | None, origin: str | None, round_slug: str | None) -> int:
    """Check a bundle, folder or zip: everything is computed anew, signatures included.

    Prints every mismatch with file and line. Exits with 0 where there is none, 1 where there is one, 2 where the
    bundle cannot be read as one.
    """
    from maskres.ledger.keyring import read_keys
    from maskres.ledger.verify.bundle import verify_bundle
    from maskres.ledger.verify.history import Given

    keys = None if keys_path is None else read_keys(keys_path.read_bytes(), file=keys_path.name)[1]
    findings = verify_bundle(bundle, Given(keys, origin, round_slug))
    shown: Counter[tuple[str, str]] = Counter()
    for found in findings.found:
        shown[found.file, found.code] += 1
        if shown[found.file, found.code] <= _SHOWN:
            click.echo(_plain(str(found)))
    for (file, code), count in shown.items():
        if count > _SHOWN:
            click.echo(_plain(f"{file}: {code}: and {count - _SHOWN} more like these"))
    for note in findings.notes:
        click.echo(_plain(f"note: {note}"))
    if findings.unchecked:
        click.echo(_plain("note: because of the above not checked: " + "; ".join(findings.unchecked)))
    click.echo(f"{len(findings.found)} mismatches" if findings.found else "no mismatch")
    return CHECK_FAILED if findings.found else 0


def _plain(text: str) -> str:
    """Give a text as one line that no file can write on the reader's terminal with."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


COMMANDS: Sequence[click.Command] = (verify,)
"""What this file adds to the command line."""
