"""A second set of batches, written from spec A1 to A9 alone: dictionaries and loops."""

from __future__ import annotations

from fractions import Fraction

Line = tuple[int, str, str, str, str]

ENDS_A_WIN = {"forfeited", "cancelled", "disqualified", "lapsed"}


class Story:
    """What has happened to everyone of one draw."""

    def __init__(self, result: list[Line], allocation: list[Line]) -> None:
        self.order = [number for _, number, *_ in result]
        self.stratum = {number: stratum for _, number, stratum, _, _ in result}
        self.state = dict.fromkeys(self.order, "waiting")
        for _, number, store, _, _ in allocation:
            self.state[number] = "placed" if store else "unplaced"

    def batch(
        self, changes: dict[str, str], released: dict[str, int], *, has_ended: bool = False
    ) -> tuple[list[str], list[str]]:
        """Apply changes; give who is to be placed: the displaced and unplaced, then the promoted, if any may be."""
        freed = dict.fromkeys(self.stratum.values(), 0)
        first = []
        for number, cause in changes.items():
            if cause == "displaced":
                first.append(number)
            else:
                if self.state[number] != "waiting" and cause in ENDS_A_WIN:
                    freed[self.stratum[number]] += 1
                self.state[number] = cause
        first += [number for number in self.order if self.state[number] == "unplaced"]
        then: list[str] = []
        for number in [] if has_ended else self.order:
            stratum = self.stratum[number]
            if self.state[number] == "waiting" and freed[stratum] + released.get(stratum, 0) > 0:
                freed[stratum] -= 1
                then.append(number)
        return first, then

    def finish(self, promotion: list[Line]) -> None:
        for _, number, store, _, _ in promotion:
            self.state[number] = "placed" if store else "left-unplaced"


def share(total: int, quotas: dict[str, int]) -> dict[str, int]:
    """Largest remainder, ties by name."""
    whole = sum(quotas.values())
    if not whole:
        return dict.fromkeys(quotas, 0)
    exact = {stratum: Fraction(total * quota, whole) for stratum, quota in quotas.items()}
    shares = {stratum: int(part) for stratum, part in exact.items()}
    while sum(shares.values()) < total:
        behind = min(quotas, key=lambda stratum: (shares[stratum] - exact[stratum], stratum))
        shares[behind] += 1
    return shares
