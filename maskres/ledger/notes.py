"""Signed notes: a text that ends in LF, an empty line, and one line a signature.

Read strictly, so that two readers cannot see two texts or two signers. Signatures of unknown keys are passed over;
one of a known key that does not hold spoils the note. A cosignature v1 signs the text under a header line and its
own time, so the time cannot be changed afterwards either.

Source: C2SP signed-note; C2SP tlog-cosignature, Ed25519 signed message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from maskres.errors import CheckFailed, InputError
from maskres.ledger.note_keys import (
    SIGNATURE_LENGTH,
    Algorithm,
    SigningKey,
    VerifierKey,
    decode_base64,
    encode_base64,
    require_key_name,
)

MOST_BYTES = 1 << 20
MOST_SIGNATURES = 64

_DASH = "\u2014 "
_KEY_ID_LENGTH = 4
_TIME_LENGTH = 8
_LATEST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, read but not checked.

    Attributes:
        name: the signer's name.
        key_id: 4 bytes.
        raw: what follows the key id; for a cosignature v1, 8 bytes of time and 64 of signature.
    """

    name: str
    key_id: bytes
    raw: bytes

    @property
    def line(self) -> str:
        """The line as it stands in a note, LF included."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.raw)}\n"

    def is_by(self, key: VerifierKey) -> bool:
        """Tell whether name and key id are a key's; says nothing about the signature."""
        return self.name == key.name and self.key_id == key.key_id


@dataclass(frozen=True, slots=True)
class Note:
    """A note, read but not checked.

    Attributes:
        text: what is signed, its last LF included.
        signatures: at least one in a note that was read; none by the same name and key id twice.
    """

    text: str
    signatures: tuple[Signature, ...]

    @property
    def data(self) -> bytes:
        """The note's bytes."""
        return (self.text + "\n" + "".join(one.line for one in self.signatures)).encode()


@dataclass(frozen=True, slots=True)
class Signer:
    """A known key whose signature holds.

    Attributes:
        key: the key.
        signed_at: aware UTC for a cosignature, None for a plain signature.
    """

    key: VerifierKey
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note at least one known key has signed.

    Attributes:
        text: what is signed, its last LF included.
        signers: the known keys whose signatures hold, in the note's order.
    """

    text: str
    signers: tuple[Signer, ...]

    def find_signer(self, key: VerifierKey) -> Signer | None:
        """Give a key's signature, or None where it has not signed."""
        return next((signer for signer in self.signers if signer.key == key), None)


def sign_note(text: str, *keys: SigningKey) -> bytes:
    """Sign a text with plain Ed25519 note signatures.

    Args:
        text: ends in LF; no control characters but LF.
        keys: one or more, none twice, all of the algorithm NOTE.

    Returns:
        The note's bytes.

    Raises:
        InputError: "bad-note", "wrong-algorithm".

    Source: C2SP signed-note, Signatures.
    """
    _require_text(text)
    if not keys:
        raise InputError("bad-note", "A note is signed by at least one key.")
    return _note(text, [_sign(text, key) for key in keys]).data


def read_note(data: bytes, *, file: str | None = None) -> Note:
    """Take a note apart without checking any signature; nothing in it may be believed yet.

    Args:
        data: the note's bytes, at most 1 MiB.
        file: the name to give in errors.

    Raises:
        InputError: "bad-note" for anything two readers might read differently: not UTF-8, control characters,
            no empty line before the signatures, a misspelt line or base64, one key signing twice, too long.

    Source: C2SP signed-note, Format.
    """
    try:
        if len(data) > MOST_BYTES:
            raise _bad_note("The note is longer than a note may be.")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise _bad_note("The note is not UTF-8.") from None
        text, empty_line, lines = whole.rpartition("\n\n")
        if not empty_line or not lines.endswith("\n"):
            raise _bad_note("A note ends with an empty line and signature lines, each ending with LF.")
        _require_text(text + "\n")
        first = text.count("\n") + 3
        read = [_read_line(line, at) for at, line in enumerate(lines[:-1].split("\n"), first)]
        return _note(text + "\n", read, first)
    except InputError as error:
        error.file = file
        raise


def open_note(data: bytes, verifiers: Iterable[VerifierKey], *, file: str | None = None) -> OpenedNote:
    """Check a note against known keys.

    Args:
        data: the note's bytes.
        verifiers: the keys one trusts, with no two of the same name and key id.
        file: the name to give in errors.

    Returns:
        The text and who of the known keys signed it.

    Raises:
        InputError: "bad-note", as read_note.
        CheckFailed: "bad-signature" where a known key's signature does not hold; "not-signed" where no known
            key has signed.

    Source: C2SP signed-note, Signatures.
    """
    note = read_note(data, file=file)
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in verifiers:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise InputError("bad-key", f"Two keys bear the name and id of {key.name}.", field="keys")
    signers = tuple(
        verify_signature(note.text, one, known[one.name, one.key_id], file=file, line=line)
        for line, one in enumerate(note.signatures, note.text.count("\n") + 2)
        if (one.name, one.key_id) in known
    )
    if not signers:
        raise CheckFailed("not-signed", "None of the known keys has signed this note.", file=file)
    return OpenedNote(note.text, signers)


def verify_signature(
    text: str, signature: Signature, key: VerifierKey, *, file: str | None = None, line: int | None = None
) -> Signer:
    """Check one signature of a text by one key; file and line are those to name in errors.

    Raises:
        CheckFailed: "bad-signature".

    Source: C2SP signed-note, Ed25519 signatures; C2SP tlog-cosignature, Ed25519 signed message.
    """
    raw, message, signed_at = signature.raw, text.encode(), None
    if key.algorithm is Algorithm.COSIGNATURE:
        second = int.from_bytes(raw[:_TIME_LENGTH], "big")
        if len(raw) == _TIME_LENGTH + SIGNATURE_LENGTH and second <= _LATEST_SECOND:
            signed_at = datetime.fromtimestamp(second, UTC)
            message, raw = cosigned_message(text, second), raw[_TIME_LENGTH:]
    is_timed = signed_at is not None or key.algorithm is Algorithm.NOTE
    is_good = is_timed and signature.is_by(key) and len(raw) == SIGNATURE_LENGTH
    if not is_good or not key.has_signed(message, raw):
        raise CheckFailed(
            "bad-signature", f"The signature of {key.name} does not hold.", file=file, line=line
        )
    return Signer(key, signed_at)


def add_signatures(data: bytes, lines: Iterable[str]) -> bytes:
    """Add signature lines to a note, in the order given.

    Args:
        data: the note's bytes.
        lines: signature lines, each with or without its last LF.

    Returns:
        The longer note's bytes.

    Raises:
        InputError: "bad-note", also where a key's line already stands there.
    """
    note = read_note(data)
    return _note(note.text, [*note.signatures, *(_read_line(line.removesuffix("\n")) for line in lines)]).data


def cosign_text(text: str, key: SigningKey, signed_at: datetime) -> str:
    """Make the cosignature line of a checkpoint's text; checkpoints.cosign is the door to this.

    Args:
        text: the checkpoint's text, last LF included.
        key: of the algorithm COSIGNATURE.
        signed_at: aware, not before 1970; cut to whole seconds.

    Returns:
        The line, LF included.

    Raises:
        InputError: "wrong-algorithm".

    Source: C2SP tlog-cosignature, Format.
    """
    if key.verifier.algorithm is not Algorithm.COSIGNATURE:
        raise InputError("wrong-algorithm", f"The key {key.name} is not one that cosigns.", field="key")
    if signed_at.tzinfo is None:
        raise ValueError("a time without a zone cannot be signed")
    second = int(signed_at.timestamp())
    raw = second.to_bytes(_TIME_LENGTH, "big") + key.sign(cosigned_message(text, second))
    return Signature(key.name, key.verifier.key_id, raw).line


def cosigned_message(text: str, second: int) -> bytes:
    """Write the message a cosignature v1 signs.

    Args:
        text: the checkpoint's text, last LF included.
        second: POSIX time.

    Source: C2SP tlog-cosignature, Ed25519 signed message.
    """
    return f"cosignature/v1\ntime {second}\n{text}".encode()


def _sign(text: str, key: SigningKey) -> Signature:
    if key.verifier.algorithm is not Algorithm.NOTE:
        raise InputError("wrong-algorithm", f"The key {key.name} is not one that signs notes.", field="key")
    return Signature(key.name, key.verifier.key_id, key.sign(text.encode()))


def _note(text: str, signatures: list[Signature], first: int | None = None) -> Note:
    """Make a note; `first` is the line in which the first signature stands, where it was read."""
    if len(signatures) > MOST_SIGNATURES:
        raise _bad_note(f"The note has more than {MOST_SIGNATURES} signatures.")
    seen: set[tuple[str, bytes]] = set()
    for place, one in enumerate(signatures):
        if (one.name, one.key_id) in seen:
            raise _bad_note("One key has signed twice.", None if first is None else first + place)
        seen.add((one.name, one.key_id))
    return Note(text, tuple(signatures))


def _read_line(line: str, number: int | None = None) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    raw = decode_base64(encoded)
    if not line.startswith(_DASH) or not space or raw is None or len(raw) <= _KEY_ID_LENGTH:
        raise _bad_note("A signature line is a dash, the signer's name and base64.", number)
    try:
        require_key_name(name)
    except InputError as error:
        raise _bad_note(error.message, number) from None
    return Signature(name, raw[:_KEY_ID_LENGTH], raw[_KEY_ID_LENGTH:])


def _require_text(text: str) -> None:
    if not text.endswith("\n"):
        raise _bad_note("The text of a note ends with LF.")
    if any(symbol < " " and symbol != "\n" for symbol in text):
        raise _bad_note("A note holds no control characters but LF.")


def _bad_note(message: str, line: int | None = None) -> InputError:
    return InputError("bad-note", message, line=line)
