"""`round` from the commitment to the allocation: what is done before the notary, step by step."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from maskres.cli.deployment import (
    INPUT_FILE,
    as_option,
    draw_option,
    open_service,
    read_actor,
    round_argument,
)
from maskres.cli.draw_commands import read_quotas
from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.formats.values import format_time
from maskres.lottery.source_values import MISSING
from maskres.lottery.sources import DeclaredSource, read_sources
from maskres.rounds.roles import StaffRole
from maskres.usecases.draw import committing, drawing, seeding
from maskres.usecases.draw.cosigning import hand_in_cosignature, ledger_pages


@click.command()
@round_argument
@draw_option
@click.option(
    "--slots", "slots_path", required=True, type=INPUT_FILE, help="slots.csv: stores, times, places."
)
@click.option(
    "--quota", "quotas", multiple=True, metavar="STRATUM=K", help="Winners of a stratum; once each."
)
@click.option(
    "--sources",
    "sources_path",
    required=True,
    type=INPUT_FILE,
    help='JSON: {"sources": [dice and/or drand]}.',
)
@as_option
def commit(
    round_slug: str,
    draw_number: int,
    slots_path: Path,
    quotas: tuple[str, ...],
    sources_path: Path,
    actor_name: str,
) -> None:
    """Commit: fix pool, quotas, slots and sources before any source can be known."""
    actor = read_actor(actor_name)
    read = read_quotas(quotas)
    sources = read_sources_file(sources_path)
    with open_service() as service:
        committing.require_not_committed(service, round_slug, draw_number)
        committing.set_slots(service, actor, round_slug, draw_number, slots_path)
        digest = committing.commit_draw(service, actor, round_slug, draw_number, read, sources)
    click.echo(f"{digest}  commitment.json")


@click.command()
@round_argument
@draw_option
@click.option("--reason", required=True, help="One sentence for all to see.")
@as_option
def void(round_slug: str, draw_number: int, reason: str, actor_name: str) -> None:
    """Give a draw up before its dice."""
    with open_service() as service:
        committing.void_draw(service, read_actor(actor_name), round_slug, draw_number, reason)
    click.echo(f"Draw {draw_number} is void.")


@click.command("cosignature")
@round_argument
@click.option(
    "--role", required=True, type=click.Choice(["notary", "witness"]), help="Whose signature it is."
)
@click.option("--line", required=True, metavar="TEXT", help="The line that `notary cosign` printed.")
@click.option("--size", type=int, help="Of the checkpoint; that of the round's newest step to cosign.")
@as_option
def hand_in(round_slug: str, role: str, line: str, size: int | None, actor_name: str) -> None:
    """Hand in the signature line of notary or witness under a checkpoint."""
    with open_service() as service:
        pages = ledger_pages(service, round_slug=round_slug)
        page = next(
            (each for each in pages if each.size == size or (size is None and each.is_milestone)), None
        )
        if page is None:
            raise InputError("unknown-checkpoint", "This round has no such checkpoint.", field="--size")
        signed_at = hand_in_cosignature(service, read_actor(actor_name), StaffRole(role), page, line)
    click.echo(f"The {role} cosigned the checkpoint of {page.size} lines at {format_time(signed_at)}.")


@click.command()
@round_argument
@draw_option
@click.option("--rolls", required=True, help='The rolls in order, or "missing".')
@click.option("--again", help="The same once more; where not given, it is asked for.")
@as_option
def dice(round_slug: str, draw_number: int, rolls: str, again: str | None, actor_name: str) -> None:
    """Enter the notary's dice, once; then the outcome is fixed.

    They are typed twice and must agree: what is entered can never be changed.
    """
    _require_same_rolls(rolls, _ask_again() if again is None else again)
    with open_service() as service:
        value = seeding.enter_dice(service, read_actor(actor_name), round_slug, draw_number, rolls)
    click.echo(f"Entered: {value}")


def _ask_again() -> str:
    """Read the rolls once more: on a terminal they are asked for, else one line of standard input."""
    if sys.stdin.isatty():
        typed: str = click.prompt("The rolls once more", err=True)
        return typed
    return sys.stdin.readline()


def _require_same_rolls(rolls: str, again: str) -> None:
    first, second = (_one_by_one(text) for text in (rolls, again))
    if not second:
        raise InputError("rolls-differ", "Dice are typed twice; please give them once more.", field="--again")
    if first != second:
        pairs = enumerate(zip(first, second, strict=False), start=1)
        place = next((n for n, (a, b) in pairs if a != b), min(len(first), len(second)) + 1)
        message = f"The two do not agree; they first differ at roll {place}. Please compare with the dice."
        raise InputError("rolls-differ", message, field="--again")


def _one_by_one(rolls: str) -> list[str]:
    """Give what was typed roll by roll, so that spaces make no difference; the use case judges the rolls."""
    parts = rolls.split()
    if len(parts) == 1 and parts[0] != MISSING:
        return list(parts[0])
    return ["0" if part == "10" else part for part in parts]


@click.command()
@round_argument
@draw_option
@click.option(
    "--file", "path", required=True, type=INPUT_FILE, help="beacon.json: round, signature, randomness."
)
@as_option
def beacon(round_slug: str, draw_number: int, path: Path, actor_name: str) -> None:
    """Enter the beacon's round."""
    with open_service() as service:
        seed = seeding.enter_beacon(
            service, read_actor(actor_name), round_slug, draw_number, path.read_bytes()
        )
    click.echo("The signature holds under the network's public key, and the randomness is its SHA-256.")
    click.echo(f"seed {seed}")


@click.command()
@round_argument
@draw_option
@as_option
def successor(round_slug: str, draw_number: int, actor_name: str) -> None:
    """Say that the beacon's network has ended and its declared successor counts."""
    with open_service() as service:
        number = seeding.name_successor(service, read_actor(actor_name), round_slug, draw_number)
    click.echo(f"Round {number} of the successor counts once notary and witness have cosigned this in time.")


@click.command()
@round_argument
@draw_option
@as_option
def draw(round_slug: str, draw_number: int, actor_name: str) -> None:
    """Draw the winners from what was committed and the seed."""
    with open_service() as service:
        won = drawing.draw_winners(service, read_actor(actor_name), round_slug, draw_number)
    for stratum, count in won.items():
        click.echo(f"{stratum}: {count} won")


@click.command()
@round_argument
@draw_option
@as_option
def publish(round_slug: str, draw_number: int, actor_name: str) -> None:
    """Place the winners at stores and slots, and publish the allocation."""
    with open_service() as service:
        counts = drawing.publish_allocation(service, read_actor(actor_name), round_slug, draw_number)
    click.echo(f"{counts['placed']} winners have a place, {counts['unplaced']} have none yet.")


def read_sources_file(path: Path) -> Sequence[DeclaredSource]:
    """Read the declared sources of a draw from a file: {"sources": […]} as in commitment.json.

    Raises:
        InputError: "bad-json", "bad-source".
    """
    document = strict_json.loads(path.read_bytes(), file=path.name)
    if set(document) != {"sources"}:
        raise InputError("bad-source", 'The file must hold exactly the member "sources".', file=path.name)
    try:
        return read_sources(document["sources"])
    except InputError as error:
        error.file = path.name
        raise


CEREMONY = [commit, void, hand_in, dice, beacon, successor, draw, publish]
