"""A bundle published after every step, in the same place: it grows, and nothing once published changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maskres.db import record
from maskres.errors import ConflictError
from maskres.ledger.bundle import check_sums
from maskres.ledger.checkpoints import cosign
from maskres.rehearsal.parts import cosigner_keys
from maskres.rounds.status import DRAW_STEPS, DrawStatus
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.eligibility import deciding
from maskres.usecases.record import add_cosignature
from maskres.usecases.service import Service
from tests.support.plain_bundle import PlainBundle
from tests.support.world import NOTARY, OPERATOR, ROUND, SEED, cosign_all, hours_of, play_to, set_clock

STEPS = [status for status in DRAW_STEPS if status is not DrawStatus.VOID]


def export(service: Service, folder: Path) -> PlainBundle:
    export_bundle(service, ROUND, 1, folder)
    check_sums(folder)
    return PlainBundle.of_folder(folder)


def test_a_bundle_is_published_after_every_step(service: Service, tmp_path: Path):
    before: dict[str, bytes] = {}
    for status in STEPS:
        play_to(service, status)
        now = export(service, tmp_path / "bundle").files
        for name, data in before.items():
            if name == "ledger.jsonl":
                assert now[name].startswith(data)
            elif name not in ("README", "SHA256SUMS") and not name.startswith("checkpoints/"):
                assert now[name] == data, name
        before = now
    kinds = [json.loads(line)["kind"] for line in before["ledger.jsonl"].splitlines()]
    assert kinds[-1] == "draw-finished"


def test_a_checkpoint_gathers_cosignatures_one_after_the_other(service: Service, tmp_path: Path):
    """The witness may be the first; and what only the operator had signed makes way for a longer ledger."""
    play_to(service, DrawStatus.OPEN)
    set_clock(service, hours_of(1, 48))
    deciding.close_draw(service, OPERATOR, ROUND, 1)
    signed = [export(service, tmp_path / "bundle").checkpoint(2)[3]]
    with service.database.reading() as c:
        note = record.require_checkpoint(c, 2).note.encode()
    for key in reversed(cosigner_keys(SEED)):
        line = cosign(note, key, hours_of(1, 48.1))
        add_cosignature(service, NOTARY, 2, line, key.verifier.text)
        signed.append(export(service, tmp_path / "bundle").checkpoint(2)[3])
    assert [len(names) for names in signed] == [1, 2, 3]
    for status in (DrawStatus.DECIDED, DrawStatus.COMMITTED):
        play_to(service, status)
        last = export(service, tmp_path / "bundle")
    assert {"checkpoints/2", "checkpoints/4"} <= set(last.files)
    assert "checkpoints/3" not in last.files


@pytest.mark.parametrize("change", ["text", "signature", "gone"])
def test_a_cosigned_checkpoint_stands(service: Service, tmp_path: Path, change: str):
    """Whoever took a cosignature back, or published another root, would be caught by the folder itself."""
    play_to(service, DrawStatus.CLOSED)
    folder = tmp_path / "bundle"
    export(service, folder)
    path = folder / "checkpoints/2"
    note = path.read_text()
    planted = {
        "text": note.replace("\n2\n", "\n3\n", 1),
        "signature": note + note.splitlines()[-1].replace("witness", "someone") + "\n",
        "gone": note,
    }[change]
    name = "checkpoints/2" if change != "gone" else "checkpoints/9"
    (folder / name).write_text(planted)
    cosign_all(service)
    with pytest.raises(ConflictError) as refused:
        # Made different by one more step, so that the folder is compared and not taken for the same.
        play_to(service, DrawStatus.DECIDED)
        export_bundle(service, ROUND, 1, folder)
    assert (refused.value.code, refused.value.file) == ("published-already", name)
