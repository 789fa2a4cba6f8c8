"""Digests for look-up, against HMAC spelled out."""

import hashlib
import hmac
from functools import partial

import pytest

from maskres.errors import ConfigurationError
from maskres.identity.digests import IndexKey, id_digest, id_digests, name_digest, name_digests, phone_digest

SECRET = bytes(range(32))
KEY = IndexKey(3, SECRET)


def expected(message: str, size: int, secret: bytes = SECRET) -> bytes:
    return hmac.new(secret, message.encode("utf-8"), hashlib.sha256).digest()[:size]


def test_digests_are_truncated_hmacs_with_their_purpose_in_front() -> None:
    canonical = "CN-ID:11010519491231002X"
    assert id_digest(KEY, canonical) == expected("id/CN-ID:11010519491231002X", 16)
    assert name_digest(KEY, canonical, "𠮷三") == expected("name/CN-ID:11010519491231002X/𠮷三", 8)
    assert phone_digest(KEY, "+8613812345678") == expected("phone/+8613812345678", 16)


def test_many_digests_are_each_as_if_it_were_alone() -> None:
    canonicals, names = ["CN-ID:1", "CN-ID:2", "PASSPORT:GBR:3"], ["张三", "李四", "ANN"]
    assert id_digests(KEY, canonicals) == [id_digest(KEY, canonical) for canonical in canonicals]
    assert name_digests(KEY, canonicals, names) == list(map(partial(name_digest, KEY), canonicals, names))


def test_equal_names_of_two_people_differ() -> None:
    assert name_digest(KEY, "CN-ID:1", "张三") != name_digest(KEY, "CN-ID:2", "张三")


def test_another_key_and_another_purpose_give_another_digest() -> None:
    assert id_digest(IndexKey(3, SECRET[::-1]), "x") == expected("id/x", 16, SECRET[::-1])
    assert id_digest(IndexKey(4, SECRET), "x") == id_digest(KEY, "x"), "the version is kept beside the digest"
    assert id_digest(KEY, "x") != phone_digest(KEY, "x")


def test_a_key_shows_its_version_and_not_its_secret() -> None:
    assert repr(IndexKey(3, b"S" * 32)) == "IndexKey(version=3)"
    assert IndexKey(3, SECRET) == KEY != IndexKey(4, SECRET)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        IndexKey(1, b"short")
    assert caught.value.code == "bad-key"
