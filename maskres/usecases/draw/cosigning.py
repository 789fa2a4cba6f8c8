"""What notary and witness look at before they cosign, and whose key signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from maskres.db import record, rounds
from maskres.errors import CheckFailed, InputError
from maskres.ledger.entries import Entry, is_milestone, read_line
from maskres.ledger.note_keys import read_verifier_key
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus, has_reached
from maskres.rounds.task_kinds import TaskKind
from maskres.usecases.record import add_cosignature, ledger_key
from maskres.usecases.service import Actor, Service
from maskres.usecases.work.tasks import ask


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """A step of the ledger with the checkpoint that holds it.

    Attributes:
        entry: the step.
        size: of the ledger at that checkpoint.
        root: of the tree, hex.
        note: the checkpoint as the service signed it.
        cosigners: names of who has cosigned it.
        signed_at: when the service signed it.
    """

    entry: Entry
    size: int
    root: str
    note: str
    cosigners: tuple[str, ...]
    signed_at: datetime

    @property
    def is_milestone(self) -> bool:
        """Whether notary and witness cosign this step."""
        return is_milestone(self.entry)


def ledger_pages(service: Service, *, round_slug: str | None = None) -> list[LedgerPage]:
    """List the steps of the ledger, of all rounds or one, the newest first."""
    with service.database.reading() as c:
        lines = record.ledger_lines(c)
        checkpoints = {each.size: each for each in record.list_checkpoints(c)}
        found = []
        for seq, line in enumerate(lines):
            entry, checkpoint = read_line(line, seq), checkpoints.get(seq + 1)
            if checkpoint is not None and round_slug in (None, entry.round):
                names = tuple(sorted(record.list_cosigners(c, seq + 1)))
                found.append(LedgerPage(entry, seq + 1, checkpoint.root, checkpoint.note, names, entry.at))
    return found[::-1]


def cosigner_key(service: Service, round_slug: str, role: StaffRole) -> str:
    """Give the verifier key of a round's notary or witness.

    Raises:
        InputError: "unknown-round", "unknown-cosigner".
    """
    with service.database.reading() as c:
        keys = dict(rounds.find_round(c, round_slug).cosigners)
    if role.value not in keys:
        raise InputError("unknown-cosigner", f"A {role} does not cosign.", field="role")
    return keys[role.value]


def name_of_key(key_text: str) -> str:
    """Give the name under which a verifier key signs."""
    return read_verifier_key(key_text).name


def verifier_of_ledger(service: Service) -> str:
    """Give the verifier key of the ledger itself, by which its checkpoints are checked."""
    with service.database.reading() as c:
        return ledger_key(c, service).verifier.text


def find_page(service: Service, size: int) -> LedgerPage:
    """Give one step with its checkpoint.

    Raises:
        InputError: "unknown-checkpoint".
    """
    found = next((page for page in ledger_pages(service) if page.size == size), None)
    if found is None:
        raise InputError("unknown-checkpoint", f"There is no checkpoint of size {size}.", field="size")
    return found


def hand_in_cosignature(
    service: Service, actor: Actor, role: StaffRole, page: LedgerPage, line: str
) -> datetime:
    """Keep a cosignature of the round's notary or witness under a checkpoint.

    Once both have signed, the draw's bundle is written anew: what people look up shall lead to what was cosigned.

    Args:
        service: the service.
        actor: who hands it in.
        role: notary or witness: by whose key it must be.
        page: the step.
        line: the signature line.

    Returns:
        When it was cosigned, by the cosigner's clock.

    Raises:
        InputError: "bad-note", "unknown-cosigner".
        CheckFailed: "bad-signature", "not-cosigned".
    """
    key = cosigner_key(service, page.entry.round, role)
    signed_at = add_cosignature(service, actor, page.size, line.strip() + "\n", key)
    _renew_bundle(service, actor, page)
    return signed_at


def hand_in_by_signature(service: Service, size: int, line: str) -> tuple[str, datetime]:
    """Keep a cosignature that comes by the public address: what it needs to be taken is that it holds, and no account.

    Args:
        service: the service.
        size: of the checkpoint.
        line: the signature line of the notary or witness of the round that the checkpoint's last line is about.

    Returns:
        The name it is signed with, and when it was cosigned by that signer's clock.

    Raises:
        InputError: "unknown-checkpoint", "bad-note", "unknown-cosigner", "bad-signature".
    """
    page = find_page(service, size)
    with service.database.reading() as c:
        signers = dict(rounds.find_round(c, page.entry.round).cosigners)
    roles = {name_of_key(key): StaffRole(role) for role, key in signers.items()}
    parts = line.split()
    role = roles.get(parts[1]) if len(parts) == 3 else None
    if role is None:
        raise InputError("unknown-cosigner", "No notary or witness of this round signs so.", field="line")
    try:
        signed_at = hand_in_cosignature(service, Actor(f"{role}/key"), role, page, line)
    except CheckFailed as error:
        raise InputError(error.code, error.message, field="line") from None
    return parts[1], signed_at


def _renew_bundle(service: Service, actor: Actor, page: LedgerPage) -> None:
    round_slug, number = page.entry.round, page.entry.draw
    if number is None:
        return
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        is_complete = len(record.list_cosigners(c, page.size)) >= len(round_.cosigners)
        is_committed = has_reached(rounds.find_draw(c, round_, number).status, DrawStatus.COMMITTED)
    if is_complete and is_committed:
        once = f"export-bundle/{round_slug}/{number}"
        ask(service, actor, TaskKind.EXPORT_BUNDLE, once=once, round_slug=round_slug, draw=number)
