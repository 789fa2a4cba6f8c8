"""`round`: a round and its draws, step by step, as the operator and the notary take them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from maskres.cli.audit_commands import AUDIT
from maskres.cli.ceremony_commands import CEREMONY
from maskres.cli.deployment import (
    INPUT_FILE,
    OUTPUT_FOLDER,
    as_option,
    draw_option,
    open_service,
    read_actor,
    round_argument,
)
from maskres.cli.draw_commands import read_quotas
from maskres.errors import InputError
from maskres.formats.symbols import read_typed
from maskres.formats.values import parse_time
from maskres.rounds.plain_words import LANGUAGES, describe
from maskres.rounds.rules_file import read_rules
from maskres.rounds.times import RegistrationTimes
from maskres.usecases.draw import drawing
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.eligibility import deciding, disputes
from maskres.usecases.keeping.erasing import erase_round
from maskres.usecases.pickup import afterwards, batches
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.rounds.registration_times import registration_times, set_registration_times
from maskres.usecases.showing.round_lines import show_round


@click.group("round")
def round_group() -> None:
    """Rounds and their draws, step by step."""


@round_group.command()
@click.option("--rules", "rules_path", required=True, type=INPUT_FILE, help="rules.json of the round.")
@click.option("--stores", "stores_path", required=True, type=INPUT_FILE, help="The partner stores, CSV.")
@click.option("--notary", required=True, metavar="KEY", help="The notary's verifier key.")
@click.option("--witness", required=True, metavar="KEY", help="The witness's verifier key.")
@click.option("--opens-at", metavar="TIME", help="When registration opens; default: with the round.")
@click.option("--closes-at", required=True, metavar="TIME", help="When registration closes, as announced.")
@as_option
def create(
    rules_path: Path,
    stores_path: Path,
    notary: str,
    witness: str,
    opens_at: str | None,
    closes_at: str,
    actor_name: str,
) -> None:
    """Make a draft of a round from its rules and stores."""
    times = _read_times(opens_at, closes_at)
    rules = rules_path.read_bytes()
    read_rules(rules, file=rules_path.name)  # so that what is refused names the file as it is called here
    stores = round_steps.read_stores_file(stores_path, rules)
    with open_service() as service:
        made = round_steps.create_round(
            service,
            read_actor(actor_name),
            rules,
            stores,
            notary_key=notary,
            witness_key=witness,
            times=times,
        )
    click.echo(f"Round {made.slug} is a draft with {len(stores)} stores.")
    for sentence in describe(made.rules, "en"):
        click.echo(f"- {sentence}")


@round_group.command("open")
@round_argument
@as_option
def open_(round_slug: str, actor_name: str) -> None:
    """Open a round: its rules are published and frozen, registration begins."""
    with open_service() as service:
        opened = round_steps.open_round(service, read_actor(actor_name), round_slug)
    click.echo(f"Round {round_slug} is open. rules.json is {opened.rules_sha256}")


@round_group.command()
@round_argument
@draw_option
@click.option(
    "--opens-at", metavar="TIME", help="When registration opens; the announced one where not given."
)
@click.option("--closes-at", required=True, metavar="TIME", help="When registration closes.")
@as_option
def times(round_slug: str, draw_number: int, opens_at: str | None, closes_at: str, actor_name: str) -> None:
    """Announce when people may register for a draw."""
    wanted = _read_times(opens_at, closes_at)
    with open_service() as service:
        if wanted.opens_at is None:
            present = registration_times(service, round_slug, draw_number)
            wanted = RegistrationTimes(present.opens_at, wanted.closes_at)
        set_registration_times(service, read_actor(actor_name), round_slug, draw_number, wanted)
    click.echo(f"Draw {draw_number} takes registrations until {closes_at}.")


@round_group.command()
@round_argument
@draw_option
@as_option
def close(round_slug: str, draw_number: int, actor_name: str) -> None:
    """Close a draw over the registrations standing now."""
    with open_service() as service:
        count = deciding.close_draw(service, read_actor(actor_name), round_slug, draw_number)
    click.echo(f"Draw {draw_number} is closed over {count} registrations.")


@round_group.command()
@round_argument
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
@round_argument
@click.argument("number")
@draw_option
@click.option(
    "--proved", multiple=True, metavar="KIND", help="Register whose evidence was seen; none rejects."
)
@click.option("--keep", is_flag=True, help="Uphold after the commitment: the number stays in the pool.")
@click.option("--reason", required=True, help="Why, for the audit log.")
@as_option
def resolve(
    round_slug: str,
    number: str,
    draw_number: int,
    proved: tuple[str, ...],
    keep: bool,
    reason: str,
    actor_name: str,
) -> None:
    """Answer an open dispute."""
    if keep and proved:
        raise InputError(
            "bad-register",
            "After the commitment no register is corrected: leave --proved out.",
            field="--proved",
        )
    actor = read_actor(actor_name)
    whom = read_typed(number)
    with open_service() as service:
        if keep:
            disputes.uphold_after_commitment(service, actor, round_slug, draw_number, whom, reason)
        else:
            disputes.resolve_dispute(
                service, actor, round_slug, draw_number, whom, proved=proved, reason=reason
            )
    if keep:
        click.echo("Upheld: the number stays in the pool.")
    else:
        click.echo("Upheld: decide again, so that it counts." if proved else "Rejected.")


@round_group.command()
@round_argument
@draw_option
@as_option
def collect(round_slug: str, draw_number: int, actor_name: str) -> None:
    """Open the counters: from now on tills hand out."""
    with open_service() as service:
        drawing.open_collection(service, read_actor(actor_name), round_slug, draw_number)
    click.echo("The counters are open.")


@round_group.command()
@round_argument
@draw_option
@click.option(
    "--room", type=INPUT_FILE, help="Places offered, like slots.csv; default: all free in later slots."
)
@click.option(
    "--released", type=click.IntRange(0), default=0, metavar="K", help="Places of newly arrived stock."
)
@as_option
def batch(round_slug: str, draw_number: int, room: Path | None, released: int, actor_name: str) -> None:
    """Forfeit what was missed, and give free places to those displaced, unplaced and waiting."""
    actor = read_actor(actor_name)
    with open_service() as service:
        forfeited = afterwards.forfeit_missed(service, actor, round_slug, draw_number)
        counts = batches.publish_batch(service, actor, round_slug, draw_number, room=room, released=released)
    click.echo(f"{forfeited} places were forfeited.")
    click.echo(f"Batch {counts['batch']}: {counts['placed']} placed, {counts['unplaced']} not placed.")


@round_group.command("close-store")
@round_argument
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
@round_argument
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
@round_argument
@as_option
def erase(round_slug: str, actor_name: str) -> None:
    """Erase a finished round's personal data and destroy its keys, once its date has come."""
    with open_service() as service:
        count = erase_round(service, read_actor(actor_name), round_slug)
    click.echo(f"Round {round_slug} is erased: {count} registrations and the round's keys are gone.")


@round_group.command()
@round_argument
@draw_option
@click.option("--out", required=True, type=OUTPUT_FOLDER, help="Folder to write.")
def bundle(round_slug: str, draw_number: int, out: Path) -> None:
    """Write the bundle of a draw: everything published, for anyone to recompute."""
    with open_service() as service:
        made = export_bundle(service, round_slug, draw_number, out)
    click.echo(f"{made.sha256}  {out.name}/SHA256SUMS ({len(made.sums)} files)")


@round_group.command()
@round_argument
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


def _read_times(opens_at: str | None, closes_at: str) -> RegistrationTimes:
    return RegistrationTimes(
        None if opens_at is None else parse_time(opens_at, field="--opens-at"),
        parse_time(closes_at, field="--closes-at"),
    )


def _read_versions(texts: Sequence[str]) -> dict[str, int]:
    try:
        return read_quotas(texts)
    except InputError as error:
        raise InputError("bad-register", "Versions are written KIND=NUMBER.", field="--register") from error


for _command in (*CEREMONY, *AUDIT):
    round_group.add_command(_command)

COMMANDS = [round_group]
