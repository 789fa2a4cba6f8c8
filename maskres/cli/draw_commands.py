"""`draw` and `allocate`: published files in, published files out; no database, no configuration.

Anyone can run these two on a bundle's files and compare the bytes. The engine (numpy) is imported inside the
commands, so that nobody else's command waits for it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from maskres.errors import InputError

_INPUT = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUTPUT = click.Path(dir_okay=False, path_type=Path)
_COPY_BYTES = 1 << 20


class HashingWriter:
    """Writes to a stream and keeps the SHA-256 of what went through."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._state = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write bytes."""
        self._state.update(data)
        return self._stream.write(data)

    def sha256(self) -> str:
        """Give the SHA-256 of everything written, 64 lower-case hex digits."""
        return self._state.hexdigest()


@contextmanager
def write_whole(path: Path) -> Iterator[HashingWriter]:
    """Open a file for writing so that it appears whole or not at all.

    What is written goes to a new file in the same folder, which takes the name at the end; if anything fails
    it is removed, and an older file of that name stays as it was. The disk is not waited for (a second for a
    large result): what is lost in a power cut can be drawn again, byte for byte.

    Args:
        path: the file to write; its folder must exist.

    Returns:
        The writer.

    Raises:
        InputError: "cannot-write" naming the file.
    """
    if path.exists() and not path.is_file():
        raise InputError(
            "cannot-write", "There is something of that name that is not a file.", file=path.name
        )
    part = path.with_name(f".{path.name}.{os.urandom(8).hex()}.part")
    try:
        with part.open("xb") as stream:
            yield HashingWriter(stream)
        part.replace(path)
    except OSError as error:
        raise InputError(
            "cannot-write", f"The file cannot be written: {error.strerror}.", file=path.name
        ) from error
    finally:
        part.unlink(missing_ok=True)


def read_quotas(texts: Sequence[str]) -> dict[str, int]:
    """Read quotas written STRATUM=K.

    Args:
        texts: one text a stratum.

    Returns:
        Stratum → how many win.

    Raises:
        InputError: "bad-quota", "bad-slug" or "bad-integer", field "--quota".
    """
    from maskres.formats.values import parse_integer, require_slug

    quotas: dict[str, int] = {}
    for text in texts:
        stratum, is_there, quota = text.partition("=")
        if not is_there:
            raise InputError("bad-quota", f"{text!r:.60} is not written STRATUM=NUMBER.", field="--quota")
        require_slug(stratum, field="--quota")
        if stratum in quotas:
            raise InputError("bad-quota", f"The stratum {stratum} has two quotas.", field="--quota")
        quotas[stratum] = parse_integer(quota, field="--quota")
    return quotas


def _refuse_overwriting(out: Path, *inputs: Path) -> None:
    if out.exists() and any(out.samefile(path) for path in inputs):
        raise InputError("cannot-write", "The output would replace an input.", file=out.name, field="--out")


@click.command()
@click.option("--pool", "pool_path", required=True, type=_INPUT, help="pool.csv of the commitment.")
@click.option("--seed", required=True, metavar="HEX", help="The seed: sha256sum of seed.txt, 64 hex digits.")
@click.option(
    "--quota", "quota_texts", multiple=True, metavar="STRATUM=K", help="Winners of a stratum; once each."
)
@click.option("--out", required=True, type=_OUTPUT, help="Where to write result.csv.")
@click.option(
    "--engine",
    type=click.Choice(["memory", "duckdb"]),
    default="memory",
    show_default=True,
    help="duckdb sorts on disk, beside the output: slower, for pools larger than memory.",
)
def draw(pool_path: Path, seed: str, quota_texts: tuple[str, ...], out: Path, engine: str) -> None:
    """Draw the winners from a pool: the smallest tickets win."""
    from maskres.lottery.tickets import require_seed

    require_seed(seed)
    quotas = read_quotas(quota_texts)
    _refuse_overwriting(out, pool_path)
    draw_by = _draw_on_disk if engine == "duckdb" else _draw_in_memory
    sizes, cutoffs, sha256 = draw_by(pool_path, quotas, seed, out)
    for stratum, size in sizes.items():
        cutoff = f", cutoff {cutoffs[stratum]}" if stratum in cutoffs else ""
        click.echo(f"{stratum}: {min(size, quotas[stratum])} of {size} won{cutoff}")
    click.echo(f"{sha256}  {out.name}")


_Drawn = tuple[Mapping[str, int], Mapping[str, str], str]
"""Stratum → how many in the pool, stratum → cutoff, and the SHA-256 of result.csv."""


def _draw_in_memory(pool_path: Path, quotas: Mapping[str, int], seed: str, out: Path) -> _Drawn:
    from maskres.lottery.draw import draw as draw_pool
    from maskres.lottery.pool import read_pool
    from maskres.lottery.results import write_result

    pool = read_pool(pool_path)
    result = draw_pool(pool, quotas, seed)
    with write_whole(out) as stream:
        write_result(result, stream)
    return pool.count_by_stratum(), result.cutoffs or {}, stream.sha256()


def _draw_on_disk(pool_path: Path, quotas: Mapping[str, int], seed: str, out: Path) -> _Drawn:
    import duckdb

    from maskres.lottery.disk_draw import draw_on_disk
    from maskres.lottery.draw import require_quotas
    from maskres.lottery.pool import count_pool
    from maskres.lottery.results import HEADER

    sizes = count_pool(pool_path)
    require_quotas(sizes, quotas)
    try:
        with write_whole(out) as stream, tempfile.TemporaryDirectory(dir=out.parent, prefix=".draw-") as name:
            lines, cutoffs = draw_on_disk(pool_path, quotas, seed, Path(name))
            stream.write(HEADER)
            with lines.open("rb") as drawn:
                shutil.copyfileobj(drawn, stream, _COPY_BYTES)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise InputError("cannot-write", f"DuckDB cannot draw here: {reason}", file=out.name) from error
    return sizes, cutoffs, stream.sha256()


@click.command()
@click.option("--result", "result_path", required=True, type=_INPUT, help="result.csv of the draw.")
@click.option("--wishes", "wishes_path", required=True, type=_INPUT, help="wishes.csv of the winners.")
@click.option("--slots", "slots_path", required=True, type=_INPUT, help="slots.csv of the commitment.")
@click.option("--seed", required=True, metavar="HEX", help="The seed: sha256sum of seed.txt, 64 hex digits.")
@click.option("--out", required=True, type=_OUTPUT, help="Where to write allocation.csv.")
def allocate(result_path: Path, wishes_path: Path, slots_path: Path, seed: str, out: Path) -> None:
    """Place the winners in stores and slots, in the order of a second draw."""
    from concurrent.futures import ThreadPoolExecutor

    from maskres.lottery.allocation import allocate as allocate_winners
    from maskres.lottery.placements import write_allocation
    from maskres.lottery.results import read_result
    from maskres.lottery.slots import read_slots
    from maskres.lottery.tickets import require_seed
    from maskres.lottery.wishes import read_wishes

    require_seed(seed)
    _refuse_overwriting(out, result_path, wishes_path, slots_path)
    with ThreadPoolExecutor(1) as beside:
        slots = read_slots(slots_path)
        # The two large files are read at once: work on arrays leaves the interpreter to the other thread.
        reading = beside.submit(read_result, result_path)
        wishes = read_wishes(wishes_path)
        winners = reading.result().winners
    placements = allocate_winners(winners, wishes, slots, seed)
    with write_whole(out) as stream:
        write_allocation(placements, stream)
    counts = placements.count_by_choice()
    by_choice = sum(count for choice, count in counts.items() if choice.isdigit())
    click.echo(f"by choice: {by_choice}, of these first choice: {counts['1']}")
    click.echo(f"by district: {counts['d']}")
    click.echo(f"by city: {counts['c']}")
    click.echo(f"unplaced: {counts['-']}")
    click.echo(f"{stream.sha256()}  {out.name}")


COMMANDS: Sequence[click.Command] = (draw, allocate)
"""What this file adds to the command line."""
