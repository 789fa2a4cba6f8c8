"""Receipts: checked as a stranger would, and no changed byte passes."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from stdnum import luhn

from maskres.errors import CheckFailed, ConfigurationError, InputError
from maskres.formats.keyed import KeyedHash
from maskres.registration.receipts import (
    Receipt,
    ReceiptStatus,
    read_receipt,
    read_signer,
    receipt_secret,
    sign_receipt,
    verify_receipt,
)
from maskres.registration.seals import Reach, Wishes

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
PUBLIC = PRIVATE.public_key()
NAME = "xiamen.example/service"
RECEIPT = Receipt(
    round="xiamen-2020-1",
    draw=1,
    number="7K3M9QTR4XH7",
    holder_salt="0123456789abcdef" * 2,
    wish_salt="fedcba9876543210" * 2,
    wishes=Wishes("siming", Reach.DISTRICT, ("store-1", "store-2")),
    at=datetime(2020, 2, 10, 1, 2, 3, tzinfo=UTC),
    status=ReceiptStatus.REGISTERED,
    ledger_size=17,
    ledger_root="ab" * 32,
)
LINE = (
    '{"at":"2020-02-10T01:02:03Z","choices":"store-1|store-2","district":"siming","draw":1,'
    '"holder_salt":"0123456789abcdef0123456789abcdef","ledger":{"root":"' + "ab" * 32 + '","size":17},'
    '"number":"7K3M9QTR4XH7","reach":"district","round":"xiamen-2020-1","signed_by":"xiamen.example/service",'
    '"status":"registered","wish_salt":"fedcba9876543210fedcba9876543210"}\n'
)


def resigned(body: dict[str, Any], **outer: Any) -> bytes:
    """A file signed rightly, whatever it says."""
    line = json.dumps(body, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    signature = base64.b64encode(PRIVATE.sign(b"maskres-receipt-1\n" + line)).decode()
    return json.dumps(
        {"protocol": "maskres-receipt-1", "receipt": body, "signature": signature} | outer
    ).encode()


def test_a_stranger_can_check_a_receipt_from_its_description() -> None:
    data = sign_receipt(RECEIPT, PRIVATE, NAME)
    whole = json.loads(data)
    assert set(whole) == {"protocol", "receipt", "signature"}
    line = json.dumps(whole["receipt"], sort_keys=True, separators=(",", ":")) + "\n"
    assert line == LINE
    PUBLIC.verify(base64.b64decode(whole["signature"]), b"maskres-receipt-1\n" + line.encode("ascii"))


@pytest.mark.parametrize(
    "receipt",
    [
        RECEIPT,
        replace(RECEIPT, status=ReceiptStatus.WITHDRAWN, draw=99, ledger_size=0),
        replace(RECEIPT, status=ReceiptStatus.CHANGED, wishes=Wishes("siming", Reach.CITY, ())),
    ],
)
def test_a_receipt_is_read_as_it_was_written(receipt: Receipt) -> None:
    data = sign_receipt(receipt, PRIVATE, NAME)
    assert read_receipt(data) == verify_receipt(data, PUBLIC) == receipt
    assert read_signer(data) == NAME


def test_times_are_written_in_utc() -> None:
    at = datetime(2020, 2, 10, 9, 2, 3, tzinfo=timezone(timedelta(hours=8)))
    assert verify_receipt(sign_receipt(replace(RECEIPT, at=at), PRIVATE, NAME), PUBLIC) == RECEIPT


def test_layout_is_not_signed_but_every_word_is() -> None:
    whole = json.loads(sign_receipt(RECEIPT, PRIVATE, NAME))
    assert verify_receipt(json.dumps(whole, indent=2).encode(), PUBLIC) == RECEIPT


def test_no_changed_byte_passes() -> None:
    data = sign_receipt(RECEIPT, PRIVATE, NAME)
    for place in range(len(data)):
        for flip in (1, 2, 4, 32, 128):
            changed = bytearray(data)
            changed[place] ^= flip
            try:
                receipt = verify_receipt(bytes(changed), PUBLIC)
            except (CheckFailed, InputError):
                continue
            # Only white space around the object may differ.
            assert bytes(changed).split() == data.split() and receipt == RECEIPT


def test_another_key_or_another_purpose_does_not_pass() -> None:
    data = sign_receipt(RECEIPT, PRIVATE, NAME)
    with pytest.raises(CheckFailed) as caught:
        verify_receipt(data, Ed25519PrivateKey.from_private_bytes(b"q" * 32).public_key())
    assert caught.value.code == "bad-signature"
    whole = json.loads(data)
    whole["signature"] = base64.b64encode(PRIVATE.sign(LINE.encode())).decode()
    with pytest.raises(CheckFailed):
        verify_receipt(json.dumps(whole).encode(), PUBLIC)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("round", "Xiamen"),
        ("round", None),
        ("draw", 0),
        ("draw", 100),
        ("draw", True),
        ("draw", "1"),
        ("number", "7K3M9QTR4XH8"),
        ("number", 7),
        ("holder_salt", "0" * 31),
        ("wish_salt", "F" * 32),
        ("wish_salt", None),
        ("signed_by", "two words"),
        ("signed_by", ""),
        ("signed_by", 1),
        ("status", "lost"),
        ("status", ["registered"]),
        ("ledger", 1),
        ("ledger", {"root": "ab" * 32}),
        ("ledger", {"root": "ab" * 32, "size": -1}),
        ("ledger", {"root": "AB" * 32, "size": 1}),
        ("ledger", {"root": "ab" * 32, "size": 10**12}),
        ("district", "Siming"),
        ("reach", "country"),
        ("choices", "store-1|store-1"),
        ("choices", "store-1|"),
        ("choices", ["store-1"]),
        ("choices", "|".join(f"s{place}" for place in range(21))),
        ("at", 5),
    ],
)
def test_a_receipt_rightly_signed_may_still_be_none(member: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        verify_receipt(resigned(json.loads(LINE) | {member: value}), PUBLIC)
    assert (caught.value.code, caught.value.field) == ("bad-receipt", member)


def test_the_time_of_a_receipt_must_be_one() -> None:
    with pytest.raises(InputError) as caught:
        verify_receipt(resigned(json.loads(LINE) | {"at": "2020-02-30T00:00:00Z"}), PUBLIC)
    assert (caught.value.code, caught.value.field) == ("bad-time", "at")


def test_members_missing_or_unknown_are_named() -> None:
    body = json.loads(LINE)
    with pytest.raises(InputError) as caught:
        read_receipt(resigned(body | {"secret": "x"}))
    assert caught.value.code == "bad-receipt"
    assert "secret" in caught.value.message
    del body["number"]
    with pytest.raises(InputError, match="number"):
        read_receipt(resigned(body))


@pytest.mark.parametrize(
    "outer",
    [{"protocol": "maskres-receipt-2"}, {"more": 1}, {"receipt": []}]
    + [{"signature": text} for text in ("", "AAAA", "A" * 88, "é" * 88, 5, " " + "A" * 86 + "==")],
)
def test_files_that_are_no_receipts(outer: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        read_receipt(resigned(json.loads(LINE), **outer))
    assert caught.value.code == "bad-receipt"


def test_bytes_that_are_no_receipts() -> None:
    for data, code in ((b"", "bad-json"), (b"[]", "bad-json"), (b" " * 20_000, "bad-receipt")):
        with pytest.raises(InputError) as caught:
            read_receipt(data)
        assert caught.value.code == code


def test_nothing_is_signed_that_could_not_be_read() -> None:
    for receipt, name in ((replace(RECEIPT, number="7K3M-9QTR-4XH7"), NAME), (RECEIPT, "two words")):
        with pytest.raises(InputError) as caught:
            sign_receipt(receipt, PRIVATE, name)
        assert caught.value.code == "bad-receipt"


def test_the_secret_is_twelve_symbols_of_an_hmac_and_not_in_the_receipt() -> None:
    key = b"a" * 32
    digest = hmac.new(key, b"receipt/xiamen-2020-1/7K3M9QTR4XH7/0", hashlib.sha256).digest()
    bits = f"{int.from_bytes(digest, 'big'):0256b}"
    crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    body = "".join(crockford[int(bits[place : place + 5], 2)] for place in range(0, 55, 5))
    secret = receipt_secret(key, "xiamen-2020-1", "7K3M9QTR4XH7")
    assert secret == body + luhn.calc_check_digit(body, crockford)
    assert receipt_secret(KeyedHash(key), "xiamen-2020-1", "7K3M9QTR4XH7") == secret
    assert secret.encode() not in sign_receipt(RECEIPT, PRIVATE, NAME)
    others = {
        receipt_secret(key, "xiamen-2020-2", "7K3M9QTR4XH7"),
        receipt_secret(key, "xiamen-2020-1", "000000000000"),
        receipt_secret(key, "xiamen-2020-1", "7K3M9QTR4XH7", 1),
        receipt_secret(b"b" * 32, "xiamen-2020-1", "7K3M9QTR4XH7"),
    }
    assert len(others | {secret}) == 5
    with pytest.raises(ConfigurationError):
        receipt_secret(b"short", "xiamen-2020-1", "7K3M9QTR4XH7")
