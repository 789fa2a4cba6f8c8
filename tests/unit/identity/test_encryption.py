"""Encryption of personal fields: nothing changed, moved or under a lost key ever opens."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import CheckFailed, ConfigurationError
from maskres.identity.encryption import Cipher, key_version

KEYS = {1: b"1" * 32, 2: bytes(range(32)), 70_000: b"7" * 32}
NONCE = bytes(range(12))


def cipher(current: int = 2) -> Cipher:
    return Cipher(KEYS, current)


def test_a_field_is_laid_out_as_documented() -> None:
    blob = cipher(70_000).encrypt("张三".encode(), bound_to=b"registration/17/name", nonce=NONCE)
    head = b"\x01" + (70_000).to_bytes(4, "big")
    sealed = AESGCM(KEYS[70_000]).encrypt(
        NONCE, "张三".encode(), b"maskres-personal-data/" + head + b"registration/17/name"
    )
    assert blob == head + NONCE + sealed
    assert len(blob) == 33 + len("张三".encode())
    assert key_version(blob) == 70_000


@given(
    plaintext=st.binary(max_size=200),
    bound_to=st.binary(max_size=50),
    nonce=st.binary(min_size=12, max_size=12),
)
def test_what_was_encrypted_is_decrypted(plaintext: bytes, bound_to: bytes, nonce: bytes) -> None:
    blob = cipher().encrypt(plaintext, bound_to=bound_to, nonce=nonce)
    assert cipher(1).decrypt(blob, bound_to=bound_to) == plaintext


@given(
    fields=st.lists(
        st.tuples(st.binary(max_size=60), st.binary(max_size=30), st.binary(min_size=12, max_size=12))
    )
)
def test_many_are_encrypted_as_each_by_itself(fields: list[tuple[bytes, bytes, bytes]]) -> None:
    alone = [cipher().encrypt(text, bound_to=owner, nonce=nonce) for text, owner, nonce in fields]
    texts, owners, nonces = ([each[place] for each in fields] for place in range(3))
    assert cipher().encrypt_all(texts, bound_to=owners, nonces=nonces) == alone


@pytest.mark.parametrize("nonces", [[NONCE, NONCE[1:]], [NONCE]])
def test_many_are_not_encrypted_without_a_nonce_for_each(nonces: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"nonce must be|shorter"):
        cipher().encrypt_all([b"a", b"b"], bound_to=[b"", b""], nonces=nonces)


def test_every_flipped_bit_and_every_cut_is_noticed() -> None:
    blob = cipher().encrypt(b"secret", bound_to=b"A", nonce=NONCE)
    for place in range(len(blob)):
        for bit in range(8):
            changed = bytearray(blob)
            changed[place] ^= 1 << bit
            with pytest.raises((CheckFailed, ConfigurationError)) as caught:
                cipher().decrypt(bytes(changed), bound_to=b"A")
            assert caught.value.code == (
                "missing-key" if is_version(place, changed) else "personal-data-damaged"
            )
    for length in range(len(blob)):
        with pytest.raises(CheckFailed):
            cipher().decrypt(blob[:length], bound_to=b"A")
    with pytest.raises(CheckFailed):
        cipher().decrypt(blob + b"\0", bound_to=b"A")


def is_version(place: int, changed: bytearray) -> bool:
    return 1 <= place < 5 and int.from_bytes(changed[1:5], "big") not in KEYS


def test_a_field_moved_elsewhere_does_not_open() -> None:
    blob = cipher().encrypt(b"secret", bound_to=b"registration/17/name", nonce=NONCE)
    for other in (b"registration/18/name", b"registration/17/phone", b"", b"registration/17/name "):
        with pytest.raises(CheckFailed) as caught:
            cipher().decrypt(blob, bound_to=other)
        assert caught.value.code == "personal-data-damaged"
        assert "secret" not in str(caught.value)


def test_the_version_is_authenticated_even_where_both_keys_are_one() -> None:
    twins = Cipher({1: b"k" * 32, 2: b"k" * 32}, 1)
    blob = twins.encrypt(b"secret", bound_to=b"A", nonce=NONCE)
    with pytest.raises(CheckFailed):
        twins.decrypt(b"\x01\x00\x00\x00\x02" + blob[5:], bound_to=b"A")


def test_without_its_key_a_field_stays_shut_and_says_which() -> None:
    blob = cipher(70_000).encrypt(b"secret", bound_to=b"A", nonce=NONCE)
    with pytest.raises(ConfigurationError) as caught:
        Cipher({1: b"1" * 32}, 1).decrypt(blob, bound_to=b"A")
    assert caught.value.code == "missing-key"
    assert "70000" in caught.value.message


def test_reencryption_brings_a_field_under_the_current_key() -> None:
    old = cipher(1).encrypt(b"secret", bound_to=b"A", nonce=NONCE)
    new = cipher(2).reencrypt(old, bound_to=b"A", nonce=b"n" * 12)
    assert (key_version(old), key_version(new)) == (1, 2)
    assert Cipher({2: KEYS[2]}, 2).decrypt(new, bound_to=b"A") == b"secret"
    assert cipher(2).reencrypt(new, bound_to=b"A", nonce=b"m" * 12) == new, "done already"
    with pytest.raises(CheckFailed):
        cipher(2).reencrypt(old, bound_to=b"B", nonce=b"n" * 12)


@pytest.mark.parametrize("keys", [{1: b"short"}, {0: b"k" * 32}, {1 << 32: b"k" * 32}])
def test_keys_that_cannot_be(keys: dict[int, bytes]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Cipher(keys, next(iter(keys)))
    assert caught.value.code == "bad-key"


def test_the_current_key_must_be_there() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Cipher(KEYS, 3)
    assert caught.value.code == "missing-key"


def test_a_nonce_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="12 bytes"):
        cipher().encrypt(b"", bound_to=b"", nonce=b"n" * 16)
