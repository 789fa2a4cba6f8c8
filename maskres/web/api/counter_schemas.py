"""What a till sends and is told."""

from __future__ import annotations

from marshmallow import Schema, fields

from maskres.pickup.handovers import AnswerCode
from maskres.pickup.store_states import StoreState
from maskres.web.api.fields import Body, Items, Moment, Text, Truth, Whole, Word

_nonce = "[A-Za-z0-9_-]{16,64}"
_NONCE_FORM = "This has 16 to 64 letters, digits, hyphens and underscores."
#: Characters: a QR code says more than the twelve that people type.
MOST_CODE = 250
#: Hand-overs that one upload holds; a till that kept more sends several.
MOST_UPLOADED = 2000


class Card(Body):
    """The card of a winner who brought nothing else."""

    id_number = Text(60, required=True)
    id_type = Text(40)


class LookUp(Body):
    """What was scanned or typed: a code, or a card where there is only that."""

    code = Text(
        MOST_CODE, metadata={"description": "The pickup code as typed, or all that its QR code says."}
    )
    card = Whole(Card)


class HandOver(Body):
    """One hand-over: with a code, or with a card where there is only that."""

    nonce = Text(64, least=16, pattern=_nonce, form=_NONCE_FORM, required=True)
    code = Text(MOST_CODE)
    card = Whole(Card)
    is_proxy = Truth(load_default=False, metadata={"description": "Somebody else collected."})


class Undo(Body):
    """The undoing of a hand-over, within ten minutes."""

    nonce = Text(64, least=16, pattern=_nonce, form=_NONCE_FORM, required=True)
    undoes = Text(64, least=16, pattern=_nonce, form=_NONCE_FORM, required=True)


class KeptAct(HandOver):
    """What a till did without network: a hand-over, or an undo."""

    undoes = Text(64, least=16, pattern=_nonce, form=_NONCE_FORM)
    claimed_at = Moment(required=True, metadata={"description": "By the till's clock."})


class Upload(Body):
    """All that a till kept, in the order it was done."""

    body_bytes = 1024 * 1024
    acts = Items(fields.Nested(KeptAct), MOST_UPLOADED, required=True)
    is_complete = Truth(
        load_default=False,
        metadata={"description": "The till has nothing more: only then can missed places be forfeited."},
    )


class Told(Schema):
    """What a till is told."""

    answer = Word(AnswerCode, required=True)
    reason = Word(
        AnswerCode,
        required=True,
        allow_none=True,
        metadata={"description": "Of a conflict, or why it is served from stock that nobody has a claim to."},
    )
    handed_out_at = Moment(required=True, allow_none=True)
    till = fields.String(required=True, allow_none=True)
    store = fields.String(
        required=True, allow_none=True, metadata={"description": "For another store, which one."}
    )


class IdentityShown(Schema):
    """What is compared with the card, and no more."""

    name = fields.String(required=True, metadata={"description": "Masked."})
    last_four = fields.String(required=True, metadata={"description": "Of the document's number."})


class ProxyShown(Schema):
    """Whom the winner has named to collect; one of last_four and word tells that it is them."""

    name = fields.String(required=True, metadata={"description": "Masked."})
    last_four = fields.String(
        required=True, allow_none=True, metadata={"description": "Of the number of the proxy's own document."}
    )
    word = fields.String(
        required=True, allow_none=True, metadata={"description": "A code word that the proxy has to say."}
    )


class Seen(Told):
    """What a till is told before anything is handed out."""

    identity = Whole(
        IdentityShown,
        required=True,
        allow_none=True,
        metadata={"description": "Only while something may be handed out; that it was read is logged."},
    )
    proxy = Whole(
        ProxyShown,
        required=True,
        allow_none=True,
        metadata={"description": "Where the winner has named somebody: nobody else collects for them."},
    )
    starts_at = Moment(required=True, allow_none=True)
    ends_at = Moment(required=True, allow_none=True)


class StateSaid(Body):
    """How a store stands."""

    state = Word(StoreState, required=True)


class StateShown(Schema):
    """How a store stands, and since when."""

    state = Word(StoreState, required=True)
    since = Moment(required=True)


class AllTold(Schema):
    """One answer an act, in their order."""

    answers = fields.List(fields.Nested(Told), required=True)
