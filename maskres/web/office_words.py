"""What staff are told when something cannot be done: in their language, with file, line and field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from maskres.errors import MaskresError
from maskres.web.forms import Form
from maskres.web.languages import MARKS, language
from maskres.web.words import WORDS

OFFICE_WORDS: Mapping[str, LazyString] = {
    "bad-rows": lazy_gettext(
        "Some lines cannot be read. Nothing was imported; please mend them and upload again."
    ),
    "mangled-by-spreadsheet": lazy_gettext(
        "A spreadsheet has cut the long numbers. Please export the file anew, with the numbers as text."
    ),
    "bad-encoding": lazy_gettext("The file is neither UTF-8 nor GB18030."),
    "bad-header": lazy_gettext("The first line does not have the columns that are needed."),
    "bad-row": lazy_gettext("This line has more or fewer fields than the first."),
    "bad-quotes": lazy_gettext("The quotes of this line do not close."),
    "bad-slug": lazy_gettext("A short name has lower-case letters, digits and hyphens, at most 40."),
    "bad-date": lazy_gettext("Dates are written like 2020-02-06."),
    "bad-document": lazy_gettext("The number of the document is not right."),
    "bad-name": lazy_gettext("The name is missing or cannot be a name."),
    "bad-phone": lazy_gettext("This is not a phone number."),
    "bad-hours": lazy_gettext("Opening hours are written like 09:00, and a store opens before it closes."),
    "missing-text": lazy_gettext("This must have 1 to 200 characters."),
    "store-twice": lazy_gettext("This store stands twice."),
    "unknown-store": lazy_gettext("This is not a store of the round."),
    "unknown-district": lazy_gettext("This is not a district of the round."),
    "wrong-district": lazy_gettext("The store stands in another district."),
    "slot-twice": lazy_gettext("This store has this slot already."),
    "bad-slot": lazy_gettext("The slot does not end after it starts."),
    "slot-differs": lazy_gettext("A slot of this name has other times; give the new one another name."),
    "slot-closed": lazy_gettext("This slot was closed; what is offered there now needs another name."),
    "district-fixed": lazy_gettext("The round is open; no store can move to another district."),
    "slots-overlap": lazy_gettext("Two slots of one store overlap."),
    "file-empty": lazy_gettext("The file is empty."),
    "file-too-large": lazy_gettext("The file is too large."),
    "unknown-upload": lazy_gettext("The file is not here any more. Please upload it again."),
    "upload-damaged": lazy_gettext("The file was damaged on the way. Please upload it again."),
    "bad-key": lazy_gettext("This is not a whole verifier key. Please copy it again."),
    "bad-key-name": lazy_gettext("The key's name cannot stand in a signature."),
    "times-crossed": lazy_gettext("Registration must open before it closes."),
    "time-past": lazy_gettext("This time is past already."),
    "closing-past": lazy_gettext(
        "The announced closing of registration is past. Please announce another, then open the round."
    ),
    "draw-closed": lazy_gettext("Nobody registers for this draw any more."),
    "registration-begun": lazy_gettext("Registration has begun; its opening cannot be moved any more."),
    "key-name-taken": lazy_gettext("Another key bears this name. A new key needs a new name."),
    "round-exists": lazy_gettext("There is a round of this name already."),
    "missing-register": lazy_gettext("A register that the rules need has not been imported yet."),
    "old-index-key": lazy_gettext("A register was imported under an older key. Please import it again."),
    "earlier-draw-unfinished": lazy_gettext("The earlier draw of this round has no result yet."),
    "challenge-running": lazy_gettext("Verdicts can still be disputed; the pool cannot be committed yet."),
    "decide-again": lazy_gettext("Something changed since the verdicts were given. Please decide again."),
    "quotas-differ": lazy_gettext("Give a number of winners for exactly the groups in the pool."),
    "too-few-places": lazy_gettext("There are more winners than places in the slots."),
    "slots-frozen": lazy_gettext("The slots are committed; new stock comes in by batches."),
    "same-person": lazy_gettext("Whoever committed the pool cannot enter the dice. Another person must."),
    "dice-too-late": lazy_gettext("The time by which the rolls had to be entered is past."),
    "bad-rolls": lazy_gettext("These are not the rolls that were declared. Please compare each of them."),
    "no-dice": lazy_gettext("This draw was committed without dice."),
    "no-beacon": lazy_gettext("This draw was committed without a beacon."),
    "beacon-too-early": lazy_gettext("This round of the beacon has not come yet."),
    "beacon-entered": lazy_gettext("The beacon has been entered already."),
    "beacon-round": lazy_gettext("This is another round of the beacon than the one that was declared."),
    "beacon-randomness": lazy_gettext(
        "The randomness is not the SHA-256 of the signature. Please copy it anew."
    ),
    "beacon-point": lazy_gettext("This is not a signature of the declared network. Please copy it anew."),
    "beacon-signature": lazy_gettext(
        "The signature does not hold under the declared network's public key. Please copy it anew."
    ),
    "commitment-not-cosigned": lazy_gettext("Notary and witness must both cosign the commitment first."),
    "commitment-cosigned-late": lazy_gettext("The commitment was cosigned too late: the draw cannot go on."),
    "dice-not-cosigned": lazy_gettext("Notary and witness must both cosign the dice first."),
    "dice-cosigned-late": lazy_gettext("The dice were cosigned too late: the draw cannot go on."),
    "dice-too-early": lazy_gettext(
        "The dice are rolled from ten minutes after both have cosigned the commitment."
    ),
    "dice-not-due": lazy_gettext("The dice can still be rolled; they are not missing yet."),
    "void-not-cosigned": lazy_gettext(
        "Notary and witness did not cosign in time that the earlier draw is void. Nothing can follow it."
    ),
    "not-all-cosigned": lazy_gettext(
        "Notary and witness have yet to cosign what was published last. Nothing goes on before."
    ),
    "no-successor": lazy_gettext("This draw was committed without a successor of its beacon."),
    "successor-named": lazy_gettext("The ledger says already that the successor counts."),
    "successor-too-late": lazy_gettext("The successor's round can be known already."),
    "successor-pending": lazy_gettext("Whether the successor counts is settled only at its round's time."),
    "bad-beacon": lazy_gettext("This is not a round of the beacon. Please copy it whole."),
    "bad-json": lazy_gettext("This is not readable JSON."),
    "no-seed": lazy_gettext("The seed is not complete yet."),
    "source-known": lazy_gettext("A source of the seed can be known already; the draw must go on."),
    "draw-not-finished": lazy_gettext("A draw of the round has not been finished yet."),
    "too-early-to-erase": lazy_gettext("The rules keep the personal data of this round longer."),
    "waiting-list-ended": lazy_gettext("A later draw is committed; the waiting list of this one has ended."),
    "slot-too-soon": lazy_gettext("A slot begins sooner than the rules allow after a batch."),
    "bad-released": lazy_gettext("Give a whole number of places for groups of this draw."),
    "too-early-to-dispute": lazy_gettext("The draw has not been decided yet."),
    "too-late-to-dispute": lazy_gettext(
        "The pool is committed. A claim that is right earns an extra ticket."
    ),
    "no-open-dispute": lazy_gettext("There is no open dispute under this number."),
    "bad-reason": lazy_gettext(
        "Please give the reason in one line, without numbers of documents and phones."
    ),
    "bad-member": lazy_gettext(
        "Please give the reason in one line, without numbers of documents and phones."
    ),
    "audited-already": lazy_gettext("The audit of this draw is published already."),
    "not-the-sample": lazy_gettext("Please say of every number of the sample whether it is sound."),
    "unknown-checkpoint": lazy_gettext("There is no such checkpoint."),
    "unknown-cosigner": lazy_gettext("No round was made with this key."),
    "bad-note": lazy_gettext("This is not a signature line. Please copy it whole."),
    "bad-signature": lazy_gettext("The signature does not fit this checkpoint and key."),
    "not-cosigned": lazy_gettext("The line is not signed by your key."),
    "two-people-needed": lazy_gettext("This takes two people."),
    "nothing-to-disqualify": lazy_gettext("This number neither holds a place nor waits for one."),
    "place-ended": lazy_gettext("This place has ended already."),
    "asked-already": lazy_gettext("This has been asked for already."),
    "own-account": lazy_gettext("Nobody can stop their own account."),
    "unknown-account": lazy_gettext("There is no such account."),
    "bad-store": lazy_gettext("A counter belongs to one store, and nobody else does."),
    "no-request": lazy_gettext("This request is not open any more."),
    "keys-rotated": lazy_gettext(
        "The keys were rotated while the file was being read. Please upload it again."
    ),
    "part-lost": lazy_gettext(
        "What a part of this made is gone. Nothing was changed; please ask for it again."
    ),
    "worker-lost": lazy_gettext("The machines that did this were lost again and again. Nothing was changed."),
    "bad-source": lazy_gettext("The sources of the seed cannot be declared like this."),
    "bad-rule": lazy_gettext("A rule is missing or not as it must be."),
    "bad-integer": lazy_gettext("This must be a whole number."),
    "bad-time": lazy_gettext("This is not a time."),
}
#: Where the English sentence names what the words of the other language leave out, staff are shown it too.
_DETAILED = frozenset(
    {"bad-rule", "bad-source", "bad-header", "quotas-differ", "too-few-places", "bad-rolls"}
)


def say_to_staff(error: MaskresError) -> str:
    """Say an error to staff: where it is and what is wrong."""
    return say_of(
        {
            "code": error.code,
            "message": error.message,
            "field": error.field,
            "file": error.file,
            "line": error.line,
        }
    )


def say_of(error: Mapping[str, Any]) -> str:
    """Say an error that was kept, such as a task's or a line's of a file."""
    code, message = str(error.get("code")), str(error.get("message") or "")
    found = OFFICE_WORDS.get(code) or WORDS.get(code)
    if found is None:
        words = message or gettext("This could not be done (%(code)s).", code=code)
    elif code in _DETAILED and message:
        words = message if language() == "en" else f"{found}（{message}）"
    else:
        words = str(found)
    place = [str(error[name]) for name in ("file",) if error.get(name)]
    if error.get("line"):
        place.append(gettext("line %(line)s", line=error["line"]))
    if error.get("field") and place:
        place.append(str(error["field"]))
    marks = MARKS[language()]
    return f"{marks['comma'].join(place)}{marks['colon']}{words}" if place else words


def refuse(form: Form, error: MaskresError, **fields: str) -> None:
    """Put an error into a form, at the field it is about.

    Args:
        form: the form.
        error: from a use case.
        **fields: the error's field, or its code, → the form's field.
    """
    name = fields.get(error.code.replace("-", "_")) or fields.get(error.field or "") or error.field or ""
    is_known = name in form.values or name in fields.values()
    form.errors.setdefault(name if is_known else "", say_to_staff(error))
