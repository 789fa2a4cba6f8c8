"""The rules of a round in plain words, with districts and groups called what people call them."""

from __future__ import annotations

from dataclasses import replace

from maskres.rounds.plain_words import describe, describe_who
from maskres.rounds.rules import Rules
from maskres.web.languages import language
from maskres.web.names import district_name, stratum_name


def say_rules(rules: Rules) -> list[str]:
    """Say the rules in the language of the page."""
    named = replace(
        rules,
        districts=tuple(district_name(slug) for slug in rules.districts),
        strata=tuple(replace(each, stratum=stratum_name(each.stratum)) for each in rules.strata),
    )
    return describe(named, "zh-Hans" if language() == "zh" else "en")


def say_who(rules: Rules) -> list[str]:
    """Say in the language of the page who may take part."""
    return describe_who(rules, "zh-Hans" if language() == "zh" else "en")
