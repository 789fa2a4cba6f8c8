"""Registration numbers, against HMAC, bits and Luhn spelled out."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from maskres.errors import ConfigurationError
from maskres.formats.keyed import KeyedHash
from maskres.formats.symbols import check_symbol
from maskres.registration.numbers import key_digest, registration_number, registration_numbers

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEY = bytes(range(32))


def number_by_hand(key: bytes, message: str) -> str:
    digest = hmac.new(key, message.encode("utf-8"), hashlib.sha256).hexdigest()
    bits = f"{int(digest, 16):0256b}"[:55]
    body = "".join(CROCKFORD[int(bits[place : place + 5], 2)] for place in range(0, 55, 5))
    return body + luhn.calc_check_digit(body, CROCKFORD)


def test_the_example_of_the_specification() -> None:
    assert check_symbol("7K3M9QTR4XH") == "7" == luhn.calc_check_digit("7K3M9QTR4XH", CROCKFORD)


def test_a_number_known_in_full() -> None:
    assert registration_number(KEY, "CN-ID:11010519491231002X") == number_by_hand(
        KEY, "CN-ID:11010519491231002X"
    )
    assert registration_number(KEY, "PASSPORT:GBR:123456789", 2) == number_by_hand(
        KEY, "PASSPORT:GBR:123456789/2"
    )


@given(
    key=st.binary(min_size=32, max_size=32),
    canonical=st.from_regex(r"[A-Z:0-9-]{1,40}", fullmatch=True),
    attempt=st.integers(0, 3),
)
def test_numbers_are_fifty_five_bits_and_a_check_symbol(key: bytes, canonical: str, attempt: int) -> None:
    expected = number_by_hand(key, canonical if attempt == 0 else f"{canonical}/{attempt}")
    assert registration_number(key, canonical, attempt) == expected
    assert registration_number(KeyedHash(key), canonical, attempt) == expected


@given(key=st.binary(min_size=32, max_size=32), count=st.integers(0, 40))
def test_many_numbers_are_each_as_if_it_were_alone(key: bytes, count: int) -> None:
    canonicals = [f"CN-ID:{n}" for n in range(count)]
    alone = [registration_number(key, canonical) for canonical in canonicals]
    assert registration_numbers(KeyedHash(key), canonicals) == alone


def test_the_digest_of_a_key_is_sha_256_of_its_bytes() -> None:
    assert key_digest(KEY) == hashlib.sha256(KEY).hexdigest()


def test_a_key_of_another_length_is_refused() -> None:
    for use in (key_digest, lambda key: registration_number(key, "CN-ID:1")):
        with pytest.raises(ConfigurationError) as caught:
            use(KEY[:31])
        assert caught.value.code == "bad-key"
