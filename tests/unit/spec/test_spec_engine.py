"""The engine against the worked example of docs/spec/draw.md, which was made without it: the same bytes everywhere."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from maskres.formats.symbols import check_symbol, is_number
from maskres.identity.documents import read_document
from maskres.ledger import bodies, merkle
from maskres.ledger.body_shapes import Kind
from maskres.ledger.bundle import check_sums
from maskres.ledger.checkpoints import cosign, cosigned_at, read_checkpoint, sign_checkpoint
from maskres.ledger.commitment import read_commitment, write_commitment
from maskres.ledger.entries import entry_line, frontier, read_ledger
from maskres.ledger.keyring import read_keys, write_keys
from maskres.ledger.note_keys import Algorithm, signing_key
from maskres.ledger.notes import add_signatures
from maskres.ledger.pool_tree import pool_tree, symbols_for, verify_leaf
from maskres.ledger.sets import check_quotas, check_sets
from maskres.lottery.allocation import allocate
from maskres.lottery.audit import audit_sample
from maskres.lottery.batch import place_batch, plan_batch, read_changes, share_released
from maskres.lottery.drand_networks import QUICKNET
from maskres.lottery.draw import draw
from maskres.lottery.number_lists import read_excluded, read_numbers
from maskres.lottery.placements import write_allocation
from maskres.lottery.pool import read_pool
from maskres.lottery.results import read_result, write_result
from maskres.lottery.seed import check_seed_file, seed_file, seed_of
from maskres.lottery.slots import check_future, check_lead, read_slots
from maskres.lottery.source_values import read_beacon
from maskres.lottery.sources import Drand
from maskres.lottery.standings import begin_standings
from maskres.lottery.wishes import check_seals, read_wishes
from maskres.registration.numbers import key_digest, registration_number
from maskres.registration.receipts import read_receipt, sign_receipt, verify_receipt
from maskres.registration.seals import Reach, Wishes, holder_salt, make_seal, wish_salt
from maskres.rounds.rules_file import read_rules
from tests.support.spec_city import COSIGNERS, ORIGIN, PEOPLE, RELEASED_TOTAL, SIZES
from tests.support.spec_example import Example
from tests.support.spec_text import consistency, inclusion
from tests.support.spec_write import SPEC
from tests.support.verifiers import BOTH

FOLDER = SPEC / "example"
EXAMPLE = Example()
KEYS = {role: signing_key(key.name, Algorithm(key.kind), key.seed) for role, key in EXAMPLE.keys.items()}


def read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.canonical)
def test_numbers_and_seals(person):
    number = registration_number(EXAMPLE.number_key, person.canonical)
    assert EXAMPLE.numbers[number] is person and is_number(number)
    salts = holder_salt(EXAMPLE.seal_key, number), wish_salt(EXAMPLE.seal_key, number)
    assert salts == EXAMPLE.salts_of(number)
    choices = tuple(person.choices.split("|")) if person.choices else ()
    wishes = Wishes(person.district, Reach(person.reach), choices)
    seal = make_seal(EXAMPLE.seal_key, number, person.canonical, wishes)
    assert (f"{number},{person.stratum},{person.tickets},{seal}" in read("pool.csv").decode()) == bool(
        person.tickets
    )
    kind, _, written = person.canonical.partition(":")
    assert read_document(written, kind.lower()).canonical == person.canonical


def test_the_check_symbol_of_the_text():
    assert "`7K3M9QTR4XH` gives `7`" in (SPEC / "draw.md").read_text("utf-8")
    assert check_symbol("7K3M9QTR4XH") == "7"


def test_rules_and_commitment():
    rules = read_rules(read("rules.json"), is_published=True)
    assert rules.to_json() == read("rules.json")
    commitment = read_commitment(read("commitment.json"))
    assert write_commitment(commitment) == read("commitment.json")
    assert commitment.number_key_sha256 == key_digest(EXAMPLE.number_key)
    pool, slots = read_pool(FOLDER / "pool.csv"), read_slots(FOLDER / "slots.csv")
    excluded = read_excluded(FOLDER / "excluded.csv").numbers
    registered, disputed = (read_numbers(FOLDER / name) for name in ("registered.csv", "disputed.csv"))
    check_sets(registered, pool.numbers, excluded, disputed)
    check_quotas(commitment.quotas, pool.count_by_stratum(), sum(slot.capacity for slot in slots))
    check_future(slots, commitment.committed_at)


def test_the_pool_tree():
    commitment = read_commitment(read("commitment.json"))
    tree = pool_tree(FOLDER / "pool.csv", symbols_for(13))
    assert (tree.symbols, tree.root) == (commitment.pool_symbols, commitment.pool_root)
    for symbols in (1, 2):
        leaves = EXAMPLE.pool_leaves(symbols)
        cut = pool_tree(FOLDER / "pool.csv", symbols)
        assert list(cut.leaf_hashes) == [merkle.leaf_hash(leaf) for leaf in leaves.values()]
        verify_leaf(leaves["6XW"[:symbols]], cut.leaf_proof("6XWVWN4RDPKY"), cut.root)


def test_the_seed():
    commitment = read_commitment(read("commitment.json"))
    drand = next(source for source in commitment.sources if isinstance(source, Drand))
    beacon = read_beacon(read("beacon.json"), drand.network, is_published=True)
    values = {"notary-dice": EXAMPLE.rolls, "drand": beacon.randomness}
    digest = EXAMPLE.seed_file.split()[2].decode()
    assert seed_file(digest, commitment.sources, values) == read("seed.txt")
    check_seed_file(read("seed.txt"), digest, commitment.sources)
    assert seed_of(read("seed.txt")) == EXAMPLE.seed


def test_the_draw_and_the_allocation():
    quotas = read_commitment(read("commitment.json")).quotas
    pool = read_pool(FOLDER / "pool.csv", keep_seals=True)
    result = draw(pool, quotas, EXAMPLE.seed)
    out = io.BytesIO()
    write_result(result, out)
    assert out.getvalue() == read("result.csv")
    assert result.cutoffs == EXAMPLE.cutoffs
    wishes = read_wishes(FOLDER / "wishes.csv")
    check_seals(wishes, pool)
    places = allocate(result.winners, wishes, read_slots(FOLDER / "slots.csv"), EXAMPLE.seed)
    out = io.BytesIO()
    write_allocation(places, out)
    assert out.getvalue() == read("allocation.csv")
    sound = json.loads(read("audit.json"))["sound"]
    assert set(audit_sample(result, EXAMPLE.seed, 2)) == set(sound)


def test_the_batch():
    result = read_result(FOLDER / "result.csv")
    pool = read_pool(FOLDER / "pool.csv", keep_seals=True)
    quotas = read_commitment(read("commitment.json")).quotas
    slots, wishes = read_slots(FOLDER / "slots.csv"), read_wishes(FOLDER / "wishes.csv")
    standings = begin_standings(result, allocate(result.winners, wishes, slots, EXAMPLE.seed))
    entry = read_ledger(io.BytesIO(read("ledger.jsonl")))[9]
    released = share_released(RELEASED_TOTAL, quotas)
    assert released == entry.body["released"]
    plan = plan_batch(standings, read_changes(FOLDER / "changes-1.csv"), released)
    new_wishes, room = read_wishes(FOLDER / "wishes-1.csv"), read_slots(FOLDER / "room-1.csv")
    check_seals(new_wishes, pool)
    check_lead(room, entry.at, read_rules(read("rules.json")).lead_hours)
    out = io.BytesIO()
    write_allocation(place_batch(plan, new_wishes, room, EXAMPLE.seed), out)
    assert out.getvalue() == read("promotion-1.csv")


def test_the_ledger():
    entries = read_ledger(io.BytesIO(read("ledger.jsonl")))
    assert [entry.kind for entry in entries] == list(dict.fromkeys(entry.kind for entry in entries))
    assert {entry.kind for entry in entries} == set(Kind)
    for entry in entries:
        line = entry_line(entry.seq, entry.at, entry.kind, entry.round, entry.draw, entry.body)
        assert line == entry.line
    for size in SIZES:
        assert frontier(entries[:size]).root() == merkle.root(entry.leaf_hash for entry in entries[:size])
        assert EXAMPLE.checkpoint_text(size).decode().split("\n")[1] == str(size)
    at = datetime(2023, 9, 15, 11, 4, tzinfo=UTC)
    line = entry_line(5, at, Kind.BEACON, "masks-1", 1, bodies.beacon_succeeded("drand", 5))
    assert line.decode() in (SPEC / "draw.md").read_text("utf-8")


@pytest.mark.parametrize("size", SIZES)
def test_checkpoints(size):
    entries = read_ledger(io.BytesIO(read("ledger.jsonl")))
    root = frontier(entries[:size]).root()
    note = sign_checkpoint(ORIGIN, size, root, KEYS["operator"])
    for role, minutes in COSIGNERS.items():
        line = cosign(note, KEYS[role], entries[size - 1].at + timedelta(minutes=minutes))
        note = add_signatures(note, [line])
    assert note == read(f"checkpoints/{size}")
    _, keys = read_keys(read("keys.json"))
    signed = read_checkpoint(note, keys.all, origin=ORIGIN)
    assert cosigned_at(signed, keys.cosigners) == entries[size - 1].at + timedelta(minutes=6)


def test_the_proofs():
    hashes = [entry.leaf_hash for entry in read_ledger(io.BytesIO(read("ledger.jsonl")))]
    tree = merkle.tree(hashes)
    for size in range(1, len(hashes) + 1):
        older = merkle.tree(hashes[:size])
        for leaf in range(size):
            proof = inclusion(leaf, EXAMPLE.lines[:size])
            assert proof == older.inclusion_proof(leaf)
            merkle.verify_inclusion(leaf, size, hashes[leaf], proof, older.root)
        proof = consistency(size, EXAMPLE.lines)
        assert proof == tree.consistency_proof(size)
        merkle.verify_consistency(size, tree.size, older.root, tree.root, proof)


def test_the_keys_are_those_of_the_opening():
    round_, keys = read_keys(read("keys.json"))
    assert write_keys(round_, keys) == read("keys.json")
    opening = read_ledger(io.BytesIO(read("ledger.jsonl")))[0]
    assert opening.body["keys"] == keys.texts


def test_the_receipt():
    data = (SPEC / "receipt.json").read_bytes()
    _, keys = read_keys(read("keys.json"))
    receipt = verify_receipt(data, Ed25519PublicKey.from_public_bytes(keys.operator.public_key))
    assert receipt == read_receipt(data)
    assert sign_receipt(receipt, KEYS["operator"].private_key, ORIGIN) == data


def test_the_sums():
    assert check_sums(FOLDER) == {
        name: bodies_digest(name) for name in EXAMPLE.bundle if name != "SHA256SUMS"
    }


def bodies_digest(name: str) -> str:
    return seed_of(read(name))


@pytest.mark.parametrize("verifier", BOTH)
def test_both_verifiers_find_nothing_wrong(verifier):
    verdict = BOTH[verifier](FOLDER, "--origin", ORIGIN, "--round", "masks-1")
    assert verdict.status == 0 and not verdict.findings, verdict.text
    assert "REHEARSAL" in verdict.text and f"must be known: {QUICKNET.chain}" in verdict.text
