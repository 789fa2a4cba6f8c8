"""What open data looks like."""

from __future__ import annotations

from marshmallow import Schema, fields

from maskres.pickup.store_states import StoreState
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.web.api.fields import Body, Moment, Text, Whole, Word

SHA256 = "[0-9a-f]{64}"
SLUG = "[a-z0-9][a-z0-9-]{0,39}"
NUMBER = "[0-9A-HJKMNP-TV-Z]{12}"


class Refused(Schema):
    """One problem."""

    code = fields.String(required=True, metadata={"description": "Stable: what happened."})
    message = fields.String(required=True, metadata={"description": "One English sentence."})
    field = fields.String(
        metadata={"description": "The field, or the path to it, such as hand_overs.3.nonce."}
    )
    file = fields.String()
    line = fields.Integer()


class Refusal(Schema):
    """Why a request was refused: every problem that was found."""

    version = fields.Integer(required=True, metadata={"description": "Of this shape: 1."})
    code = fields.String(required=True)
    message = fields.String(required=True)
    errors = fields.List(fields.Nested(Refused), required=True)
    request_id = fields.String(required=True, metadata={"description": "Tell it when you ask us."})


class DrawSummary(Schema):
    """A draw of a round."""

    draw = fields.Integer(required=True)
    status = Word(DrawStatus, required=True)
    opens_at = Moment(
        required=True,
        allow_none=True,
        metadata={
            "description": "Announced: from when people register; null for as soon as the draw is open."
        },
    )
    closes_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "Announced: from when they no longer can, whether or not it is closed yet."},
    )
    closed_at = Moment(required=True, allow_none=True)
    committed_at = Moment(required=True, allow_none=True)
    published_at = Moment(required=True, allow_none=True)
    seed = fields.String(required=True, allow_none=True, metadata={"description": "Once it is drawn."})


class RoundSummary(Schema):
    """A round."""

    round = Text(pattern=SLUG, most=40, required=True)
    status = Word(RoundStatus, required=True)
    goods = fields.String(required=True)
    quantity = fields.Integer(required=True, metadata={"description": "Items a winner collects."})
    is_registration_open = fields.Boolean(
        required=True, metadata={"description": "Whether people may register now, by the announced times."}
    )
    opened_at = Moment(required=True, allow_none=True)
    finished_at = Moment(required=True, allow_none=True)
    draws = fields.List(fields.Nested(DrawSummary), required=True)


class Rounds(Schema):
    """The published rounds, newest first."""

    rounds = fields.List(fields.Nested(RoundSummary), required=True)


class PlainWords(Schema):
    """The rules as sentences."""

    en = fields.List(fields.String(), required=True)
    zh = fields.List(fields.String(), required=True, data_key="zh-Hans")


class RoundDetail(RoundSummary):
    """A round with its rules."""

    rules = fields.Dict(keys=fields.String(), required=True, metadata={"description": "rules.json"})
    rules_sha256 = Text(64, pattern=SHA256, required=True)
    rules_in_words = Whole(PlainWords, required=True)


class StoreShown(Schema):
    """A store with what is left."""

    store = Text(40, pattern=SLUG, required=True)
    district = Text(40, pattern=SLUG, required=True)
    name = fields.String(required=True)
    address = fields.String(required=True)
    opens = fields.String(required=True)
    closes = fields.String(required=True)
    left = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Items; null where nobody has counted yet."}
    )
    left_known_at = Moment(required=True, allow_none=True)
    state = Word(
        StoreState,
        required=True,
        metadata={
            "description": "As the store said last; with another than open nobody is given a new place there."
        },
    )
    state_since = Moment(required=True, allow_none=True)


class Stores(Schema):
    """The stores of a round."""

    stores = fields.List(fields.Nested(StoreShown), required=True)


class SlotShown(Schema):
    """A slot with its room."""

    store = Text(40, pattern=SLUG, required=True)
    district = Text(40, pattern=SLUG, required=True)
    slot = Text(40, pattern=SLUG, required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    capacity = fields.Integer(required=True, metadata={"description": "Winners, not items."})
    taken = fields.Integer(required=True)
    is_closed = fields.Boolean(required=True)


class Slots(Schema):
    """The slots of a draw; none before they are committed."""

    slots = fields.List(fields.Nested(SlotShown), required=True)


class FileShown(Schema):
    """A published file."""

    name = fields.String(required=True)
    sha256 = Text(64, pattern=SHA256, required=True)
    entries = fields.Integer(
        required=True, metadata={"description": "Lines without the header; 0 if no CSV."}
    )
    published_at = Moment(required=True)


class DrawDetail(DrawSummary):
    """A draw with what is published of it."""

    files = fields.List(fields.Nested(FileShown), required=True)


class ResultShown(Schema):
    """A line of result.csv."""

    rank = fields.Integer(required=True)
    number = Text(12, pattern=NUMBER, required=True)
    stratum = fields.String(required=True)
    ticket = fields.String(required=True)
    outcome = Word(("won", "waiting"), required=True)


class Results(Schema):
    """Lines of result.csv whose number begins so, at most 1000."""

    results = fields.List(fields.Nested(ResultShown), required=True)


class PlacementShown(Schema):
    """A line of allocation.csv or of a batch's promotion file."""

    file = fields.String(required=True)
    place = fields.Integer(required=True)
    number = Text(12, pattern=NUMBER, required=True)
    store = fields.String(required=True, metadata={"description": "Empty where there was no room."})
    slot = fields.String(required=True)
    choice = fields.String(required=True)


class Placements(Schema):
    """Lines of allocation.csv and the promotion files; a later file counts over an earlier."""

    placements = fields.List(fields.Nested(PlacementShown), required=True)


class CheckpointShown(Schema):
    """A checkpoint of the ledger."""

    size = fields.Integer(required=True)
    root = Text(64, pattern=SHA256, required=True)
    cosigners = fields.List(fields.String(), required=True)


class Checkpoints(Schema):
    """All checkpoints, by size."""

    checkpoints = fields.List(fields.Nested(CheckpointShown), required=True)


class CosignatureSent(Body):
    """A signature line of notary or witness, as `maskres notary cosign` prints it."""

    line = Text(1000, required=True, metadata={"description": "Begins with an em dash."})


class CosignatureKept(Schema):
    """A cosignature that holds."""

    size = fields.Integer(required=True)
    name = fields.String(required=True, metadata={"description": "Whose key signed."})
    cosigned_at = Moment(required=True, metadata={"description": "By the signer's clock."})


_HASHES_SHOWN = fields.List(
    Text(64, pattern=SHA256), required=True, metadata={"description": "In the order of RFC 6962."}
)


class Inclusion(Schema):
    """A proof that a line of the ledger is a leaf of its tree (RFC 6962)."""

    entry = fields.Integer(required=True)
    size = fields.Integer(required=True)
    leaf = Text(64, pattern=SHA256, required=True)
    root = Text(64, pattern=SHA256, required=True)
    hashes = _HASHES_SHOWN


class Consistency(Schema):
    """A proof that a ledger holds an older one, unchanged (RFC 6962)."""

    old_size = fields.Integer(required=True)
    size = fields.Integer(required=True)
    old_root = Text(64, pattern=SHA256, required=True)
    root = Text(64, pattern=SHA256, required=True)
    hashes = _HASHES_SHOWN


class PrefixQuery(Body):
    """How the numbers begin."""

    prefix = Text(
        12,
        least=3,
        pattern="[0-9A-HJKMNP-TV-Z]{3,12}",
        form="This is the beginning of a number: 3 to 12 of its letters and digits, capital, without hyphens.",
        required=True,
    )


class StoreQuery(Body):
    """Of which store."""

    store = Text(40, pattern=SLUG, form="This is the slug of a store.")
