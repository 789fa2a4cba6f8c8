"""Who collects for a winner, as the winner names them: a name, and something by which the cashier knows them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from maskres.errors import InputError
from maskres.identity.names import masked_name, normalise_name

LAST_FOUR = 4
WORD_SHORTEST, WORD_LONGEST = 2, 20


@dataclass(frozen=True, slots=True)
class Proxy:
    """Somebody who may collect for a winner.

    Attributes:
        name: as on their card.
        last_four: the last four characters of their document's number; None where a word stands for it.
        word: what the winner has told them to say; None where the document stands for it.
    """

    name: str
    last_four: str | None = None
    word: str | None = None

    @property
    def masked(self) -> Proxy:
        """The same with its name masked: what a cashier compares, and no more."""
        return Proxy(masked_name(self.name), self.last_four, self.word)

    @property
    def members(self) -> dict[str, str | None]:
        """Its members by name."""
        return {"name": self.name, "last_four": self.last_four, "word": self.word}


def read_proxy(name: str, last_four: str, word: str) -> Proxy:
    """Read a proxy as it was typed.

    Args:
        name: 1 to 100 characters.
        last_four: four of 0-9 and A-Z, in any width and case; empty where there is a word.
        word: 2 to 20 characters; empty where there are the last four.

    Raises:
        InputError: "bad-name", "bad-last-four", "bad-code-word", "no-mark", naming the field.
    """
    return Proxy(normalise_name(name), *read_mark(last_four, word))


def read_mark(last_four: str, word: str) -> tuple[str | None, str | None]:
    """Read that by which the counter knows a proxy, as read_proxy: the last four characters, a code word, or both.

    Raises:
        InputError: "bad-last-four", "bad-code-word", "no-mark", naming the field.
    """
    mark = read_last_four(last_four), read_word(word)
    if mark == (None, None):
        raise InputError("no-mark", "Give the last four characters, or a code word.", field="last_four")
    return mark


def read_last_four(typed: str) -> str | None:
    """Read the end of a document's number; None where nothing was typed.

    Raises:
        InputError: "bad-last-four".
    """
    found = "".join(unicodedata.normalize("NFKC", typed).split()).upper()
    if not found:
        return None
    if len(found) != LAST_FOUR or not (found.isascii() and found.isalnum()):
        raise InputError("bad-last-four", "Four letters or digits are needed.", field="last_four")
    return found


def read_word(typed: str) -> str | None:
    """Read a code word; None where nothing was typed.

    Raises:
        InputError: "bad-code-word".
    """
    found = " ".join(unicodedata.normalize("NFC", typed).split())
    if not found:
        return None
    if not WORD_SHORTEST <= len(found) <= WORD_LONGEST or not found.isprintable():
        raise InputError("bad-code-word", "A code word has 2 to 20 characters.", field="word")
    return found
