"""Checkpoints: real ones from public logs and witnesses, strict reading, growth."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maskres.errors import CheckFailed, InputError
from maskres.formats.values import format_time
from maskres.ledger import merkle
from maskres.ledger.checkpoints import (
    Checkpoint,
    cosign,
    cosigned_at,
    is_rehearsal,
    read_checkpoint,
    read_checkpoint_text,
    require_growth,
    sign_checkpoint,
    verify_cosignature,
)
from maskres.ledger.note_keys import Algorithm, VerifierKey, read_verifier_key, signing_key
from maskres.ledger.notes import add_signatures, sign_note

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "c2sp_notes.json").read_text(encoding="utf-8"))
ORIGIN = "masks.example.org/xiamen"
LOG = signing_key(ORIGIN, Algorithm.NOTE, b"\x01" * 32)
NOTARY = signing_key("notary.example.org", Algorithm.COSIGNATURE, b"\x02" * 32)
WITNESS = signing_key("daily-news.example.org", Algorithm.COSIGNATURE, b"\x03" * 32)
KNOWN = [LOG.verifier, NOTARY.verifier, WITNESS.verifier]
ROOT = merkle.leaf_hash(b"entry")
NOTE = sign_checkpoint(ORIGIN, 1, ROOT, LOG)
TEXT = Checkpoint(ORIGIN, 1, ROOT).text
NOON = datetime(2020, 2, 10, 4, 0, tzinfo=UTC)


def cosigner_keys(published: dict) -> list[VerifierKey]:
    keys = [read_verifier_key(cosigner["note_key"]) for cosigner in published["cosigners"]]
    return [VerifierKey(key.name, Algorithm.COSIGNATURE, key.public_key) for key in keys]


@pytest.mark.parametrize("published", VECTORS["cosigned_checkpoints"], ids=lambda one: one["origin"])
def test_cosignatures_of_public_witnesses_hold_with_their_times(published):
    keys = cosigner_keys(published)
    signed = read_checkpoint(published["note"].encode(), keys, origin=published["origin"])
    assert signed.checkpoint.size == published["size"]
    times = [cosigner["signed_at"] for cosigner in published["cosigners"]]
    assert [format_time(verify_cosignature(signed, key)) for key in keys] == times
    assert format_time(cosigned_at(signed, keys)) == max(times)
    if "log_key" in published:
        log = read_verifier_key(published["log_key"])
        assert read_checkpoint(published["note"].encode(), [log], origin=published["origin"]).is_signed_by(
            log
        )


@pytest.mark.parametrize("published", VECTORS["cosigned_checkpoints"], ids=lambda one: one["origin"])
def test_a_public_cosignature_does_not_hold_for_another_size_or_time(published):
    keys = cosigner_keys(published)
    size = published["size"]
    larger = published["note"].replace(f"\n{size}\n", f"\n{size + 1}\n")
    later = published["note"].replace("AAAABn", "AAAABo")
    for changed in (larger, later):
        assert changed != published["note"]
        with pytest.raises(CheckFailed) as refused:
            read_checkpoint(changed.encode(), keys, origin=published["origin"])
        assert refused.value.code == "bad-signature"


def test_a_public_log_has_grown():
    published = VECTORS["growing_log"]
    key = VerifierKey(published["origin"], Algorithm.NOTE, bytes.fromhex(published["public_key_hex"]))
    signed = [
        read_checkpoint(note.encode(), [key], origin=published["origin"]) for note in published["notes"]
    ]
    by_size = {one.checkpoint.size: one.checkpoint for one in signed}
    assert sorted(by_size) == [1, 3, 5]
    for step in published["consistency"]:
        proof = [base64.b64decode(one) for one in step["proof"]]
        require_growth(by_size[step["old"]], by_size[step["new"]], proof)
        with pytest.raises(CheckFailed):
            require_growth(by_size[step["new"]], by_size[step["old"]], proof)
        with pytest.raises(CheckFailed):
            require_growth(by_size[step["old"]], by_size[step["new"]], proof[::-1])


def test_the_specifications_checkpoint_is_read():
    published = VECTORS["checkpoint_text"]
    checkpoint = read_checkpoint_text(published["text"])
    assert (checkpoint.origin, checkpoint.size) == (published["origin"], published["size"])
    assert checkpoint.text == published["text"]


def test_a_checkpoint_goes_round():
    lines = [cosign(NOTE, NOTARY, NOON), cosign(NOTE, WITNESS, NOON + timedelta(minutes=3))]
    signed = read_checkpoint(add_signatures(NOTE, lines), KNOWN, origin=ORIGIN)
    assert signed.checkpoint == Checkpoint(ORIGIN, 1, ROOT)
    assert all(signed.is_signed_by(key) for key in KNOWN)
    assert verify_cosignature(signed, NOTARY.verifier) == NOON
    assert cosigned_at(signed, [NOTARY.verifier, WITNESS.verifier]) == NOON + timedelta(minutes=3)


def test_one_cosigner_is_not_two():
    signed = read_checkpoint(add_signatures(NOTE, [cosign(NOTE, NOTARY, NOON)]), KNOWN, origin=ORIGIN)
    with pytest.raises(CheckFailed) as refused:
        cosigned_at(signed, [NOTARY.verifier, WITNESS.verifier])
    assert refused.value.code == "not-cosigned"
    assert WITNESS.name in refused.value.message
    with pytest.raises(CheckFailed):
        verify_cosignature(signed, LOG.verifier)


def test_a_cosignature_of_another_checkpoint_is_not_taken_over():
    other = sign_checkpoint(ORIGIN, 2, ROOT, LOG)
    forged = add_signatures(other, [cosign(NOTE, NOTARY, NOON)])
    with pytest.raises(CheckFailed) as refused:
        read_checkpoint(forged, KNOWN, origin=ORIGIN)
    assert refused.value.code == "bad-signature"


def test_a_checkpoint_of_another_ledger_is_refused():
    with pytest.raises(CheckFailed) as refused:
        read_checkpoint(NOTE, KNOWN, origin="rehearsal/" + ORIGIN, file="checkpoints/1")
    assert (refused.value.code, refused.value.file) == ("wrong-origin", "checkpoints/1")
    with pytest.raises(InputError):
        sign_checkpoint("elsewhere.example.org", 1, ROOT, LOG)


def test_a_rehearsal_says_so():
    assert is_rehearsal("rehearsal/" + ORIGIN)
    assert not is_rehearsal(ORIGIN + "/rehearsal/")


ENCODED = TEXT.split("\n")[2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        f"{ORIGIN}\n1\n{ENCODED}",
        f"{ORIGIN}\n1\n{ENCODED}\nextension\n",
        f"{ORIGIN}\n1\n{ENCODED}\n\n",
        f"\n1\n{ENCODED}\n",
        f"a b\n1\n{ENCODED}\n",
        f"{ORIGIN}\n01\n{ENCODED}\n",
        f"{ORIGIN}\n+1\n{ENCODED}\n",
        f"{ORIGIN}\n-1\n{ENCODED}\n",
        f"{ORIGIN}\n1 \n{ENCODED}\n",
        f"{ORIGIN}\n１\n{ENCODED}\n",
        f"{ORIGIN}\n\n{ENCODED}\n",
        f"{ORIGIN}\n1234567890123\n{ENCODED}\n",
        f"{ORIGIN}\n1\n{ENCODED[:-1]}\n",
        f"{ORIGIN}\n1\n{ENCODED[:-2]}==\n",
        f"{ORIGIN}\n1\n {ENCODED}\n",
        f"{ORIGIN}\n1\n{ROOT.hex()}\n",
        f"{ORIGIN}\n1\n\n",
    ],
)
def test_a_misspelt_checkpoint_is_refused_even_when_signed(text):
    with pytest.raises(InputError) as refused:
        read_checkpoint_text(text, file="checkpoints/1")
    assert (refused.value.code, refused.value.file) == ("bad-checkpoint", "checkpoints/1")
    if text.endswith("\n") and text.strip():
        with pytest.raises(InputError):
            read_checkpoint(sign_note(text, LOG), KNOWN, origin=ORIGIN)
        with pytest.raises(InputError):
            cosign(sign_note(text, LOG), NOTARY, NOON)


def test_root_with_loose_last_bits_is_refused():
    loose = ENCODED[:-2] + chr(ord(ENCODED[-2]) + 1) + "="
    assert base64.b64decode(loose) == ROOT
    with pytest.raises(InputError):
        read_checkpoint_text(f"{ORIGIN}\n1\n{loose}\n")


def test_a_bad_root_or_size_is_not_signed():
    for size, root in ((1, ROOT[:-1]), (-1, ROOT), (10**12, ROOT)):
        with pytest.raises(InputError):
            sign_checkpoint(ORIGIN, size, root, LOG)


def test_growth_is_demanded_of_the_same_ledger():
    leaves = [merkle.leaf_hash(bytes([i])) for i in range(9)]
    old, new = (Checkpoint(ORIGIN, size, merkle.root(leaves[:size])) for size in (4, 9))
    require_growth(None, old, [])
    require_growth(old, old, [])
    require_growth(old, new, merkle.consistency_proof(4, leaves))
    with pytest.raises(CheckFailed) as refused:
        require_growth(old, Checkpoint("else.example.org", 9, new.root), merkle.consistency_proof(4, leaves))
    assert refused.value.code == "wrong-origin"
    with pytest.raises(CheckFailed) as refused:
        require_growth(new, old, [])
    assert refused.value.code == "not-consistent"
    forked = Checkpoint(ORIGIN, 4, merkle.root(leaves[1:5]))
    with pytest.raises(CheckFailed):
        require_growth(old, forked, [])
