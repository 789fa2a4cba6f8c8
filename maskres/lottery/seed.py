"""The seed: SHA-256 of seed.txt, which joins the commitment and what every source said (spec V4, V5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maskres.errors import CheckFailed, InputError
from maskres.formats.values import is_sha256, is_slug, sha256_hex
from maskres.lottery.source_values import require_value
from maskres.lottery.sources import DeclaredSource

PROTOCOL = "maskres-draw-1"
MAX_SEED_FILE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SeedFile:
    """What seed.txt says.

    Attributes:
        commitment_sha256: SHA-256 of commitment.json, 64 lower-case hex digits.
        values: (source name, value) in the order of the file.
    """

    commitment_sha256: str
    values: tuple[tuple[str, str], ...]


def seed_file(commitment_sha256: str, sources: Sequence[DeclaredSource], values: Mapping[str, str]) -> bytes:
    """Write seed.txt.

    Args:
        commitment_sha256: SHA-256 of commitment.json, 64 lower-case hex digits.
        sources: as declared, in declared order.
        values: source name → rolls, `missing` or randomness; exactly the declared sources.

    Returns:
        The bytes of the file.

    Raises:
        InputError: "bad-value" naming the source, or "bad-digest".

    Source: spec V4.
    """
    if not is_sha256(commitment_sha256):
        raise InputError("bad-digest", "The commitment's digest must be 64 lower-case hex digits.")
    declared = [source.name for source in sources]
    for name in sorted(set(declared) ^ set(values)):
        what = "has no value yet" if name in declared else "was not declared"
        raise InputError("bad-value", f"The source {what}.", field=name)
    lines = [PROTOCOL, f"commitment {commitment_sha256}"]
    for source in sources:
        value = require_value(source, values[source.name], may_be_missing=len(sources) > 1)
        lines.append(f"{source.name} {value}")
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def seed_of(data: bytes) -> str:
    """Compute the seed from the bytes of seed.txt: 64 lower-case hex digits."""
    return sha256_hex(data)


def read_seed_file(data: bytes, file: str = "seed.txt") -> SeedFile:
    """Read seed.txt strictly.

    Args:
        data: the file's bytes.
        file: the name to give in errors.

    Returns:
        What it says; the values are not compared with the declared sources (see `check_seed_file`).

    Raises:
        InputError: "bad-seed-file", naming the line.

    Source: spec V4.
    """

    def refuse(line: int, message: str) -> InputError:
        return InputError("bad-seed-file", message, file=file, line=line)

    if len(data) > MAX_SEED_FILE_BYTES:
        raise refuse(1, "The file is far too long to be a seed file.")
    lines = data.split(b"\n")
    for number, line in enumerate(lines, start=1):
        if any(not 32 <= byte <= 126 for byte in line):
            raise refuse(number, "The line holds a byte that is not printable ASCII.")
    if lines[-1] != b"":
        raise refuse(len(lines), "The last line does not end with a line feed.")
    texts = [line.decode("ascii") for line in lines[:-1]]
    if not texts or texts[0] != PROTOCOL:
        raise refuse(1, f"The first line must be exactly: {PROTOCOL}")
    word, _, commitment = texts[1].partition(" ") if len(texts) > 1 else ("", "", "")
    if word != "commitment" or not is_sha256(commitment):
        raise refuse(2, "The second line must be: commitment, a space, 64 lower-case hex digits.")
    values: dict[str, str] = {}
    for number, text in enumerate(texts[2:], start=3):
        name, _, value = text.partition(" ")
        if not is_slug(name) or not value or " " in value or name in values:
            raise refuse(number, "The line must be: a source not named before, a space, its value.")
        values[name] = value
    if not values:
        raise refuse(len(lines), "The file names no source.")
    return SeedFile(commitment, tuple(values.items()))


def check_seed_file(
    data: bytes, commitment_sha256: str, sources: Sequence[DeclaredSource], file: str = "seed.txt"
) -> SeedFile:
    """Check that seed.txt is what this commitment and these sources give, byte by byte.

    Args:
        data: the file's bytes.
        commitment_sha256: SHA-256 of commitment.json.
        sources: as declared.
        file: the name to give in errors.

    Returns:
        What the file says.

    Raises:
        InputError: "bad-seed-file" or "bad-value" for a malformed file.
        CheckFailed: "seed-differs" for another commitment, or sources in another order.

    Source: spec V4.
    """
    found = read_seed_file(data, file)
    if found.commitment_sha256 != commitment_sha256:
        raise CheckFailed("seed-differs", "The seed file names another commitment.", file=file, line=2)
    if data != seed_file(commitment_sha256, sources, dict(found.values)):
        raise CheckFailed(
            "seed-differs", "The sources do not stand in their declared order.", file=file, line=3
        )
    return found
