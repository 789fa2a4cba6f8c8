"""Rotating keys while the service runs: what is stored is written anew under the current keys, in small steps.

Registrations go on meanwhile: whoever comes while their document still stands under an old index key has it brought
up to date first, so nobody is taken for somebody new. Words of disputes, named proxies, messages that wait and kept
answers stay under the data key they were written with; old versions stay in the key file.
"""

from __future__ import annotations

from typing import Any

from maskres.db import record, rotating, staff
from maskres.db.engine import Transaction
from maskres.errors import ConfigurationError, StepRefused
from maskres.identity.digests import IndexKey, id_digest, name_digest, phone_digest
from maskres.identity.encryption import NONCE_BYTES
from maskres.identity.names import matching_name
from maskres.usecases.accounts.second_factor import open_secret, seal_secret
from maskres.usecases.personal import Contact, encode_contact, open_canonical, open_contact
from maskres.usecases.service import Actor, Service, one_transaction

_ROWS_AT_ONCE = 500


def rewrite_personal_fields(service: Service, actor: Actor) -> int:
    """Write every document, with its registrations and kept contact, under the current index and data keys.

    The secrets of second factors are written anew too.

    May be killed and run again: what is done is told by its key versions.

    Args:
        service: the service, its keys holding the old versions too.
        actor: who rotates.

    Returns:
        How many documents were written anew.
    """
    total = 0
    while done := _rewrite_some(service):
        total += done
    while _rewrite_secrets(service):
        pass
    _note(service, actor, total)
    return total


def require_rotation_possible(service: Service) -> None:
    """Refuse to rotate the index key between the closing and the commitment of a draw.

    Raises:
        StepRefused: "draw-undecided".
    """
    with service.database.reading() as c:
        if rotating.has_undecided_draw(c):
            raise StepRefused(
                "draw-undecided", "A draw is closed and not yet committed; rotate the index key after that."
            )


def is_rotation_unfinished(service: Service) -> bool:
    """Tell whether some documents or secrets still stand under an older key: a rotation was interrupted."""
    data_version = service.cipher.current
    with service.database.reading() as c:
        if staff.secrets_under_other_keys(c, data_version, 1):
            return True
        return bool(rotating.count_old(c, service.index_key.version, data_version))


def bring_up_to_date(c: Transaction, service: Service, canonical: str) -> None:
    """Write one person's document anew where it still stands under an old index key."""
    _require_newest_keys(c, service)
    keys = service.keys.deployment.index
    for version in keys.keys() - {service.index_key.version}:
        row = rotating.find_document(c, id_digest(IndexKey(version, keys[version]), canonical))
        if row is not None:
            _rewrite(c, service, row)


def require_rotated(c: Transaction, service: Service) -> None:
    """Refuse work on many people at once while some stand under an old index key.

    Raises:
        StepRefused: "rotation-unfinished".
    """
    _require_newest_keys(c, service)
    if rotating.has_old_index(c, service.index_key.version):
        raise StepRefused(
            "rotation-unfinished",
            "The index key is being rotated. Wait until `keys rotate` has ended, then try again.",
        )


def _require_newest_keys(c: Transaction, service: Service) -> None:
    """Refuse to go on with an index key that has been replaced: everybody would be somebody new.

    Raises:
        ConfigurationError: "old-keys".
    """
    if rotating.newest_index(c) > service.index_key.version:
        raise ConfigurationError(
            "old-keys", "The index key was rotated; start this process again to read the new one."
        )


@one_transaction
def _rewrite_some(c: Transaction, service: Service) -> int:
    rows = rotating.old_documents(c, service.index_key.version, service.cipher.current, _ROWS_AT_ONCE)
    for row in rows:
        _rewrite(c, service, row)
    return len(rows)


@one_transaction
def _rewrite_secrets(c: Transaction, service: Service) -> int:
    rows = staff.secrets_under_other_keys(c, service.cipher.current, _ROWS_AT_ONCE)
    for row in rows:
        sealed = seal_secret(service, row.id, open_secret(service, row))
        staff.replace_secret(c, row.id, bytes(row.totp_secret), sealed, service.cipher.current)
    return len(rows)


def _rewrite(c: Transaction, service: Service, row: Any) -> None:
    key, cipher = service.index_key, service.cipher
    old = bytes(row.id_digest)
    canonical = open_canonical(cipher, bytes(row.canonical), old)
    new = id_digest(key, canonical)
    nonce = service.random_bytes(NONCE_BYTES)
    sealed = cipher.encrypt(canonical.encode(), bound_to=b"document/" + new, nonce=nonce)
    versions = {"key_version": key.version, "data_version": cipher.current}
    rotating.replace_document(c, old, versions | {"id_digest": new, "canonical": sealed})
    for registration in rotating.registrations_of(c, row.person_id, old):
        contact = open_contact(cipher, bytes(registration.contact), old)
        values = {
            "id_digest": new,
            "key_version": key.version,
            "name_digest": name_digest(key, canonical, matching_name(contact.name)),
            "phone_digest": None if contact.phone is None else phone_digest(key, contact.phone),
            "contact": _seal(service, contact, new),
        }
        rotating.replace_registration(c, registration.round_id, registration.number, values)
    kept = rotating.kept_contact(c, row.person_id, old)
    if kept is not None:
        rotating.replace_kept(c, row.person_id, new, _seal(service, open_contact(cipher, kept, old), new))


def _seal(service: Service, contact: Contact, digest: bytes) -> bytes:
    nonce = service.random_bytes(NONCE_BYTES)
    return service.cipher.encrypt(encode_contact(contact), bound_to=b"contact/" + digest, nonce=nonce)


@one_transaction
def _note(c: Transaction, service: Service, actor: Actor, total: int) -> None:
    detail = {"documents": total, "index_key": service.index_key.version, "data_key": service.cipher.current}
    record.log(c, service.now(), actor.name, "keys-rotated", detail=detail)
