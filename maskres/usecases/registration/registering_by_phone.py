"""Registering by a verified phone: whatever comes of it goes to the phone that stands with the registration.

So whoever registers somebody that is registered already is answered like everybody, and learns nothing; the
phone that is known is told.
"""

from __future__ import annotations

from maskres.db.engine import Transaction
from maskres.errors import InputError
from maskres.formats.symbols import grouped
from maskres.registration.applications import Application
from maskres.rounds.plain_words import Language
from maskres.usecases.registration.proofs import proof_of_phone
from maskres.usecases.registration.registering import Outcome, register_within
from maskres.usecases.service import RESIDENT, Service, one_transaction
from maskres.usecases.telling.messages import write_message

_DONE: dict[Language, str] = {
    "zh-Hans": "您已登记。登记号{number}，回执密码{secret}。请妥善保存：修改、撤回或查询时需要。"
    "不必抢时间，中签与登记先后无关。",
    "en": "You are registered. Number {number}, secret {secret}. Keep both: they change, withdraw or look up the "
    "registration. There is no hurry: the draw does not look at who came first.",
}


@one_transaction
def register_by_phone(
    c: Transaction,
    service: Service,
    round_slug: str,
    application: Application,
    proved_phone: str,
    language: Language,
) -> Outcome:
    """Register a person, or change the registration that this phone stands behind.

    Args:
        c: given by the decorator.
        service: the service.
        round_slug: the round.
        application: checked.
        proved_phone: that was verified, E.164; the application's own.
        language: of the message.

    Returns:
        What came of it; the door tells nobody.

    Raises:
        StepRefused: "registration-closed", "registration-not-begun", "too-many-by-phone".
        InputError: "unknown-round", "phone-not-verified".
    """
    phone = application.phone
    if phone is None or phone != proved_phone:
        raise InputError(
            "phone-not-verified", "Another phone was verified than the one given here.", field="phone"
        )
    proof = proof_of_phone(service, phone)
    done = register_within(c, service, RESIDENT, round_slug, application, proof)
    if done.number is not None and done.secret is not None:
        words = _DONE[language].format(number=grouped(done.number), secret=grouped(done.secret))
        write_message(c, service, "registered", phone, words)
    return done.outcome
