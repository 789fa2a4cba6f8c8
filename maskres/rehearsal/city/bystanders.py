"""Residents who register in neither round by themselves: for somebody to try the registering with.

They stand in the registers, and nothing about them is odd: identity cards, one document, names that every register
spells right.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from maskres.rehearsal.city import documents, names
from maskres.rehearsal.city.belonging import (
    fates,
    has_second_document,
    is_employed,
    is_in_household,
    is_insured,
)
from maskres.rehearsal.city.chance import Chance, Flags, in_band
from maskres.rehearsal.city.people import People, Population
from maskres.rehearsal.city.registrations import RegistrationWriter, single_count
from maskres.rehearsal.city.timetable import Timetable
from maskres.rehearsal.city.wishes import Registration, WishMaker, shares_phone

_ADULT, _ELDERLY = 20, 60


def make_bystanders(
    chance: Chance,
    population: Population,
    timetable: Timetable,
    wish_maker: WishMaker,
    writer: RegistrationWriter,
) -> list[Registration]:
    """Give what two adults would enter who register in neither round by themselves.

    Returns:
        A newcomer whom the second round admits by employment alone, and one who has lived here for long, admitted
        by household in both rounds. In a city of a few hundred, perhaps one or none.
    """
    found: list[Registration] = []
    wanted = {True: _is_employed_only, False: _is_settled}
    for people in population.chunks(has_newcomers=True):
        is_new = population.is_newcomer(people)
        free = ~writer.registers(people, 1) & ~writer.registers(people, 2) & _is_plain(people)
        free &= people.indices >= 2 * single_count(population)
        for newcomer, is_fit in list(wanted.items()):
            fit = free & (is_new == newcomer) & is_fit(people, is_new, timetable)
            if fit.any():
                one = people.take(np.flatnonzero(fit)[:1])
                found.append(_entry(chance, wish_maker, one))
                del wanted[newcomer]
    return found


def _is_plain(people: People) -> Flags:
    """Tell who is an adult with one identity card and a phone of their own, and written right everywhere."""
    found: Flags = (
        people.is_citizen
        & (people.age >= _ADULT)
        & (people.age < _ELDERLY)
        & ~has_second_document(people)
        & ~shares_phone(people)
        & ~names.has_dot(people)
        & ~in_band(people.words[:, 13], 0, 150)
    )
    return found


def _is_employed_only(people: People, is_new: Flags, _timetable: Timetable) -> Flags:
    return is_employed(people, is_new) & ~is_in_household(people, is_new) & ~is_insured(people, is_new)


def _is_settled(people: People, is_new: Flags, timetable: Timetable) -> Flags:
    _, has_moved, has_died = fates(people, timetable.register_day(2))
    came_back = in_band(people.words[:, 5], 600, 650)
    return is_in_household(people, is_new) & ~has_moved & ~has_died & ~came_back


def _entry(chance: Chance, wish_maker: WishMaker, one: People) -> Registration:
    """Write one's registration as the card has it, without anybody's own spelling."""
    nobody = np.zeros(1, dtype=np.bool_)
    entered = next(iter(wish_maker.registrations(one, chance.words("bystander", one.indices), nobody)))
    phone = "".join(symbol for symbol in entered.phone if symbol in "0123456789")[-11:]
    return replace(
        entered,
        id_type="cn-id",
        id_number=documents.numbers(one)[0],
        name=names.names_of(one)[0],
        birth_date="",
        sex="",
        phone=phone,
        for_whom="self",
    )
