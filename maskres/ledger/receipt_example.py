"""An example of an omission, to be tried on the page that checks receipts: small, made up, and signed.

A round opens, somebody is given a receipt, the list closes without them, and notary and witness cosign that closing.
The pool is not committed: this is the time in which an omission is proved and can still be mended.

Source: spec Q1 to Q4, C1.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache

from maskres.ledger import bodies, merkle
from maskres.ledger.body_shapes import Kind
from maskres.ledger.checkpoints import cosign, sign_checkpoint
from maskres.ledger.entries import entry_line
from maskres.ledger.keyring import keyring
from maskres.ledger.note_keys import Algorithm, SigningKey, signing_key
from maskres.registration.numbers import registration_number
from maskres.registration.receipts import Receipt, ReceiptStatus, sign_receipt
from maskres.registration.seals import Reach, Wishes, holder_salt, wish_salt

ORIGIN = "rehearsal/omission-example"
ROUND = "example"
_OPENED = datetime(2020, 2, 1, 1, tzinfo=UTC)
_CLOSED = _OPENED + timedelta(days=2)
_OTHERS = 5


@cache
def make_example() -> dict[str, str]:
    """Give the example's texts.

    Returns:
        `receipt`, `ledger`, `checkpoint` (cosigned), and `registered`, the list without the receipt's number.
    """
    operator = _key(ORIGIN, Algorithm.NOTE)
    notary, witness = (
        _key(f"rehearsal/example-{role}", Algorithm.COSIGNATURE) for role in ("notary", "witness")
    )
    keys = keyring(operator.verifier, notary.verifier, witness.verifier)
    numbers = [registration_number(_secret("numbers"), f"EXAMPLE:{person}") for person in range(_OTHERS + 1)]
    omitted, *others = numbers
    registered = "".join(f"{line}\n" for line in ("number", *sorted(others)))
    digest = bodies.FileDigest(hashlib.sha256(registered.encode()).hexdigest(), len(others))
    rules, number_key, seal_key = (
        hashlib.sha256(_secret(name)).hexdigest() for name in ("rules", "numbers", "seals")
    )
    opened = bodies.round_opened(rules, number_key, seal_key, keys)
    lines = [
        entry_line(0, _OPENED, Kind.ROUND_OPENED, ROUND, None, opened),
        entry_line(1, _CLOSED, Kind.DRAW_CLOSED, ROUND, 1, bodies.draw_closed(digest)),
    ]
    root = merkle.root(merkle.leaf_hash(line) for line in lines)
    note = sign_checkpoint(ORIGIN, len(lines), root, operator)
    for minutes, key in enumerate((notary, witness), start=5):
        note += cosign(note, key, _CLOSED + timedelta(minutes=minutes)).encode()
    receipt = Receipt(
        round=ROUND,
        draw=1,
        number=omitted,
        holder_salt=holder_salt(_secret("seals"), omitted),
        wish_salt=wish_salt(_secret("seals"), omitted),
        wishes=Wishes("siming", Reach.CITY, ()),
        at=_OPENED + timedelta(days=1),
        status=ReceiptStatus.REGISTERED,
        ledger_size=1,
        ledger_root=merkle.root([merkle.leaf_hash(lines[0])]).hex(),
    )
    return {
        "receipt": sign_receipt(receipt, operator.private_key, ORIGIN).decode(),
        "ledger": b"".join(line + b"\n" for line in lines).decode(),
        "checkpoint": note.decode(),
        "registered": registered,
    }


def _secret(name: str) -> bytes:
    """Derive a key from a public text: no signature of the example means anything to anyone."""
    return hashlib.sha256(f"{ORIGIN}/{name}".encode()).digest()


def _key(name: str, algorithm: Algorithm) -> SigningKey:
    return signing_key(name, algorithm, _secret(name))
