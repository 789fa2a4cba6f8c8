"""Stores by district, as people look for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskres.db.rounds import Store
from maskres.web.names import district_name


@dataclass(frozen=True, slots=True)
class District:
    """A district with its stores."""

    slug: str
    name: str
    stores: tuple[Store, ...]


def by_district(stores: Sequence[Store], first: str = "") -> list[District]:
    """Sort stores by district, one's own first."""
    slugs = sorted({store.district for store in stores}, key=lambda slug: (slug != first, slug))
    return [
        District(slug, district_name(slug), tuple(store for store in stores if store.district == slug))
        for slug in slugs
    ]
