"""Approving what was looked at: an act that cannot be undone is bound to the digest of what its page showed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask_babel import gettext

from maskres.usecases.showing.overview import DrawOverview, RoundOverview
from maskres.web.forms import Form


def state_digest(one: DrawOverview) -> str:
    """Give the digest of all that a draw stands on, so that nothing is done but what was looked at."""
    return _digest(_draw_state(one))


def round_digest(shown: RoundOverview) -> str:
    """Give the digest of a round's rules and of all that its draws stand on; not of how many have registered."""
    draws = [_draw_state(one) for one in shown.draws]
    return _digest([shown.round.slug, str(shown.round.status), shown.round.rules_sha256, draws])


def is_approved(form: Form, digest: str) -> bool:
    """Tell whether a form approves what stands now; where not, the form says that something changed."""
    if form["approved"] == digest:
        return True
    form.errors[""] = gettext("Something changed since you looked. Please look at it again.")
    return False


def _draw_state(one: DrawOverview) -> dict[str, Any]:
    return {
        "draw": [one.draw.draw, str(one.draw.status), str(one.draw.decided_at)],
        "sources": [one.draw.dice, one.draw.beacon, one.draw.seed],
        "files": {name: file.sha256 for name, file in one.files.items()},
        "changes": one.waiting_changes,
    }


def _digest(looked_at: Any) -> str:
    return hashlib.sha256(json.dumps(looked_at, sort_keys=True).encode()).hexdigest()
