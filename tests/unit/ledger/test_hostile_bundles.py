"""Bundles made to harm whoever opens them, and a byte flipped anywhere: what both verifiers make of them."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path

import pytest

from maskres.ledger.bundle_zip import write_zip
from tests.support.draw_vectors import SUMS, lay_out, read_base, write_sums
from tests.support.verifiers import BOTH, PROGRAM

WHOLE = read_base("whole")
CLASSES = {"first": None, "comma": b",", "digit": b"1", "line-end": b"\n"}


@pytest.fixture(params=BOTH)
def verify(request):
    return BOTH[request.param]


def zipped(folder: Path, *more: tuple[str | zipfile.ZipInfo, bytes], deflated: bool = False) -> Path:
    path = folder / "bundle.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for name, data in WHOLE.items():
            archive.writestr(name, data)
        for member, data in more:
            archive.writestr(member, data)
    return path


def link(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


def test_the_services_own_zip_holds(verify, tmp_path):
    write_zip(lay_out(WHOLE, tmp_path / "bundle"), tmp_path / "bundle.zip")
    assert verify(tmp_path / "bundle.zip").status == 0


def test_a_packed_zip_holds_too(verify, tmp_path):
    assert verify(zipped(tmp_path, deflated=True)).status == 0


@pytest.mark.parametrize(
    "name",
    ["../evil.csv", "/etc/evil.csv", "checkpoints/../../evil", "a\\..\\evil.csv", "x/y/z.csv", "C:evil"],
)
def test_a_name_that_leads_out_is_refused_whole(verify, tmp_path, name):
    verdict = verify(zipped(tmp_path, (name, b"number\n")))
    assert (verdict.status, verdict.findings) == (2, frozenset())
    assert [path.name for path in tmp_path.iterdir()] == ["bundle.zip"]


def test_a_link_in_a_zip_is_refused_whole(verify, tmp_path):
    assert verify(zipped(tmp_path, (link("result-link"), b"/etc/passwd"))).status == 2


def test_a_name_twice_is_refused_whole(verify, tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zipped(tmp_path, ("pool.csv", b"number,stratum,tickets,seal\n"))
    assert verify(path).status == 2


def test_a_bomb_is_refused_before_it_is_unpacked(verify, tmp_path):
    path = zipped(tmp_path, ("changes-9.csv", bytes(50 << 20)), deflated=True)
    assert verify(path).status == 2


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"no zip at all"])
def test_what_is_no_zip_is_refused(verify, tmp_path, data):
    path = tmp_path / "bundle.zip"
    path.write_bytes(data)
    assert verify(path).status == 2


def test_a_link_in_a_folder_is_refused_whole(verify, tmp_path):
    folder = lay_out(WHOLE, tmp_path / "bundle")
    (folder / "pool.csv").unlink()
    (folder / "pool.csv").symlink_to("/etc/passwd")
    assert verify(folder).status == 2


def test_a_pipe_in_a_folder_is_refused_and_not_waited_for(verify, tmp_path):
    folder = lay_out(WHOLE, tmp_path / "bundle")
    os.mkfifo(folder / "changes-2.csv")
    assert verify(folder).status == 2


@pytest.mark.parametrize("has_end", [True, False])
def test_a_huge_line_is_named_and_not_kept(verify, tmp_path, has_end):
    files = WHOLE | {"pool.csv": WHOLE["pool.csv"] + b"7" * (3 << 20) + b"\n" * has_end}
    line = files["pool.csv"].count(b"\n") + (not has_end)
    verdict = verify(lay_out(files | {SUMS: write_sums(files)}, tmp_path / "bundle"))
    assert verdict.status == 1
    assert verdict.has("pool.csv", line, "line-too-long")


def test_what_a_file_says_writes_nothing_on_the_terminal(verify, tmp_path):
    files = WHOLE | {"rules.json": json.dumps({"\x1b[2Jall is well\u202e": 1}).encode() + b"\n"}
    verdict = verify(lay_out(files, tmp_path / "bundle"))
    assert verdict.status == 1
    assert "\x1b" not in verdict.text
    assert "\u202e" not in verdict.text


def test_verify_draw_writes_nothing(tmp_path):
    folder = lay_out(WHOLE, tmp_path / "bundle")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert PROGRAM.main([str(folder)]) == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_threat_rows_edited_a_flipped_byte_of_every_file_is_named(verify, tmp_path, share):
    files = {
        name: flipped(data, round(share * (len(data) - 1))) for name, data in WHOLE.items() if name != SUMS
    }
    verdict = verify(lay_out(files | {SUMS: WHOLE[SUMS]}, tmp_path / "bundle"))
    assert verdict.status == 1
    assert all(verdict.has(name, None, "digest-differs") for name in files)


@pytest.mark.parametrize(
    "name", [name for name in WHOLE if name != SUMS and not name.startswith("checkpoints/")]
)
def test_a_flipped_byte_is_found_though_the_sums_are_written_anew(verify, tmp_path, name):
    for kind, wanted in CLASSES.items():
        place = 0 if wanted is None else WHOLE[name].rfind(wanted)
        if place < 0:
            continue
        files = WHOLE | {name: flipped(WHOLE[name], place)}
        verdict = verify(lay_out(files | {SUMS: write_sums(files)}, tmp_path / kind))
        assert verdict.status == 1, (name, kind)


def test_a_file_that_is_missing_is_named_whichever_it_is(verify, tmp_path):
    for place, name in enumerate(name for name in WHOLE if not name.startswith("checkpoints/")):
        files = {other: data for other, data in WHOLE.items() if other != name}
        verdict = verify(lay_out(files, tmp_path / str(place)))
        assert verdict.status == 1, name
        assert verdict.has(name, None, "missing-file"), (name, verdict.text)


def test_a_commitment_that_cannot_be_read_accuses_no_other_file_of_the_draw(verify, tmp_path):
    """Of two draws with the same people it is the later one; and nobody can say which sources were declared."""
    files = read_base("second-draw")
    files["commitment.json"] = files["commitment.json"].replace(b"{", b'{"more":1,', 1)
    verdict = verify(lay_out(files | {SUMS: write_sums(files)}, tmp_path / "bundle"))
    assert verdict.status == 1
    assert {file for file, _line, _code in verdict.findings} == {"commitment.json"}


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
