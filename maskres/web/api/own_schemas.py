"""What is sent and answered about one's own: phones, registrations, their status."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields

from maskres.registration.applications import ForWhom
from maskres.registration.seals import CHOICES_LIMIT, Reach
from maskres.rounds.plain_words import LANGUAGES
from maskres.usecases.telling.phone_codes import CodePurpose
from maskres.web.api.fields import Body, Items, Moment, Text, Truth, Word
from maskres.web.api.open_schemas import NUMBER, SLUG


class OnceHeader(Schema):
    """The client's name of a request, for sending it again."""

    class Meta:
        """Other headers are not ours to read."""

        unknown = EXCLUDE

    key = Text(
        80,
        least=16,
        pattern="[!-~]{16,80}",
        form="This has 16 to 80 visible ASCII characters, such as a UUID.",
        data_key="Idempotency-Key",
        metadata={"description": "The same key and body get the same answer for 24 hours; such as a UUID."},
    )


class PhoneCodeWanted(Body):
    """Where a code is to be sent."""

    phone = Text(40, required=True)
    language = Word(LANGUAGES, load_default="zh-Hans")
    purpose = Word(CodePurpose, load_default=CodePurpose.REGISTER.value)
    previous = Text(32, pattern="[0-9a-f]{32}", form="This is the id of an earlier answer.")


class PhoneCodeSent(Schema):
    """Under which id the code is to be checked."""

    id = Text(32, pattern="[0-9a-f]{32}", required=True)
    expires_at = Moment(required=True)


class PhoneCodeTyped(Body):
    """The code as somebody typed it."""

    code = Text(40, required=True)


class PhoneProof(Schema):
    """A proof of a phone, to be sent as the header Phone-Proof."""

    phone_proof = fields.String(required=True)
    expires_at = Moment(required=True)


_choice = Text(40, pattern=SLUG, form="This is the slug of a store.")


class WishesSent(Body):
    """Where somebody would collect."""

    district = Text(40, required=True)
    reach = Word(Reach, required=True)
    choices = Items(_choice, CHOICES_LIMIT, required=True, metadata={"description": "Stores, best first."})


class ApplicationSent(WishesSent):
    """Somebody's application."""

    id_type = Text(40, metadata={"description": "Needed for no document: its number tells its kind."})
    id_number = Text(60, required=True)
    name = Text(100, required=True)
    birth_date = Text(40, metadata={"description": "Where the document does not show it, like 1949-12-01."})
    sex = Word(("M", "F"), metadata={"description": "Where the document does not show it."})
    phone = Text(
        40, metadata={"description": "Needed of everybody but helpers, and must be the one verified."}
    )
    for_whom = Word(ForWhom, load_default=ForWhom.SELF.value)
    keep = Truth(
        load_default=False, metadata={"description": "Whether choices may be kept for the next round."}
    )


class LanguageQuery(Body):
    """In which language messages are written."""

    language = Word(LANGUAGES, load_default="zh-Hans")


class Received(Schema):
    """What everybody is told who registers by phone, whatever came of it: details go to the phone."""

    outcome = Word(("received",), required=True)


class Registered(Schema):
    """What a helper is told: for the printed slip."""

    outcome = Word(("registered", "changed"), required=True)
    number = Text(12, pattern=NUMBER, required=True)
    secret = fields.String(required=True, metadata={"description": "Changes or withdraws the registration."})
    receipt = fields.String(required=True, metadata={"description": "Signed; may be shown to anybody."})


class Slip(Schema):
    """A registration of this phone."""

    number = Text(12, pattern=NUMBER, required=True)
    secret = fields.String(required=True)
    receipt = fields.String(required=True)


class Slips(Schema):
    """Everybody whom this phone has registered in a round, withdrawn ones too."""

    registrations = fields.List(fields.Nested(Slip), required=True)


class Changed(Schema):
    """The receipt of a registration as it stands now."""

    number = Text(12, pattern=NUMBER, required=True)
    receipt = fields.String(required=True)
