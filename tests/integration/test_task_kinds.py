"""Every kind of task plays its step; a worker killed after any step's commit costs nothing and doubles nothing."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

from maskres.db import record
from maskres.db.tasks import Task, TaskStatus
from maskres.jobs import runner
from maskres.jobs.kinds import KINDS
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.seeding import enter_beacon, enter_dice
from maskres.usecases.service import Service
from maskres.usecases.work import tasks
from maskres.usecases.work.uploads import keep_upload
from tests.support.people import make_people, write_register, write_registrations
from tests.support.world import (
    NOTARY,
    OPERATOR,
    REGISTER_DATE,
    ROLLS,
    ROUND,
    beacon_json,
    cosign_all,
    create_round,
    dice_source,
    drand_source,
    hours_of,
    play_to,
    register,
    set_clock,
    slots_csv,
    status_of,
    winners_of,
)


class Workers:
    """Workers who do what is asked for; the first at each task is killed when the task would be noted as done."""

    def __init__(self, service: Service, folder, monkeypatch) -> None:
        self.service, self.folder, self.monkeypatch = service, folder, monkeypatch
        self.kinds: set[str] = set()

    def do(self, kind: str, payload=None, *, draw: int | None = 1, round_slug: str | None = ROUND) -> Task:
        self.kinds.add(kind)
        task = tasks.ask(self.service, OPERATOR, kind, payload, round_slug=round_slug, draw=draw)
        with self.monkeypatch.context() as patch:
            patch.setattr(tasks, "finish", killed)
            try:
                runner.run_task(self.service, task.id, self.folder)
            except KeyboardInterrupt:
                before = tasks.find_task(self.service, task.id)
                assert before.status is TaskStatus.RUNNING, before.error
        set_clock(self.service, self.service.now() + timedelta(seconds=tasks.LEASE_SECONDS))
        assert runner.run_task(self.service, task.id, self.folder)
        found = tasks.find_task(self.service, task.id)
        assert found.status is TaskStatus.DONE, found.error
        assert found.attempts == 2
        return found

    def upload(self, name: str, data: bytes) -> str:
        return keep_upload(self.service, OPERATOR, name, BytesIO(data)).id


def killed(*_args) -> None:
    raise KeyboardInterrupt  # as SIGKILL: nothing of ours catches it


def count_acts(service: Service) -> dict[str, int]:
    with service.database.reading() as c:
        acts = [row.act for row in record.read_log(c)]
    return {act: acts.count(act) for act in set(acts)}


def test_a_whole_round_by_tasks(service, tmp_path, monkeypatch):
    workers = Workers(service, tmp_path, monkeypatch)
    people = make_people(12)
    create_round(service, draws=1)
    workers.do("open-round", draw=None)
    for person in people:
        register(service, person)
    register_file = write_register(tmp_path / "户籍.csv", "household", people[:10]).read_bytes()
    payload = {"register": "household", "as_of": REGISTER_DATE.isoformat()}
    imported = workers.do(
        "import-register", payload | {"upload": workers.upload("户籍.csv", register_file)}, draw=None
    )
    assert (imported.result["version"], imported.result["rows"]) == (1, 10)
    insured = write_register(tmp_path / "社保.csv", "insurance", people[:1]).read_bytes()
    workers.do(
        "import-register",
        {"register": "insurance", "as_of": REGISTER_DATE.isoformat(), "upload": workers.upload("s", insured)},
        draw=None,
    )
    assert workers.do("carry-over", draw=None).result == {"registrations": 0}
    set_clock(service, hours_of(1, 48))
    assert workers.do("close-draw").result == {"registered": 12}
    cosign_all(service)
    decided = workers.do("decide-draw").result
    assert decided["excluded"] == {"not-registered-here": 2}
    set_clock(service, hours_of(1, 87))
    quotas = dict.fromkeys(decided["strata"], 2)
    sources = [source.to_json() for source in (dice_source(), drand_source())]
    slots = workers.upload("slots.csv", slots_csv())
    committed = workers.do("commit-draw", {"quotas": quotas, "sources": sources, "upload": slots})
    assert committed.result["slots"] == 6
    cosign_all(service)
    set_clock(service, hours_of(1, 88))
    enter_dice(service, NOTARY, ROUND, 1, ROLLS)
    cosign_all(service)
    set_clock(service, hours_of(1, 91))
    enter_beacon(service, OPERATOR, ROUND, 1, beacon_json(drand_source()))
    won = workers.do("draw-winners").result["won"]
    assert sum(won.values()) == len(winners_of(service))
    placed = workers.do("publish-allocation").result
    assert placed == {"placed": sum(won.values()), "unplaced": 0, "told": sum(won.values())}
    findings = dict.fromkeys(winners_of(service), True)
    assert workers.do("record-audit", {"findings": findings}).result == {"unsound": 0}
    cosign_all(service)
    assert workers.do("tell-winners").result == {"told": 0}
    workers.do("open-collection")
    assert workers.do("forfeit-missed").result == {"forfeited": 0}
    batch = workers.do("publish-batch").result
    assert (batch["batch"], batch["forfeited"]) == (1, 0)
    cosign_all(service)
    exported = workers.do("export-bundle").result
    assert exported["files"] > 10
    assert (tmp_path / ROUND / "draw-1.zip").stat().st_size > 1000
    set_clock(service, hours_of(1, 200))
    workers.do("finish-draw", {"whole_round": True})
    assert status_of(service) is DrawStatus.FINISHED
    acts = count_acts(service)
    once = "round-opened carried-over draw-closed draw-decided slots-set draw-committed draw-drawn draw-published"
    once += " draw-audited collection-opened batch-published draw-finished round-finished"
    assert {act: acts[act] for act in once.split()} == dict.fromkeys(once.split(), 1)
    assert acts["register-imported"] == 2
    assert {"import-registrations", "finish-round", "erase-round"} == set(KINDS) - workers.kinds


def test_a_file_of_registrations_is_imported_by_a_task_once(service, tmp_path, monkeypatch):
    workers = Workers(service, tmp_path, monkeypatch)
    people = make_people(5)
    play_to(service, DrawStatus.OPEN, people=people[:2])
    data = write_registrations(tmp_path / "paper.csv", people).read_bytes()
    done = workers.do("import-registrations", {"upload": workers.upload("纸表.csv", data)}, draw=None)
    assert done.result == {"rows": 5, "created": 3, "changed": 2, "is_new": True}
    assert count_acts(service)["registrations-imported"] == 1
    again = workers.do("import-registrations", {"upload": workers.upload("纸表.csv", data)}, draw=None)
    assert again.result["is_new"] is False


def test_the_remaining_kinds(sqlite_service, tmp_path, monkeypatch):
    service = sqlite_service
    workers = Workers(service, tmp_path, monkeypatch)
    play_to(service, DrawStatus.FINISHED)
    workers.do("finish-round", draw=None)
    set_clock(service, service.now() + timedelta(days=400))
    erased = workers.do("erase-round", draw=None).result
    assert erased["registrations"] > 0
    assert count_acts(service)["round-erased"] == 1
