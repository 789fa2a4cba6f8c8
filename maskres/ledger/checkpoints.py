"""Checkpoints: the ledger's size and root, signed by the service, cosigned by notary and witness.

A checkpoint is a signed note of exactly three lines: origin, size, root in base64. Extension lines, which the
specification discourages, are refused. A cosigner signs only what its last signed checkpoint has grown into.

Source: spec H1 to H7; C2SP tlog-checkpoint; C2SP tlog-cosignature.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from maskres.errors import CheckFailed, InputError
from maskres.formats.values import parse_integer
from maskres.ledger import merkle
from maskres.ledger.note_keys import SigningKey, VerifierKey, decode_base64, encode_base64, require_key_name
from maskres.ledger.notes import (
    OpenedNote,
    cosign_text,
    open_note,
    read_note,
    sign_note,
)

_REHEARSAL = "rehearsal/"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says.

    Attributes:
        origin: the ledger's name.
        size: entries of the ledger, ≥ 0.
        root: root of the tree over them, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed. Source: C2SP tlog-checkpoint, Note text."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint at least one known key has signed.

    Attributes:
        checkpoint: what it says.
        note: who of the known keys signed it.
    """

    checkpoint: Checkpoint
    note: OpenedNote

    def is_signed_by(self, key: VerifierKey) -> bool:
        """Tell whether a key's signature or cosignature stands there and holds."""
        return self.note.find_signer(key) is not None


def is_rehearsal(origin: str) -> bool:
    """Tell whether a ledger is a rehearsal's, which can never pass as real. Source: spec H1."""
    return origin.startswith(_REHEARSAL)


def read_checkpoint_text(text: str, *, origin: str | None = None, file: str | None = None) -> Checkpoint:
    """Read the three lines of a checkpoint.

    Args:
        text: last LF included.
        origin: the ledger it must be of, or None for any.
        file: the name to give in errors.

    Raises:
        InputError: "bad-checkpoint" for anything but origin, size (plain decimal) and root (32 bytes).
        CheckFailed: "wrong-origin".

    Source: C2SP tlog-checkpoint, Note text.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise InputError("bad-checkpoint", "A checkpoint has three lines: origin, size, root.", file=file)
    root = decode_base64(lines[2])
    if root is None or len(root) != merkle.HASH_LENGTH:
        raise InputError("bad-checkpoint", "The root is not 32 bytes in base64.", file=file, line=3)
    try:
        require_key_name(lines[0], field="origin")
        size = parse_integer(lines[1], field="size")
    except InputError as error:
        line = 1 if error.field == "origin" else 2
        raise InputError("bad-checkpoint", error.message, field=error.field, file=file, line=line) from None
    if origin is not None and lines[0] != origin:
        message = f"The checkpoint is of the ledger {lines[0]}, not of {origin}."
        raise CheckFailed("wrong-origin", message, file=file, line=1)
    return Checkpoint(lines[0], size, root)


def sign_checkpoint(origin: str, size: int, root: bytes, key: SigningKey) -> bytes:
    """Sign a checkpoint as the ledger itself.

    Args:
        origin: the ledger's name.
        size: entries, 0 to twelve digits.
        root: 32 bytes.
        key: the service's, of the algorithm NOTE, its name the origin.

    Returns:
        The note's bytes.

    Raises:
        InputError: "bad-checkpoint", "wrong-algorithm", "wrong-origin" (the key bears another name).

    Source: C2SP tlog-checkpoint, Signatures.
    """
    if key.name != origin:
        raise InputError("wrong-origin", f"The key of {key.name} does not sign for {origin}.", field="key")
    text = Checkpoint(origin, size, root).text
    read_checkpoint_text(text)
    return sign_note(text, key)


def read_checkpoint(
    data: bytes, verifiers: Iterable[VerifierKey], *, origin: str, file: str | None = None
) -> SignedCheckpoint:
    """Check a checkpoint's signatures and read it.

    Args:
        data: the note's bytes.
        verifiers: the keys one trusts: the service's, notary's, witness's.
        origin: the ledger it must be of.
        file: the name to give in errors.

    Raises:
        InputError: "bad-note", "bad-checkpoint".
        CheckFailed: "bad-signature", "not-signed", "wrong-origin".

    Source: C2SP tlog-checkpoint.
    """
    # Its form and origin come first: they name the line that is off, where the signatures could only all not hold.
    checkpoint = read_checkpoint_text(read_note(data, file=file).text, origin=origin, file=file)
    return SignedCheckpoint(checkpoint, open_note(data, verifiers, file=file))


def cosign(data: bytes, key: SigningKey, signed_at: datetime) -> str:
    """Make a cosigner's signature line for a checkpoint.

    Whoever calls this has checked the log's signature (read_checkpoint), the growth since the last checkpoint
    signed (require_growth) and every file (spec H7).

    Args:
        data: the checkpoint note's bytes.
        key: of the algorithm COSIGNATURE.
        signed_at: aware; cut to whole seconds.

    Returns:
        The line, LF included, for notes.add_signatures.

    Raises:
        InputError: "bad-note", "bad-checkpoint", "wrong-algorithm".

    Source: C2SP tlog-cosignature, Ed25519 signed message.
    """
    text = read_note(data).text
    read_checkpoint_text(text)
    return cosign_text(text, key, signed_at)


def verify_cosignature(signed: SignedCheckpoint, key: VerifierKey) -> datetime:
    """Give the time at which a cosigner signed.

    Args:
        signed: a checkpoint read with this key among the known ones.
        key: of the algorithm COSIGNATURE.

    Returns:
        Aware UTC, whole seconds.

    Raises:
        CheckFailed: "not-cosigned".
    """
    signer = signed.note.find_signer(key)
    if signer is None or signer.signed_at is None:
        raise CheckFailed(
            "not-cosigned",
            f"{key.name} has not cosigned the checkpoint of {signed.checkpoint.size} entries.",
            file=f"checkpoints/{signed.checkpoint.size}",
        )
    return signer.signed_at


def cosigned_at(signed: SignedCheckpoint, keys: Sequence[VerifierKey]) -> datetime:
    """Give the time from which a checkpoint counts: when the last of its cosigners had signed.

    Args:
        signed: a checkpoint read with these keys among the known ones.
        keys: notary's and witness's, at least one.

    Raises:
        CheckFailed: "not-cosigned" naming the first who has not.

    Source: spec E2 (both cosignature times count).
    """
    return max(verify_cosignature(signed, key) for key in keys)


def require_growth(last: Checkpoint | None, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Refuse a checkpoint that is not the last signed one grown.

    Args:
        last: the last checkpoint this cosigner signed, or None for its first.
        new: the one to sign now.
        proof: consistency proof from last to new; not looked at for a first.

    Raises:
        CheckFailed: "wrong-origin", "not-consistent".

    Source: spec H7; C2SP tlog-cosignature.
    """
    if last is None:
        return
    if last.origin != new.origin:
        raise CheckFailed(
            "wrong-origin", f"The last checkpoint was of {last.origin}, this is of {new.origin}."
        )
    merkle.verify_consistency(last.size, new.size, last.root, new.root, proof)
