"""Verifying a bundle from its first byte to its last, with the rooms the service is made of.

Source: spec X1 to X5.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from maskres.formats.values import sha256_hex
from maskres.ledger.body_shapes import Kind
from maskres.ledger.bundle_files import LEDGER
from maskres.ledger.checkpoints import is_rehearsal
from maskres.ledger.commitment import FILE, Commitment, read_commitment
from maskres.ledger.verify.committed import Case, check_commitment, check_pool, check_seed, read_offered
from maskres.ledger.verify.events import Events
from maskres.ledger.verify.findings import Findings
from maskres.ledger.verify.history import Given, History, check_named_files, read_history
from maskres.ledger.verify.opening import OpenedBundle, open_bundle
from maskres.ledger.verify.outcome import check_outcome
from maskres.lottery.source_values import VerifySignature, is_signed_by
from maskres.lottery.sources import Dice, Drand
from maskres.rounds.rules_file import read_rules

RULES = "rules.json"


def verify_bundle(
    source: Path, given: Given | None = None, verify_beacon: VerifySignature = is_signed_by
) -> Findings:
    """Verify a bundle.

    Args:
        source: its folder or zip, from anywhere.
        given: what is known from elsewhere.
        verify_beacon: checks the beacon's signature under its network's public key.

    Returns:
        What was found.

    Raises:
        InputError: the source cannot be read as a bundle at all.
    """
    findings = Findings()
    with tempfile.TemporaryDirectory(prefix="maskres-verify-") as scratch:
        bundle = open_bundle(source, Path(scratch), findings)
        history = read_history(bundle, given or Given(), findings)
        rules = findings.attempt(RULES, lambda: read_rules(bundle.read(RULES), is_published=True))
        commitment = _read_commitment(bundle, findings)
        if history is None:
            return findings
        _say_where(history, commitment, given or Given(), findings)
        if rules is not None and rules.round != history.round:
            findings.add(RULES, None, "wrong-round", f"The rules are of the round {rules.round}.")
        draw = _find_draw(bundle, history, commitment)
        if draw is None or rules is None:
            findings.unchecked.append("the draw: it cannot be told which one, or there are no rules")
            return findings
        events = Events(history, draw, findings)
        events.check_round()
        events.check_order(None if commitment is None else [_kind_of(one) for one in commitment.sources])
        events.check_cosigned()
        check_named_files(bundle, history, draw, findings)
        if commitment is None:
            _check_absence(bundle, history, draw, findings)
            return findings
        sha256 = sha256_hex(bundle.read(FILE))
        events.check_times(commitment, sha256, rules)
        case = Case(bundle, history, rules, commitment, sha256, findings)
        _check_case(case, verify_beacon)
    return findings


def _say_where(history: History, commitment: Commitment | None, given: Given, findings: Findings) -> None:
    """Say which ledger this is, whether it decides anything, and where the keys come from. Source: spec X4, Y3."""
    draw = "" if commitment is None else f", draw {commitment.draw}"
    findings.notes.append(f"ledger {history.keys.origin}, round {history.round}{draw}")
    if is_rehearsal(history.keys.origin):
        findings.notes.append("THIS IS A REHEARSAL: it decides nothing")
    if given.keys is None:
        findings.notes.append("the keys come from the bundle itself; compare them with those in the minutes:")
        findings.notes += [f"  {role} {text}" for role, text in history.keys.texts.items()]


def _read_commitment(bundle: OpenedBundle, findings: Findings) -> Commitment | None:
    if FILE not in bundle.files:
        return None
    return findings.attempt(FILE, lambda: read_commitment(bundle.read(FILE)))


def _find_draw(bundle: OpenedBundle, history: History, commitment: Commitment | None) -> int | None:
    """Tell which draw the bundle is of; before the commitment the digest of registered.csv says so."""
    if commitment is not None:
        return commitment.draw
    registered = bundle.files.get("registered.csv")
    closed = [entry for entry in history.entries if entry.kind is Kind.DRAW_CLOSED]
    # Where two draws had the same people, the later one.
    for entry in reversed(closed) if registered is not None else []:
        if registered is not None and entry.body["registered"]["sha256"] == registered.sha256:
            return entry.draw
    return None


def _kind_of(source: Dice | Drand) -> Kind:
    return Kind.BEACON if isinstance(source, Drand) else Kind.DICE


def _check_absence(bundle: OpenedBundle, history: History, draw: int, findings: Findings) -> None:
    is_due = history.of(draw, Kind.DRAW_COMMITTED) or {"pool.csv", "seed.txt", "result.csv"} & set(
        bundle.files
    )
    if is_due and FILE not in bundle.files:
        findings.add(FILE, None, "missing-file", "The file is missing.")
    for entry in history.of(draw, Kind.DRAW_VOIDED):
        if entry.body["commitment_sha256"] and not history.of(draw, Kind.DRAW_COMMITTED):
            message = "It names a commitment that there never was."
            findings.add(LEDGER, entry.seq + 1, "digest-differs", message)


def _check_case(case: Case, verify_beacon: VerifySignature) -> None:
    notes = case.findings.notes
    beacons = [source for source in case.commitment.sources if isinstance(source, Drand)]
    if not beacons:
        notes.append("there is no beacon: that the dice were fair rests on the people in the room")
    for network in (network for beacon in beacons for network in (beacon.network, beacon.successor)):
        if network is not None:
            notes.append(
                f"a beacon is declared; that this is a public network must be known: {network.chain}"
            )
    check_commitment(case)
    seed = check_seed(case, verify_beacon)
    slots = read_offered(case)
    pool = check_pool(case, slots)
    if seed is not None and pool is not None and slots is not None:
        check_outcome(case, pool, slots, seed)
    elif seed is not None:
        case.findings.unchecked.append("the draw and what follows from it")
