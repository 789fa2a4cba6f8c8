"""Which counter a request comes from: an enrolled till, or the account of somebody who works there."""

from __future__ import annotations

from maskres.usecases.pickup.desk import Desk
from maskres.web.limits import remote_address
from maskres.web.staff.login_session import current_account, require_account
from maskres.web.staff.till_session import till_here


def desk_here() -> Desk:
    """Give the counter of this request: a till under its own name, an account as the till named after it."""
    till = till_here()
    if till is not None:
        return Desk(till.actor, till.store or "", till.name)
    account = require_account()
    return Desk(account.actor, account.store or "", account.name)


def limit_by_desk() -> str:
    """Name whom a limit counts: the till, the account, and where there is neither the address."""
    till = till_here()
    if till is not None:
        return f"token/{till.id}"
    account = current_account()
    return remote_address() if account is None else f"account-{account.id}"
