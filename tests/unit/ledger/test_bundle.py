"""Bundles: the same bytes every time, whole or not at all, checkable with sha256sum and sort."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from maskres.errors import CheckFailed, ConflictError, InputError
from maskres.ledger import bundle as bundles
from maskres.ledger.bundle import check_sums, read_sums, write_bundle
from maskres.ledger.bundle_files import KNOWN_FILES, find_known
from maskres.ledger.bundle_readme import ORDER_COMMAND, PLACE_COMMAND
from maskres.ledger.bundle_zip import unpack_zip, write_zip
from maskres.ledger.keyring import keyring, read_keys
from maskres.ledger.note_keys import Algorithm, signing_key

KEYS = keyring(
    signing_key("masks.example.org", Algorithm.NOTE, b"\x01" * 32).verifier,
    signing_key("notary.example.org", Algorithm.COSIGNATURE, b"\x02" * 32).verifier,
    signing_key("news.example.org", Algorithm.COSIGNATURE, b"\x03" * 32).verifier,
)
REHEARSAL = keyring(
    signing_key("rehearsal/masks.example.org", Algorithm.NOTE, b"\x01" * 32).verifier, *KEYS.cosigners
)
SEED_TEXT = b"maskres-draw-1\ncommitment " + b"a" * 64 + b"\ndice missing\n"
SEED = hashlib.sha256(SEED_TEXT).hexdigest()
ENTRANTS = {f"{i:04d}ABCDEFGH": 1 + i % 3 for i in range(40)}


def small_draw() -> dict[str, bytes]:
    """A draw of forty, worked out here by the one sentence that explains it."""

    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    values = {n: min(digest(f"{SEED}/{n}/{t}") for t in range(1, k + 1)) for n, k in ENTRANTS.items()}
    order = sorted(ENTRANTS, key=lambda number: (values[number], number))
    winners = sorted(order[:10], key=lambda number: digest(f"{SEED}/{number}/place"))
    pool = "".join(f"{n},general,{k},{'0' * 40}\n" for n, k in ENTRANTS.items())
    result = "".join(
        f"{rank},{n},general,{values[n][:16]},{'won' if rank <= 10 else 'waiting'}\n"
        for rank, n in enumerate(order, start=1)
    )
    allocation = "".join(f"{place},{n},store-a,slot-1,1\n" for place, n in enumerate(winners, start=1))
    return {
        "pool.csv": b"number,stratum,tickets,seal\n" + pool.encode(),
        "seed.txt": SEED_TEXT,
        "result.csv": b"rank,number,stratum,ticket,outcome\n" + result.encode(),
        "allocation.csv": b"place,number,store,slot,choice\n" + allocation.encode(),
        "ledger.jsonl": b'{"seq":0}\n',
        "checkpoints/1": b"note\n",
        "commitment.json": b"{}\n",
    }


def write(folder: Path, contents: dict, keys=KEYS):
    return write_bundle(folder, contents, round_="xiamen-2020-1", draw=2, keys=keys)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def run(command: str, folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", "-ec", command], cwd=folder, capture_output=True, text=True, check=False)


def test_a_bundle_holds_its_files_sums_keys_and_readme(tmp_path):
    contents = small_draw()
    bundle = write(tmp_path / "site" / "draw-2", contents)
    found = bytes_of(bundle.folder)
    assert bundle.is_new
    assert set(found) == {*contents, "README", "SHA256SUMS", "keys.json"}
    assert {name: found[name] for name in contents} == contents
    assert read_keys(found["keys.json"]) == ("xiamen-2020-1", KEYS)
    assert bundle.sums == check_sums(bundle.folder) == read_sums(found["SHA256SUMS"])
    assert bundle.sums["pool.csv"] == hashlib.sha256(contents["pool.csv"]).hexdigest()
    assert bundle.sha256 == hashlib.sha256(found["SHA256SUMS"]).hexdigest()
    assert [path.name for path in bundle.folder.parent.iterdir()] == ["draw-2"]
    assert (bundle.folder / "checkpoints").stat().st_mode & 0o777 == 0o755
    assert (bundle.folder / "pool.csv").stat().st_mode & 0o777 == 0o644


def test_contents_may_be_bytes_paths_and_streams(tmp_path):
    contents = small_draw()
    (tmp_path / "pool").write_bytes(contents["pool.csv"])
    mixed = {**contents, "pool.csv": tmp_path / "pool", "result.csv": BytesIO(contents["result.csv"])}
    mixed["allocation.csv"] = iter([contents["allocation.csv"][:9], contents["allocation.csv"][9:]])
    one = write(tmp_path / "one", contents)
    assert bytes_of(one.folder) == bytes_of(write(tmp_path / "two", mixed).folder)


def test_sha256sum_takes_the_sums(tmp_path):
    bundle = write(tmp_path / "draw", small_draw())
    good = run("sha256sum --strict -c SHA256SUMS", bundle.folder)
    assert (good.returncode, good.stdout.count(": OK\n")) == (0, len(bundle.sums))
    (bundle.folder / "pool.csv").write_bytes(b"changed")
    assert run("sha256sum --strict -c SHA256SUMS", bundle.folder).returncode == 1


def test_the_readmes_commands_check_the_draw(tmp_path):
    bundle = write(tmp_path / "draw", small_draw())
    readme = (bundle.folder / "README").read_text(encoding="utf-8")
    for command, praise in (
        (ORDER_COMMAND, "the order is right\n"),
        (PLACE_COMMAND, "the place order is right\n"),
    ):
        assert all(f"  {line}".rstrip() in readme for line in command.splitlines())
        assert run(command, bundle.folder).stdout == praise


def test_the_readmes_commands_find_a_bent_draw(tmp_path):
    contents = small_draw()
    lines = contents["result.csv"].splitlines(keepends=True)
    lines[1], lines[2] = lines[2], lines[1]
    contents["result.csv"] = b"".join(lines)
    places = contents["allocation.csv"].splitlines(keepends=True)
    places[1], places[2] = places[2], places[1]
    contents["allocation.csv"] = b"".join(places)
    bundle = write(tmp_path / "draw", contents)
    for command in (ORDER_COMMAND, PLACE_COMMAND):
        assert "is right" not in run(command, bundle.folder).stdout


def test_the_readme_speaks_only_of_what_is_there(tmp_path):
    early = write(tmp_path / "early", {"registered.csv": b"number\n", "ledger.jsonl": b""})
    text = (early.folder / "README").read_text(encoding="utf-8")
    assert "registered.csv" in text
    assert "result.csv" not in text
    assert "verify_draw.py" not in text
    assert "REHEARSAL" not in text
    assert all(key.text in text for key in KEYS.all)
    late = write(tmp_path / "late", {**small_draw(), "verify_draw.py": b"#\n"}, REHEARSAL)
    text = (late.folder / "README").read_text(encoding="utf-8")
    assert "python3 verify_draw.py" in text
    assert "THIS IS A REHEARSAL" in text
    assert "演练" in text


def test_the_same_bundle_again_is_left_alone(tmp_path):
    first = write(tmp_path / "draw", small_draw())
    inode = first.folder.stat().st_ino
    again = write(tmp_path / "draw", small_draw())
    assert not again.is_new
    assert (again.sums, again.sha256) == (first.sums, first.sha256)
    assert again.folder.stat().st_ino == inode
    assert [path.name for path in tmp_path.iterdir()] == ["draw"]


def test_damage_to_a_bundle_that_stands_is_not_passed_over(tmp_path):
    folder = write(tmp_path / "draw", small_draw()).folder
    (folder / "seed.txt").write_bytes(b"")
    with pytest.raises(CheckFailed) as refused:
        write(folder, small_draw())
    assert refused.value.file == "seed.txt"


def test_a_bundle_grows(tmp_path):
    contents = small_draw()
    write(tmp_path / "draw", contents)
    contents |= {
        "ledger.jsonl": contents["ledger.jsonl"] + b'{"seq":1}\n',
        "changes-1.csv": b"number,cause\n",
    }
    contents |= {"checkpoints/2": b"note\n", "verify_draw.py": b"#\n"}
    grown = write(tmp_path / "draw", contents)
    assert grown.is_new
    assert check_sums(grown.folder) == grown.sums
    assert set(contents) < set(bytes_of(grown.folder))
    assert [path.name for path in tmp_path.iterdir()] == ["draw"]


@pytest.mark.parametrize(
    "change",
    [
        {"pool.csv": b"number,stratum,tickets,seal\n"},
        {"result.csv": small_draw()["result.csv"] + b"41,x\n"},
        {"ledger.jsonl": b'{"seq":7}\n{"seq":8}\n'},
        {"ledger.jsonl": b""},
        {"checkpoints/1": b"other\n"},
        {"seed.txt": None},
    ],
)
def test_nothing_published_changes_or_goes(tmp_path, change):
    before = bytes_of(write(tmp_path / "draw", small_draw()).folder)
    contents = {name: data for name, data in {**small_draw(), **change}.items() if data is not None}
    with pytest.raises(ConflictError) as refused:
        write(tmp_path / "draw", contents)
    assert (refused.value.code, refused.value.file) == ("published-already", next(iter(change)))
    assert bytes_of(tmp_path / "draw") == before
    assert [path.name for path in tmp_path.iterdir()] == ["draw"]


def test_other_keys_are_not_slipped_in(tmp_path):
    write(tmp_path / "draw", small_draw())
    with pytest.raises(ConflictError) as refused:
        write(tmp_path / "draw", small_draw(), REHEARSAL)
    assert refused.value.file == "keys.json"


def test_a_writer_that_breaks_leaves_nothing(tmp_path):
    def breaking():
        yield b"number\n"
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write(tmp_path / "draw", {"registered.csv": breaking()})
    assert list(tmp_path.iterdir()) == []


def test_a_run_cut_off_between_its_two_moves_is_made_good(tmp_path, monkeypatch):
    before = bytes_of(write(tmp_path / "draw", small_draw()).folder)
    grown = {**small_draw(), "checkpoints/2": b"note\n"}
    real_rename = Path.rename

    def power_cut(self, target):
        if self.suffix == ".part":
            raise KeyboardInterrupt
        return real_rename(self, target)

    monkeypatch.setattr(Path, "rename", power_cut)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "draw", grown)
    monkeypatch.undo()
    assert not (tmp_path / "draw").exists()
    with pytest.raises(ConflictError):
        write(tmp_path / "draw", {"seed.txt": b"another\n"})
    assert bytes_of(tmp_path / "draw") == before
    assert write(tmp_path / "draw", grown).is_new
    assert [path.name for path in tmp_path.iterdir()] == ["draw"]


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt", "../pool.csv", "/etc/passwd", "pool.csv/", "Pool.csv", "checkpoints/", "checkpoints/01",
        "checkpoints/../pool.csv", "changes-0.csv", "changes-1.csv\n", "checkpoints/１", "README", "keys.json",
        "SHA256SUMS", "",
    ],
)  # fmt: skip
def test_no_other_file_gets_in(tmp_path, name):
    with pytest.raises(InputError) as refused:
        write(tmp_path / "draw", {name: b""})
    assert refused.value.code == "unknown-file"
    assert list(tmp_path.iterdir()) == []


def test_every_name_means_one_file():
    names = [known.name.replace("-N.", "-12.").replace("SIZE", "12") for known in KNOWN_FILES]
    assert [find_known(name) for name in names] == list(KNOWN_FILES)
    assert all(sum(known.matches(name) for known in KNOWN_FILES) == 1 for name in names)


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"a" * 64 + b"  pool.csv",
        b"a" * 64 + b" pool.csv\n",
        b"A" * 64 + b"  pool.csv\n",
        b"a" * 64 + b"  pool.csv\n" + b"b" * 64 + b"  pool.csv\n",
        b"a" * 64 + b"  seed.txt\n" + b"b" * 64 + b"  pool.csv\n",
        b"a" * 64 + b"  SHA256SUMS\n",
        b"a" * 64 + b"  ../pool.csv\n",
        b"a" * 64 + b"  pool.csv\r\n",
        b"a" * 64 + b"  pool.csv\n\n",
    ],
)
def test_a_misspelt_list_of_sums_is_refused(data):
    with pytest.raises(InputError):
        read_sums(data)


def test_damage_is_found_and_named(tmp_path):
    folder = write(tmp_path / "draw", small_draw()).folder
    (folder / "audit.json").write_bytes(b"{}\n")
    with pytest.raises(CheckFailed) as refused:
        check_sums(folder)
    assert (refused.value.code, refused.value.file) == ("bundle-damaged", "audit.json")
    (folder / "audit.json").unlink()
    (folder / "seed.txt").write_bytes(SEED_TEXT.replace(b"missing", b"Missing"))
    with pytest.raises(CheckFailed) as refused:
        check_sums(folder)
    assert refused.value.file == "seed.txt"
    (folder / "seed.txt").unlink()
    with pytest.raises(CheckFailed) as refused:
        check_sums(folder)
    assert refused.value.file == "seed.txt"
    with pytest.raises(InputError) as missing:
        check_sums(tmp_path)
    assert missing.value.code == "no-such-file"


def test_a_zip_is_the_same_bytes_every_time(tmp_path):
    contents = small_draw()
    one = write(tmp_path / "one", contents)
    two = write(tmp_path / "two", dict(reversed(contents.items())))
    (two.folder / "pool.csv").touch()
    write_zip(one.folder, tmp_path / "one.zip")
    write_zip(two.folder, tmp_path / "two.zip")
    write_zip(two.folder, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert {p.name for p in tmp_path.iterdir()} == {"one", "two", "one.zip", "two.zip"}
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        members = archive.infolist()
    assert [member.filename for member in members] == sorted(bytes_of(one.folder))
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {(m.compress_type, m.create_system, m.external_attr) for m in members} == {(0, 3, 0o100644 << 16)}
    assert unpack_zip(tmp_path / "one.zip", tmp_path / "out") == one.sums
    assert bytes_of(tmp_path / "out") == bytes_of(one.folder)


def test_a_damaged_folder_is_not_zipped(tmp_path):
    folder = write(tmp_path / "draw", small_draw()).folder
    (folder / "seed.txt").write_bytes(b"")
    with pytest.raises(CheckFailed):
        write_zip(folder, tmp_path / "draw.zip")
    assert not (tmp_path / "draw.zip").exists()


def hostile(path: Path, *members: tuple[str, bytes, int], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = compression
            archive.writestr(info, data)
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("members", "code"),
    [
        ([("../pool.csv", b"", 0o100644)], "unknown-file"),
        ([("/pool.csv", b"", 0o100644)], "unknown-file"),
        ([("pool.csv", b"/etc/passwd", 0o120777)], "bad-zip"),
        ([("pool.csv", b"1", 0o100644), ("pool.csv", b"2", 0o100644)], "bad-zip"),
        ([("pool.csv", b"1", 0o100644)], "no-such-file"),
    ],
)
def test_a_hostile_zip_leaves_nothing(tmp_path, members, code):
    with pytest.raises(InputError) as refused:
        unpack_zip(hostile(tmp_path / "x.zip", *members), tmp_path / "out")
    assert refused.value.code == code
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


def test_a_zip_bomb_and_a_file_that_is_no_zip_are_refused(tmp_path):
    bomb = ("pool.csv", b"0" * 10_000_000, 0o100644)
    with pytest.raises(InputError) as refused:
        unpack_zip(hostile(tmp_path / "x.zip", bomb, compression=zipfile.ZIP_DEFLATED), tmp_path / "out")
    assert refused.value.code == "bad-zip"
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(InputError) as refused:
        unpack_zip(tmp_path / "x.zip", tmp_path / "out")
    assert refused.value.code == "bad-zip"


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    write_zip(write(tmp_path / "draw", small_draw()).folder, tmp_path / "x.zip")
    monkeypatch.setattr("maskres.ledger.bundle_zip.MOST_FILES", 3)
    with pytest.raises(InputError) as refused:
        unpack_zip(tmp_path / "x.zip", tmp_path / "out")
    assert refused.value.code == "bad-zip"


def test_blocks_of_a_path_are_its_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(bundles, "BLOCK_BYTES", 3)
    (tmp_path / "f").write_bytes(b"0123456789")
    assert list(bundles.blocks_of(tmp_path / "f")) == [b"012", b"345", b"678", b"9"]
