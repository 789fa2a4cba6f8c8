"""Entering steps in the public ledger, each with a checkpoint that the service signs."""

from __future__ import annotations

from datetime import datetime

from maskres.db import record, rounds
from maskres.db.engine import Transaction
from maskres.db.locks import lock_ledger
from maskres.errors import InputError
from maskres.ledger import merkle
from maskres.ledger.bodies import Body
from maskres.ledger.body_shapes import Kind
from maskres.ledger.checkpoints import read_checkpoint, sign_checkpoint, verify_cosignature
from maskres.ledger.entries import entry_line
from maskres.ledger.note_keys import Algorithm, SigningKey, read_verifier_key, signing_key
from maskres.ledger.notes import add_signatures
from maskres.usecases.service import Actor, Service, one_transaction


def enter(
    c: Transaction, service: Service, at: datetime, kind: Kind, round_slug: str, draw: int | None, body: Body
) -> record.Checkpoint:
    """Append a step to the ledger and sign the checkpoint that holds it.

    Args:
        c: the transaction of the step itself.
        service: the service.
        at: time of the step.
        kind: of the entry (spec L4); the order of the lines is the order of events (spec E1).
        round_slug: the round.
        draw: number of the draw, or None for a step of the round.
        body: from the kind's builder in ledger/bodies.py.
    """
    lock_ledger(c)
    lines = record.ledger_lines(c)
    line = entry_line(len(lines), at, kind, round_slug, draw, body)
    record.insert_ledger_line(c, len(lines), kind, round_slug, draw, line)
    lines.append(line)
    root = merkle.root(merkle.leaf_hash(each) for each in lines)
    note = sign_checkpoint(record.origin(c), len(lines), root, ledger_key(c, service)).decode()
    record.insert_checkpoint(c, len(lines), root.hex(), note, at)
    return record.Checkpoint(len(lines), root.hex(), note)


def ledger_key(c: Transaction, service: Service) -> SigningKey:
    """Give the key that signs checkpoints; its name is the ledger's origin."""
    return signing_key(record.origin(c), Algorithm.NOTE, service.keys.deployment.ledger)


@one_transaction
def name_ledger(c: Transaction, service: Service, actor: Actor, origin: str) -> None:
    """Give this deployment's ledger its name, once; a repeat with the same name does nothing.

    Raises:
        InputError: "bad-key" or the like for a name that cannot stand in a checkpoint.
        ConfigurationError: "other-origin".
    """
    signing_key(origin, Algorithm.NOTE, service.keys.deployment.ledger)  # refuses a name no note can bear
    record.set_origin(c, origin, service.now())
    record.log(c, service.now(), actor.name, "ledger-named", detail={"origin": origin})


@one_transaction
def add_cosignature(
    c: Transaction, service: Service, actor: Actor, size: int, line: str, key_text: str
) -> datetime:
    """Keep a cosignature of notary or witness under a checkpoint, once it has been checked.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who hands it in.
        size: of the ledger at that checkpoint.
        line: the signature line, LF included.
        key_text: verifier key of the cosigner, one that a round was opened with.

    Returns:
        When it was cosigned, by the cosigner's clock.

    Raises:
        InputError: "unknown-checkpoint", "unknown-cosigner".
        CheckFailed: the signature does not hold.
    """
    checkpoint = record.require_checkpoint(c, size)
    key = read_verifier_key(key_text)
    if key_text.strip() not in {text for each in rounds.list_rounds(c) for _role, text in each.cosigners}:
        raise InputError("unknown-cosigner", "No round was made with this key for its notary or witness.")
    note = add_signatures(checkpoint.note.encode(), [line])
    own = ledger_key(c, service).verifier
    signed = read_checkpoint(note, [own, key], origin=record.origin(c))
    cosigned_at = verify_cosignature(signed, key)
    if key.name not in record.list_cosigners(c, size):
        record.insert_cosignature(c, size, key.name, line, cosigned_at)
        record.log(c, service.now(), actor.name, "cosigned", detail={"size": size, "name": key.name})
    return cosigned_at
