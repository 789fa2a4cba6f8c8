"""Uploads: encrypted pieces, checked when opened, capped, and gone when their time has come."""

from __future__ import annotations

import os
from dataclasses import replace
from io import BytesIO

import pytest
from sqlalchemy import text

from maskres.errors import CheckFailed, InputError
from maskres.jobs import runner
from maskres.usecases.service import Service
from maskres.usecases.work import tasks, uploads
from maskres.usecases.work.expiry import tidy
from maskres.usecases.work.uploads import KEPT_HOURS, clean_name, forget_upload, keep_upload, open_upload
from tests.support.people import make_people, register_row, write_register
from tests.support.world import OPERATOR, pass_time

CANARY = "350211199001011234"


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(uploads, "PIECE_BYTES", 1000)


def keep(service: Service, data: bytes, name: str = "户籍.csv", **more):
    return keep_upload(service, OPERATOR, name, BytesIO(data), **more)


def pieces(service: Service) -> list[bytes]:
    with service.database.reading() as c:
        rows = c.execute(text("SELECT data FROM upload_pieces ORDER BY upload_id, piece")).scalars()
        return [bytes(row) for row in rows]


def run_sql(service: Service, statement: str) -> None:
    with service.database.writing() as c:
        c.execute(text(statement))


def test_a_file_comes_back_as_it_was_and_is_kept_encrypted(service, tmp_path):
    data = CANARY.encode() + os.urandom(2500)
    upload = keep(service, data)
    assert (upload.name, upload.size) == ("户籍.csv", len(data))
    kept = pieces(service)
    assert len(kept) == 3
    assert CANARY.encode() not in b"".join(kept)
    path = open_upload(service, upload.id, tmp_path)
    assert path.name == "户籍.csv"
    assert path.read_bytes() == data
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM upload_pieces WHERE piece = 2",
        "UPDATE upload_pieces SET data = (SELECT data FROM upload_pieces WHERE piece = 1) WHERE piece = 0",
        "UPDATE uploads SET size = 1",
    ],
    ids=["cut short", "a piece in another's place", "another size"],
)
def test_a_file_that_was_altered_is_not_opened(sqlite_service, tmp_path, damage):
    upload = keep(sqlite_service, os.urandom(2500))
    run_sql(sqlite_service, damage)
    with pytest.raises(CheckFailed):
        open_upload(sqlite_service, upload.id, tmp_path)


@pytest.mark.parametrize(("size", "code"), [(0, "file-empty"), (3001, "file-too-large")])
def test_a_file_of_no_size_or_too_much_is_refused_and_leaves_nothing(service, size, code):
    with pytest.raises(InputError) as caught:
        keep(service, b"x" * size, limit=3000)
    assert (caught.value.code, caught.value.file) == (code, "户籍.csv")
    assert pieces(service) == []
    with service.database.reading() as c:
        assert c.execute(text("SELECT count(*) FROM uploads")).scalar_one() == 0


def test_a_file_whose_sender_went_away_leaves_nothing(sqlite_service):
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= 2000:
                raise ConnectionResetError
            return super().read(size)

    with pytest.raises(ConnectionResetError):
        keep_upload(sqlite_service, OPERATOR, "户籍.csv", Broken(b"x" * 5000))
    assert pieces(sqlite_service) == []


def test_an_upload_goes_with_its_task_however_that_ends(service):
    for end in (
        lambda turn: tasks.finish(service, turn, {}),
        lambda turn: tasks.fail(service, turn, InputError("bad-header", "No.")),
    ):
        upload = keep(service, b"x" * 1500)
        task = tasks.ask(service, OPERATOR, "import-register", {"upload": upload.id})
        turn = tasks.lease(service, task.id)
        assert len(pieces(service)) == 2
        end(turn)
        assert pieces(service) == []


def test_an_upload_nobody_used_is_gone_after_a_day_but_not_that_of_a_waiting_task(service, tmp_path):
    unused, needed = keep(service, b"unused"), keep(service, b"needed")
    tasks.ask(service, OPERATOR, "import-register", {"upload": needed.id})
    pass_time(service, hours=KEPT_HOURS)
    assert tidy(service) == 0
    pass_time(service, seconds=1)
    assert tidy(service) == 1
    assert open_upload(service, needed.id, tmp_path).read_bytes() == b"needed"
    with pytest.raises(InputError) as caught:
        open_upload(service, unused.id, tmp_path)
    assert caught.value.code == "unknown-upload"


def test_forgetting_twice_does_nothing(service):
    upload = keep(service, b"x")
    forget_upload(service, upload.id)
    forget_upload(service, upload.id)
    assert pieces(service) == []


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("户籍 2020.csv", "户籍 2020.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\文件\\社保.csv", "社保.csv"),
        ("a\x00b\n\u202ec.csv", "abc.csv"),
        ("", "upload"),
        ("..", "upload"),
        ("folder/", "upload"),
    ],
)
def test_names_lose_folders_and_what_cannot_be_shown(name, clean):
    assert clean_name(name) == clean


def test_a_long_name_keeps_its_end():
    clean = clean_name("册" * 200 + ".csv")
    assert clean.endswith("册.csv")
    assert len(clean.encode()) <= 120


def test_bad_lines_of_an_upload_are_listed_with_the_task(service, tmp_path):
    good, bad = make_people(2)
    rows = [register_row("household", good), register_row("household", bad, id_number="123")]
    data = write_register(tmp_path / "household.csv", "household", rows).read_bytes()
    payload = {"register": "household", "as_of": "2020-02-06", "upload": keep(service, data).id}
    task = tasks.ask(service, OPERATOR, "import-register", payload)
    assert runner.run_task(service, task.id, tmp_path)
    error = tasks.find_task(service, task.id).error
    assert (error["code"], error["file"], error["line"], error["bad_count"]) == ("bad-rows", "户籍.csv", 3, 1)
    assert [(row["line"], row["field"]) for row in error["bad_rows"]] == [(3, "id_number")]
    assert pieces(service) == []


def test_what_a_killed_worker_left_in_clear_is_removed(sqlite_service, tmp_path):
    service = replace(sqlite_service, work_folder=tmp_path)
    upload = keep(service, b"nothing of a register\n")
    payload = {"register": "household", "as_of": "2020-02-06", "upload": upload.id}
    task = tasks.ask(service, OPERATOR, "import-register", payload)
    left_over = tmp_path / f"maskres-task-{task.id}-killed"
    left_over.mkdir()
    (left_over / "clear.csv").write_text(CANARY)
    assert runner.run_task(service, task.id, tmp_path / "bundles")
    assert list(tmp_path.glob("maskres-task-*")) == []
