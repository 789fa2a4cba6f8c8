"""The second factor of staff: six digits that an app on their phone shows for thirty seconds (TOTP, RFC 6238)."""

from __future__ import annotations

import base64
import hmac
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import pyotp

from maskres.db import record
from maskres.db import staff as accounts
from maskres.db.engine import Transaction
from maskres.errors import StepRefused
from maskres.identity.encryption import NONCE_BYTES
from maskres.usecases.accounts.staff import require_row
from maskres.usecases.service import Service, one_transaction

_STEP_SECONDS = 30
#: So many steps before and after the present one are taken too: clocks differ, and typing takes time.
_DRIFT_STEPS = 1
_SECRET_BYTES = 20


@dataclass(frozen=True, slots=True)
class TotpSetup:
    """What an app needs to show codes.

    Attributes:
        uri: otpauth://…, for the picture it scans.
        secret: base32, for typing it in.
    """

    uri: str = field(repr=False)
    secret: str = field(repr=False)


@one_transaction
def begin_totp(c: Transaction, service: Service, account_id: int, issuer: str = "maskres") -> TotpSetup:
    """Begin to set up a second factor; until `confirm_totp`, none is asked for and a repeat gives the same secret.

    Args:
        c: given by the decorator.
        service: the service.
        account_id: whose.
        issuer: what the app shows beside the account's name.

    Raises:
        InputError: "unknown-account".
        StepRefused: "has-second-factor": it must be reset first, which a stolen session cannot do.
    """
    row = require_row(c, account_id)
    if row.totp_secret is None:
        secret = base64.b32encode(service.random_bytes(_SECRET_BYTES)).decode()
        sealed = seal_secret(service, account_id, secret)
        accounts.begin_factor(c, account_id, sealed, service.cipher.current)
        row = require_row(c, account_id)  # somebody may have been quicker
    if row.totp_since is not None:
        raise StepRefused("has-second-factor", "This account has a second factor. Have it reset first.")
    shown = open_secret(service, row)
    return TotpSetup(pyotp.TOTP(shown).provisioning_uri(name=row.name, issuer_name=issuer), shown)


@one_transaction
def confirm_totp(c: Transaction, service: Service, account_id: int, code: str) -> bool:
    """Put a second factor in force with its first code.

    Returns:
        Whether the code was right. From then on `check_totp` is asked at every log-in.

    Raises:
        InputError: "unknown-account".
    """
    row = require_row(c, account_id)
    step = _step_of(service, row, code)
    now = service.now()
    if step is None or not accounts.confirm_factor(c, account_id, step, now):
        return False
    record.log(c, now, f"{row.role}/{row.name}", "second-factor-set", detail={"account": row.name})
    return True


@one_transaction
def check_totp(c: Transaction, service: Service, account_id: int, code: str) -> bool:
    """Check a code of the second factor; no code is taken twice, nor one older than the last taken.

    Returns:
        Whether it was right; False also for an account that is disabled, unknown, or has no second factor.
    """
    row = accounts.find_account(c, account_id)
    if row is None:
        return False
    step = _step_of(service, row, code)
    return step is not None and accounts.take_step(c, account_id, step)


def seal_secret(service: Service, account_id: int, secret: str) -> bytes:
    """Encrypt a second factor's secret under the current data key, bound to its account."""
    nonce = service.random_bytes(NONCE_BYTES)
    return service.cipher.encrypt(secret.encode(), bound_to=_binding(account_id), nonce=nonce)


def open_secret(service: Service, row: Any) -> str:
    """Decrypt the second factor's secret of an account's row. Raises as Cipher.decrypt."""
    return service.cipher.decrypt(bytes(row.totp_secret), bound_to=_binding(row.id)).decode()


def _step_of(service: Service, row: Any, code: str) -> int | None:
    """Give the time step near the present whose code this is."""
    typed = "".join(unicodedata.normalize("NFKC", code[:40]).split())
    if row.totp_secret is None or not (len(typed) == 6 and typed.isascii() and typed.isdecimal()):
        return None
    totp = pyotp.TOTP(open_secret(service, row))
    present = int(service.now().timestamp()) // _STEP_SECONDS
    found = None
    for step in range(present - _DRIFT_STEPS, present + _DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step), typed):
            found = step
    return found


def _binding(account_id: int) -> bytes:
    return b"second-factor/%d" % account_id
