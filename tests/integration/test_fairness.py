"""The fairness report of a round that was played, on both databases."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import update

from maskres.db import files, results, rounds
from maskres.db.tables import registrations
from maskres.errors import InputError
from maskres.lottery.results import read_result
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.draw.drawing import publish_allocation
from maskres.usecases.draw.fairness import show_fairness
from maskres.usecases.service import Service
from tests.support.people import STORES, make_people
from tests.support.raw import fetch
from tests.support.world import OPERATOR, play_to


def test_the_report_is_published_with_the_places_and_counts_the_pool(service: Service) -> None:
    played = play_to(service, DrawStatus.DRAWN)
    with pytest.raises(InputError, match="not published"):
        show_fairness(service, played.slug, played.draw)
    play_to(service, DrawStatus.PUBLISHED)
    _, report = show_fairness(service, played.slug, played.draw)
    with service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, played.slug), played.draw)
        result = read_result(files.fetch_bytes(c, draw.id, "result.csv"))
        digest = files.list_files(c, draw.id)["result.csv"].sha256
    assert (report["round"], report["draw"], report["result_sha256"]) == (played.slug, played.draw, digest)
    assert set(report["comparisons"]) == {"registered-at", "district", "age", "sex", "basis"}
    for comparison in report["comparisons"].values():
        assert sum(group["pool"] for group in comparison["groups"]) == len(result)
        assert sum(group["won"] for group in comparison["groups"]) == len(result.winners)
        assert all(group["pool"] >= 10 for group in comparison["groups"])
        expected = sum(float(group["expected"]) for group in comparison["groups"])
        assert expected == pytest.approx(len(result.winners), abs=0.2)


def test_the_groups_are_those_of_the_people_in_the_pool(service: Service) -> None:
    """Counted once more from the people: born in 1950 or 1985, all men, in two districts; some of them too few."""
    people = make_people(72)
    played = play_to(service, DrawStatus.PUBLISHED, people=people, capacity=30)
    _, report = show_fairness(service, played.slug, played.draw)
    with service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, played.slug), played.draw)
        result = read_result(files.fetch_bytes(c, draw.id, "result.csv"))
    person_of = {played.numbers[each.index]: each for each in people}
    pool = [
        (person_of[number], won)
        for number, won in zip(result.numbers.astype(str).tolist(), result.has_won.tolist(), strict=True)
    ]
    labels = {
        "age": lambda each: "60-69" if each.birth_date.year == 1950 else "30-39",
        "sex": lambda each: "M",
        "district": lambda each: STORES[each.index % 3][1],
    }
    for name, label in labels.items():
        expected = Counter(label(each) for each, _ in pool)
        won = Counter(label(each) for each, has_won in pool if has_won)
        assert min(expected.values()) >= 10, name
        groups = report["comparisons"][name]["groups"]
        assert {each["name"]: (each["pool"], each["won"]) for each in groups} == {
            group: (count, won[group]) for group, count in expected.items()
        }, name


def test_a_draw_in_order_of_registration_is_flagged_in_the_report(sqlite_service: Service) -> None:
    """Times of registration set, behind everybody's back, to the order of the draw."""
    service = sqlite_service
    played = play_to(service, DrawStatus.DRAWN, people=make_people(60), capacity=20)
    with service.database.writing() as c:
        round_ = rounds.find_round(c, played.slug)
        draw = rounds.find_draw(c, round_, played.draw)
        result = read_result(files.fetch_bytes(c, draw.id, "result.csv"))
        for rank, number in enumerate(result.numbers.astype(str).tolist()):
            where = (registrations.c.round_id == round_.id, registrations.c.number == number)
            at = round_.opened_at.replace(minute=rank % 60, hour=rank // 60)
            c.execute(update(registrations).where(*where).values(registered_at=at))
    play_to(service, DrawStatus.PUBLISHED)
    _, report = show_fairness(service, played.slug, played.draw)
    assert report["registration_order"]["is_flagged"] and float(report["registration_order"]["z"]) > 4


def test_strata_are_not_compared_with_each_other(sqlite_service: Service) -> None:
    """All of the old win and few of the others, by the quotas: by age everybody won as often as expected."""
    people = make_people(60)
    quotas = {"elderly": 60, "general": 9}
    played = play_to(sqlite_service, DrawStatus.PUBLISHED, people=people, capacity=20, quotas=quotas)
    _, report = show_fairness(sqlite_service, played.slug, played.draw)
    ages = report["comparisons"]["age"]
    with sqlite_service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, played.slug), played.draw)
        result = read_result(files.fetch_bytes(c, draw.id, "result.csv"))
    old = result.strata == result.stratum_names.index("elderly")
    assert 10 <= old.sum() < 30 and result.has_won[old].all()
    oldest = [group for group in ages["groups"] if float(group["expected"]) == group["pool"]]
    assert sum(group["pool"] for group in oldest) == old.sum() and not ages["is_flagged"]


def test_the_report_is_no_part_of_the_bundle(sqlite_service: Service, tmp_path: Path) -> None:
    played = play_to(sqlite_service, DrawStatus.PUBLISHED)
    export_bundle(sqlite_service, played.slug, played.draw, tmp_path / "bundle")
    names = {path.name for path in (tmp_path / "bundle").rglob("*")}
    assert "result.csv" in names and "fairness.json" not in names


def test_where_the_report_fails_no_place_is_published(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever connection reads for it."""

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    played = play_to(service, DrawStatus.DRAWN)
    monkeypatch.setattr(results, "write_labels", fail)
    with pytest.raises(OSError, match="the disk is full"):
        publish_allocation(service, OPERATOR, played.slug, played.draw)
    assert fetch(service.database, "SELECT status FROM draws") == [("drawn",)]
    assert fetch(service.database, "SELECT count(*) FROM places") == [(0,)]
