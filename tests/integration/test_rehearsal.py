"""Rehearsals repeat themselves byte for byte: on either database, twice over, and killed at any stage."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maskres.errors import ConfigurationError
from maskres.rehearsal.plot import RehearsedRound, rehearse
from maskres.rehearsal.stages import Stage
from tests.support.rehearsed import (
    RESIDENTS,
    ROUNDS,
    SEED,
    STORES,
    Rehearsed,
    bundle_files,
    play_and_kill,
)

pytest_plugins = ("tests.support.rehearsed_fixtures",)

#: Of round 2, for PostgreSQL: what was lost or done twice on the way here is of these stages.
LATER_STAGES = (
    "carry over",
    "import registrations",
    "disputes",
    "collect 2020-02-2",
    "batch",
    "audit",
    "finish",
)


class Quiet:
    """Nobody is watching."""

    def begin(self, stage: str) -> None:
        pass

    def progress(self, done: int, total: int) -> None:
        pass

    def end(self, stage: Stage) -> None:
        pass


def play(url: str, out: Path, **changes: Any) -> list[RehearsedRound]:
    given = {"residents": RESIDENTS, "stores": STORES, "seed": SEED, "round_count": ROUNDS} | changes
    return rehearse(**given, out=out, database_url=url, random_bytes=os.urandom, reporter=Quiet())


def require_same(out: Path, rehearsed: Rehearsed) -> None:
    found, wanted = bundle_files(out), bundle_files(rehearsed.out)
    assert sorted(found) == sorted(wanted)
    assert [name for name in wanted if found[name] != wanted[name]] == []


def test_a_rehearsal_has_two_bundles_and_timings(rehearsed: Rehearsed):
    assert sorted(path.name for path in rehearsed.out.iterdir()) == [
        "bundle",
        "bundle-2",
        "city",
        "timings.json",
    ]
    names = {name.partition("/")[2] for name in bundle_files(rehearsed.out) if name.startswith("bundle-2/")}
    assert {"rules.json", "commitment.json", "result.csv", "allocation.csv", "promotion-1.csv"} <= names
    assert {"audit.json", "ledger.jsonl", "keys.json", "SHA256SUMS", "README", "checkpoints/1"} <= names


def test_the_same_seed_gives_the_same_bytes_on_postgresql(
    rehearsed: Rehearsed, postgres_url: str, tmp_path: Path
):
    played = play(postgres_url, tmp_path)
    assert all(each.bundle.is_new for each in played)
    require_same(tmp_path, rehearsed)


def test_twice_over_changes_nothing(rehearsed: Rehearsed, tmp_path: Path):
    """Into the same database and folder; a folder of its own gets the same bundles from the database alone."""
    stood_at = {path: path.stat().st_mtime_ns for path in rehearsed.out.glob("bundle*/*")}
    played = play(rehearsed.url, rehearsed.out)
    assert not any(each.bundle.is_new for each in played)
    assert {path: path.stat().st_mtime_ns for path in rehearsed.out.glob("bundle*/*")} == stood_at
    play(rehearsed.url, tmp_path)
    require_same(tmp_path, rehearsed)


def test_another_seed_is_another_city(rehearsed: Rehearsed, tmp_path: Path):
    """Nothing is the same but what every round of this city has in common."""
    play(f"sqlite:///{tmp_path / 'maskres.db'}", tmp_path, seed="camphor", round_count=1, residents=100)
    ours, theirs = bundle_files(rehearsed.out), bundle_files(tmp_path)
    same = {name for name in theirs if theirs[name] == ours.get(name)}
    assert same <= {
        "bundle/disputed.csv",
        "bundle/rules.json",
        "bundle/changes-1.csv",
        "bundle/verify_draw.py",
    }


def test_the_database_of_another_rehearsal_is_refused(rehearsed: Rehearsed, tmp_path: Path):
    with pytest.raises(ConfigurationError) as refused:
        play(rehearsed.url, tmp_path, seed="camphor")
    assert refused.value.code == "other-origin"


def kills(rehearsed: Rehearsed, moment: str) -> Iterator[dict[str, Any]]:
    """Kill every stage once at such a moment: in its middle, and one after the other."""
    for stage in rehearsed.stages(moment):
        yield {"stage": stage, "moment": moment, "nth": (rehearsed.counts[stage, moment] + 1) // 2}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_in_every_stage_it_ends_with_the_same_bytes(rehearsed: Rehearsed, tmp_path: Path, moment: str):
    """Just before a commit, and just after: each run is killed in the next stage, the last one goes through."""
    plan = list(kills(rehearsed, moment))
    assert len(plan) >= 30
    ends = play_and_kill(f"sqlite:///{tmp_path / 'maskres.db'}", tmp_path / "out", plan)
    assert ends == [-9] * len(plan) + [0]
    require_same(tmp_path / "out", rehearsed)


def test_killed_while_writing_files_it_ends_with_the_same_bytes(rehearsed: Rehearsed, tmp_path: Path):
    """In the city's files, in a bundle half written, and in one written and not yet in its place."""
    plan = [*kills(rehearsed, "open"), *kills(rehearsed, "rename")]
    assert {"bundle", "write registers", "write registrations"} <= {
        each["stage"].split(": ")[1] for each in plan
    }
    plan.sort(key=lambda each: list(rehearsed.counts).index((each["stage"], each["moment"])))
    ends = play_and_kill(f"sqlite:///{tmp_path / 'maskres.db'}", tmp_path / "out", plan)
    assert ends == [-9] * len(plan) + [0]
    require_same(tmp_path / "out", rehearsed)
    left = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert left == ["bundle", "bundle-2", "city", "timings.json"]


def test_killed_on_postgresql_it_ends_with_the_same_bytes(
    rehearsed: Rehearsed, tmp_path: Path, postgres_url: str
):
    plan = [
        {"stage": stage, "moment": moment, "nth": (rehearsed.counts[stage, moment] + 1) // 2}
        for stage in rehearsed.stages("before")
        for name, moment in zip(LATER_STAGES, ("before", "after") * 4, strict=False)
        if stage.startswith(f"xiamen-2020-2: {name}")
    ]
    assert len(plan) >= len(LATER_STAGES)
    ends = play_and_kill(postgres_url, tmp_path / "out", plan)
    assert ends == [-9] * len(plan) + [0]
    require_same(tmp_path / "out", rehearsed)
