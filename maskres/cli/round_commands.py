"""`round`: a round and its draws, step by step, as the operator and the notary take them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from maskres.cli.deployment import (
    INPUT_FILE,
    OUTPUT_FOLDER,
    as_option,
    draw_option,
    open_service,
    read_actor,
)
from maskres.cli.draw_commands import read_quotas
from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.formats.values import parse_time
from maskres.lottery.sources import DeclaredSource, read_sources
from maskres.rounds.plain_words import LANGUAGES, describe
from maskres.rounds.rules_file import read_rules
from maskres.usecases import afterwards, batches, committing, deciding, drawing, seeding
from maskres.usecases import rounds as round_steps
from maskres.usecases.bundles import export_bundle
from maskres.usecases.erasing import erase_round
from maskres.usecases.showing import show_round

_round = click.argument("round_slug", metavar="ROUND")


@click.group("round")
def round_group() -> None:
    """Rounds and their draws, step by step."""


@round_group.command()
@click.option("--rules", "rules_path", required=True, type=INPUT_FILE, help="rules.json of the round.")
@click.option("--stores", "stores_path", required=True, type=INPUT_FILE, help="The partner stores, CSV.")
@click.option("--notary", required=True, metavar="KEY", help="The notary's verifier key.")
@click.option("--witness", required=True, metavar="KEY", help="The witness's verifier key.")
@as_option
def create(rules_path: Path, stores_path: Path, notary: str, witness: str, actor_name: str) -> None:
    """Make a draft of a round from its rules and stores."""
    rules = rules_path.read_bytes()
    read_rules(rules, file=rules_path.name)  # so that what is refused names the file as it is called here
    stores = round_steps.read_stores_file(stores_path, rules)
    with open_service() as service:
        made = round_steps.create_round(
            service, read_actor(actor_name), rules, stores, notary_key=notary, witness_key=witness
        )
    click.echo(f"Round {made.slug} is a draft with {len(stores)} stores.")
    for sentence in describe(made.rules, "en"):
        click.echo(f"- {sentence}")


@round_group.command("open")
@_round
@as_option
def open_(round_slug: str, actor_name: str) -> None:
    """Open a round: its rules are published and frozen, registration begins."""
    with open_service() as service:
        opened = round_steps.open_round(service, read_actor(actor_name), round_slug)
    click.echo(f"Round {round_slug} is open. rules.json is {opened.rules_sha256}")


@round_group.command()
@_round
@draw_option
@as_option
def close(round_slug: str, draw_number: int, actor_name: str) -> None:
    """Close a draw over the registrations standing now."""
    with open_service() as service:
        count = deciding.close_draw(service, read_actor(actor_name), round_slug, draw_number)
    click.echo(f"Draw {draw_number} is closed over {count} registrations.")


@round_group.command()
@_round
@draw_option
@click.option(
    "--register", "versions", multiple=True, metavar="KIND=VERSION", help="Default: the newest of each."
)
@as_option
def decide(round_slug: str, draw_number: int, versions: tuple[str, ...], actor_name: str) -> None:
    """Decide who is in the pool; may be repeated until the commitment."""
    with open_service() as service:
        decision = deciding.decide_draw(
            service, read_actor(actor_name), round_slug, draw_number, _read_versions(versions)
        )
    for stratum, count in decision.strata.items():
        click.echo(f"in the pool, {stratum}: {count}")
    for reason, count in decision.excluded.items():
        click.echo(f"not in the pool, {reason}: {count}")


@round_group.command()
@_round
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
        committing.set_slots(service, actor, round_slug, draw_number, slots_path)
        digest = committing.commit_draw(service, actor, round_slug, draw_number, read, sources)
    click.echo(f"{digest}  commitment.json")


@round_group.command()
@_round
@draw_option
@click.option("--reason", required=True, help="One sentence for all to see.")
@as_option
def void(round_slug: str, draw_number: int, reason: str, actor_name: str) -> None:
    """Give a draw up before its dice."""
    with open_service() as service:
        committing.void_draw(service, read_actor(actor_name), round_slug, draw_number, reason)
    click.echo(f"Draw {draw_number} is void.")


@round_group.command()
@_round
@draw_option
@click.option("--rolls", required=True, help='The rolls in order, or "missing".')
@as_option
def dice(round_slug: str, draw_number: int, rolls: str, actor_name: str) -> None:
    """Enter the notary's dice, once; then the outcome is fixed."""
    with open_service() as service:
        value = seeding.enter_dice(service, read_actor(actor_name), round_slug, draw_number, rolls)
    click.echo(f"Entered: {value}")


@round_group.command()
@_round
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
    click.echo("The randomness is the SHA-256 of the signature. The signature itself was not checked here.")
    click.echo(f"seed {seed}")


@round_group.command()
@_round
@draw_option
@as_option
def draw(round_slug: str, draw_number: int, actor_name: str) -> None:
    """Draw the winners from what was committed and the seed."""
    with open_service() as service:
        won = drawing.draw_winners(service, read_actor(actor_name), round_slug, draw_number)
    for stratum, count in won.items():
        click.echo(f"{stratum}: {count} won")


@round_group.command()
@_round
@draw_option
@as_option
def publish(round_slug: str, draw_number: int, actor_name: str) -> None:
    """Place the winners at stores and slots, and publish the allocation."""
    with open_service() as service:
        counts = drawing.publish_allocation(service, read_actor(actor_name), round_slug, draw_number)
    click.echo(f"{counts['placed']} winners have a place, {counts['unplaced']} have none yet.")


@round_group.command()
@_round
@draw_option
@as_option
def collect(round_slug: str, draw_number: int, actor_name: str) -> None:
    """Open the counters: from now on tills hand out."""
    with open_service() as service:
        drawing.open_collection(service, read_actor(actor_name), round_slug, draw_number)
    click.echo("The counters are open.")


@round_group.command()
@_round
@draw_option
@click.option(
    "--room", type=INPUT_FILE, help="Places offered, like slots.csv; default: all free in later slots."
)
@click.option("--released", multiple=True, metavar="STRATUM=K", help="Places of newly arrived stock.")
@as_option
def batch(
    round_slug: str, draw_number: int, room: Path | None, released: tuple[str, ...], actor_name: str
) -> None:
    """Forfeit what was missed, and give free places to those displaced, unplaced and waiting."""
    actor = read_actor(actor_name)
    shares = read_quotas(released)
    with open_service() as service:
        forfeited = afterwards.forfeit_missed(service, actor, round_slug, draw_number)
        counts = batches.publish_batch(service, actor, round_slug, draw_number, room=room, released=shares)
    click.echo(f"{forfeited} places were forfeited.")
    click.echo(f"Batch {counts['batch']}: {counts['placed']} placed, {counts['unplaced']} not placed.")


@round_group.command("close-store")
@_round
@click.argument("store")
@draw_option
@click.option("--since", required=True, metavar="TIME", help="From when, UTC, like 2020-02-10T01:00:00Z.")
@as_option
def close_store(round_slug: str, store: str, draw_number: int, since: str, actor_name: str) -> None:
    """Close a store; its winners are placed anew in the next batch."""
    at: datetime = parse_time(since, field="--since")
    with open_service() as service:
        count = afterwards.close_store(service, read_actor(actor_name), round_slug, draw_number, store, at)
    click.echo(f"{count} winners are to be placed anew.")


@round_group.command()
@_round
@draw_option
@click.option("--whole-round", is_flag=True, help="Finish the round too, once all its draws have ended.")
@as_option
def finish(round_slug: str, draw_number: int, whole_round: bool, actor_name: str) -> None:
    """End a draw: nothing more is handed out for it."""
    actor = read_actor(actor_name)
    with open_service() as service:
        round_steps.finish_draw(service, actor, round_slug, draw_number)
        if whole_round:
            round_steps.finish_round(service, actor, round_slug)
    click.echo(f"Round {round_slug} is finished." if whole_round else f"Draw {draw_number} is finished.")


@round_group.command()
@_round
@as_option
def erase(round_slug: str, actor_name: str) -> None:
    """Erase a finished round's personal data and destroy its keys, once its date has come."""
    with open_service() as service:
        count = erase_round(service, read_actor(actor_name), round_slug)
    click.echo(f"Round {round_slug} is erased: {count} registrations and the round's keys are gone.")


@round_group.command()
@_round
@draw_option
@click.option("--out", required=True, type=OUTPUT_FOLDER, help="Folder to write.")
def bundle(round_slug: str, draw_number: int, out: Path) -> None:
    """Write the bundle of a draw: everything published, for anyone to recompute."""
    with open_service() as service:
        made = export_bundle(service, round_slug, draw_number, out)
    click.echo(f"{made.sha256}  {out.name}/SHA256SUMS ({len(made.sums)} files)")


@round_group.command()
@_round
@click.option(
    "--language",
    type=click.Choice(list(LANGUAGES)),
    default="en",
    show_default=True,
    help="Language of the rules.",
)
def show(round_slug: str, language: Any) -> None:
    """Show where a round and its draws stand, and its rules in plain words."""
    with open_service() as service:
        for line in show_round(service, round_slug, language):
            click.echo(line)


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


def _read_versions(texts: Sequence[str]) -> dict[str, int]:
    try:
        return read_quotas(texts)
    except InputError as error:
        raise InputError("bad-register", "Versions are written KIND=NUMBER.", field="--register") from error


COMMANDS = [round_group]
