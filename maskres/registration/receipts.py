"""Receipts: what a resident holds against a service that might forget or relabel them.

A receipt is a JSON file of three members:

    {"protocol": "maskres-receipt-1", "receipt": {…}, "signature": "<standard base64 of 64 bytes>"}

`receipt` has the members `at`, `choices` (joined by |), `district`, `draw`, `holder_salt`, `ledger` (`root` in
hex, `size`), `number`, `reach`, `round`, `signed_by`, `status`, `wish_salt`. Its canonical line is that object with
members sorted at every level, no blanks, and LF at the end; all its texts are plain ASCII without quotes or
backslashes, so there is one such line. The signature is Ed25519 (RFC 8032) over the line `maskres-receipt-1`
with its LF, followed by the canonical line; the first line keeps it from being taken for any other signature.
A stranger checks it with tools of their own:

    { echo maskres-receipt-1; jq -cS .receipt receipt.json; } > signed
    jq -r .signature receipt.json | base64 -d > signature
    openssl pkeyutl -verify -pubin -inkey service.pem -rawin -in signed -sigfile signature

Source: spec Q1 to Q3.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from maskres.errors import CheckFailed, InputError
from maskres.formats import strict_json
from maskres.formats.keyed import KeyedHash, keyed_digest
from maskres.formats.symbols import from_digest, is_number
from maskres.formats.values import format_time, is_sha256, is_slug, parse_time
from maskres.registration.seals import CHOICES_LIMIT, Reach, Wishes

PROTOCOL = "maskres-receipt-1"
_HEAD = PROTOCOL.encode("ascii") + b"\n"
RECEIPT_LIMIT_BYTES = 16_384
_FILE = "receipt"
_SALT = re.compile(r"[0-9a-f]{32}")
# Names of signed-note keys (C2SP): no blanks, no plus; plain ASCII here, so that every JSON writer agrees.
_KEY_NAME = re.compile(r"[A-Za-z0-9._~:/@-]{1,200}")
_MEMBERS = {
    *("at", "choices", "district", "draw", "holder_salt", "ledger", "number", "reach", "round"),
    *("signed_by", "status", "wish_salt"),
}
_INTEGER_LIMIT = 10**12


class ReceiptStatus(StrEnum):
    """What a receipt is for."""

    REGISTERED = "registered"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


_STATUSES = tuple(ReceiptStatus)
_REACHES = tuple(Reach)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the service says it has recorded.

    Args:
        round: slug.
        draw: 1 to 99.
        number: registration number, bare.
        holder_salt: 32 hex digits.
        wish_salt: 32 hex digits.
        wishes: as recorded; of a withdrawal, those withdrawn.
        at: when it was recorded, aware UTC, whole seconds.
        status: what happened.
        ledger_size: entries under the latest checkpoint.
        ledger_root: its root, 64 hex digits.
    """

    round: str
    draw: int
    number: str
    holder_salt: str
    wish_salt: str
    wishes: Wishes
    at: datetime
    status: ReceiptStatus
    ledger_size: int
    ledger_root: str


def receipt_secret(access_key: bytes | KeyedHash, round_slug: str, number: str, version: int = 0) -> str:
    """Derive the secret by which the holder of a receipt changes or withdraws a registration.

    It is handed out beside the receipt and not in it: a receipt may be shown to anybody. Its 55 bits withstand
    guessing because tries are counted.

    Args:
        access_key: the deployment's access key of 32 raw bytes, or a KeyedHash of it.
        round_slug: the round.
        number: registration number, bare.
        version: how often it was replaced (after recovery in person), ≥ 0.

    Returns:
        Twelve bare symbols, like a number: the top 55 bits of
        HMAC-SHA256(access key, `receipt/<round>/<number>/<version>`) and their check symbol.

    Raises:
        ConfigurationError: "bad-key".
    """
    return from_digest(keyed_digest(access_key, f"receipt/{round_slug}/{number}/{version}".encode("ascii")))


def sign_receipt(receipt: Receipt, private_key: Ed25519PrivateKey, name: str) -> bytes:
    """Write a receipt as a signed file.

    Args:
        receipt: what to sign.
        private_key: the service's key.
        name: the key's name, as in keys.json: ASCII letters, digits and ._~:/@-

    Returns:
        The bytes of the JSON file.

    Raises:
        InputError: "bad-receipt" where the receipt could not be read again.
    """
    body = _write(receipt, name)
    _check(body)
    line = strict_json.dumps(body)
    signature = base64.b64encode(private_key.sign(_HEAD + line))
    # The members in their order, as strict_json.dumps would write the whole, around the line that is written already.
    parts = (b'{"protocol":"', _HEAD[:-1], b'","receipt":', line[:-1], b',"signature":"', signature, b'"}\n')
    return b"".join(parts)


def read_receipt(data: bytes) -> Receipt:
    """Read a receipt file without checking its signature.

    Raises:
        InputError: "bad-json", "bad-receipt" (with the member as field).
    """
    return _read(_open(data)[0])


def read_signer(data: bytes) -> str:
    """Read the name of the key a receipt file says it is signed with.

    Raises:
        InputError: "bad-json", "bad-receipt".
    """
    body = _open(data)[0]
    _check(body)
    return str(body["signed_by"])


def verify_receipt(data: bytes, public_key: Ed25519PublicKey) -> Receipt:
    """Read a receipt file and check its signature.

    Args:
        data: the bytes of the file.
        public_key: the service's key, from a place the receipt did not come from.

    Returns:
        The receipt.

    Raises:
        InputError: "bad-json", "bad-receipt".
        CheckFailed: "bad-signature".
    """
    body, signature = _open(data)
    receipt = _read(body)
    try:
        public_key.verify(signature, _HEAD + strict_json.dumps(body))
    except InvalidSignature:
        message = "The receipt was changed, or another service signed it."
        raise CheckFailed("bad-signature", message, file=_FILE) from None
    return receipt


def _write(receipt: Receipt, name: str) -> dict[str, Any]:
    return {
        "at": format_time(receipt.at),
        "choices": receipt.wishes.joined,
        "district": receipt.wishes.district,
        "draw": receipt.draw,
        "holder_salt": receipt.holder_salt,
        "ledger": {"root": receipt.ledger_root, "size": receipt.ledger_size},
        "number": receipt.number,
        "reach": str(receipt.wishes.reach),
        "round": receipt.round,
        "signed_by": name,
        "status": str(receipt.status),
        "wish_salt": receipt.wish_salt,
    }


def _open(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Take a receipt file apart into the signed object and the signature."""
    if len(data) > RECEIPT_LIMIT_BYTES:
        _refuse("This file is too large for a receipt.")
    whole = strict_json.loads(data, file=_FILE)
    if whole.keys() != {"protocol", "receipt", "signature"} or whole["protocol"] != PROTOCOL:
        _refuse(f"This is not a receipt: it must have protocol ({PROTOCOL}), receipt and signature.")
    body, written = whole["receipt"], whole["signature"]
    if not isinstance(body, dict):
        _refuse("The receipt must be an object.", "receipt")
    try:
        signature = base64.b64decode(written.encode("ascii"), validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error):
        signature = b""
    if len(signature) != 64 or base64.b64encode(signature).decode("ascii") != written:
        _refuse("The signature must be 64 bytes in standard base64.", "signature")
    return body, signature


def _check(body: dict[str, Any]) -> None:
    """Refuse what cannot be read as a receipt, by its form alone: whether its stores still exist is not its affair."""
    if body.keys() != _MEMBERS:
        wrong = ", ".join(sorted(body.keys() ^ _MEMBERS))
        _refuse(f"Members are missing or unknown: {wrong:.200}.")
    ledger = body["ledger"]
    if not isinstance(ledger, dict) or ledger.keys() != {"root", "size"}:
        _refuse("It must have root and size.", "ledger")
    _require(is_slug(body["round"]), "round")
    _require(_is_integer(body["draw"], 1, 99), "draw")
    _require(isinstance(body["number"], str) and is_number(body["number"]), "number")
    for salt in ("holder_salt", "wish_salt"):
        _require(isinstance(body[salt], str) and _SALT.fullmatch(body[salt]) is not None, salt)
    _require(
        isinstance(body["signed_by"], str) and _KEY_NAME.fullmatch(body["signed_by"]) is not None, "signed_by"
    )
    _require(body["status"] in _STATUSES, "status")
    _require(_is_integer(ledger["size"], 0, _INTEGER_LIMIT - 1), "ledger")
    _require(is_sha256(ledger["root"]), "ledger")
    _require(isinstance(body["at"], str), "at")
    parse_time(body["at"], field="at")
    _require(is_slug(body["district"]), "district")
    _require(body["reach"] in _REACHES, "reach")
    _require(isinstance(body["choices"], str), "choices")
    choices = _choices(body)
    _require(all(map(is_slug, choices)) and len(set(choices)) == len(choices) <= CHOICES_LIMIT, "choices")


def _choices(body: dict[str, Any]) -> tuple[str, ...]:
    joined = body["choices"]
    return tuple(joined.split("|")) if joined else ()


def _read(body: dict[str, Any]) -> Receipt:
    _check(body)
    ledger = body["ledger"]
    return Receipt(
        round=body["round"],
        draw=body["draw"],
        number=body["number"],
        holder_salt=body["holder_salt"],
        wish_salt=body["wish_salt"],
        wishes=Wishes(body["district"], Reach(body["reach"]), _choices(body)),
        at=parse_time(body["at"], field="at"),
        status=ReceiptStatus(body["status"]),
        ledger_size=ledger["size"],
        ledger_root=ledger["root"],
    )


def _is_integer(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _require(is_right: bool, member: str) -> None:
    if not is_right:
        _refuse("This member of the receipt cannot be read.", member)


def _refuse(message: str, member: str | None = None) -> NoReturn:
    raise InputError("bad-receipt", message, field=member, file=_FILE)
