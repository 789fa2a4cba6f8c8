"""docs/spec/schemas against real files, and against the code: what the one refuses the other refuses too."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maskres.errors import MaskresError
from maskres.ledger.commitment import read_commitment
from maskres.ledger.entries import read_line
from maskres.ledger.keyring import read_keys
from maskres.lottery.source_values import read_beacon
from maskres.lottery.sources import Network
from maskres.registration.receipts import read_receipt
from maskres.rounds.rules_file import read_rules
from tests.support.draw_vectors import FOLDER as VECTORS
from tests.support.spec_city import DRAND
from tests.support.spec_write import SPEC

SCHEMA = json.loads((SPEC / "schemas" / "protocol.schema.json").read_text("utf-8"))
FILES = {
    "rules": "example/rules.json",
    "commitment": "example/commitment.json",
    "beacon": "example/beacon.json",
    "audit": "example/audit.json",
    "keys": "example/keys.json",
    "receipt": "receipt.json",
}
LINES = [json.loads(line) for line in (SPEC / "example" / "ledger.jsonl").read_text("utf-8").splitlines()]
SUCCESSOR = {**LINES[5], "body": {"source": "drand", "successor_round": 5}}
READERS: dict[str, Callable[[bytes], object]] = {
    "rules": lambda data: read_rules(data, is_published=True),
    "commitment": read_commitment,
    "beacon": lambda data: read_beacon(data, Network(**DRAND), verify=lambda *_: True),
    "keys": read_keys,
    "receipt": read_receipt,
}


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"})


def documents() -> Iterator[tuple[str, Any]]:
    """Give every document of the worked example, with the name of its definition."""
    for name, path in FILES.items():
        yield name, json.loads((SPEC / path).read_text("utf-8"))
    for line in [*LINES, SUCCESSOR]:
        yield "ledger-line", line


DOCUMENTS = list(documents())


def bent(value: Any) -> Iterator[tuple[str, Any]]:
    """Give a document with, in turn, each member of each object left out, one added, and each value of another type."""
    for path, holder in objects(value, ()):
        for name in holder:
            yield "lost " + "/".join([*map(str, path), name]), without(value, path, name)
            changed = copy.deepcopy(value)
            at(changed, path)[name] = [[]]
            yield "mistyped " + "/".join([*map(str, path), name]), changed
        added = copy.deepcopy(value)
        at(added, path)["Unknown"] = 1
        yield "added to /" + "/".join(map(str, path)), added


def objects(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
        for name, item in value.items():
            yield from objects(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from objects(item, (*path, place))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def without(value: Any, path: tuple[Any, ...], name: str) -> Any:
    changed = copy.deepcopy(value)
    del at(changed, path)[name]
    return changed


#: Members of objects whose names are anybody's: strata, reasons, audited numbers, and what a stratum may leave out.
_FREE = ("quotas", "strata", "reasons", "cutoffs", "released", "sound")


def is_free(what: str) -> bool:
    return what.startswith("lost ") and any(part in _FREE for part in what.split(" ", 1)[1].split("/")[:-1])


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("name", "value"), DOCUMENTS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(DOCUMENTS)])
def test_the_example_is_of_its_schema_and_nothing_bent_is(name, value):
    schema = validator(name)
    schema.validate(value)
    refused = 0
    for what, changed in bent(value):
        if is_free(what):
            continue
        assert not schema.is_valid(changed), what
        refused += 1
        data = json.dumps(changed).encode()
        if name == "ledger-line":
            with pytest.raises(MaskresError):
                read_line(data, value["seq"])
        elif name in READERS:
            with pytest.raises(MaskresError):
                READERS[name](data + b"\n")
    assert refused >= 3


@pytest.mark.parametrize("base", sorted((VECTORS / "bases").glob("*.json")), ids=lambda path: path.stem)
def test_the_bases_of_the_vectors_are_of_their_schemas(base):
    files = json.loads(base.read_text("utf-8"))["files"]
    for line in files["ledger.jsonl"]:
        validator("ledger-line").validate(json.loads(line))
    for name, path in FILES.items():
        text = "\n".join(files.get(path.removeprefix("example/"), ()))
        if text:
            validator(name).validate(json.loads(text))


def test_there_is_a_schema_for_every_json_file_of_a_bundle():
    names = {path.stem for path in (SPEC / "example").glob("*.json")} | {"receipt", "ledger-line"}
    assert names == {name for name in SCHEMA["$defs"] if name in names}
