"""The figures that stand in docs/spec/draw.md, block by block: none is typed by hand.

A block of the document is a fence after a line `<!-- example: NAME -->`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from tests.reference import plain_allocation
from tests.reference.lottery_files import ALPHABET
from tests.support.plain_bundle import sha256, tree_root
from tests.support.spec_city import COSIGNERS, DRAND, PEOPLE, QUOTAS, RELEASED_TOTAL, RULES, SIZES, SLOTS
from tests.support.spec_draw import hmac_sha256
from tests.support.spec_example import Example

BLOCK = re.compile(r"(<!-- example: ([a-z0-9-]+) -->\n```[a-z]*\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)

Blocks = dict[str, str]


def table(rows: Iterable[Iterable[object]]) -> str:
    """Set rows in columns, two blanks apart."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in texts]
    return "".join(line.rstrip() + "\n" for line in lines)


def key_blocks(e: Example) -> Blocks:
    rows = [("number key", e.number_key.hex()), ("  SHA-256", sha256(e.number_key))]
    rows += [("seal key", e.seal_key.hex()), ("  SHA-256", sha256(e.seal_key))]
    signing = []
    for role, key in e.keys.items():
        signing += [(role, ""), ("  name", key.name), ("  secret seed", key.seed.hex())]
        signing += [
            ("  public key", key.public.hex()),
            ("  key id", key.id.hex()),
            ("  verifier key", key.text),
        ]
    preimage = e.keys["notary"].id_preimage
    ids = [("bytes", preimage.hex()), ("SHA-256", sha256(preimage)), ("key id", e.keys["notary"].id.hex())]
    return {"round-keys": table(rows), "signing-keys": table(signing), "key-id": table(ids)}


def number_blocks(e: Example) -> Blocks:
    first = PEOPLE[0]
    digest = hmac_sha256(e.number_key, first.canonical)
    bits = int.from_bytes(digest, "big") >> (256 - 55)
    groups = [bits >> shift & 31 for shift in range(50, -1, -5)]
    number = e.number_of(first)
    steps = [
        ("canonical id", first.canonical),
        ("HMAC-SHA256", digest.hex()),
        ("first 55 bits", " ".join(f"{group:05b}" for group in groups)),
        ("as values", " ".join(map(str, groups))),
        ("as symbols", " ".join(ALPHABET[group] for group in groups)),
    ]
    counted = [sum(divmod(2 * value, 32)) if place % 2 == 0 else value for place, value in enumerate(groups)]
    check = ALPHABET.index(number[-1])
    steps += [
        ("counted as", " ".join(map(str, counted))),
        ("sum", f"{sum(counted)}; {sum(counted)} + {check} is a multiple of 32, and {check} is {number[-1]}"),
        ("number", number),
    ]
    rows = [
        (p.canonical, hmac_sha256(e.number_key, p.canonical).hex()[:14], number)
        for number, p in e.numbers.items()
    ]
    people = [
        (p.canonical, p.stratum if p.tickets else "-", p.tickets or p.reason, p.wish_text) for p in PEOPLE
    ]
    return {
        "people": table([("canonical id", "stratum", "tickets", "district/reach/choices"), *people]),
        "number": table(steps),
        "numbers": table([("canonical id", "HMAC begins", "number"), *rows]),
    }


def seal_blocks(e: Example) -> Blocks:
    first = PEOPLE[0]
    number = e.number_of(first)
    (holder_salt, wish_salt), (holder, wish, seal) = e.salts_of(number), e.digests_of(number)
    rows = [
        (f"HMAC of {number}/holder", hmac_sha256(e.seal_key, f"{number}/holder").hex()),
        ("holder salt", holder_salt),
        (f"HMAC of {number}/wish", hmac_sha256(e.seal_key, f"{number}/wish").hex()),
        ("wish salt", wish_salt),
        ("holder is the SHA-256 of", f"{holder_salt}/{first.canonical}"),
        ("holder", holder),
        ("wish is the SHA-256 of", f"{wish_salt}/{first.wish_text}"),
        ("wish", wish),
        ("seal is from the SHA-256 of", f"{number}/{holder}/{wish}"),
        ("seal", seal),
    ]
    line = next(line for line in e.committed["pool.csv"].decode().splitlines() if line.startswith(number))
    return {"seal": table([*rows, ("line of pool.csv", line)])}


def pool_tree_blocks(e: Example) -> Blocks:
    leaf_hash = sha256(b"\0" + e.pool_leaf)
    cut = e.pool_leaves(1)
    rows = [("symbols 0", ""), ("  bytes of the leaf", len(e.pool_leaf)), ("  its hash", leaf_hash)]
    rows += [("  root", tree_root([e.pool_leaf]).hex()), ("symbols 1", "(for comparison)")]
    rows += [("  hash of an empty leaf", sha256(b"\0"))]
    rows += [(f"  hash of leaf {prefix}", sha256(b"\0" + leaf)) for prefix, leaf in cut.items() if leaf]
    return {"pool-tree": table([*rows, ("  root", tree_root(list(cut.values())).hex())])}


def seed_blocks(e: Example) -> Blocks:
    rows = [("SHA-256 of commitment.json", sha256(e.commitment)), ("seed", e.seed)]
    time = DRAND["genesis"] + (DRAND["round"] - 1) * DRAND["period"]
    return {
        "beacon-time": f"{DRAND['genesis']} + ({DRAND['round']} - 1) x {DRAND['period']} = {time}\n",
        "seed": table(rows),
    }


def draw_blocks(e: Example) -> Blocks:
    tickets, values = [], {}
    for number, _, count in e.pool:
        found = [sha256(f"{e.seed}/{number}/{ticket}") for ticket in range(1, count + 1)]
        values[number] = min(found)
        for ticket, value in enumerate(found, start=1):
            tickets.append((f"{number}/{ticket}", value, "<- value" if value == min(found) else ""))
    order = [(values[number], number, stratum, outcome) for _, number, stratum, _, outcome in e.result]
    cutoffs = [(stratum, value) for stratum, value in sorted(e.cutoffs.items())]
    return {"tickets": table(tickets), "order": table(order), "cutoffs": table(cutoffs)}


def place_blocks(e: Example) -> Blocks:
    order = [(sha256(f"{e.seed}/{number}/place"), number) for _, number, *_ in e.allocation]
    shops = plain_allocation.Shops(SLOTS)
    stores = sorted(shops.district)
    walk = [("number", "wishes", *stores, "place")]
    for _, number, store, slot, choice in e.allocation:
        loads = [f"{shops.assigned(each)}/{shops.capacity(each)}" for each in stores]
        walk.append((number, e.numbers[number].wish_text, *loads, f"{store or '-'} {slot or '-'}, {choice}"))
        if store:
            assert shops.take(store) == slot
    audit = sorted((sha256(f"{e.seed}/{number}/audit"), number) for number in e.winners)
    return {
        "place-order": table(order),
        "placing": table(walk),
        "audit-order": table(audit),
        "audit-size": f"audit_size {RULES['audit_size']}\n",
    }


def batch_blocks(e: Example) -> Blocks:
    whole = sum(QUOTAS.values())
    shares = []
    for stratum, quota in sorted(QUOTAS.items()):
        part = Fraction(RELEASED_TOTAL * quota, whole)
        exact = f"{RELEASED_TOTAL} x {quota} / {whole} = {RELEASED_TOTAL * quota // whole}"
        remainder = f"remainder {RELEASED_TOTAL * quota % whole}"
        assert RELEASED_TOTAL * quota // whole <= part
        shares.append((stratum, exact, remainder, f"gets {e.released[stratum]}"))
    first, then = e.batch_groups
    stratum_of = {number: stratum for _, number, stratum, _, _ in e.result}
    placed = [
        (who, number, stratum_of[number])
        for who, group in (("first", first), ("then", then))
        for number in group
    ]
    order = [(sha256(f"{e.seed}/{number}/place"), number) for _, number, *_ in e.promotion]
    return {"released": table(shares), "to-be-placed": table(placed), "batch-order": table(order)}


def split(count: int) -> int:
    """Give the largest power of two below a count."""
    return 1 << (count - 1).bit_length() - 1


def inclusion(leaf: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Spec L6, INCLUSION."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if leaf < k:
        return [*inclusion(leaf, leaves[:k]), tree_root(leaves[k:])]
    return [*inclusion(leaf - k, leaves[k:]), tree_root(leaves[:k])]


def consistency(old: int, leaves: Sequence[bytes], is_whole: bool = True) -> list[bytes]:
    """Spec L6, SUB."""
    if old == len(leaves):
        return [] if is_whole else [tree_root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*consistency(old, leaves[:k], is_whole), tree_root(leaves[k:])]
    return [*consistency(old - k, leaves[k:], False), tree_root(leaves[:k])]


def ledger_blocks(e: Example) -> Blocks:
    hashes = [(seq, json.loads(line)["kind"], sha256(b"\0" + line)) for seq, line in enumerate(e.lines)]
    roots = [(size, tree_root(e.lines[:size]).hex()) for size in range(1, len(e.lines) + 1)]
    size = SIZES[2]
    message = e.cosigned_message(size, e.cosigned_second(size, COSIGNERS["notary"])).decode()
    note = e.checkpoint(size).decode()
    signed = [line.rsplit(" ", 1)[1] for line in note.splitlines()[-3:]]
    raw = [
        (role, base64_bytes(text)[:4].hex(), base64_bytes(text)[4:].hex())
        for role, text in zip(e.keys, signed, strict=True)
    ]
    successor = e.line("2023-09-15T11:04:00Z", "beacon", 1, {"source": "drand", "successor_round": 5}, 5)
    blocks = {f"line-{seq}": line.decode() + "\n" for seq, line in enumerate(e.lines)}
    return {
        "leaf-hashes": table(hashes),
        "roots": table(roots),
        "inclusion": "".join(f"{one.hex()}\n" for one in inclusion(3, e.lines)),
        "consistency": "".join(f"{one.hex()}\n" for one in consistency(4, e.lines)),
        "checkpoint": note,
        "cosigned-message": message,
        "signatures": table([("role", "key id", "the rest"), *raw]),
        "line-successor": successor.decode() + "\n",
        **blocks,
    }


def base64_bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def file_blocks(e: Example) -> Blocks:
    files = {
        f"file-{name.replace('.', '-').replace('/', '-').lower()}": data for name, data in e.bundle.items()
    }
    return {
        **{name: data.decode() for name, data in files.items()},
        "receipt": e.receipt.decode(),
        "receipt-signed": e.receipt_signed.decode(),
    }


MAKERS: tuple[Callable[[Example], Blocks], ...] = (
    key_blocks,
    number_blocks,
    seal_blocks,
    pool_tree_blocks,
    seed_blocks,
    draw_blocks,
    place_blocks,
    batch_blocks,
    ledger_blocks,
    file_blocks,
)


def all_blocks(e: Example) -> Blocks:
    return {name: text for make in MAKERS for name, text in make(e).items()}


def fill(document: str, blocks: Blocks) -> str:
    """Put the figures into the document."""
    return BLOCK.sub(lambda found: found[1] + blocks[found[2]], document)
