"""Once notary and witness have both signed, what people look up leads to what they signed."""

from __future__ import annotations

import json
from pathlib import Path

from maskres.db import record
from maskres.jobs.runner import run_task
from maskres.ledger.checkpoints import cosign
from maskres.rehearsal.parts import cosigner_keys
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.cosigning import hand_in_cosignature, ledger_pages
from maskres.usecases.draw.drawing import publish_allocation
from maskres.usecases.service import Actor, Service
from maskres.usecases.work import tasks
from tests.support.world import OPERATOR, SEED, play_to


def test_the_bundle_is_written_anew_after_the_second_cosignature(service: Service, tmp_path: Path) -> None:
    played = play_to(service, DrawStatus.DRAWN)
    publish_allocation(service, OPERATOR, played.slug, played.draw)
    page = ledger_pages(service)[0]
    keys = dict(zip((StaffRole.NOTARY, StaffRole.WITNESS), cosigner_keys(SEED), strict=True))
    for role, key in keys.items():
        assert not tasks.list_tasks(service)
        line = cosign(page.note.encode(), key, service.now())
        hand_in_cosignature(service, Actor(f"{role}-1"), role, page, line)
    (task,) = tasks.list_tasks(service)
    assert (task.kind, task.round, task.draw) == ("export-bundle", played.slug, played.draw)
    assert run_task(service, task.id, tmp_path)
    told = json.loads((tmp_path / played.slug / "look-up-1" / "draw.json").read_bytes())
    assert told["checkpoint"].splitlines()[1] == str(page.size)
    assert {line.split(" ")[1] for line in told["checkpoint"].splitlines()[4:]} >= {
        key.name for key in keys.values()
    }
    with service.database.reading() as c:
        assert len(record.list_cosigners(c, page.size)) == 2
