"""The drand networks everybody knows, so that nobody passes off a network of their own under a known one's name.

Any unchained network may be declared; one that claims to be quicknet must have its key and clock.

Source: the League of Entropy's chain information, as published at the networks' /info.
"""

from __future__ import annotations

from collections.abc import Sequence

from maskres.errors import CheckFailed, InputError
from maskres.lottery.drand_signature import require_public_key
from maskres.lottery.sources import DeclaredSource, Drand, Network

QUICKNET = Network(
    chain="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    public_key=(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
        "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    genesis=1_692_803_367,
    period=3,
    round=1,
)
"""A round every three seconds, unchained, signatures on G1."""

DEFAULT = Network(
    chain="8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce",
    public_key="868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31",
    genesis=1_595_431_050,
    period=30,
    round=1,
)
"""A round every thirty seconds, signatures on G2. It is chained: beacon.json alone does not tell whether one holds."""

_KNOWN = {QUICKNET.chain: QUICKNET}


def require_genuine_networks(sources: Sequence[DeclaredSource]) -> None:
    """Refuse, before they are committed, networks that are not what they are called or could never be checked.

    Args:
        sources: as declared.

    Raises:
        InputError: "bad-source" naming the source's member.
    """
    for source in sources:
        if isinstance(source, Drand):
            _require_genuine(source.network, source.name)
            if source.successor is not None:
                _require_genuine(source.successor, f"{source.name}.successor")


def _require_genuine(network: Network, field: str) -> None:
    if network.chain == DEFAULT.chain or network.public_key == DEFAULT.public_key:
        raise InputError(
            "bad-source", "This network is chained; declare an unchained one, such as quicknet.", field=field
        )
    known = _KNOWN.get(network.chain)
    if known is not None:
        for name in ("public_key", "genesis", "period"):
            if getattr(network, name) != getattr(known, name):
                raise InputError(
                    "bad-source",
                    f"The {name} is not that of the network of this chain.",
                    field=f"{field}.{name}",
                )
    try:
        require_public_key(bytes.fromhex(network.public_key))
    except CheckFailed as error:
        raise InputError("bad-source", error.message, field=f"{field}.public_key") from None
