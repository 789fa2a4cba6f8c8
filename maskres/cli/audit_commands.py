"""The audit: `round audit-sheet` and `round audit` where the service runs, `notary audit` on the notary's machine."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from maskres.cli.deployment import (
    INPUT_FILE,
    OUTPUT_FILE,
    as_option,
    draw_option,
    open_service,
    read_actor,
    round_argument,
)
from maskres.errors import CheckFailed, InputError
from maskres.ledger.audit_sheet import AuditSheet, read_findings, read_sheet, write_findings, write_sheet
from maskres.ledger.body_shapes import Kind


@click.command("audit-sheet")
@round_argument
@draw_option
@click.option("--out", required=True, type=OUTPUT_FILE, help="Where to write the sheet; it must not exist.")
@as_option
def audit_sheet(round_slug: str, draw_number: int, out: Path, actor_name: str) -> None:
    """Open the audit's sample to the notary as a file: documents and the round's pledged keys."""
    from maskres.usecases.draw.auditing import open_sheet

    with open_service() as service:
        sheet = open_sheet(service, read_actor(actor_name), round_slug, draw_number)
    _write_new(out, write_sheet(sheet))
    click.echo(
        f"{len(sheet.winners)} winners are opened in {out.name}. Hand it over by hand, and delete it after."
    )


@click.command("audit")
@round_argument
@draw_option
@click.option("--file", "path", required=True, type=INPUT_FILE, help="audit.json, from the notary.")
@as_option
def audit(round_slug: str, draw_number: int, path: Path, actor_name: str) -> None:
    """Publish what the audit found."""
    from maskres.usecases.draw.auditing import record_audit

    round_, draw, sound = read_findings(path.read_bytes(), file=path.name)
    if (round_, draw) != (round_slug, draw_number):
        raise InputError("wrong-draw", f"These findings are of draw {draw} of {round_}.", file=path.name)
    with open_service() as service:
        unsound = record_audit(service, read_actor(actor_name), round_slug, draw_number, sound)
    click.echo(f"{len(sound)} winners were audited, {unsound} are not sound.")


@click.command("audit")
@click.option("--sheet", "sheet_path", required=True, type=INPUT_FILE, help="The sample, from the operator.")
@click.option(
    "--bundle",
    "bundle_path",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="The bundle of the draw, folder or zip: the one that was checked and kept.",
)
@click.option("--unsound", multiple=True, metavar="NUMBER", help="Not borne out by the authority's records.")
@click.option("--out", required=True, type=OUTPUT_FILE, help="Where to write audit.json; it must not exist.")
def notary_audit(sheet_path: Path, bundle_path: Path, unsound: tuple[str, ...], out: Path) -> None:
    """Recompute numbers and seals of the audit's sample with the pledged keys, and write the findings.

    Without --unsound first, to see whom to look up at the authority; then again with those not found sound there.
    """
    from maskres.formats.symbols import read_typed

    sheet = read_sheet(sheet_path.read_bytes(), file=sheet_path.name)
    sample, seals = _read_bundle(bundle_path, sheet)
    found = sheet.judge(sample, seals, {read_typed(number, field="--unsound") for number in unsound})
    for entry in sheet.winners:
        follows = "recomputed" if sheet.is_recomputed(entry, seals[entry.number]) else "DOES NOT FOLLOW"
        lines = ", ".join(f"{kind} v{version} line {line}" for kind, version, line in entry.evidence)
        who = f"{entry.canonical} {entry.name}" if entry.canonical else "NOBODY stands behind this number"
        click.echo(
            f"{entry.number}  {follows}  {'sound' if found[entry.number] else 'NOT SOUND'}  {who}  {lines}"
        )
    _write_new(out, write_findings(sheet.round, sheet.draw, found))
    bad = sum(not is_sound for is_sound in found.values())
    click.echo(f"{len(found)} of the sample, {bad} not sound: {out.name}")


def _read_bundle(path: Path, sheet: AuditSheet) -> tuple[list[str], dict[str, str]]:
    """Give the sample that the bundle's seed chooses, and the seals of its pool; the bundle must hold."""
    from maskres.ledger.entries import read_ledger
    from maskres.ledger.verify.bundle import verify_bundle
    from maskres.ledger.verify.findings import Findings
    from maskres.ledger.verify.history import Given
    from maskres.ledger.verify.opening import open_bundle
    from maskres.lottery.audit import audit_sample
    from maskres.lottery.results import read_result
    from maskres.lottery.seed import seed_of
    from maskres.rounds.rules_file import read_rules

    findings = verify_bundle(path, Given(round=sheet.round))
    if findings.found or findings.unchecked:
        first = findings.found[0] if findings.found else findings.unchecked[0]
        raise CheckFailed("bundle-differs", f"The bundle does not hold: {first}", file=path.name)
    with tempfile.TemporaryDirectory(prefix="maskres-audit-") as scratch:
        bundle = open_bundle(path, Path(scratch), Findings())
        entries = read_ledger(bundle.read("ledger.jsonl").splitlines(keepends=True))
        opened = [one for one in entries if (one.kind, one.round) == (Kind.ROUND_OPENED, sheet.round)]
        sheet.require_pledged(opened[0].body)
        if not any(
            (one.kind, one.round, one.draw) == (Kind.DRAWN, sheet.round, sheet.draw) for one in entries
        ):
            raise CheckFailed("no-result", "The bundle holds no result of this draw.", file=path.name)
        size = read_rules(bundle.read("rules.json"), is_published=True).audit_size
        result = read_result(bundle.path("result.csv"))
        sample = audit_sample(result, seed_of(bundle.read("seed.txt")), size)
        wanted = {number.encode() for number in sample}
        with bundle.path("pool.csv").open("rb") as stream:
            lines = (line.rstrip(b"\n").split(b",") for line in stream)
            seals = {line[0].decode(): line[3].decode() for line in lines if line[0] in wanted}
    return sample, seals


def _write_new(path: Path, data: bytes) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(data)
    except FileExistsError:
        raise InputError("file-exists", "There is such a file already.", file=path.name) from None
    except OSError as error:
        raise InputError(
            "cannot-write", f"The file cannot be written: {error.strerror}.", file=path.name
        ) from error


AUDIT = [audit_sheet, audit]
