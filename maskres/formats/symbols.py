"""Numbers and codes that people read aloud: twelve symbols of Crockford's alphabet, the last a check.

A registration number and a pickup code have the same shape: 55 bits as eleven symbols, then a Luhn mod 32
check symbol, which catches every single wrong symbol and most neighbours swapped (spec N3, N4).
"""

from __future__ import annotations

import re

from maskres.errors import InputError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_DOUBLED = {symbol: sum(divmod(2 * value, 32)) for symbol, value in _VALUE.items()}
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
#: What two neighbours, by their ten bits, add to the sum that the check symbol makes up for, the second doubled.
_PAIR_SUMS = [_VALUE[pair[0]] + _DOUBLED[pair[1]] for pair in _PAIRS]
_DOUBLED_FIRST = [_DOUBLED[symbol] for symbol in ALPHABET]
_SHAPE = re.compile(r"[0-9A-HJKMNP-TV-Z]{12}")
_LOOKALIKES = str.maketrans("OILoil", "011011", " -\u2010\u2011\u2012\u2013\u2014\uff0d\u3000\u00a0\t")


def check_symbol(body: str) -> str:
    """Compute the Luhn mod 32 check symbol of a body.

    Args:
        body: symbols of ALPHABET, upper case, without the check symbol.

    Returns:
        One symbol.

    Raises:
        KeyError: a symbol is not of ALPHABET.

    Source: spec N4.
    """
    # Every second symbol counts doubled, the last one first.
    doubled = sum(map(_DOUBLED.__getitem__, body[::-2]))
    return ALPHABET[-(doubled + sum(map(_VALUE.__getitem__, body[-2::-2]))) % 32]


def from_digest(digest: bytes) -> str:
    """Write the top 55 bits of a digest as eleven symbols and their check symbol.

    Args:
        digest: at least 7 bytes.

    Returns:
        Twelve symbols, bare.

    Source: spec N3.
    """
    # Symbol by symbol, as check_symbol does, would take twice as long; every number of a city comes by here.
    bits = int.from_bytes(digest[:7], "big") >> 1
    first, a, b = bits >> 50, bits >> 40 & 1023, bits >> 30 & 1023
    c, d, e = bits >> 20 & 1023, bits >> 10 & 1023, bits & 1023
    total = (
        _DOUBLED_FIRST[first] + _PAIR_SUMS[a] + _PAIR_SUMS[b] + _PAIR_SUMS[c] + _PAIR_SUMS[d] + _PAIR_SUMS[e]
    )
    body = ALPHABET[first] + _PAIRS[a] + _PAIRS[b] + _PAIRS[c] + _PAIRS[d] + _PAIRS[e]
    return body + ALPHABET[-total % 32]


def is_number(text: str) -> bool:
    """Tell whether a text is twelve bare symbols whose check symbol is right."""
    return _SHAPE.fullmatch(text) is not None and check_symbol(text[:-1]) == text[-1]


def read_typed(text: str, *, field: str = "number") -> str:
    """Read a number or code as a person typed it.

    Any case, with or without hyphens and spaces, full-width forms, O for 0, I and L for 1.

    Args:
        text: what was typed.
        field: the field to name in the error.

    Returns:
        Twelve bare symbols.

    Raises:
        InputError: "bad-number" where it cannot be one.

    Source: spec N6.
    """
    if is_number(text):
        return text  # as it was scanned
    folded = "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text[:64])
    number = folded.translate(_LOOKALIKES).upper()
    if _SHAPE.fullmatch(number) is None:
        raise InputError(
            "bad-number",
            "A number has twelve letters and digits, like 7K3M-9QTR-4XH7. Please compare it with your slip.",
            field=field,
        )
    if check_symbol(number[:-1]) != number[-1]:
        raise InputError(
            "bad-number",
            "One of the letters or digits is wrong. Please compare the number with your slip.",
            field=field,
        )
    return number


def grouped(number: str) -> str:
    """Show a number in three groups of four, as it stands on slips and screens."""
    return f"{number[:4]}-{number[4:8]}-{number[8:]}"
