"""What a receipt proves against what was published: signature, ledger, list of the registered, seal.

Source: spec Q3, Q4, S6.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from maskres.errors import CheckFailed
from maskres.ledger import merkle
from maskres.ledger.body_shapes import Kind
from maskres.ledger.entries import Entry
from maskres.ledger.note_keys import VerifierKey
from maskres.lottery.number_lists import read_numbers
from maskres.lottery.pool import Pool
from maskres.registration.receipts import Receipt, ReceiptStatus, read_signer, verify_receipt
from maskres.registration.seals import holder_digest, seal, wish_digest


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        code: stable, such as "omitted".
        message: one sentence.
        is_right: whether it is as it should be.
    """

    code: str
    message: str
    is_right: bool


def check_signature(data: bytes, operator: VerifierKey) -> Receipt:
    """Check that a receipt is signed by a ledger's own key.

    Args:
        data: the receipt's file.
        operator: the ledger's key, from paper or from the minutes.

    Raises:
        InputError: "bad-json", "bad-receipt".
        CheckFailed: "bad-signature", "other-ledger" where it names another signer.
    """
    receipt = verify_receipt(data, Ed25519PublicKey.from_public_bytes(operator.public_key))
    signer = read_signer(data)
    if signer != operator.name:
        raise CheckFailed("other-ledger", f"The receipt is signed for {signer}, not for {operator.name}.")
    return receipt


def check_ledger(receipt: Receipt, entries: Sequence[Entry]) -> Finding:
    """Check that the holder was shown the ledger that everybody is shown.

    Args:
        receipt: the receipt.
        entries: the published ledger from its beginning.
    """
    size = receipt.ledger_size
    if size > len(entries):
        told = f"The receipt knows {size} lines of the ledger, the published one has {len(entries)}."
        return Finding("ledger-shorter", told, False)
    root = merkle.root(merkle.leaf_hash(entry.line) for entry in entries[:size]).hex()
    if root != receipt.ledger_root:
        told = f"The first {size} lines of the published ledger are not those the holder was shown."
        return Finding("ledger-differs", told, False)
    return Finding("ledger", f"The holder was shown the first {size} lines of the published ledger.", True)


def check_registered(receipt: Receipt, registered: bytes, entries: Sequence[Entry]) -> Finding:
    """Check that the number was counted when its draw closed.

    Args:
        receipt: the receipt.
        registered: the bytes of registered.csv of the receipt's draw.
        entries: the published ledger, which says when the draw closed over which file.

    Raises:
        InputError: the file breaks a rule.
    """
    numbers = read_numbers(registered)
    which = (Kind.DRAW_CLOSED, receipt.round, receipt.draw)
    closed = [entry for entry in entries if (entry.kind, entry.round, entry.draw) == which]
    if not closed:
        return Finding("not-closed", "The ledger does not say yet that this draw has closed.", True)
    if closed[0].body["registered"]["sha256"] != hashlib.sha256(registered).hexdigest():
        told = f"registered.csv is not the file over which draw {receipt.draw} closed by the ledger."
        return Finding("other-file", told, False)
    if np.isin(np.bytes_(receipt.number), numbers):
        return Finding("registered", "The number is in registered.csv.", True)
    if receipt.at > closed[0].at:
        return Finding("after-closing", "The receipt was made after its draw had closed.", True)
    return Finding("omitted", "The number is NOT in registered.csv: this receipt proves an omission.", False)


def check_seal(receipt: Receipt, canonical: str, pool: Pool) -> Finding:
    """Check that the seal in the pool is of this person with these wishes.

    Args:
        receipt: the receipt.
        canonical: the holder's canonical id, such as CN-ID:350203194912010021.
        pool: pool.csv of the receipt's draw, with its seals.
    """
    rows = np.flatnonzero(pool.numbers == np.bytes_(receipt.number))
    if not len(rows):
        return Finding("not-in-pool", "The number is not in pool.csv; excluded.csv says why.", True)
    wishes = receipt.wishes
    holder = holder_digest(receipt.holder_salt, canonical)
    wish = wish_digest(receipt.wish_salt, wishes.district, str(wishes.reach), wishes.joined)
    published = pool.seals[rows[0]].tobytes().hex() if pool.seals is not None else ""
    if seal(receipt.number, holder, wish) == published:
        return Finding("seal", "The seal in pool.csv is of this person with these wishes.", True)
    if receipt.status is ReceiptStatus.WITHDRAWN:
        return Finding("seal-differs", "The seal in pool.csv is not of a withdrawn registration.", False)
    told = "The seal in pool.csv is of another person or of other wishes than the receipt's."
    return Finding("seal-differs", f"{told} Only a later receipt of the same number could explain it.", False)
