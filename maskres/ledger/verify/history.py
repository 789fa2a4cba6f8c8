"""The public record of a bundle: keys, ledger, checkpoints with their signatures.

Source: spec L1 to L5, H1 to H6, Z1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from maskres.errors import CheckFailed, MaskresError
from maskres.ledger.body_shapes import Kind
from maskres.ledger.bundle_files import KEYS, LEDGER
from maskres.ledger.checkpoints import SignedCheckpoint, cosigned_at, read_checkpoint
from maskres.ledger.entries import Entry, read_ledger
from maskres.ledger.keyring import Keyring, read_keys
from maskres.ledger.merkle import Frontier
from maskres.ledger.verify.findings import Findings
from maskres.ledger.verify.opening import OpenedBundle

_CHECKPOINT = "checkpoints/"


@dataclass(frozen=True, slots=True)
class Given:
    """What whoever verifies knows from elsewhere: from minutes, paper, a web site.

    Attributes:
        keys: the keys of the ledger, or None to take those of the bundle.
        origin: the ledger's name, or None for any.
        round: the round's slug, or None for any.
        now: the moment by the clock of whoever is to cosign, who goes by more than what the bundle shows of the time.
            None for all others, whose verdict must not depend on when they look.
    """

    keys: Keyring | None = None
    origin: str | None = None
    round: str | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What the ledger says of one round.

    Attributes:
        round: slug of the round.
        size: entries of the whole ledger.
        entries: those of the round.
        roots: size → root, 32 bytes, for every size up to the whole.
        keys: whose signatures count.
        checkpoints: those whose signatures hold and whose root is the ledger's.
        now: as `Given.now`.
    """

    round: str
    size: int
    entries: Sequence[Entry]
    roots: Mapping[int, bytes]
    keys: Keyring
    checkpoints: Sequence[SignedCheckpoint]
    now: datetime | None

    def of(self, draw: int | None, *kinds: Kind) -> list[Entry]:
        """Give the entries about a draw, or with None about the round as a whole."""
        return [one for one in self.entries if one.draw == draw and (not kinds or one.kind in kinds)]

    def cosigned_at(self, entry: Entry) -> datetime | None:
        """Give when notary and witness had first both cosigned a checkpoint that holds an entry, or None."""
        times = []
        for signed in self.checkpoints:
            if signed.checkpoint.size > entry.seq:
                try:
                    times.append(cosigned_at(signed, self.keys.cosigners))
                except CheckFailed:
                    continue
        return min(times, default=None)

    def cosigned_or_last(self, entry: Entry) -> datetime:
        """Give when both had cosigned an entry; where they have not, the last time that is known to have come.

        That is the last the bundle shows: what is not cosigned yet is late only once its time is over by it. Who is to
        cosign knows the time by the clock besides.

        Source: spec E2.
        """
        cosigned = self.cosigned_at(entry)
        if cosigned is not None:
            return cosigned
        times = [one.at for one in self.entries]
        for signed in self.checkpoints:
            times += [signer.signed_at for signer in signed.note.signers if signer.signed_at is not None]
        return max(times if self.now is None else [*times, self.now])


def read_history(bundle: OpenedBundle, given: Given, findings: Findings) -> History | None:
    """Read keys, ledger and checkpoints.

    Args:
        bundle: the bundle.
        given: what is known from elsewhere; goes before what the bundle says.
        findings: takes what does not hold.

    Returns:
        The history, or None where keys or ledger cannot be read.

    Source: spec H1 to H6, Z4.
    """
    found = findings.attempt(KEYS, lambda: read_keys(bundle.read(KEYS)))
    if found is not None:
        _compare_given(*found, given, findings)
    keys = given.keys if given.keys is not None else None if found is None else found[1]
    round_ = found[0] if found is not None else given.round
    entries = findings.attempt(LEDGER, lambda: _read_entries(bundle))
    if entries is None or keys is None or round_ is None:
        findings.unchecked.append("everything that stands in the ledger")
        return None
    tree = Frontier()
    roots = {0: tree.root()}
    for entry in entries:
        tree.append(entry.leaf_hash)
        roots[tree.size] = tree.root()
    checkpoints = _read_checkpoints(bundle, keys, roots, findings)
    own = [entry for entry in entries if entry.round == round_]
    history = History(round_, len(entries), own, roots, keys, checkpoints, given.now)
    _check_opening(bundle, history, findings)
    return history


def _read_entries(bundle: OpenedBundle) -> list[Entry]:
    with bundle.path(LEDGER).open("rb") as stream:
        return read_ledger(stream)


def _compare_given(round_: str, keys: Keyring, given: Given, findings: Findings) -> None:
    if given.keys is not None and given.keys != keys:
        findings.add(KEYS, None, "keys-differ", "These are not the keys that were given.")
    if given.origin is not None and given.origin != keys.origin:
        findings.add(KEYS, None, "wrong-origin", f"The ledger is {keys.origin}, not {given.origin}.")
    if given.round is not None and given.round != round_:
        findings.add(KEYS, None, "wrong-round", f"The round is {round_}, not {given.round}.")


def _read_checkpoints(
    bundle: OpenedBundle, keys: Keyring, roots: Mapping[int, bytes], findings: Findings
) -> list[SignedCheckpoint]:
    names = [name for name in bundle.files if name.startswith(_CHECKPOINT)]
    good = []
    for name in sorted(names, key=lambda name: int(name.removeprefix(_CHECKPOINT))):
        try:
            signed = read_checkpoint(bundle.read(name), keys.all, origin=keys.origin, file=name)
            _require_own(signed, keys, int(name.removeprefix(_CHECKPOINT)), roots)
        except MaskresError as error:
            findings.take(error, name)
            continue
        good.append(signed)
    covered = max((signed.checkpoint.size for signed in good), default=0)
    if covered < len(roots) - 1:
        findings.add(LEDGER, covered + 1, "not-signed", "No checkpoint covers this line.")
    return good


def _require_own(signed: SignedCheckpoint, keys: Keyring, size: int, roots: Mapping[int, bytes]) -> None:
    said = signed.checkpoint
    if said.size != size:
        raise CheckFailed("size-differs", f"The checkpoint is of {said.size} entries.", line=2)
    if said.size not in roots:
        raise CheckFailed("size-differs", "The ledger is shorter than this: it was cut off.", line=2)
    if said.root != roots[size]:
        raise CheckFailed(
            "root-differs", f"The root over the first {size} lines of the ledger is another.", line=3
        )
    if not signed.is_signed_by(keys.operator):
        raise CheckFailed("not-signed", "The ledger's own signature is missing.")


def _check_opening(bundle: OpenedBundle, history: History, findings: Findings) -> None:
    """Compare keys and rules with those the round was opened with. Source: spec E3, Y2."""

    def wrong(entry: Entry | None, code: str, message: str) -> None:
        findings.add(LEDGER, None if entry is None else entry.seq + 1, code, message)

    opened = history.of(None, Kind.ROUND_OPENED)
    if len(opened) != 1:
        wrong(opened[1] if opened else None, "wrong-order", f"The round was opened {len(opened)} times.")
    for entry in opened[:1]:
        if entry.body["keys"] != history.keys.texts:
            wrong(entry, "keys-differ", "The round was opened with other keys.")
        rules = bundle.files.get("rules.json")
        if rules is not None and rules.sha256 != entry.body["rules_sha256"]:
            findings.add("rules.json", None, "digest-differs", "The round was opened with other rules.")


def check_file_digests(
    bundle: OpenedBundle, files: Mapping[str, Mapping[str, object]], where: str, findings: Findings
) -> None:
    """Compare files with the `sha256` and `entries` written of them elsewhere.

    Args:
        bundle: the bundle.
        files: name → what is written.
        where: where it is written, for people.
        findings: takes what differs.
    """
    for name, said in files.items():
        file = bundle.files.get(name)
        if file is None:
            findings.add(name, None, "missing-file", f"{where} names this file, but it is missing.")
        elif file.sha256 != said["sha256"]:
            findings.add(name, None, "digest-differs", f"Its SHA-256 is {file.sha256}; {where} says another.")
        elif file.entries != said["entries"]:
            findings.add(name, None, "count-differs", f"It has {file.entries} entries; {where} says another.")


def check_named_files(bundle: OpenedBundle, history: History, draw: int, findings: Findings) -> None:
    """Compare every file that the ledger names of a draw, and report those that it does not.

    Source: spec E14.
    """
    named: dict[str, Mapping[str, object]] = {}
    for entry in history.of(draw, Kind.DRAW_CLOSED, Kind.ALLOCATED, Kind.BATCH, Kind.AUDITED, Kind.DRAWN):
        where = f"Line {entry.seq + 1} of the ledger"
        files = _files_of(entry)
        if entry.kind not in (Kind.AUDITED, Kind.DRAWN):
            check_file_digests(bundle, files, where, findings)
        named |= files
    later = ("registered.csv", "wishes.csv", "allocation.csv", "audit.json", "result.csv")
    for name in bundle.files:
        is_of_batch = name.startswith(("changes-", "room-", "wishes-", "promotion-"))
        if name not in named and (is_of_batch or name in later):
            findings.add(name, None, "not-in-ledger", "No entry of the ledger names this file.")


def _files_of(entry: Entry) -> dict[str, Mapping[str, object]]:
    body = entry.body
    if entry.kind is Kind.BATCH:
        return {f"{name}-{body['batch']}.csv": said for name, said in body["files"].items()}
    if entry.kind is Kind.AUDITED:
        return {"audit.json": {}}
    return {f"{name}.csv": said for name, said in body.items() if name not in ("seed", "cutoffs")}
