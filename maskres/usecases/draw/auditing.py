"""The audit: a sample of winners, chosen by the seed, opened to the notary and checked at the authority."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from maskres.db import deciding, files, people, record, registers, rounds
from maskres.db.bulk import in_batches
from maskres.db.engine import Transaction
from maskres.errors import ConflictError, InputError, StepRefused
from maskres.identity.digests import IndexKey, id_digest
from maskres.ledger import bodies
from maskres.ledger.audit_sheet import AuditSheet, OpenedEntry, write_findings
from maskres.ledger.body_shapes import Kind
from maskres.lottery.audit import audit_sample
from maskres.lottery.results import read_result
from maskres.registration.numbers import registration_number
from maskres.registration.seals import holder_salt, make_seal_of_text, wish_salt
from maskres.rounds.status import DrawStatus, has_reached
from maskres.usecases.personal import Contact, open_canonical, open_contact
from maskres.usecases.record import enter
from maskres.usecases.service import Actor, Service, one_transaction

_WINNERS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class OpenedWinner:
    """What the notary is shown of a winner in the sample.

    Attributes:
        number: registration number.
        canonical: the canonical id, to be looked up at the authority.
        contact: name and birth date, likewise; None for a ghost, behind whom nobody stands.
        holder_salt: salt of the holder digest.
        wish_salt: salt of the wish digest.
        wishes: `<district>/<reach>/<choices>`.
        stratum: of the pool.
        tickets: of the pool.
        basis: the register that admitted, or None where a dispute open at the commitment did.
        evidence: lines of the pinned register versions about this document: kind, version, line.
        is_recomputed: whether number and seal follow from the id and the pledged keys.
    """

    number: str
    canonical: str
    contact: Contact | None
    holder_salt: str
    wish_salt: str
    wishes: str
    stratum: str
    tickets: int
    basis: str | None
    evidence: tuple[tuple[str, int, int], ...]
    is_recomputed: bool


@one_transaction
def open_audit(
    c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int
) -> list[OpenedWinner]:
    """Open the audit's sample; every winner shown is logged.

    Raises:
        StepRefused: "step-out-of-order" before the result.
    """
    round_ = rounds.find_round(c, round_slug)
    draw = _drawn(c, round_, draw_number)
    sample = _sample(c, service, round_, draw)
    lines = _pool_lines(c, draw, frozenset(sample))
    opened: list[OpenedWinner] = []
    for some in in_batches(sample, _WINNERS_AT_ONCE):
        known = _look_up(c, service, round_, draw, some)
        opened += [_open(service, round_, known, lines[number]) for number in some]
    record.log_each(
        c, service.now(), actor.name, "personal-data-read", round_slug=round_slug, draw=draw.draw,
        details={number: {"what": "audit"} for number in sample},
    )  # fmt: skip
    return opened


def open_sheet(service: Service, actor: Actor, round_slug: str, draw_number: int) -> AuditSheet:
    """Open the audit's sample as a sheet, with the round's pledged keys, for the notary's own machine.

    Raises:
        StepRefused: as open_audit.
        ConfigurationError: "missing-round-keys".
    """
    opened = open_audit(service, actor, round_slug, draw_number)
    keys = service.keys.round_keys(round_slug)
    winners = [
        OpenedEntry(
            each.number,
            each.canonical if each.contact else "",
            each.contact.name if each.contact else "",
            each.wishes,
            each.evidence,
        )
        for each in opened
    ]
    return AuditSheet(round_slug, draw_number, keys.number, keys.seal, winners)


@one_transaction
def record_audit(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    findings: Mapping[str, bool],
) -> int:
    """Publish what the audit found: per number sound or not, nothing else (spec U3).

    Args:
        c: given by the decorator.
        service: the service.
        actor: the notary.
        round_slug: the round.
        draw_number: the draw.
        findings: number → whether it is sound; exactly the sample.

    Returns:
        How many are not sound.

    Raises:
        StepRefused: "step-out-of-order".
        InputError: "not-the-sample".
        ConflictError: "audited-already".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = _drawn(c, round_, draw_number)
    if "audit.json" in files.list_files(c, draw.id):
        raise ConflictError("audited-already", "The audit of this draw is published already.")
    sample = _sample(c, service, round_, draw)
    if set(findings) != set(sample):
        raise InputError(
            "not-the-sample", f"The findings must be of exactly the {len(sample)} numbers of the sample."
        )
    with service.scratch() as folder:
        (folder / "audit.json").write_bytes(write_findings(round_slug, draw.draw, findings))
        published = files.publish_file(c, round_.id, draw.id, "audit.json", folder / "audit.json", now)
    unsound = sum(not is_sound for is_sound in findings.values())
    enter(
        c,
        service,
        now,
        Kind.AUDITED,
        round_slug,
        draw.draw,
        bodies.audited(published.sha256, len(sample), unsound),
    )
    detail = {"sample": len(sample), "unsound": unsound}
    record.log(c, now, actor.name, "draw-audited", round_slug=round_slug, draw=draw.draw, detail=detail)
    return unsound


def _drawn(c: Transaction, round_: rounds.Round, draw_number: int) -> rounds.Draw:
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    if not has_reached(draw.status, DrawStatus.DRAWN):
        raise StepRefused("step-out-of-order", f"The draw is {draw.status}; it has no winners yet.")
    return draw


def _sample(c: Transaction, service: Service, round_: rounds.Round, draw: rounds.Draw) -> list[str]:
    with service.scratch() as folder:
        files.fetch_file(c, draw.id, "result.csv", folder / "result.csv")
        return audit_sample(read_result(folder / "result.csv"), str(draw.seed), round_.rules.audit_size)


@dataclass(frozen=True, slots=True)
class _PoolLine:
    """A line of the committed pool.csv: what the notary checks against, whatever the tables say."""

    number: str
    stratum: str
    tickets: int
    seal: str


def _pool_lines(c: Transaction, draw: rounds.Draw, sample: Collection[str]) -> dict[str, _PoolLine]:
    data = files.fetch_bytes(c, draw.id, "pool.csv").decode().splitlines()[1:]
    lines = (line.split(",") for line in data if line.partition(",")[0] in sample)
    return {
        number: _PoolLine(number, stratum, int(tickets), seal) for number, stratum, tickets, seal in lines
    }


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database knows of a sample, by number; a ghost, behind whom nobody stands, is in none of it."""

    registrations: Mapping[str, people.Registration]
    canonicals: Mapping[str, str]
    wishes: Mapping[str, str]
    bases: Mapping[str, str | None]
    evidence: Mapping[str, tuple[tuple[str, int, int], ...]]


def _look_up(
    c: Transaction, service: Service, round_: rounds.Round, draw: rounds.Draw, sample: Sequence[str]
) -> _Known:
    """Look up many winners at once."""
    registrations = people.find_registrations(c, round_.id, sample)
    sealed = people.documents_of(c, [row.id_digest for row in registrations.values()])
    canonicals = {
        number: open_canonical(service.cipher, sealed[row.id_digest], row.id_digest)
        for number, row in registrations.items()
    }
    verdicts = deciding.find_verdicts(c, draw.id, sample)
    return _Known(
        registrations=registrations,
        canonicals=canonicals,
        wishes=deciding.entry_wishes(c, draw.id, sample),
        bases={number: verdict.basis for number, verdict in verdicts.items()},
        evidence=_evidence(c, service, deciding.list_pinned(c, draw.id), canonicals),
    )


def _open(service: Service, round_: rounds.Round, known: _Known, line: _PoolLine) -> OpenedWinner:
    number = line.number
    keys = service.keys.round_keys(round_.slug)
    row = known.registrations.get(number)
    if row is None:
        # A ghost: nobody stands behind this number. It is shown, and is not sound.
        return OpenedWinner(number, "", None, "", "", "", line.stratum, line.tickets, None, (), False)
    canonical, wishes = known.canonicals[number], known.wishes[number]
    # A collision gives a person their second number or a later one (spec N5); more than a few never.
    is_own_number = any(
        registration_number(keys.number, canonical, attempt) == number for attempt in range(4)
    )
    is_own_seal = make_seal_of_text(keys.seal, number, canonical, wishes) == line.seal
    return OpenedWinner(
        number=number,
        canonical=canonical,
        contact=open_contact(service.cipher, row.contact, row.id_digest),
        holder_salt=holder_salt(keys.seal, number),
        wish_salt=wish_salt(keys.seal, number),
        wishes=wishes,
        stratum=line.stratum,
        tickets=line.tickets,
        basis=known.bases.get(number),
        evidence=known.evidence[number],
        is_recomputed=is_own_number and is_own_seal,
    )


def _evidence(
    c: Transaction,
    service: Service,
    pinned: Sequence[registers.RegisterVersion],
    canonicals: Mapping[str, str],
) -> dict[str, tuple[tuple[str, int, int], ...]]:
    """Find the lines of the pinned registers about people, each under the index key it was imported with."""
    keys = service.keys.deployment.index
    found: dict[str, tuple[tuple[str, int, int], ...]] = dict.fromkeys(canonicals, ())
    for version in pinned:
        key = IndexKey(version.key_version, keys[version.key_version])
        digests = {number: id_digest(key, canonical) for number, canonical in canonicals.items()}
        lines = registers.lines_of(c, version.id, set(digests.values()))
        for number, digest in digests.items():
            found[number] += tuple((version.kind, version.version, line) for line in lines.get(digest, ()))
    return found
