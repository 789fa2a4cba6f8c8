"""Verifying a phone by one-time code: what comes of it is a proof that the client keeps and shows."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from maskres.errors import InputError
from maskres.identity.phones import normalise_phone
from maskres.usecases.telling.phone_codes import VALID_FOR, CodePurpose, CodeStatus, check_code, send_code
from maskres.usecases.telling.phone_proofs import make_phone_proof
from maskres.web import allowances
from maskres.web.access import public
from maskres.web.api import own_schemas as shapes
from maskres.web.api.once import once
from maskres.web.api.routes import ApiBlueprint, may_refuse, reads_body
from maskres.web.door import Door
from maskres.web.limits import everybody

_WORDS = {
    CodeStatus.WRONG: ("wrong-code", "This is not the code that was sent."),
    CodeStatus.EXPIRED: ("code-expired", "This code has expired or was used. Ask for a new one."),
    CodeStatus.TOO_MANY: ("too-many-attempts", "This code was tried too often. Ask for a new one."),
}


def phone_routes(door: Door) -> Blueprint:
    """Make the routes by which a phone is verified."""
    routes = ApiBlueprint("phones", "Verifying a phone by one-time code.")
    service = door.service

    @routes.route("/phone-codes", methods=["POST"])
    @door.limits.closed.limit(allowances.SENDING)
    @door.limits.closed.limit(allowances.SENDING_OF_ALL, everybody)
    @public
    @may_refuse(409)
    @reads_body
    @routes.doc(security=[])
    @routes.arguments(shapes.OnceHeader, location="headers")
    @routes.arguments(shapes.PhoneCodeWanted)
    @once(service)
    @routes.response(202, shapes.PhoneCodeSent)
    def ask_code(_headers: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        """Send a code of six digits to a phone: at most one a minute and five an hour.

        Beyond that nothing is sent, and the answer looks the same. Send the id of the last answer as `previous`
        to be given it again while its code can be used.
        """
        phone = normalise_phone(body["phone"])
        purpose = CodePurpose(body["purpose"])
        code_id = send_code(service, phone, body["language"], purpose, previous=body.get("previous"))
        return {"id": code_id, "expires_at": service.now() + VALID_FOR}

    @routes.route("/phone-codes/<code:id>/check", methods=["POST"])
    @door.limits.closed.limit(allowances.TYPING)
    @door.limits.closed.limit(allowances.TYPING_OF_ALL, everybody)
    @public
    @may_refuse(409)
    @reads_body
    @routes.doc(security=[])
    @routes.arguments(shapes.OnceHeader, location="headers")
    @routes.arguments(shapes.PhoneCodeTyped)
    @once(service)
    @routes.response(200, shapes.PhoneProof)
    def check(_headers: dict[str, Any], body: dict[str, Any], id: str) -> dict[str, Any]:
        """Check a code; a right one is used up, and gives a proof of the phone for 30 minutes."""
        checked = check_code(service, id, body["code"])
        if checked.status is not CodeStatus.RIGHT or checked.phone is None:
            code, message = _WORDS[checked.status]
            raise InputError(code, message, field="code")
        proof, expires_at = make_phone_proof(service, checked.phone)
        return {"phone_proof": proof, "expires_at": expires_at}

    return routes
