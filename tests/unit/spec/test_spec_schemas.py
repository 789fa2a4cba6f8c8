"""docs/spec/schemas against real files, and against the code: what the one refuses the other refuses too."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maskres.errors import MaskresError
from maskres.ledger.commitment import read_commitment
from maskres.ledger.entries import read_line
from maskres.ledger.keyring import read_keys
from maskres.ledger.look_up import write_look_up
from maskres.ledger.proofs import prove_consistency, prove_inclusion, read_proof
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


@pytest.fixture(scope="module")
def look_up(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("look-up") / "files"
    write_look_up(SPEC / "example", folder)
    return folder


def test_look_up_files_are_of_their_schemas(look_up: Path):
    told = json.loads((look_up / "draw.json").read_text("utf-8"))
    pool = json.loads((look_up / "pool" / "all.json").read_text("utf-8"))
    for name, value in (("look-up-draw", told), ("look-up-pool", pool)):
        validator(name).validate(value)
        assert not any(validator(name).is_valid(changed) for _, changed in bent(value))
    assert [json.loads(each["line"])["kind"] for each in told["ledger"]] == [
        "draw-committed", "dice", "beacon", "drawn", "allocated",
    ]  # fmt: skip
    assert (pool["prefix"], pool["proof"]) == ("", [])


def test_proofs_are_of_their_schemas():
    lines = (SPEC / "example" / "ledger.jsonl").read_bytes().splitlines()
    proofs = {
        "inclusion-proof": prove_inclusion(lines, 3, 14).to_json(),
        "consistency-proof": prove_consistency(lines, 4, 14).to_json(),
    }
    for name, value in proofs.items():
        validator(name).validate(value)
        for _, changed in bent(value):
            assert not validator(name).is_valid(changed)
            with pytest.raises(MaskresError):
                read_proof(json.dumps(changed).encode(), file="proof.json")


def test_there_is_a_schema_for_every_json_file_of_a_bundle():
    names = {path.stem for path in (SPEC / "example").glob("*.json")} | {"receipt", "ledger-line"}
    assert names == {name for name in SCHEMA["$defs"] if name in names}
