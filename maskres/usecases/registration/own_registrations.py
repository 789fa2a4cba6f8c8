"""Whose a registration is: to whoever cannot show that it is theirs, every number looks the same."""

from __future__ import annotations

from dataclasses import dataclass, field

from maskres.db import people
from maskres.db.standing import numbers_by_phone
from maskres.errors import InputError, StepRefused
from maskres.formats.symbols import read_typed
from maskres.usecases.registration.proofs import Proof, is_proved, phone_digests, secret_of
from maskres.usecases.registration.receipts import make_receipt
from maskres.usecases.rounds.open_data import find_shown_round
from maskres.usecases.service import Service


@dataclass(frozen=True, slots=True)
class Slip:
    """What a printed slip holds of a registration.

    Attributes:
        number: bare.
        secret: changes or withdraws it.
        receipt: signed; may be shown to anybody.
    """

    number: str
    secret: str = field(repr=False)
    receipt: str = field(repr=False)


def require_own(service: Service, round_slug: str, number: str, proof: Proof) -> str:
    """Refuse whoever cannot show that a registration is theirs, as if it were not there.

    Args:
        service: the service.
        round_slug: the round.
        number: as typed.
        proof: that it is theirs.

    Returns:
        The number, bare.

    Raises:
        InputError: "unknown-round".
        StepRefused: "not-proved", also for a number nobody has and for what cannot be a number or secret.
    """
    refusal = StepRefused("not-proved", "The number and its secret, or a proof of its phone, are needed.")
    with service.database.reading() as c:
        round_ = find_shown_round(c, round_slug)
        try:
            bare = read_typed(number)
            # Derived for numbers nobody has too: both take the same time.
            secret = secret_of(service, round_slug, bare)
            if is_proved(people.find_registration(c, round_.id, bare), proof, secret):
                return bare
        except InputError:
            raise refusal from None
    raise refusal


def make_slip(service: Service, round_slug: str, number: str) -> Slip:
    """Give what goes on the slip of a registration. Raises InputError "unknown-round", "unknown-number"."""
    receipt = make_receipt(service, round_slug, number).decode()
    return Slip(number, secret_of(service, round_slug, number), receipt)


def list_slips(service: Service, round_slug: str, phone: str) -> list[Slip]:
    """Give the slips of all whom a verified phone has registered in a round, oldest first.

    Args:
        service: the service.
        round_slug: the round.
        phone: E.164.

    Raises:
        InputError: "unknown-round".
    """
    with service.database.reading() as c:
        round_ = find_shown_round(c, round_slug)
        numbers = numbers_by_phone(c, round_.id, phone_digests(service, phone))
    return [make_slip(service, round_slug, number) for number in numbers]
