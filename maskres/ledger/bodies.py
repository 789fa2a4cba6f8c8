"""What each kind of ledger entry says: one builder a kind, each checked against its shape in body_shapes.

Nothing personal can enter: a body takes digests, counts, slugs, public randomness, and one short sentence (why a
draw was voided) in which no long number may stand.

Source: spec L2 to L4, E14.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maskres.ledger.body_shapes import Kind, check_body
from maskres.ledger.keyring import Keyring

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FileDigest:
    """A published file.

    Attributes:
        sha256: of its exact bytes, 64 lower-case hex digits.
        entries: lines without the header, ≥ 0.
    """

    sha256: str
    entries: int

    @property
    def value(self) -> Body:
        """The object that stands in JSON."""
        return {"sha256": self.sha256, "entries": self.entries}


@dataclass(frozen=True, slots=True)
class PinnedRegister:
    """The version of an authority's list that a draw was decided with.

    Attributes:
        kind: slug, e.g. household.
        version: number of the import, ≥ 1.
        sha256: of the imported file, 64 lower-case hex digits.
        rows: rows of the file, ≥ 0.
    """

    kind: str
    version: int
    sha256: str
    rows: int

    @property
    def value(self) -> Body:
        """The object that stands in JSON."""
        return {"kind": self.kind, "version": self.version, "sha256": self.sha256, "rows": self.rows}


def round_opened(rules_sha256: str, number_key_sha256: str, seal_key_sha256: str, keys: Keyring) -> Body:
    """Say that a round opened, under which rules and pledged keys.

    Args:
        rules_sha256: of rules.json.
        number_key_sha256: of the 32 raw bytes of the round's number key.
        seal_key_sha256: of the 32 raw bytes of the round's seal key.
        keys: whose signatures will count, by role.
    """
    return _built(
        Kind.ROUND_OPENED,
        rules_sha256=rules_sha256,
        number_key_sha256=number_key_sha256,
        seal_key_sha256=seal_key_sha256,
        keys=keys.texts,
    )


def draw_closed(registered: FileDigest) -> Body:
    """Say that a draw closed over those in registered.csv."""
    return _built(Kind.DRAW_CLOSED, registered=registered.value)


def draw_decided(
    strata: Mapping[str, int], excluded: Mapping[str, int], registers: Sequence[PinnedRegister]
) -> Body:
    """Say how many are in and out, by which registers; each deciding again is such an entry again.

    Args:
        strata: stratum → how many in it are in.
        excluded: coarse reason → how many are out for it.
        registers: the versions pinned, no kind twice.
    """
    return _built(
        Kind.DRAW_DECIDED,
        pool=sum(strata.values()),
        strata=dict(strata),
        excluded=sum(excluded.values()),
        reasons=dict(excluded),
        registers=[register.value for register in registers],
    )


def draw_committed(commitment_sha256: str) -> Body:
    """Say that commitment.json, with this digest, stands."""
    return _built(Kind.DRAW_COMMITTED, commitment_sha256=commitment_sha256)


def draw_voided(commitment_sha256: str | None, reason: str) -> Body:
    """Say that a draw was given up before its dice.

    Args:
        commitment_sha256: of the commitment that is void, None where there was none yet.
        reason: one sentence for all to see, 1 to 300 characters, naming nobody.
    """
    return _built(Kind.DRAW_VOIDED, commitment_sha256=commitment_sha256, reason=reason)


def dice(source: str, rolls: str) -> Body:
    """Say what was rolled.

    Args:
        source: the source's name in the commitment.
        rolls: one digit a roll in order, or "missing".
    """
    return _built(Kind.DICE, source=source, rolls=rolls)


def beacon(source: str, round_: int, signature: str, randomness: str) -> Body:
    """Say what the beacon published.

    Args:
        source: the source's name in the commitment.
        round_: the beacon's round.
        signature: lower-case hex.
        randomness: SHA-256 of the signature, 64 lower-case hex digits.
    """
    return _built(Kind.BEACON, source=source, round=round_, signature=signature, randomness=randomness)


def beacon_succeeded(source: str, successor_round: int) -> Body:
    """Say, before that round's time, that the network ended and which round of its declared successor counts.

    It is an entry of the kind `beacon` too, told by its member `successor_round`.

    Args:
        source: the source's name in the commitment, which names the successor.
        successor_round: the successor's round.

    Source: spec E12.
    """
    return _built(Kind.BEACON, source=source, successor_round=successor_round)


def drawn(seed: str, result: FileDigest, cutoffs: Mapping[str, str | None]) -> Body:
    """Say what was drawn.

    Args:
        seed: SHA-256 of seed.txt.
        result: of result.csv.
        cutoffs: stratum → the largest value that won, 64 lower-case hex digits; None where nobody won.
    """
    return _built(Kind.DRAWN, seed=seed, result=result.value, cutoffs=dict(cutoffs))


def allocated(allocation: FileDigest, wishes: FileDigest) -> Body:
    """Say where the winners are placed: digests of allocation.csv and wishes.csv."""
    return _built(Kind.ALLOCATED, allocation=allocation.value, wishes=wishes.value)


def batch(
    number: int,
    changes: FileDigest,
    room: FileDigest,
    wishes: FileDigest,
    promotion: FileDigest,
    released: Mapping[str, int],
) -> Body:
    """Say what a batch changes and whom it places; its time is the entry's `at`.

    Args:
        number: N of the batch, from 1.
        changes: of changes-N.csv.
        room: of room-N.csv.
        wishes: of wishes-N.csv.
        promotion: of promotion-N.csv.
        released: stratum → places of newly arrived stock.
    """
    files = {"changes": changes, "room": room, "wishes": wishes, "promotion": promotion}
    return _built(
        Kind.BATCH,
        batch=number,
        files={name: file.value for name, file in files.items()},
        released=dict(released),
    )


def audited(audit_sha256: str, sample: int, unsound: int) -> Body:
    """Say how the audit went.

    Args:
        audit_sha256: of audit.json.
        sample: winners opened.
        unsound: of them not sound, at most sample.
    """
    return _built(Kind.AUDITED, audit_sha256=audit_sha256, sample=sample, unsound=unsound)


def draw_finished() -> Body:
    """Say that nothing more is handed out for a draw."""
    return _built(Kind.DRAW_FINISHED)


def round_finished() -> Body:
    """Say that no further draw of a round will be."""
    return _built(Kind.ROUND_FINISHED)


def erased(number_key_sha256: str, seal_key_sha256: str) -> Body:
    """Say that a round's personal data and both its keys are destroyed.

    Args:
        number_key_sha256: as pledged when the round opened.
        seal_key_sha256: as pledged when the round opened.
    """
    return _built(Kind.ERASED, number_key_sha256=number_key_sha256, seal_key_sha256=seal_key_sha256)


def _built(kind: Kind, **values: Any) -> Body:
    check_body(kind, values)
    return values
