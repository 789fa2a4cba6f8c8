"""What the check of a receipt says on the holder's device, in the language of the page."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext

from maskres.web.public.look_up_words import findings_words, states_words


def receipt_words() -> dict[str, Any]:
    """Give the words and addresses that the page's script works with."""
    return {
        "api": "/api/v1",
        "rounds": f"{url_for('home.home')}rounds",
        "badReceipt": gettext("This is not a receipt. Paste the whole file, from the first { to the last }."),
        "noFiles": gettext("The published files cannot be fetched now. Please try again."),
        "states": states_words(),
        "summaries": {
            "right": gettext("The receipt is in order, and nothing published contradicts it."),
            "open": gettext("Nothing published contradicts the receipt so far, but something is still open."),
            "wrong": gettext("Something does not agree. Keep the receipt and show it to the notary."),
            "omitted": gettext(
                "This receipt proves that you were left out. The pool is not committed yet, so it can still be "
                "mended: show the receipt to the notary now. Anybody can repeat this check."
            ),
            "omittedLate": gettext(
                "This receipt proves that you were left out. Nobody can enter this draw any more. Show the receipt "
                "to the notary and at a counter: a claim that is right earns a ticket in the next round."
            ),
        },
        "findings": findings_words() | _findings(),
    }


def _findings() -> dict[str, str]:
    return {
        "no-such-round": gettext("The public ledger knows no round {round}."),
        "receipt-signed": gettext(
            "The receipt is signed by the ledger's key, {key}, and nobody has changed it."
        ),
        "paper-key": gettext("This is the key that you have on paper."),
        "no-paper-key": gettext("Whether this is the key on paper is yours to compare: {key}"),
        "shown-ledger": gettext(
            "When you registered you were shown the same ledger as everybody (lines: {size})."
        ),
        "signed": gettext("The first {size} lines of the published ledger are signed by its key."),
        "seal": gettext("The seal in the list of participants is of this document and these wishes."),
        "not-closed": gettext("Registration has not closed yet; there is no list to look in."),
        "list-not-fetched": gettext("The list of all registered numbers was not looked at yet."),
        "list": gettext("The list of all {count} registered numbers is the one that the ledger names."),
        "registered": gettext("Your number is in the list of the registered."),
        "after-closing": gettext("Your number is not in the list, which closed before, {at}."),
        "omitted": gettext(
            "Your number is NOT in the list that closed {at}, though you had registered before."
        ),
    }
