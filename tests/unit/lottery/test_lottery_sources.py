"""Declared sources, and what they said."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import CheckFailed, InputError, MaskresError
from maskres.formats.values import parse_time
from maskres.lottery.drand_networks import DEFAULT, QUICKNET, require_genuine_networks
from maskres.lottery.drand_signature import BeaconKey, check_signature
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
    known_at,
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


def test_a_source_is_known_when_its_first_round_comes() -> None:
    network = Network(**NETWORK)
    sooner = replace(network, round=network.round - 1)
    assert known_at(d(6, 50)) == datetime(2026, 1, 1, tzinfo=UTC)
    assert known_at(Drand("drand", network)) == network.round_at
    assert known_at(Drand("drand", network, sooner)) == sooner.round_at < network.round_at
    assert known_at(Drand("drand", sooner, network)) == sooner.round_at


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


def network(fact: dict[str, Any]) -> Network:
    """The network of a published round; genesis and period do not matter to a signature."""
    return Network("00" * 32, fact["public_key"], 0, 3, fact["round"])


def members_of(fact: dict[str, Any]) -> dict[str, Any]:
    return {name: fact[name] for name in ("round", "signature", "randomness")}


@pytest.mark.parametrize("fact", FACTS["beacons"][1:], ids=lambda fact: fact["network"])
def test_published_beacons(fact: dict[str, Any]) -> None:
    beacon = read_beacon(json.dumps(members_of(fact)).encode(), network(fact))
    assert beacon.to_json() == members_of(fact)


CHAINED, UNCHAINED, QUICK = FACTS["beacons"]


def beacon_refusal(fact: dict[str, Any], **changed: Any) -> MaskresError:
    members = members_of(fact) | changed
    data = json.dumps({name: value for name, value in members.items() if value is not None}).encode()
    with pytest.raises((InputError, CheckFailed)) as caught:
        read_beacon(data, network(fact))
    return caught.value


def signed(signature: str) -> dict[str, str]:
    """A signature with the randomness that follows from it."""
    return {"signature": signature, "randomness": hashlib.sha256(bytes.fromhex(signature)).hexdigest()}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"round": 657414}, "beacon-round"),
        ({"round": "657413"}, "bad-beacon"),
        ({"round": True}, "bad-beacon"),
        ({"randomness": "00" * 32}, "beacon-randomness"),
        ({"randomness": QUICK["randomness"].upper()}, "bad-beacon"),
        ({"randomness": 1}, "bad-beacon"),
        ({"signature": "b7" * 48}, "beacon-randomness"),
        ({"signature": "b7" * 47}, "bad-beacon"),
        ({"signature": QUICK["signature"].upper()}, "bad-beacon"),
        ({"signature": None}, "bad-beacon"),
        ({"previous_signature": UNCHAINED["signature"]}, "bad-beacon"),
        (signed("c0" + "00" * 47), "beacon-point"),  # infinity
        (signed("00" * 48), "beacon-point"),  # not compressed
        (signed("80" + "00" * 46 + "04"), "beacon-point"),  # on the curve, not in the group
        (signed("80" + "00" * 46 + "01"), "beacon-point"),  # not on the curve
        (signed(UNCHAINED["signature"]), "beacon-point"),  # of the other group
        (signed(BeaconKey(b"another").sign(QUICK["round"]).hex()), "beacon-signature"),
    ],
)
def test_a_wrong_beacon_is_refused(changed: dict[str, Any], code: str) -> None:
    assert beacon_refusal(QUICK, **changed).code == code


def test_a_chained_round_holds_only_with_the_signature_before_it() -> None:
    key, signature = bytes.fromhex(CHAINED["public_key"]), bytes.fromhex(CHAINED["signature"])
    check_signature(key, CHAINED["round"], signature, bytes.fromhex(CHAINED["previous_signature"]))
    for previous in (b"", bytes(32)):
        with pytest.raises(CheckFailed) as caught:
            check_signature(key, CHAINED["round"], signature, previous)
        assert caught.value.code == "beacon-signature"
    assert beacon_refusal(CHAINED).code == "beacon-signature"
    assert beacon_refusal(CHAINED, previous_signature=CHAINED["previous_signature"]).code == "bad-beacon"


def test_a_signature_checked_elsewhere_is_not_checked_again() -> None:
    members = members_of(CHAINED)
    assert read_beacon(json.dumps(members).encode(), network(CHAINED), verify=lambda *_: True)
    with pytest.raises(CheckFailed):
        read_beacon(json.dumps(members).encode(), network(CHAINED), verify=lambda *_: False)


def test_a_signature_of_another_round_does_not_hold() -> None:
    key = BeaconKey(b"a network of one")
    made = Network("00" * 32, key.public_key.hex(), 0, 3, 7)
    for round_, is_good in ((7, True), (8, False)):
        beacon = Beacon(7, **signed(key.sign(round_).hex()))
        if is_good:
            check_beacon(beacon, made)
            continue
        with pytest.raises(CheckFailed) as caught:
            check_beacon(beacon, made)
        assert (caught.value.code, caught.value.file) == ("beacon-signature", "beacon.json")


def test_a_key_that_is_none_is_refused() -> None:
    for key in ("c0" + "00" * 95, "c0" + "00" * 47, "80" + "00" * 46 + "04", "83" * 96):
        with pytest.raises(CheckFailed) as caught:
            check_signature(bytes.fromhex(key), 1, bytes(48))
        assert caught.value.code == "beacon-key"


def test_nobody_passes_off_a_network_under_a_known_name() -> None:
    require_genuine_networks([Drand("drand", replace(QUICKNET, round=657413), replace(QUICKNET, round=9))])
    own = BeaconKey(b"mine").public_key.hex()
    require_genuine_networks([Drand("drand", replace(QUICKNET, chain="00" * 32, public_key=own))])
    for network_, field in (
        (replace(QUICKNET, public_key=own), "drand.public_key"),
        (replace(QUICKNET, period=30), "drand.period"),
        (replace(QUICKNET, genesis=0), "drand.genesis"),
        (DEFAULT, "drand"),  # chained
        (replace(QUICKNET, chain="00" * 32, public_key="83" * 96), "drand.public_key"),
    ):
        with pytest.raises(InputError) as caught:
            require_genuine_networks([Drand("drand", network_)])
        assert (caught.value.code, caught.value.field) == ("bad-source", field)
    with pytest.raises(InputError) as caught:
        require_genuine_networks([Drand("drand", QUICKNET, replace(QUICKNET, period=31))])
    assert caught.value.field == "drand.successor.period"


def test_values() -> None:
    drand = Drand("drand", network(QUICK))
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
