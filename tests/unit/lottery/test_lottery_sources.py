"""Declared sources, and what they said."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import CheckFailed, InputError, MaskresError
from maskres.formats.values import parse_time
from maskres.lottery.source_values import (
    MISSING,
    Beacon,
    check_beacon,
    read_beacon,
    read_rolls,
    require_value,
)
from maskres.lottery.sources import (
    Dice,
    Drand,
    Network,
    first_round_from,
    read_sources,
    require_sources,
    round_at,
    time_of_round,
)

FACTS = json.loads((Path(__file__).parents[2] / "vectors" / "drand_facts.json").read_text("utf-8"))
NETWORK: dict[str, Any] = {
    "chain": "52" * 32,
    "public_key": "83" * 96,
    "genesis": 1692803367,
    "period": 3,
    "round": 27946612,
}
DICE: dict[str, Any] = {
    "name": "notary",
    "kind": "dice",
    "sides": 6,
    "rolls": 50,
    "by": "2026-04-19T23:59:59Z",
}
DRAND: dict[str, Any] = {"name": "drand", "kind": "drand", **NETWORK, "successor": None}


def d(sides: int, rolls: int) -> Dice:
    return Dice("notary", sides, rolls, datetime(2026, 1, 1, tzinfo=UTC))


def test_sources_survive_a_round_trip() -> None:
    declared = [DICE, DRAND | {"successor": NETWORK | {"chain": "00" * 32, "round": 27946613}}]
    dice, drand = sources = read_sources(copy.deepcopy(declared))
    assert isinstance(dice, Dice) and isinstance(drand, Drand) and drand.successor is not None
    assert [source.to_json() for source in sources] == declared
    assert drand.network.round_at == datetime(2026, 4, 20, tzinfo=UTC)
    assert drand.successor.round_at == datetime(2026, 4, 20, 0, 0, 3, tzinfo=UTC)


@pytest.mark.parametrize(("sides", "rolls"), [(6, 50), (8, 43), (10, 39)])
def test_128_bits_are_enough_and_one_roll_less_is_not(sides: int, rolls: int) -> None:
    assert read_sources([DICE | {"sides": sides, "rolls": rolls}])
    with pytest.raises(InputError, match=f"at least {rolls} rolls"):
        read_sources([DICE | {"sides": sides, "rolls": rolls - 1}])


def test_rolls_are_few_enough_to_be_rolled_in_public() -> None:
    assert read_sources([DICE | {"rolls": 512}])
    for rolls in (513, 999_999_999_999):
        with pytest.raises(InputError) as caught:
            read_sources([DICE | {"rolls": rolls}])
        assert caught.value.code == "bad-source"


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        ([], "sources"),
        ({}, "sources"),
        (None, "sources"),
        ([DICE, DICE | {"name": "other"}], "sources"),
        ([DRAND, DRAND | {"name": "other"}], "sources"),
        ([DRAND, DICE], "sources"),
        ([DICE, DRAND | {"name": "notary"}], "sources"),
        (["dice"], "sources[0].kind"),
        ([DICE | {"kind": "coin"}], "sources[0].kind"),
        ([DICE | {"extra": 1}], "sources[0]"),
        ([{k: v for k, v in DICE.items() if k != "by"}], "sources[0]"),
        ([DICE | {"name": "No"}], "sources[0].name"),
        ([DICE | {"name": 1}], "sources[0].name"),
        ([DICE | {"sides": 20}], "sources[0].sides"),
        ([DICE | {"sides": "6"}], "sources[0].sides"),
        ([DICE | {"rolls": True}], "sources[0].rolls"),
        ([DICE | {"rolls": 10**12}], "sources[0].rolls"),
        ([DICE | {"by": "2026-04-19"}], "sources[0].by"),
        ([DICE | {"by": 5}], "sources[0].by"),
        ([DICE | {"by": "2026-04-20T00:00:00Z"}, DRAND], "notary.by"),
        ([DICE, DRAND | {"successor": NETWORK | {"round": 27946611}}], "notary.by"),
        ([DRAND | {"chain": "5" * 63}], "sources[0].chain"),
        ([DRAND | {"chain": "AB" * 32}], "sources[0].chain"),
        ([DRAND | {"public_key": "83" * 47}], "sources[0].public_key"),
        ([DRAND | {"genesis": -1}], "sources[0].genesis"),
        ([DRAND | {"period": 0}], "sources[0].period"),
        ([DRAND | {"round": 0}], "sources[0].round"),
        ([DRAND | {"round": 10**12 - 1}], "sources[0].round"),
        ([DRAND | {"successor": {}}], "sources[0].successor"),
        ([DRAND | {"successor": NETWORK | {"name": "x"}}], "sources[0].successor"),
        ([DRAND | {"successor": NETWORK | {"period": 0}}], "sources[0].successor.period"),
    ],
)
def test_a_source_that_breaks_a_rule_is_refused(declared: object, field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_sources(declared)
    assert (caught.value.code, caught.value.field) == ("bad-source", field)


def test_sources_made_in_the_program_are_checked_too() -> None:
    with pytest.raises(InputError):
        require_sources([])
    with pytest.raises(InputError):
        require_sources([d(7, 99)])


@pytest.mark.parametrize("fact", FACTS["rounds_and_times"])
def test_published_rounds_and_times(fact: dict[str, Any]) -> None:
    network = {"genesis": fact["genesis"], "period": fact["period"]}
    at = parse_time(fact["at"], field="at")
    assert time_of_round(fact["round"], **network) == at
    assert round_at(at, **network) == fact["round"]
    assert round_at(at - timedelta(seconds=1), **network) == fact["round"] - 1
    assert first_round_from(at, **network) == fact["round"]
    assert first_round_from(at + timedelta(microseconds=1), **network) == fact["round"] + 1


@given(st.integers(1, 10**9), st.integers(0, 4 * 10**9), st.integers(1, 60))
def test_rounds_and_times_are_inverse(round_: int, genesis: int, period: int) -> None:
    at = time_of_round(round_, genesis=genesis, period=period)
    assert round_at(at, genesis=genesis, period=period) == round_
    assert first_round_from(at, genesis=genesis, period=period) == round_
    assert round_at(at + timedelta(seconds=period - 1), genesis=genesis, period=period) == round_


def test_no_round_before_genesis() -> None:
    before = datetime(1970, 1, 1, tzinfo=UTC)
    with pytest.raises(InputError):
        round_at(before, genesis=1, period=3)
    assert first_round_from(before, genesis=100, period=3) == 1


def test_rolls_are_read_with_spaces_and_lines() -> None:
    assert read_rolls("1234 5 6\n\t12 3456", d(6, 12)) == "123456123456"
    assert read_rolls("１２３　４５６", d(6, 6)) == "123456"
    assert read_rolls("8 7", d(8, 2)) == "87"


def test_a_ten_is_written_zero() -> None:
    assert read_rolls("1 10 3\n0 10", d(10, 5)) == "10300"
    assert read_rolls("103\n00", d(10, 5)) == "10300"
    # In groups `10` is a one and a zero (a ten), as every other group is one digit a roll.
    assert read_rolls("12 10 34", d(10, 6)) == "121034"


@pytest.mark.parametrize(
    ("text", "dice", "said"),
    [
        ("127", d(6, 3), "Roll 3 is '7'"),
        ("1 2 0", d(6, 3), "Roll 3 is '0'"),
        ("1 9 1", d(8, 3), "Roll 2 is '9'"),
        ("12x", d(10, 3), "Roll 3 is 'x'"),
        ("1 10", d(6, 2), "Roll 3 is '0'"),
        ("12", d(6, 3), "There are 2 rolls, but 3 were declared"),
        ("1234", d(6, 3), "There are 4 rolls, but 3 were declared"),
        ("", d(6, 3), "There are 0 rolls"),
        ("missing", d(6, 3), "Roll 1 is 'm'"),
        ("٣٣٣", d(6, 3), "Roll 1 is"),
    ],
)
def test_wrong_rolls_are_named(text: str, dice: Dice, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_rolls(text, dice)
    assert caught.value.code == "bad-rolls"


def network(round_: int) -> Network:
    return Network("00" * 32, "00" * 96, 0, 3, round_)


def is_signed(network: Network, round_: int, signature: bytes) -> bool:
    return True


@pytest.mark.parametrize("fact", FACTS["beacons"])
def test_published_beacons(fact: dict[str, Any]) -> None:
    members = {name: fact[name] for name in ("round", "signature", "randomness")}
    beacon = read_beacon(json.dumps(members).encode(), network(fact["round"]), verify=is_signed)
    assert beacon.to_json() == members


def beacon_refusal(verify: Any = is_signed, **changed: Any) -> MaskresError:
    fact = FACTS["beacons"][2]
    members = {name: fact[name] for name in ("round", "signature", "randomness")} | changed
    data = json.dumps({name: value for name, value in members.items() if value is not None}).encode()
    with pytest.raises((InputError, CheckFailed)) as caught:
        read_beacon(data, network(fact["round"]), verify=verify)
    return caught.value


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"round": 657414}, "beacon-round"),
        ({"round": "657413"}, "bad-beacon"),
        ({"round": True}, "bad-beacon"),
        ({"randomness": "00" * 32}, "beacon-randomness"),
        ({"randomness": FACTS["beacons"][2]["randomness"].upper()}, "bad-beacon"),
        ({"randomness": 1}, "bad-beacon"),
        ({"signature": "b7" * 48}, "beacon-randomness"),
        ({"signature": "b7" * 47}, "bad-beacon"),
        ({"signature": None}, "bad-beacon"),
        ({"previous_signature": "00"}, "bad-beacon"),
    ],
)
def test_a_wrong_beacon_is_refused(changed: dict[str, Any], code: str) -> None:
    assert beacon_refusal(**changed).code == code


def test_the_signature_is_checked_with_network_round_and_bytes() -> None:
    seen: list[tuple[Network, int, bytes]] = []

    def refuse(network: Network, round_: int, signature: bytes) -> bool:
        seen.append((network, round_, signature))
        return False

    fact = FACTS["beacons"][2]
    assert beacon_refusal(verify=refuse).code == "beacon-signature"
    assert seen == [(network(fact["round"]), fact["round"], bytes.fromhex(fact["signature"]))]


def test_a_beacon_kept_earlier_can_be_checked_again() -> None:
    fact = FACTS["beacons"][0]
    beacon = Beacon(fact["round"], fact["signature"], fact["randomness"])
    check_beacon(beacon, network(1), verify=is_signed)
    with pytest.raises(CheckFailed):
        check_beacon(beacon, network(2), verify=is_signed)


def test_values() -> None:
    drand = Drand("drand", network(1))
    assert require_value(d(10, 3), "019", may_be_missing=False) == "019"
    assert require_value(d(6, 3), MISSING, may_be_missing=True) == MISSING
    assert require_value(drand, "ab" * 32, may_be_missing=True) == "ab" * 32
    for source, value, may_be_missing in (
        (d(6, 3), MISSING, False),
        (d(6, 3), "120", True),
        (d(6, 3), "12", True),
        (d(6, 3), "1 23", True),
        (drand, MISSING, True),
        (drand, "AB" * 32, True),
    ):
        with pytest.raises(InputError) as caught:
            require_value(source, value, may_be_missing=may_be_missing)
        assert (caught.value.code, caught.value.field) == ("bad-value", source.name)
