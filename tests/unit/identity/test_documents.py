"""Identity documents: one person, one canonical id, and refusals that say what is wrong."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2

from maskres.errors import InputError
from maskres.identity.documents import KINDS, Document, read_document, read_kind

BIRTHS = st.dates(date(1900, 1, 1), date(2020, 2, 10))
FULL_WIDTH = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


def number_of(county: str, birth: date, sequence: str) -> str:
    body = f"{county}{birth:%Y%m%d}{sequence}"
    return body + mod_11_2.calc_check_digit(body)


@st.composite
def resident_numbers(draw: st.DrawFn) -> str:
    county = draw(st.integers(110000, 659999))
    return number_of(str(county), draw(BIRTHS), f"{draw(st.integers(0, 999)):03}")


def refuse(number: str, kind: str | None = None, today: date | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        read_document(number, kind, today=today, field="id_number")
    assert caught.value.field == "id_number"
    if len(number.strip()) > 5:
        assert number.strip() not in caught.value.message, "messages end up in logs"
    return caught.value


def test_a_resident_identity_number_shows_birth_and_sex() -> None:
    assert read_document("11010519491231002X") == Document(
        "cn-id", "11010519491231002X", None, date(1949, 12, 31), "F"
    )
    assert read_document("11010519491231002X").canonical == "CN-ID:11010519491231002X"
    assert read_document("440524188001010014").sex == "M"
    assert read_document("440524188001010014").last_four == "0014"


@pytest.mark.parametrize(
    "spelling",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "110105-19491231-002X",
        "110105–19491231—002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "１１０１０５１９４９１２３１００２ｘ",
        "11010519491231002×",
        "11010519491231002Ⅹ",
        "11010519491231002Х",
        "\u202a11010519491231002X\u202c",
        "\ufeff11010519491231002X\t",
        '="11010519491231002X"',
        "110105\u3000194912\u00a031002X",
        "110105491231002",
        "１１０１０５４９１２３１００２",
    ],
)
def test_a_hundred_spellings_are_one_person(spelling: str) -> None:
    assert read_document(spelling).canonical == "CN-ID:11010519491231002X"


SPELLINGS: list[Callable[[str], str]] = [
    str.lower,
    lambda number: number.translate(FULL_WIDTH),
    lambda number: " ".join(number),
    lambda number: f"{number[:6]}-{number[6:14]}-{number[14:]}",
    lambda number: f"\u200e{number}\u3000",
]


@given(
    number=resident_numbers(),
    spellings=st.lists(st.sampled_from(SPELLINGS), max_size=3),
    kind=st.sampled_from([None, *KINDS]),
)
def test_spelling_and_ticked_kind_never_make_another_person(
    number: str, spellings: list[Callable[[str], str]], kind: str | None
) -> None:
    written = number
    for spell in spellings:
        written = spell(written)
    if len(written) <= 100:
        assert read_document(written, kind).canonical == f"CN-ID:{number}"


@given(number=resident_numbers(), place=st.integers(0, 17), symbol=st.sampled_from("0123456789X"))
def test_one_wrong_symbol_is_always_noticed(number: str, place: int, symbol: str) -> None:
    changed = number[:place] + symbol + number[place + 1 :]
    if changed != number:
        assert refuse(changed).code in ("bad-document", "mangled-by-spreadsheet")


@given(number=resident_numbers(), place=st.integers(0, 16))
def test_two_neighbours_swapped_are_always_noticed(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        assert refuse(swapped).code in ("bad-document", "mangled-by-spreadsheet")


@given(body=st.from_regex(r"[0-9]{6}", fullmatch=True), birth=BIRTHS, sequence=st.integers(0, 999))
def test_the_check_symbol_agrees_with_another_implementation(body: str, birth: date, sequence: int) -> None:
    number = number_of(body, birth, f"{sequence:03}")
    document = read_document(number)
    assert document.value == number
    assert document.birth_date == birth
    assert document.sex == ("M" if sequence % 2 else "F")


@pytest.mark.parametrize("county", ["130402", "350203", "352124", "510202", "000000", "999999", "120225"])
def test_no_county_code_shuts_anybody_out(county: str) -> None:
    assert read_document(number_of(county, date(1962, 3, 4), "123")).birth_date == date(1962, 3, 4)


@pytest.mark.parametrize(
    ("county", "kind", "canonical"),
    [
        ("810000", "hmt-permit", "HMT-PERMIT:"),
        ("820000", "hmt-permit", "HMT-PERMIT:"),
        ("830000", "hmt-permit", "HMT-PERMIT:"),
        ("911840", "pr-card", "PR-CARD:"),
        ("710000", "cn-id", "CN-ID:"),
        ("110105", "cn-id", "CN-ID:"),
    ],
)
def test_cards_of_eighteen_characters_tell_their_kind(county: str, kind: str, canonical: str) -> None:
    number = number_of(county, date(1990, 5, 6), "017")
    document = read_document(number)
    assert document == Document(kind, number, None, date(1990, 5, 6), "M")
    assert document.canonical == canonical + number


def test_an_old_permanent_residence_card() -> None:
    document = read_document("gbr 1100 880504 12")
    assert document == Document("pr-card", "GBR110088050412", None, None, None)
    assert document.canonical == "PR-CARD:GBR110088050412"


@pytest.mark.parametrize(
    "spelling",
    [
        "GBR:123456789",
        "gbr:123456789",
        "GBR：１２３４５６７８９",
        " GBR : 123 456 789",
        "GBR:123-456-789",
        "GBR:123456789<",
    ],
)
def test_a_passport_names_its_issuer(spelling: str) -> None:
    document = read_document(spelling, "passport")
    assert document == Document("passport", "123456789", "GBR", None, None)
    assert document.canonical == "PASSPORT:GBR:123456789"


def test_a_german_passport_writes_one_letter() -> None:
    assert read_document("D<<:C01X00T47").canonical == "PASSPORT:DEU:C01X00T47"
    assert read_document("DEU:c01x00t47").canonical == "PASSPORT:DEU:C01X00T47"


@pytest.mark.parametrize(
    "number",
    ["987654321", "GBR987654321", "GB:987654321", "GBR:9876", "GBR:9876543210", "GBR:98*65432", "E:98765432"],
)
def test_a_passport_written_otherwise_is_explained(number: str) -> None:
    error = refuse(number, "护照")
    assert error.code == "bad-document"
    assert "GBR:123456789" in error.message


@given(
    birth=BIRTHS.filter(lambda day: day.year < 2000),
    county=st.integers(110000, 659999),
    n=st.integers(0, 995),
)
def test_a_first_generation_number_is_the_same_person(birth: date, county: int, n: int) -> None:
    old = f"{county}{birth:%y%m%d}{n:03}"
    assert read_document(old).canonical == f"CN-ID:{number_of(str(county), birth, f'{n:03}')}"


def test_first_generation_numbers_of_centenarians() -> None:
    for sequence in ("996", "997", "998", "999"):
        assert read_document(f"110105801231{sequence}").birth_date == date(1880, 12, 31)
    assert read_document("110105801231995").birth_date == date(1980, 12, 31)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("110105194912310021", "last character"),
        ("11010519491331002X", "no date of birth"),
        ("11010519490229002X", "no date of birth"),
        ("11010517491231002X", "no date of birth"),
        ("1101051949123100", "18 characters; this one has 16"),
        ("11010519491231002XX", "18 characters; this one has 19"),
        ("1101O519491231002X", "no digits"),
        ("X1010519491231002X", "18 characters"),
        ("1101051949123100٢X", "no digits"),
        ("1101051949123100²X", "no digits"),
        ("110105491331002", "no date of birth"),
        ("", "missing"),
        (" - ", "missing"),
        ("1" * 101, "too long"),
    ],
)
def test_what_is_wrong_is_said(number: str, said: str) -> None:
    error = refuse(number)
    assert error.code == "bad-document"
    assert said in error.message


def test_nobody_is_born_tomorrow() -> None:
    today = date(2020, 2, 10)
    born_today = number_of("350203", today, "001")
    assert read_document(born_today, today=today).birth_date == today
    born_tomorrow = number_of("350203", today + timedelta(days=1), "001")
    error = refuse(born_tomorrow, today=today)
    assert error.code == "bad-document"
    assert "future" in error.message
    assert read_document(born_tomorrow).birth_date == date(2020, 2, 11), "without a day, no limit"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("3.50203E+17", "3.5E+17"),
        ("3.50203194912010E+17", "3.5E+17"),
        ("３.50203ｅ+17", "3.5E+17"),
        ("GBR:1.23457E+08", "3.5E+17"),
        ("110105194912310000", "ends in zeros"),
        ("350203194912010000", "ends in zeros"),
        ("110105194912310021.0", "decimal fraction"),
        ("110105194912310021.", "decimal fraction"),
        ("'11010519491231002X", "apostrophe"),
        ("’11010519491231002X", "apostrophe"),
        ("＇11010519491231002X", "apostrophe"),
    ],
)
def test_what_a_spreadsheet_did_is_said(number: str, said: str) -> None:
    error = refuse(number)
    assert error.code == "mangled-by-spreadsheet"
    assert said in error.message
    assert "15 digits" in error.message


def test_a_right_number_may_end_in_zeros() -> None:
    numbers = [number_of(str(county), date(1950, 1, 1), "100") for county in range(110100, 110200)]
    zeros = [number for number in numbers if number.endswith("1000")]
    assert zeros
    for number in zeros:
        assert read_document(number).value == number


@given(number=resident_numbers())
def test_what_a_spreadsheet_leaves_is_never_taken_for_a_slip(number: str) -> None:
    if number.endswith("X"):
        return
    left = number[:15] + "000"
    if mod_11_2.calc_check_digit(left[:17]) == "0":
        return  # one in eleven fits by chance
    assert refuse(left).code == "mangled-by-spreadsheet"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", None),
        (" ", None),
        ("CN-ID", "cn-id"),
        ("居民身份证", "cn-id"),
        ("港澳台居民居住证", "hmt-permit"),
        ("外国人永久居留身份证", "pr-card"),
        (" 护照 ", "passport"),
        ("passport", "passport"),
    ],
)
def test_kinds_in_two_languages(text: str, kind: str | None) -> None:
    assert read_kind(text) == kind


def test_an_unknown_kind_is_refused_even_with_a_right_number() -> None:
    with pytest.raises(InputError) as caught:
        read_kind("driving licence")
    assert (caught.value.code, caught.value.field) == ("bad-document", "id_type")
    with pytest.raises(InputError):
        read_document("11010519491231002X", "driving licence")


@given(st.text(max_size=40))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        document = read_document(text)
    except InputError as error:
        assert error.code in ("bad-document", "mangled-by-spreadsheet")
    else:
        assert document.canonical.isascii()
        assert read_document(document.canonical.split(":", 1)[1]) == document
