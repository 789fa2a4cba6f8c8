#!/usr/bin/env python3
"""Check the published bundle of a draw: recompute everything that follows from its files, trust no digest in it.

    python3 verify_draw.py BUNDLE [--keys FILE] [--origin NAME] [--round SLUG]

BUNDLE is the folder or the zip. Python 3.9 or later and its standard library are enough; nothing is written. The
program was written from the text of the specification (docs/spec/draw.md); "spec T1" is step T1 of it. Every
mismatch is a line `FILE:LINE: CODE: SENTENCE` on the standard output. The exit status is 0 where there is none, 1 where
there is any, 2 where BUNDLE cannot be read as a bundle at all (and then nothing was checked).

What cannot be checked here: Ed25519 signatures and the beacon's BLS signature, which the standard library does not
know. Who is said to have signed, and when, is read and compared with the order of events; that they did sign is
checked by `python -m maskres verify`. Nor does any program see whether the registers were honest, or what places a
batch could have offered. And a verifier that comes with the evidence proves little: compare this file's SHA-256 with
the one published apart, or write your own.

How to read it: 1 findings, 2 the bundle, 3 JSON, 4 CSV, 5 trees, 6 keys and checkpoints, 7 the ledger,
8 the commitment, 9 the order of events, 10 the pool, 11 the seed, 12 the draw, 13 stores and slots, 14 batches,
15 the audit, 16 everything in turn.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import gc
import hashlib
import json
import os
import re
import signal
import stat
import struct
import sys
import zipfile
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from heapq import heapify, heappop, heapreplace
from itertools import chain, count, repeat, zip_longest
from operator import lt
from typing import Any, BinaryIO

sha256 = hashlib.sha256

# ---------------------------------------------------------------------------------------------------------------------
# 1  Findings
# ---------------------------------------------------------------------------------------------------------------------


class Wrong(Exception):
    """A mismatch that ends the check it stands in: file, line or None, code, sentence."""


class Refused(Exception):
    """BUNDLE cannot be read as a bundle, or not safely."""


def printable(text: object) -> str:
    """Give a text as plain ASCII on one line, so that no file can write on the reader's terminal."""
    return "".join(c if " " <= c <= "~" else ascii(c)[1:-1] for c in str(text)[:400])


class Report:
    """Prints mismatches as they are found and counts them."""

    SHOWN = 25  # of one file and one code; the rest are counted

    def __init__(self) -> None:
        self.count = 0
        self.unchecked: list[str] = []
        self._shown: Counter[tuple[str, str]] = Counter()

    def wrong(self, file: str, line: int | None, code: str, sentence: str) -> None:
        """Print a mismatch."""
        self.count += 1
        self._shown[file, code] += 1
        if self._shown[file, code] <= self.SHOWN:
            place = printable(file) + (f":{line}" if line else "")
            print(f"{place}: {code}: {printable(sentence)}")

    def wrong_entry(self, entry: Entry, code: str, sentence: str) -> None:
        """Print a mismatch of an entry of the ledger."""
        self.wrong(LEDGER, entry.line, code, sentence)

    def say(self, sentence: str) -> None:
        """Print something that is not a mismatch."""
        print(f"note: {printable(sentence)}")

    def attempt(self, what: str, check: Callable[..., Any], *needed: Any) -> Any:
        """Run one check; give its answer, or None where it ended in a mismatch or what it needs is not there."""
        if any(each is None for each in needed):
            self.unchecked.append(what)
            return None
        try:
            return check(*needed)
        except Wrong as wrong:
            self.wrong(*wrong.args)
            self.unchecked.append(f"{what} (any further)")
            return None

    def finish(self) -> int:
        """Print the rest of what was counted, and give the exit status."""
        for (file, code), found in self._shown.items():
            if found > self.SHOWN:
                print(f"{printable(file)}: {code}: and {found - self.SHOWN} more like these")
        if self.unchecked:
            print("note: because of the above not checked: " + "; ".join(self.unchecked))
        print(
            "note: not checked, the standard library cannot: Ed25519 signatures, the beacon's BLS signature"
        )
        print(
            "note: no program can check: that the registers were honest; that room-N.csv held all places there were"
        )
        print(f"{self.count} mismatches" if self.count else "no mismatch")
        return 1 if self.count else 0


# ---------------------------------------------------------------------------------------------------------------------
# 2  The bundle: a folder or a zip, read with suspicion (spec Z1 to Z6, X5)
# ---------------------------------------------------------------------------------------------------------------------

BATCH = "[1-9][0-9]{0,3}"
PLAIN_FILES = (  # noqa: SIM905
    "rules.json registered.csv pool.csv excluded.csv disputed.csv slots.csv commitment.json beacon.json seed.txt"
    " result.csv wishes.csv allocation.csv audit.json ledger.jsonl keys.json verify_draw.py README SHA256SUMS"
).split()
KNOWN = re.compile(
    "|".join(map(re.escape, PLAIN_FILES))
    + f"|(?:changes|room|wishes|promotion)-{BATCH}\\.csv|checkpoints/[1-9][0-9]{{0,11}}"
)
SAFE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,79})?")

MOST_FILES, MOST_BYTES, MOST_RATIO = 50_000, 8 << 30, 200
MOST_DIRECTORY_BYTES = 16 << 20
MOST_JSON, MOST_LINE, MOST_ENTRIES = 16 << 20, 1 << 16, 50_000_000
BLOCK = 1 << 20


class Bundle:
    """The files of a bundle: name to size, and reading; links, odd names and bombs are refused before anything is."""

    def __init__(self, path: str) -> None:
        self.sizes: dict[str, int] = {}
        self._path = path
        self._zip: zipfile.ZipFile | None = None
        try:
            mode = os.stat(path).st_mode
            if stat.S_ISDIR(mode):
                self._list_folder()
            elif stat.S_ISREG(mode):
                self._list_zip()
            else:
                raise Refused("this is neither a folder nor a file")
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise Refused(f"it cannot be read: {error}") from None
        if sum(self.sizes.values()) > MOST_BYTES:
            raise Refused("it holds more than a bundle can")

    def __contains__(self, name: str) -> bool:
        return name in self.sizes

    def _add(self, name: str, size: int) -> None:
        if SAFE_NAME.fullmatch(name) is None:
            raise Refused(f"the name {name!r:.80} is not one of a bundle's file")
        if name in self.sizes:
            raise Refused(f"{name} stands in it twice")
        if len(self.sizes) >= MOST_FILES:
            raise Refused("it holds more files than a bundle can")
        self.sizes[name] = size

    def _list_folder(self, prefix: str = "") -> None:
        with os.scandir(os.path.join(self._path, prefix)) as entries:
            for entry in entries:
                if not prefix and entry.is_dir(follow_symlinks=False) and entry.name == "checkpoints":
                    self._list_folder("checkpoints/")
                elif entry.is_file(follow_symlinks=False):
                    self._add(prefix + entry.name, entry.stat(follow_symlinks=False).st_size)
                else:
                    raise Refused(f"{prefix}{entry.name!r:.80} is a link, a folder or no plain file")

    def _list_zip(self) -> None:
        with open(self._path, "rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - 65_557))
            tail = stream.read(65_557)
        end = tail.rfind(b"PK\5\6")
        if end < 0 or len(tail) < end + 22:
            raise Refused("it is neither a folder nor a zip")
        count, directory_bytes = struct.unpack("<HI", tail[end + 10 : end + 16])
        if count > MOST_FILES or directory_bytes > MOST_DIRECTORY_BYTES:
            raise Refused("its directory is longer than a bundle's can be")
        self._zip = zipfile.ZipFile(self._path)
        for member in self._zip.infolist():
            if member.filename == "checkpoints/":
                continue
            mode = member.external_attr >> 16
            if member.flag_bits & 1 or stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise Refused(f"{member.filename!r:.80} is encrypted or no plain file")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Refused(f"{member.filename!r:.80} is packed in an unusual way")
            if member.file_size > MOST_RATIO * max(member.compress_size, 1):
                raise Refused(f"{member.filename!r:.80} is packed more tightly than such files can be")
            self._add(member.filename, member.file_size)

    def size(self, name: str) -> int:
        """Give the size of a file that must be there."""
        if name not in self.sizes:
            raise Wrong(name, None, "missing-file", "The file is missing.")
        return self.sizes[name]

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open a file that must be there; a damaged zip is a mismatch of the file at hand."""
        self.size(name)
        try:
            if self._zip is None:
                flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
                with os.fdopen(os.open(os.path.join(self._path, name), flags), "rb") as plain:
                    yield plain
            else:
                with self._zip.open(name) as packed:
                    yield packed  # type: ignore[misc]
        except (OSError, EOFError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise Wrong(name, None, "damaged", f"The file cannot be read: {error}") from None
        except Exception as error:
            if type(error).__module__ == "zlib":
                raise Wrong(name, None, "damaged", f"The file cannot be unpacked: {error}") from None
            raise

    def blocks(self, name: str) -> Iterator[bytes]:
        """Give the bytes of a file, block by block and never more than its size."""
        left = self.size(name)
        with self.open(name) as stream:
            while left > 0:
                block = stream.read(min(BLOCK, left))
                if not block:
                    return
                left -= len(block)
                yield block

    def whole(self, name: str, most: int = MOST_JSON) -> bytes:
        """Give the bytes of a small file."""
        size = self.size(name)
        if size > most:
            said = f"The file has {size} bytes; such a file has {most} at most."
            raise Wrong(name, None, "too-large", said)
        return b"".join(self.blocks(name))


class Digest:
    """SHA-256 of a file as 64 hex digits, and its line feeds."""

    def __init__(self, bundle: Bundle, name: str) -> None:
        self.name = name
        state, self.lines = sha256(), 0
        for block in bundle.blocks(name):
            state.update(block)
            self.lines += block.count(b"\n")
        self.sha256 = state.hexdigest()

    def require(self, said: dict[str, Any], where: str) -> None:
        """Refuse where a `sha256` and `entries` written elsewhere are not this file's."""
        if self.sha256 != said["sha256"]:
            sentence = f"Its SHA-256 is {self.sha256}, but {where} says {said['sha256']}."
            raise Wrong(self.name, None, "digest-differs", sentence)
        if self.lines - 1 != said["entries"]:
            sentence = f"It has {self.lines - 1} entries, but {where} says {said['entries']}."
            raise Wrong(self.name, None, "count-differs", sentence)


Digests = dict[str, Digest]


def check_sums(report: Report, bundle: Bundle) -> Digests:
    """Digest every file, and compare with SHA256SUMS; the digests found are the ones used from here on."""
    found: Digests = {}
    for name in sorted(bundle.sizes):
        if KNOWN.fullmatch(name) is None:
            report.wrong(name, None, "unknown-file", "A file of this name does not belong in a bundle.")
        elif name != "SHA256SUMS":
            digest = report.attempt(f"digest of {name}", Digest, bundle, name)
            if digest is not None:
                found[name] = digest
    said = report.attempt("SHA256SUMS", read_sums, bundle)
    if said is not None:
        for name in sorted(set(said) - set(bundle.sizes)):
            report.wrong(name, None, "missing-file", "SHA256SUMS lists this file, but it is missing.")
        for name in found:
            if name not in said:
                report.wrong(name, None, "unlisted-file", "SHA256SUMS does not list this file.")
            elif said[name] != found[name].sha256:
                sentence = f"Its SHA-256 is {found[name].sha256}, but SHA256SUMS says {said[name]}."
                report.wrong(name, None, "digest-differs", sentence)
    return found


def read_sums(bundle: Bundle) -> dict[str, str]:
    """Read SHA256SUMS: digest, two spaces, name; sorted by name."""
    file = "SHA256SUMS"
    text = bundle.whole(file).decode("utf-8", "replace")
    if text and not text.endswith("\n"):
        raise Wrong(file, text.count("\n") + 1, "bad-sums", "The last line does not end with LF.")
    sums: dict[str, str] = {}
    last = ""
    for number, line in enumerate(text.split("\n")[:-1], 1):
        found = re.fullmatch(r"([0-9a-f]{64})  (\S{1,161})", line)
        if found is None or found[2] <= last or found[2] == file:
            raise Wrong(file, number, "bad-sums", "This is not the next line of a list of digests.")
        last = found[2]
        sums[last] = found[1]
    return sums


# ---------------------------------------------------------------------------------------------------------------------
# 3  JSON so strict that two readers cannot disagree (spec B1, B3, B8)
# ---------------------------------------------------------------------------------------------------------------------

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
HEX64 = re.compile(r"[0-9a-f]{64}")
COUNT = range(10**12)
POSITIVE = range(1, 10**12)
EPOCH = datetime(1970, 1, 1)
LAST_SECOND = 253402300799  # of the year 9999


def line_of(data: bytes, position: int) -> int:
    """Tell in which line a byte stands."""
    return data.count(b"\n", 0, position) + 1


def parse_json(data: bytes, file: str, line: int | None = None) -> dict[str, Any]:
    """Read one object; `line` is where it stands in a file of several, which then has no LF of its own."""

    def refuse(sentence: str, at: int = 0) -> Wrong:
        return Wrong(file, line or at or None, "bad-json", sentence)

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in members}) < len(members):
            raise refuse("A member stands twice.")
        return dict(members)

    def integer(digits: str) -> int:
        if len(digits) > 12:
            raise refuse("A number has more than twelve digits.")
        return int(digits)

    def no_number(text: str) -> None:
        raise refuse(f"{text:.40} is not a whole number.")

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse("It is not UTF-8.", line_of(data, error.start)) from None
    if text.startswith("\ufeff"):
        raise refuse("It begins with a byte order mark.", 1)
    if "\r" in text:
        raise refuse("It holds a carriage return.", line_of(data, data.index(b"\r")))
    if line is None and not text.endswith("\n"):
        raise refuse("The last line does not end with LF.", data.count(b"\n") + 1)
    try:
        value = json.loads(
            text, object_pairs_hook=pairs, parse_int=integer, parse_float=no_number, parse_constant=no_number
        )
        if type(value) is not dict:
            raise refuse("It is not one object.")
        if holds_bad_text(value):
            raise refuse("A text holds NUL or half a character.")
    except json.JSONDecodeError as error:
        raise refuse(f"It is not JSON: {error.msg}.", error.lineno) from None
    except RecursionError:
        raise refuse("It is nested too deeply.") from None
    return value


def holds_bad_text(value: Any) -> bool:
    """Tell whether NUL or a lone surrogate stands anywhere in a value."""
    if isinstance(value, str):
        return "\0" in value or any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, dict):
        return any(map(holds_bad_text, chain(value, value.values())))
    return isinstance(value, list) and any(map(holds_bad_text, value))


class Map:
    """The shape of an object from slugs to what has the inner shape."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner


class Either:
    """The shape of what has one of some shapes."""

    def __init__(self, *shapes: Any) -> None:
        self.shapes = shapes


def misfit(value: Any, shape: Any, path: str = "") -> str | None:
    """Give the path of the first member that has not the shape wanted, or None.

    A shape is a dict (an object of exactly these members; "name?" may be missing), a list of one (a list of such), a
    range (a whole number), a pattern (a text that fits it), a Map, an Either, a function, or the value itself.
    """
    if isinstance(shape, dict):
        if type(value) is not dict:
            return path or "the whole"
        known = {name.rstrip("?"): inner for name, inner in shape.items()}
        odd = [name for name in value if name not in known]
        odd += [name for name in shape if not name.endswith("?") and name not in value]
        if odd:
            return f"{path}.{odd[0]}".lstrip(".")
        checks = (misfit(value[name], known[name], f"{path}.{name}".lstrip(".")) for name in value)
    elif isinstance(shape, Map):
        if type(value) is not dict or len(value) > 1000:
            return path
        bad = [f"{path}.{name}" for name in value if SLUG.fullmatch(name) is None]
        checks = (misfit(each, shape.inner, f"{path}.{name}") for name, each in value.items())
        return next(chain(bad, filter(None, checks)), None)
    elif isinstance(shape, list):
        if type(value) is not list or len(value) > 1000:
            return path
        checks = (misfit(each, shape[0], f"{path}[{place}]") for place, each in enumerate(value))
    elif isinstance(shape, Either):
        found = [misfit(value, each, path) for each in shape.shapes]
        return None if None in found else found[-1]
    else:
        if isinstance(shape, range):
            fits = type(value) is int and value in shape
        elif isinstance(shape, re.Pattern):
            fits = type(value) is str and shape.fullmatch(value) is not None
        elif callable(shape):
            fits = bool(shape(value))
        else:
            fits = type(value) is type(shape) and value == shape
        return None if fits else path
    return next(filter(None, checks), None)


def require_shape(value: Any, shape: Any, file: str, line: int | None = None) -> None:
    """Refuse a value of another shape."""
    path = misfit(value, shape)
    if path is not None:
        raise Wrong(file, line, "bad-member", f"{path} is missing, unknown or not what it must be.")


@lru_cache(maxsize=1 << 12)
def seconds(text: str) -> int | None:
    """Read a time as seconds since 1970, or give None; the slots of a city share a few hundred times."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}T([01][0-9]|2[0-3])(:[0-9]{2}){2}Z", text):
        return None
    try:
        return (datetime.fromisoformat(text[:-1]) - EPOCH) // timedelta(seconds=1)
    except ValueError:
        return None


def is_time(value: Any) -> bool:
    """Tell whether something is a time."""
    return type(value) is str and seconds(value) is not None


def is_date(value: Any) -> bool:
    """Tell whether something is a date."""
    return type(value) is str and len(value) == 10 and is_time(value + "T00:00:00Z")


# ---------------------------------------------------------------------------------------------------------------------
# 4  CSV, and registration numbers (spec B1 to B7, N4, F1)
# ---------------------------------------------------------------------------------------------------------------------

ALPHABET = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBER_FIELD = (rb"[0-9A-HJKMNP-TV-Z]{12}", "bad-number")
SLUG_FIELD = (rb"[a-z0-9][a-z0-9-]{0,39}", "bad-slug")
EMPTY_OR_SLUG = (rb"(?:[a-z0-9][a-z0-9-]{0,39})?", "bad-slug")
TIME_FIELD = (rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", "bad-time")
COUNTED = (rb"[1-9][0-9]{0,11}", "bad-integer")
CAUSES = (b"cancelled", b"disqualified", b"displaced", b"forfeited", b"lapsed", b"withdrawn")

Fields = dict[str, tuple[bytes, str]]  # column → pattern, and code of what does not fit
Columns = list[list[bytes]]
Row = tuple[int, tuple[bytes, ...]]  # number of the line, its fields
NUMBER_ALONE: Fields = {"number": NUMBER_FIELD}
TABLES: dict[str, Fields] = {
    "registered": NUMBER_ALONE,
    "disputed": NUMBER_ALONE,
    "excluded": {"number": NUMBER_FIELD, "reason": SLUG_FIELD},
    "pool": {
        "number": NUMBER_FIELD,
        "stratum": SLUG_FIELD,
        "tickets": (rb"10|[1-9]", "bad-integer"),
        "seal": (rb"[0-9a-f]{40}", "bad-hex"),
    },
    "slots": {
        "district": SLUG_FIELD,
        "store": SLUG_FIELD,
        "slot": SLUG_FIELD,
        "starts_at": TIME_FIELD,
        "ends_at": TIME_FIELD,
        "capacity": COUNTED,
    },
    "result": {
        "rank": COUNTED,
        "number": NUMBER_FIELD,
        "stratum": SLUG_FIELD,
        "ticket": (rb"[0-9a-f]{16}", "bad-hex"),
        "outcome": (rb"won|waiting", "bad-value"),
    },
    "wishes": {
        "number": NUMBER_FIELD,
        "holder": (rb"[0-9a-f]{64}", "bad-hex"),
        "salt": (rb"[0-9a-f]{32}", "bad-hex"),
        "district": SLUG_FIELD,
        "reach": (rb"city|district|choices", "bad-value"),
        "choices": (rb"(?:[a-z0-9][a-z0-9-]{0,39}(?:\|[a-z0-9][a-z0-9-]{0,39}){0,19})?", "bad-choices"),
    },
    "allocation": {
        "place": COUNTED,
        "number": NUMBER_FIELD,
        "store": EMPTY_OR_SLUG,
        "slot": EMPTY_OR_SLUG,
        "choice": (rb"1[0-9]|20|[1-9]|d|c|-", "bad-value"),
    },
    "changes": {"number": NUMBER_FIELD, "cause": (b"|".join(CAUSES), "bad-value")},
}
TABLES["room"], TABLES["promotion"] = TABLES["slots"], TABLES["allocation"]

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
PLAIN = bytes(_VALUE.get(byte, 0) for byte in range(256))
DOUBLED = bytes(2 * value // 32 + 2 * value % 32 for value in PLAIN)
MODULO_32 = bytes(byte % 32 for byte in range(256))


def fields_of(name: str) -> Fields:
    """Give the fields of a file by its name: wishes-3.csv has those of wishes.csv."""
    return TABLES[re.split(r"[-.]", name)[0]]


def wrong_check_symbol(numbers: Sequence[bytes]) -> int | None:
    """Find the first number whose Luhn mod 32 sum is not 0 (spec N4), or give None.

    All numbers are summed at once: the values of one column of symbols, a byte each, are one long integer. Six columns
    and a remainder add up to less than 256, so no byte runs over into its neighbour.
    """
    packed = b"".join(numbers)
    sums = bytes(len(numbers))
    for half in (range(6), range(6, 12)):
        total = int.from_bytes(sums, "big")
        for column in half:
            values = packed[column::12].translate(PLAIN if column % 2 else DOUBLED)
            total += int.from_bytes(values, "big")
        sums = total.to_bytes(len(numbers), "big").translate(MODULO_32)
    return next((place for place, left in enumerate(sums) if left), None) if any(sums) else None


def explain(name: str, number: int, line: bytes) -> Wrong | None:
    """Say why a line cannot stand in a file, whatever the other lines are; None where it can."""
    columns = fields_of(name)
    if len(line) > MOST_LINE:
        return Wrong(name, number, "line-too-long", f"The line is longer than {MOST_LINE} bytes.")
    for byte, code, what in (
        (b"\r", "carriage-return", "a carriage return"),
        (b'"', "quotes", "quotes"),
        (b"\0", "nul", "NUL"),
    ):
        if byte in line:
            return Wrong(name, number, code, f"The line holds {what}.")
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return Wrong(name, number, "not-utf-8", "The line is not UTF-8.")
    fields = line.split(b",")
    if len(fields) != len(columns):
        said = f"The line has {len(fields)} fields, not {len(columns)}."
        return Wrong(name, number, "wrong-column-count", said)
    for (column, (pattern, code)), field in zip(columns.items(), fields):
        if column == "choices" and len(set(field.split(b"|"))) < len(field.split(b"|")):
            return Wrong(name, number, code, "A store is chosen twice.")
        is_right = re.fullmatch(pattern, field) is not None
        if not is_right or (column == "number" and wrong_check_symbol([field]) is not None):
            return Wrong(name, number, code, f"{column} cannot be {field[:60]!r}.")
        if column.endswith("_at") and seconds(field.decode()) is None:
            return Wrong(name, number, code, f"{column} cannot be {field[:60]!r}.")
    return None


def whole_lines(bundle: Bundle, name: str) -> Iterator[tuple[int, bytes]]:
    """Give blocks of whole lines, each with the number of its first line."""
    number, rest = 1, b""
    for block in bundle.blocks(name):
        rest += block
        cut = rest.rfind(b"\n") + 1
        if cut:
            yield number, rest[:cut]
            number += rest.count(b"\n", 0, cut)
            rest = rest[cut:]
        if len(rest) > MOST_LINE:
            raise Wrong(name, number, "line-too-long", f"The line is longer than {MOST_LINE} bytes.")
    if rest:
        raise Wrong(name, number, "missing-last-lf", "The last line does not end with LF.")


def read_columns(bundle: Bundle, name: str) -> Iterator[tuple[int, Columns, list[bytes]]]:
    """Read a CSV file by blocks: number of the first line, a list of fields a column, the lines with their LFs."""
    fields = fields_of(name)
    header = ",".join(fields).encode() + b"\n"
    line_pattern = b",".join(b"(?:" + pattern + b")" for pattern, _ in fields.values())
    find_lines = re.compile(b"^" + line_pattern + b"\n", re.MULTILINE).findall
    has_header = False
    for first, block in whole_lines(bundle, name):
        if not has_header:
            has_header = True
            require_header(name, block, header)
            first, block = 2, block[len(header) :]
        if first > MOST_ENTRIES:
            raise Wrong(name, first, "too-large", "The file has more lines than this program takes.")
        lines = find_lines(block)
        if len(lines) != block.count(b"\n"):
            raise next(filter(None, map(explain, repeat(name), count(first), block.split(b"\n"))))
        every = block.replace(b"\n", b",").split(b",")[:-1]
        columns = [every[place :: len(fields)] for place in range(len(fields))]
        if "number" in fields:
            numbers = columns[list(fields).index("number")]
            bad = wrong_check_symbol(numbers)
            if bad is not None:
                said = f"The check symbol of {numbers[bad].decode()} is wrong."
                raise Wrong(name, first + bad, "bad-number", said)
        yield first, columns, lines
    if not has_header:
        raise Wrong(name, 1, "bad-header", "The header is missing.")


def require_header(name: str, data: bytes, header: bytes) -> None:
    """Refuse a first line that is not the header."""
    if data.startswith(header):
        return
    line = data.partition(b"\n")[0]
    code = "quotes" if b'"' in line else "bad-header"
    code = "carriage-return" if b"\r" in line else code
    code = "byte-order-mark" if line.startswith(b"\xef\xbb\xbf") else code
    raise Wrong(name, 1, code, f"The first line must be exactly {header.decode().strip()}.")


def require_order(name: str, first: int, keys: Sequence[Any], last: Any) -> Any:
    """Refuse keys that do not ascend, each against the one before; give the last of them."""
    if not all(map(lt, chain([last], keys), keys)):
        for number, (before, key) in enumerate(zip(chain([last], keys), keys), first):
            if not before < key:
                code = "repeated-key" if before == key else "not-sorted"
                raise Wrong(name, number, code, "The line does not stand after the line above it.")
    return keys[-1] if keys else last


def read_sorted(bundle: Bundle, name: str) -> Iterator[tuple[int, Columns, list[bytes]]]:
    """Read a CSV file sorted by number, its first column."""
    last = b""
    for first, columns, lines in read_columns(bundle, name):
        last = require_order(name, first, columns[0], last)
        yield first, columns, lines


def read_rows(blocks: Iterable[tuple[int, Columns, list[bytes]]]) -> Iterator[Row]:
    """Give the lines of what was read one by one: number of the line, its fields."""
    for first, columns, _lines in blocks:
        yield from enumerate(zip(*columns), first)


def compare(case: Case, name: str, expected: Iterator[bytes], code: str) -> None:
    """Compare a file with the bytes it must have, which come in blocks of whole lines; report every line."""
    number = 1
    with case.bundle.open(name) as stream:
        for block in expected:
            found = stream.read(len(block))
            if found == block:
                number += block.count(b"\n")
                continue
            must = chain.from_iterable(each.split(b"\n")[:-1] for each in chain([block], expected))
            rest = chain([found], iter(lambda: stream.read(BLOCK), b""))
            pairs = zip_longest(must, split_lines(name, rest, number))
            for line, (want, have) in enumerate(pairs, number):
                if want != have:
                    odd = explain(name, line, have) if have is not None and line > 1 else None
                    texts = ("nothing" if each is None else repr(each[:120]) for each in (want, have))
                    said = "The line must be {}, but is {}.".format(*texts)
                    case.wrong(*(odd.args if odd else (name, line, code, said)))
            return
        if stream.read(1):
            case.wrong(name, number, code, "The file must end above this line.")


def split_lines(
    name: str,
    blocks: Iterable[bytes],
    number: int = 1,
    most: int = MOST_LINE,
    said: str = f"{MOST_LINE} bytes",
) -> Iterator[bytes]:
    """Give the lines of a file, or of the rest of it from a line on, without their LFs."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
        number += len(lines)
        if len(rest) > most:
            raise Wrong(name, number, "line-too-long", f"The line is longer than {said}.")
    if rest:
        raise Wrong(name, number, "missing-last-lf", "The last line does not end with LF.")


# ---------------------------------------------------------------------------------------------------------------------
# 5  Trees (spec L5; RFC 6962, section 2.1)
# ---------------------------------------------------------------------------------------------------------------------


class Tree:
    """A growing Merkle tree; only the roots of its complete parts are kept, largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf by its bytes."""
        self.size += 1
        self._parts.append(sha256(b"\0" + leaf).digest())
        size = self.size
        while size % 2 == 0:
            right, left = self._parts.pop(), self._parts.pop()
            self._parts.append(sha256(b"\1" + left + right).digest())
            size //= 2

    def root(self) -> bytes:
        """Give the root over all leaves so far."""
        if not self._parts:
            return sha256(b"").digest()
        *others, root = self._parts
        for left in reversed(others):
            root = sha256(b"\1" + left + root).digest()
        return root


# ---------------------------------------------------------------------------------------------------------------------
# 6  Keys and checkpoints (spec H1 to H6, Y1 to Y3; C2SP signed-note, tlog-checkpoint, tlog-cosignature)
# ---------------------------------------------------------------------------------------------------------------------

ROLES = {"operator": 1, "notary": 4, "witness": 4}  # role → signature type


def is_key_name(text: Any) -> bool:
    """Tell whether something is the name of a key or ledger (H1)."""
    return type(text) is str and 0 < len(text) <= 200 and text.isprintable() and not set(text) & {" ", "+"}


class Keys:
    """Who signs: origin, round, role → verifier key, and (name, key id) → role."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.origin, self.round, self.texts = value["origin"], value["round"], value["keys"]
        self.roles = {key_of(text)[:2]: role for role, text in self.texts.items()}


def unbase64(text: str) -> bytes | None:
    """Decode standard base64 with its padding, or give None."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def key_of(text: str) -> tuple[str, bytes, bytes]:
    """Take a verifier key apart: name, key id (recomputed), type byte and 32 bytes. Raises ValueError."""
    name, _, rest = text.partition("+")
    said, _, encoded = rest.partition("+")
    raw = unbase64(encoded)
    if not is_key_name(name) or raw is None or len(raw) != 33:
        raise ValueError(text)
    key_id = sha256(name.encode() + b"\n" + raw).digest()[:4]
    if key_id.hex() != said:
        raise ValueError(text)
    return name, key_id, raw


def are_keys(value: Any) -> bool:
    """Tell whether this is an object of the three roles, each with a good key of its own."""
    try:
        if type(value) is not dict or set(value) != set(ROLES):
            return False
        keys = {role: key_of(text) for role, text in value.items()}
    except (ValueError, AttributeError):
        return False
    has_types = all(keys[role][2][0] == kind for role, kind in ROLES.items())
    return has_types and len({key[0] for key in keys.values()}) == 3 == len(
        {key[2][1:] for key in keys.values()}
    )


KEYS_SHAPE = {"origin": is_key_name, "round": SLUG, "keys": are_keys}


def read_keys(data: bytes, file: str) -> Keys:
    """Read keys.json."""
    value = parse_json(data, file)
    require_shape(value, KEYS_SHAPE, file)
    if key_of(value["keys"]["operator"])[0] != value["origin"]:
        raise Wrong(file, None, "wrong-origin", "The operator's key is not named as the ledger.")
    return Keys(value)


class Checkpoint:
    """What checkpoints/SIZE says: size, root, roles that signed, and when each cosigner did."""

    def __init__(self, bundle: Bundle, name: str, keys: Keys) -> None:
        self.file = name
        try:
            text, _, signatures = bundle.whole(name, 1 << 20).decode("utf-8").rpartition("\n\n")
        except UnicodeDecodeError:
            raise Wrong(name, None, "bad-note", "The note is not UTF-8.") from None
        if not signatures.endswith("\n") or any(c < " " and c != "\n" for c in text + signatures):
            said = "A note is a text, an empty line and signature lines, each with LF."
            raise Wrong(name, None, "bad-note", said)
        lines = text.split("\n")
        if len(lines) != 3:
            raise Wrong(name, None, "bad-checkpoint", "A checkpoint is three lines: origin, size, root.")
        origin, size, encoded = lines
        if not re.fullmatch("0|[1-9][0-9]{0,11}", size):
            raise Wrong(name, 2, "bad-checkpoint", "This is no size.")
        root = unbase64(encoded)
        if root is None or len(root) != 32:
            raise Wrong(name, 3, "bad-checkpoint", "This is no root.")
        if origin != keys.origin:
            said = f"This checkpoint is of the ledger {origin}, not {keys.origin}."
            raise Wrong(name, 1, "wrong-origin", said)
        self.size, self.root = int(size), root
        self.signed_by: set[str] = set()
        self.times: dict[str, int] = {}
        if signatures.count("\n") > 64:
            raise Wrong(name, None, "bad-note", "A note has at most 64 signatures.")
        self.read_signatures(signatures[:-1].split("\n"), keys)

    def read_signatures(self, lines: list[str], keys: Keys) -> None:
        """Read the signature lines, which stand below text and empty line: from line 5 on."""
        seen = set()
        for number, line in enumerate(lines, 5):
            signer, space, encoded = line[2:].partition(" ")
            raw = unbase64(encoded)
            is_named = line.startswith("\u2014 ") and space and is_key_name(signer)
            if not is_named or raw is None or len(raw) < 5:
                raise Wrong(self.file, number, "bad-note", "This is not a signature line.")
            key = signer, raw[:4]
            if key in seen:
                raise Wrong(self.file, number, "bad-note", "One key has signed twice.")
            seen.add(key)
            role = keys.roles.get(key)
            if role is None:
                continue
            if len(raw) != (68 if role == "operator" else 76):
                said = f"This is too long or short for a signature of the {role}."
                raise Wrong(self.file, number, "bad-signature", said)
            self.signed_by.add(role)
            self.times[role] = 0 if role == "operator" else int.from_bytes(raw[4:12], "big")
            if self.times[role] > LAST_SECOND:
                raise Wrong(self.file, number, "bad-signature", "Its time is beyond the calendar.")

    @property
    def cosigned_at(self) -> int | None:
        """When the later of notary and witness cosigned, None where one has not."""
        if {"notary", "witness"} <= self.signed_by:
            return max(self.times["notary"], self.times["witness"])
        return None


# ---------------------------------------------------------------------------------------------------------------------
# 7  The ledger (spec L1 to L5)
# ---------------------------------------------------------------------------------------------------------------------

FILE_SHAPE = {"sha256": HEX64, "entries": COUNT}
REGISTERS = [{"kind": SLUG, "version": POSITIVE, "sha256": HEX64, "rows": COUNT}]
BEACON_SIGNATURE = re.compile("[0-9a-f]{96}|[0-9a-f]{192}")
BODIES: dict[str, Any] = {
    "round-opened": {
        "rules_sha256": HEX64,
        "number_key_sha256": HEX64,
        "seal_key_sha256": HEX64,
        "keys": are_keys,
    },
    "draw-closed": {"registered": FILE_SHAPE},
    "draw-decided": {
        "pool": COUNT,
        "strata": Map(COUNT),
        "excluded": COUNT,
        "reasons": Map(COUNT),
        "registers": REGISTERS,
    },
    "draw-committed": {"commitment_sha256": HEX64},
    "draw-voided": {
        "commitment_sha256": Either(None, HEX64),
        "reason": re.compile(r"(?!.*(?:[0-9][ -]?){11})[^\x00-\x1f\x7f\u2028\u2029]{1,300}"),
    },
    "dice": {"source": SLUG, "rolls": re.compile("missing|[0-9]{39,1000}")},
    "beacon": Either(
        {"source": SLUG, "successor_round": POSITIVE},
        {"source": SLUG, "round": POSITIVE, "signature": BEACON_SIGNATURE, "randomness": HEX64},
    ),
    "drawn": {"seed": HEX64, "result": FILE_SHAPE, "cutoffs": Map(Either(None, HEX64))},
    "allocated": {"allocation": FILE_SHAPE, "wishes": FILE_SHAPE},
    "batch": {
        "batch": POSITIVE,
        "files": dict.fromkeys(("changes", "room", "wishes", "promotion"), FILE_SHAPE),
        "released": Map(COUNT),
    },
    "audited": {"audit_sha256": HEX64, "sample": COUNT, "unsound": COUNT},
    "draw-finished": {},
    "round-finished": {},
    "erased": {"number_key_sha256": HEX64, "seal_key_sha256": HEX64},
}
ROUND_KINDS = {"round-opened", "round-finished", "erased"}
LEDGER = "ledger.jsonl"


class Entry:
    """One line of the ledger."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.seq: int = value["seq"]
        self.line = self.seq + 1
        self.at = seconds(value["at"]) or 0
        self.kind: str = value["kind"]
        self.round: str = value["round"]
        self.draw: int | None = value["draw"]
        self.body: dict[str, Any] = value["body"]


class Ledger:
    """The entries of one round, the roots at the sizes asked for, and the checkpoints."""

    def __init__(self, size: int, entries: list[Entry], roots: dict[int, bytes]) -> None:
        self.size, self.entries, self.roots = size, entries, roots
        self.checkpoints: list[Checkpoint] = []

    def of(self, draw: int | None, *kinds: str) -> list[Entry]:
        """Give the entries of some kinds about a draw, or about the round."""
        return [entry for entry in self.entries if entry.draw == draw and (not kinds or entry.kind in kinds)]

    def cosigned_at(self, entry: Entry) -> int | None:
        """Give when both had first cosigned a checkpoint that holds an entry, None where they have not."""
        times = [one.cosigned_at for one in self.checkpoints if one.size > entry.seq]
        return min((time for time in times if time is not None), default=None)

    def cosigned_or_last(self, entry: Entry) -> int:
        """Give when both had cosigned an entry; where they have not, the last time that the bundle shows to have come.

        What is not cosigned yet is late only once that time is (spec E2).
        """
        times = [each.at for each in self.entries] + [
            time for one in self.checkpoints for time in one.times.values()
        ]
        at = self.cosigned_at(entry)
        return max(times) if at is None else at


def read_ledger(bundle: Bundle, round_: str, sizes: Iterable[int]) -> Ledger:
    """Read the ledger, whichever rounds it is of; keep one round."""
    tree, wanted = Tree(), set(sizes)
    entries: list[Entry] = []
    roots = {0: tree.root()}
    shape = {
        "seq": COUNT,
        "at": is_time,
        "kind": BODIES.__contains__,
        "round": SLUG,
        "draw": Either(None, range(1, 100)),
    }
    for number, line in enumerate(split_lines(LEDGER, bundle.blocks(LEDGER), 1, BLOCK, "a mebibyte"), 1):
        value = parse_json(line, LEDGER, number)
        if type(value.get("kind")) is not str:
            value["kind"] = ""
        require_shape(value, {**shape, "body": BODIES.get(value["kind"], {})}, LEDGER, number)
        if value["seq"] != number - 1:
            said = f"The entry says {value['seq']} where {number - 1} belongs."
            raise Wrong(LEDGER, number, "wrong-seq", said)
        if (value["draw"] is None) != (value["kind"] in ROUND_KINDS):
            said = "draw is null for the kinds of a whole round, and only for them."
            raise Wrong(LEDGER, number, "bad-member", said)
        sums = {"draw-decided": (("pool", "strata"), ("excluded", "reasons"))}.get(value["kind"], ())
        if any(value["body"][total] != sum(value["body"][parts].values()) for total, parts in sums):
            raise Wrong(LEDGER, number, "bad-member", "The figures do not add up.")
        tree.add(line)
        if tree.size in wanted:
            roots[tree.size] = tree.root()
        if value["round"] == round_:
            entries.append(Entry(value))
    roots[tree.size] = tree.root()
    return Ledger(tree.size, entries, roots)


def check_checkpoints(report: Report, bundle: Bundle, ledger: Ledger, keys: Keys) -> None:
    """Read every checkpoint kept and compare its root with the ledger's at that size."""
    for size in checkpoint_sizes(bundle):
        one = report.attempt(f"checkpoints/{size}", Checkpoint, bundle, f"checkpoints/{size}", keys)
        if one is None:
            continue
        if one.size != size:
            report.wrong(one.file, 2, "size-differs", f"The checkpoint is of {one.size} entries.")
        elif size > ledger.size:
            said = f"The ledger has only {ledger.size} entries: it was cut off."
            report.wrong(one.file, 2, "size-differs", said)
        elif ledger.roots[size] != one.root:
            said = f"The root over the first {size} lines of the ledger is another."
            report.wrong(one.file, 3, "root-differs", said)
        elif "operator" not in one.signed_by:
            report.wrong(one.file, None, "not-signed", "The ledger's own signature is missing.")
        else:
            ledger.checkpoints.append(one)
    covered = max((one.size for one in ledger.checkpoints), default=0)
    if covered < ledger.size:
        report.wrong(LEDGER, covered + 1, "not-signed", "No checkpoint covers this line.")


def checkpoint_sizes(bundle: Bundle) -> list[int]:
    """Give the sizes in the names of checkpoints."""
    return sorted(
        int(name[12:]) for name in bundle.sizes if name.startswith("checkpoints/") and KNOWN.fullmatch(name)
    )


# ---------------------------------------------------------------------------------------------------------------------
# 8  Rules and commitment (spec R1, R4, K1 to K6, D1 to D4)
# ---------------------------------------------------------------------------------------------------------------------

COMMITTED = ("registered.csv", "pool.csv", "excluded.csv", "disputed.csv", "slots.csv")
REGISTER = re.compile("household|insurance|employment")
ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
AGE, MONTHS = range(151), range(1, 61)
RULES_SHAPE = {
    "protocol": "maskres-rules-1",
    "round": SLUG,
    "zone": ZONE,
    "goods": re.compile(r"[^\x00-\x1f\x7f]{1,60}"),
    "quantity": range(1, 1001),
    "reference_date": is_date,
    "bases": [{"register": REGISTER, "months?": MONTHS, "of_last?": MONTHS}],
    "min_age": AGE,
    "wait_days": range(3651),
    "bonus": {"tickets_per_round_waited": range(10), "max_tickets": range(1, 11)},
    "strata": [{"stratum": SLUG, "min_age?": AGE, "max_age?": AGE, "bases?": [REGISTER]}],
    "draws": range(1, 100),
    "challenge_hours": range(721),
    "lead_hours": range(169),
    "audit_size": range(100_001),
    "entries_per_phone": range(1, 101),
    "districts": [SLUG],
    "personal_data_until": is_date,
    "person_data_until": is_date,
}
NETWORK = {
    "chain": HEX64,
    "public_key": BEACON_SIGNATURE,
    "genesis": COUNT,
    "period": POSITIVE,
    "round": POSITIVE,
}
SOURCE = Either(
    {
        "name": SLUG,
        "kind": "dice",
        "sides": lambda n: type(n) is int and n in (6, 8, 10),
        "rolls": range(1, 513),
        "by": is_time,
    },
    {"name": SLUG, "kind": "drand", **NETWORK, "successor": Either(None, NETWORK)},
)
COMMITMENT_SHAPE = {
    "protocol": "maskres-draw-1",
    "origin": is_key_name,
    "round": SLUG,
    "draw": range(1, 100),
    "committed_at": is_time,
    "zone": ZONE,
    "rules_sha256": HEX64,
    "number_key_sha256": HEX64,
    "registers": REGISTERS,
    "quotas": Map(COUNT),
    "files": dict.fromkeys(COMMITTED, FILE_SHAPE),
    "pool_tree": {"symbols": range(4), "root": HEX64},
    "sources": [SOURCE],
    "ledger": {"size": POSITIVE, "root": HEX64},
}
Rules = dict[str, Any]
LEAD = 600  # seconds between the cosigned commitment and the first source


def round_time(network: dict[str, int]) -> int:
    """Give when a drand round is published."""
    return network["genesis"] + (network["round"] - 1) * network["period"]


class Commitment:
    """commitment.json; `value` is the whole object, `dice` and `drand` its sources or None."""

    file = "commitment.json"

    def __init__(self, bundle: Bundle) -> None:
        self.data = bundle.whole(self.file)
        self.value = value = parse_json(self.data, self.file)
        require_shape(value, COMMITMENT_SHAPE, self.file)
        self.sha256 = sha256(self.data).hexdigest()
        self.at = seconds(value["committed_at"]) or 0
        if len({each["kind"] for each in value["registers"]}) < len(value["registers"]):
            raise Wrong(self.file, None, "bad-member", "A register stands twice.")
        kinds = [source["kind"] for source in value["sources"]]
        if kinds not in (["dice"], ["drand"], ["dice", "drand"]):
            raise self.bad_source("There must be dice, drand, or both in this order.")
        self.dice: Any = value["sources"][0] if kinds[0] == "dice" else None
        self.drand: Any = value["sources"][-1] if kinds[-1] == "drand" else None
        self.networks = [self.drand, self.drand["successor"]] if self.drand else []
        self.networks = [each for each in self.networks if each]
        if len({source["name"] for source in value["sources"]}) < len(kinds):
            raise self.bad_source("Two sources have one name.")
        by = seconds(self.dice["by"]) if self.dice else None
        if any(round_time(each) > LAST_SECOND for each in self.networks):
            raise self.bad_source("The time of a round is beyond the calendar.")
        if self.dice and self.dice["sides"] ** self.dice["rolls"] < 1 << 128:
            raise self.bad_source("So many rolls carry less than 128 bits.")
        if by is not None and any(by >= round_time(each) for each in self.networks):
            raise self.bad_source("The dice are not due before the beacon's time.")
        self.first_due = min([round_time(each) for each in self.networks] + ([] if by is None else [by]))
        if self.first_due <= self.at + LEAD:
            raise self.bad_source("A source comes less than ten minutes after the commitment.")
        self.check_counts()

    def is_of(self, keys: Keys) -> bool:
        """Tell whether it is of the ledger and round whose keys these are."""
        return (self.value["origin"], self.value["round"]) == (keys.origin, keys.round)

    def bad_source(self, sentence: str) -> Wrong:
        """Make the mismatch of declared sources."""
        return Wrong(self.file, None, "bad-source", sentence)

    def check_counts(self) -> None:
        """Refuse counts that contradict each other."""
        entries = {name: file["entries"] for name, file in self.value["files"].items()}
        if entries["registered.csv"] != entries["pool.csv"] + entries["excluded.csv"]:
            said = "The entries of pool and excluded do not add up to registered."
            raise Wrong(self.file, None, "bad-member", said)
        cut = next((k for k in range(3) if entries["pool.csv"] <= 128 * 32**k), 3)
        if self.value["pool_tree"]["symbols"] != cut:
            said = f"A pool of {entries['pool.csv']} is cut by {cut} symbols."
            raise Wrong(self.file, None, "bad-member", said)


def read_rules(bundle: Bundle) -> Rules:
    """Read rules.json."""
    value = parse_json(bundle.whole("rules.json"), "rules.json")
    path = misfit(value, RULES_SHAPE) or contradiction(value)
    if path is not None:
        raise Wrong("rules.json", None, "bad-rule", f"{path} is missing, unknown or not what it must be.")
    return value


def contradiction(rules: Rules) -> str | None:
    """Give the path of the first member of the rules that contradicts others, or None (R1)."""
    strata = [each["stratum"] for each in rules["strata"]]
    registers = [each["register"] for each in rules["bases"]]
    conditions = [len(each) > 1 for each in rules["strata"]]
    dates = [rules["reference_date"], rules["personal_data_until"], rules["person_data_until"]]
    bad = {
        "bases": not registers or len(set(registers)) < len(registers),
        "strata": not strata
        or len(set(strata)) < len(strata)
        or conditions != [True] * (len(strata) - 1) + [False],
        "districts": not rules["districts"] or rules["districts"] != sorted(set(rules["districts"])),
        "person_data_until": dates != sorted(dates),
    }
    for place, basis in enumerate(rules["bases"]):
        is_counted = {"months", "of_last"} <= set(basis)
        bad[f"bases[{place}]"] = (
            is_counted != (basis["register"] == "insurance")
            or len(basis) == 2
            or (is_counted and basis["months"] > basis["of_last"])
        )
    for place, rule in enumerate(rules["strata"]):
        has_strangers = not set(rule.get("bases", [])) <= set(registers) or rule.get("bases") == []
        bad[f"strata[{place}]"] = has_strangers or rule.get("min_age", 0) > rule.get("max_age", 150)
    return next((path for path, is_bad in bad.items() if is_bad), None)


class Case:
    """A draw that was committed: its bundle, what was read from it, and the report."""

    def __init__(
        self,
        report: Report,
        bundle: Bundle,
        digests: Digests,
        rules: Rules,
        ledger: Ledger,
        commitment: Commitment,
    ) -> None:
        self.report, self.attempt, self.wrong = report, report.attempt, report.wrong
        self.bundle, self.digests, self.rules, self.ledger = bundle, digests, rules, ledger
        self.commitment, self.value = commitment, commitment.value
        self.seed = ""  # until it is known

    def of(self, *kinds: str) -> list[Entry]:
        """Give the ledger's entries of some kinds about this draw."""
        return self.ledger.of(self.value["draw"], *kinds)


def check_commitment(case: Case) -> None:
    """Compare the commitment with rules, ledger and the digests of the committed files."""
    value, file, rules, digests = case.value, case.commitment.file, case.rules, case.digests
    if "rules.json" not in digests or value["rules_sha256"] != digests["rules.json"].sha256:
        case.wrong("rules.json", None, "digest-differs", "The commitment names rules of another SHA-256.")
    if value["round"] != rules["round"] or value["zone"] != rules["zone"] or value["draw"] > rules["draws"]:
        said = "Round, zone or number of the draw are not those of the rules."
        case.wrong(file, None, "rules-differ", said)
    for stratum in sorted(set(value["quotas"]) - {each["stratum"] for each in rules["strata"]}):
        case.wrong(file, None, "rules-differ", f"The rules know no stratum {stratum}.")
    for name in COMMITTED:
        if name in digests:
            case.attempt(f"digest of {name}", digests[name].require, value["files"][name], file)
        else:
            case.wrong(name, None, "missing-file", "The commitment names this file, but it is missing.")
    opened = case.ledger.of(None, "round-opened")
    if opened and opened[0].body["number_key_sha256"] != value["number_key_sha256"]:
        case.wrong(file, None, "key-differs", "The number key is not the one pledged when the round opened.")
    decided = case.of("draw-decided")
    if decided and decided[-1].body["registers"] != value["registers"]:
        case.wrong(file, None, "registers-differ", "The registers are not those of the last deciding.")
    root = case.ledger.roots.get(value["ledger"]["size"])
    if root is None or root.hex() != value["ledger"]["root"]:
        case.wrong(file, None, "root-differs", "The root at the ledger's size named here is another.")


# ---------------------------------------------------------------------------------------------------------------------
# 9  The order of events (spec E1 to E17)
# ---------------------------------------------------------------------------------------------------------------------

STEPS = "draw-closed draw-decided draw-committed dice beacon drawn allocated batch draw-finished".split()  # noqa: SIM905
ASIDE: dict[str, tuple[list[str], list[str]]] = {  # other steps: what must stand before them, what only after
    "audited": (STEPS[:6], []),
    "draw-voided": ([], STEPS[3:]),
    "successor": (STEPS[:3], ["beacon"]),
}
MILESTONES = "round-opened draw-closed draw-committed draw-voided dice drawn allocated batch audited".split()  # noqa: SIM905
ENDS = {"round-finished": ("audited", "erased"), "erased": ()}  # what may still come in a round


def check_opening(report: Report, ledger: Ledger, keys: Keys, digests: Digests) -> None:
    """Compare keys and rules with those the round was opened with (spec E3, Y2)."""
    opened = ledger.of(None, "round-opened")
    if len(opened) != 1:
        line = opened[1].line if opened else None
        report.wrong(LEDGER, line, "wrong-order", f"The round was opened {len(opened)} times.")
    for entry in opened[:1]:
        if entry.body["keys"] != keys.texts:
            report.wrong_entry(entry, "keys-differ", "The round was opened with other keys than those given.")
        if "rules.json" in digests and entry.body["rules_sha256"] != digests["rules.json"].sha256:
            said = f"Line {entry.line} of the ledger opens the round with rules of another SHA-256."
            report.wrong("rules.json", None, "digest-differs", said)


def check_round(report: Report, ledger: Ledger) -> None:
    """Check that the round is opened before anything else, and how it ends (spec E3, E17)."""
    pledged = {name: digest for each in ledger.of(None, "round-opened") for name, digest in each.body.items()}
    ended = ""
    for place, entry in enumerate(ledger.entries):
        if place == 0 and entry.kind != "round-opened":
            report.wrong_entry(entry, "wrong-order", "The round was not opened before this.")
        if ended and entry.kind not in ENDS[ended]:
            report.wrong_entry(entry, "wrong-order", f"It stands after {ended}.")
        if entry.kind == "erased":
            if ended != "round-finished":
                report.wrong_entry(entry, "wrong-order", "The round was not finished before.")
            for name, digest in entry.body.items():
                if pledged.get(name) != digest:
                    said = f"The {name} pledged at the opening was another."
                    report.wrong_entry(entry, "digest-differs", said)
        if entry.kind in ENDS:
            ended = entry.kind


def step_of(entry: Entry) -> str:
    """Name the step an entry takes; a beacon that only says that its network ended is a step of its own."""
    return "successor" if "successor_round" in entry.body else entry.kind


def check_order(report: Report, ledger: Ledger, draw: int, declared: list[str] | None) -> None:
    """Check that the steps of a draw follow each other, none twice and none left out (spec E1, E4, E5, E12).

    `declared` names the steps of the declared sources; None where no commitment could be read.
    """

    def wrong(entry: Entry, sentence: str, code: str = "wrong-order") -> None:
        report.wrong_entry(entry, code, sentence)

    about = [each for each in ledger.entries if each.draw in (None, draw)]
    for before, entry in zip(about, about[1:]):
        if entry.at < before.at:
            wrong(entry, f"It is older than the entry of line {before.line}.")
    must = [step for step in STEPS if step not in ("dice", "beacon") or step in (declared or [])]
    done: set[str] = set()
    for entry in ledger.of(draw):
        step = step_of(entry)
        if step in done and step not in ("draw-decided", "batch"):
            code = "second-commitment" if step == "draw-committed" else "wrong-order"
            wrong(entry, "This can happen only once in a draw.", code)
        if step in STEPS:
            place = STEPS.index(step)
            needed, after = STEPS[:place], STEPS[place + 1 :]
        else:
            needed, after = ASIDE[step]
        for other in needed:
            if other in must and other not in done and other != "batch":
                wrong(entry, f"It stands before any {other}.")
        for other in [*after, "draw-voided"]:
            if other in done and other != step:
                wrong(entry, f"It stands after {other}.")
        if declared is not None and step in ("dice", "beacon") and step not in declared:
            wrong(entry, "The commitment declares no such source.", "bad-value")
        done.add(step)
        if step == "draw-committed":
            before_it = [each for each in ledger.entries if each.seq < entry.seq]
            ends = {each.draw for each in before_it if each.kind in ("drawn", "draw-voided")}
            for earlier in set(range(1, draw)) - ends:
                wrong(entry, f"Draw {earlier} had neither a result nor been voided.")


def check_times(case: Case) -> None:
    """Check that everything was fixed before it could be known (spec K6, E6 to E12, E15)."""
    commitment, ledger, wrong = case.commitment, case.ledger, case.report.wrong_entry
    committed = case.of("draw-committed")
    if not committed:
        said = "No entry of the ledger names this commitment."
        case.wrong(commitment.file, None, "not-in-ledger", said)
        return
    entry = committed[0]
    if entry.body["commitment_sha256"] != commitment.sha256:
        said = f"Its SHA-256 is {commitment.sha256}, but line {entry.line} of the ledger says otherwise."
        case.wrong(commitment.file, None, "digest-differs", said)
    decided = case.of("draw-decided")
    since = decided[-1].seq if decided else -1
    if commitment.at != entry.at or not since < case.value["ledger"]["size"] <= entry.seq:
        said = "The commitment says another time, or another place in the ledger, than this entry."
        wrong(entry, "wrong-order", said)
    if decided and entry.at < decided[-1].at + 3600 * case.rules["challenge_hours"]:
        wrong(entry, "challenge-cut", "The hours in which verdicts can be disputed were not over.")
    cosigned = ledger.cosigned_at(entry)
    if cosigned is None:
        if case.of("dice", "beacon", "drawn"):
            wrong(entry, "not-cosigned", "Notary and witness have not cosigned the commitment.")
    elif cosigned + LEAD > commitment.first_due and not case.of("draw-voided"):
        wrong(entry, "cosigned-late", "It was cosigned less than ten minutes before the first source.")
    for dice in case.of("dice")[:1]:
        if commitment.dice:
            check_dice(case, dice, cosigned)
    first = commitment.first_due
    if commitment.dice and cosigned is not None:
        first = min(first, cosigned + LEAD)
    for voided in case.of("draw-voided"):
        if voided.body["commitment_sha256"] != commitment.sha256:
            wrong(voided, "digest-differs", "It does not name this commitment.")
        if max(ledger.cosigned_or_last(voided), voided.at) >= first:
            wrong(voided, "void-late", "It was not cosigned before the first source could be known.")


def check_dice(case: Case, entry: Entry, cosigned: int | None) -> None:
    """Check that the rolls came after the commitment counted and before the beacon could be known (spec E9 to E11)."""
    wrong = case.report.wrong_entry
    by = seconds(case.commitment.dice["by"]) or 0
    if entry.body["rolls"] == "missing":
        if entry.at <= by:
            wrong(entry, "dice-early", "The dice were called missing while they could be rolled.")
        return
    if cosigned is not None and entry.at < cosigned + LEAD:
        wrong(entry, "dice-early", "The commitment had not been cosigned for ten minutes.")
    if case.commitment.drand and max(case.ledger.cosigned_or_last(entry), entry.at) > by:
        wrong(entry, "dice-late", "The dice were not entered and cosigned by the time declared.")


def check_cosigned(report: Report, ledger: Ledger, draw: int) -> None:
    """Report what nobody had cosigned when the draw was finished; of all that came since, only say so (spec E16)."""
    finished = next((entry.line for entry in ledger.of(draw, "draw-finished")), 0)
    for entry in ledger.entries:
        if entry.draw in (None, draw) and step_of(entry) in [*MILESTONES, "successor"]:
            if ledger.cosigned_at(entry) is None and entry.line < finished:
                report.wrong_entry(entry, "not-cosigned", f"{entry.kind} was never cosigned by both.")
            elif ledger.cosigned_at(entry) is None:
                report.say(f"{LEDGER}:{entry.line}: {entry.kind} is not cosigned by notary and witness yet")


# ---------------------------------------------------------------------------------------------------------------------
# 10  The pool and who is in it (spec F1 to F4, R4)
# ---------------------------------------------------------------------------------------------------------------------

POOL = "pool.csv"


class Numbers:
    """Sorted registration numbers, twelve bytes each, side by side."""

    def __init__(self) -> None:
        self.packed = bytearray()

    def __len__(self) -> int:
        return len(self.packed) // 12

    def __getitem__(self, place: int) -> bytes:
        return bytes(self.packed[12 * place : 12 * place + 12])

    def find(self, number: bytes) -> int | None:
        """Give the place of a number, or None."""
        place = bisect_left(self, number)
        return place if place < len(self) and self[place] == number else None

    def every(self) -> list[bytes]:
        """Give them all as a list."""
        packed = bytes(self.packed)
        return [packed[place : place + 12] for place in range(0, len(packed), 12)]


class Pool:
    """What is kept of pool.csv.

    `entries` holds value (32 bytes), number (12) and code of the stratum (2) in one string each, so that sorting them
    is sorting by value, then number. They are there where the seed is known.
    """

    def __init__(self) -> None:
        self.numbers = Numbers()
        self.strata: dict[bytes, int] = {}
        self.counts: Counter[bytes] = Counter()
        self.entries: list[bytes] = []
        self.seals: dict[bytes, bytes] = {}


def read_pool(case: Case, sealed: Iterable[bytes]) -> Pool:
    """Read the pool once: form, tree, tickets (where there is a seed), and the seals of the numbers named."""
    pool, tree, wanted = Pool(), Leaves(case.value["pool_tree"]["symbols"]), set(sealed)
    most = case.rules["bonus"]["max_tickets"]
    start = case.seed.encode() + b"/"
    for first, (numbers, strata, tickets, seals), lines in read_sorted(case.bundle, POOL):
        pool.numbers.packed += b"".join(numbers)
        pool.counts.update(strata)
        for stratum in set(strata) - set(pool.strata):
            pool.strata[stratum] = len(pool.strata)
        tree.add(numbers, lines)
        if wanted:
            pool.seals.update((number, seal) for number, seal in zip(numbers, seals) if number in wanted)
        several = []
        if tickets.count(b"1") < len(tickets):
            several = [place for place, each in enumerate(tickets) if each != b"1"]
        for place in several:
            if int(tickets[place]) > most:
                said = f"By the rules nobody has more than {most}."
                case.wrong(POOL, first + place, "too-many-tickets", said)
        if case.seed:
            values = [sha256(start + number + b"/1").digest() for number in numbers]
            for place in several:
                more = (
                    sha256(b"%b%b/%d" % (start, numbers[place], t)).digest()
                    for t in range(2, int(tickets[place]) + 1)
                )
                values[place] = min(values[place], *more)
            codes = {stratum: code.to_bytes(2, "big") for stratum, code in pool.strata.items()}
            pool.entries += [
                value + number + codes[stratum] for value, number, stratum in zip(values, numbers, strata)
            ]
    if tree.root() != case.value["pool_tree"]["root"]:
        case.wrong(case.commitment.file, None, "tree-differs", "The root of the pool's tree is another.")
    return pool


class Leaves:
    """The pool's tree: one leaf for every prefix of so many symbols, in order of the alphabet (spec M1 to M3)."""

    def __init__(self, symbols: int) -> None:
        self._symbols = symbols
        self._tree = Tree()
        self._open: list[bytes] = []  # lines of the leaf not finished

    def _index(self, number: bytes) -> int:
        index = 0
        for symbol in number[: self._symbols]:
            index = 32 * index + _VALUE[symbol]
        return index

    def _close(self, upto: int) -> None:
        while self._tree.size < upto:
            self._tree.add(b"".join(self._open))
            self._open = []

    def add(self, numbers: Sequence[bytes], lines: Sequence[bytes]) -> None:
        """Add sorted lines."""
        start = 0
        while start < len(numbers):
            prefix = numbers[start][: self._symbols]
            end = bisect_right(numbers, prefix + b"\xff", start)
            self._close(self._index(prefix))
            self._open += lines[start:end]
            start = end

    def root(self) -> str:
        """Close what is left and give the root in hex."""
        self._close(32**self._symbols)
        return self._tree.root().hex()


def check_sets(case: Case, pool: Pool) -> None:
    """Check that pool and excluded together are the registered, and that the disputed are in the pool."""
    bundle, wrong = case.bundle, case.wrong
    left_out = [number for _line, (number, _reason) in read_rows(read_sorted(bundle, "excluded.csv"))]
    in_both = set(left_out).intersection(pool.numbers.every())
    for line, number in enumerate(left_out, 2):
        if number in in_both:
            wrong("excluded.csv", line, "sets-differ", f"{number.decode()} is in {POOL} too.")
    for line, (number,) in read_rows(read_sorted(bundle, "disputed.csv")):
        if pool.numbers.find(number) is None:
            wrong("disputed.csv", line, "sets-differ", f"{number.decode()} is not in {POOL}.")
    # The bytes of registered.csv are known; only where they are others is it worth to look who is where.
    if b"".join(registered_file(pool.numbers, left_out)) != b"".join(bundle.blocks("registered.csv")):
        everyone = set()
        admitted = {*pool.numbers.every(), *left_out}
        for line, (number,) in read_rows(read_sorted(bundle, "registered.csv")):
            everyone.add(number)
            if number not in admitted:
                said = f"{number.decode()} is neither in {POOL} nor in excluded.csv."
                wrong("registered.csv", line, "sets-differ", said)
        for name, numbers in ((POOL, pool.numbers.every()), ("excluded.csv", left_out)):
            for line, number in enumerate(numbers, 2):
                if number not in everyone:
                    wrong(name, line, "sets-differ", f"{number.decode()} is not in registered.csv.")


def registered_file(numbers: Numbers, left_out: list[bytes]) -> Iterator[bytes]:
    """Write registered.csv anew from the numbers of pool and excluded."""
    yield b"number\n"
    together = numbers.every() + left_out
    together.sort()
    for start in range(0, len(together), 50_000):
        yield b"\n".join(together[start : start + 50_000]) + b"\n"


def check_district(case: Case, name: str, line: int, district: bytes) -> None:
    """Report a district that the rules do not know (R4)."""
    if district.decode() not in case.rules["districts"]:
        case.wrong(name, line, "unknown-district", f"The rules know no district {district.decode()}.")


def check_quotas(case: Case, pool: Pool, slots: list[Slot]) -> None:
    """Check that the quotas are of exactly the pool's strata and that all winners have a place."""
    quotas = case.value["quotas"]
    for stratum in sorted(set(quotas) ^ {name.decode() for name in pool.counts}):
        said = f"The stratum {stratum} is not both in the quotas and in the pool."
        case.wrong(case.commitment.file, None, "quotas-differ", said)
    winners = sum(min(quota, pool.counts[stratum.encode()]) for stratum, quota in quotas.items())
    if winners > sum(slot.capacity for slot in slots):
        case.wrong("slots.csv", None, "too-few-places", f"There are {winners} winners and fewer places.")


# ---------------------------------------------------------------------------------------------------------------------
# 11  The seed (spec V1 to V5)
# ---------------------------------------------------------------------------------------------------------------------


def check_seed(case: Case) -> str:
    """Write seed.txt anew from commitment and ledger and give the seed; empty where the sources are not all there."""
    commitment, lines = case.commitment, ["maskres-draw-1", f"commitment {case.commitment.sha256}"]
    if "beacon.json" in case.bundle and not case.of("beacon"):
        case.wrong("beacon.json", None, "not-in-ledger", "The ledger has no beacon.")
    for source, value in ((commitment.dice, dice_value), (commitment.drand, drand_value)):
        if source:
            found = value(case)
            if found is None:
                for name in ("seed.txt", "result.csv"):
                    if name in case.bundle:
                        said = f"The ledger does not say what {source['name']} gave."
                        case.wrong(name, None, "not-in-ledger", said)
                return ""
            lines.append(f"{source['name']} {found}")
    text = "".join(f"{line}\n" for line in lines).encode()
    case.attempt("seed.txt", compare_seed, case, text)
    seed = sha256(text).hexdigest()
    for entry in case.of("drawn"):
        if entry.body["seed"] != seed:
            case.report.wrong_entry(entry, "seed-differs", f"The seed is {seed}.")
    return seed


def compare_seed(case: Case, text: bytes) -> None:
    """Report every line of seed.txt that is not the one it must be."""
    found = case.bundle.whole("seed.txt", 1 << 20).split(b"\n")
    for line, (want, have) in enumerate(zip_longest(text.split(b"\n"), found), 1):
        if want != have:
            said = f"The line must be {want!r:.90}, but is {have!r:.90}."
            case.wrong("seed.txt", line, "seed-differs", said)


def dice_value(case: Case) -> str | None:
    """Give the rolls."""
    dice, entry = case.commitment.dice, next(iter(case.of("dice")), None)
    if entry is None:
        return None
    rolls: str = entry.body["rolls"]
    faces = "0123456789" if dice["sides"] == 10 else "12345678"[: dice["sides"]]
    may_miss = rolls == "missing" and case.commitment.drand is not None
    are_rolls = may_miss or (len(rolls) == dice["rolls"] and set(rolls) <= set(faces))
    if entry.body["source"] != dice["name"] or not are_rolls:
        said = "These are not the rolls that the commitment declares."
        case.report.wrong_entry(entry, "bad-value", said)
    return rolls


def drand_value(case: Case) -> str | None:
    """Give the beacon's randomness: of the network declared, or of its successor once that was said in time."""
    network = case.commitment.drand
    successor, has_succeeded, wrong = network["successor"], False, case.report.wrong_entry
    for entry in case.of("beacon"):
        body = {name: each for name, each in entry.body.items() if name != "source"}
        if entry.body["source"] != case.commitment.drand["name"]:
            wrong(entry, "bad-value", "The commitment declares a beacon of another name.")
        elif "successor_round" in body:
            if successor is None or body["successor_round"] != successor["round"] or has_succeeded:
                wrong(entry, "bad-value", "This is not the successor that the commitment declares.")
            elif case.ledger.cosigned_or_last(entry) >= round_time(successor):
                wrong(entry, "beacon-late", "It was not cosigned before the successor's round.")
            elif case.ledger.cosigned_at(entry) is not None:
                network = successor
            has_succeeded = True
        else:
            if body["round"] != network["round"]:
                wrong(entry, "beacon-round", f"The round that counts is {network['round']}.")
            if sha256(bytes.fromhex(body["signature"])).hexdigest() != body["randomness"]:
                said = "The randomness is not the SHA-256 of the signature."
                wrong(entry, "beacon-randomness", said)
            if entry.at < round_time(network):
                wrong(entry, "beacon-early", "This round had not come.")
            case.attempt("beacon.json", compare_beacon, case, body)
            return str(body["randomness"])
    return None


def compare_beacon(case: Case, body: dict[str, Any]) -> None:
    """Compare beacon.json with the ledger."""
    file = "beacon.json"
    value = parse_json(case.bundle.whole(file), file)
    require_shape(value, {"round": POSITIVE, "signature": BEACON_SIGNATURE, "randomness": HEX64}, file)
    if value != body:
        raise Wrong(file, None, "beacon-differs", "The ledger has another beacon.")


# ---------------------------------------------------------------------------------------------------------------------
# 12  The draw (spec T1 to T6)
# ---------------------------------------------------------------------------------------------------------------------


class Drawn:
    """The pool in draw order: who won, and each stratum's waiting list, as places in `entries`."""

    def __init__(self, pool: Pool, quotas: dict[str, int]) -> None:
        self.entries = pool.entries
        self.entries.sort()
        self.names = sorted(pool.strata, key=pool.strata.__getitem__)
        left = [quotas.get(name.decode(), 0) for name in self.names]
        self.cutoffs: dict[str, str | None] = dict.fromkeys(quotas)
        self.winners: dict[bytes, int] = {}  # number → code of its stratum, in draw order
        self._is_won = bytearray(len(self.entries))
        for place, entry in enumerate(self.entries):
            if not any(left):
                break
            code = int.from_bytes(entry[44:], "big")
            if left[code]:
                left[code] -= 1
                self._is_won[place] = 1
                self.winners[entry[32:44]] = code
                self.cutoffs[self.names[code].decode()] = entry[:32].hex()

    def result_file(self) -> Iterator[bytes]:
        """Write result.csv anew."""
        yield b"rank,number,stratum,ticket,outcome\n"
        names = {code.to_bytes(2, "big"): name for code, name in enumerate(self.names)}
        outcomes = (b"waiting", b"won")
        for start in range(0, len(self.entries), 50_000):
            block = self.entries[start : start + 50_000]
            won = self._is_won[start : start + 50_000]
            yield b"".join(
                [
                    b"%d,%b,%b,%b,%b\n" % (rank, e[32:44], names[e[44:]], e[:8].hex().encode(), outcomes[w])
                    for rank, (e, w) in enumerate(zip(block, won), start + 1)
                ]
            )

    def waiting(self) -> list[list[int]]:
        """Give each stratum's waiting list in draw order, as places in `entries`, last first."""
        lists: list[list[int]] = [[] for _ in self.names]
        for place in range(len(self.entries) - 1, -1, -1):
            if not self._is_won[place]:
                lists[int.from_bytes(self.entries[place][44:], "big")].append(place)
        return lists


def check_draw(case: Case, pool: Pool) -> Drawn:
    """Draw again and compare result.csv and the ledger's `drawn`."""
    drawn = Drawn(pool, case.value["quotas"])
    entries = case.of("drawn")
    if not entries and "result.csv" not in case.bundle:
        return drawn
    compare(case, "result.csv", drawn.result_file(), "result-differs")
    if not entries:
        said = "The ledger does not say that the draw was drawn."
        case.wrong("result.csv", None, "not-in-ledger", said)
    for entry in entries:
        check_entry_files(case.report, entry, {"result.csv": entry.body["result"]}, case.digests)
        if entry.body["cutoffs"] != drawn.cutoffs:
            said = f"The cutoffs are {json.dumps(drawn.cutoffs)}."
            case.report.wrong_entry(entry, "cutoffs-differ", said)
    return drawn


# ---------------------------------------------------------------------------------------------------------------------
# 13  Wishes, seals, stores and slots (spec S4, S5, F5, P1 to P6)
# ---------------------------------------------------------------------------------------------------------------------


class Slot:
    """A line of slots.csv or room-N.csv."""

    __slots__ = ("capacity", "district", "ends_at", "line", "slot", "starts_at", "store")

    def __init__(self, line: int, row: tuple[bytes, ...]) -> None:
        self.line = line
        self.district, self.store, self.slot, self.starts_at, self.ends_at = row[:5]
        self.capacity = int(row[5])


def read_slots(bundle: Bundle, name: str) -> list[Slot]:
    """Read slots.csv or room-N.csv, sorted by store, starts_at, slot."""
    slots: list[Slot] = []
    homes: dict[bytes, bytes] = {}
    seen: set[tuple[bytes, bytes]] = set()
    last: Any = ()
    for first, columns, _lines in read_columns(bundle, name):
        last = require_order(name, first, list(zip(columns[1], columns[3], columns[2])), last)
        for line, row in enumerate(zip(*columns), first):
            slot = Slot(line, row)
            for time in (slot.starts_at, slot.ends_at):
                if seconds(time.decode()) is None:
                    raise Wrong(name, line, "bad-time", f"{time.decode()} is no time.")
            if slot.starts_at >= slot.ends_at:
                raise Wrong(name, line, "bad-slot", "The slot does not end after it starts.")
            if homes.setdefault(slot.store, slot.district) != slot.district:
                raise Wrong(name, line, "bad-district", "The store stands in another district above.")
            if (slot.store, slot.slot) in seen:
                raise Wrong(name, line, "repeated-key", "The store has this slot already.")
            seen.add((slot.store, slot.slot))
            slots.append(slot)
    return slots


class Wish:
    """A line of wishes.csv or wishes-N.csv."""

    __slots__ = ("choices", "district", "holder", "line", "number", "reach", "salt", "seal")

    def __init__(self, line: int, row: tuple[bytes, ...]) -> None:
        self.line = line
        self.number, self.holder, self.salt, self.district, self.reach, choices = row
        self.choices = choices.split(b"|") if choices else []
        wish = sha256(b"%b/%b/%b/%b" % (self.salt, self.district, self.reach, choices)).hexdigest()
        self.seal = sha256(b"%b/%b/%b" % (self.number, self.holder, wish.encode())).hexdigest()[:40].encode()


Wishes = dict[bytes, Wish]


def read_wishes(bundle: Bundle, name: str) -> Wishes:
    """Read wishes.csv or wishes-N.csv."""
    wishes: Wishes = {}
    for line, row in read_rows(read_sorted(bundle, name)):
        wish = wishes[row[0]] = Wish(line, row)
        if len(set(wish.choices)) < len(wish.choices):
            raise Wrong(name, line, "bad-choices", "A store is chosen twice.")
    return wishes


def check_wishes(case: Case, name: str, wishes: Wishes, placed: Iterable[bytes], pool: Pool) -> bool:
    """Check that the wishes are of exactly those to be placed and open their seals; say whether none is missing."""
    wanted = set(placed)
    for number, wish in wishes.items():
        if number not in pool.seals:
            case.wrong(name, wish.line, "unknown-number", f"{number.decode()} is not in the pool.")
        elif wish.seal != pool.seals[number]:
            said = f"Holder and wishes do not open the seal of {number.decode()}."
            case.wrong(name, wish.line, "seal-differs", said)
        if number not in wanted:
            case.wrong(name, wish.line, "unknown-number", f"{number.decode()} is not to be placed.")
    missing = sorted(wanted - set(wishes))
    for number in missing:
        case.wrong(name, None, "wish-missing", f"The wishes of {number.decode()} are missing.")
    return not missing


SCALE = 1 << 128
# Fractions are compared as floor(assigned × SCALE / capacity): two different ones with denominators below 2^63 differ
# by more than 2^-126, so their floors differ too and stand in the same order.


class City:
    """The stores of one allocation and what is left of them (spec P2 to P4)."""

    def __init__(self, slots: list[Slot]) -> None:
        by_store: dict[bytes, list[Slot]] = {}
        for slot in slots:
            by_store.setdefault(slot.store, []).append(slot)
        self.capacity = {store: sum(slot.capacity for slot in each) for store, each in by_store.items()}
        self.assigned = dict.fromkeys(by_store, 0)
        # A store's slots as (fraction taken, starts_at, slot, taken, capacity): the first is the next to give out.
        self.staggers = {
            store: [(0, slot.starts_at, slot.slot, 0, slot.capacity) for slot in each]
            for store, each in by_store.items()
        }
        for heap in self.staggers.values():
            heapify(heap)
        self.everywhere = [(0, store) for store in sorted(by_store)]
        self.districts: dict[bytes, list[tuple[int, bytes]]] = {}
        for store in sorted(by_store):
            self.districts.setdefault(by_store[store][0].district, []).append((0, store))

    def has_room(self, store: bytes) -> bool:
        """Tell whether a store has a place left."""
        return store in self.capacity and self.assigned[store] < self.capacity[store]

    def emptiest(self, heap: list[tuple[int, bytes]]) -> bytes | None:
        """Find the store with room and the smallest assigned/capacity, ties by store; entries may lag behind."""
        while heap:
            level, store = heap[0]
            if not self.has_room(store):
                heappop(heap)
                continue
            now = self.assigned[store] * SCALE // self.capacity[store]
            if now == level:
                return store
            heapreplace(heap, (now, store))
        return None

    def choose(self, wish: Wish) -> tuple[bytes | None, bytes]:
        """Find the store of somebody whose turn it is, and say how it was found."""
        for position, store in enumerate(wish.choices, 1):
            if self.has_room(store):
                return store, b"%d" % position
        if wish.reach != b"choices":
            store_found = self.emptiest(self.districts.get(wish.district, []))
            if store_found is not None:
                return store_found, b"d"
        if wish.reach == b"city":
            store_found = self.emptiest(self.everywhere)
            if store_found is not None:
                return store_found, b"c"
        return None, b"-"

    def take(self, store: bytes) -> bytes:
        """Take the next place of a store's stagger sequence; give the slot."""
        self.assigned[store] += 1
        heap = self.staggers[store]
        _level, starts_at, slot, taken, capacity = heap[0]
        if taken + 1 < capacity:
            heapreplace(heap, ((taken + 1) * SCALE // capacity, starts_at, slot, taken + 1, capacity))
        else:
            heappop(heap)
        return slot


def by_hash(seed: str, numbers: Iterable[bytes], purpose: str) -> list[bytes]:
    """Order numbers by SHA-256 of <seed>/<number>/<purpose>, ties by number."""
    head, tail = f"{seed}/".encode(), f"/{purpose}".encode()
    return [n for _, n in sorted((sha256(head + n + tail).digest(), n) for n in numbers)]


def place(
    seed: str, groups: Sequence[Iterable[bytes]], wishes: Wishes, slots: list[Slot]
) -> tuple[list[bytes], set[bytes]]:
    """Place groups one after the other, each in place order; give the lines of the file, and who got a place."""
    city, lines, placed = City(slots), [b"place,number,store,slot,choice\n"], set()
    turns = chain.from_iterable(by_hash(seed, group, "place") for group in groups)
    for turn, number in enumerate(turns, 1):
        store, choice = city.choose(wishes[number])
        slot = b"" if store is None else city.take(store)
        if store is not None:
            placed.add(number)
        lines.append(b"%d,%b,%b,%b,%b\n" % (turn, number, store or b"", slot, choice))
    return lines, placed


def check_entry_files(
    report: Report, entry: Entry, said: dict[str, dict[str, Any]], digests: Digests
) -> None:
    """Compare files with the digests and counts that an entry of the ledger says."""
    for name, digest in said.items():
        if name in digests:
            where = f"line {entry.line} of the ledger"
            report.attempt(f"digest of {name}", digests[name].require, digest, where)
        else:
            sentence = f"Line {entry.line} of the ledger names this file, but it is missing."
            report.wrong(name, None, "missing-file", sentence)


def check_allocation(
    case: Case, drawn: Drawn, pool: Pool, wishes: Wishes, slots: list[Slot]
) -> set[bytes] | None:
    """Open the seals, place the winners again and compare allocation.csv; give who has a place."""
    if not check_wishes(case, "wishes.csv", wishes, drawn.winners, pool):
        return None
    lines, placed = place(case.seed, [drawn.winners], wishes, slots)
    compare(case, "allocation.csv", iter([b"".join(lines)]), "allocation-differs")
    return placed


# ---------------------------------------------------------------------------------------------------------------------
# 14  Batches (spec A1 to A9)
# ---------------------------------------------------------------------------------------------------------------------

ALLOWED = {
    "waiting": {b"withdrawn", b"disqualified"},
    "placed": {b"forfeited", b"cancelled", b"disqualified", b"displaced"},
    "unplaced": {b"cancelled", b"disqualified"},
    "left-unplaced": {b"lapsed"},
}


def share(total: int, quotas: dict[str, int]) -> dict[str, int]:
    """Share released places over the strata by largest remainder of the quotas, ties by name."""
    whole = sum(quotas.values())
    if not whole:
        return dict.fromkeys(quotas, 0)
    shares = {name: total * quota // whole for name, quota in quotas.items()}
    order = sorted(quotas, key=lambda name: (-(total * quotas[name] % whole), name))
    for name in order[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


class Story:
    """Who stands where, from the allocation through the batches."""

    def __init__(self, drawn: Drawn, pool: Pool, placed: set[bytes]) -> None:
        self.drawn, self.pool = drawn, pool
        self.stratum = dict(drawn.winners)
        self.status = {number: "placed" if number in placed else "unplaced" for number in drawn.winners}
        self.waiting = drawn.waiting()

    def apply(self, report: Report, name: str, rows: Iterable[Row]) -> tuple[list[bytes], Counter[int]]:
        """Make the changes; give the displaced, and how many wins ended in each stratum."""
        displaced: list[bytes] = []
        freed: Counter[int] = Counter()
        must_lapse = {number for number, status in self.status.items() if status == "left-unplaced"}
        for line, (number, cause) in rows:
            if self.pool.numbers.find(number) is None:
                report.wrong(name, line, "unknown-number", f"{number.decode()} is not in the pool.")
                continue
            status = self.status.get(number, "waiting")
            must_lapse.discard(number)
            if cause not in ALLOWED.get(status, ()):
                said = f"A number that is {status} cannot be {cause.decode()}."
                report.wrong(name, line, "bad-cause", said)
                continue
            if cause == b"displaced":
                displaced.append(number)
                continue
            if status != "waiting":
                freed[self.stratum[number]] += 1
            self.status[number] = cause.decode()
        for number in sorted(must_lapse):
            said = f"{number.decode()} was left unplaced by the last batch and must lapse."
            report.wrong(name, None, "lapse-missing", said)
        return displaced, freed

    def promote(self, code: int, count: int) -> list[bytes]:
        """Take the next of a stratum's waiting list."""
        taken: list[bytes] = []
        waiting = self.waiting[code]
        while waiting and len(taken) < count:
            number = self.drawn.entries[waiting.pop()][32:44]
            if number not in self.status:  # who withdrew or was disqualified is skipped
                taken.append(number)
                self.stratum[number] = code
        return taken


def has_list_ended(ledger: Ledger, draw: int, batch: Entry) -> bool:
    """Tell whether a later draw of the round was committed, and not voided, before a batch."""
    live = set()
    for entry in ledger.entries:
        if entry.seq < batch.seq and entry.draw is not None and entry.draw > draw:
            if entry.kind == "draw-committed":
                live.add(entry.draw)
            elif entry.kind == "draw-voided":
                live.discard(entry.draw)
    return bool(live)


def check_batch(case: Case, story: Story, entry: Entry, wishes: Wishes) -> bool:
    """Follow one batch and compare promotion-N.csv."""
    number, quotas = entry.body["batch"], case.value["quotas"]
    changes, room, promotion = f"changes-{number}.csv", f"room-{number}.csv", f"promotion-{number}.csv"
    rows = list(read_rows(read_sorted(case.bundle, changes)))
    displaced, freed = story.apply(case.report, changes, rows)
    released, has_ended = entry.body["released"], has_list_ended(case.ledger, case.value["draw"], entry)
    total = sum(released.values())
    if (has_ended and total) or {**dict.fromkeys(quotas, 0), **released} != share(total, quotas):
        said = "The places released are not shared in proportion to the quotas."
        case.report.wrong_entry(entry, "bad-released", said)
    promoted: list[bytes] = []
    if not has_ended:
        for code, stratum in enumerate(story.drawn.names):
            promoted += story.promote(code, freed[code] + released.get(stratum.decode(), 0))
    slots = read_slots(case.bundle, room)
    for slot in slots:
        check_district(case, room, slot.line, slot.district)
        if (seconds(slot.starts_at.decode()) or 0) < entry.at + 3600 * case.rules["lead_hours"]:
            case.wrong(room, slot.line, "slot-too-soon", "The slot starts too soon after the batch.")
    replaced = displaced + [each for each, status in story.status.items() if status == "unplaced"]
    if not check_wishes(case, f"wishes-{number}.csv", wishes, replaced + promoted, story.pool):
        said = "It cannot be recomputed without those wishes."
        raise Wrong(promotion, None, "promotion-differs", said)
    lines, placed = place(case.seed, [replaced, promoted], wishes, slots)
    for each in chain(replaced, promoted):
        story.status[each] = "placed" if each in placed else "left-unplaced"
    compare(case, promotion, iter([b"".join(lines)]), "promotion-differs")
    return True


def check_batches(case: Case, story: Story, all_wishes: dict[str, Wishes]) -> None:
    """Follow the batches in turn, until one cannot be followed."""
    for turn, entry in enumerate(case.of("batch"), 1):
        if entry.body["batch"] != turn:
            case.report.wrong_entry(entry, "wrong-order", f"This must be batch {turn}.")
            return
        wishes = all_wishes.get(f"wishes-{turn}.csv")
        if case.attempt(f"batch {turn} and later ones", check_batch, case, story, entry, wishes) is None:
            return


# ---------------------------------------------------------------------------------------------------------------------
# 15  The audit (spec U1, U3)
# ---------------------------------------------------------------------------------------------------------------------


def check_audit(case: Case, drawn: Drawn) -> None:
    """Recompute the audit's sample and compare audit.json."""
    file, value = "audit.json", case.value
    data = case.bundle.whole(file)
    audit = parse_json(data, file)
    shape = {"round": value["round"], "draw": value["draw"], "sound": lambda each: type(each) is dict}
    require_shape(audit, shape, file)
    sound: dict[str, bool] = audit["sound"]
    if not all(type(each) is bool for each in sound.values()):
        raise Wrong(file, None, "bad-member", "sound holds something but true and false.")
    order = by_hash(case.seed, drawn.winners, "audit")
    sample = {number.decode() for number in order[: case.rules["audit_size"]]}
    for number in sorted(sample ^ set(sound)):
        how = "missing" if number in sample else "not of the sample"
        case.wrong(file, None, "not-the-sample", f"{number} is {how}.")
    unsound = sum(not is_sound for is_sound in sound.values())
    if unsound:
        case.report.say(f"the audit found {unsound} of {len(sound)} winners unsound")
    entries = case.of("audited")
    if not entries:
        case.wrong(file, None, "not-in-ledger", "The ledger does not say that the draw was audited.")
    for entry in entries:
        if (entry.body["sample"], entry.body["unsound"]) != (len(sound), unsound):
            said = f"The audit has {len(sound)} of whom {unsound} are unsound."
            case.report.wrong_entry(entry, "count-differs", said)
        if entry.body["audit_sha256"] != sha256(data).hexdigest():
            said = f"Line {entry.line} of the ledger says another SHA-256."
            case.wrong(file, None, "digest-differs", said)


# ---------------------------------------------------------------------------------------------------------------------
# 16  Everything in turn
# ---------------------------------------------------------------------------------------------------------------------


def find_draw(ledger: Ledger, commitment: Commitment | None, digests: Digests) -> int | None:
    """Tell which draw a bundle is of: its commitment says so, before that the digest of registered.csv."""
    if commitment is not None:
        return int(commitment.value["draw"])
    mine = digests["registered.csv"].sha256 if "registered.csv" in digests else None
    closed = [each for each in ledger.entries if each.kind == "draw-closed"]
    draws = [each.draw for each in closed if each.body["registered"]["sha256"] == mine]
    return draws[-1] if draws else None


def check_ledger_files(report: Report, bundle: Bundle, ledger: Ledger, draw: int, digests: Digests) -> None:
    """Compare every file that the ledger names for a draw, and name files it does not."""
    named = {
        "registered.csv": "draw-closed",
        "wishes.csv": "allocated",
        "allocation.csv": "allocated",
        "audit.json": "audited",
    }
    for entry in ledger.of(draw, "draw-closed"):
        check_entry_files(report, entry, {"registered.csv": entry.body["registered"]}, digests)
    for entry in ledger.of(draw, "allocated"):
        check_entry_files(report, entry, {f"{name}.csv": said for name, said in entry.body.items()}, digests)
    for entry in ledger.of(draw, "batch"):
        files = {f"{name}-{entry.body['batch']}.csv": said for name, said in entry.body["files"].items()}
        named.update(dict.fromkeys(files, "batch"))
        check_entry_files(report, entry, files, digests)
    for name in sorted(bundle.sizes):
        kind = named.get(name, "batch" if re.match(r"(changes|room|wishes|promotion)-", name) else None)
        if kind and (not ledger.of(draw, kind) or (kind == "batch" and name not in named)):
            report.wrong(name, None, "not-in-ledger", f"No entry of the kind {kind} names this file.")


def check_arguments(
    report: Report, keys: Keys, given: Keys | None, origin: str | None, round_: str | None
) -> Keys:
    """Compare keys.json with what the caller knows from elsewhere; that goes before it."""
    file = "keys.json"
    if given is not None and (given.texts, given.origin) != (keys.texts, keys.origin):
        report.wrong(file, None, "keys-differ", "These are not the keys given by --keys.")
    if origin is not None and origin != keys.origin:
        report.wrong(file, None, "wrong-origin", f"The bundle is of the ledger {keys.origin}, not {origin}.")
    if round_ is not None and round_ != keys.round:
        report.wrong(file, None, "wrong-round", f"The bundle is of the round {keys.round}, not {round_}.")
    return given or keys


def check_committed(case: Case) -> None:
    """Check everything that follows from a commitment: pool, seed, draw, places, batches, audit."""
    attempt, bundle = case.attempt, case.bundle
    attempt("the commitment", check_commitment, case)
    attempt("times", check_times, case)
    case.seed = attempt("the seed", check_seed, case) or ""
    slots = attempt("slots.csv", read_slots, bundle, "slots.csv")
    for slot in slots or []:
        if (seconds(slot.starts_at.decode()) or 0) <= case.commitment.at:
            case.wrong("slots.csv", slot.line, "slot-past", "The slot begins before the draw is committed.")
        check_district(case, "slots.csv", slot.line, slot.district)
    names = [name for name in sorted(bundle.sizes) if re.fullmatch(f"wishes(-{BATCH})?\\.csv", name)]
    read = {name: attempt(name, read_wishes, bundle, name) for name in names}
    wishes: dict[str, Wishes] = {name: each for name, each in read.items() if each is not None}
    for name, lines in wishes.items():
        for wish in lines.values():
            check_district(case, name, wish.line, wish.district)
    pool = attempt("the pool", read_pool, case, chain.from_iterable(wishes.values()))
    attempt("registered, excluded, disputed", check_sets, case, pool)
    attempt("quotas", check_quotas, case, pool, slots)
    if not case.seed:
        return
    drawn = attempt("the draw", check_draw, case, pool)
    if "wishes.csv" in bundle or "allocation.csv" in bundle or case.of("allocated"):
        first = wishes.get("wishes.csv")
        placed = attempt("the allocation", check_allocation, case, drawn, pool, first, slots)
        if case.of("batch"):
            story = attempt("the batches", Story, drawn, pool, placed)
            attempt("the batches", check_batches, case, story, wishes)
    if "audit.json" in bundle or case.of("audited"):
        attempt("the audit", check_audit, case, drawn)


def verify(report: Report, bundle: Bundle, given: Keys | None, origin: str | None, round_: str | None) -> int:
    """Check a bundle; give the exit status."""
    attempt = report.attempt
    digests = check_sums(report, bundle)
    keys = attempt("keys.json", lambda: read_keys(bundle.whole("keys.json"), "keys.json"))
    keys = check_arguments(report, keys, given, origin, round_) if keys else given
    rules = attempt("rules.json", read_rules, bundle)
    commitment = attempt("commitment.json", Commitment, bundle) if "commitment.json" in bundle else None
    sizes = checkpoint_sizes(bundle) + ([commitment.value["ledger"]["size"]] if commitment else [])
    ledger = attempt("the ledger", lambda k: read_ledger(bundle, k.round, sizes), keys)
    attempt("checkpoints", check_checkpoints, report, bundle, ledger, keys)
    attempt("the opening", check_opening, report, ledger, keys, digests)
    attempt("the round", check_round, report, ledger)
    if keys and rules and rules["round"] != keys.round:
        report.wrong("rules.json", None, "wrong-round", f"The rules are of the round {rules['round']}.")
    if keys and commitment and not commitment.is_of(keys):
        report.wrong(commitment.file, None, "wrong-origin", "The commitment is of another ledger or round.")
    if ledger is not None:
        check_events(report, bundle, ledger, commitment, digests)
    if commitment is not None:
        what = "everything that follows from the commitment"
        case = attempt(what, Case, report, bundle, digests, rules, ledger, commitment)
        if case is not None:
            check_committed(case)
    if keys is not None:
        say_where(report, keys, given, commitment)
    return report.finish()


def check_events(
    report: Report, bundle: Bundle, ledger: Ledger, commitment: Commitment | None, digests: Digests
) -> None:
    """Check what the ledger says about the draw, whether its commitment can be read or not."""
    draw = find_draw(ledger, commitment, digests)
    if draw is None:
        report.say("no draw of the ledger can be told to be this bundle's: only its opening was checked")
        return
    declared = None
    if commitment:
        steps = {"dice": "dice", "drand": "beacon"}
        declared = [steps[source["kind"]] for source in commitment.value["sources"]]
    check_order(report, ledger, draw, declared)
    check_cosigned(report, ledger, draw)
    check_ledger_files(report, bundle, ledger, draw, digests)
    committed, later = ledger.of(draw, "draw-committed"), {"pool.csv", "seed.txt", "result.csv"}
    if "commitment.json" not in bundle and (committed or set(bundle.sizes) & later):
        report.wrong("commitment.json", None, "missing-file", "The file is missing.")
    for entry in ledger.of(draw, "draw-voided"):
        if entry.body["commitment_sha256"] and not committed:
            report.wrong_entry(entry, "digest-differs", "It names a commitment that there never was.")


def say_where(report: Report, keys: Keys, given: Keys | None, commitment: Commitment | None) -> None:
    """Say which ledger this is, whether it decides anything, and where the keys come from."""
    draw = f", draw {commitment.value['draw']}" if commitment else ""
    report.say(f"ledger {keys.origin}, round {keys.round}{draw}")
    if keys.origin.startswith("rehearsal/"):
        report.say("THIS IS A REHEARSAL: it decides nothing")
    if commitment and not commitment.drand:
        report.say("there is no beacon: that the dice were fair rests on the people in the room")
    for network in commitment.networks if commitment else []:
        said = f"a beacon is declared; that this is a public network must be known: {network['chain']}"
        report.say(said)
    if given is None:
        report.say("the keys come from the bundle itself; compare them with those in the minutes:")
        for role, text in keys.texts.items():
            report.say(f"  {role} {text}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; give the exit status."""
    parser = argparse.ArgumentParser(description="Check the published bundle of a draw.")
    parser.add_argument("bundle", metavar="BUNDLE", help="the bundle: its folder or its zip")
    parser.add_argument(
        "--keys", metavar="FILE", help="a keys.json from elsewhere (minutes, paper): goes before the bundle's"
    )
    parser.add_argument("--origin", metavar="NAME", help="the ledger's name that it must be of")
    parser.add_argument("--round", metavar="SLUG", help="the round that it must be of")
    options = parser.parse_args(arguments)
    try:
        given = None
        if options.keys:
            with open(options.keys, "rb") as stream:
                given = read_keys(stream.read(MOST_JSON), "--keys")
        return verify(Report(), Bundle(options.bundle), given, options.origin, options.round)
    except Wrong as wrong:
        print("cannot be read: " + printable(" ".join(map(str, wrong.args))))
    except (Refused, OSError) as error:
        print("cannot be read: " + printable(error))
    return 2


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):  # where `head` has read enough, end as other tools do
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    gc.disable()  # there are no cycles, and looking for them among millions of lines takes a fifth of the time
    sys.exit(main())
