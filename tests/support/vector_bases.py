"""Writes the bundles that the vectors start from: `python -m tests.support.vector_bases`.

They are kept as they are once written: run it only to make them anew, and `tests.support.vector_maker` after it.
"""

from __future__ import annotations

import json
import tempfile
from datetime import timedelta
from pathlib import Path

from maskres.cli.main import main as run_command
from maskres.db import record
from maskres.db.engine import Database
from maskres.ledger.checkpoints import cosign
from maskres.rehearsal.parts import cosigner_keys
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw import drawing, seeding
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.record import add_cosignature
from maskres.usecases.service import Service
from tests.support import world
from tests.support.draw_vectors import FOLDER, SUMS, write_sums

LEFT_OUT = {"README", "verify_draw.py"}
EXAMPLE = Path(__file__).parents[2] / "docs" / "spec" / "example"
REHEARSED_SEED = "vectors-8"


def main() -> None:
    """Write all bases."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        out = place / "rehearsed"
        words = ["rehearse", "--residents", "120", "--stores", "3", "--seed", REHEARSED_SEED, "--rounds", "2"]
        assert run_command([*words, "--out", str(out)]) == 0
        keep("whole", out / "bundle-2", "A finished draw with dice, beacon, a batch and an audit.")
        keep(
            "real-beacon",
            EXAMPLE,
            "The specification's worked example: its beacon is a real round of quicknet.",
        )
        for name, (what, play) in PLAYS.items():
            service = make_service(place / f"{name}.sqlite")
            draw = play(service)
            export_bundle(service, world.ROUND, draw, place / name)
            keep(name, place / name, what)


def make_service(path: Path) -> Service:
    url = f"sqlite:///{path}"
    world.make_template(url)
    return world.make_service(Database(url))


def keep(name: str, folder: Path, what: str) -> None:
    """Keep a bundle as a base, without what only a reader needs."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    files = {file: data for file, data in files.items() if file not in LEFT_OUT}
    files[SUMS] = write_sums(files)
    lines = {file: data.decode().split("\n")[:-1] for file, data in files.items()}
    text = json.dumps({"base": name, "what": what, "files": lines}, ensure_ascii=False, indent=1)
    (FOLDER / "bases" / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def play_closed(service: Service) -> int:
    world.play_to(service, DrawStatus.DECIDED)
    return 1


def play_dice_only(service: Service) -> int:
    world.play_to(service, DrawStatus.FINISHED, sources=[world.dice_source()])
    return 1


def play_beacon_only(service: Service) -> int:
    world.play_to(service, DrawStatus.DRAWN, sources=[world.drand_source()])
    return 1


def play_drawn(service: Service) -> int:
    world.play_to(service, DrawStatus.DRAWN)
    return 1


def play_missing_dice(service: Service) -> int:
    world.play_to(service, DrawStatus.COMMITTED)
    world.set_clock(service, world.dice_source().by + timedelta(minutes=5))
    seeding.enter_dice(service, world.NOTARY, world.ROUND, 1, "missing")
    world.cosign_all(service)
    world.play_to(service, DrawStatus.PUBLISHED)
    return 1


def play_voided(service: Service) -> int:
    world.play_to(service, DrawStatus.COMMITTED)
    world.play_to(service, DrawStatus.VOID)
    with service.database.reading() as c:
        last = record.list_checkpoints(c)[-1]
    for key in cosigner_keys(world.SEED):
        line = cosign(last.note.encode(), key, service.now() + timedelta(minutes=3))
        add_cosignature(service, world.NOTARY, last.size, line, key.verifier.text)
    return 1


def play_second_draw(service: Service) -> int:
    world.play_to(service, DrawStatus.PUBLISHED, draws=2)
    world.play_to(service, DrawStatus.PUBLISHED, draw=2)
    return 2


def play_scarce(service: Service) -> int:
    """Few places and many winners at one store: choices, districts, city and nobody's turn to come by."""
    world.play_to(service, DrawStatus.DRAWN, capacity=2)
    drawing.publish_allocation(service, world.OPERATOR, world.ROUND, 1)
    world.cosign_all(service)
    return 1


PLAYS = {
    "closed": ("A draw closed and decided, before its commitment.", play_closed),
    "dice-only": ("A finished draw whose seed comes from dice alone.", play_dice_only),
    "beacon-only": (
        "A draw whose seed comes from the beacon alone, before its allocation.",
        play_beacon_only,
    ),
    "drawn": ("A draw drawn from dice and beacon, before its allocation.", play_drawn),
    "missing-dice": ("A draw whose dice were not rolled in time.", play_missing_dice),
    "voided": ("A draw voided after its commitment and before its sources.", play_voided),
    "second-draw": ("The second draw of a round.", play_second_draw),
    "scarce": ("A draw with hardly more places than winners.", play_scarce),
}


if __name__ == "__main__":
    main()
