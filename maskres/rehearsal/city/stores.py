"""The shops of the synthetic city: where they stand, when they open, and how much each can hand out.

Shop names are invented; the streets are ones that exist or might.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maskres.errors import InputError
from maskres.rehearsal.city.chance import Chance
from maskres.rehearsal.city.places import DISTRICTS

MOST_STORES = 5_000

_BRANDS = "凤凰木 三角梅 筼筜月 白鹭洲 环岛风 木棉里 沙坡尾 日光岩 海堤春 红砖厝 五缘湾 茶香里"
_SHOPS = "大药房 药店 药房 便民超市"
_STREETS = {
    "siming": "厦禾路 湖滨南路 莲前西路 文园路 前埔中路 龙头路 思明南路 禾祥西路",
    "huli": "嘉禾路 湖里大道 仙岳路 兴隆路 枋湖东路 华昌路 金山路",
    "jimei": "银江路 石鼓路 杏东路 集源路 乐海路 灌口大道",
    "haicang": "滨湖北路 沧虹路 兴港路 海富路 新阳大道",
    "tongan": "环城南路 银湖中路 同辉路 祥平中路 大同路",
    "xiangan": "新兴路 巷北路 翔安西路 马巷大道 新店中路",
}
_HOURS = (
    ("08:00", "21:00"),
    ("08:30", "20:30"),
    ("09:00", "21:30"),
    ("09:00", "18:00"),
    ("10:00", "19:00"),
)
_SIZES = (1, 2, 4, 4, 6, 9)


@dataclass(frozen=True, slots=True)
class Store:
    """A shop where goods are handed out.

    Args:
        store: its slug.
        district: slug of the one district it stands in.
        name: what is written over the door.
        address: street and number.
        opens: local time, HH:MM.
        closes: local time, HH:MM, later than opens.
        size: share of the places it gets, beside the others'.
    """

    store: str
    district: str
    name: str
    address: str
    opens: str
    closes: str
    size: int


def make_stores(chance: Chance, count: int) -> tuple[Store, ...]:
    """Spread shops over the districts by population.

    Args:
        chance: the city's chance.
        count: shops, 1 to MOST_STORES.

    Returns:
        The shops by district, within a district the best known first.

    Raises:
        InputError: "bad-city" for a number of shops out of bounds.
    """
    if not 1 <= count <= MOST_STORES:
        raise InputError(
            "bad-city", f"A city has 1 to {MOST_STORES:,} stores, not {count:,}.", field="stores"
        )
    found = []
    shares = apportion(count, [residents for _, _, residents in DISTRICTS])
    for (district, title, _), share in zip(DISTRICTS, shares, strict=True):
        for number in range(1, share + 1):
            found.append(_make_store(chance, district, title, number))
    return tuple(found)


def apportion(total: int, weights: list[int]) -> list[int]:
    """Share a total out in proportion to weights, the largest remainders rounded up (ties: the earlier)."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(total * weights[place] % whole), place))
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares


def write_stores(stores: tuple[Store, ...], folder: Path) -> Path:
    """Write stores.csv, an office file: UTF-8 without byte order mark, English header, addresses in quotes."""
    lines = ["store,district,name,address,opens,closes\n"]
    lines += [f'{s.store},{s.district},{s.name},"{s.address}",{s.opens},{s.closes}\n' for s in stores]
    path = folder / "stores.csv"
    path.write_bytes("".join(lines).encode("utf-8"))
    return path


def _make_store(chance: Chance, district: str, title: str, number: int) -> Store:
    store = f"{district}-{number:03d}"
    digest = chance.digest(f"store/{store}")
    streets, brands, shops = _STREETS[district].split(), _BRANDS.split(), _SHOPS.split()
    street = streets[digest[0] % len(streets)]
    house = 1 + int.from_bytes(digest[1:3], "big") % 600
    opens, closes = _HOURS[digest[3] % len(_HOURS)]
    return Store(
        store=store,
        district=district,
        name=f"{brands[digest[4] % len(brands)]}{shops[digest[5] % len(shops)]}({street[:2]}{number}店)",
        address=f"厦门市{title}{street}{house}号, {1 + digest[6] % 3}层",
        opens=opens,
        closes=closes,
        size=_SIZES[digest[7] % len(_SIZES)],
    )
