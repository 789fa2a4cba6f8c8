"""What members of staff and partners' systems may be."""

from __future__ import annotations

from enum import StrEnum


class StaffRole(StrEnum):
    """What a staff account may do; a counter is one store's."""

    OPERATOR = "operator"
    NOTARY = "notary"
    WITNESS = "witness"
    COUNTER = "counter"
    HELPER = "helper"
    AUDITOR = "auditor"


#: What a token may stand for: tills and community workers' systems, never a step of a round.
TOKEN_ROLES = (StaffRole.COUNTER, StaffRole.HELPER)
