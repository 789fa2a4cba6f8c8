"""What people are told when something cannot be taken: by the error's code, in their language.

An error's own message is one English sentence for logs, command line and API. Pages say it in the person's language
and in words for a person; a code that is not listed here is said in general words, with the code to ask about.
"""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from maskres.errors import MaskresError

WORDS: dict[str, LazyString] = {
    "registration-closed": lazy_gettext("Registration is not open now."),
    "registration-not-begun": lazy_gettext(
        "Registration has not opened yet. The start page says when it does."
    ),
    "too-many-by-phone": lazy_gettext("This phone has registered as many people as it may."),
    "not-proved": lazy_gettext(
        "Please give the secret on your slip, or a code sent to the registered phone."
    ),
    "unknown-number": lazy_gettext("There is no registration with this number. Please check each symbol."),
    "bad-number": lazy_gettext("This is not a whole number. Please check each symbol."),
    "bad-document": lazy_gettext(
        "This number of the document is not right. Please compare it with the card."
    ),
    "mangled-by-spreadsheet": lazy_gettext(
        "A spreadsheet has cut this number. Please copy it from the card."
    ),
    "bad-name": lazy_gettext("Please give the name as it stands on the card."),
    "bad-phone": lazy_gettext(
        "Please give a phone number that can receive messages, like 13800138000. Compare it digit by digit."
    ),
    "bad-date": lazy_gettext("Please give the date like 1949-12-01."),
    "missing-birth-date": lazy_gettext("Please give the date of birth too, like 1949-12-01."),
    "birth-date-differs": lazy_gettext("The number of the document shows another date of birth."),
    "bad-sex": lazy_gettext("Please choose male or female."),
    "unknown-district": lazy_gettext("Please choose your district."),
    "bad-reach": lazy_gettext("Please say how far you would go."),
    "unknown-store": lazy_gettext("One of these stores is not known. Please choose from the list."),
    "store-twice": lazy_gettext("A store can be chosen only once."),
    "too-many-stores": lazy_gettext("Please choose fewer stores."),
    "no-choices": lazy_gettext("Please choose at least one store, or say that you would go elsewhere too."),
    "bad-for-whom": lazy_gettext("Please say for whom you register."),
    "bad-keep": lazy_gettext("Please say whether your choices may be kept."),
    "no-mark": lazy_gettext(
        "Please give one of the two: the last four characters of their document, or a code word."
    ),
    "bad-last-four": lazy_gettext("Please give just the last four letters or digits of the number."),
    "bad-code-word": lazy_gettext("A code word has 2 to 20 characters."),
    "no-proxy-now": lazy_gettext("There is nothing now that somebody could collect for you."),
    "slot-full": lazy_gettext("This time has no place left. Please choose another."),
    "slot-begun": lazy_gettext("The time of this place has begun; it can only be collected now."),
    "bad-words": lazy_gettext("Please say in 1 to 2000 characters what is wrong."),
    "too-late-to-dispute": lazy_gettext(
        "The time for objections is over. A claim that is right earns an extra ticket in the next round."
    ),
    "dispute-resolved": lazy_gettext("This objection has been answered already."),
    "too-early-to-dispute": lazy_gettext("The draw has not been decided yet."),
    "nothing-to-move": lazy_gettext(
        "Nothing was moved: you have this time already, or there is no place of yours that could be moved."
    ),
    "nothing-to-give-back": lazy_gettext(
        "There is nothing to give back: this number neither holds a place nor waits for one."
    ),
    "place-ended": lazy_gettext("This place has ended already."),
    "step-out-of-order": lazy_gettext("This step cannot be taken now. Somebody may have taken it already."),
    "done-elsewhere": lazy_gettext(
        "Somebody did this at the same moment. Please look at where things stand."
    ),
    "too-many-requests": lazy_gettext("You have asked very often. Please wait a little and try again."),
    "no-database": lazy_gettext("The service cannot be reached now. Please try again in a few minutes."),
    "bad-invitation": lazy_gettext(
        "This code enrols no device: it is not known, was used before, or is older than an hour."
    ),
    "name-taken": lazy_gettext("There is already an account or a till of this name. Please choose another."),
    "unknown-till": lazy_gettext("There is no till of this name."),
    "till-revoked": lazy_gettext("This till is no longer in use. Please ask the operator."),
    "not-collecting": lazy_gettext("Nothing is handed out for this draw now."),
    "in-flight": lazy_gettext(
        "This form is being entered at this moment. Please wait a little and send it once more."
    ),
    "bad-password": lazy_gettext(
        "A password has 12 to 200 characters, and is neither the account's name nor one character over and over."
    ),
    "bad-login": lazy_gettext("Name, password or code is not right."),
}


def say(error: MaskresError) -> str:
    """Say an error to a person."""
    words = WORDS.get(error.code)
    if words is not None:
        return str(words)
    return str(gettext("This could not be done (%(code)s).", code=error.code))
