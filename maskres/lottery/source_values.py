"""What the sources said: rolled dice as a notary typed them, a beacon as anyone hands it in (spec V1 to V3)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from maskres.errors import CheckFailed, InputError
from maskres.formats.strict_json import loads
from maskres.lottery.drand_signature import check_signature
from maskres.lottery.sources import DeclaredSource, Dice, Network

MISSING = "missing"
"""The value of dice that were not rolled in time, where drand counts alone."""

VerifySignature = Callable[[Network, int, bytes], bool]
"""(network, round, signature) → whether the BLS signature holds under the network's public key."""

_RANDOMNESS = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{96}|[0-9a-f]{192}")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(frozen=True, slots=True)
class Beacon:
    """One published round of drand.

    Attributes:
        round: the round's number.
        signature: lower-case hex.
        randomness: SHA-256 of the signature, 64 lower-case hex digits.
    """

    round: int
    signature: str
    randomness: str

    def to_json(self) -> dict[str, Any]:
        """Write the beacon as it stands in beacon.json."""
        return {"round": self.round, "signature": self.signature, "randomness": self.randomness}


def read_rolls(text: str, dice: Dice) -> str:
    """Read rolls as a notary typed them.

    Spaces and line breaks mean nothing, except that `10` standing alone among single rolls of a ten-sided
    die is one roll of ten. A roll of ten is written 0.

    Args:
        text: what was typed.
        dice: the declared dice.

    Returns:
        One digit a roll, in order.

    Raises:
        InputError: "bad-rolls", naming the roll or the count.

    Source: spec V1.
    """
    groups = text.translate(_FULL_WIDTH).split()
    has_tens = dice.sides == 10 and all(len(group) == 1 or group == "10" for group in groups)
    rolls = ["0" if has_tens and group == "10" else group for group in groups]
    digits = "".join(rolls)
    allowed = _faces(dice)
    for position, digit in enumerate(digits, start=1):
        if digit not in allowed:
            raise InputError(
                "bad-rolls",
                f"Roll {position} is {digit!r}; a die of {dice.sides} sides shows {_say(dice)}.",
                field="rolls",
            )
    if len(digits) != dice.rolls:
        raise InputError(
            "bad-rolls", f"There are {len(digits)} rolls, but {dice.rolls} were declared.", field="rolls"
        )
    return digits


def _faces(dice: Dice) -> str:
    return "0123456789" if dice.sides == 10 else "12345678"[: dice.sides]


def _say(dice: Dice) -> str:
    return "1 to 10 (10 is written 0)" if dice.sides == 10 else f"1 to {dice.sides}"


def is_signed_by(network: Network, round_: int, signature: bytes) -> bool:
    """Check a round's signature under the key of its network, which must be unchained.

    Raises:
        CheckFailed: "beacon-key", "beacon-point" or "beacon-signature".

    Source: spec V3.
    """
    check_signature(bytes.fromhex(network.public_key), round_, signature)
    return True


def read_beacon(
    data: bytes,
    network: Network,
    *,
    file: str = "beacon.json",
    verify: VerifySignature = is_signed_by,
    is_published: bool = False,
) -> Beacon:
    """Read beacon.json and check it.

    Args:
        data: the file's bytes.
        network: the network and round that count: the declared one, or the successor.
        file: the name to give in errors.
        verify: checks the signature; another than the real one where the signature is checked elsewhere.
        is_published: whether it is the file of a bundle, whose lines all end with LF alone; what the network itself
            answers, and anyone may hand in, does not.

    Returns:
        The beacon.

    Raises:
        InputError: "bad-json" or "bad-beacon" for a malformed file.
        CheckFailed: as check_beacon.

    Source: spec V2, V3.
    """
    members = loads(data, file=file, is_published=is_published)
    if set(members) != {"round", "signature", "randomness"}:
        raise InputError(
            "bad-beacon", "It must have exactly these members: round, signature, randomness.", file=file
        )
    for name, shape in (("signature", _SIGNATURE), ("randomness", _RANDOMNESS)):
        if not isinstance(members[name], str) or shape.fullmatch(members[name]) is None:
            raise InputError(
                "bad-beacon", "It is not lower-case hex of the right length.", field=name, file=file
            )
    if type(members["round"]) is not int:
        raise InputError("bad-beacon", "The round is not a whole number.", field="round", file=file)
    beacon = Beacon(**members)
    check_beacon(beacon, network, file=file, verify=verify)
    return beacon


def check_beacon(
    beacon: Beacon, network: Network, *, file: str = "beacon.json", verify: VerifySignature = is_signed_by
) -> None:
    """Check a beacon against the network and round that count.

    Args:
        beacon: the beacon.
        network: the network and round that count.
        file: the name to give in errors.
        verify: as read_beacon's.

    Raises:
        CheckFailed: "beacon-round" for another round, "beacon-randomness" where the randomness is not the SHA-256 of
            the signature; "beacon-point", "beacon-signature" or "beacon-key" where the signature does not hold.

    Source: spec V2, V3.
    """
    if beacon.round != network.round:
        raise CheckFailed(
            "beacon-round",
            f"This is round {beacon.round}; the commitment names round {network.round}.",
            file=file,
        )
    signature = bytes.fromhex(beacon.signature)
    if hashlib.sha256(signature).hexdigest() != beacon.randomness:
        raise CheckFailed(
            "beacon-randomness", "The randomness is not the SHA-256 of the signature.", file=file
        )
    try:
        is_good = verify(network, beacon.round, signature)
    except CheckFailed as error:
        error.file = file
        raise
    if not is_good:
        raise CheckFailed(
            "beacon-signature", "The signature does not hold under the network's public key.", file=file
        )


def require_value(source: DeclaredSource, value: str, *, may_be_missing: bool) -> str:
    """Give the value of a source back, or refuse it.

    Args:
        source: the declared source.
        value: rolls, `missing`, or randomness in lower-case hex.
        may_be_missing: whether another source is declared, so that the dice may be missing.

    Returns:
        The value.

    Raises:
        InputError: "bad-value", naming the source.

    Source: spec V1, V2.
    """
    if isinstance(source, Dice):
        if value == MISSING:
            if may_be_missing:
                return value
            raise InputError("bad-value", "Without drand the draw waits for the dice.", field=source.name)
        if len(value) == source.rolls and not set(value) - set(_faces(source)):
            return value
        raise InputError(
            "bad-value",
            f"It must be {source.rolls} rolls of {_say(source)}, one digit each.",
            field=source.name,
        )
    if _RANDOMNESS.fullmatch(value) is None:
        raise InputError("bad-value", "It must be 64 lower-case hex digits.", field=source.name)
    return value
