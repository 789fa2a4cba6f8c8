"""Residents who register one by one, each showing one thing the service must do right.

They stand in no file of registrations, though in the registers like everyone. Both rounds have their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from maskres.rehearsal.city import documents
from maskres.rehearsal.city.chance import Chance
from maskres.rehearsal.city.people import Population
from maskres.rehearsal.city.registrations import single_count
from maskres.rehearsal.city.wishes import Registration, WishMaker

BAD_DOCUMENT = "bad-document"
"""Code of the refusal that a wrong check symbol earns."""

_NUMBER_LENGTH = 18
_FULL_WIDTH = str.maketrans("0123456789x", "０１２３４５６７８９ｘ")


class Scenario(StrEnum):
    """What one resident's story shows."""

    REGISTERS = "registers"
    REGISTERS_CHILD = "registers-child"
    REGISTERS_AGAIN = "registers-again"
    WITHDRAWS = "withdraws"
    RETURNS = "returns"
    MISTYPES = "mistypes"


class Action(StrEnum):
    """What is done in one step."""

    REGISTER = "register"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class SingleStep:
    """One call of the service.

    Args:
        action: what is done.
        registration: with what; for a withdrawal, whose.
        refusal: code of the error that must come, or empty.
    """

    action: Action
    registration: Registration
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class SingleRegistration:
    """One resident's story.

    Args:
        scenario: what it shows.
        steps: what is done, in order.
    """

    scenario: Scenario
    steps: tuple[SingleStep, ...]


def make_singles(
    chance: Chance, population: Population, wish_maker: WishMaker, round_index: int
) -> list[SingleRegistration]:
    """Make a round's stories: up to 60 residents, in a city below 1,200 a twentieth of all, perhaps none.

    Args:
        chance: the city's chance.
        population: who lives there.
        wish_maker: what they enter.
        round_index: 1 or 2.
    """
    count = single_count(population)
    people = population.look(np.arange(count * (round_index - 1), count * round_index, dtype=np.int64))
    nobody = np.zeros(len(people), dtype=np.bool_)
    first, again = (
        list(wish_maker.registrations(people, chance.words(f"{label}/{round_index}", people.indices), nobody))
        for label in ("single", "single-again")
    )
    is_child = (people.age < 18).tolist()
    adults = [
        entry for entry, young in zip(zip(first, again, strict=True), is_child, strict=True) if not young
    ]
    children = [entry for entry, young in zip(first, is_child, strict=True) if young]
    return list(_tell(adults, children))


def _tell(
    adults: list[tuple[Registration, Registration]], children: list[Registration]
) -> Iterator[SingleRegistration]:
    """Give the scenarios out in turn; each child comes with an adult, until one of the two run out."""
    waiting = iter(children)
    for turn, (entry, other) in enumerate(adults):
        scenario = list(Scenario)[turn % len(Scenario)]
        child = next(waiting, None) if scenario is Scenario.REGISTERS_CHILD else None
        if scenario is Scenario.REGISTERS_CHILD and child is None:
            scenario = Scenario.REGISTERS
        if scenario is Scenario.MISTYPES and len(_bare(entry.id_number)) != _NUMBER_LENGTH:
            scenario = Scenario.REGISTERS
        own = replace(entry, for_whom="self")
        yield SingleRegistration(scenario, _steps(scenario, own, replace(other, for_whom="self"), child))


def _steps(
    scenario: Scenario, entry: Registration, other: Registration, child: Registration | None
) -> tuple[SingleStep, ...]:
    register = SingleStep(Action.REGISTER, entry)
    withdraw = SingleStep(Action.WITHDRAW, entry)
    if scenario is Scenario.REGISTERS_CHILD and child is not None:
        theirs = replace(child, for_whom="child", phone=entry.phone)
        return register, SingleStep(Action.REGISTER, theirs)
    if scenario is Scenario.REGISTERS_AGAIN:
        return register, SingleStep(Action.REGISTER, _respelled(other))
    if scenario is Scenario.WITHDRAWS:
        return register, withdraw
    if scenario is Scenario.RETURNS:
        return register, withdraw, SingleStep(Action.REGISTER, _respelled(other))
    if scenario is Scenario.MISTYPES:
        return (SingleStep(Action.REGISTER, _mistyped(entry), BAD_DOCUMENT),)
    return (register,)


def _respelled(entry: Registration) -> Registration:
    """Spell a number in a way the bulk file's is hardly ever spelled: full-width, spaced, lower-case x."""
    bare = _bare(entry.id_number)
    if len(bare) != _NUMBER_LENGTH:
        return entry
    spaced = f"{bare[:6]} {bare[6:14]} {bare[14:]}".lower().translate(_FULL_WIDTH)
    return replace(entry, id_number=spaced)


def _mistyped(entry: Registration) -> Registration:
    """Type another check symbol than the right one."""
    bare = _bare(entry.id_number)
    right = documents.check_symbol(bare[:-1])
    return replace(entry, id_number=bare[:-1] + ("7" if right != "7" else "X"))


def _bare(number: str) -> str:
    folded = "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in number)
    return folded.replace(" ", "").upper()
