"""Whose signatures count: three names, three keys, each of its role's kind."""

from __future__ import annotations

import json

import pytest

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.ledger.keyring import keyring, read_keyring, read_keys, write_keys
from maskres.ledger.note_keys import Algorithm, VerifierKey, signing_key

OPERATOR = signing_key("masks.example.org/xiamen", Algorithm.NOTE, b"\x01" * 32).verifier
NOTARY = signing_key("notary.example.org", Algorithm.COSIGNATURE, b"\x02" * 32).verifier
WITNESS = signing_key("daily-news.example.org", Algorithm.COSIGNATURE, b"\x03" * 32).verifier
KEYS = keyring(OPERATOR, NOTARY, WITNESS)


def test_keys_go_round_by_role():
    assert read_keyring(KEYS.texts) == KEYS
    assert (KEYS.origin, KEYS.cosigners) == (OPERATOR.name, (NOTARY, WITNESS))
    data = write_keys("xiamen-2020-1", KEYS)
    assert read_keys(data) == ("xiamen-2020-1", KEYS)
    assert set(json.loads(data)) == {"origin", "round", "keys"}


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ((NOTARY, NOTARY, WITNESS), "operator"),
        ((OPERATOR, VerifierKey(NOTARY.name, Algorithm.NOTE, NOTARY.public_key), WITNESS), "notary"),
        ((OPERATOR, NOTARY, VerifierKey(WITNESS.name, Algorithm.NOTE, WITNESS.public_key)), "witness"),
    ],
)
def test_each_role_has_its_kind_of_key(keys, field):
    with pytest.raises(InputError) as refused:
        keyring(*keys)
    assert (refused.value.code, refused.value.field) == ("wrong-algorithm", field)


@pytest.mark.parametrize(
    "witness",
    [
        NOTARY,
        VerifierKey(NOTARY.name, Algorithm.COSIGNATURE, WITNESS.public_key),
        VerifierKey(WITNESS.name, Algorithm.COSIGNATURE, NOTARY.public_key),
        VerifierKey(WITNESS.name, Algorithm.COSIGNATURE, OPERATOR.public_key),
    ],
)
def test_nobody_signs_for_two(witness):
    with pytest.raises(InputError) as refused:
        keyring(OPERATOR, NOTARY, witness)
    assert refused.value.code == "shared-key"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"origin": "other.example.org"}, "wrong-origin", "origin"),
        ({"origin": "two words"}, "bad-key-name", "origin"),
        ({"origin": 7}, "bad-member", "origin"),
        ({"round": "Xiamen"}, "bad-member", "round"),
        ({"more": 1}, "bad-member", "more"),
        ({"keys": {**KEYS.texts, "mayor": NOTARY.text}}, "bad-member", "keys.mayor"),
        ({"keys": {"operator": OPERATOR.text}}, "bad-member", "keys.notary"),
        ({"keys": {**KEYS.texts, "notary": NOTARY.text[:-4]}}, "bad-key", "keys.notary"),
        ({"keys": {**KEYS.texts, "notary": None}}, "bad-member", "keys.notary"),
        ({"keys": []}, "bad-member", "keys"),
    ],
)
def test_another_keys_file_is_refused_by_its_member(change, code, field):
    value = {**json.loads(write_keys("xiamen-2020-1", KEYS)), **change}
    with pytest.raises(InputError) as refused:
        read_keys(strict_json.dumps(value))
    assert (refused.value.code, refused.value.field, refused.value.file) == (code, field, "keys.json")
