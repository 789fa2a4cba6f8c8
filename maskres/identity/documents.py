"""Identity documents in one spelling, so that a hundred ways to write a number are one person.

Four kinds: resident identity numbers (GB 11643), residence permits of Hong Kong, Macao and Taiwan residents,
foreigners' permanent residence cards, passports. No message repeats the number: messages end up in logs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache, partial
from typing import NamedTuple, NoReturn

from maskres.errors import InputError

CN_ID = "cn-id"
HMT_PERMIT = "hmt-permit"
PR_CARD = "pr-card"
PASSPORT = "passport"
KINDS = (CN_ID, HMT_PERMIT, PR_CARD, PASSPORT)
_PREFIXES = {kind: kind.upper() for kind in KINDS}

_KIND_BY_NAME = {kind: kind for kind in KINDS} | {
    "居民身份证": CN_ID,
    "港澳台居民居住证": HMT_PERMIT,
    "外国人永久居留身份证": PR_CARD,
    "护照": PASSPORT,
}

# ISO 7064 MOD 11-2: the sum of digit × 2^(17 - position) mod 11 names the check symbol. Tables of three digits
# at once make it four look-ups, and a look-up that fails says that something is no plain digit.
_WEIGHTS = [pow(2, 17 - position, 11) for position in range(17)]
_CHECK_SYMBOLS = "10X98765432"


def _sum_up(digits: str, position: int) -> int:
    return sum(int(digit) * _WEIGHTS[position + place] for place, digit in enumerate(digits))


_AREA_SUMS = {f"{number:03}": _sum_up(f"{number:03}", 0) for number in range(1000)}
_DISTRICT_SUMS = {f"{number:03}": _sum_up(f"{number:03}", 3) for number in range(1000)}
_YEAR_SUMS = {f"{year}": _sum_up(f"{year}", 6) for year in range(1800, 2100)}
_DAY_SUMS = {f"{day:04}": _sum_up(f"{day:04}", 10) for day in range(1300)}
_SEQUENCE_SUMS = {f"{number:03}": _sum_up(f"{number:03}", 14) for number in range(1000)}

_BIRTH = re.compile(r"(?:18|19|20)[0-9]{6}")
_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_FIFTEEN = re.compile(r"[0-9]{15}")
_OLD_CARD = re.compile(r"[A-Z]{3}[0-9]{12}")
# Passport numbers have at most nine characters (ICAO 9303-4). Any three letters may issue: a list of countries
# would be out of date some day and refuse somebody for it.
_PASSPORT = re.compile(r"([A-Z]{3}|D):([A-Z0-9]{5,9})")

# What a spreadsheet makes of a long number: 3.50203E+17, 350203194912010021.0, '350203194912010021.
_SCIENTIFIC = re.compile(r"(?:[A-Z]{1,3}:)?[0-9]+(?:\.[0-9]*)?E\+[0-9]{1,3}")
_FRACTION = re.compile(r"(?:[A-Z]{1,3}:)?[0-9]+\.0*")
_APOSTROPHES = ("'", "\u2018", "\u2019", "`", "\u00b4")

_DROPPED = (
    " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\u00ad"  # hyphens and dashes
    "\u200b\u200e\u200f\u202a\u202c\u2060\ufeff"  # invisible, left by copying out of another window
    '="<'  # ="…" keeps a number whole in a spreadsheet; < fills the machine-readable lines of a passport
)
# Keyboards for Chinese offer a multiplication sign and a Roman ten where an X is meant.
_MEANT_AS_X = "\u00d7\u2169\u2179\u0425\u0445\u03a7\u03c7"
_FOLD = (
    {full: chr(full - 0xFEE0) for full in range(0xFF01, 0xFF5F)}
    | {ord(symbol): "X" for symbol in _MEANT_AS_X}
    | {ord(symbol): None for symbol in _DROPPED}
    | {ord("\uff1d"): None, ord("\uff02"): None, ord("\uff0d"): None, ord("\uff1c"): None}
)
_INPUT_LIMIT = 100


class Document(NamedTuple):
    """An identity document, normalised; a tuple, for a file makes many.

    Attributes:
        kind: one of KINDS.
        value: its number: A-Z and 0-9.
        issuer: ISO 3166-1 alpha-3 code (passports), else None.
        birth_date: as the number shows it, None where it does not.
        sex: "M" or "F" as the number shows it, None where it does not.
    """

    kind: str
    value: str
    issuer: str | None
    birth_date: date | None
    sex: str | None

    @property
    def canonical(self) -> str:
        """Give the canonical id, KIND:VALUE or PASSPORT:ISSUER:VALUE (spec N1)."""
        if self.issuer is None:
            return f"{_PREFIXES[self.kind]}:{self.value}"
        return f"{_PREFIXES[self.kind]}:{self.issuer}:{self.value}"

    @property
    def last_four(self) -> str:
        """Give the last four characters, which a counter compares with the card."""
        return self.value[-4:]


# As Document does, in half the time.
_make_document: Callable[[tuple[str, str, None, date, str]], Document] = partial(tuple.__new__, Document)


def read_kind(text: str, *, field: str = "id_type") -> str | None:
    """Read a kind of document in English or Chinese.

    Args:
        text: for instance "passport" or "护照"; empty where the number is to tell.
        field: the field to name in the error.

    Returns:
        One of KINDS, None for an empty text.

    Raises:
        InputError: "bad-document".
    """
    name = text.strip().lower()
    if not name:
        return None
    kind = _KIND_BY_NAME.get(name)
    if kind is None:
        known = ", ".join(_KIND_BY_NAME)
        _refuse(f"This kind of document is not known here. Known are: {known}.", field)
    return kind


def read_document(
    number: str, kind: str | None = None, *, today: date | None = None, field: str = "id_number"
) -> Document:
    """Read the number of an identity document in any spelling.

    Full-width forms, lower case, blanks and hyphens are folded. The number's own form tells its kind, for no form
    fits two kinds: somebody who ticked the wrong kind is served all the same, and one number can never become
    two people by ticking another kind. `kind` only makes the refusals clearer.

    Args:
        number: what was written; passports as ISSUER:NUMBER, e.g. GBR:123456789.
        kind: what kind it is said to be: one of KINDS, its Chinese name, or None.
        today: a date of birth after it is refused; None to allow any.
        field: the field to name in errors.

    Returns:
        The document.

    Raises:
        InputError: "bad-document" (length, date of birth, check symbol, kind, issuer), "mangled-by-spreadsheet".

    Source: GB 11643, ISO 7064 MOD 11-2, ICAO 9303-4.
    """
    known_kind = (_KIND_BY_NAME.get(kind) or read_kind(kind)) if kind else None
    document = _read_eighteen(number) if len(number) == 18 else None
    if document is None:
        document = _read_written(number, known_kind, field)
    if today is not None and document.birth_date is not None and document.birth_date > today:
        _refuse(
            "The date of birth in this number lies in the future. Please compare it with the card.", field
        )
    return document


def _read_eighteen(number: str) -> Document | None:
    """Read 18 clean characters; None where anything at all is wrong with them.

    The first six digits are the county that issued the number, as counties were then. Codes are abolished and
    made anew every year; no list has all that ever were, and checking against one shuts out most people born
    before 1980. So any digits will do.
    """
    county, birth = _read_county(number[:6]), _read_birth(number[6:14])
    sequence = _SEQUENCE_SUMS.get(number[14:17])
    if county is None or birth is None or sequence is None:
        return None
    kind, total = county
    born, of_birth = birth
    if _CHECK_SYMBOLS[(total + of_birth + sequence) % 11] != number[17]:
        return None
    return _make_document((kind, number, None, born, "M" if number[16] in "13579" else "F"))


# Of millions of numbers all begin with one of a few thousand counties.
@lru_cache(maxsize=1 << 13)
def _read_county(digits: str) -> tuple[str, int] | None:
    """Read positions 1 to 6: the kind of card that they mark, and what they add to the check sum."""
    try:
        total = _AREA_SUMS[digits[:3]] + _DISTRICT_SUMS[digits[3:]]
    except KeyError:
        return None
    # 81, 82, 83 and 9 are given to no county of the mainland: they mark the cards made for others.
    if digits[0] == "9":
        return PR_CARD, total
    return (HMT_PERMIT if digits[:2] in ("81", "82", "83") else CN_ID), total


@lru_cache(maxsize=1 << 16)
def _read_birth(digits: str) -> tuple[date, int] | None:
    """Read positions 7 to 14: the date of birth, and what its digits add to the check sum."""
    if _BIRTH.fullmatch(digits) is None:
        return None
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return born, _YEAR_SUMS[digits[:4]] + _DAY_SUMS[digits[4:]]


def _fold(number: str) -> str:
    return number.translate(_FOLD).upper()


def _read_written(number: str, kind: str | None, field: str) -> Document:
    """Read a number not in its clean form, or say what is wrong with it."""
    if len(number) > _INPUT_LIMIT:
        _refuse("This is far too long for the number of a document.", field)
    folded = _fold(number)
    if not folded:
        _refuse("The number of the document is missing.", field)
    _refuse_mangled(folded, field)
    if _FIFTEEN.fullmatch(folded):
        folded = _upgrade(folded)
    document = _read_eighteen(folded) if len(folded) == 18 else None
    if document is not None:
        return document
    passport = _PASSPORT.fullmatch(folded)
    if passport is not None:
        # Germany alone writes one letter in its passports; its three-letter code is DEU.
        issuer = "DEU" if passport[1] == "D" else passport[1]
        return Document(PASSPORT, passport[2], issuer, None, None)
    if _OLD_CARD.fullmatch(folded):
        # Cards of before 2023: country, place of issue, date of birth with a year of two digits, sequence.
        # The century cannot be told, so the date has to be asked for.
        return Document(PR_CARD, folded, None, None, None)
    _explain(folded, kind, field)


def _upgrade(number: str) -> str:
    """Turn a first-generation number of 15 digits into the 18 of the same person.

    Numbers given before October 1999 lack the century and the check symbol; GB 11643-1999 put "19" before the
    year and the symbol at the end and changed nothing else. Old registers still hold them, and whoever is known
    there by the old number must be found under the new one. Sequences 996 to 999 were kept for people who were
    a hundred years old already: born in 18YY. A slip in 15 digits goes unnoticed, for they carry no check, but
    then the register knows no such person, and nobody else's number results except by a very strange chance.
    """
    century = "18" if number[12:] in ("996", "997", "998", "999") else "19"
    body = number[:6] + century + number[6:]
    return body + _CHECK_SYMBOLS[_sum_up(body, 0) % 11]


def _refuse_mangled(folded: str, field: str) -> None:
    """Refuse what a spreadsheet left of a number.

    A spreadsheet keeps 15 digits and puts zeros for the others; one such number in eleven has a check symbol
    that fits by chance and cannot be told from a right one.
    """
    what = None
    if folded.startswith(_APOSTROPHES):
        what = "has an apostrophe in front; please take it away"
    elif _SCIENTIFIC.fullmatch(folded):
        what = "was shortened to a form like 3.5E+17"
    elif _FRACTION.fullmatch(folded):
        what = "was turned into a decimal fraction"
    elif _EIGHTEEN.fullmatch(folded) and folded.endswith("000") and _read_eighteen(folded) is None:
        what = "lost its last three digits and ends in zeros"
    if what is not None:
        raise InputError(
            "mangled-by-spreadsheet",
            f"A spreadsheet has spoilt this number: it {what}. "
            "Spreadsheets keep 15 digits only: make the column text and put the numbers in again.",
            field=field,
        )


def _explain(folded: str, kind: str | None, field: str) -> NoReturn:
    """Say what is wrong with a number that is none."""
    if kind == PASSPORT or ":" in folded:
        _refuse(
            "A passport is written as country and number, like GBR:123456789: "
            "three letters, a colon, then 5 to 9 letters and digits.",
            field,
        )
    if _EIGHTEEN.fullmatch(folded):
        if _read_birth(folded[6:14]) is None:
            _refuse(
                "Characters 7 to 14 of this number are no date of birth. Please compare it with the card.",
                field,
            )
        _refuse(
            "The last character does not fit the others: one is wrong. Please compare it with the card.",
            field,
        )
    if len(folded) in (15, 18) and folded[:1].isdigit():
        _refuse("This number holds characters that are no digits. Please compare it with the card.", field)
    _refuse(
        f"The number on a card has 18 characters; this one has {len(folded)}. Please compare it with the card. "
        "A passport is written like GBR:123456789.",
        field,
    )


def _refuse(message: str, field: str) -> NoReturn:
    raise InputError("bad-document", message, field=field)
