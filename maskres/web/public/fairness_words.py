"""What the fairness report calls its comparisons and groups."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext

from maskres.lottery.fairness import OTHERS
from maskres.lottery.fairness_report import UNKNOWN
from maskres.web.names import district_name

COMPARISONS = {
    "registered-at": lazy_gettext("By time of registration"),
    "district": lazy_gettext("By district"),
    "age": lazy_gettext("By age"),
    "sex": lazy_gettext("By sex"),
    "basis": lazy_gettext("By what admitted them"),
}
_GROUPS = {
    OTHERS: lazy_gettext("Smaller groups together"),
    UNKNOWN: lazy_gettext("Not known"),
    "F": lazy_gettext("Women"),
    "M": lazy_gettext("Men"),
    "household": lazy_gettext("Household registration"),
    "insurance": lazy_gettext("Social insurance"),
    "employment": lazy_gettext("Employment registration"),
}


def group_name(comparison: str, name: str) -> str:
    """Name a group of a comparison.

    Args:
        comparison: such as "district".
        name: as fairness.json spells it.
    """
    if name in _GROUPS:
        return str(_GROUPS[name])
    if comparison == "district":
        return district_name(name)
    if comparison == "registered-at":
        return str(gettext("Tenth %(band)s of those registering, by time", band=name.removeprefix("tenth-")))
    low, _, high = name.partition("-")
    if comparison == "age" and not high:
        return str(gettext("%(low)s and older", low=low))
    return f"{low}–{high}" if comparison == "age" else name
