"""The counters' file of registrations in parts, each with its moment: people come by day and hardly by night."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path

from maskres.rehearsal.city.timetable import XIAMEN

#: How many come in each hour of a local day, as shares of all.
_BY_HOUR = (2, 1, 1, 1, 1, 2, 5, 12, 20, 26, 28, 24, 20, 20, 22, 22, 22, 20, 22, 28, 30, 24, 14, 6)
#: Sizes of the parts, one after another and again: no hour is quite like another.
_SIZES = (5, 3, 6, 4, 7, 4, 5)
_MINUTE = timedelta(minutes=1)


def cut(path: Path, count: int) -> list[Path]:
    """Cut a file into parts beside it: the same parts, byte by byte, whenever it is cut.

    Args:
        path: an office file with a header.
        count: parts, ≥ 1; fewer where there are fewer lines.

    Returns:
        The parts in the order of their lines.
    """
    header, *lines = path.read_bytes().splitlines(keepends=True)
    sizes = [_SIZES[nth % len(_SIZES)] for nth in range(count)]
    ends = [len(lines) * total // sum(sizes) for total in accumulate(sizes)]
    found: list[Path] = []
    for begin, end in zip([0, *ends], ends, strict=False):
        if begin < end:
            part = path.with_name(f"{path.stem}-{len(found) + 1:02d}{path.suffix}")
            part.write_bytes(header + b"".join(lines[begin:end]))
            found.append(part)
    return found


def moments(begins_at: datetime, ends_at: datetime, count: int) -> list[datetime]:
    """Say when each of some parts comes.

    Args:
        begins_at: aware time before which none comes.
        ends_at: aware time from which on none comes, later than the beginning.
        count: parts, ≥ 1.

    Returns:
        Ascending times, closest together when most come.
    """
    minutes = max(1, (ends_at - begins_at) // _MINUTE)
    hours = ((begins_at + nth * _MINUTE).astimezone(XIAMEN).hour for nth in range(minutes))
    totals = list(accumulate(_BY_HOUR[hour] for hour in hours))
    aims = (totals[-1] * (2 * nth + 1) / (2 * count) for nth in range(count))
    return [begins_at + bisect_left(totals, aim) * _MINUTE for aim in aims]
