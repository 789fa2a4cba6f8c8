"""Whose signatures count for a ledger: the service's, the notary's, the witness's, by role.

The same keys stand in the entry that opens a round, in keys.json of every bundle, in the minutes and on paper.

Source: spec Y1; C2SP tlog-cosignature (no two cosigners share a key).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.ledger import members
from maskres.ledger.note_keys import Algorithm, VerifierKey, read_verifier_key, require_key_name

OPERATOR, NOTARY, WITNESS = "operator", "notary", "witness"
ROLES = {OPERATOR: Algorithm.NOTE, NOTARY: Algorithm.COSIGNATURE, WITNESS: Algorithm.COSIGNATURE}


@dataclass(frozen=True, slots=True)
class Keyring:
    """The three keys of a ledger; made by keyring or read_keyring, which check them.

    Attributes:
        operator: signs checkpoints as the ledger; its name is the origin.
        notary: cosigns.
        witness: cosigns, independently of the others.
    """

    operator: VerifierKey
    notary: VerifierKey
    witness: VerifierKey

    @property
    def origin(self) -> str:
        """The ledger's name."""
        return self.operator.name

    @property
    def cosigners(self) -> tuple[VerifierKey, VerifierKey]:
        """Notary and witness."""
        return (self.notary, self.witness)

    @property
    def all(self) -> tuple[VerifierKey, VerifierKey, VerifierKey]:
        """Operator, notary, witness."""
        return (self.operator, self.notary, self.witness)

    @property
    def texts(self) -> dict[str, str]:
        """Role → verifier key text, as it stands in JSON."""
        return {OPERATOR: self.operator.text, NOTARY: self.notary.text, WITNESS: self.witness.text}


def keyring(operator: VerifierKey, notary: VerifierKey, witness: VerifierKey) -> Keyring:
    """Put three keys together.

    Raises:
        InputError: "wrong-algorithm" where a key is not of its role's kind; "shared-key" where two roles have
            one name or one public key: then one person could sign for two.
    """
    made = Keyring(operator, notary, witness)
    for role, key in zip(ROLES, made.all, strict=True):
        if key.algorithm is not ROLES[role]:
            does = "signs notes (01)" if ROLES[role] is Algorithm.NOTE else "cosigns (04)"
            raise InputError("wrong-algorithm", f"The {role} needs a key that {does}.", field=role)
    if len({key.name for key in made.all}) < 3 or len({key.public_key for key in made.all}) < 3:
        raise InputError(
            "shared-key", "Operator, notary and witness must each have their own name and key.", field="keys"
        )
    return made


def read_keyring(texts: Mapping[str, str]) -> Keyring:
    """Read the keys by role.

    Args:
        texts: operator, notary, witness → verifier key text.

    Raises:
        InputError: "bad-member", "bad-key", "bad-key-name", "unknown-algorithm", "wrong-algorithm", "shared-key".
    """
    check_keys(dict(texts), "keys")
    return _read(texts, "keys")


def check_keys(value: Any, path: str) -> None:
    """Refuse what is not an object of the three roles and good keys."""
    members.object_of(dict.fromkeys(ROLES, members.text(r".{1,400}", "a verifier key")))(value, path)
    _read(value, path)


def write_keys(round_: str, keys: Keyring) -> bytes:
    """Write keys.json of a bundle: `origin`, `round`, `keys`. Source: spec Y2."""
    return strict_json.dumps({"origin": keys.origin, "round": round_, "keys": keys.texts})


def read_keys(data: bytes, *, file: str = "keys.json") -> tuple[str, Keyring]:
    """Read keys.json: the round and its keys. They are worth what the place is worth they come from.

    Raises:
        InputError: "bad-json", "bad-member", and as read_keyring.
        InputError: "wrong-origin" where the operator's key bears another name than the origin.

    Source: spec Y2.
    """
    value = strict_json.loads(data, file=file, is_published=True)
    try:
        shape = {"origin": _origin, "round": members.slug, "keys": check_keys}
        members.object_of(shape)(value, "")
        keys = _read(value["keys"], "keys")
        if keys.origin != value["origin"]:
            raise InputError("wrong-origin", "The operator's key is not of this ledger.", field="origin")
    except InputError as error:
        error.file = file
        raise
    return value["round"], keys


def check_origin(value: Any, path: str) -> None:
    """Refuse what is not the name of a ledger."""
    _origin(value, path)


def _origin(value: Any, path: str) -> None:
    if not isinstance(value, str):
        raise members.refuse(path, "This must be the name of a ledger.")
    require_key_name(value, field=path)


def _read(texts: Mapping[str, str], path: str) -> Keyring:
    operator, notary, witness = (read_verifier_key(texts[role], field=f"{path}.{role}") for role in ROLES)
    return keyring(operator, notary, witness)
