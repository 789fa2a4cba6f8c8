"""Where the residents of the synthetic city live, and where their documents were issued.

Facts used:
- Residents of the six districts at the seventh national census (1 November 2020; Xiamen Municipal Bureau of
  Statistics, communiqué of the seventh census), together 5,163,970. Gulangyu has been part of Siming since 2003.
- Codes of counties are those of GB/T 2260 with the years in which they were in force (1983 and earlier: 1980).
  Xiamen's own changed in 1987 (Huli), 1996 (Tong'an), and 2003 (Gulangyu and Kaiyuan joined to Siming, Xinglin
  made Haicang, Xiang'an split off), so most residents born before 1980 bear a code that no longer exists, or one
  that did not exist yet when they were born: the code is that of the year of issue.
- Prefixes 810000, 820000 and 830000 are the residence permits of people from Hong Kong, Macao and Taiwan. Cards of
  permanent residence have 18 digits since 2023 (9, province, country in digits), 15 characters before.
The shares of codes and documents are invented, with Xiamen and its neighbours most frequent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

DISTRICTS: tuple[tuple[str, str, int], ...] = (
    ("siming", "思明区", 1_073_315),
    ("huli", "湖里区", 1_036_974),
    ("jimei", "集美区", 1_036_987),
    ("haicang", "海沧区", 582_519),
    ("tongan", "同安区", 855_920),
    ("xiangan", "翔安区", 578_255),
)
"""Slug, name and residents of each district at the census of 2020."""


class Kind(IntEnum):
    """What document a resident holds."""

    CN_ID = 0
    HMT_PERMIT = 1
    PR_CARD = 2
    OLD_PR_CARD = 3
    PASSPORT = 4


ID_TYPES = ("cn-id", "hmt-permit", "pr-card", "pr-card", "passport")
"""The word of office files for each Kind."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One kind of document from one place of issue.

    Args:
        kind: what document it is.
        prefix: its first six digits; empty where the number has another shape.
        issuer: three-letter code of the state or region whose passport the holder has.
        weight: how frequent it is, about per 2,000 residents.
        since: first year in which the code was in force.
        until: last year in which the code was in force.
    """

    kind: Kind
    prefix: str
    issuer: str
    weight: int
    since: int = 1980
    until: int = 2099

    @property
    def is_local(self) -> bool:
        """Tell whether it was issued in Xiamen."""
        return self.prefix.startswith("3502")

    def has_holders_born_in(self, year: int) -> bool:
        """Tell whether somebody born in a year may have got this document.

        Numbers were given out from 1984 on, to everyone; a later code went to the newly born and to children
        who had no number yet.
        """
        return year <= self.until and (self.since <= 1990 or year >= self.since - 12)


_XIAMEN = """
350203:150 350202:20:1983-2003 350204:140:1983-2003 350205:70 350206:100:1987- 350211:80
350212:60:1996- 350213:60:2003- 350221:120:1980-1996 350201:5
"""
_FUJIAN = """
350524:60 350521:35 350522:25:1985-1992 350582:25:1992- 350523:25:1985-1993 350583:25:1993- 350525:15 350526:10
350502:12 350621:22:1985-1993 350681:20:1993- 350623:30 350622:15 350624:18 350627:14 350628:20 350602:15 350625:10
352623:10:1980-1996 350822:8:1996-2014 352624:10:1980-1996 350823:8:1996- 352622:7:1980-1996 350821:6:1996-
352601:6:1981-1996 350802:6:1996- 350322:15 350321:12:1983-2002 350426:8 350425:10 350783:5:1994- 352124:4:1980-1994
352227:5:1980-1999 350102:5 350181:5:1990-
"""
_ELSEWHERE = """
362429:10:1980-2000 360829:5:2000- 362421:8:1980-2000 362228:8:1980-2000 360121:10 510215:6:1983-1997
511222:5:1992-1997 512222:8:1980-1992 500234:4:1997-2016 512927:8:1980-1993 511324:8:1993- 513022:8:1980-1999
511722:4:1999- 422427:5:1980-1986 422322:6:1980-1998 421221:4:1998- 412926:7:1980-1994 411325:6:1994-
413026:12:1980-1998 411525:8:1998- 340823:8:1988-2015 342122:10:1980-1996 341221:8:1996- 342622:8:1980-1999
522224:7:1980-2011 520623:3:2011- 522422:8:1980-2011 522427:10:1980-2011 432427:4:1980-1988 430421:8 441226:3
440508:3:1991-2003 330106:3 332623:4:1982-1994 310102:2:1980-2000 110103:2:1980-2010 230103:4 610113:4
320623:3 653125:2 650102:2 540102:1
"""
_ABROAD = (
    Issue(Kind.HMT_PERMIT, "810000", "HKG", 5),
    Issue(Kind.HMT_PERMIT, "820000", "MAC", 2),
    Issue(Kind.HMT_PERMIT, "830000", "TWN", 14),
    Issue(Kind.PR_CARD, "935840", "USA", 2),
    Issue(Kind.PR_CARD, "935826", "GBR", 1),
    Issue(Kind.PR_CARD, "935392", "JPN", 1),
    Issue(Kind.PR_CARD, "931276", "DEU", 1),
    Issue(Kind.OLD_PR_CARD, "", "PHL", 1),
    Issue(Kind.OLD_PR_CARD, "", "MYS", 1),
    Issue(Kind.PASSPORT, "", "USA", 2),
    Issue(Kind.PASSPORT, "", "GBR", 2),
    Issue(Kind.PASSPORT, "", "JPN", 2),
    Issue(Kind.PASSPORT, "", "DEU", 1),
    Issue(Kind.PASSPORT, "", "PHL", 2),
    Issue(Kind.PASSPORT, "", "SGP", 1),
)


def _read(table: str) -> list[Issue]:
    issues = []
    for item in table.split():
        code, weight, *years = item.split(":")
        since, until = years[0].split("-") if years else ("1980", "")
        issues.append(Issue(Kind.CN_ID, code, "CHN", int(weight), int(since), int(until or "2099")))
    return issues


ISSUES: tuple[Issue, ...] = (*_read(_XIAMEN), *_read(_FUJIAN), *_read(_ELSEWHERE), *_ABROAD)
"""Every kind and place of issue in the city."""
