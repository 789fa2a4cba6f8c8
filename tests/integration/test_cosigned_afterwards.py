"""What notary and witness have not cosigned: nothing is handed out by it, placed anew after it, or finished upon it."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskres.errors import StepRefused
from maskres.ledger.verify.bundle import verify_bundle
from maskres.ledger.verify.history import Given
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw import auditing, drawing
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.pickup import afterwards, batches
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.service import Service
from maskres.usecases.showing.public_rounds import DrawView, show_public_round
from tests.support.verifiers import run_verify_draw
from tests.support.world import NOTARY, OPERATOR, ROUND, cosign_all, hours_of, play_to, set_clock, status_of


def refused(service: Service, step: object, *lacking: str) -> None:
    """Require that a step waits for cosignatures under these entries, and that everybody is told of them."""
    with pytest.raises(StepRefused) as error:
        step(service, OPERATOR, ROUND, 1)  # type: ignore[operator]
    assert error.value.code == "not-all-cosigned"
    assert all(kind in error.value.message for kind in lacking)
    assert public(service).lacking == lacking


def public(service: Service) -> DrawView:
    """Give the draw as everybody sees it."""
    return show_public_round(service, ROUND)[0].draws[0]


def test_threat_placed_outside_the_draw_nothing_is_handed_out_or_finished_that_notary_and_witness_have_not_cosigned(
    service: Service, tmp_path: Path
) -> None:
    play_to(service, DrawStatus.DRAWN)
    set_clock(service, hours_of(1, 92))
    drawing.publish_allocation(service, OPERATOR, ROUND, 1)
    refused(service, drawing.open_collection, "allocated")
    cosign_all(service)
    assert public(service).lacking == ()
    assert public(service).cosigned_at is not None
    drawing.open_collection(service, OPERATOR, ROUND, 1)
    batches.publish_batch(service, OPERATOR, ROUND, 1)
    refused(service, batches.publish_batch, "batch")
    afterwards.forfeit_missed(service, OPERATOR, ROUND, 1)
    refused(service, round_steps.finish_draw, "batch")
    assert status_of(service) is DrawStatus.COLLECTING
    cosign_all(service)
    round_steps.finish_draw(service, OPERATOR, ROUND, 1)

    # An audit may come after the end. Nobody could cosign it if verifiers called it a mismatch for not being cosigned.
    sample = auditing.open_audit(service, NOTARY, ROUND, 1)
    auditing.record_audit(service, NOTARY, ROUND, 1, {each.number: True for each in sample})
    folder = export_bundle(service, ROUND, 1, tmp_path / "bundle").folder
    findings = verify_bundle(folder, Given())
    assert not findings.found
    assert any("audited is not cosigned yet" in note for note in findings.notes)
    verdict = run_verify_draw(folder)
    assert verdict.status == 0, verdict.text
    assert "audited is not cosigned by notary and witness yet" in verdict.text
