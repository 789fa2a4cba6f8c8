"""fairness.json: the operator's statement of how winners compare with the pool (see `fairness`).

It stands beside the result and is no part of the bundle: its groups come from the operator's database.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskres.formats import strict_json
from maskres.lottery.fairness import (
    FLAG_BELOW,
    LEAST_GROUP,
    Comparison,
    Correlation,
    Drawn,
    compare_groups,
    correlate,
    cut_into_tenths,
)

FILE = "fairness.json"
PROTOCOL = "maskres-fairness-1"
AGE_BANDS = ("0-17", "18-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80-")
"""Whole years on the reference date."""
_AGE_BOUNDS = (18, 30, 40, 50, 60, 70, 80)
UNKNOWN = "unknown"
DIMENSIONS = ("registered-at", "district", "age", "sex", "basis")


class Coded(NamedTuple):
    """Texts that repeat, one a row.

    Attributes:
        codes: the text of each row, an index of `names`.
        names: the texts; empty for what is not known.
    """

    codes: NDArray[np.int32]
    names: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What is known of the rows of a pool.

    Attributes:
        registered_at: seconds of the time of the first registration.
        districts: slugs.
        ages: whole years on the reference date, in decimal.
        sexes: "F" or "M".
        bases: the basis that admitted them.
    """

    registered_at: NDArray[np.int64]
    districts: Coded
    ages: Coded
    sexes: Coded
    bases: Coded


def write_report(drawn: Drawn, labels: Labels, *, about: dict[str, Any]) -> bytes:
    """Write fairness.json.

    Args:
        drawn: the pool after its draw.
        labels: of its rows, in the same order.
        about: which draw: members to put in front (origin, round, draw, result_sha256).

    Returns:
        One JSON object in one line; numbers that are not whole stand as decimal texts.
    """
    tenths = [f"tenth-{band}" for band in range(1, 11)]
    comparisons = {
        "registered-at": compare_groups(drawn, cut_into_tenths(labels.registered_at), tenths),
        "district": _compare(drawn, labels.districts),
        "age": compare_groups(drawn, _bands(labels.ages), [*AGE_BANDS, UNKNOWN]),
        "sex": _compare(drawn, labels.sexes),
        "basis": _compare(drawn, labels.bases),
    }
    order = correlate(drawn, labels.registered_at)
    value = {
        **about,
        "protocol": PROTOCOL,
        "statement_of": "operator",
        "flag_below": str(FLAG_BELOW),
        "least_group": LEAST_GROUP,
        "registration_order": _correlation(order),
        "comparisons": {name: _comparison(found) for name, found in comparisons.items()},
    }
    return strict_json.dumps(value)


def read_report(data: bytes) -> dict[str, Any]:
    """Read fairness.json, which this deployment wrote, for a page to show."""
    return strict_json.loads(data, file=FILE, is_published=True)


def _compare(drawn: Drawn, labels: Coded) -> Comparison:
    known = sorted({name for name in labels.names if name})
    code_of = {"": len(known)} | {name: code for code, name in enumerate(known)}
    return compare_groups(
        drawn, _map_codes(labels, [code_of[name] for name in labels.names]), [*known, UNKNOWN]
    )


def _bands(ages: Coded) -> NDArray[np.int64]:
    """Give the band of each age, an index of AGE_BANDS; what is not known comes after the last."""
    bands = [bisect_right(_AGE_BOUNDS, int(age)) if age else len(AGE_BANDS) for age in ages.names]
    return _map_codes(ages, bands)


def _map_codes(labels: Coded, values: Sequence[int]) -> NDArray[np.int64]:
    """Give the value that belongs to the text of each row."""
    return np.array(values, dtype=np.int64)[labels.codes]


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "groups": [
            {"name": group.name, "pool": group.pool, "expected": f"{group.expected:.1f}", "won": group.won}
            for group in found.groups
        ],
        "chi_square": f"{found.statistic:.2f}",
        "degrees": found.degrees,
        "p": f"{found.p:.4f}",
        "is_tested": found.is_tested,
        "is_flagged": found.is_flagged,
    }


def _correlation(found: Correlation) -> dict[str, Any]:
    return {
        "coefficient": f"{found.coefficient:.4f}",
        "z": f"{found.z:.2f}",
        "p": f"{found.p:.4f}",
        "is_tested": found.is_tested,
        "is_flagged": found.is_flagged,
    }
