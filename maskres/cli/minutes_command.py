"""`notary minutes`: the printable minutes of a draw, made of a bundle that was checked."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import click

from maskres.cli.deployment import OUTPUT_FILE
from maskres.errors import CheckFailed, InputError


@click.command("minutes")
@click.option(
    "--bundle",
    "bundle_path",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="The bundle of the draw, folder or zip: the one that was checked and kept.",
)
@click.option(
    "--draw",
    "draw_number",
    type=click.IntRange(1, 99),
    help="Where the bundle holds no commitment yet; 1 if not given.",
)
@click.option("--address", metavar="URL", help="Where the bundle is published; printed with a code to scan.")
@click.option(
    "--out", required=True, type=OUTPUT_FILE, help="The HTML page to write; one that is there is replaced."
)
def minutes(bundle_path: Path, draw_number: int | None, address: str | None, out: Path) -> None:
    """Write the minutes of a draw as a page to print and sign."""
    if address is not None and not address.startswith(("https://", "http://")):
        raise InputError("bad-value", "The address begins with https:// or http://.", field="--address")
    html = _write(bundle_path, draw_number, address)
    try:
        out.write_text(html, encoding="utf-8")
    except OSError as error:
        raise InputError(
            "cannot-write", f"The file cannot be written: {error.strerror}.", file=out.name
        ) from error
    click.echo(f"{hashlib.sha256(html.encode()).hexdigest()}  {out.name}")


def _write(path: Path, draw: int | None, address: str | None) -> str:
    import segno

    from maskres.ledger.bundle_files import VERIFIER_PATH
    from maskres.ledger.commitment import read_commitment
    from maskres.ledger.minutes import Minutes, write_minutes
    from maskres.ledger.verify.bundle import verify_bundle
    from maskres.ledger.verify.findings import Findings
    from maskres.ledger.verify.history import Given, read_history
    from maskres.ledger.verify.opening import open_bundle

    findings = verify_bundle(path)
    if findings.found:
        raise CheckFailed("bundle-differs", f"The bundle does not hold: {findings.found[0]}", file=path.name)
    with tempfile.TemporaryDirectory(prefix="maskres-minutes-") as scratch:
        bundle = open_bundle(path, Path(scratch), Findings())
        history = read_history(bundle, Given(), Findings())
        if history is None:
            raise CheckFailed("bundle-differs", "The bundle has no readable ledger.", file=path.name)
        data = bundle.read("commitment.json") if "commitment.json" in bundle.files else None
        commitment = None if data is None else read_commitment(data)
        number = (draw or 1) if commitment is None else commitment.draw
        if draw not in (None, number):
            raise InputError(
                "other-draw", f"The bundle is of draw {number}, not of draw {draw}.", field="--draw"
            )
        code = None if address is None else segno.make(address, error="m").svg_inline(scale=4, border=2)
        return write_minutes(
            Minutes(
                round=history.round,
                draw=number,
                keys=history.keys,
                entries=[
                    (entry, history.cosigned_at(entry))
                    for entry in history.entries
                    if entry.draw in (None, number)
                ],
                size=history.size,
                root=history.roots[history.size].hex(),
                commitment=commitment,
                commitment_sha256=None if data is None else hashlib.sha256(data).hexdigest(),
                files={
                    name: (file.sha256, file.entries if name.endswith(".csv") else 0)
                    for name, file in sorted(bundle.files.items())
                    if "/" not in name
                },
                verifier_sha256=hashlib.sha256(VERIFIER_PATH.read_bytes()).hexdigest(),
                address=address,
                code=code,
            )
        )
