"""`receipt verify` on the specification's example: what holds, and each way in which it does not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from maskres.cli.main import main
from maskres.registration.receipts import ReceiptStatus, read_receipt, sign_receipt
from tests.reference.lottery_files import number

SPEC = Path(__file__).parents[3] / "docs" / "spec"
RECEIPT = SPEC / "receipt.json"
HOLDER = "CN-ID:000000194912010024"
# The operator's seed that the specification prints.
OPERATOR = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("4a707dc74c43d47dbd7cac9a9b0865e41999916f7e3eba26c70a286226e7ab16")
)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SPEC / "example", tmp_path / "bundle"))


def verify(receipt: Path, *options: str | Path) -> int:
    return main(["receipt", "verify", str(receipt), *map(str, options)])


def operator_key(bundle: Path) -> str:
    return str(json.loads((bundle / "keys.json").read_bytes())["keys"]["operator"])


def written(folder: Path, **changes: Any) -> Path:
    """Write a receipt like the specification's that says something else, signed by the operator."""
    path = folder / "other-receipt.json"
    changed = replace(read_receipt(RECEIPT.read_bytes()), **changes)
    path.write_bytes(sign_receipt(changed, OPERATOR, "rehearsal/spec-example"))
    return path


def test_the_receipt_of_the_specification_is_right(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = operator_key(bundle)
    assert verify(RECEIPT, "--ledger", key, "--bundle", bundle, "--id", HOLDER) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"right  The receipt is signed by {key}."
    assert told[2:] == [
        "right  The holder was shown the first 1 lines of the published ledger.",
        "right  The number is in registered.csv.",
        "right  The seal in pool.csv is of this person with these wishes.",
    ]
    assert verify(RECEIPT, "--ledger", key) == 0
    assert verify(RECEIPT, "--bundle", bundle) == 0


def test_an_omission_is_proved(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A receipt that the operator signed before the closing, of a number that was left out."""
    assert verify(written(bundle, number=number(1)), "--bundle", bundle) == 1
    assert "WRONG  The number is NOT in registered.csv: this receipt proves an omission." in (
        capsys.readouterr().out
    )


def test_one_of_after_the_closing_proves_nothing(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = written(bundle, number=number(1), at=datetime(2023, 9, 20, tzinfo=UTC))
    assert verify(late, "--bundle", bundle) == 0
    assert "made after its draw had closed" in capsys.readouterr().out
    assert verify(written(bundle, draw=3), "--bundle", bundle) == 0
    assert "does not say yet that this draw has closed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ledger_root": "ab" * 32}, "are not those the holder was shown"),
        ({"ledger_size": 10_000}, "knows 10000 lines of the ledger"),
        ({"wish_salt": "0" * 32}, "of another person or of other wishes"),
        ({"status": ReceiptStatus.WITHDRAWN, "wish_salt": "0" * 32}, "not of a withdrawn registration"),
    ],
)
def test_what_is_published_contradicts_the_receipt(
    bundle: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], told: str
) -> None:
    assert verify(written(bundle, **changes), "--bundle", bundle, "--id", HOLDER) == 1
    wrong = [line for line in capsys.readouterr().out.splitlines() if line.startswith("WRONG")]
    assert len(wrong) == 1 and told in wrong[0]


def test_the_seal_is_of_no_other_person(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(RECEIPT, "--bundle", bundle, "--id", "CN-ID:000000194912010025") == 1
    assert "of another person or of other wishes" in capsys.readouterr().out


def test_a_list_that_is_not_the_one_in_the_ledger(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The number put in afterwards, so that nobody sees that it was left out."""
    lines = (bundle / "registered.csv").read_text().splitlines()[1:]
    (bundle / "registered.csv").write_text("\n".join(["number", *sorted([*lines, number(1)]), ""]))
    assert verify(written(bundle, number=number(1)), "--bundle", bundle) == 1
    assert "not the file over which draw 1 closed" in capsys.readouterr().out


def test_a_forged_receipt(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forged = bundle / "forged.json"
    forged.write_bytes(RECEIPT.read_bytes().replace(b"quay|harbour", b"harbour|quay"))
    assert verify(forged, "--bundle", bundle) == 1
    assert "was changed, or another service signed it" in capsys.readouterr().err
    body = read_receipt(RECEIPT.read_bytes())
    forged.write_bytes(sign_receipt(body, OPERATOR, "another/ledger"))
    assert verify(forged, "--bundle", bundle) == 1
    assert "signed for another/ledger" in capsys.readouterr().err


def test_what_cannot_be_compared_is_said(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options, told in (
        ((), "--ledger: Give the ledger's key, a bundle, or both."),
        (("--ledger", operator_key(bundle), "--id", HOLDER), "--id: The seal stands in a bundle's pool.csv."),
        (("--ledger", "nonsense"), "--ledger: "),
    ):
        assert verify(RECEIPT, *options) == 2
        assert capsys.readouterr().err.startswith(told)
    assert verify(written(bundle, round="another"), "--bundle", bundle) == 2
    assert "The bundle is of masks-1, the receipt of another." in capsys.readouterr().err
    (bundle / "registered.csv").unlink()
    assert verify(RECEIPT, "--bundle", bundle) == 2
    assert capsys.readouterr().err.startswith("registered.csv: ")
    ledger = bundle / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().splitlines(keepends=True)[0])
    assert verify(RECEIPT, "--bundle", bundle) == 2
    assert "Registration has not closed yet" in capsys.readouterr().err
    broken = bundle / "broken.json"
    broken.write_text("{")
    assert verify(broken, "--bundle", bundle) == 2
    assert capsys.readouterr().err.startswith("broken.json:1: ")
