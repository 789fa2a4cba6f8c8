"""Every code is explained in both languages, and coarse words tell nothing private."""

from __future__ import annotations

import pytest

from maskres.eligibility.facts import KINDS
from maskres.eligibility.reasons import COARSE_CODES, FINE_CODES, explain
from maskres.eligibility.verdict import coarsen
from maskres.rounds.plain_words import LANGUAGES, Language

TELLTALES = ("insur", "employ", "job", "work", "社保", "社会保险", "就业", "单位", "缴费")


def test_all_codes_are_listed() -> None:
    ends = ("not-found", "name-differs", "not-in-force")
    assert [code for code in FINE_CODES if ":" in code] == [f"{kind}:{end}" for kind in KINDS for end in ends]
    assert len(FINE_CODES) == 7 + 9
    assert {coarsen((code,)) for code in FINE_CODES} == set(COARSE_CODES)


@pytest.mark.parametrize("code", sorted({*FINE_CODES, *COARSE_CODES}))
def test_every_code_is_explained(code: str) -> None:
    for text in explain(code, "en"):
        assert text.endswith(".")
        assert text.isascii()
    for text in explain(code, "zh-Hans"):
        assert text.endswith("。")
        assert not any(symbol.isascii() for symbol in text)


def test_every_register_reason_has_its_own_words() -> None:
    for language in LANGUAGES:
        sentences = [explain(code, language)[0] for code in FINE_CODES]
        assert len(set(sentences)) == len(FINE_CODES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", COARSE_CODES)
def test_coarse_words_tell_nothing_of_insurance_or_employment(code: str, language: Language) -> None:
    text = " ".join(explain(code, language)).casefold()
    assert not [word for word in TELLTALES if word in text]


def test_the_telltales_would_be_noticed() -> None:
    for kind in ("insurance", "employment"):
        for language in LANGUAGES:
            text = " ".join(explain(f"{kind}:not-found", language)).casefold()
            assert any(word in text for word in TELLTALES)


def test_there_are_no_words_for_an_unknown_code() -> None:
    with pytest.raises(KeyError):
        explain("bad-hair", "en")
