"""The sources of randomness a commitment declares: a notary's dice, a public beacon (spec D1 to D4).

They are declared before anyone can know them, and each carries at least 128 bits by itself, so that one
honest source is enough.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from maskres.errors import InputError
from maskres.formats.values import format_time, is_slug, parse_time

MIN_BITS = 128
SIDES = (6, 8, 10)
#: Four times 128: dice of six, eight and ten sides need 50, 43 and 39 rolls, and nobody rolls more in public.
MAX_ROLLS = 512
_MAX_INTEGER = 10**12 - 1
_CHAIN = re.compile(r"[0-9a-f]{64}")
# A BLS12-381 key is a point of 48 bytes on G1 or of 96 bytes on G2.
_PUBLIC_KEY = re.compile(r"[0-9a-f]{96}|[0-9a-f]{192}")
_DICE = ("name", "kind", "sides", "rolls", "by")
_NETWORK = ("chain", "public_key", "genesis", "period", "round")
_DRAND = ("name", "kind", *_NETWORK, "successor")


@dataclass(frozen=True, slots=True)
class Dice:
    """Dice that a notary rolls in public.

    Attributes:
        name: slug of the source.
        sides: 6, 8 or 10.
        rolls: how many, at most 512; sides to the power of rolls is at least 2 to the power of 128.
        by: until when the rolls must be in a cosigned checkpoint, aware UTC.
    """

    name: str
    sides: int
    rolls: int
    by: datetime

    def to_json(self) -> dict[str, Any]:
        """Write the source as it stands in commitment.json."""
        by = format_time(self.by)
        return {"name": self.name, "kind": "dice", "sides": self.sides, "rolls": self.rolls, "by": by}


@dataclass(frozen=True, slots=True)
class Network:
    """One round of one drand network.

    Attributes:
        chain: the network's chain hash, 64 lower-case hex digits.
        public_key: compressed point of BLS12-381, 96 or 192 lower-case hex digits.
        genesis: Unix time of round 1, seconds.
        period: seconds from one round to the next, at least 1.
        round: the round that counts, at least 1.
    """

    chain: str
    public_key: str
    genesis: int
    period: int
    round: int

    @property
    def round_at(self) -> datetime:
        """The time of the round that counts, aware UTC."""
        return time_of_round(self.round, genesis=self.genesis, period=self.period)

    def to_json(self) -> dict[str, Any]:
        """Write the members that name network and round."""
        return {name: getattr(self, name) for name in _NETWORK}


@dataclass(frozen=True, slots=True)
class Drand:
    """A round of the public beacon drand.

    Attributes:
        name: slug of the source.
        network: the network and its round.
        successor: the network and round that count if the first has ended, or None.
    """

    name: str
    network: Network
    successor: Network | None = None

    def to_json(self) -> dict[str, Any]:
        """Write the source as it stands in commitment.json."""
        successor = None if self.successor is None else self.successor.to_json()
        return {"name": self.name, "kind": "drand", **self.network.to_json(), "successor": successor}


DeclaredSource = Dice | Drand


def known_at(source: DeclaredSource) -> datetime:
    """Give the time at which a source, or what may take its place, is first known to the public.

    Source: spec D4, E8: when dice are due, when a drand round comes, or its successor's where that is earlier.
    """
    if isinstance(source, Dice):
        return source.by
    return min(network.round_at for network in (source.network, source.successor) if network is not None)


def time_of_round(round_: int, *, genesis: int, period: int) -> datetime:
    """Compute when a drand round is published.

    Args:
        round_: the round, at least 1.
        genesis: Unix time of round 1, seconds.
        period: seconds from one round to the next.

    Returns:
        Aware UTC.

    Raises:
        InputError: "bad-source" where that time is beyond the calendar.

    Source: spec D2: genesis + (round − 1) × period.
    """
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=genesis + (round_ - 1) * period)
    except OverflowError:
        raise InputError(
            "bad-source", "The time of that round is beyond the calendar.", field="round"
        ) from None


def round_at(moment: datetime, *, genesis: int, period: int) -> int:
    """Compute which drand round is the latest at a moment.

    Args:
        moment: aware time, not before genesis.
        genesis: Unix time of round 1, seconds.
        period: seconds from one round to the next.

    Returns:
        The round, at least 1.

    Raises:
        InputError: "bad-source" where the network had not begun.

    Source: spec D2, turned round; drand-client's roundAt.
    """
    elapsed = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) - genesis
    if elapsed < 0:
        raise InputError("bad-source", "The network had not begun at that time.", field="round")
    return elapsed // period + 1


def first_round_from(moment: datetime, *, genesis: int, period: int) -> int:
    """Compute the first drand round that is published at a moment or after it.

    Args:
        moment: aware time.
        genesis: Unix time of round 1, seconds.
        period: seconds from one round to the next.

    Returns:
        The round, at least 1.
    """
    # Rounded up to whole seconds: a round half a second before the moment is not after it.
    elapsed = -((datetime(1970, 1, 1, tzinfo=UTC) - moment) // timedelta(seconds=1)) - genesis
    return max(-(-elapsed // period) + 1, 1)


def read_sources(declared: object) -> tuple[DeclaredSource, ...]:
    """Read the member `sources` of commitment.json.

    Args:
        declared: a list of objects, as parsed from JSON.

    Returns:
        The sources in declared order.

    Raises:
        InputError: "bad-source", the field saying which member of which source.

    Source: spec D1, D3.
    """
    if not isinstance(declared, list) or not declared:
        _refuse("sources", "At least one source must be declared, in a list.")
    sources = tuple(_read_source(source, f"sources[{index}]") for index, source in enumerate(declared))
    require_sources(sources)
    return sources


def require_sources(sources: Sequence[DeclaredSource]) -> None:
    """Check declared sources against each other and for their bits.

    Args:
        sources: in declared order.

    Raises:
        InputError: "bad-source", the field saying which.

    Source: spec D1, D3.
    """
    dice = [source for source in sources if isinstance(source, Dice)]
    drand = [source for source in sources if isinstance(source, Drand)]
    if not sources:
        _refuse("sources", "At least one source must be declared.")
    if len(dice) > 1 or len(drand) > 1:
        _refuse("sources", "At most one source of dice and one of drand may be declared.")
    if len(sources) == 2 and not isinstance(sources[0], Dice):
        _refuse("sources", "The dice come first, then drand.")
    if len({source.name for source in sources}) < len(sources):
        _refuse("sources", "Two sources have the same name.")
    for source in dice:
        _require_bits(source)
    if dice and drand:
        _require_dice_first(dice[0], drand[0])


def _require_bits(dice: Dice) -> None:
    if dice.sides not in SIDES:
        _refuse(f"{dice.name}.sides", "Dice have 6, 8 or 10 sides.")
    if dice.rolls > MAX_ROLLS:
        _refuse(f"{dice.name}.rolls", f"At most {MAX_ROLLS} rolls can be declared.")
    if dice.sides**dice.rolls < 1 << MIN_BITS:
        needed = next(rolls for rolls in range(MIN_BITS) if dice.sides**rolls >= 1 << MIN_BITS)
        _refuse(
            f"{dice.name}.rolls", f"With {dice.sides} sides at least {needed} rolls are needed for 128 bits."
        )


def _require_dice_first(dice: Dice, drand: Drand) -> None:
    """Whoever knows the beacon could otherwise choose the dice; that holds for the successor's round too."""
    for network in (drand.network, drand.successor):
        if network is not None and not dice.by < network.round_at:
            _refuse(f"{dice.name}.by", "The dice must be due before the time of the drand round.")


def _read_source(source: object, field: str) -> DeclaredSource:
    kind = source.get("kind") if isinstance(source, dict) else None
    if kind == "dice":
        return _read_dice(_require_members(source, _DICE, field), field)
    if kind == "drand":
        return _read_drand(_require_members(source, _DRAND, field), field)
    _refuse(f"{field}.kind", "A source is an object of kind dice or drand.")


def _read_dice(members: Mapping[str, Any], field: str) -> Dice:
    sides = _read_integer(members, "sides", field, low=1)
    if sides not in SIDES:
        _refuse(f"{field}.sides", "Dice have 6, 8 or 10 sides.")
    by = members["by"]
    try:
        due_at = parse_time(by if isinstance(by, str) else "", field="by")
    except InputError as error:
        _refuse(f"{field}.by", error.message)
    return Dice(_read_name(members, field), sides, _read_integer(members, "rolls", field, low=1), due_at)


def _read_drand(members: Mapping[str, Any], field: str) -> Drand:
    successor = members["successor"]
    if successor is not None:
        inner = f"{field}.successor"
        successor = _read_network(_require_members(successor, _NETWORK, inner), inner)
    return Drand(_read_name(members, field), _read_network(members, field), successor)


def _read_network(members: Mapping[str, Any], field: str) -> Network:
    for name, shape, words in (
        ("chain", _CHAIN, "64 lower-case hex digits"),
        ("public_key", _PUBLIC_KEY, "96 or 192 lower-case hex digits"),
    ):
        if not isinstance(members[name], str) or shape.fullmatch(members[name]) is None:
            _refuse(f"{field}.{name}", f"It must be {words}.")
    network = Network(
        chain=members["chain"],
        public_key=members["public_key"],
        genesis=_read_integer(members, "genesis", field, low=0),
        period=_read_integer(members, "period", field, low=1),
        round=_read_integer(members, "round", field, low=1),
    )
    try:
        _ = network.round_at
    except InputError as error:
        _refuse(f"{field}.round", error.message)
    return network


def _read_name(members: Mapping[str, Any], field: str) -> str:
    name = members["name"]
    if not isinstance(name, str) or not is_slug(name):
        _refuse(f"{field}.name", "A source's name is a short name: lower-case letters, digits, hyphens.")
    return name


def _read_integer(members: Mapping[str, Any], name: str, field: str, *, low: int) -> int:
    value = members[name]
    if type(value) is not int or not low <= value <= _MAX_INTEGER:
        _refuse(f"{field}.{name}", f"It must be a whole number from {low} to {_MAX_INTEGER}.")
    return value


def _require_members(source: object, names: Sequence[str], field: str) -> Mapping[str, Any]:
    if not isinstance(source, dict) or set(source) != set(names):
        _refuse(field, f"It must have exactly these members: {', '.join(names)}.")
    return source


def _refuse(field: str, message: str) -> NoReturn:
    raise InputError("bad-source", message, field=field)
