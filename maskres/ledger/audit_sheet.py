"""The audit's sheet: the sample opened to the notary, so that numbers and seals are recomputed on another machine.

It holds documents and the round's pledged keys: it is personal, handed over by hand, and published never.

Source: spec U1 to U3, N2 to N5, S2 to S5.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maskres.errors import CheckFailed, InputError
from maskres.formats import strict_json
from maskres.ledger import members
from maskres.registration.numbers import key_digest, registration_number
from maskres.registration.seals import make_seal_of_text

#: A collision gives a person their second number or a later one (spec N5); more than a few never.
_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """A winner of the sample.

    Attributes:
        number: registration number.
        canonical: canonical id, to be looked up at the authority; "" for a ghost, behind whom nobody stands.
        name: as registered.
        wishes: `<district>/<reach>/<choices>`.
        evidence: register, version and line that the document stands in.
    """

    number: str
    canonical: str
    name: str
    wishes: str
    evidence: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class AuditSheet:
    """A sheet.

    Attributes:
        round: slug.
        draw: number.
        number_key: 32 bytes, as pledged.
        seal_key: 32 bytes, as pledged.
        winners: of the sample, in its order.
    """

    round: str
    draw: int
    number_key: bytes
    seal_key: bytes
    winners: Sequence[OpenedEntry]

    def require_pledged(self, pledged: Mapping[str, Any]) -> None:
        """Refuse keys that the round did not pledge when it opened.

        Args:
            pledged: body of the round's opening in the ledger.

        Raises:
            CheckFailed: "key-not-pledged".
        """
        for name, key in (("number_key", self.number_key), ("seal_key", self.seal_key)):
            if key_digest(key) != pledged[f"{name}_sha256"]:
                raise CheckFailed("key-not-pledged", "The round opened with another key.", field=name)

    def is_recomputed(self, entry: OpenedEntry, seal: str) -> bool:
        """Tell whether number and seal follow from the document and the pledged keys.

        Args:
            entry: of the sheet.
            seal: of this number in pool.csv.
        """
        if not entry.canonical:
            return False
        is_own_number = any(
            registration_number(self.number_key, entry.canonical, attempt) == entry.number
            for attempt in range(_ATTEMPTS)
        )
        made = make_seal_of_text(self.seal_key, entry.number, entry.canonical, entry.wishes)
        return is_own_number and made == seal

    def judge(
        self, sample: Iterable[str], seals: Mapping[str, str], unsound: Collection[str]
    ) -> dict[str, bool]:
        """Say of every number of the sample whether it is sound.

        Args:
            sample: numbers the seed chose.
            seals: number → seal, of pool.csv.
            unsound: numbers that the authority's records do not bear out.

        Raises:
            CheckFailed: "not-the-sample" where the sheet opens other numbers.
            InputError: "not-the-sample" for an unsound number that is not of the sample.
        """
        chosen = list(sample)
        opened = {entry.number: entry for entry in self.winners}
        if sorted(opened) != sorted(chosen) or len(opened) != len(self.winners):
            raise CheckFailed(
                "not-the-sample", f"The sheet does not open exactly the {len(chosen)} chosen numbers."
            )
        for number in unsound:
            if number not in opened:
                raise InputError("not-the-sample", f"{number:.20} is not of the sample.", field="--unsound")
        return {
            number: self.is_recomputed(opened[number], seals[number]) and number not in unsound
            for number in chosen
        }


def write_findings(round_slug: str, draw: int, sound: Mapping[str, bool]) -> bytes:
    """Write audit.json: per number sound or not, nothing else."""
    return strict_json.dumps({"round": round_slug, "draw": draw, "sound": dict(sound)})


def read_findings(data: bytes, *, file: str) -> tuple[str, int, dict[str, bool]]:
    """Read audit.json: round, draw, number → sound.

    Raises:
        InputError: "bad-json", "bad-member".
    """
    value = strict_json.loads(data, file=file)
    shape = {"round": members.slug, "draw": members.integer(lowest=1), "sound": _sound}
    try:
        members.object_of(shape)(value, "")
    except InputError as error:
        error.file = file
        raise
    return value["round"], value["draw"], value["sound"]


def write_sheet(sheet: AuditSheet) -> bytes:
    """Write a sheet."""
    winners = [
        {
            "number": each.number,
            "canonical": each.canonical,
            "name": each.name,
            "wishes": each.wishes,
            "evidence": [list(line) for line in each.evidence],
        }
        for each in sheet.winners
    ]
    return strict_json.dumps(
        {
            "round": sheet.round,
            "draw": sheet.draw,
            "number_key": sheet.number_key.hex(),
            "seal_key": sheet.seal_key.hex(),
            "winners": winners,
        }
    )


def read_sheet(data: bytes, *, file: str) -> AuditSheet:
    """Read a sheet.

    Raises:
        InputError: "bad-json", "bad-member".
    """
    value = strict_json.loads(data, file=file)
    try:
        _SHEET(value, "")
    except InputError as error:
        error.file = file
        raise
    return AuditSheet(
        round=value["round"],
        draw=value["draw"],
        number_key=bytes.fromhex(value["number_key"]),
        seal_key=bytes.fromhex(value["seal_key"]),
        winners=[
            OpenedEntry(
                each["number"],
                each["canonical"],
                each["name"],
                each["wishes"],
                tuple((kind, version, line) for kind, version, line in each["evidence"]),
            )
            for each in value["winners"]
        ],
    )


def _sound(value: Any, path: str) -> None:
    if not isinstance(value, dict) or any(type(each) is not bool for each in value.values()):
        raise members.refuse(path, "This must be an object of numbers, each true or false.")


def _evidence(value: Any, path: str) -> None:
    shapes = (members.slug, members.integer(lowest=1), members.integer(lowest=1))
    if not isinstance(value, list) or len(value) != len(shapes):
        raise members.refuse(path, "This must be a list of register, version and line.")
    for part, check in zip(value, shapes, strict=True):
        check(part, path)


_SHEET = members.object_of(
    {
        "round": members.slug,
        "draw": members.integer(lowest=1),
        "number_key": members.sha256,
        "seal_key": members.sha256,
        "winners": members.list_of(
            members.object_of(
                {
                    "number": members.text(r"[0-9A-HJKMNP-TV-Z]{12}", "a registration number"),
                    "canonical": members.text(r"[^\x00-\x1f]{0,200}", "a canonical id"),
                    "name": members.text(r"[^\x00-\x1f]{0,200}", "a name"),
                    "wishes": members.text(r"[^\x00-\x1f]{0,2000}", "district/reach/choices"),
                    "evidence": members.list_of(_evidence),
                }
            ),
            highest=100_000,
        ),
    }
)
