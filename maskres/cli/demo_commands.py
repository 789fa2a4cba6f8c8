"""`demo`: a living synthetic city in an empty deployment, to try everything with.

Each command imports what it needs when it runs: `serve` starts the server, which loads for as long as all the rest of
a second start takes, before this process loads what makes a city.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maskres.config import read_settings
from maskres.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress

    from maskres.demo.facts import DemoFacts
    from maskres.rehearsal.stages import Stage
    from maskres.usecases.service import Service

_MESSAGES_SHOWN = 10


class BarReporter:
    """Shows how far the demo is as one bar, and nothing once it is done.

    Args:
        bars: where it is shown.
        steps: of the whole.
    """

    def __init__(self, bars: Progress, steps: int) -> None:
        self._bars = bars
        self._task = bars.add_task("", total=steps)

    def begin(self, stage: str) -> None:
        """Say what is being done."""
        self._bars.update(self._task, description=stage)

    def progress(self, done: int, total: int) -> None:
        """Say nothing: one step of the bar is short."""

    def end(self, stage: Stage) -> None:
        """Go one step on."""
        self._bars.advance(self._task)


@click.group("demo")
def demo() -> None:
    """A living synthetic city, to try everything with."""


@demo.command("prepare")
@click.option(
    "--residents", type=click.IntRange(200, 1_000_000), help="Residents of the city.  [default: 20000]"
)
@click.option("--stores", type=click.IntRange(6, 500), help="Partner stores.  [default: 102]")
def prepare(residents: int | None, stores: int | None) -> None:
    """Fill an empty deployment with the demo city; a repeat keeps what was done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from maskres.demo.city import STEPS, ensure_demo_city

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with (
        _open_service() as service,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars,
    ):
        ensure_demo_city(
            service, _instance(), progress=BarReporter(bars, STEPS), residents=residents, stores=stores
        )


@demo.command("serve")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=8000, show_default=True, help="Port to listen on."
)
@click.option(
    "--residents", type=click.IntRange(200, 1_000_000), help="Residents of the city.  [default: 20000]"
)
@click.option("--stores", type=click.IntRange(6, 500), help="Partner stores.  [default: 102]")
@click.pass_context
def serve(context: click.Context, port: int, residents: int | None, stores: int | None) -> None:
    """Prepare the demo city and serve it, with queue, worker and sweeper, until Ctrl-C."""
    from maskres.demo.serving import serving, watch

    instance = _instance()

    def make_city() -> None:
        context.invoke(prepare, residents=residents, stores=stores)

    with serving(instance, port, os.environ, make_city) as address:
        from maskres.demo.telling import addresses, tell

        for line in (*addresses(address, instance), "", *tell(_facts())):
            click.echo(line)
        click.echo("\nCtrl-C stops it; the next start keeps what was done.")
        watch()


@demo.command("facts")
def facts() -> None:
    """Say who can log in, who has won, and who can still register."""
    from maskres.demo.telling import tell

    for line in tell(_facts()):
        click.echo(line)


@demo.command("messages")
def messages() -> None:
    """Show the newest messages that went to phones."""
    from maskres.jobs.gateways import sms_file

    path = sms_file(_instance())
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    if not lines:
        click.echo("Nothing has been sent yet.", err=True)
    for line in lines[-_MESSAGES_SHOWN:]:
        sent = json.loads(line)
        click.echo(f"{sent['at']}  {sent['to']}  {sent['text']}")


@demo.command("code")
@click.argument("name")
def code(name: str) -> None:
    """Show the present code of an account's second factor, as its holder's phone would."""
    from maskres.clock import utc_now
    from maskres.demo.accounts import code_of

    account = _facts().account(name)
    if account is None:
        raise InputError("unknown-account", f"The demo has no account {name!r:.60}.", field="name")
    click.echo(code_of(account, utc_now()))


@demo.command("reset")
def reset() -> None:
    """Remove the demo city from its instance folder, so that the next start makes a new one."""
    from maskres.demo.reset import reset_demo

    reset_demo(read_settings(os.environ))
    click.echo("The demo is gone; the next start makes a new one.")


def _instance() -> Path:
    return read_settings(os.environ).instance


def _facts() -> DemoFacts:
    from maskres.demo.facts import read_facts

    found = read_facts(_instance())
    if found is None:
        raise InputError("no-demo", "There is no demo yet. Make one with: python -m maskres demo prepare")
    return found


@contextmanager
def _open_service() -> Iterator[Service]:
    """Open the service without asking for tables or keys: the demo makes them."""
    from maskres.cli.deployment import open_database, settings
    from maskres.usecases.opening import make_service

    database = open_database()
    try:
        yield make_service(database, settings())
    finally:
        database.close()


COMMANDS = [demo]
