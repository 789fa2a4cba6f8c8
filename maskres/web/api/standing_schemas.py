"""Where a registration stands, as its holder is told."""

from __future__ import annotations

from marshmallow import Schema, fields

from maskres.registration.applications import ForWhom
from maskres.registration.seals import Reach
from maskres.rounds.status import DrawStatus
from maskres.usecases.showing.standing_values import Where
from maskres.web.api.fields import Moment, Text, Whole, Word
from maskres.web.api.open_schemas import NUMBER, SLUG


class WishesShown(Schema):
    """Where somebody would collect."""

    district = Text(40, pattern=SLUG, required=True)
    reach = Word(Reach, required=True)
    choices = fields.List(fields.String(), required=True)


class VerdictShown(Schema):
    """What was decided of an entry."""

    is_eligible = fields.Boolean(required=True)
    stratum = fields.String(required=True, allow_none=True)
    tickets = fields.Integer(required=True)
    coarse_reason = fields.String(required=True, allow_none=True)
    is_disputed = fields.Boolean(required=True)


class OutcomeShown(Schema):
    """How the draw came out, with what anybody needs to check it."""

    has_won = fields.Boolean(required=True)
    rank = fields.Integer(required=True)
    stratum = fields.String(required=True)
    seed = fields.String(required=True)
    tickets = fields.List(fields.String(), required=True)
    value = fields.String(required=True)
    cutoff = fields.String(required=True, allow_none=True)


class PlaceShown(Schema):
    """Where and when a winner collects, or was to."""

    store = fields.String(required=True, allow_none=True)
    slot = fields.String(required=True, allow_none=True)
    starts_at = Moment(required=True, allow_none=True)
    ends_at = Moment(required=True, allow_none=True)
    pickup_code = fields.String(
        required=True,
        allow_none=True,
        attribute="code",
        metadata={"description": "To be shown at the counter, while it can be used. Private."},
    )
    batch = fields.Integer(required=True)
    collected_at = Moment(required=True, allow_none=True)


class InDrawShown(Schema):
    """Where a registration stands in one draw."""

    draw = fields.Integer(required=True)
    status = Word(DrawStatus, required=True)
    where = Word(Where, required=True)
    verdict = Whole(VerdictShown, required=True, allow_none=True)
    dispute = fields.String(required=True, allow_none=True)
    outcome = Whole(OutcomeShown, required=True, allow_none=True)
    place = Whole(PlaceShown, required=True, allow_none=True)
    ahead = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How many wait before it; 1000 means so many or more."},
    )
    may_dispute = fields.Boolean(required=True)
    may_move = fields.Boolean(required=True)
    may_give_back = fields.Boolean(required=True)


class StandingShown(Schema):
    """Where a registration stands."""

    round = Text(40, pattern=SLUG, required=True)
    number = Text(12, pattern=NUMBER, required=True)
    is_withdrawn = fields.Boolean(required=True)
    for_whom = Word(ForWhom, required=True)
    wishes = Whole(WishesShown, required=True)
    is_keeping = fields.Boolean(required=True)
    registered_at = Moment(required=True)
    changed_at = Moment(required=True)
    may_change = fields.Boolean(required=True)
    may_change_until = Moment(
        required=True, allow_none=True, metadata={"description": "As announced; null where nothing was."}
    )
    draws = fields.List(fields.Nested(InDrawShown), required=True, metadata={"description": "Newest first."})
