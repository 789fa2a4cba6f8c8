"""What a rehearsal puts in place of the real thing: keys and a clock that follow from its seed text."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache

from maskres.errors import ConfigurationError
from maskres.keys import DeploymentKeys, RoundKeys
from maskres.ledger.note_keys import Algorithm, SigningKey, signing_key
from maskres.lottery.drand_signature import BeaconKey
from maskres.lottery.sources import Network, first_round_from
from maskres.rehearsal.city import derive_key

_ROLES = ("notary", "witness")
_BEACON_GENESIS = 1_580_000_000
_BEACON_PERIOD_SECONDS = 30


class SeededKeys:
    """Keys that anyone can derive who knows the seed text: for rehearsals alone."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._destroyed: set[str] = set()
        self._deployment = DeploymentKeys(
            index={1: derive_key(seed, "index/1")},
            data={1: derive_key(seed, "data/1")},
            ledger=derive_key(seed, "ledger"),
            access=derive_key(seed, "access"),
            lookup=derive_key(seed, "lookup"),
        )

    @property
    def deployment(self) -> DeploymentKeys:
        """The keys of the deployment."""
        return self._deployment

    def round_keys(self, round_slug: str) -> RoundKeys:
        """Give a round's keys."""
        if round_slug in self._destroyed:
            raise ConfigurationError("missing-round-keys", f"The keys of round {round_slug} are destroyed.")
        return _derive_round_keys(self._seed, round_slug)

    def make_round_keys(self, round_slug: str) -> RoundKeys:
        """Give a round's keys."""
        return self.round_keys(round_slug)

    def destroy_round_keys(self, round_slug: str) -> None:
        """Forget a round's keys."""
        self._destroyed.add(round_slug)


@cache
def _derive_round_keys(seed: str, round_slug: str) -> RoundKeys:
    names = ("number", "seal", "code")
    return RoundKeys(**{name: derive_key(seed, f"{round_slug}/{name}") for name in names})


class StageClock:
    """A clock that stands where the plot puts it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """Give the moment the plot has come to."""
        return self.at


def ledger_origin(seed: str, residents: int, stores: int) -> str:
    """Name a rehearsal's ledger: it can never pass as real (spec H1).

    The city's size is part of it, so that one database is never taken up by two different cities.
    """
    digest = hashlib.sha256(f"{residents}/{stores}/{seed}".encode()).hexdigest()
    return f"rehearsal/{digest[:16]}"


def cosigner_keys(seed: str) -> list[SigningKey]:
    """Give the keys of the rehearsal's notary and witness."""
    return [
        signing_key(f"rehearsal/{role}", Algorithm.COSIGNATURE, derive_key(seed, role)) for role in _ROLES
    ]


def beacon_network(seed: str, at: datetime) -> Network:
    """Give the rehearsal's beacon, and its first round at or after a moment."""
    return Network(
        chain=derive_key(seed, "beacon/chain").hex(),
        public_key=_beacon_key(seed).public_key.hex(),
        genesis=_BEACON_GENESIS,
        period=_BEACON_PERIOD_SECONDS,
        round=first_round_from(at, genesis=_BEACON_GENESIS, period=_BEACON_PERIOD_SECONDS),
    )


def _beacon_key(seed: str) -> BeaconKey:
    return BeaconKey(derive_key(seed, "beacon/key"))


class RehearsedBeacon:
    """Signs rounds as a drand network does, with a key that follows from the rehearsal's seed text.

    Args:
        seed: the rehearsal's seed text.
    """

    def __init__(self, seed: str) -> None:
        self._key = _beacon_key(seed)

    def signature(self, round_: int) -> bytes:
        """Give the signature of a round."""
        return self._key.sign(round_)

    @staticmethod
    def randomness(signature: bytes) -> str:
        """Give what follows from a signature: its SHA-256."""
        return hashlib.sha256(signature).hexdigest()
