"""`register` and `registration`: files from offices in, and what stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from maskres.cli.deployment import INPUT_FILE, OUTPUT_FILE, as_option, open_service, read_actor
from maskres.cli.draw_commands import write_whole
from maskres.formats.symbols import grouped, read_typed
from maskres.usecases.eligibility.registers import import_register, list_registers
from maskres.usecases.imports import ImportRefused, Progress
from maskres.usecases.registration.bulk_registering import import_registrations
from maskres.usecases.registration.receipts import make_receipt
from maskres.usecases.registration.registering import read_contact

_ROWS_SHOWN = 20


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """Show a bar while a file is read, on a terminal; on anything else nothing."""
    from rich.console import Console
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    with Bars(console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def bad_rows_shown() -> Iterator[None]:
    """Show the first bad lines of a file that is refused, each with its reason."""
    try:
        yield
    except ImportRefused as refused:
        for bad in refused.bad_rows[:_ROWS_SHOWN]:
            field = f"{bad.field}: " if bad.field else ""
            click.echo(f"{refused.file}:{bad.line}: {field}{bad.message}", err=True)
        if len(refused.bad_rows) > _ROWS_SHOWN or refused.count > len(refused.bad_rows):
            click.echo("… and more.", err=True)
        raise


@click.group("register")
def register_group() -> None:
    """Registers: an authority's lists, in immutable versions."""


@register_group.command("import")
@click.argument("kind", type=click.Choice(["household", "insurance", "employment"]))
@click.argument("path", type=INPUT_FILE)
@click.option(
    "--as-of",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day on which it stood so.",
)
@as_option
def import_one(kind: str, path: Path, as_of: datetime, actor_name: str) -> None:
    """Import a register from CSV (UTF-8 or GB18030): all of it, or nothing."""
    with open_service() as service, bad_rows_shown(), progress_bar(path.name) as progress:
        imported = import_register(
            service, read_actor(actor_name), kind, path, as_of.date(), progress=progress
        )
    version = imported.version
    said = "imported" if imported.is_new else "stands already"
    click.echo(f"{kind}: version {version.version} {said}, {version.rows} rows")
    click.echo(f"{version.sha256}  {path.name}")


@register_group.command("list")
def list_all() -> None:
    """List the versions of all registers."""
    with open_service() as service:
        for version in list_registers(service):
            click.echo(
                f"{version.kind} {version.version}  as of {version.as_of}  {version.rows} rows  {version.sha256}"
            )


@click.group("registration")
def registration_group() -> None:
    """Registrations: from files of counters and community workers, or one by one."""


@registration_group.command("import")
@click.argument("round_slug", metavar="ROUND")
@click.argument("path", type=INPUT_FILE)
@as_option
def import_file(round_slug: str, path: Path, actor_name: str) -> None:
    """Register everyone of a CSV file (UTF-8 or GB18030): all of it, or nothing."""
    with open_service() as service, bad_rows_shown(), progress_bar(path.name) as progress:
        taken = import_registrations(service, read_actor(actor_name), round_slug, path, progress=progress)
    said = "" if taken.is_new else " (taken before; nothing was done now)"
    click.echo(f"{taken.rows} lines: {taken.created} registered, {taken.changed} changed{said}")


@registration_group.command("show")
@click.argument("round_slug", metavar="ROUND")
@click.argument("number")
@click.option("--receipt", type=OUTPUT_FILE, help="Write the signed receipt to this file.")
@click.option("--why", required=True, help="Why it is looked at, for the audit log.")
@as_option
def show(round_slug: str, number: str, receipt: Path | None, why: str, actor_name: str) -> None:
    """Show who stands behind a number; the look is logged."""
    bare = read_typed(number)
    with open_service() as service:
        contact = read_contact(service, read_actor(actor_name), round_slug, bare, why)
        if receipt is not None:
            with write_whole(receipt) as out:
                out.write(make_receipt(service, round_slug, bare))
    click.echo(f"{grouped(bare)}  {contact.name}  born {contact.birth_date}  {contact.phone or 'no phone'}")


COMMANDS = [register_group, registration_group]
