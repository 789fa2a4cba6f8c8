"""Asking for a one-time code and checking it, the same for registering and for looking up."""

from __future__ import annotations

from flask import session
from flask_babel import gettext

from maskres.errors import InputError
from maskres.identity.phones import normalise_phone
from maskres.usecases.service import Service
from maskres.usecases.telling.phone_codes import CodePurpose, CodeStatus, check_code, send_code
from maskres.web.forms import Form
from maskres.web.languages import HTML_LANGUAGES, language
from maskres.web.resident.draft import verified_phone, verify_phone

_ASKED = "asked_code"


def ask_code(service: Service, form: Form, purpose: CodePurpose) -> bool:
    """Send a code to the phone that was typed; tells whether it is a phone."""
    try:
        phone = normalise_phone(form["phone"])
    except InputError as error:
        form.refuse(error)
        return False
    _send(service, phone, purpose)
    return True


def is_verified(service: Service, form: Form) -> bool:
    """Tell whether the phone that was typed is the one verified in this session: no other code is needed."""
    try:
        is_same = normalise_phone(form["phone"]) == verified_phone(service.now())
    except InputError:
        return False
    if is_same:
        session.pop(_ASKED, None)
    return is_same


def ask_again(service: Service, purpose: CodePurpose) -> bool:
    """Send another code to the phone asked for before; tells whether there is one."""
    phone = asked_phone()
    if phone is None:
        return False
    _send(service, phone, purpose)
    return True


def asked_phone() -> str | None:
    """Give the phone that a code was asked for, if any."""
    found = session.get(_ASKED)
    return str(found[0]) if found else None


def check_asked(service: Service, form: Form) -> bool:
    """Check the code that was typed; where it is right, the phone is verified."""
    found = session.get(_ASKED)
    if not found:
        form.errors["code"] = gettext("This code has expired. Ask for a new one.")
        return False
    if not form["code"].strip():
        form.errors["code"] = gettext("Please type the six digits of the code.")
        return False
    phone, code_id = found
    status = check_code(service, code_id, form["code"]).status
    if status is CodeStatus.RIGHT:
        session.pop(_ASKED)
        verify_phone(phone, service.now())
        return True
    form.errors["code"] = {
        CodeStatus.WRONG: gettext("This code is not right. Compare it with the newest message."),
        CodeStatus.EXPIRED: gettext("This code has expired. Ask for a new one."),
        CodeStatus.TOO_MANY: gettext("Too many wrong codes were typed. Ask for a new one."),
    }[status]
    return False


def _send(service: Service, phone: str, purpose: CodePurpose) -> None:
    found = session.get(_ASKED)
    previous = found[1] if found and found[0] == phone else None
    code_id = send_code(service, phone, HTML_LANGUAGES[language()], purpose, previous=previous)
    session[_ASKED] = [phone, code_id]
