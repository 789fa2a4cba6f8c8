"""What doors may ask for is what workers can do."""

from __future__ import annotations

from maskres.jobs.kinds import KINDS
from maskres.rounds.task_kinds import TaskKind
from maskres.web.names import TASKS


def test_every_kind_of_task_has_somebody_who_does_it_and_a_name() -> None:
    assert set(KINDS) == {str(kind) for kind in TaskKind}
    assert set(TASKS) == {str(kind) for kind in TaskKind}
