"""What people call districts and goods; whatever is not listed is shown as the rules spell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext

from maskres.db.rounds import Store

_DISTRICTS = {
    "siming": lazy_gettext("Siming"),
    "huli": lazy_gettext("Huli"),
    "jimei": lazy_gettext("Jimei"),
    "haicang": lazy_gettext("Haicang"),
    "tongan": lazy_gettext("Tong'an"),
    "xiangan": lazy_gettext("Xiang'an"),
}
_GOODS = {
    "masks": lazy_gettext("masks"),
    "test kits": lazy_gettext("test kits"),
    "vaccine doses": lazy_gettext("vaccine doses"),
    "shelter places": lazy_gettext("shelter places"),
    "school places": lazy_gettext("school places"),
}


def district_name(slug: str) -> str:
    """Name a district."""
    return str(_DISTRICTS.get(slug, slug))


def goods_name(goods: str) -> str:
    """Name what is handed out."""
    return str(_GOODS.get(goods.casefold().replace("-", " "), goods))


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
