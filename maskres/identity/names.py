"""Names of people: kept as their bearers write them, compared as forgivingly as is safe.

Two forms. `normalise_name` keeps how a name is shown. `matching_name` is what is compared with a register: there
a rare character typed in its other encoding, a left-out middle dot or a lower-case letter must not cost
anybody their mask. Matching only ever compares two names under one document number, so forgiving much lets
nobody in who does not already know the number and nearly the name.

What becomes of characters that have several encodings:
- NFC composes letters and accents. NFKC would do too much (it turns ª into a, ① into 1).
- CJK compatibility ideographs (U+F900…, U+2F800…) are shown as written, though NFC would replace them: their
  bearers see a difference that Unicode does not. Matching replaces them.
- Radicals (U+2E80…U+2FD5) only get into names by copying out of PDF files: replaced where Unicode says by what.
- Private-use characters by which code page 936 stood for eighty rare ones (U+E863 for 䶮): replaced, for
  registers still hold them. Other private-use characters are kept: nobody but their city knows what they are.
- Variation selectors are shown and do not match.
"""

from __future__ import annotations

import re
import unicodedata

from maskres.errors import InputError

NAME_LIMIT = 100
_INPUT_LIMIT = 400
_MIDDLE_DOT = "\u00b7"

_COMMON_HAN = re.compile(r"[\u4e00-\u9fff]{1,100}")
# Extensions newer than this Python's character data count as Han too, by their planes.
_HAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\ue000-\uf8ff\uf900-\ufaff\ufe00-\ufe0f"
    "\U00020000-\U0003fffd\U000e0100-\U000e01ef\U000f0000-\U0010fffd"
)
_HAS_HAN = re.compile(f"[{_HAN}]")
_COMPATIBILITY_IDEOGRAPHS = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
_BLANK_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}]) (?=[{_HAN}])")
_FULL_STOP_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}]) ?[.\u3002\uff61] ?(?=[{_HAN}])")
_DOTS = re.compile(" ?\u00b7[ \u00b7]*")
_BLANKS = re.compile(r"\s+")
_LOST = re.compile(r"[?\ufffd]")
_REFUSED = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f"  # control characters
    "\u2028\u2029\u202a-\u202e\u2066-\u2069"  # line breaks, and marks that turn the direction of other text
    "\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffc\U000e0000-\U000e00ff"  # halves, non-characters, tags
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)


def _make_fold() -> dict[int, str]:
    fold = {full: chr(full - 0xFEE0) for full in range(0xFF01, 0xFF5F)}
    fold |= {
        ord(dot): "\u00b7" for dot in "\u0387\u16eb\u2022\u2024\u2027\u2218\u2219\u22c5\u25cf\u25e6\u26ab"
    }
    fold |= {ord(dot): "\u00b7" for dot in "\u2981\u2b24\u2e30\u2e31\u2e33\u30fb\uff65\ua78f\U00010101"}
    fold |= {
        ord(mark): "" for mark in "\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff"
    }  # invisible, left by copying
    for radical in range(0x2E80, 0x2FE0):
        fold[radical] = unicodedata.normalize("NFKC", chr(radical))
    # GBK's last row, FE50 to FEA0, had no characters in Unicode when code page 936 was made.
    row = [bytes((0xFE, trail)) for trail in range(0x50, 0xA1) if trail != 0x7F]
    fold |= {0xE815 + place: code.decode("gb18030") for place, code in enumerate(row)}
    # Fourteen of them had none yet in the edition of GB18030 that Python knows; GB18030-2022 names these.
    return fold | {
        0xE816: "\U00020087",
        0xE817: "\U00020089",
        0xE818: "\U000200cc",
        0xE81E: "\u9fb4",
        0xE826: "\u9fb5",
        0xE82B: "\u9fb6",
        0xE82C: "\u9fb7",
        0xE831: "\U000215d7",
        0xE832: "\u9fb8",
        0xE83B: "\U0002298f",
        0xE843: "\u9fb9",
        0xE854: "\u9fba",
        0xE855: "\U000241fe",
        0xE864: "\u9fbb",
    }


_FOLD = _make_fold()
_UNMATCHED = {ord(mark): "" for mark in " \u00b7.,'`-\u00b4\u02bc\u034f\u2018\u2019\u200c\u200d\u2212"}
_UNMATCHED |= dict.fromkeys(range(0x2010, 0x2016), "")
_UNMATCHED |= dict.fromkeys(range(0xFE00, 0xFE10), "") | dict.fromkeys(range(0xE0100, 0xE01F0), "")


def normalise_name(text: str, *, field: str = "name") -> str:
    """Write a name in one spelling, as it is shown.

    Full-width letters become plain, middle dots of any kind U+00B7 (full stops too, between Han characters),
    blanks vanish between Han characters and become one elsewhere.

    Args:
        text: what was written.
        field: the field to name in the error.

    Returns:
        1 to 100 characters.

    Raises:
        InputError: "bad-name" where it is empty or too long, or holds control characters, half characters,
            marks that turn the writing direction, or a question mark in the place of a lost character.
    """
    if _COMMON_HAN.fullmatch(text):
        return text
    _refuse_bad_characters(text, field)
    name = _compose(_BLANKS.sub(" ", text.translate(_FOLD)).strip())
    name = _FULL_STOP_BETWEEN_HAN.sub(_MIDDLE_DOT, name)
    name = _DOTS.sub(_MIDDLE_DOT, _BLANK_BETWEEN_HAN.sub("", name)).strip(f" {_MIDDLE_DOT}")
    if not name.translate(_UNMATCHED):
        raise InputError("bad-name", "The name is missing.", field=field)
    if len(name) > NAME_LIMIT:
        raise InputError("bad-name", f"The name is longer than {NAME_LIMIT} characters.", field=field)
    return name


def matching_name(text: str, *, field: str = "name") -> str:
    """Write a name as it is compared: upper case, rare encodings replaced, without blanks, dots, hyphens.

    Args:
        text: what was written, normalised or not.
        field: the field to name in the error.

    Returns:
        1 character or more. Equal for two spellings of one name; never shown.

    Raises:
        InputError: "bad-name".
    """
    if _COMMON_HAN.fullmatch(text):
        return text
    name = unicodedata.normalize("NFC", normalise_name(text, field=field))
    return unicodedata.normalize("NFC", name.casefold().upper().translate(_UNMATCHED))


def masked_name(name: str) -> str:
    """Show enough of a name to compare it with a card, and no more.

    Args:
        name: as `normalise_name` gives it.

    Returns:
        The last character of a Han name (**丰), the first letter of each part of another (A*** S***).
    """
    if _HAS_HAN.search(name) is None:
        parts = re.split("([ \u00b7-])", name)
        return "".join(
            part[:1] + "***" if place % 2 == 0 and part else part for place, part in enumerate(parts)
        )
    shown = "".join(symbol for symbol in name if unicodedata.category(symbol) != "Mn")
    hidden = "".join(symbol if symbol == _MIDDLE_DOT else "*" for symbol in shown)
    return hidden[:-1] + shown[-1] if len(shown) > 1 else hidden


def _refuse_bad_characters(text: str, field: str) -> None:
    if len(text) > _INPUT_LIMIT:
        raise InputError("bad-name", f"The name is longer than {NAME_LIMIT} characters.", field=field)
    if _REFUSED.search(text) is not None:
        message = "The name holds characters that cannot be written. Please type it anew."
        raise InputError("bad-name", message, field=field)
    if _LOST.search(text.translate(_FOLD)) is not None:
        message = (
            "A question mark stands in the name where a rare character was lost. Please type the character; "
            "files keep it if they are saved as UTF-8 or GB18030."
        )
        raise InputError("bad-name", message, field=field)


def _compose(text: str) -> str:
    """Apply NFC to everything but CJK compatibility ideographs."""
    if unicodedata.is_normalized("NFC", text):
        return text
    parts = _COMPATIBILITY_IDEOGRAPHS.split(text)
    return "".join(
        part if place % 2 else unicodedata.normalize("NFC", part) for place, part in enumerate(parts)
    )
