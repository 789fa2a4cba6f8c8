"""`notary cosign` and `notary check`: what is published is checked and kept on one's own machine, then signed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from maskres.cli.deployment import INPUT_FILE, OUTPUT_FILE, OUTPUT_FOLDER
from maskres.cli.notary_evidence import Bundles, Evidence, PublicAddresses
from maskres.clock import utc_now
from maskres.errors import CheckFailed, InputError
from maskres.formats.values import format_time, sha256_hex
from maskres.ledger.body_shapes import Kind
from maskres.ledger.checkpoints import Checkpoint, cosign, read_checkpoint
from maskres.ledger.entries import Entry, is_milestone, read_ledger
from maskres.ledger.last_signed import read_last_signed, require_grown, write_last_signed
from maskres.ledger.note_keys import SigningKey, VerifierKey, read_signing_key, read_verifier_key

_SHOWN = 10
#: Entries that bring published files along.
_WITH_FILES = frozenset(
    {Kind.DRAW_CLOSED, Kind.DRAW_COMMITTED, Kind.BEACON, Kind.DRAWN, Kind.ALLOCATED, Kind.BATCH, Kind.AUDITED}
)
#: Entries that a draw comes to only from a commitment that counts, or once it is void.
_AFTER_COMMITMENT = frozenset({Kind.DRAW_VOIDED, Kind.DICE, Kind.DRAWN})


@dataclass(frozen=True, slots=True)
class Seen:
    """What was checked and kept of a ledger.

    Attributes:
        note: the checkpoint's bytes.
        checkpoint: what it says.
        entries: all that it holds.
        new: those since the last checkpoint signed.
    """

    note: bytes
    checkpoint: Checkpoint
    entries: Sequence[Entry]
    new: Sequence[Entry]


_evidence_options = (
    click.option(
        "--service", "address", metavar="URL", help="The service's address: all is fetched from there."
    ),
    click.option(
        "--bundle",
        "bundles",
        multiple=True,
        type=click.Path(exists=True, path_type=Path),
        help="Without network: a bundle, folder or zip; once for each draw.",
    ),
    click.option("--ledger", required=True, metavar="KEY", help="Verifier key of the ledger."),
    click.option(
        "--size", type=click.IntRange(1), help="Of the checkpoint; default: the newest step to cosign."
    ),
    click.option(
        "--keep", type=OUTPUT_FOLDER, help="Where everything checked is kept; default: beside the key."
    ),
)


def _with_evidence(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_evidence_options):
        command = option(command)
    return command


@click.command("cosign")
@click.argument("checkpoint", metavar="CHECKPOINT", required=False, type=INPUT_FILE)
@click.option("--key", "key_path", required=True, type=INPUT_FILE, help="File of the secret key (keygen).")
@click.option("--state", type=OUTPUT_FILE, help="What was signed last; default: beside the key.")
@click.option("--hand-in", "is_handed_in", is_flag=True, help="Hand the signature in to the service, too.")
@_with_evidence
def cosign_one(
    checkpoint: Path | None,
    key_path: Path,
    state: Path | None,
    is_handed_in: bool,
    address: str | None,
    bundles: tuple[Path, ...],
    ledger: str,
    size: int | None,
    keep: Path | None,
) -> None:
    """Check and keep what a checkpoint stands for, and sign it; prints the line to hand in.

    Nothing is signed that the checkpoint signed last has not grown into, and nothing whose files are not here and
    without mismatch. CHECKPOINT is needed only where the file was handed over apart.
    """
    key = _read_key(key_path)
    own = read_verifier_key(ledger, field="--ledger")
    memory = key_path.with_suffix(".signed.json") if state is None else state
    kept = key_path.with_suffix(".kept") if keep is None else keep
    evidence = _open(address, bundles)
    if is_handed_in and not isinstance(evidence, PublicAddresses):
        raise InputError("bad-arguments", "Handing in needs the service's address.", field="--hand-in")
    with _locked(memory):
        seen = read_last_signed(memory.read_bytes(), file=memory.name) if memory.exists() else {}
        given = None if checkpoint is None else checkpoint.read_bytes()
        found = _look(evidence, own, seen.get(own.name), kept, size, given)
        now = utc_now()
        _warn(found, kept, now)
        _say_whose(key.verifier, found)
        line = cosign(found.note, key, now)
        # Remembered before it is shown: a signature that nobody remembers could be followed by a split ledger.
        _write_whole(memory, write_last_signed(seen | {own.name: found.checkpoint}))
    click.echo(line, nl=False)
    if is_handed_in and isinstance(evidence, PublicAddresses):
        evidence.hand_in(found.checkpoint.size, line)
        _say(f"Handed in under the checkpoint of {found.checkpoint.size} entries.")


@click.command("check")
@click.option("--state", type=INPUT_FILE, help="What was signed last, to look only at what came since.")
@_with_evidence
def check(
    state: Path | None,
    address: str | None,
    bundles: tuple[Path, ...],
    ledger: str,
    size: int | None,
    keep: Path | None,
) -> None:
    """Check and keep what is published, without signing anything."""
    own = read_verifier_key(ledger, field="--ledger")
    last = None if state is None else read_last_signed(state.read_bytes(), file=state.name).get(own.name)
    kept = Path("kept") if keep is None else keep
    found = _look(_open(address, bundles), own, last, kept, size, None)
    _warn(found, kept, utc_now())
    click.echo(f"The checkpoint of {found.checkpoint.size} entries could be signed.")


def _open(address: str | None, bundles: Sequence[Path]) -> Evidence:
    if (address is None) == (not bundles):
        raise InputError("bad-arguments", "Give --service, or --bundle for every draw that has gone on.")
    return Bundles(bundles) if address is None else PublicAddresses(address)


def _look(
    evidence: Evidence,
    own: VerifierKey,
    last: Checkpoint | None,
    kept: Path,
    size: int | None,
    given: bytes | None,
) -> Seen:
    """Check a checkpoint, the ledger under it, and every file that came with its new lines; keep all of it."""
    data = evidence.ledger()
    entries = read_ledger(data.splitlines(keepends=True))
    if given is not None:
        size = read_checkpoint(given, [own], origin=own.name).checkpoint.size
    if size is None:
        size = next((entry.seq + 1 for entry in reversed(entries) if is_milestone(entry)), len(entries))
    note = evidence.checkpoint(size) if given is None else given
    checkpoint = read_checkpoint(note, [own], origin=own.name, file=f"checkpoints/{size}").checkpoint
    if checkpoint.size != size:
        raise CheckFailed("wrong-size", f"The checkpoint of {size} entries says {checkpoint.size}.")
    require_grown(last, checkpoint, [entry.leaf_hash for entry in entries])
    new = entries[0 if last is None else last.size : size]
    if last is None:
        _say(
            f"This is the first checkpoint of {own.name} looked at here: compare {checkpoint.root.hex()} on paper."
        )
    folder = kept / re.sub(r"[^A-Za-z0-9.-]", "_", own.name)
    folder.mkdir(parents=True, exist_ok=True)
    for entry in new:
        draw = "" if entry.draw is None else f" draw {entry.draw}"
        _say(f"{entry.seq + 1}: {format_time(entry.at)} {entry.kind} {entry.round}{draw}")
        if entry.kind is Kind.ROUND_OPENED:
            _keep_rules(evidence, entry, folder)
    for round_slug, number in dict.fromkeys(
        (entry.round, entry.draw) for entry in new if entry.kind in _WITH_FILES and entry.draw is not None
    ):
        _keep_bundle(evidence, own, round_slug, number, folder, entries[:size])
    _write_whole(folder / f"ledger-{size}.jsonl", b"".join(entry.line + b"\n" for entry in entries[:size]))
    _write_whole(folder / f"checkpoint-{size}", note)
    return Seen(note, checkpoint, entries[:size], new)


def _keep_rules(evidence: Evidence, entry: Entry, folder: Path) -> None:
    rules = evidence.rules(entry.round)
    if sha256_hex(rules) != entry.body["rules_sha256"]:
        raise CheckFailed(
            "digest-differs", f"These are not the rules {entry.round} opened with.", file="rules.json"
        )
    _write_whole(folder / f"{entry.round}-rules.json", rules)


def _keep_bundle(
    evidence: Evidence, own: VerifierKey, round_slug: str, draw: int, folder: Path, entries: Sequence[Entry]
) -> None:
    from maskres.ledger.keyring import read_keys
    from maskres.ledger.verify.bundle import verify_bundle
    from maskres.ledger.verify.findings import Findings
    from maskres.ledger.verify.history import Given
    from maskres.ledger.verify.opening import open_bundle

    target = folder / f"{round_slug}-{draw}-{len(entries)}.zip"
    part = target.with_suffix(".part")
    evidence.keep_bundle(round_slug, draw, part)
    findings = verify_bundle(part, Given(origin=own.name, round=round_slug, now=utc_now()))
    for found in findings.found[:_SHOWN]:
        _say(str(found))
    if findings.found or findings.unchecked:
        raise CheckFailed(
            "bundle-differs",
            f"The bundle of draw {draw} of {round_slug} has {len(findings.found)} mismatches; it lies in {part.name}.",
        )
    with _scratch() as scratch:
        bundle = open_bundle(part, scratch, Findings())
        lines = bundle.read("ledger.jsonl").split(b"\n")[: len(entries)]
        if lines != [entry.line for entry in entries]:
            raise CheckFailed(
                "split-ledger", "The bundle holds another ledger than the checkpoint.", file=part.name
            )
        if read_keys(bundle.read("keys.json"))[1].operator != own:
            raise CheckFailed("wrong-key", "The bundle is signed by another ledger's key.", file=part.name)
    part.replace(target)
    _say(f"draw {draw} of {round_slug}: no mismatch; kept as {target.name}")


def _say_whose(key: VerifierKey, found: Seen) -> None:
    """Say for whom a key signs in the rounds at hand, and plainly where it signs for nobody (spec Y1)."""
    rounds = dict.fromkeys(entry.round for entry in found.new or found.entries[-1:])
    for entry in found.entries:
        if entry.kind is Kind.ROUND_OPENED and entry.round in rounds:
            role = next((role for role, text in entry.body["keys"].items() if text == key.text), None)
            if role is not None:
                _say(f"{key.name} signs as the {role} of {entry.round}.")
                continue
            _say(
                f"WARNING: {key.name} is the key of neither the notary nor the witness of {entry.round}: "
                "there this signature counts for nothing."
            )


def _warn(found: Seen, kept: Path, now: datetime) -> None:
    """Say what a signature made now would come too late for."""
    from maskres.ledger.commitment import LEAD, read_commitment
    from maskres.ledger.verify.findings import Findings
    from maskres.ledger.verify.opening import open_bundle
    from maskres.lottery.sources import known_at

    # A draw that went on without mismatch was cosigned in time.
    gone_on = {(entry.round, entry.draw) for entry in found.entries if entry.kind in _AFTER_COMMITMENT}
    for entry in found.new:
        if entry.kind is not Kind.DRAW_COMMITTED or (entry.round, entry.draw) in gone_on:
            continue
        bundles = sorted(kept.glob(f"*/{entry.round}-{entry.draw}-*.zip"))
        with _scratch() as scratch:
            commitment = read_commitment(
                open_bundle(bundles[-1], scratch, Findings()).read("commitment.json")
            )
        due = min(known_at(source) for source in commitment.sources) - LEAD
        if now > due:
            _say(
                f"WARNING: the commitment had to be cosigned by {format_time(due)}: the draw cannot go on from it."
            )


def _read_key(path: Path) -> SigningKey:
    try:
        return read_signing_key(path.read_text(), field="--key")
    except UnicodeDecodeError:
        raise InputError("bad-key", "This is not a file of a signing key.", field="--key") from None


@contextmanager
def _scratch() -> Iterator[Path]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="maskres-notary-") as folder:
        yield Path(folder)


@contextmanager
def _locked(memory: Path) -> Iterator[None]:
    """Let one run at a time sign with a key: two at once could sign two ledgers."""
    lock = memory.with_name(f"{memory.name}.lock")
    try:
        handle = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CheckFailed(
            "signing-elsewhere", f"Another run is signing; if none is, remove {lock.name}."
        ) from None
    try:
        yield
    finally:
        os.close(handle)
        lock.unlink()


def _write_whole(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def _say(words: str) -> None:
    click.echo(words, err=True)
