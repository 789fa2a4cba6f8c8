"""How somebody shows that a registration is theirs: by its secret, by the phone, or by the card that staff saw."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from maskres.db.people import Registration
from maskres.errors import StepRefused
from maskres.formats.symbols import read_typed
from maskres.identity.digests import phone_digest
from maskres.registration.receipts import receipt_secret
from maskres.usecases.service import Service


@dataclass(frozen=True, slots=True)
class Proof:
    """How somebody shows that a registration is theirs to change.

    Attributes:
        secret: the receipt's secret, as typed.
        phone_digests: of a phone verified by one-time code, under every index key in use (`phone_digests`).
        is_staff: staff have seen the card.
    """

    secret: str | None = None
    phone_digests: frozenset[bytes] = frozenset()
    is_staff: bool = False


NO_PROOF = Proof()
SEEN_BY_STAFF = Proof(is_staff=True)


def phone_digests(service: Service, phone: str) -> frozenset[bytes]:
    """Give the digests of a phone under every index key in use.

    While keys are rotated, some registrations still stand under an older one; so whatever looks a phone up or
    compares it does so with all of them.

    Args:
        service: the service.
        phone: E.164.
    """
    return frozenset(phone_digest(key, phone) for key in service.index_keys.values())


def proof_of_phone(service: Service, phone: str) -> Proof:
    """Give the proof of whoever has verified a phone."""
    return Proof(phone_digests=phone_digests(service, phone))


def secret_of(service: Service, round_slug: str, number: str) -> str:
    """Give the secret that goes with a receipt."""
    return receipt_secret(service.access_key, round_slug, number)


def require_proof(standing: Registration, proof: Proof, secret: str) -> None:
    """Refuse whoever cannot show that a registration is theirs.

    Raises:
        StepRefused: "not-proved".
        InputError: "bad-number" for a secret that cannot be one.
    """
    if not is_proved(standing, proof, secret):
        raise StepRefused(
            "not-proved", "The secret on the slip or a code to the registered phone is needed for this."
        )


def is_proved(standing: Registration, proof: Proof, secret: str) -> bool:
    """Tell whether a proof shows that a registration is theirs.

    Raises:
        InputError: "bad-number" for a secret that cannot be one.
    """
    if proof.is_staff:
        return True
    if proof.secret is not None and hmac.compare_digest(read_typed(proof.secret, field="secret"), secret):
        return True
    return standing.phone_digest is not None and standing.phone_digest in proof.phone_digests
