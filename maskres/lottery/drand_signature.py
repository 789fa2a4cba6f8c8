"""Whether a drand round was really signed by its network: BLS12-381, checked by the library blst.

Which scheme a network signs by follows from the length of its key, without a table of networks:

- A public key of 96 bytes lies on G2, so signatures lie on G1: `bls-unchained-g1-rfc9380` (quicknet).
- A public key of 48 bytes lies on G1, so signatures lie on G2: `pedersen-bls-unchained`, or `pedersen-bls-chained`,
  which no commitment declares: it needs the signature of the round before, and beacon.json has no place for it.

The signed message is SHA-256(previous signature ‖ round as 8 bytes, big-endian), the first part empty where the
network is unchained.

Source: spec V3; drand's schemes; RFC 9380 for hashing to the curve.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from maskres.errors import CheckFailed

if TYPE_CHECKING:
    from pyblst import BlstP1Element, BlstP2Element

G1_BYTES, G2_BYTES = 48, 96
GENESIS_SEED_BYTES = 32
"""A chained network's first round follows no signature but a seed of this length."""

_TAG_G1 = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_TAG_G2 = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"
# The generators of both groups, compressed. Source: draft-irtf-cfrg-pairing-friendly-curves, section 4.2.1.
_GENERATOR_G1 = bytes.fromhex(
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
)
_GENERATOR_G2 = bytes.fromhex(
    "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
    "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
)
_INFINITY = 0x40  # the flag of the point at infinity in a compressed point's first byte


def signed_message(round_: int, previous_signature: bytes = b"") -> bytes:
    """Give the message a network signs for a round.

    Args:
        round_: the round, at least 1.
        previous_signature: of the round before, or a chained network's genesis seed; empty where it is unchained.

    Returns:
        32 bytes.
    """
    return hashlib.sha256(previous_signature + round_.to_bytes(8, "big")).digest()


def require_public_key(public_key: bytes) -> None:
    """Refuse what is no public key of BLS12-381: not on the curve, not in the group, or infinity.

    Args:
        public_key: a compressed point of 48 bytes (G1) or 96 bytes (G2).

    Raises:
        CheckFailed: "beacon-key".
    """
    if _point(public_key, len(public_key)) is None:
        raise CheckFailed("beacon-key", "The network's public key is not a point of its group.")


def check_signature(
    public_key: bytes, round_: int, signature: bytes, previous_signature: bytes = b""
) -> None:
    """Check a round's signature under a network's public key.

    Args:
        public_key: a compressed point of 48 bytes (G1) or 96 bytes (G2).
        round_: the round, at least 1.
        signature: a compressed point of the other group.
        previous_signature: of the round before, or a chained network's genesis seed; empty where it is unchained.

    Raises:
        CheckFailed: "beacon-key" for a key that is none, "beacon-point" where the signature is not a point of the
            group this network signs in (not on the curve, not in the group, infinity, of the other length),
            "beacon-signature" where it is, but does not hold.
    """
    import pyblst

    require_public_key(public_key)
    point = _point(signature, G1_BYTES if len(public_key) == G2_BYTES else G2_BYTES)
    if point is None:
        raise CheckFailed("beacon-point", "The signature is not a point of the group the network signs in.")
    message = signed_message(round_, previous_signature)
    if len(public_key) == G2_BYTES:
        generator = pyblst.BlstP2Element.uncompress(_GENERATOR_G2)
        key = pyblst.BlstP2Element.uncompress(public_key)
        left = pyblst.miller_loop(point, generator)
        right = pyblst.miller_loop(pyblst.BlstP1Element.hash_to_group(message, _TAG_G1), key)
    else:
        first = pyblst.BlstP1Element.uncompress(_GENERATOR_G1)
        own = pyblst.BlstP1Element.uncompress(public_key)
        left = pyblst.miller_loop(first, point)
        right = pyblst.miller_loop(own, pyblst.BlstP2Element.hash_to_group(message, _TAG_G2))
    if not pyblst.final_verify(left, right):
        raise CheckFailed("beacon-signature", "The signature does not hold under the network's public key.")


def _point(data: bytes, length: int) -> BlstP1Element | BlstP2Element | None:
    """Read a compressed point; None for what is not on the curve and in its group, or is infinity."""
    import pyblst

    if len(data) != length or length not in (G1_BYTES, G2_BYTES) or data[0] & _INFINITY:
        return None
    group = pyblst.BlstP1Element if length == G1_BYTES else pyblst.BlstP2Element
    try:
        return group.uncompress(data)
    except ValueError:
        return None


class BeaconKey:
    """A network of one: signs rounds as quicknet does, for rehearsals and tests.

    Args:
        secret: at least 32 bytes that nobody guesses, or, in a rehearsal, anyone can.
    """

    def __init__(self, secret: bytes) -> None:
        self._scalar = int.from_bytes(hashlib.sha512(secret).digest(), "big")

    @property
    def public_key(self) -> bytes:
        """The public key: a point of G2, 96 bytes."""
        import pyblst

        generator = pyblst.BlstP2Element.uncompress(_GENERATOR_G2)
        return bytes(generator.scalar_mul(self._scalar).compress())

    def sign(self, round_: int) -> bytes:
        """Sign a round: a point of G1, 48 bytes."""
        import pyblst

        point = pyblst.BlstP1Element.hash_to_group(signed_message(round_), _TAG_G1)
        return bytes(point.scalar_mul(self._scalar).compress())
