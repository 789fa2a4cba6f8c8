"""Sources of the seed as they are typed: a beacon by day and time, its round computed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from maskres.app import bare_app
from maskres.lottery.drand_networks import QUICKNET
from maskres.lottery.sources import Drand, read_sources
from maskres.web.forms import Form
from maskres.web.languages import set_up_languages
from maskres.web.operator.declaring import first_form, read_declared

ZONE = "Asia/Shanghai"
NOW = datetime(2023, 9, 15, 2, tzinfo=UTC)
DICE = {"by": "2023-09-15T18:55"}
BEACON = {"beacon_at": "2023-09-15T19:00"}


@pytest.fixture(autouse=True)
def _in_english():
    app = bare_app()
    set_up_languages(app)
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def form(**typed: str) -> Form:
    return Form(first_form() | BEACON | typed)


def test_a_round_of_quicknet_is_chosen_by_the_city_s_clock():
    declared = read_declared(form(**DICE), ZONE, NOW)
    assert declared is not None
    _, drand = read_sources(declared)
    assert isinstance(drand, Drand)
    # The round of the specification's worked example came three seconds after that hour; this is the one before.
    assert drand.network.round == 657_412
    assert drand.network.chain == QUICKNET.chain
    assert drand.network.round_at == datetime(2023, 9, 15, 11, tzinfo=UTC)


def test_dice_alone_are_chosen_and_not_what_stands_there():
    declared = read_declared(form(**DICE, beacon="none"), ZONE, NOW)
    assert declared is not None
    assert [each["kind"] for each in declared] == ["dice"]


def test_a_beacon_alone_needs_no_dice():
    declared = read_declared(form(no_dice="yes"), ZONE, NOW)
    assert declared is not None
    assert [each["kind"] for each in declared] == ["drand"]


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"beacon_at": ""}, "beacon_at", "day and time"),
        ({"beacon_at": "2023-09-15T10:10"}, "beacon_at", "ten minutes"),
        ({"by": "2023-09-15T10:05"}, "by", "ten minutes"),
        ({"beacon_at": "2023-09-15T18:50"}, "by", "before the time"),
        ({"beacon": "other", "drand": "no JSON"}, "drand", ""),
        ({"beacon": "other", "drand": '{"kind":"drand"}'}, "drand", "members"),
        ({"beacon": "none", "no_dice": "yes"}, "beacon", "must be declared"),
        ({"beacon": ""}, "beacon", "choose"),
        ({"sides": "7"}, "sides", "choose"),
        ({"rolls": "38"}, "rolls", "39"),
    ],
)
def test_what_cannot_be_declared_is_said_at_its_field(typed: dict[str, str], field: str, words: str):
    sent = form(**DICE | typed)
    assert read_declared(sent, ZONE, NOW) is None
    assert list(sent.errors) == [field]
    assert words in sent.errors[field]
