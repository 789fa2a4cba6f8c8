"""The plot of a rehearsal: a synthetic city plays whole rounds through the service's own use cases.

From the seed text alone: the same text gives the same bundles, on either database, and also where a run was killed
and taken up again on the database it left.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from maskres.db import record
from maskres.db.engine import Database
from maskres.db.upgrade import upgrade
from maskres.errors import InputError
from maskres.keys import RandomBytes
from maskres.ledger.body_shapes import Kind
from maskres.ledger.bundle import Bundle
from maskres.ledger.entries import read_line
from maskres.rehearsal.city import City
from maskres.rehearsal.counters import Counters, count_places
from maskres.rehearsal.parts import SeededKeys, StageClock, ledger_origin
from maskres.rehearsal.scenes import OPERATOR, Scenes
from maskres.rehearsal.stages import Reporter, Stages
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.record import name_ledger
from maskres.usecases.service import Service


@dataclass(frozen=True, slots=True)
class RehearsedRound:
    """How a round of a rehearsal came out."""

    round: str
    bundle: Bundle
    places: dict[str, int]


def rehearse(
    *,
    residents: int,
    stores: int,
    seed: str,
    out: Path,
    database_url: str,
    round_count: int,
    random_bytes: RandomBytes,
    reporter: Reporter,
) -> list[RehearsedRound]:
    """Play rounds and leave their bundles and timings.

    Args:
        residents: of the city, 1 to 10,000,000.
        stores: of the city, 1 to 5,000.
        seed: any text.
        out: folder for the city's files, bundle (bundle-2 for the second round) and timings.json.
        database_url: a database of its own; one that a killed run of the same rehearsal left is taken up again.
        round_count: 1 or 2.
        random_bytes: for what no published byte depends on, such as nonces.
        reporter: told how far it is.

    Raises:
        InputError: "bad-city".
        ConfigurationError: "other-origin" for a database that holds something else.
    """
    city = City(seed, residents, stores)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot-write", f"The folder cannot be made: {error.strerror}.", field="--out"
        ) from error
    database = Database(database_url)
    clock = StageClock(city.base_time)
    stages = Stages(reporter)
    service = Service(database, SeededKeys(seed), clock, random_bytes)
    try:
        with stages.run("make the tables"):
            upgrade(database)
            name_ledger(service, OPERATOR, ledger_origin(seed, residents, stores))
        played = [_play(city, service, clock, stages, out, index) for index in range(1, round_count + 1)]
    finally:
        database.close()
    summary = {
        "residents": residents,
        "stores": stores,
        "seed": seed,
        "rounds": round_count,
        "database": database_url.partition(":")[0].partition("+")[0],
    }
    (out / "timings.json").write_text(
        json.dumps(summary | stages.as_json(), indent=1, ensure_ascii=False) + "\n"
    )
    return played


def _play(
    city: City, service: Service, clock: StageClock, stages: Stages, out: Path, index: int
) -> RehearsedRound:
    scenes = Scenes(city, service, clock, stages, out / "city", index)
    counters = Counters(scenes)
    scenes.open()
    scenes.import_registers()
    scenes.register()
    scenes.close()
    scenes.decide()
    scenes.commit()
    scenes.seed()
    scenes.draw()
    counters.play()
    counters.finish_round()
    folder = out / ("bundle" if index == 1 else f"bundle-{index}")
    with stages.run(f"{scenes.slug}: bundle") as stage:
        bundle = export_bundle(
            service, scenes.slug, 1, folder, ledger_size=_size_at_end(service, scenes.slug)
        )
        stage.rows = len(bundle.sums)
    return RehearsedRound(scenes.slug, bundle, count_places(scenes))


def _size_at_end(service: Service, round_slug: str) -> int:
    """Give the ledger's size when a round finished: what its bundle holds, however much came after."""
    with service.database.reading() as c:
        entries = [read_line(line, seq) for seq, line in enumerate(record.ledger_lines(c))]
    return next(e.seq + 1 for e in entries if (e.kind, e.round) == (Kind.ROUND_FINISHED, round_slug))
