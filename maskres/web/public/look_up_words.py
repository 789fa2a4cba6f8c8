"""What the check on the holder's device says, in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext

from maskres.web.names import stratum_name


def words_of(
    slug: str, draw: int, zone: str, strata: Iterable[str], stores: Mapping[str, str]
) -> dict[str, Any]:
    """Give the words and addresses that the page's script works with.

    Args:
        slug: the round.
        draw: the draw.
        zone: IANA name of the zone in which times are shown.
        strata: slugs of the strata.
        stores: store → name and address.
    """
    return {
        "base": url_for("look_up.page", slug=slug, draw=draw),
        "saving": url_for("look_up.saved", slug=slug, draw=draw),
        "zone": zone,
        "strata": {each: stratum_name(each) for each in strata},
        "stores": dict(stores),
        "badNumber": gettext("A registration number has twelve letters and digits."),
        "noFiles": gettext("The published files cannot be fetched now. Please try again."),
        "outcomes": {
            "won": gettext("This number has won."),
            "waiting": gettext("This number has not won; it is number {rank} in the order of the draw."),
            "none": gettext("There is no result for this number."),
        },
        "place": gettext("To collect at {store}, {at}"),
        "states": states_words(),
        "summaries": {
            "right": gettext("Nothing here contradicts the result. All of it was computed on this device."),
            "open": gettext("Nothing here contradicts the result so far, but something is still open."),
            "wrong": gettext("Something does not agree. Keep these files and show them to the notary."),
        },
        "findings": findings_words(),
    }


def states_words() -> dict[str, str]:
    """Give what a finding can be."""
    return {"right": gettext("Right"), "wrong": gettext("Wrong"), "open": gettext("Open")}


def findings_words() -> dict[str, str]:
    """Give what each finding of check.js says, by its code."""
    return {
        "unreadable": gettext("The files are not as they were published: they cannot be read."),
        "signed": gettext(
            "The first {size} lines of the ledger {origin} are signed by its key. "
            "Compare the key with the one on paper."
        ),
        "notary": gettext("The notary has signed the same lines, {at}."),
        "witness": gettext("The witness has signed the same lines, {at}."),
        "unsigned-notary": gettext("The notary has not signed these lines yet."),
        "unsigned-witness": gettext("The witness has not signed these lines yet."),
        "ledger": gettext("The {count} lines that tell of this draw are among the signed ones."),
        "commitment": gettext("The commitment is the one that the ledger names."),
        "pool": gettext("This part of the list of participants is in the commitment, unchanged."),
        "not-in-pool": gettext("This number is not in the list of participants."),
        "in-pool": gettext(
            "This number is in the list of participants: group {stratum}, tickets: {tickets}."
        ),
        "no-seed-yet": gettext("The draw is still to come."),
        "seed": gettext("The seed follows from the commitment, the dice and the beacon: {seed}"),
        "ticket": gettext("The smallest ticket of this number begins with {value} (tickets: {tickets})."),
        "won": gettext(
            "It is not above {cutoff}, the last ticket that won in its group: so the number has won."
        ),
        "not-won": gettext(
            "It is above {cutoff}, the last ticket that won in its group, where {quota} could win: "
            "so the number has not won."
        ),
    }
