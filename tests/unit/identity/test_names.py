"""Names: rare characters survive, spellings meet, and nothing invisible gets in."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import InputError
from maskres.identity.names import masked_name, matching_name, normalise_name

HAN = st.text(
    st.one_of(
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
        st.characters(min_codepoint=0x3400, max_codepoint=0x4DBF),
        st.characters(min_codepoint=0x20000, max_codepoint=0x323AF),
    ).filter(lambda symbol: not 0x2F800 <= ord(symbol) <= 0x2FA1F),
    min_size=1,
    max_size=6,
)


def refuse(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        normalise_name(text, field="holder")
    assert (caught.value.code, caught.value.field) == ("bad-name", "holder")
    with pytest.raises(InputError):
        matching_name(text)
    return caught.value


@given(HAN)
def test_han_names_survive_whatever_their_plane(name: str) -> None:
    assert normalise_name(name) == name
    assert matching_name(name) == name
    assert normalise_name("\u3000" + " ".join(name) + " ") == name


@pytest.mark.parametrize("name", ["𠮷野", "䶮", "㼆", "𬎆", "\U0002ebf0", "\U000323af", "〇", "\ue000", "﨑"])
def test_rare_characters_stay_themselves(name: str) -> None:
    assert normalise_name(name) == name


@pytest.mark.parametrize(
    "dot",
    [
        *"\u00b7\u2022\u30fb\u2219\u25cf\u2027\u0387\u16eb\u22c5\u2e31\uff65\u2024\ua78f",
        *".．。｡",
        " · ",
        "・・",
        "\u3000•\u3000",
    ],
)
def test_middle_dots_of_every_kind_are_one(dot: str) -> None:
    assert normalise_name(f"买买提{dot}艾力") == "买买提\u00b7艾力"
    assert matching_name(f"买买提{dot}艾力") == matching_name("买买提·艾力") == matching_name("买买提艾力")


def test_a_full_stop_in_a_latin_name_stays() -> None:
    assert normalise_name("J. Smith Jr.") == "J. Smith Jr."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Ａｎｎａ　Ｓｍｉｔｈ", "Anna Smith"),
        ("  Anna \t  Smith ", "Anna Smith"),
        ("Anna\u00a0Smith\u200b", "Anna Smith"),
        ("Jose\u0301", "Jos\u00e9"),
        ("张 三", "张三"),
        ("张　三丰", "张三丰"),
        ("李 Anna", "李 Anna"),
        ("\ufeff张三", "张三"),
        ("⽂三", "文三"),
        ("⻳三", "龟三"),
        ("\ue863", "䶮"),
        ("\ue831", "\U000215d7"),
        ("·艾力·", "艾力"),
        ("Аня", "Аня"),
        ("محمد", "محمد"),
    ],
)
def test_how_names_are_shown(written: str, shown: str) -> None:
    assert normalise_name(written) == shown


def test_compatibility_ideographs_are_shown_as_written_and_match() -> None:
    for written in ("\uf92c", "\ufa19", "\U0002f81a"):
        plain = unicodedata.normalize("NFC", written)
        assert plain != written
        assert normalise_name(f"张{written}") == f"张{written}"
        assert normalise_name(f"Jose\u0301 {written}") == f"Jos\u00e9 {written}"
        assert matching_name(f"张{written}") == f"张{plain}"


def test_a_variation_selector_is_shown_and_does_not_hinder() -> None:
    assert normalise_name("葛\U000e0100") == "葛\U000e0100"
    assert matching_name("葛\U000e0100") == "葛"


@pytest.mark.parametrize(
    "written",
    ["anna smith", "ANNA SMITH", "Anna-Smith", "Ａnna  smith", "AnnaSmith", "Anna, Smith.", "Anna Smith"],
)
def test_latin_names_match_without_regard_to_case_and_marks(written: str) -> None:
    assert matching_name(written) == "ANNASMITH"


@pytest.mark.parametrize(
    ("one", "other"),
    [("O’Brien", "O'BRIEN"), ("Straße", "STRASSE"), ("Straße", "STRAẞE"), ("José", "JOSE\u0301")],
)
def test_pairs_that_match(one: str, other: str) -> None:
    assert matching_name(one) == matching_name(other)


@pytest.mark.parametrize(
    ("one", "other"), [("张三", "张二"), ("Anna", "Anne"), ("José", "Jose"), ("张三", "三张")]
)
def test_pairs_that_do_not_match(one: str, other: str) -> None:
    assert matching_name(one) != matching_name(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\u3000",
        "···",
        "-'",
        "\u200b",
        "张\x00三",
        "张\n三",
        "张\x7f三",
        "张\x85三",
        "张\ud842三",
        "\udfb7",
        "张\u202e三",
        "张\u2066三",
        "张\u2028三",
        "张\ufffe三",
        "张\U0010ffff三",
        "张\U000e0041三",
        "张" * 101,
        "A" * 101,
        "张" * 401,
    ],
)
def test_names_that_cannot_be(text: str) -> None:
    refuse(text)


@pytest.mark.parametrize("text", ["张?丰", "张？丰", "张\ufffd丰"])
def test_a_lost_character_is_said_to_be_lost(text: str) -> None:
    assert "lost" in refuse(text).message


def test_a_hundred_characters_are_enough_and_allowed() -> None:
    assert normalise_name("张" * 100) == "张" * 100
    assert normalise_name(" A" * 50 + "B") == "A " * 49 + "AB"


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "=1+1", "Robert'); DROP TABLE", "%s{0}"])
def test_hostile_names_are_names(hostile: str) -> None:
    assert normalise_name(hostile) == hostile


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(text: str) -> None:
    try:
        shown = normalise_name(text)
    except InputError:
        return
    assert normalise_name(shown) == shown
    matched = matching_name(text)
    assert matched
    assert matching_name(shown) == matched
    assert matching_name(matched) == matched


def test_every_character_of_gbk_s_last_row_leads_out_of_the_private_use_area() -> None:
    # Code page 936 put U+E815 and following in the place of these eighty; GB18030-2022 gives them all real ones.
    for private in range(0xE815, 0xE865):
        shown = normalise_name(chr(private))
        assert not 0xE000 <= ord(shown) <= 0xF8FF
        assert ord(shown) >= 0x2E80


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三丰", "**丰"),
        ("张三", "*三"),
        ("张", "*"),
        ("欧阳𠮷", "**𠮷"),
        ("买买提·艾力", "***·*力"),
        ("葛\U000e0100", "*"),
        ("Anna Smith", "A*** S***"),
        ("Jean-Luc Picard", "J***-L*** P***"),
        ("X", "X***"),
    ],
)
def test_masked_names(name: str, masked: str) -> None:
    assert masked_name(name) == masked


@given(HAN.filter(lambda name: len(name) > 1))
def test_a_masked_han_name_shows_one_character(name: str) -> None:
    assert masked_name(name) == "*" * (len(name) - 1) + name[-1]
