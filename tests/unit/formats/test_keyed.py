"""HMAC-SHA256 with the key put in once equals the standard library's."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import ConfigurationError
from maskres.formats.keyed import KeyedHash, keyed_digest

KEYS = st.binary(min_size=32, max_size=32)


@given(key=KEYS, messages=st.lists(st.binary(max_size=200), min_size=1, max_size=3))
def test_it_is_hmac_however_often_it_is_used(key: bytes, messages: list[bytes]) -> None:
    keyed = KeyedHash(key)
    assert keyed.digests(messages) == [keyed.digest(message) for message in messages]
    for message in messages:
        expected = hmac.new(key, message, hashlib.sha256)
        assert keyed.digest(message) == expected.digest()
        assert keyed.hexdigest(message) == expected.hexdigest()
        assert keyed_digest(keyed, message) == expected.digest()
        assert keyed_digest(key, message) == expected.digest()


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_keys_of_another_length_are_refused_without_showing_them(length: int) -> None:
    for use in (KeyedHash, lambda key: keyed_digest(key, b"m")):
        with pytest.raises(ConfigurationError) as caught:
            use(b"S" * length)
        assert caught.value.code == "bad-key"
        assert "SS" not in str(caught.value)
