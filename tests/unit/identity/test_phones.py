"""Phones: the quick way never differs from the library's."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import InputError
from maskres.identity.phones import masked_phone, normalise_phone

MESSAGES = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def refuse(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        normalise_phone(text, field="mobile")
    assert (caught.value.code, caught.value.field) == ("bad-phone", "mobile")
    return caught.value


@pytest.mark.parametrize(
    "spelling",
    [
        "13812345678",
        "138 1234 5678",
        "138-1234-5678",
        "１３８１２３４５６７８",
        "+8613812345678",
        "+86 138 1234 5678",
        "＋86-13812345678",
        "008613812345678",
        "8613812345678",
        "013812345678",
        "(+86) 13812345678",
        "\u202d138 1234 5678\u202c",
        "138\u20111234\u20115678",
    ],
)
def test_spellings_of_a_mainland_mobile_are_one(spelling: str) -> None:
    assert normalise_phone(spelling) == "+8613812345678"


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("+44 7400 123456", "+447400123456"),
        ("0044 7400 123456", "+447400123456"),
        ("+852 9123 4567", "+85291234567"),
        ("+886 912 345 678", "+886912345678"),
        ("+1 (201) 555-0123", "+12015550123"),
        ("+39 06 698 12345", "+390669812345"),
    ],
)
def test_foreign_numbers(written: str, e164: str) -> None:
    assert normalise_phone(written) == e164


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing"),
        (" \u3000", "missing"),
        ("1" * 41, "too long"),
        ("1381234567a", "digits only"),
        ("138١٢٣٤٥٦٧٨", "digits only"),
        ("13812345678 ext 4", "digits only"),
        ("tel:13812345678", "digits only"),
        ("+", "digits only"),
        ("5", "not a phone number"),
        ("1381234567", "no such"),
        ("138123456789", "no such"),
        ("11012345678", "no such"),
        ("+999 123456", "not a phone number"),
        ("0592-2222222", "no text messages"),
        ("+86 10 6505 2255", "no text messages"),
        ("110", "no such"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    assert said in refuse(text).message


def test_every_mainland_prefix_is_judged_as_the_library_judges_it() -> None:
    agreed = 0
    for prefix in range(13000, 20000):
        for rest in ("000000", "999999", "481516"):
            text = f"{prefix}{rest}"
            number = phonenumbers.parse(text, "CN")
            is_mobile = phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in MESSAGES
            try:
                e164 = normalise_phone(text)
            except InputError:
                assert not is_mobile, text
            else:
                assert is_mobile, text
                assert e164 == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
                agreed += 1
    assert agreed > 10_000


@given(st.text(st.sampled_from("+0123456789 -()８６"), max_size=20))
def test_what_is_taken_is_valid_and_stays_as_it_is(text: str) -> None:
    try:
        e164 = normalise_phone(text)
    except InputError:
        return
    assert phonenumbers.is_valid_number(phonenumbers.parse(e164, None))
    assert normalise_phone(e164) == e164


@pytest.mark.parametrize(
    ("e164", "masked"),
    [("+8613812345678", "138****5678"), ("+447400123456", "+44********56"), ("+85291234567", "+85*******67")],
)
def test_masked_phones(e164: str, masked: str) -> None:
    assert masked_phone(e164) == masked
