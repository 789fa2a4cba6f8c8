"""The rules in plain words: every member shows, plural forms are right, both languages say the same."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from typing import Any

import pytest

from maskres.rounds.plain_words import LANGUAGES, Language, describe
from maskres.rounds.rules import Basis, Bonus, Rules, StratumRule

HOUSEHOLD, EMPLOYMENT = Basis("household"), Basis("employment")
GENERAL = StratumRule("general")
RULES = Rules(
    round="xiamen-2020-1",
    zone="Asia/Shanghai",
    goods="masks",
    quantity=5,
    reference_date=date(2020, 2, 10),
    bases=(HOUSEHOLD, Basis("insurance", 6, 12)),
    min_age=18,
    wait_days=30,
    bonus=Bonus(1, 3),
    strata=(StratumRule("elderly", min_age=60), GENERAL),
    draws=2,
    challenge_hours=48,
    lead_hours=24,
    audit_size=300,
    entries_per_phone=5,
    districts=("huli", "siming"),
    personal_data_until=date(2020, 6, 30),
    person_data_until=date(2021, 6, 30),
)

CHANGES: dict[str, list[Any]] = {
    "round": ["xiamen-2020-2"],
    "zone": ["Europe/Paris"],
    "goods": ["test-kits", "Masks of cloth", "口罩"],
    "quantity": [1, 6],
    "reference_date": [date(2020, 2, 11), date(2020, 3, 10), date(2021, 2, 10)],
    "bases": [
        (HOUSEHOLD,),
        (EMPLOYMENT,),
        (Basis("insurance", 6, 12), HOUSEHOLD),
        (HOUSEHOLD, Basis("insurance", 7, 12)),
        (HOUSEHOLD, Basis("insurance", 6, 13)),
        (HOUSEHOLD, Basis("insurance", 12, 12)),
        (HOUSEHOLD, Basis("insurance", 1, 1)),
    ],
    "min_age": [0, 1, 19],
    "wait_days": [0, 1, 31],
    "bonus": [Bonus(0, 3), Bonus(2, 3), Bonus(1, 4), Bonus(0, 1)],
    "strata": [
        (GENERAL,),
        (StratumRule("all"),),
        (StratumRule("old", min_age=60), GENERAL),
        (StratumRule("elderly", min_age=61), GENERAL),
        (StratumRule("elderly", max_age=60), GENERAL),
        (StratumRule("elderly", min_age=60, max_age=60), GENERAL),
        (StratumRule("elderly", min_age=60, max_age=90), GENERAL),
        (StratumRule("elderly", min_age=60, bases=("household",)), GENERAL),
        (StratumRule("elderly", min_age=60, bases=("insurance",)), GENERAL),
        (StratumRule("elderly", bases=("household", "insurance")), GENERAL),
        (StratumRule("elderly", min_age=60), StratumRule("young", max_age=6), GENERAL),
    ],
    "draws": [1, 3],
    "challenge_hours": [0, 1, 49],
    "lead_hours": [0, 1, 25],
    "audit_size": [0, 1, 301],
    "entries_per_phone": [1, 6],
    "districts": [("siming",), ("huli", "xiangan"), ("gulangyu", "huli", "siming")],
    "personal_data_until": [date(2020, 7, 30)],
    "person_data_until": [date(2022, 6, 30)],
}


def say(language: Language, **changes: Any) -> str:
    return "\n".join(describe(dataclasses.replace(RULES, **changes), language))


def test_every_member_is_tried() -> None:
    assert set(CHANGES) == {member.name for member in dataclasses.fields(Rules)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_member_changes_the_words(language: Language, name: str) -> None:
    spoken = [say(language), *(say(language, **{name: value}) for value in CHANGES[name])]
    assert len(set(spoken)) == len(spoken)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CHANGES)
def test_sentences_are_whole(language: Language, name: str) -> None:
    for value in CHANGES[name]:
        for sentence in describe(dataclasses.replace(RULES, **{name: value}), language):
            assert sentence[-1] in ".:。："
            assert "None" not in sentence
            assert "  " not in sentence
            assert not re.search(r"[{}]", sentence)


def test_both_languages_have_the_same_sentences() -> None:
    for name, values in CHANGES.items():
        for value in values:
            rules = dataclasses.replace(RULES, **{name: value})
            assert len(describe(rules, "en")) == len(describe(rules, "zh-Hans"))


def test_chinese_has_no_english_but_names() -> None:
    letters = set(re.findall(r"[A-Za-z][A-Za-z/-]+", say("zh-Hans")))
    assert letters == {"xiamen-", "Asia/Shanghai", "elderly", "general", "huli", "siming"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": 1}, "may collect 1 mask, at"),
        ({}, "may collect 5 masks, at"),
        ({"goods": "Test Kits", "quantity": 1}, "may collect 1 test kit, at"),
        ({"goods": "消毒液", "quantity": 2}, "may collect 2 items (消毒液), at"),
        ({"goods": "消毒液", "quantity": 1}, "may collect 1 item (消毒液), at"),
        ({"draws": 1}, "It has one draw."),
        ({"min_age": 1}, "at least 1 year old"),
        ({"min_age": 2}, "at least 2 years old"),
        ({"min_age": 0}, "There is no minimum age."),
        ({"wait_days": 1}, "again 1 day after that win."),
        ({"bonus": Bonus(2, 3)}, "2 tickets more for each round"),
        ({"bonus": Bonus(1, 3)}, "1 ticket more for each round"),
        ({"bonus": Bonus(9, 1)}, "exactly one ticket"),
        ({"bonus": Bonus(0, 2)}, "waiting adds none. We may add tickets"),
        ({"challenge_hours": 1}, "at least 1 hour to object"),
        ({"lead_hours": 1}, "begins 1 hour after this is published at the earliest."),
        ({"lead_hours": 0}, "your time to collect may begin at once."),
        ({"audit_size": 1}, "checks one winner, chosen"),
        ({"entries_per_phone": 1}, "can register one person."),
        ({"districts": ("siming",)}, "in one district: siming."),
        ({}, "in 2 districts: huli and siming."),
        ({"districts": ("a", "b", "c")}, "in 3 districts: a, b and c."),
        ({"bases": (HOUSEHOLD,)}, "if, on 10 February 2020 (the reference date), you are in the household"),
        ({"bases": (Basis("insurance", 1, 1),)}, "has been paid for you for February 2020."),
        (
            {"bases": (Basis("insurance", 3, 3),)},
            "for each of the 3 months up to and including February 2020.",
        ),
        ({}, "for at least 6 of the 12 months up to and including February 2020."),
        ({}, "Group 1, “elderly”: people aged 60 or over."),
        ({}, "Group 2, “general”: everyone else."),
        ({"strata": (StratumRule("a", 6, 6), GENERAL)}, "people aged 6."),
        ({"strata": (StratumRule("a", 6, 17), GENERAL)}, "people aged 6 to 17."),
        ({"strata": (StratumRule("a", None, 17), GENERAL)}, "people aged 17 or under."),
        (
            {"strata": (StratumRule("a", None, None, ("household", "insurance")), GENERAL)},
            "people admitted by the household register or the social insurance register.",
        ),
        ({}, "erased by 30 June 2020."),
    ],
)
def test_english_phrases(changes: dict[str, Any], words: str) -> None:
    assert words in say("en", **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "领取口罩 5 只。"),
        ({"goods": "消毒液"}, "领取“消毒液” 5 件。"),
        ({"draws": 1}, "本轮只摇号一次。"),
        ({"min_age": 0}, "不设最低年龄。"),
        ({}, "基准日须年满 18 周岁。"),
        ({"bases": (HOUSEHOLD,)}, "在2020年2月10日（基准日）符合以下条件者可以参加：有本市户籍登记。"),
        ({"bases": (Basis("insurance", 1, 1),)}, "2020年2月已在本市缴纳社会保险。"),
        ({"bases": (Basis("insurance", 3, 3),)}, "每个月都在本市缴纳社会保险。"),
        ({}, "至少有 6 个月在本市缴纳社会保险。"),
        ({}, "第 1 组（“elderly”）：60 周岁及以上的人。"),
        ({}, "第 2 组（“general”）：其余所有人。"),
        (
            {"strata": (StratumRule("a", 6, 17, ("household", "insurance")), GENERAL)},
            "6 至 17 周岁、凭户籍登记或社会保险登记参加的人。",
        ),
        ({"strata": (StratumRule("a", None, 17), GENERAL)}, "17 周岁及以下的人。"),
        ({"lead_hours": 0}, "领取时段可立即开始。"),
        ({"audit_size": 0}, "不再由公证员抽查"),
        ({}, "最迟于2020年6月30日删除。"),
    ],
)
def test_chinese_phrases(changes: dict[str, Any], words: str) -> None:
    assert words in say("zh-Hans", **changes)
