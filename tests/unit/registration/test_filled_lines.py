"""Which lines that filled the tables do not stand alone."""

from hypothesis import given
from hypothesis import strategies as st

from maskres.db.filled_lines import FilledLines, pack_lines
from maskres.registration.numbers import registration_number

NUMBERS = [registration_number(bytes(32), f"CN-ID:{n}") for n in range(12)]


@given(
    pieces=st.lists(st.lists(st.sampled_from(range(10)), max_size=6), max_size=4),
    standing=st.sets(st.sampled_from(range(12))),
    met=st.sets(st.integers(0, 30)),
)
def test_a_line_stands_alone_whose_number_stands_once_and_whose_person_was_not_met(
    pieces: list[list[int]], standing: set[int], met: set[int]
) -> None:
    lines, expected = FilledLines(), []
    given_numbers = [n for piece in pieces for n in piece]
    line = 0
    for piece in pieces:
        numbers = range(line, line + len(piece))
        lines.add(pack_lines([NUMBERS[n] for n in piece], [each * 2 for each in numbers], list(numbers)))
        for n in piece:
            if given_numbers.count(n) > 1 or n in standing or line * 2 in met:
                expected.append((line, line * 2))
            line += 1
    assert lines.count == line
    assert lines.find_apart([NUMBERS[n] for n in standing], met) == expected
