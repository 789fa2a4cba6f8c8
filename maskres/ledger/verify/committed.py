"""What was committed: rules, numbers, pool, slots, and the seed that follows from the sources.

Source: spec R4, K1 to K6, F1 to F5, D1 to D4, V1 to V5.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskres.errors import CheckFailed, InputError, MaskresError
from maskres.formats.number_arrays import Numbers, keys_of
from maskres.ledger.body_shapes import Kind
from maskres.ledger.bundle_files import LEDGER
from maskres.ledger.commitment import COMMITTED_FILES, FILE, Commitment
from maskres.ledger.entries import Entry
from maskres.ledger.pool_tree import pool_tree
from maskres.ledger.sets import DISPUTED, EXCLUDED, POOL, REGISTERED
from maskres.ledger.verify.findings import Findings
from maskres.ledger.verify.history import History, check_file_digests
from maskres.ledger.verify.opening import OpenedBundle
from maskres.lottery.number_lists import read_excluded, read_numbers
from maskres.lottery.pool import Pool, read_pool
from maskres.lottery.seed import seed_file, seed_of
from maskres.lottery.slots import Slot, read_slots
from maskres.lottery.source_values import Beacon, VerifySignature, check_beacon, read_beacon
from maskres.lottery.sources import Dice, Drand, Network
from maskres.rounds.rules import Rules

BEACON_FILE, SEED_FILE, SLOTS = "beacon.json", "seed.txt", "slots.csv"


@dataclass(frozen=True, slots=True)
class Case:
    """A committed draw under verification.

    Attributes:
        bundle: its files.
        history: its ledger.
        rules: of the round.
        commitment: commitment.json.
        sha256: of commitment.json.
        findings: takes what does not hold.
    """

    bundle: OpenedBundle
    history: History
    rules: Rules
    commitment: Commitment
    sha256: str
    findings: Findings

    def of(self, *kinds: Kind) -> list[Entry]:
        """Give the entries about the draw."""
        return self.history.of(self.commitment.draw, *kinds)

    def check_district(self, file: str, line: int, district: str) -> None:
        """Note a district that the rules do not know. Source: spec R4."""
        if district not in self.rules.districts:
            self.findings.add(file, line, "unknown-district", f"The rules know no district {district}.")

    def wrong(self, entry: Entry, code: str, message: str) -> None:
        """Note what does not hold in an entry of the ledger."""
        self.findings.add(LEDGER, entry.seq + 1, code, message)


def check_commitment(case: Case) -> None:
    """Compare the commitment with rules, ledger and the digests of its files. Source: spec K2, K3."""
    said, rules = case.commitment, case.rules
    keys = case.history.keys

    def wrong(code: str, message: str) -> None:
        case.findings.add(FILE, None, code, message)

    if (said.origin, said.round) != (keys.origin, case.history.round):
        wrong("wrong-origin", "The commitment is of another ledger or round.")
    if said.rules_sha256 != case.bundle.files["rules.json"].sha256:
        case.findings.add(
            "rules.json", None, "digest-differs", "The commitment names rules of another SHA-256."
        )
    if (said.round, said.zone) != (rules.round, rules.zone) or said.draw > rules.draws:
        wrong("rules-differ", "Round, zone or number of the draw are not those of the rules.")
    for stratum in sorted(set(said.quotas) - {one.stratum for one in rules.strata}):
        wrong("rules-differ", f"The rules know no stratum {stratum}.")
    check_file_digests(
        case.bundle, {name: said.files[name].value for name in COMMITTED_FILES}, FILE, case.findings
    )
    opened = case.history.of(None, Kind.ROUND_OPENED)
    if opened and opened[0].body["number_key_sha256"] != said.number_key_sha256:
        wrong("key-differs", "The number key is not the one pledged when the round opened.")
    decided = case.of(Kind.DRAW_DECIDED)
    if decided and decided[-1].body["registers"] != [one.value for one in said.registers]:
        wrong("registers-differ", "The registers are not those of the last deciding.")
    root = case.history.roots.get(said.ledger_size)
    if root is None or root.hex() != said.ledger_root:
        wrong("root-differs", "The root at the ledger's size named here is another.")


def read_offered(case: Case) -> tuple[Slot, ...] | None:
    """Read the slots; none may have begun when the draw was committed."""
    slots = case.findings.attempt(SLOTS, lambda: read_slots(case.bundle.path(SLOTS)))
    for line, slot in enumerate(slots or (), start=2):
        if slot.starts_at <= case.commitment.committed_at:
            case.findings.add(SLOTS, line, "slot-past", "The slot begins before the draw is committed.")
        case.check_district(SLOTS, line, slot.district)
    return slots


def check_pool(case: Case, slots: tuple[Slot, ...] | None) -> Pool | None:
    """Read the pool; check who is in it, its tree, its tickets and its strata's quotas.

    Source: spec F4.
    """
    findings = case.findings
    pool = findings.attempt(POOL, lambda: read_pool(case.bundle.path(POOL), keep_seals=True))
    if pool is None:
        return None
    if len(pool) and int(pool.tickets.max()) > case.rules.bonus.max_tickets:
        row = int((pool.tickets > case.rules.bonus.max_tickets).argmax())
        findings.add(POOL, row + 2, "too-many-tickets", "By the rules nobody has as many tickets.")
    tree = findings.attempt(POOL, lambda: pool_tree(case.bundle.path(POOL), case.commitment.pool_symbols))
    if tree is not None and tree.root != case.commitment.pool_root:
        findings.add(FILE, None, "tree-differs", "The root of the pool's tree is another.")
    _check_sets(case, pool)
    strata = pool.count_by_stratum()
    quotas = case.commitment.quotas
    for stratum in sorted(set(quotas) ^ set(strata)):
        findings.add(
            FILE, None, "quotas-differ", f"The stratum {stratum} is not both in the quotas and in the pool."
        )
    winners = sum(min(quota, strata.get(stratum, 0)) for stratum, quota in quotas.items())
    if slots is not None and winners > sum(slot.capacity for slot in slots):
        findings.add(SLOTS, None, "too-few-places", f"There are {winners} winners and fewer places.")
    return None if set(quotas) ^ set(strata) else pool


def _check_sets(case: Case, pool: Pool) -> None:
    """Note every number that is where it cannot be, or not where it must."""
    path, attempt = case.bundle.path, case.findings.attempt
    registered = attempt(REGISTERED, lambda: read_numbers(path(REGISTERED)))
    excluded = attempt(EXCLUDED, lambda: read_excluded(path(EXCLUDED)).numbers)
    disputed = attempt(DISPUTED, lambda: read_numbers(path(DISPUTED)))
    admitted = keys_of(pool.numbers)

    def note(file: str, numbers: Numbers, is_bad: NDArray[np.bool_], what: str) -> None:
        for row in np.flatnonzero(is_bad).tolist():
            case.findings.add(file, row + 2, "sets-differ", f"{bytes(numbers[row]).decode()} {what}.")

    def are_in(numbers: Numbers, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        return np.isin(keys_of(numbers), keys, assume_unique=True)

    if disputed is not None:
        note(DISPUTED, disputed, ~are_in(disputed, admitted), f"is not in {POOL}")
    if registered is None or excluded is None:
        return
    everyone, out = keys_of(registered), keys_of(excluded)
    note(EXCLUDED, excluded, are_in(excluded, admitted), f"is in {POOL} too")
    note(EXCLUDED, excluded, ~are_in(excluded, everyone), f"is not in {REGISTERED}")
    note(POOL, pool.numbers, ~are_in(pool.numbers, everyone), f"is not in {REGISTERED}")
    is_lost = ~(are_in(registered, admitted) | are_in(registered, out))
    note(REGISTERED, registered, is_lost, f"is neither in {POOL} nor in {EXCLUDED}")


def check_seed(case: Case, verify_beacon: VerifySignature) -> str | None:
    """Write seed.txt anew from commitment and ledger.

    Args:
        case: the draw.
        verify_beacon: checks the beacon's signature.

    Returns:
        The seed, or None where the ledger does not hold every source's value.

    Source: spec V1 to V5.
    """
    values: dict[str, str] = {}
    if BEACON_FILE in case.bundle.files and not case.of(Kind.BEACON):
        case.findings.add(BEACON_FILE, None, "not-in-ledger", "The ledger has no beacon.")
    for source in case.commitment.sources:
        value = _dice_value(case) if isinstance(source, Dice) else _beacon_value(case, source, verify_beacon)
        if value is None:
            for name in (SEED_FILE, "result.csv"):
                if name in case.bundle.files:
                    case.findings.add(
                        name, None, "not-in-ledger", f"The ledger does not say what {source.name} gave."
                    )
            return None
        values[source.name] = value
    try:
        text = seed_file(case.sha256, case.commitment.sources, values)
    except InputError as error:
        case.wrong(case.of(Kind.DICE, Kind.BEACON)[0], error.code, error.message)
        return None
    found = case.findings.attempt(SEED_FILE, lambda: case.bundle.read(SEED_FILE))
    if found is not None and found != text:
        _show_lines(case, text, found)
    seed = seed_of(text)
    for entry in case.of(Kind.DRAWN):
        if entry.body["seed"] != seed:
            case.wrong(entry, "seed-differs", f"The seed is {seed}.")
    return seed


def _show_lines(case: Case, text: bytes, found: bytes) -> None:
    wanted, given = text.split(b"\n"), found.split(b"\n")
    for place in range(max(len(wanted), len(given))):
        if wanted[place : place + 1] != given[place : place + 1]:
            must = b"".join(wanted[place : place + 1]).decode()
            case.findings.add(SEED_FILE, place + 1, "seed-differs", f"The line must be {must!r}.")


def _dice_value(case: Case) -> str | None:
    entries = case.of(Kind.DICE)
    if not entries:
        return None
    declared = next(one for one in case.commitment.sources if isinstance(one, Dice))
    if entries[0].body["source"] != declared.name:
        case.wrong(entries[0], "bad-value", "The commitment declares dice of another name.")
    return str(entries[0].body["rolls"])


def _beacon_value(case: Case, declared: Drand, verify_beacon: VerifySignature) -> str | None:
    network, has_ended = declared.network, False
    for entry in case.of(Kind.BEACON):
        if entry.body["source"] != declared.name:
            case.wrong(entry, "bad-value", "The commitment declares a beacon of another name.")
            continue
        if "successor_round" in entry.body:
            network = _successor(case, entry, declared, has_ended=has_ended) or network
            has_ended = True
            continue
        beacon = Beacon(entry.body["round"], entry.body["signature"], entry.body["randomness"])
        _check_beacon(case, entry, beacon, network, verify_beacon)
        return beacon.randomness
    return None


def _successor(case: Case, entry: Entry, declared: Drand, *, has_ended: bool) -> Network | None:
    successor = declared.successor
    if successor is None or has_ended or entry.body["successor_round"] != successor.round:
        case.wrong(entry, "bad-value", "This is not the successor that the commitment declares.")
    elif case.history.cosigned_or_last(entry) >= successor.round_at:
        case.wrong(entry, "beacon-late", "It was not cosigned before the successor's round.")
    elif case.history.cosigned_at(entry) is not None:
        return successor
    return None


def _check_beacon(
    case: Case, entry: Entry, beacon: Beacon, network: Network, verify_beacon: VerifySignature
) -> None:
    try:
        check_beacon(beacon, network, verify=verify_beacon)
    except CheckFailed as error:
        case.wrong(entry, error.code, error.message)
    if entry.at < network.round_at:
        case.wrong(entry, "beacon-early", "This round had not come.")
    try:
        found = read_beacon(case.bundle.read(BEACON_FILE), network, verify=_nobody_checks, is_published=True)
    except MaskresError as error:
        if error.code not in ("beacon-round", "beacon-randomness"):
            case.findings.take(error, BEACON_FILE)
            return
        found = None
    if found != beacon:
        case.findings.add(BEACON_FILE, None, "beacon-differs", "The ledger has another beacon.")


def _nobody_checks(_network: Network, _round: int, _signature: bytes) -> bool:
    return True


def digest_of(data: bytes) -> str:
    """Compute the SHA-256 of bytes as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()
