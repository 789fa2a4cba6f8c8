"""Wishes and seals, against the few lines of spec S1 to S5."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import ConfigurationError, InputError
from maskres.formats.keyed import KeyedHash
from maskres.registration.seals import (
    Reach,
    Wishes,
    find_wish_errors,
    holder_digest,
    holder_salt,
    make_seal,
    make_seal_of_text,
    make_seals,
    read_wishes,
    seal,
    wish_digest,
    wish_salt,
)

KEY = bytes(range(32))
DISTRICTS = ("gulangyu", "siming")
STORES = {f"store-{place}" for place in range(30)}
SLUGS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def seal_by_hand(
    key: bytes, number: str, canonical: str, district: str, reach: str, choices: list[str]
) -> str:
    salts = [
        hmac.new(key, f"{number}/{use}".encode(), hashlib.sha256).hexdigest()[:32]
        for use in ("holder", "wish")
    ]
    holder = sha(f"{salts[0]}/{canonical}")
    wish = sha(f"{salts[1]}/{district}/{reach}/{'|'.join(choices)}")
    return sha(f"{number}/{holder}/{wish}")[:40]


@given(
    key=st.binary(min_size=32, max_size=32),
    number=st.from_regex(r"[0-9A-HJKMNP-TV-Z]{12}", fullmatch=True),
    canonical=st.from_regex(r"CN-ID:[0-9]{17}[0-9X]", fullmatch=True),
    district=SLUGS,
    reach=st.sampled_from(list(Reach)),
    choices=st.lists(SLUGS, max_size=20, unique=True),
)
def test_seals_are_made_as_the_specification_says(
    key: bytes, number: str, canonical: str, district: str, reach: Reach, choices: list[str]
) -> None:
    expected = seal_by_hand(key, number, canonical, district, reach.value, choices)
    wishes = Wishes(district, reach, tuple(choices))
    assert make_seal(key, number, canonical, wishes) == expected
    assert make_seal(KeyedHash(key), number, canonical, wishes) == expected
    text = f"{district}/{reach}/{'|'.join(choices)}"
    assert make_seal_of_text(KeyedHash(key), number, canonical, text) == expected
    assert make_seals(KeyedHash(key), [number], [canonical], [text]) == [expected]
    holder = holder_digest(holder_salt(key, number), canonical)
    wish = wish_digest(wish_salt(key, number), district, reach, wishes.joined)
    assert seal(number, holder, wish) == expected


def test_many_seals_are_each_as_if_it_were_alone() -> None:
    given = [(f"{n}" * 12, f"CN-ID:{n}", f"siming/city/s-{n}") for n in range(4)]
    expected = [make_seal_of_text(KEY, *each) for each in given]
    assert make_seals(KeyedHash(KEY), *zip(*given, strict=True)) == expected


def test_the_parts_of_a_seal() -> None:
    number = "7K3M9QTR4XH7"
    salt = hmac.new(KEY, b"7K3M9QTR4XH7/holder", hashlib.sha256).hexdigest()[:32]
    assert holder_salt(KEY, number) == holder_salt(KeyedHash(KEY), number) == salt
    salt = hmac.new(KEY, b"7K3M9QTR4XH7/wish", hashlib.sha256).hexdigest()[:32]
    assert wish_salt(KEY, number) == wish_salt(KeyedHash(KEY), number) == salt
    assert holder_digest("aa", "CN-ID:1") == sha("aa/CN-ID:1")
    assert wish_digest("bb", "siming", "city", "") == sha("bb/siming/city/")
    assert seal("N", "h", "w") == sha("N/h/w")[:40]


def test_a_key_of_another_length_makes_no_seal() -> None:
    with pytest.raises(ConfigurationError):
        make_seal(b"short", "7K3M9QTR4XH7", "CN-ID:1", Wishes("siming", Reach.CITY, ()))


def test_wishes_in_order_are_taken() -> None:
    wishes = read_wishes("siming", "district", ["store-2", "store-1"], districts=DISTRICTS, stores=STORES)
    assert wishes == Wishes("siming", Reach.DISTRICT, ("store-2", "store-1"))
    assert wishes.joined == "store-2|store-1"
    assert read_wishes("siming", "city", [], districts=DISTRICTS, stores=STORES).joined == ""
    twenty = [f"store-{place}" for place in range(20)]
    assert read_wishes("siming", "choices", twenty, districts=DISTRICTS, stores=STORES).choices == tuple(
        twenty
    )


@pytest.mark.parametrize(
    ("district", "reach", "choices", "code", "field"),
    [
        ("haicang", "city", [], "unknown-district", "district"),
        ("", "city", [], "unknown-district", "district"),
        ("siming", "country", [], "bad-reach", "reach"),
        ("siming", "City", [], "bad-reach", "reach"),
        ("siming", "", [], "bad-reach", "reach"),
        ("siming", "choices", [], "bad-reach", "reach"),
        ("siming", "city", ["store-99"], "unknown-store", "choices"),
        ("siming", "city", ["store-1|store-2"], "unknown-store", "choices"),
        ("siming", "city", [""], "unknown-store", "choices"),
        ("siming", "city", ["store-1", "store-2", "store-1"], "store-twice", "choices"),
        ("siming", "city", [f"store-{place}" for place in range(21)], "too-many-stores", "choices"),
    ],
)
def test_wishes_that_cannot_be(district: str, reach: str, choices: list[str], code: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_wishes(district, reach, choices, districts=DISTRICTS, stores=STORES)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_everything_wrong_with_wishes_is_found_at_once() -> None:
    errors = find_wish_errors("x", "y", ["store-1", "store-1", "z"], districts=DISTRICTS, stores=STORES)
    assert [error.code for error in errors] == [
        "unknown-district",
        "bad-reach",
        "unknown-store",
        "store-twice",
    ]
