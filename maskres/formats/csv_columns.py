"""The kinds of column in the protocol's CSV files, each parsed a block at a time (spec B1 to B5).

A column says which rows of a block it accepts, on whole arrays, and in `explain` what is wrong with one
field, in words. Every kind accepts only printable ASCII, so no byte a reader might take differently
(carriage return, quote, NUL, a byte of another alphabet) can pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskres.errors import InputError
from maskres.formats.number_arrays import Numbers, are_numbers
from maskres.formats.symbols import LENGTH, is_number
from maskres.formats.values import is_slug, parse_integer, parse_time, require_slug

BEFORE = 64
"""Bytes of padding in front of a block: a field may be looked at from its end."""
AFTER = 128
"""Bytes of padding behind a block: a window may reach past the last field."""

SLUG_BYTES = 40
INTEGER_DIGITS = 12
MAX_CHOICES = 20

Explanation = tuple[str, str]
"""Stable code of the error and one sentence."""

_MIXERS = np.array([0x9E3779B97F4A7C15**power % 2**64 for power in range(1, 6)], dtype=np.uint64)
"""Odd factors that spread the words of a text over 64 bits, the best spread on top."""

_FIRST_BYTES = np.array([256**count - 1 for count in range(9)], dtype=np.uint64)
"""Masks that keep the first 0 to 8 bytes of a little-endian word."""


class Fields:
    """One column of one block: where each field starts and ends in the padded bytes."""

    def __init__(self, data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        self.data = data
        self.starts = starts
        self.ends = ends
        self.lengths: NDArray[np.int64] = ends - starts

    def windows(self, width: int) -> NDArray[np.bytes_]:
        """Copy `width` bytes from the start of every field, whatever follows it included."""
        every = np.ndarray((len(self.data) - width + 1,), dtype=f"S{width}", buffer=self.data, strides=(1,))
        taken: NDArray[np.bytes_] = every[self.starts]
        return taken

    def words(self, width: int) -> NDArray[np.uint64]:
        """Copy every field, cut to `width` bytes and padded with NUL, as rows of 64-bit words."""
        longest = min(int(self.lengths.max(initial=1)), width)
        count = -(-longest // 8) or 1
        words = self.windows(8 * count).view("<u8").reshape(-1, count)
        for word in range(count):
            words[:, word] &= _FIRST_BYTES[(self.lengths - 8 * word).clip(0, 8)]
        return words

    def slices(self) -> list[bytes]:
        """Copy every field whole."""
        data = self.data
        return [data[start:end] for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)]


class Column(ABC):
    """A column of a file being read: parses blocks and gathers what it accepted.

    Args:
        name: the column's name in the header.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._parts: list[NDArray[Any]] = []

    @abstractmethod
    def parse(self, fields: Fields) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Parse one block: a value and an "is accepted" for each field."""

    @abstractmethod
    def explain(self, text: str) -> Explanation | None:
        """Say what is wrong with one field, or None where nothing is."""

    def keep(self, values: NDArray[Any]) -> None:
        """Add the values of accepted rows."""
        self._parts.append(values)

    def forget(self) -> None:
        """Let go of the values gathered so far, where a file is read block by block."""
        self._parts.clear()

    def _gathered(self, dtype: Any) -> NDArray[Any]:
        """Join the parts, once; what was joined replaces them."""
        if len(self._parts) != 1:
            self._parts = [np.concatenate(self._parts) if self._parts else np.empty(0, dtype=dtype)]
        return self._parts[0]


class NumberColumn(Column):
    """Registration numbers: twelve symbols, the last a check symbol (spec N4)."""

    def parse(self, fields: Fields) -> tuple[Numbers, NDArray[np.bool_]]:
        """Parse one block."""
        numbers = fields.windows(LENGTH)
        return numbers, are_numbers(numbers) & (fields.lengths == LENGTH)

    def explain(self, text: str) -> Explanation | None:
        """Say what is wrong with one field."""
        if is_number(text):
            return None
        if len(text) == LENGTH and is_number(text.upper()):
            return "bad-number", f"{text!r:.60} must be in capital letters."
        return (
            "bad-number",
            f"{text!r:.60} is not a registration number of 12 symbols with a right check symbol.",
        )

    @property
    def values(self) -> Numbers:
        """The numbers, dtype S12."""
        return self._gathered(f"S{LENGTH}")


_MOST_GUESSED = 4096


class _CodedColumn(Column):
    """Texts that repeat: an integer code a row, and the texts in order of first appearance."""

    width = SLUG_BYTES

    def __init__(self, name: str, *, may_be_empty: bool = False) -> None:
        super().__init__(name)
        self._may_be_empty = may_be_empty
        self._code_of = _Codes(self)
        self._guesses = _Guesses(self.width)

    def parse(self, fields: Fields) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Parse one block: texts of earlier blocks are found all at once, the others looked up one by one."""
        words = fields.words(self.width)
        self._guesses.learn(self._code_of)
        codes = self._guesses.find(words)
        others = np.flatnonzero(codes < 0)
        texts = words[others].view(f"S{8 * words.shape[1]}").ravel().tolist()
        codes[others] = np.fromiter(map(self._code_of.__getitem__, texts), dtype=np.int32, count=len(texts))
        return codes, (codes >= 0) & (fields.lengths <= self.width)

    @property
    def codes(self) -> NDArray[np.int32]:
        """A code a row: an index of `names`."""
        return self._gathered(np.int32)

    @property
    def names(self) -> tuple[str, ...]:
        """The distinct texts in order of first appearance."""
        return tuple(text.decode("ascii") for text in self._code_of)

    @property
    def ranks(self) -> NDArray[np.int32]:
        """An integer a row, in the order of the texts' bytes."""
        names = self.names
        rank_of_code = np.empty(len(names), dtype=np.int32)
        rank_of_code[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
        ranks: NDArray[np.int32] = rank_of_code[self.codes]
        return ranks


class _Codes(dict[bytes, int]):
    """Give every new acceptable text the next code, and -1 to any other."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self._explain = column.explain

    def __missing__(self, text: bytes) -> int:
        if self._explain(text.decode("latin-1")) is not None:
            return -1
        code = self[text] = len(self)
        return code


class _Guesses:
    """A table in which known texts stand at a place computed from their bytes, so that many are found at once.

    Where two have one place, the later has it; the other is not found, like a text that is not known.

    Args:
        width: the longest text, bytes.
    """

    def __init__(self, width: int) -> None:
        self._count = -(-width // 8)
        # By word: those of all known texts, in the order of their codes.
        self._words = np.empty((self._count, 0), dtype=np.uint64)
        self._table = np.empty(0, dtype=np.int32)

    def learn(self, texts: Collection[bytes]) -> None:
        """Know texts, in the order of their codes: the first few thousand, where there are so many."""
        count = min(len(texts), _MOST_GUESSED)
        if count == self._words.shape[1]:
            return
        padded = np.array(list(islice(texts, count)), dtype=f"S{8 * self._count}")
        self._words = np.ascontiguousarray(padded.view("<u8").reshape(-1, self._count).T)
        # At least 32 places a text: few share one.
        self._table = np.zeros(1 << (32 * count).bit_length(), dtype=np.int32)
        self._table[self._places(self._words)] = np.arange(count)

    def find(self, words: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Give the code of each text (see Fields.words), -1 where it is not found."""
        if not len(self._table):
            return np.full(len(words), -1, dtype=np.int32)
        codes: NDArray[np.int32] = self._table[self._places(words.T)]
        is_right = np.ones(len(words), dtype=np.bool_)
        for word, known in enumerate(self._words):
            # Behind the words that are given the text has ended.
            is_right &= known[codes] == (words[:, word] if word < words.shape[1] else 0)
        codes[~is_right] = -1
        return codes

    def _places(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Mix the words of each text into a place of the table; absent words count as if they were NUL."""
        mixed = np.zeros(words.shape[1], dtype=np.uint64)
        for word, factor in zip(words, _MIXERS, strict=False):
            mixed += word * factor
        return mixed >> np.uint64(65 - len(self._table).bit_length())


class SlugColumn(_CodedColumn):
    """Slugs: `[a-z0-9][a-z0-9-]{0,39}`, or empty where that is allowed."""

    def explain(self, text: str) -> Explanation | None:
        """Say what is wrong with one field."""
        if is_slug(text) or (self._may_be_empty and not text):
            return None
        return _explain_by(require_slug, text, self.name)


class TimeColumn(_CodedColumn):
    """Times in UTC, `YYYY-MM-DDTHH:MM:SSZ`; their bytes stand in the order of time."""

    def explain(self, text: str) -> Explanation | None:
        """Say what is wrong with one field."""
        return _explain_by(parse_time, text, self.name)


class WordColumn(_CodedColumn):
    """One of a few words.

    Args:
        name: the column's name in the header.
        words: the words allowed; `codes` are indices of this sequence.
    """

    def __init__(self, name: str, words: Sequence[str]) -> None:
        super().__init__(name)
        self._words = tuple(words)
        for word in words:
            self._code_of[word.encode("ascii")] = len(self._code_of)

    def explain(self, text: str) -> Explanation | None:
        """Say what is wrong with one field."""
        if text in self._words:
            return None
        return "bad-value", f"{text!r:.60} is not one of: {', '.join(self._words)}."


class IntegerColumn(Column):
    """Plain decimal integers: no sign, no leading zero, at most twelve digits.

    Args:
        name: the column's name in the header.
        low: the least allowed, at least 0.
        high: the greatest allowed, at most 999999999999.
        dtype: integer type that holds `high`.
    """

    def __init__(
        self, name: str, low: int = 0, high: int = 10**INTEGER_DIGITS - 1, dtype: Any = np.int64
    ) -> None:
        super().__init__(name)
        self._low = low
        self._high = high
        self._dtype = dtype

    def parse(self, fields: Fields) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Parse one block, digit by digit from the right."""
        data = np.frombuffer(fields.data, dtype=np.uint8)
        longest = min(int(fields.lengths.max(initial=0)), INTEGER_DIGITS)
        is_right = (fields.lengths >= 1) & (fields.lengths <= INTEGER_DIGITS)
        # A leading zero is right only where it is the whole number.
        is_right &= (data[fields.starts] != ord("0")) | (fields.lengths == 1)
        value = np.zeros(len(fields.starts), dtype=np.int64)
        for place in range(longest):
            digit = data[fields.ends - 1 - place] - np.uint8(ord("0"))
            is_inside = fields.lengths > place
            is_right &= (digit <= 9) | ~is_inside
            value += np.where(is_inside, digit, 0) * np.int64(10**place)
        is_right &= (value >= self._low) & (value <= self._high)
        return value.astype(self._dtype), is_right

    def explain(self, text: str) -> Explanation | None:
        """Say what is wrong with one field."""
        malformed = _explain_by(parse_integer, text, self.name)
        if malformed is None and not self._low <= int(text) <= self._high:
            return "bad-integer", f"{text} is not from {self._low} to {self._high}."
        return malformed

    @property
    def values(self) -> NDArray[Any]:
        """The integers, in the column's type."""
        return self._gathered(self._dtype)


def _hex_pairs() -> NDArray[np.uint16]:
    """Tabulate the byte that two hex digits spell, 256 where they are not lower-case hex."""
    table = np.full(65536, 256, dtype=np.uint16)
    for byte in range(256):
        first, second = f"{byte:02x}".encode("ascii")
        table[first | second << 8] = byte
    return table


_HEX_PAIR = _hex_pairs()


class HexColumn(Column):
    """Lower-case hex of one width.

    Args:
        name: the column's name in the header.
        digits: how many hex digits, even.
        keep: whether the values are wanted; otherwise they are only checked.
    """

    def __init__(self, name: str, digits: int, *, keep: bool = True) -> None:
        super().__init__(name)
        self._digits = digits
        self._keep = keep

    def parse(self, fields: Fields) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Parse one block into rows of bytes."""
        words = fields.windows(self._digits).view("<u2").reshape(-1, self._digits // 2)
        spelled = _HEX_PAIR[words]
        is_right = fields.lengths == self._digits
        if int(spelled.max(initial=0)) > 255:
            is_right &= spelled.max(axis=1) <= 255
        return spelled.astype(np.uint8), is_right

    def keep(self, values: NDArray[Any]) -> None:
        """Add the values of accepted rows."""
        if self._keep:
            super().keep(values)

    def explain(self, text: str) -> Explanation | None:
        """Say what is wrong with one field."""
        if len(text) == self._digits and not set(text) - set("0123456789abcdef"):
            return None
        return "bad-hex", f"{text!r:.80} is not {self._digits} lower-case hex digits."

    @property
    def values(self) -> NDArray[np.uint8]:
        """The bytes spelled, one row each; empty where they were not kept."""
        return self._gathered(np.uint8).reshape(-1, self._digits // 2)


def _explain_by(parse: Any, text: str, field: str) -> Explanation | None:
    """Say what a scalar parser refuses in one field."""
    try:
        parse(text, field=field)
    except InputError as error:
        return error.code, error.message
    return None
