"""commitment.json: everything the outcome will follow from, fixed before the first source can be known.

Source: spec K1 to K6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.formats.values import format_time, parse_time
from maskres.ledger import members
from maskres.ledger.bodies import FileDigest, PinnedRegister
from maskres.ledger.body_shapes import check_file, check_registers
from maskres.ledger.entries import MOST_DRAWS
from maskres.ledger.keyring import check_origin
from maskres.ledger.pool_tree import MOST_SYMBOLS, symbols_for
from maskres.lottery.sources import DeclaredSource, known_at, read_sources

FILE = "commitment.json"
PROTOCOL = "maskres-draw-1"
#: The commitment is cosigned so long before the first source can be known. Source: spec E8.
LEAD = timedelta(minutes=10)
COMMITTED_FILES = ("registered.csv", "pool.csv", "excluded.csv", "disputed.csv", "slots.csv")


@dataclass(frozen=True, slots=True)
class Commitment:
    """What commitment.json says.

    Attributes:
        origin: the ledger's name.
        round: slug.
        draw: number of the draw in its round, 1 to 99.
        committed_at: aware UTC.
        zone: IANA name of the time zone, for people.
        rules_sha256: of rules.json.
        number_key_sha256: of the round's number key, as pledged when the round opened.
        registers: the versions of the authorities' lists the draw was decided with, no kind twice.
        quotas: stratum → winners at most; exactly the pool's strata.
        files: exactly COMMITTED_FILES → digest and entries.
        pool_symbols: symbols of the number that the pool tree is cut by, as symbols_for gives them.
        pool_root: root of the pool tree, 64 lower-case hex digits.
        sources: of randomness, in order.
        ledger_size: entries of the ledger when it was made, ≥ 1.
        ledger_root: root over them, 64 lower-case hex digits.
    """

    origin: str
    round: str
    draw: int
    committed_at: datetime
    zone: str
    rules_sha256: str
    number_key_sha256: str
    registers: tuple[PinnedRegister, ...]
    quotas: Mapping[str, int]
    files: Mapping[str, FileDigest]
    pool_symbols: int
    pool_root: str
    sources: tuple[DeclaredSource, ...]
    ledger_size: int
    ledger_root: str


def write_commitment(commitment: Commitment) -> bytes:
    """Write commitment.json, refusing what its own reader would refuse.

    Returns:
        One line, members sorted, LF at the end; its SHA-256 is what the ledger pledges.

    Raises:
        InputError: "bad-member", "bad-key-name" or "bad-source", the field naming the member.

    Source: spec K1.
    """
    data = strict_json.dumps(_value(commitment))
    read_commitment(data)
    return data


def read_commitment(data: bytes, *, file: str = FILE) -> Commitment:
    """Read commitment.json.

    Args:
        data: the file's bytes. Their digest is what counts: another writer's members may stand in another order.
        file: the name to give in errors.

    Raises:
        InputError: "bad-json", "bad-member", "bad-key-name" or "bad-source", the field naming the member as in
            `registers[0].sha256`.

    Source: spec K1.
    """
    value = strict_json.loads(data, file=file, is_published=True)
    try:
        _SHAPE(value, "")
        sources = read_sources(value["sources"])
        _require_sums(value)
        _require_future(sources, parse_time(value["committed_at"], field="committed_at"))
    except InputError as error:
        error.file = file
        raise
    return Commitment(
        origin=value["origin"],
        round=value["round"],
        draw=value["draw"],
        committed_at=parse_time(value["committed_at"], field="committed_at"),
        zone=value["zone"],
        rules_sha256=value["rules_sha256"],
        number_key_sha256=value["number_key_sha256"],
        registers=tuple(PinnedRegister(**register) for register in value["registers"]),
        quotas=value["quotas"],
        files={name: FileDigest(**value["files"][name]) for name in COMMITTED_FILES},
        pool_symbols=value["pool_tree"]["symbols"],
        pool_root=value["pool_tree"]["root"],
        sources=sources,
        ledger_size=value["ledger"]["size"],
        ledger_root=value["ledger"]["root"],
    )


def _value(commitment: Commitment) -> dict[str, Any]:
    return {
        "protocol": PROTOCOL,
        "origin": commitment.origin,
        "round": commitment.round,
        "draw": commitment.draw,
        "committed_at": format_time(commitment.committed_at),
        "zone": commitment.zone,
        "rules_sha256": commitment.rules_sha256,
        "number_key_sha256": commitment.number_key_sha256,
        "registers": [register.value for register in commitment.registers],
        "quotas": dict(commitment.quotas),
        "files": {name: file.value for name, file in commitment.files.items()},
        "pool_tree": {"symbols": commitment.pool_symbols, "root": commitment.pool_root},
        "sources": [source.to_json() for source in commitment.sources],
        "ledger": {"size": commitment.ledger_size, "root": commitment.ledger_root},
    }


def _protocol(value: Any, path: str) -> None:
    if value != PROTOCOL:
        raise members.refuse(path, f"This must be {PROTOCOL}: other versions are not known here.")


def _list(value: Any, path: str) -> None:
    if not isinstance(value, list):
        raise members.refuse(path, "This must be a list.")


def _require_sums(value: Mapping[str, Any]) -> None:
    """Refuse counts that contradict each other before any file is looked at."""
    entries = {name: file["entries"] for name, file in value["files"].items()}
    if entries["registered.csv"] != entries["pool.csv"] + entries["excluded.csv"]:
        raise members.refuse(
            "files", "The entries of pool.csv and excluded.csv do not add up to registered.csv."
        )
    if entries["disputed.csv"] > entries["pool.csv"]:
        raise members.refuse("files", "disputed.csv has more entries than pool.csv.")
    symbols = symbols_for(entries["pool.csv"])
    if value["pool_tree"]["symbols"] != symbols:
        raise members.refuse(
            "pool_tree.symbols", f"A pool of {entries['pool.csv']} is cut by {symbols} symbols."
        )


def _require_future(sources: Sequence[DeclaredSource], committed_at: datetime) -> None:
    """Refuse a source that could be known before notary and witness have cosigned, ten minutes ahead of it."""
    for source in sources:
        if known_at(source) - committed_at <= LEAD:
            raise InputError(
                "bad-source",
                f"The source {source.name} must come later than ten minutes after the commitment.",
                field="sources",
            )


_SHAPE = members.object_of(
    {
        "protocol": _protocol,
        "origin": check_origin,
        "round": members.slug,
        "draw": members.integer(lowest=1, highest=MOST_DRAWS),
        "committed_at": members.moment,
        "zone": members.zone,
        "rules_sha256": members.sha256,
        "number_key_sha256": members.sha256,
        "registers": check_registers,
        "quotas": members.map_of(members.integer()),
        "files": members.object_of(dict.fromkeys(COMMITTED_FILES, check_file)),
        "pool_tree": members.object_of(
            {"symbols": members.integer(highest=MOST_SYMBOLS), "root": members.sha256}
        ),
        "sources": _list,
        "ledger": members.object_of({"size": members.integer(lowest=1), "root": members.sha256}),
    }
)
