"""Sealed wishes opened in pieces: the same lines in whatever process, and none that does not open its own seal."""

from __future__ import annotations

import pytest

from maskres.errors import CheckFailed
from maskres.identity.encryption import Cipher
from maskres.pickup.codes import code_digest, pickup_code
from maskres.registration.numbers import registration_number
from maskres.registration.seals import make_seal_of_text
from maskres.usecases.draw.unsealing import OpeningSetting, SealedRow, prepare_opening
from maskres.usecases.processes import map_pieces

SEAL_KEY, DATA_KEY, NUMBER_KEY = b"s" * 32, b"d" * 32, b"n" * 32
CODE_KEY, LOOKUP_KEY = b"c" * 32, b"l" * 32
SETTING = OpeningSetting(SEAL_KEY, 1, {1: DATA_KEY}, "town-1", 1, CODE_KEY, LOOKUP_KEY)


def sealed(nth: int, choices: str = "huli-1|huli-2") -> SealedRow:
    canonical, digest = f"PASSPORT:GBR:{nth:09}", nth.to_bytes(16, "big")
    number = registration_number(NUMBER_KEY, canonical)
    blob = Cipher({1: DATA_KEY}, 1).encrypt(
        canonical.encode(), bound_to=b"document/" + digest, nonce=nth.to_bytes(12, "big")
    )
    seal = make_seal_of_text(SEAL_KEY, number, canonical, f"huli/city/{choices}")
    return number, "huli", "city", choices, seal, digest, blob


def test_two_processes_give_the_lines_that_one_gives():
    pieces = [[sealed(1), sealed(2, "")], [sealed(3)], [sealed(4)]]
    alone = list(map_pieces(prepare_opening, SETTING, pieces, process_count=1))
    assert list(map_pieces(prepare_opening, SETTING, pieces, process_count=2)) == alone
    assert [opened.lines.count(b"\n") for opened in alone] == [2, 1, 1]
    assert alone[0].lines.endswith(b",huli,city,\n")
    first, second = sealed(1)[0], sealed(2)[0]
    digests = [
        code_digest(LOOKUP_KEY, pickup_code(CODE_KEY, "town-1", 1, number, 1)) for number in (first, second)
    ]
    assert alone[0].codes == first.encode() + digests[0] + second.encode() + digests[1]


def test_wishes_that_are_not_the_sealed_ones_are_refused_from_another_process_too():
    number, district, reach, _, *rest = sealed(3)
    altered: SealedRow = (number, district, reach, "huli-2", *rest)  # type: ignore[assignment]
    with pytest.raises(CheckFailed) as refused:
        list(map_pieces(prepare_opening, SETTING, [[sealed(1)], [altered]], process_count=2))
    assert refused.value.code == "seal-differs"
    assert str(refused.value) == f"The wishes of {number} are not those that were sealed."
