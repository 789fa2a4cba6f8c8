"""Ranking stores by plain buttons: each press is one act, so it works without scripts, by keyboard and in two tabs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from maskres.registration.seals import CHOICES_LIMIT

CONTINUE = "continue"


def rank(choices: Sequence[str], act: str, stores: Collection[str]) -> list[str]:
    """Apply a button to the chosen stores.

    Args:
        choices: slugs, best first.
        act: "add:STORE", "remove:STORE", "up:STORE", "down:STORE"; anything else, an unknown store or a store that
            cannot be moved that way leaves them as they are.
        stores: the stores of the round.

    Returns:
        The stores chosen afterwards, best first, at most CHOICES_LIMIT.
    """
    kind, _, store = act.partition(":")
    chosen = [each for each in choices if each in stores]
    if store not in stores:
        return chosen
    if kind == "add" and store not in chosen and len(chosen) < CHOICES_LIMIT:
        return [*chosen, store]
    if store not in chosen:
        return chosen
    place = chosen.index(store)
    if kind == "remove":
        chosen.pop(place)
    elif kind == "up" and place > 0:
        chosen[place - 1 : place + 1] = [store, chosen[place - 1]]
    elif kind == "down" and place < len(chosen) - 1:
        chosen[place : place + 2] = [chosen[place + 1], store]
    return chosen
