"""`rehearse`: a synthetic city plays whole rounds, from one seed text."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from maskres.cli.deployment import OUTPUT_FOLDER
from maskres.config import read_database_url
from maskres.rehearsal.plot import RehearsedRound, rehearse
from maskres.rehearsal.stages import Stage


class ScreenReporter:
    """Shows the stages on a terminal as a bar, and each that is done as a line."""

    def __init__(self, console: Console, bars: Progress) -> None:
        self._console = console
        self._bars = bars
        self._task = bars.add_task("", total=None)

    def begin(self, stage: str) -> None:
        """Say that a stage begins."""
        self._bars.reset(self._task, description=stage, total=None)

    def progress(self, done: int, total: int) -> None:
        """Say how far it is."""
        self._bars.update(self._task, completed=done, total=total)

    def end(self, stage: Stage) -> None:
        """Say how it went."""
        rows = f"{stage.rows:>9} rows" if stage.rows else " " * 14
        self._console.print(
            f"{stage.name:<42} {stage.seconds:>7.2f} s {rows} {stage.peak_mib:>5} MiB", highlight=False
        )


@click.command("rehearse")
@click.option("--residents", required=True, type=click.IntRange(1, 10_000_000), help="Residents of the city.")
@click.option("--stores", required=True, type=click.IntRange(1, 5_000), help="Partner stores.")
@click.option("--seed", required=True, metavar="TEXT", help="Everything follows from this text.")
@click.option("--out", required=True, type=OUTPUT_FOLDER, help="Folder for files, bundles and timings.")
@click.option(
    "--database", "database_url", metavar="URL", help="A database of its own; default: SQLite in the folder."
)
@click.option(
    "--rounds",
    "round_count",
    default=1,
    show_default=True,
    type=click.IntRange(1, 2),
    help="Rounds to play.",
)
def rehearse_command(
    residents: int, stores: int, seed: str, out: Path, database_url: str | None, round_count: int
) -> None:
    """Play whole rounds with a synthetic city, and leave bundles that others can reproduce.

    Taken up again on the database a killed run left, it ends with the same bytes.
    """
    url = f"sqlite:///{out / 'rehearsal.sqlite'}" if database_url is None else read_database_url(database_url)
    console = Console(width=100)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        played = rehearse(
            residents=residents,
            stores=stores,
            seed=seed,
            out=out,
            database_url=url,
            round_count=round_count,
            random_bytes=os.urandom,
            reporter=ScreenReporter(console, bars),
        )
    for each in played:
        _summarise(each)


def _summarise(played: RehearsedRound) -> None:
    places = ", ".join(f"{count} {status}" for status, count in sorted(played.places.items()))
    click.echo(f"{played.round}: places: {places}")
    click.echo(f"{played.bundle.sha256}  {played.bundle.folder.name}/SHA256SUMS")


COMMANDS = [rehearse_command]
