"""The example of an omission is one: the command's own check finds it, and nothing else wrong."""

from __future__ import annotations

from maskres.ledger.checkpoints import cosigned_at, read_checkpoint
from maskres.ledger.entries import read_ledger
from maskres.ledger.keyring import read_keyring
from maskres.ledger.receipt_check import check_ledger, check_registered, check_signature
from maskres.ledger.receipt_example import ORIGIN, make_example


def test_the_example_is_an_omission_and_signed_by_all() -> None:
    example = make_example()
    entries = read_ledger(example["ledger"].encode().splitlines(keepends=True))
    keys = read_keyring(entries[0].body["keys"])
    receipt = check_signature(example["receipt"].encode(), keys.operator)
    assert check_ledger(receipt, entries).is_right
    assert check_registered(receipt, example["registered"].encode(), entries).code == "omitted"
    signed = read_checkpoint(example["checkpoint"].encode(), keys.all, origin=ORIGIN)
    assert cosigned_at(signed, keys.cosigners) > entries[1].at
