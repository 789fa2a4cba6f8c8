"""The parts of the small world: its service and clock, its round, people who register, slots, sources, cosignatures.

Tests take them from tests/support/world.py, which says what they make together.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from maskres.db import files, record, rounds
from maskres.db.engine import Database
from maskres.db.upgrade import upgrade
from maskres.formats import strict_json
from maskres.formats.values import format_time
from maskres.ledger.body_shapes import Kind
from maskres.ledger.checkpoints import cosign
from maskres.ledger.entries import read_line
from maskres.lottery.sources import Dice, Drand
from maskres.rehearsal.parts import (
    RehearsedBeacon,
    SeededKeys,
    StageClock,
    beacon_network,
    cosigner_keys,
    ledger_origin,
)
from maskres.rounds.status import DrawStatus
from maskres.rounds.times import NO_TIMES, RegistrationTimes
from maskres.usecases.draw import committing
from maskres.usecases.eligibility.registers import import_register
from maskres.usecases.record import add_cosignature, name_ledger
from maskres.usecases.registration import registering
from maskres.usecases.registration.proofs import NO_PROOF, Proof
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.service import RESIDENT, Actor, Service
from tests.support.people import (
    STORES,
    Person,
    make_application,
    make_rules,
    write_register,
)
from tests.support.snapshots import count_rows

SEED = "tests"
ROUND = "xiamen-2020-1"
OPENS_AT = datetime(2020, 2, 8, 1, tzinfo=UTC)
REGISTER_DATE = date(2020, 2, 6)
OPERATOR = Actor("operator/lin")
DEPUTY = Actor("operator/chen")
NOTARY = Actor("notary/wang")
COUNTER = Actor("counter/huli-1")

_DRAW_DAYS = 10
_SLOT_HOURS = (("am", 1), ("pm", 7))  # of the day in UTC
_MILESTONES = frozenset(Kind) - {
    Kind.BEACON,
    Kind.DRAW_DECIDED,
    Kind.DRAW_FINISHED,
    Kind.ROUND_FINISHED,
    Kind.ERASED,
}


#: Rows of every table as make_template leaves it.
UNTOUCHED: dict[str, int] = {}


def make_template(url: str) -> None:
    """Make the tables in an empty database and name its ledger; nobody is connected to it afterwards."""
    database = Database(url)
    upgrade(database)
    name_ledger(make_service(database), OPERATOR, ledger_origin(SEED, 1, 1))
    UNTOUCHED.update(count_rows(database))
    database.close()


def make_service(database: Database, work_folder: Path | None = None, seed: str = SEED) -> Service:
    """Give a service on a database, with keys and clock of its own."""
    return Service(database, SeededKeys(seed), StageClock(OPENS_AT), os.urandom, work_folder)


def set_clock(service: Service, at: datetime) -> datetime:
    """Put the service's clock to a moment."""
    cast(StageClock, service.now).at = at
    return at


def pass_time(service: Service, **duration: float) -> datetime:
    """Move the service's clock on: pass_time(service, hours=2)."""
    return set_clock(service, service.now() + timedelta(**duration))


def hours_of(draw: int, hours: float) -> datetime:
    """Give the moment so many hours after the begin of a draw."""
    return OPENS_AT + timedelta(days=_DRAW_DAYS * (draw - 1), seconds=round(hours * 3600))


def store_list() -> list[rounds.Store]:
    """Give the three stores of the small world."""
    return [
        rounds.Store(store, district, f"{store}药店", "中山路1号", "09:00", "18:00")
        for store, district in STORES
    ]


def create_round(
    service: Service, slug: str = ROUND, *, times: RegistrationTimes = NO_TIMES, **rules: Any
) -> rounds.Round:
    """Make a draft of a round, its rules as make_rules with some members changed."""
    notary, witness = (key.verifier.text for key in cosigner_keys(SEED))
    data = strict_json.dumps(make_rules(slug, **rules))
    return round_steps.create_round(
        service, OPERATOR, data, store_list(), notary_key=notary, witness_key=witness, times=times
    )


def open_round(
    service: Service, slug: str = ROUND, *, times: RegistrationTimes = NO_TIMES, **rules: Any
) -> rounds.Round:
    """Make and open a round."""
    create_round(service, slug, times=times, **rules)
    return round_steps.open_round(service, OPERATOR, slug)


def import_people(
    service: Service, kind: str, rows: Iterable[Any], *, as_of: date = REGISTER_DATE, actor: Actor = OPERATOR
) -> int:
    """Import a register of people in good standing, or of rows by field; gives the version's number."""
    with service.scratch() as folder:
        path = write_register(folder / f"{kind}.csv", kind, rows)
        return import_register(service, actor, kind, path, as_of).version.version


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody was answered who registered; number and secret are empty where they learn nothing."""

    outcome: registering.Outcome
    number: str
    secret: str


def register(service: Service, person: Person, slug: str = ROUND, **changes: str) -> Answer:
    """Register a person as they would themself; a repeat changes nothing, for no proof is given."""
    return register_again(service, person, NO_PROOF, slug, **changes)


def register_again(
    service: Service, person: Person, proof: Proof, slug: str = ROUND, **changes: str
) -> Answer:
    """Register a person who shows that a registration standing already is theirs."""
    application = make_application(person, **changes)
    answer = registering.register(service, RESIDENT, slug, application, proof)
    return Answer(answer.outcome, answer.number or "", answer.secret or "")


def status_of(service: Service, slug: str = ROUND, draw: int = 1) -> DrawStatus:
    """Give where a draw stands."""
    with service.database.reading() as c:
        return rounds.find_draw(c, rounds.find_round(c, slug), draw).status


def draw_id_of(service: Service, slug: str = ROUND, draw: int = 1) -> int:
    """Give a draw's id in the database."""
    with service.database.reading() as c:
        return rounds.find_draw(c, rounds.find_round(c, slug), draw).id


def published(service: Service, name: str, slug: str = ROUND, draw: int = 1) -> bytes:
    """Give the bytes of a published file."""
    with service.database.reading() as c:
        return files.fetch_bytes(c, rounds.find_draw(c, rounds.find_round(c, slug), draw).id, name)


def winners_of(service: Service, slug: str = ROUND, draw: int = 1) -> list[str]:
    """Give the numbers that won, in draw order."""
    lines = published(service, "result.csv", slug, draw).decode().splitlines()[1:]
    return [line.split(",")[1] for line in lines if line.endswith(",won")]


def cosign_all(service: Service, *also: Kind) -> None:
    """Let notary and witness cosign every milestone they have not yet, five and six minutes after it.

    Args:
        service: the service.
        *also: further kinds of entries that they cosign this time.
    """
    with service.database.reading() as c:
        entries = [read_line(line, seq) for seq, line in enumerate(record.ledger_lines(c))]
        notes = {each.size: each.note for each in record.list_checkpoints(c)}
        done = {size for size in notes if len(record.list_cosignatures(c, size)) == 2}
    for entry in entries:
        if entry.kind in _MILESTONES | set(also) and entry.seq + 1 not in done:
            for minutes, key in enumerate(cosigner_keys(SEED), start=5):
                line = cosign(notes[entry.seq + 1].encode(), key, entry.at + timedelta(minutes=minutes))
                add_cosignature(service, NOTARY, entry.seq + 1, line, key.verifier.text)


def slots_csv(draw: int = 1, capacity: int = 4, now: datetime = OPENS_AT) -> bytes:
    """Write slots for every store: "am" and "pm" of the draw's sixth day, or of a later one where that is over."""
    day = max(hours_of(draw, 5 * 24), now + timedelta(days=1))
    lines = ["district,store,slot,starts_at,ends_at,capacity"]
    for store, district in STORES:
        for slot, hour in _SLOT_HOURS:
            starts_at = day.replace(hour=hour, minute=0, second=0)
            ends_at = starts_at + timedelta(minutes=30)
            lines.append(
                f"{district},{store},{slot},{format_time(starts_at)},{format_time(ends_at)},{capacity}"
            )
    return "".join(f"{line}\n" for line in lines).encode()


def set_slots(service: Service, slug: str = ROUND, draw: int = 1, data: bytes | None = None) -> int:
    """Set a draw's slots, those of slots_csv unless others are given."""
    with service.scratch() as folder:
        (folder / "slots.csv").write_bytes(slots_csv(draw) if data is None else data)
        return committing.set_slots(service, OPERATOR, slug, draw, folder / "slots.csv")


def dice_source(draw: int = 1) -> Dice:
    """Give the declared dice: 39 rolls of ten sides, two hours after the commitment at the latest."""
    return Dice("notary-dice", 10, 39, hours_of(draw, 89))


def drand_source(draw: int = 1) -> Drand:
    """Give the declared beacon's round, three hours after the commitment."""
    return Drand("drand", beacon_network(SEED, hours_of(draw, 90)))


ROLLS = ("3141592653" * 4)[:39]


def beacon_json(source: Drand) -> bytes:
    """Give the beacon.json that answers a declared beacon."""
    signature = RehearsedBeacon(SEED).signature(source.network.round)
    randomness = RehearsedBeacon.randomness(signature)
    document = {"round": source.network.round, "signature": signature.hex(), "randomness": randomness}
    return strict_json.dumps(document)
