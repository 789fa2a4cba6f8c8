"""Lines spelled from arrays: whole numbers of every length."""

from __future__ import annotations

import numpy as np

from maskres.formats.csv_lines import spell_columns, spell_counts, spell_whole


def test_whole_numbers_are_spelled_in_decimal_in_whatever_order():
    values = [7, 1_000_000, 10, 99, 100]
    spelled = spell_columns([spell_whole(np.array(values)), spell_whole(np.array(values[::-1]))])
    assert spelled.decode() == "7,100\n1000000,99\n10,10\n99,1000000\n100,7\n"
    assert spell_whole(np.arange(0)).tolist() == []


def test_counts_go_from_one():
    assert spell_columns([spell_counts(slice(8, 11))]) == b"9\n10\n11\n"
