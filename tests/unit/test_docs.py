"""The manual against the code: every command, option, column and path that it names, and none that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from maskres.cli.main import commands
from maskres.db.guards import APPEND_ONLY, WRITTEN_ONCE
from maskres.eligibility import registers
from maskres.ledger import pool_tree
from maskres.lottery import batch, placements, results, slots, wishes
from maskres.registration.bulk_file import REGISTRATION_COLUMNS
from maskres.rounds.rules import PROTOCOL, Rules
from maskres.usecases.rounds import slot_files, store_files

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])
_PICTURE = re.compile(r"!\[([^]]*)\]\((\S+?)\)")
_LINK = re.compile(r"\]\(([^)#\s]+)?(#[^)\s]+)?\)")


def walk(command: click.Command, path: str, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """Give every command that does something, with the words one types for it."""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from walk(found, f"{path} {name}", context)
    else:
        yield path, command


COMMANDS = dict(walk(commands, "maskres", click.Context(commands)))


def read_sections(page: str) -> dict[str, str]:
    """Cut a page at its third-level headings."""
    parts = re.split(r"^### (.+)$", (DOCS / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        title: re.split(r"^## ", text, flags=re.MULTILINE)[0]
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_every_command_has_a_section_and_every_section_a_command():
    assert set(read_sections("commands.md")) == set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_is_described_and_none_besides(path):
    table = [line for line in read_sections("commands.md")[path].splitlines() if line.startswith("| `--")]
    described = {re.findall(r"`(--[a-z-]+)", line)[0] for line in table}
    options = [each for each in COMMANDS[path].params if isinstance(each, click.Option)]
    assert described == {each.opts[0] for each in options}
    for option in options:
        line = next(line for line in table if f"`{option.opts[0]}" in line)
        assert option.required == ("required" in line), line


@pytest.mark.parametrize("path", COMMANDS)
def test_every_argument_is_named(path):
    section = read_sections("commands.md")[path]
    for argument in COMMANDS[path].params:
        if isinstance(argument, click.Argument) and argument.make_metavar(click.Context(commands)) != "ROUND":
            shown = argument.make_metavar(click.Context(commands))
            choices = re.findall(r"[a-z]+", shown) if shown.startswith("{") else [shown]
            assert all(f"`{word}`" in section for word in choices), (path, shown)


OFFICE_FILES = {
    "registrations": REGISTRATION_COLUMNS,
    "household (户籍)": registers.COLUMNS["household"],
    "insurance (社保)": registers.COLUMNS["insurance"],
    "employment (就业登记)": registers.COLUMNS["employment"],
    "stores": store_files.STORE_COLUMNS,
    "slots": slot_files.SLOT_COLUMNS,
}


@pytest.mark.parametrize("title", OFFICE_FILES)
def test_the_columns_of_office_files_are_those_of_the_code(title):
    section = read_sections("files.md")[title]
    table = re.findall(r"^\| `(\w+)` \| (\S+) \| (yes|) ?\|", section, flags=re.MULTILINE)
    described = {(name, chinese, required == "yes") for name, chinese, required in table}
    assert described == {(column.name, column.chinese, column.is_required) for column in OFFICE_FILES[title]}


def test_the_columns_of_protocol_files_are_those_of_the_code():
    text = (DOCS / "files.md").read_text(encoding="utf-8")
    headers = [slots.HEADER, wishes.HEADER, batch.HEADER]
    lines = [",".join(header) for header in headers]
    encoded = (results.HEADER, placements.HEADER, pool_tree.HEADER)
    lines += [*(header.decode().strip() for header in encoded), "number", "number,reason"]
    for line in lines:
        assert f"| `{line}` |" in text


def test_the_members_of_the_rules_are_those_of_the_code():
    section = read_sections("files.md")["rules.json"]
    described = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
    assert described == ["protocol", *Rules.__slots__]
    assert f"`{PROTOCOL}`" in section


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target, fragment in _LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{page.name}: {target}"
        if fragment and path.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert fragment[1:] in {anchor(heading) for heading in headings}, (
                f"{page.name}: {target}{fragment}"
            )


def test_every_picture_is_shown_described_and_small():
    shown = {}
    for page in PAGES:
        for words, target in _PICTURE.findall(page.read_text(encoding="utf-8")):
            shown[(page.parent / target).resolve()] = words
    there = {path for path in (DOCS / "pictures").iterdir() if path.suffix in (".png", ".svg")}
    assert there == set(shown)
    for path, words in shown.items():
        assert len(words) >= 30, f"{path.name} is described by {words!r}"
        assert path.stat().st_size <= 150_000, path.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_that_are_named_are_there(page):
    named = re.findall(
        r"`((?:maskres|tests|docs|scripts|benchmarks)/[\w./-]*)`", page.read_text(encoding="utf-8")
    )
    for path in named:
        assert (ROOT / path).exists(), f"{page.name}: {path}"


def test_the_house_lists_every_room():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = [each.parent for each in (ROOT / "maskres").glob("*/__init__.py")]
    for room in rooms:
        assert f"| `maskres/{room.name}/` |" in text


def test_the_roles_of_the_database_keep_what_the_guards_keep():
    text = " ".join((DOCS / "operating.md").read_text(encoding="utf-8").split())
    assert f"REVOKE UPDATE, DELETE ON {', '.join(APPEND_ONLY)} FROM maskres" in text
    assert f"REVOKE UPDATE ON {', '.join(WRITTEN_ONCE)} FROM maskres" in text


def test_decisions_are_numbered_and_listed():
    records = sorted((DOCS / "adr").glob("[0-9]*.md"))
    assert [record.name[:4] for record in records] == [f"{nth:04}" for nth in range(1, len(records) + 1)]
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \|$", (DOCS / "adr" / "README.md").read_text(), flags=re.MULTILINE
    )
    assert [name for _, name, _ in listed] == [record.name for record in records]
    for (number, _, title), record in zip(listed, records, strict=True):
        text = record.read_text(encoding="utf-8")
        assert text.splitlines()[0] == f"# {number} {title}"
        for part in ("## Context", "## Decision", "## Consequences"):
            assert part in text, record.name
