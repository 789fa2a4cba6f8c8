"""What a till hands in once it has its network back."""

from __future__ import annotations

from marshmallow import fields

from maskres.web.api.counter_schemas import MOST_CODE
from maskres.web.api.fields import Body, Items, Moment, Text, Truth

#: Acts at once; a till that kept more hands in several times.
MOST_ACTS = 100


class KeptActShape(Body):
    """A hand-over or an undo. A nonce of another form is answered "bad-nonce", and the rest counts."""

    nonce = Text(100, required=True)
    round = Text(40, load_default=None, allow_none=True)
    code = Text(MOST_CODE, load_default=None, allow_none=True)
    undoes = Text(100, load_default=None, allow_none=True)
    claimed_at = Moment(required=True)
    is_proxy = Truth(load_default=False)


class KeptActs(Body):
    """Acts in the order they were done."""

    acts = Items(fields.Nested(KeptActShape), MOST_ACTS, required=True)
    is_complete = Truth(load_default=False)
    clock_off_seconds = fields.Integer(strict=True, load_default=0)
