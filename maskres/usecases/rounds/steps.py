"""Making, opening and finishing a round, and ending its draws."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from maskres.db import record, rounds
from maskres.db.engine import Transaction
from maskres.db.locks import lock_registering
from maskres.db.persons import end_waiting
from maskres.errors import ConflictError, InputError, StepRefused
from maskres.formats.values import require_slug
from maskres.ledger import bodies
from maskres.ledger.body_shapes import Kind
from maskres.ledger.keyring import Keyring, keyring
from maskres.ledger.note_keys import read_verifier_key
from maskres.rounds.rules import Rules
from maskres.rounds.rules_file import read_rules
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.rounds.times import NO_TIMES, Registering, RegistrationTimes, check_times
from maskres.usecases.record import enter, ledger_key
from maskres.usecases.rounds.committed import require_all_cosigned
from maskres.usecases.rounds.store_files import read_stores
from maskres.usecases.service import Actor, Service, approved_detail, one_transaction


@one_transaction
def create_round(
    c: Transaction,
    service: Service,
    actor: Actor,
    rules_json: bytes,
    stores: Iterable[rounds.Store],
    *,
    notary_key: str,
    witness_key: str,
    times: RegistrationTimes = NO_TIMES,
) -> rounds.Round:
    """Make a draft of a round.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who makes it.
        rules_json: the rules, as they will be published.
        stores: its partner stores, each in a district of the rules.
        notary_key: verifier key of the notary's cosignatures.
        witness_key: verifier key of the witness's.
        times: announced for the registration of its first draw.

    Raises:
        InputError: "bad-rule" naming the member; "unknown-district"; "bad-key" or the like; "times-crossed",
            "time-past".
        ConflictError: "round-exists"; "key-name-taken" where another key of this ledger bears the name.
    """
    rules = read_rules(rules_json)
    _keyring(c, service, notary_key, witness_key)
    cosigners = [("notary", notary_key.strip()), ("witness", witness_key.strip())]
    _require_names_free(c, dict(cosigners))
    check_times(times, service.now())
    round_id = rounds.insert_round(c, rules.round, rules.to_json(), cosigners, times, service.now())
    chosen = list(stores)
    for store in chosen:
        if store.district not in rules.districts:
            raise InputError(
                "unknown-district",
                f"Store {store.store} stands in {store.district}, which the rules do not name.",
                field="district",
            )
    rounds.insert_stores(c, round_id, chosen)
    record.log(
        c, service.now(), actor.name, "round-created", round_slug=rules.round, detail={"stores": len(chosen)}
    )
    return rounds.find_round(c, rules.round)


def _require_names_free(c: Transaction, cosigners: Mapping[str, str]) -> None:
    """Refuse a name that another key bears: cosignatures are kept, and counted, under the name."""
    known = {
        read_verifier_key(text).name: text for each in rounds.list_rounds(c) for _role, text in each.cosigners
    }
    for role, text in cosigners.items():
        name = read_verifier_key(text).name
        if known.get(name, text) != text:
            raise ConflictError(
                "key-name-taken", f"Another key of this ledger bears the name {name}.", field=role
            )


@one_transaction
def change_rules(
    c: Transaction, service: Service, actor: Actor, rules_json: bytes, approved: str | None = None
) -> Rules:
    """Replace the rules of a round that is still a draft.

    The digest of what was looked at (`approved`) goes into the audit log.

    Raises:
        InputError: "bad-rule", "unknown-round".
        StepRefused: "rules-frozen" once the round has opened.
    """
    rules = read_rules(rules_json)
    round_ = rounds.find_round(c, rules.round, is_locked=True)
    if round_.status is not RoundStatus.DRAFT:
        raise StepRefused("rules-frozen", "The round has opened; its rules cannot change any more.")
    for store, district in rounds.store_districts(c, round_.id).items():
        if district not in rules.districts:
            raise InputError(
                "unknown-district",
                f"Store {store} stands in {district}; the rules must name it.",
                field="districts",
            )
    rounds.set_rules(c, round_, rules.to_json())
    detail = approved_detail(approved)
    record.log(c, service.now(), actor.name, "rules-changed", round_slug=rules.round, detail=detail)
    return rules


def read_stores_file(path: Path, rules_json: bytes | None) -> list[rounds.Store]:
    """Read an office file of stores for a round with these rules; None where they are yet to be written."""
    districts = None if rules_json is None else read_rules(rules_json).districts
    with path.open("rb") as stream:
        return read_stores(stream, file=path.name, districts=districts)


def open_round(service: Service, actor: Actor, round_slug: str) -> rounds.Round:
    """Open a round and its first draw: rules are published, the round's keys are made and pledged.

    People register from the announced time on, or at once where none was announced.

    Raises:
        InputError: "unknown-round".
        StepRefused: "step-out-of-order"; "closing-past" where the announced closing is past already.
    """
    require_slug(round_slug, field="round")
    with service.database.reading() as c:
        rounds.find_round(c, round_slug)
    # Made before the transaction and kept if it fails: keys are found again, never made twice.
    service.keys.make_round_keys(round_slug)
    return _open_round(service, actor, round_slug)


@one_transaction
def _open_round(c: Transaction, service: Service, actor: Actor, round_slug: str) -> rounds.Round:
    now = service.now()
    round_ = rounds.find_round(c, round_slug, is_locked=True)
    rounds.move_round(c, round_, RoundStatus.OPEN, opened_at=now)
    if round_.times.state_at(now) is Registering.ENDED:
        raise StepRefused(
            "closing-past", "The announced closing of registration is past; announce another first."
        )
    keys = service.keys.round_keys(round_slug)
    body = bodies.round_opened(
        round_.rules_sha256,
        hashlib.sha256(keys.number).hexdigest(),
        hashlib.sha256(keys.seal).hexdigest(),
        keyring_of(c, service, round_),
    )
    enter(c, service, now, Kind.ROUND_OPENED, round_slug, None, body)
    rounds.insert_draw(c, round_.id, 1, now, round_.times)
    record.log(
        c, now, actor.name, "round-opened", round_slug=round_slug, detail={"rules": round_.rules_sha256}
    )
    return rounds.find_round(c, round_slug)


@one_transaction
def finish_draw(c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int) -> None:
    """End a draw: nothing more is handed out for it.

    Raises:
        StepRefused: "step-out-of-order", "not-all-cosigned".

    Source: spec E16.
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    rounds.move_draw(c, draw, DrawStatus.FINISHED, finished_at=now)
    require_all_cosigned(c, round_, draw.draw)
    enter(c, service, now, Kind.DRAW_FINISHED, round_slug, draw.draw, bodies.draw_finished())
    record.log(c, now, actor.name, "draw-finished", round_slug=round_slug, draw=draw.draw)


@one_transaction
def finish_round(c: Transaction, service: Service, actor: Actor, round_slug: str) -> None:
    """End a round whose draws have all ended; who never won has waited one round more.

    Raises:
        StepRefused: "draw-not-finished", "step-out-of-order".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug, is_locked=True)
    lock_registering(c, round_.id, is_exclusive=True)
    for draw in rounds.list_draws(c, round_.id):
        if draw.status is DrawStatus.OPEN:
            # The last draw of the rules was opened and nobody closed it: it never was.
            rounds.move_draw(c, draw, DrawStatus.VOID)
        elif draw.status not in (DrawStatus.FINISHED, DrawStatus.VOID):
            raise StepRefused("draw-not-finished", f"Draw {draw.draw} is {draw.status}; finish it first.")
    rounds.move_round(c, round_, RoundStatus.FINISHED, finished_at=now)
    retained_until = round_.rules.person_data_until.isoformat()
    kept = end_waiting(c, round_.id, retained_until)
    enter(c, service, now, Kind.ROUND_FINISHED, round_slug, None, bodies.round_finished())
    record.log(c, now, actor.name, "round-finished", round_slug=round_slug, detail={"kept": kept})


def keyring_of(c: Transaction, service: Service, round_: rounds.Round) -> Keyring:
    """Give the keys whose signatures count in a round."""
    by_role = dict(round_.cosigners)
    return _keyring(c, service, by_role["notary"], by_role["witness"])


def _keyring(c: Transaction, service: Service, notary_key: str, witness_key: str) -> Keyring:
    return keyring(
        ledger_key(c, service).verifier,
        read_verifier_key(notary_key, field="notary"),
        read_verifier_key(witness_key, field="witness"),
    )
