"""What a cosigner remembers: the last checkpoint signed of each ledger, so that no smaller or other one follows it.

Source: spec H7; C2SP tlog-cosignature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskres.errors import CheckFailed, InputError
from maskres.formats import strict_json
from maskres.ledger import members, merkle
from maskres.ledger.checkpoints import Checkpoint, require_growth
from maskres.ledger.keyring import check_origin

_SEEN = members.object_of({"size": members.integer(lowest=1), "root": members.sha256})


def read_last_signed(data: bytes, *, file: str) -> dict[str, Checkpoint]:
    """Read a cosigner's memory.

    Returns:
        Origin → the last checkpoint signed.

    Raises:
        InputError: "bad-json", "bad-member", "bad-key-name": then nothing may be signed until it is found out why.
    """
    value = strict_json.loads(data, file=file)
    try:
        for origin, seen in value.items():
            check_origin(origin, "origin")
            _SEEN(seen, origin)
    except InputError as error:
        error.file = file
        raise
    return {
        origin: Checkpoint(origin, seen["size"], bytes.fromhex(seen["root"]))
        for origin, seen in value.items()
    }


def write_last_signed(seen: Mapping[str, Checkpoint]) -> bytes:
    """Write a cosigner's memory."""
    return strict_json.dumps(
        {origin: {"size": each.size, "root": each.root.hex()} for origin, each in seen.items()}
    )


def require_grown(last: Checkpoint | None, new: Checkpoint, leaf_hashes: Sequence[bytes]) -> None:
    """Refuse a checkpoint that the last one signed has not grown into: a consistency proof over the ledger itself.

    Args:
        last: the last checkpoint signed of this ledger, or None for the first.
        new: the one to sign now.
        leaf_hashes: of the ledger's lines, at least as many as `new` says.

    Raises:
        CheckFailed: "ledger-too-short"; "root-differs" where the lines have another root than the checkpoint says;
            "smaller-checkpoint"; "wrong-origin", "not-consistent" where the ledger once had other lines.
    """
    if len(leaf_hashes) < new.size:
        raise CheckFailed(
            "ledger-too-short", f"The ledger has {len(leaf_hashes)} lines, the checkpoint {new.size}."
        )
    tree = merkle.tree(leaf_hashes[: new.size])
    if tree.root != new.root:
        raise CheckFailed("root-differs", "The ledger's lines have another root than the checkpoint says.")
    if last is None:
        return
    if last.size > new.size:
        raise CheckFailed(
            "smaller-checkpoint",
            f"A checkpoint of {last.size} entries was signed before; one of {new.size} is never signed after it.",
        )
    require_growth(last, new, tree.consistency_proof(last.size))
