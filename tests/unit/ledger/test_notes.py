"""Signed notes: published ones open, and everything two readers could read differently is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import CheckFailed, InputError
from maskres.ledger import notes
from maskres.ledger.note_keys import (
    Algorithm,
    VerifierKey,
    encode_base64,
    read_signing_key,
    read_verifier_key,
    signing_key,
    write_signing_key,
)
from maskres.ledger.notes import add_signatures, open_note, read_note, sign_note

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "c2sp_notes.json").read_text(encoding="utf-8"))
PUBLISHED = VECTORS["signed_note"]
ALICE = signing_key("example.com/alice", Algorithm.NOTE, b"\x01" * 32)
BOB = signing_key("example.com/bob", Algorithm.NOTE, b"\x02" * 32)
CAROL = signing_key("example.com/carol", Algorithm.COSIGNATURE, b"\x03" * 32)
TEXT = "first line\n\nsecond line: 厦门\n"
NOTE = sign_note(TEXT, ALICE)
LINE = NOTE.decode().rpartition("\n\n")[2]


def test_a_published_note_opens():
    key = read_verifier_key(PUBLISHED["verifier_key"])
    opened = open_note(PUBLISHED["note"].encode(), [key])
    assert opened.text == PUBLISHED["text"]
    assert [signer.key for signer in opened.signers] == [key]
    assert key.text == PUBLISHED["verifier_key"]


def test_a_published_note_with_another_text_does_not_open():
    key = read_verifier_key(PUBLISHED["verifier_key"])
    with pytest.raises(CheckFailed) as refused:
        open_note(PUBLISHED["note"].replace("example message", "example massage").encode(), [key], file="n")
    assert (refused.value.code, refused.value.file) == ("bad-signature", "n")


def test_a_note_with_empty_lines_in_its_text_comes_back_whole():
    opened = open_note(NOTE, [ALICE.verifier])
    assert opened.text == TEXT
    assert opened.find_signer(BOB.verifier) is None
    assert read_note(NOTE).data == NOTE


def test_several_sign_and_unknown_signers_are_passed_over():
    both = sign_note(TEXT, ALICE, BOB)
    assert [s.key.name for s in open_note(both, [BOB.verifier, ALICE.verifier]).signers] == [
        ALICE.name,
        BOB.name,
    ]
    assert [s.key.name for s in open_note(both, [BOB.verifier]).signers] == [BOB.name]
    with pytest.raises(CheckFailed) as refused:
        open_note(both, [CAROL.verifier])
    assert refused.value.code == "not-signed"


def test_the_same_key_under_another_name_or_algorithm_is_another_signer():
    renamed = VerifierKey("example.com/mallory", Algorithm.NOTE, ALICE.verifier.public_key)
    as_cosigner = VerifierKey(ALICE.name, Algorithm.COSIGNATURE, ALICE.verifier.public_key)
    for key in (renamed, as_cosigner):
        with pytest.raises(CheckFailed) as refused:
            open_note(NOTE, [key])
        assert refused.value.code == "not-signed"


def test_one_known_signature_that_does_not_hold_spoils_the_note():
    raw = bytearray(read_note(sign_note(TEXT, BOB)).signatures[0].raw)
    raw[7] ^= 1
    forged = notes.Signature(BOB.name, BOB.verifier.key_id, bytes(raw)).line
    with pytest.raises(CheckFailed) as refused:
        open_note(NOTE + forged.encode(), [ALICE.verifier, BOB.verifier])
    assert refused.value.code == "bad-signature"
    assert open_note(NOTE + forged.encode(), [ALICE.verifier]).text == TEXT


@given(st.integers(0, len(NOTE) * 8 - 1))
def test_a_note_with_any_bit_changed_never_opens_with_another_text(bit):
    changed = bytearray(NOTE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((InputError, CheckFailed)):
        open_note(bytes(changed), [ALICE.verifier])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"text\n",
        TEXT.encode() + b"\n",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE + b"trailing\n",
        NOTE + b"\ntrailing\n",
        NOTE.replace(b"\n\n\xe2", b"\n\xe2"),
        NOTE.replace(b"\n", b"\r\n"),
        NOTE.replace(b"second", b"sec\tnd"),
        NOTE.replace(b"second", b"sec\x00nd"),
        NOTE.replace("厦门".encode(), "厦门".encode("gb18030")),
        NOTE + LINE.encode(),
        NOTE.replace("— ".encode(), b"- "),
        NOTE.replace("— ".encode(), "—".encode()),
        NOTE.replace("— ".encode(), "—  ".encode()),
        NOTE.replace(b"example.com/alice ", b"example.com/alice  "),
        NOTE.replace(b"example.com/alice ", b"example.com/alice"),
        NOTE.replace(b"example.com/alice ", b"example.com+alice "),
        NOTE.replace(b"example.com/alice ", "example.com\u3000alice ".encode()),
        NOTE.replace(b"example.com/alice ", b" "),
        NOTE[:-1] + b" \n",
        NOTE[:-1] + b"!\n",
        NOTE[:-2] + b"\n",
        "x\n\n— a AAAA\n".encode(),
        "x\n\n— a AAAAAB==\n".encode(),
        b"x" * notes.MOST_BYTES + b"\n\n" + LINE.encode(),
        TEXT.encode()
        + b"\n"
        + b"".join(f"— k{i} {encode_base64(bytes(68))}\n".encode() for i in range(notes.MOST_SIGNATURES + 1)),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(data):
    with pytest.raises(InputError) as refused:
        open_note(data, [ALICE.verifier], file="note.txt")
    assert refused.value.code in ("bad-note", "bad-key-name")
    assert refused.value.file == "note.txt"


def test_sixteen_long_signatures_of_unknown_kinds_are_no_trouble():
    lines = [f"— pq{i} {encode_base64(bytes(5000))}" for i in range(16)]
    assert open_note(add_signatures(NOTE, lines), [ALICE.verifier]).text == TEXT


def test_signatures_of_a_wrong_length_do_not_hold():
    for key, raw in (
        (ALICE, b""),
        (ALICE, bytes(63)),
        (ALICE, bytes(72)),
        (CAROL, bytes(64)),
        (CAROL, bytes(73)),
    ):
        with pytest.raises(CheckFailed):
            notes.verify_signature(TEXT, notes.Signature(key.name, key.verifier.key_id, raw), key.verifier)


def test_a_right_signature_under_another_signers_name_does_not_hold():
    signature = read_note(NOTE).signatures[0]
    notes.verify_signature(TEXT, signature, ALICE.verifier)
    for wrong in (
        notes.Signature(BOB.name, signature.key_id, signature.raw),
        notes.Signature(ALICE.name, b"0000", signature.raw),
    ):
        with pytest.raises(CheckFailed):
            notes.verify_signature(TEXT, wrong, ALICE.verifier)


def test_two_known_keys_of_one_name_and_id_are_not_chosen_between():
    by_id: dict[bytes, VerifierKey] = {}
    for count in range(1 << 20):
        key = VerifierKey("k", Algorithm.NOTE, count.to_bytes(32, "big"))
        if by_id.setdefault(key.key_id, key) is not key:
            break
    twins = (key, by_id[key.key_id])
    assert twins[0].key_id == twins[1].key_id
    with pytest.raises(InputError) as refused:
        open_note(NOTE, [ALICE.verifier, *twins])
    assert refused.value.code == "bad-key"
    assert open_note(NOTE, [ALICE.verifier, ALICE.verifier]).text == TEXT


def test_a_key_does_not_sign_twice():
    with pytest.raises(InputError):
        sign_note(TEXT, ALICE, ALICE)
    with pytest.raises(InputError):
        add_signatures(NOTE, [LINE])
    with pytest.raises(InputError):
        sign_note(TEXT)


@pytest.mark.parametrize("text", ["no line feed", "control\x01\n", "cr\r\n", ""])
def test_no_such_text_is_signed(text):
    with pytest.raises(InputError) as refused:
        sign_note(text, ALICE)
    assert refused.value.code == "bad-note"


def test_each_key_signs_in_its_own_way_only():
    with pytest.raises(InputError) as refused:
        sign_note(TEXT, CAROL)
    assert refused.value.code == "wrong-algorithm"
    with pytest.raises(InputError) as refused:
        notes.cosign_text(TEXT, ALICE, datetime.now(UTC))
    assert refused.value.code == "wrong-algorithm"


def test_a_cosigned_message_is_that_of_the_specification():
    published = VECTORS["cosigned_message"]
    text = VECTORS["checkpoint_text"]["text"]
    assert notes.cosigned_message(text, published["second"]).decode() == published["message"]


def test_a_cosignature_keeps_its_second_and_needs_a_zone():
    local = datetime(2020, 2, 10, 9, 0, 0, 999999, tzinfo=timezone(timedelta(hours=8)))
    opened = open_note(add_signatures(NOTE, [notes.cosign_text(TEXT, CAROL, local)]), [CAROL.verifier])
    assert opened.signers[0].signed_at == datetime(2020, 2, 10, 1, 0, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="zone"):
        notes.cosign_text(TEXT, CAROL, local.replace(tzinfo=None))


@pytest.mark.parametrize("second", [2**63, 2**64 - 1, 253402300800])
def test_a_time_beyond_the_calendar_does_not_hold(second):
    raw = second.to_bytes(8, "big") + CAROL.sign(notes.cosigned_message(TEXT, second))
    signature = notes.Signature(CAROL.name, CAROL.verifier.key_id, raw)
    with pytest.raises(CheckFailed):
        notes.verify_signature(TEXT, signature, CAROL.verifier)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_keys_come_back_from_their_texts(algorithm):
    key = signing_key("城市/witness", algorithm, Ed25519PrivateKey.generate())
    assert read_verifier_key(f" {key.verifier.text}\n") == key.verifier
    again = read_signing_key(write_signing_key(key))
    assert again.verifier == key.verifier
    assert again.sign(b"x") == key.sign(b"x")


def test_a_signing_key_does_not_show_itself():
    secret = write_signing_key(ALICE)
    assert encode_base64(b"\x01" * 32)[:20] not in repr(ALICE)
    with pytest.raises(InputError) as refused:
        read_signing_key(secret[:-3])
    assert secret[30:60] not in str(refused.value)


KEY = ALICE.verifier.text
NAME, KEY_ID, ENCODED = KEY.split("+", 2)
SHORT_KEY = encode_base64(b"\x01" + bytes(31))
ECDSA_KEY = encode_base64(b"\x02" + bytes(32))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad-key"),
        (KEY[:-1], "bad-key"),
        (KEY.upper(), "bad-key"),
        (f"{NAME}x+{KEY_ID}+{ENCODED}", "bad-key"),
        (f"{NAME}+{KEY_ID.upper()}0+{ENCODED}", "bad-key"),
        (f"{NAME}+{'0' * 8}+{ENCODED}", "bad-key"),
        (f"{NAME}+{KEY_ID}", "bad-key"),
        (f"{NAME}+{KEY_ID}+", "bad-key"),
        (f"{NAME}+{KEY_ID}+{SHORT_KEY}", "bad-key"),
        (f"{NAME}+{KEY_ID}+{ECDSA_KEY}", "unknown-algorithm"),
        (f"+{KEY_ID}+{ENCODED}", "bad-key-name"),
        (f"a b+{KEY_ID}+{ENCODED}", "bad-key-name"),
        (f"{'a' * 201}+{KEY_ID}+{ENCODED}", "bad-key-name"),
        (write_signing_key(ALICE), "bad-key"),
    ],
)
def test_a_misspelt_verifier_key_is_refused(text, code):
    with pytest.raises(InputError) as refused:
        read_verifier_key(text, field="keys.notary")
    assert (refused.value.code, refused.value.field) == (code, "keys.notary")


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_a_seed_has_32_bytes(secret):
    with pytest.raises(InputError) as refused:
        signing_key("a", Algorithm.NOTE, secret)
    assert refused.value.code == "bad-key"
