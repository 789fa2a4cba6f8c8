"""Which registers each resident of the synthetic city stands in, and why some no longer should.

About 70 % of the residents stand in the household register (of citizens with a local number 92 %, of others 48 %), 45 %
in the insurance register, 30 % in the employment register, and some in none. Newcomers stand mostly in the
employment register: their employers enlist them, and little else knows them yet.
"""

from __future__ import annotations

import numpy as np

from maskres.rehearsal.city.chance import Flags, Ints, in_band, scaled
from maskres.rehearsal.city.people import ISSUE_IS_LOCAL, People

WORKING_AGE = 16


def has_second_document(people: People) -> Flags:
    """Tell who has a passport beside their first document, known to the registers that hold them: 1.6 % of citizens."""
    word = people.words[:, 14] >> 8
    return np.where(people.is_citizen, word < 4, word < 77)


def is_in_household(people: People, is_new: Flags) -> Flags:
    """Tell who stands in the household register."""
    word = people.words[:, 4]
    bound = np.where(is_new, 3_000, np.where(ISSUE_IS_LOCAL[people.issue], 60_300, 31_400))
    return people.is_citizen & (word < bound)


def is_insured(people: People, is_new: Flags) -> Flags:
    """Tell who stands in the insurance register."""
    is_of_age = (people.age >= 18) & (people.age < 60)
    return is_of_age & (people.words[:, 8] < np.where(is_new, 20_000, 42_000))


def is_employed(people: People, is_new: Flags) -> Flags:
    """Tell who stands in the employment register."""
    is_of_age = (people.age > WORKING_AGE) & (people.age < 65)
    return is_of_age & (people.words[:, 11] < np.where(is_new, 56_000, 26_300))


def fates(people: People, final_day: int) -> tuple[Ints, Flags, Flags]:
    """Tell who left the household register, and when.

    Args:
        people: the residents.
        final_day: day by which everything known to the second round has happened, as position from FIRST_ORDINAL.

    Returns:
        Day of the event, who moved away that day (1.5 %), who died that day (0.3 %, from 70 years 4 %).
    """
    event_day = final_day - scaled(people.words[:, 7], 900)
    word = people.words[:, 5]
    is_possible = event_day > people.birth + 40
    has_moved = in_band(word, 0, 150) & is_possible
    has_died = is_possible & np.where(people.age < 70, in_band(word, 150, 180), in_band(word, 150, 550))
    return event_day, has_moved, has_died
