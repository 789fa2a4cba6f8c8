"""The rules of a round as short sentences for residents, in English and in simplified Chinese.

Every member of the rules shows in the words: whoever reads them knows what rules.json says.
"""

from __future__ import annotations

from typing import Final, Literal

from maskres.rounds import plain_chinese, plain_english
from maskres.rounds.rules import Rules

Language = Literal["en", "zh-Hans"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh-Hans")


def describe(rules: Rules, language: Language) -> list[str]:
    """Say the rules in plain words.

    Args:
        rules: checked rules.
        language: "en" or "zh-Hans".

    Returns:
        Sentences in a fixed order: what there is, who may take part, the draw, its groups, what happens
        between the steps, where, and when data is erased. Slugs, zone and unusual goods stand as they are.
    """
    if language == "en":
        return plain_english.describe(rules)
    return plain_chinese.describe(rules)


def describe_who(rules: Rules, language: Language) -> list[str]:
    """Say of the rules who may take part.

    Args:
        rules: checked rules.
        language: "en" or "zh-Hans".

    Returns:
        The sentences about people among those of `describe`.
    """
    return plain_english.say_who(rules) if language == "en" else plain_chinese.say_who(rules)
