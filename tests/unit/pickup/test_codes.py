"""Pickup codes: bound to what they are for, found by keyed digest alone."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from maskres.errors import InputError
from maskres.formats.symbols import from_digest, is_number
from maskres.pickup.codes import CodeMaker, code_digest, pickup_code

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
NUMBER = "7K3M9QTR4XH7"


def test_a_code_is_that_of_its_definition():
    digest = hmac.new(KEY, f"xiamen-2020-1/2/{NUMBER}/3".encode(), hashlib.sha256).digest()
    code = pickup_code(KEY, "xiamen-2020-1", 2, NUMBER, 3)
    assert code == from_digest(digest) == CodeMaker(KEY, "xiamen-2020-1", 2).code(NUMBER, 3)
    assert is_number(code)


def test_a_code_is_bound_to_round_draw_number_version_and_key():
    codes = {
        pickup_code(KEY, "a", 1, NUMBER, 1),
        pickup_code(KEY, "b", 1, NUMBER, 1),
        pickup_code(KEY, "a", 2, NUMBER, 1),
        pickup_code(KEY, "a", 1, "0" * 12, 1),
        pickup_code(KEY, "a", 1, NUMBER, 2),
        pickup_code(OTHER_KEY, "a", 1, NUMBER, 1),
    }
    assert len(codes) == 6


def test_one_maker_makes_many_codes_each_as_if_alone():
    maker = CodeMaker(KEY, "a", 1)
    assert [maker.code(NUMBER, version) for version in (1, 2, 1)] == [
        pickup_code(KEY, "a", 1, NUMBER, version) for version in (1, 2, 1)
    ]


def test_a_code_is_found_by_a_digest_under_each_devices_key():
    code = pickup_code(KEY, "a", 1, NUMBER, 1)
    digest = code_digest(KEY, code)
    assert digest == hmac.new(KEY, code.encode(), hashlib.sha256).digest()[:16]
    assert digest != code_digest(OTHER_KEY, code)


def test_keys_have_32_bytes_and_rounds_are_slugs():
    for key in (b"", KEY[:-1], KEY * 2):
        with pytest.raises(ValueError, match="32 bytes"):
            pickup_code(key, "a", 1, NUMBER, 1)
        with pytest.raises(ValueError, match="32 bytes"):
            code_digest(key, NUMBER)
    with pytest.raises(InputError):
        pickup_code(KEY, "a/1", 1, NUMBER, 1)
