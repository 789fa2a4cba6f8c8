"""What holds for every pool: the draw against the plain reference, and what taking people out changes."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maskres.lottery.audit import audit_sample
from maskres.lottery.draw import count_expected_winners, draw
from maskres.lottery.pool import Pool, read_pool
from maskres.lottery.results import Result, read_result, write_result
from tests.reference import plain_draw
from tests.reference.lottery_files import number, pool_file

Entry = tuple[str, str, int]

STRATA = ["a", "elderly", "general", "s" * 40]
seeds = st.binary(min_size=32, max_size=32).map(bytes.hex)


@st.composite
def pools(draw_: st.DrawFn) -> tuple[list[Entry], dict[str, int]]:
    indices = draw_(st.lists(st.integers(0, 10_000), unique=True, max_size=40))
    entries = [
        (number(index), draw_(st.sampled_from(STRATA)), draw_(st.sampled_from([1, 1, 1, 2, 3, 10])))
        for index in indices
    ]
    quotas = {
        stratum: draw_(st.integers(0, 15)) for stratum in sorted({stratum for _, stratum, _ in entries})
    }
    return entries, quotas


def drawn(entries: list[Entry], quotas: dict[str, int], seed: str) -> Result:
    return draw(read_pool(pool_file(entries)), quotas, seed)


def written(result: Result) -> bytes:
    stream = io.BytesIO()
    write_result(result, stream)
    return stream.getvalue()


@given(pools(), seeds)
def test_engine_and_reference_agree(pool: tuple[list[Entry], dict[str, int]], seed: str) -> None:
    entries, quotas = pool
    result = drawn(entries, quotas, seed)
    lines, cutoffs = plain_draw.draw(entries, quotas, seed)
    assert written(result) == plain_draw.result_file(lines)
    assert result.cutoffs == cutoffs
    winners = [text for _, text, _, _, outcome in lines if outcome == "won"]
    assert audit_sample(result, seed, 5) == plain_draw.audit(winners, seed, 5)
    assert count_expected_winners(read_pool(pool_file(entries)), quotas) == len(winners)


@given(pools(), seeds)
def test_result_is_read_as_it_was_written(pool: tuple[list[Entry], dict[str, int]], seed: str) -> None:
    result = drawn(*pool, seed)
    again = read_result(written(result))
    assert written(again) == written(result)
    assert again.winners.tolist() == result.winners.tolist()


@given(pools(), seeds, st.randoms(use_true_random=False))
def test_the_order_of_the_pool_changes_nothing(pool, seed, random) -> None:
    entries, quotas = pool
    expected = drawn(entries, quotas, seed)
    rows = list(range(len(entries)))
    random.shuffle(rows)
    names = list(STRATA)
    random.shuffle(names)
    shuffled = Pool(
        numbers=np.array([entries[row][0] for row in rows], dtype="S12"),
        strata=np.array([names.index(entries[row][1]) for row in rows], dtype=np.int32),
        stratum_names=tuple(names),
        tickets=np.array([entries[row][2] for row in rows], dtype=np.uint8),
    )
    # A stratum of nobody may stand among the names of a pool made in the program; it needs its quota.
    result = draw(shuffled, dict.fromkeys(names, 0) | quotas, seed)
    assert written(result) == written(expected)
    assert result.cutoffs == expected.cutoffs


@given(pools().filter(lambda pool: pool[0]), seeds, st.data())
def test_taking_someone_out_moves_nobody_else(pool, seed, data) -> None:
    entries, quotas = pool
    gone = data.draw(st.sampled_from(entries))
    others = [entry for entry in entries if entry != gone]
    kept = {stratum: quota for stratum, quota in quotas.items() if stratum in {entry[1] for entry in others}}
    before, after = drawn(entries, quotas, seed), drawn(others, kept, seed)
    remaining = [
        (text, ticket)
        for text, ticket in zip(before.numbers.tolist(), before.tickets.tolist(), strict=True)
        if text != gone[0].encode()
    ]
    assert remaining == list(zip(after.numbers.tolist(), after.tickets.tolist(), strict=True))
    # Whoever won still wins, and at most one more of the same stratum does.
    won_before, won_after = set(before.winners.tolist()) - {gone[0].encode()}, set(after.winners.tolist())
    assert won_before <= won_after
    assert len(won_after - won_before) <= 1


@given(pools().filter(lambda pool: pool[0]), seeds, st.data())
def test_another_ticket_never_harms(pool, seed, data) -> None:
    entries, quotas = pool
    lucky = data.draw(st.sampled_from(entries))
    more = [(text, stratum, 10 if text == lucky[0] else tickets) for text, stratum, tickets in entries]
    before, after = drawn(entries, quotas, seed), drawn(more, quotas, seed)
    rank = lucky[0].encode()
    assert after.numbers.tolist().index(rank) <= before.numbers.tolist().index(rank)
    others_before = [text for text in before.numbers.tolist() if text != rank]
    assert others_before == [text for text in after.numbers.tolist() if text != rank]


@given(pools(), seeds)
def test_winners_are_the_smallest_of_their_stratum(
    pool: tuple[list[Entry], dict[str, int]], seed: str
) -> None:
    entries, quotas = pool
    result = drawn(entries, quotas, seed)
    for stratum, quota in quotas.items():
        members = [entry for entry in entries if entry[1] == stratum]
        values = sorted(plain_draw.value_of(seed, text, tickets) for text, _, tickets in members)
        won = min(quota, len(members))
        assert result.count_winners()[stratum] == won
        if won:
            assert result.cutoffs is not None
            assert result.cutoffs[stratum] == values[won - 1]
