"""The fairness report as everybody reads it."""

from __future__ import annotations

import json

import pytest

from maskres.rounds.status import DrawStatus
from maskres.usecases.service import Service
from tests.support.people import make_people
from tests.support.web import make_app
from tests.support.world import play_to


@pytest.mark.parametrize(("language", "word"), [("en", "statement of the operator"), ("zh", "主办方的陈述")])
def test_the_page_shows_the_file(sqlite_service: Service, language: str, word: str) -> None:
    played = play_to(sqlite_service, DrawStatus.PUBLISHED, people=make_people(60), capacity=20)
    client = make_app(sqlite_service).test_client()
    client.set_cookie("lang", language)
    base = f"/rounds/{played.slug}"
    address = f"{base}/draws/{played.draw}/fairness"
    assert f'href="{address}"' in client.get(base).text
    page = client.get(address)
    assert page.status_code == 200 and word in page.text
    report = json.loads(client.get(f"{address}.json").data)
    assert any(len(comparison["groups"]) > 1 for comparison in report["comparisons"].values())
    for comparison in report["comparisons"].values():
        if len(comparison["groups"]) > 1:
            for group in comparison["groups"]:
                for figure in (group["pool"], group["expected"], group["won"]):
                    assert f'numeric">{figure}</td>' in page.text
    assert (page.text.count("govuk-tag--red") > 0) == any(
        test["is_flagged"] for test in [report["registration_order"], *report["comparisons"].values()]
    )


@pytest.mark.parametrize(("language", "untested"), [("en", "Nothing to compare"), ("zh", "无从比较")])
def test_what_could_not_be_compared_is_not_called_fair(
    sqlite_service: Service, language: str, untested: str
) -> None:
    """In the small world all groups are merged, and everybody registered in one hour."""
    played = play_to(sqlite_service, DrawStatus.PUBLISHED)
    client = make_app(sqlite_service).test_client()
    client.set_cookie("lang", language)
    address = f"/rounds/{played.slug}/draws/{played.draw}/fairness"
    page = client.get(address).text
    report = json.loads(client.get(f"{address}.json").data)
    tests = [report["registration_order"], *report["comparisons"].values()]
    alone = [found for found in report["comparisons"].values() if len(found["groups"]) == 1]
    assert alone and not any(found["is_tested"] for found in alone)
    assert untested in page
    assert page.count("govuk-tag--grey") == sum(not test["is_tested"] for test in tests)
    assert page.count("govuk-tag--green") == sum(
        test["is_tested"] and not test["is_flagged"] for test in tests
    )


def test_before_the_places_there_is_none(sqlite_service: Service) -> None:
    played = play_to(sqlite_service, DrawStatus.DRAWN)
    client = make_app(sqlite_service).test_client()
    assert client.get(f"/rounds/{played.slug}/draws/{played.draw}/fairness").status_code == 404
    assert "fairness" not in client.get(f"/rounds/{played.slug}").text
