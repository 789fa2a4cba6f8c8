"""What a QR code says: signed by its round, read like the code alone."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import segno
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from maskres.errors import InputError
from maskres.pickup.codes import CodeMaker
from maskres.pickup.signed_codes import CodeSigner, read_code

KEY = bytes(range(32))
CODE = CodeMaker(KEY, "wave-2", 1).code("7K3M9QTR4XH7", 1)
AT = datetime(2020, 3, 6, 1, 0, tzinfo=UTC)


def signed(key: bytes = KEY) -> str:
    return CodeSigner(key, "wave-2").sign(CODE, "huli-1", AT)


def verify(text: str, key: bytes = KEY) -> None:
    body, signature = text.rsplit(":", 1)
    raw = base64.b32decode(signature + "=" * (-len(signature) % 8))
    Ed25519PublicKey.from_public_bytes(CodeSigner(key, "wave-2").public_key).verify(raw, body.encode())


def test_threat_forged_code_a_signed_code_says_code_round_store_and_time_and_is_the_rounds_own():
    text = signed()
    assert text.startswith(f"MR1:{CODE}:WAVE-2:HULI-1:20200306T0100Z:")
    verify(text)
    with pytest.raises(InvalidSignature):
        verify(text.replace("HULI-1", "HULI-2"))
    with pytest.raises(InvalidSignature):
        verify(signed(bytes(32)))


def test_it_fits_the_dense_alphabet_of_qr_codes_with_the_longest_slugs():
    longest = CodeSigner(KEY, "r" * 40).sign(CODE, "s" * 40, AT)
    found = segno.make_qr(longest, error="m")
    assert (found.mode, len(longest) <= 250) == ("alphanumeric", True)
    assert int(segno.make_qr(signed(), error="m").version) <= 8


@pytest.mark.parametrize(
    "form", [str, str.lower, lambda text: f" {text}\r\n", lambda text: text.rsplit(":", 1)[0]]
)
def test_a_scanner_types_all_of_it_and_the_code_is_read(form):
    assert read_code(form(signed())) == CODE


def test_people_type_as_before_and_what_is_no_code_is_refused():
    assert read_code(f"{CODE[:4]}-{CODE[4:8]} {CODE[8:]}".lower()) == CODE
    for text in ("MR1:", "MR1:7K3M:X", "MR2:" + CODE, ""):
        with pytest.raises(InputError, match="letters"):
            read_code(text)


def test_a_key_of_another_length_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        CodeSigner(b"short", "wave-2")
