"""Who calls: the holder of a token, whoever has proved a phone, or nobody known. Cookies say nothing here."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from flask import g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from maskres.errors import InputError, StepRefused
from maskres.rounds.roles import StaffRole
from maskres.usecases.accounts.tokens import TokenHolder, find_token
from maskres.usecases.registration.own_registrations import require_own
from maskres.usecases.registration.proofs import Proof, phone_digests
from maskres.usecases.service import Service
from maskres.usecases.telling.phone_proofs import read_phone_proof
from maskres.web.access import Access
from maskres.web.limits import remote_address

View = TypeVar("View", bound=Callable[..., Any])

PHONE_PROOF = "Phone-Proof"
SECRET = "Registration-Secret"


def guard_token(service: Service, access: Access) -> None:
    """Let in whoever shows a token of one of the roles.

    Raises:
        Unauthorized: no token, or none in use.
        StepRefused: "wrong-role".
    """
    holder = find_holder(service)
    if holder is None:
        refuse_unknown("missing-token", "Send Authorization: Bearer and a token.")
    if holder.role not in access.roles:
        raise StepRefused("wrong-role", f"A token of the role {holder.role} cannot do this.")
    g.token_holder = holder


def find_holder(service: Service) -> TokenHolder | None:
    """Give who shows a token; None where there is no Authorization at all.

    Raises:
        Unauthorized: the token is not one in use.
    """
    shown = request.headers.get("Authorization")
    if shown is None:
        return None
    holder = read_bearer(shown, lambda text: find_token(service, text))
    if holder is None:
        refuse_unknown("bad-token", "This token is not in use.")
    return holder


def read_bearer(shown: str, find: Callable[[str], TokenHolder | None]) -> TokenHolder | None:
    """Give whom `find` knows by the token of an Authorization header; None where it holds none."""
    scheme, _, text = shown.partition(" ")
    return find(text.strip()) if scheme.lower() == "bearer" else None


def require_holder() -> TokenHolder:
    """Give the holder whom the guard let in."""
    holder: TokenHolder = g.token_holder
    return holder


def limit_by_holder() -> str:
    """Name whom a limit counts: the holder of the token, and where there is none the address."""
    holder = g.get("token_holder")
    return remote_address() if holder is None else f"token/{holder.id}"


def phone_shown(service: Service) -> str | None:
    """Give the phone that was proved, E.164; None where no proof is sent.

    Raises:
        Unauthorized: the proof is not ours, or has expired.
    """
    shown = request.headers.get(PHONE_PROOF)
    if shown is None:
        return None
    try:
        return read_phone_proof(service, shown)
    except InputError as error:
        refuse_unknown(error.code, error.message)


def refuse_unknown(code: str, message: str) -> NoReturn:
    """Answer 401 with a code of ours."""
    error = Unauthorized(message, www_authenticate=WWWAuthenticate("bearer", {"realm": "maskres"}))
    error.data = {"parts": [{"code": code, "message": message}]}  # type: ignore[attr-defined]
    raise error


def shown_proof(service: Service) -> Proof:
    """Give what the caller shows of a registration being theirs: its secret, a proof of its phone, or nothing.

    Raises:
        Unauthorized: the proof of a phone is not ours, or has expired.
    """
    phone = phone_shown(service)
    digests = frozenset() if phone is None else phone_digests(service, phone)
    return Proof(secret=request.headers.get(SECRET), phone_digests=digests)


def require_registrar(service: Service) -> Callable[[View], View]:
    """Let in a helper's token or a verified phone, before anything else of the request is looked at."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def run(*args: Any, **kwargs: Any) -> Any:
            holder = find_holder(service)
            if holder is not None and holder.role is not StaffRole.HELPER:
                raise StepRefused("wrong-role", f"A token of the role {holder.role} cannot do this.")
            phone = phone_shown(service) if holder is None else None
            if holder is None and phone is None:
                refuse_unknown(
                    "missing-token", "Send Authorization: Bearer and a helper's token, or Phone-Proof."
                )
            if holder is not None:
                g.token_holder = holder
            g.phone = phone
            return view(*args, **kwargs)

        return run  # type: ignore[return-value]

    return decorate


def require_proved(service: Service) -> Callable[[View], View]:
    """Let in whoever can show that the registration `number` of `round` is theirs; hands its bare number on."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def run(*args: Any, round: str, number: str) -> Any:
            bare = require_own(service, round, number, shown_proof(service))
            return view(*args, round=round, number=bare)

        return run  # type: ignore[return-value]

    return decorate
