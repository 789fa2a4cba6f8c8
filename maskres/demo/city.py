"""Filling an empty deployment with a living city: one round being collected, one open for registration."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from maskres.config import bundles_folder
from maskres.db import deciding, files, record, rounds
from maskres.db.engine import Database
from maskres.db.pickup import PlannedPickup
from maskres.db.revisions import has_present_tables, has_tables
from maskres.demo.accounts import DEMO, make_accounts, make_tills
from maskres.demo.collection import Collection
from maskres.demo.facts import DemoEntry, DemoFacts, DemoWinner, read_facts, write_facts
from maskres.demo.files import ORIGIN, RESET, alone, demo_folder
from maskres.demo.plan import Plan, make_plan, read_plan, write_plan
from maskres.demo.scenes import DRAW, OPEN_DAYS, DemoScenes, PastClock, cosigner_keys, cosigner_paths
from maskres.errors import ConfigurationError, InputError
from maskres.formats.values import format_time
from maskres.keys import FileKeys
from maskres.pickup.places import PlaceStatus
from maskres.rehearsal.city.timetable import XIAMEN
from maskres.rehearsal.stages import Reporter, Stages
from maskres.usecases.draw.bundles import write_public_files
from maskres.usecases.pickup.afterwards import code_of
from maskres.usecases.record import name_ledger
from maskres.usecases.registration.proofs import secret_of
from maskres.usecases.service import Service

RESIDENTS, STORES = 20_000, 102
#: Steps that a reporter is told of when a whole city is made.
STEPS = 26
_SHOWN_TODAY, _SHOWN = 8, 3


def ensure_demo_city(
    service: Service,
    instance: Path,
    *,
    progress: Reporter,
    residents: int | None = None,
    stores: int | None = None,
) -> DemoFacts:
    """Fill an empty deployment with the demo city; where it is complete, do nothing but look.

    A run that was killed is taken up where it stopped. On a later day, whoever would have come to the stores since
    then has come.

    Args:
        service: the service, on the real clock; its tables and keys are made where they are missing.
        instance: the deployment's folder; what the demo remembers is in its folder demo/.
        progress: told how far it is.
        residents: of the city, 200 or more; 20,000 where it is not given.
        stores: of the city; 102 where it is not given.

    Raises:
        ConfigurationError: "not-a-demo" for a database that holds anything else; "demo-damaged".
        InputError: "other-city" for another size than the demo was begun with.
    """
    folder = demo_folder(instance)
    is_begun(service.database)  # refused before anything is written
    with alone(folder):
        # Asked again: another start may have made the demo while this one waited.
        was_begun = is_begun(service.database)
        if not was_begun:
            _forget(instance)
        plan = _plan(folder, service, residents, stores, was_begun=was_begun)
        facts = read_facts(instance)
        if not has_present_tables(service.database):
            from maskres.db.upgrade import upgrade  # loading Alembic is a good part of a second start

            upgrade(service.database)
        if facts is None:
            facts = _build(service, instance, plan, progress)
        else:
            facts = _go_on(service, instance, plan, facts, progress)
        write_facts(instance, facts)
    return facts


def is_begun(database: Database) -> bool:
    """Tell whether a database holds the demo already.

    Raises:
        ConfigurationError: "not-a-demo" where it holds anything else.
    """
    if not has_tables(database):
        return False
    with database.reading() as c:
        try:
            origin = record.origin(c)
        except ConfigurationError:
            return False
    if origin != ORIGIN:
        raise ConfigurationError(
            "not-a-demo", f"This database holds the ledger {origin}; the demo wants a database of its own."
        )
    return True


def _forget(instance: Path) -> None:
    """Leave nothing of a demo whose database is gone; the keys in files may stay."""
    for name in ("plan.json", "facts.json", "accounts.json"):
        (demo_folder(instance) / name).unlink(missing_ok=True)
    shutil.rmtree(bundles_folder(instance), ignore_errors=True)


def _plan(
    folder: Path, service: Service, residents: int | None, stores: int | None, *, was_begun: bool
) -> Plan:
    plan = read_plan(folder)
    if plan is None:
        if was_begun:
            raise ConfigurationError("demo-damaged", f"{folder / 'plan.json'} is missing. {RESET}")
        plan = make_plan(residents or RESIDENTS, stores or STORES, service.now())
        plan.city()  # refuses a city that cannot be
        write_plan(folder, plan)
    if (residents or plan.residents, stores or plan.stores) != (plan.residents, plan.stores):
        raise InputError(
            "other-city",
            f"The demo is of {plan.residents:,} residents and {plan.stores} stores. {RESET}",
            field="residents",
        )
    return plan


@dataclass(frozen=True)
class _Rounds:
    """The demo's two rounds, on a clock that is never later than now."""

    collecting: DemoScenes
    open: DemoScenes
    today: date

    @classmethod
    def of(cls, service: Service, folder: Path, plan: Plan, progress: Reporter) -> _Rounds:
        """Set both up."""
        city = plan.city()
        clock = PastClock(city.base_time, service.now)
        past = replace(service, now=clock)
        cosigners = cosigner_keys(folder, service)
        stages = Stages(progress)
        collecting, open_ = (
            DemoScenes(city, past, clock, stages, folder / "city", index, cosigners) for index in (1, 2)
        )
        return cls(collecting, open_, service.now().astimezone(XIAMEN).date())

    @property
    def collection(self) -> Collection:
        """The days at the stores."""
        return Collection(self.collecting, self.today)


def _build(service: Service, instance: Path, plan: Plan, progress: Reporter) -> DemoFacts:
    folder = demo_folder(instance)
    _make_keys(service, instance)
    rounds_ = _Rounds.of(service, folder, plan, progress)
    rounds_.collecting.at(-24)
    name_ledger(rounds_.collecting.service, DEMO, ORIGIN)
    rounds_.collecting.play_to_collection()
    rounds_.open.take_registrations()
    days = rounds_.collection.days()
    store = rounds_.collection.showcase()
    rounds_.collection.play(days[0], store)
    with rounds_.open.stages.run("accounts") as stage:
        accounts = make_accounts(service, folder, store)
        make_tills(service, store)
        stage.rows = len(accounts)
    write_public_files(service, rounds_.collecting.slug, DRAW, bundles_folder(instance))
    losers, excluded = _not_winners(service, rounds_.collecting)
    keys = {role: str(path) for role, path in cosigner_paths(folder).items()}
    return DemoFacts(
        origin=ORIGIN,
        residents=plan.residents,
        collecting=rounds_.collecting.slug,
        open=rounds_.open.slug,
        closes_on=(rounds_.open.opens_at.date() + timedelta(days=OPEN_DAYS)).isoformat(),
        collected_until=days[-1].isoformat(),
        played_until=rounds_.today.isoformat(),
        store=store,
        accounts=accounts,
        winners=_winners(service, rounds_, store),
        losers=losers,
        excluded=excluded,
        bystanders=tuple(rounds_.open.city.bystanders()),
        notary_key=keys["notary"],
        witness_key=keys["witness"],
    )


def _go_on(service: Service, instance: Path, plan: Plan, facts: DemoFacts, progress: Reporter) -> DemoFacts:
    """Play the days since the demo was started last, and look at the winners anew."""
    rounds_ = _Rounds.of(service, demo_folder(instance), plan, progress)
    since = date.fromisoformat(facts.played_until)
    if since < rounds_.today:
        rounds_.collection.play(since, facts.store)
        write_public_files(service, facts.collecting, DRAW, bundles_folder(instance))
    return replace(
        facts,
        played_until=max(since, rounds_.today).isoformat(),
        winners=_winners(service, rounds_, facts.store),
    )


def _make_keys(service: Service, instance: Path) -> None:
    try:
        service.keys.deployment  # noqa: B018 - asks whether there are any
    except ConfigurationError as error:
        if error.code != "missing-keys":
            raise
        FileKeys(instance / "keys", service.random_bytes).init()


def _winners(service: Service, rounds_: _Rounds, store: str) -> tuple[DemoWinner, ...]:
    """Give the winners of today at the counter's store, those still to come first, and a few others to compare."""
    slug, collection = rounds_.collecting.slug, rounds_.collection
    today = collection.planned(rounds_.today)
    here = sorted(
        (place for place in today if place.store == store),
        key=lambda place: (place.status is not PlaceStatus.ASSIGNED, place.starts_at, place.number),
    )
    elsewhere = [place for place in today if place.store != store][:1]
    other_days = [
        next((place for place in collection.planned(day) if place.store == store), None)
        for day in (rounds_.today + timedelta(days=1), rounds_.today - timedelta(days=1))
    ]
    missed = [
        place
        for place in collection.planned(rounds_.today - timedelta(days=1))
        if place.status is PlaceStatus.FORFEITED
    ][:1]
    shown = [*here[:_SHOWN_TODAY], *elsewhere, *(each for each in other_days if each is not None), *missed]
    return tuple(_winner(service, slug, place) for place in dict.fromkeys(shown))


def _winner(service: Service, slug: str, place: PlannedPickup) -> DemoWinner:
    return DemoWinner(
        number=place.number,
        secret=secret_of(service, slug, place.number),
        code=code_of(service, slug, DRAW, place.number, place.code_version),
        store=place.store,
        slot=place.slot,
        starts_at=format_time(place.starts_at),
        status=str(place.status),
    )


def _not_winners(service: Service, scenes: DemoScenes) -> tuple[tuple[DemoEntry, ...], tuple[DemoEntry, ...]]:
    """Give the first losers, and somebody excluded for each reason."""
    with service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, scenes.slug), DRAW)
        lines = files.fetch_bytes(c, draw.id, "result.csv").decode("ascii").splitlines()
        reasons = {row[1]: row[0] for row in c.execute(deciding.select_excluded(draw.id))}
    lost = [line.split(",")[1] for line in lines if line.endswith(",waiting")][:_SHOWN]
    return _entries(service, scenes.slug, ((number, "") for number in lost)), _entries(
        service, scenes.slug, ((number, reason) for reason, number in sorted(reasons.items()))
    )


def _entries(service: Service, slug: str, found: Iterable[tuple[str, str]]) -> tuple[DemoEntry, ...]:
    return tuple(DemoEntry(number, secret_of(service, slug, number), reason) for number, reason in found)
