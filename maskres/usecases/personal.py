"""Personal fields between clear and encrypted: whoever needs them clear comes through here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from json.encoder import encode_basestring
from typing import NamedTuple

from maskres.identity.digests import IndexKey, id_digest, name_digest, phone_digest
from maskres.identity.encryption import NONCE_BYTES, Cipher
from maskres.identity.names import matching_name
from maskres.keys import RandomBytes
from maskres.registration.applications import Application


class Contact(NamedTuple):
    """Who is registered and how they are reached.

    Attributes:
        name: as shown.
        phone: E.164, or None.
        birth_date: date of birth.
        sex: "M" or "F".
    """

    name: str
    phone: str | None
    birth_date: date
    sex: str


class Sealed(NamedTuple):
    """An application's personal fields as the database holds them; a tuple, for a file makes many."""

    id_digest: bytes
    name_digest: bytes
    phone_digest: bytes | None
    canonical: bytes
    contact: bytes


def seal_personal(
    application: Application, cipher: Cipher, key: IndexKey, random_bytes: RandomBytes
) -> Sealed:
    """Digest and encrypt an application's personal fields; each ciphertext is bound to its document."""
    canonical = application.document.canonical
    digest = id_digest(key, canonical)
    nonces = random_bytes(2 * NONCE_BYTES)
    (sealed_id,) = seal_canonicals(cipher, [canonical], [digest], [nonces[:NONCE_BYTES]])
    (contact,) = seal_contacts(cipher, [application], [digest], [nonces[NONCE_BYTES:]])
    return Sealed(
        id_digest=digest,
        name_digest=name_digest(key, canonical, matching_name(application.name)),
        phone_digest=None if application.phone is None else phone_digest(key, application.phone),
        canonical=sealed_id,
        contact=contact,
    )


def seal_canonicals(
    cipher: Cipher, canonicals: Iterable[str], digests: Sequence[bytes], nonces: Sequence[bytes]
) -> list[bytes]:
    """Encrypt canonical ids, each bound to its document; what open_canonical opens."""
    owners = [b"document/" + digest for digest in digests]
    return cipher.encrypt_all(map(str.encode, canonicals), bound_to=owners, nonces=nonces)


def seal_contacts(
    cipher: Cipher,
    contacts: Iterable[Contact | Application],
    digests: Sequence[bytes],
    nonces: Sequence[bytes],
) -> list[bytes]:
    """Encrypt contacts, each bound to the person's document; what open_contact opens."""
    owners = [b"contact/" + digest for digest in digests]
    return cipher.encrypt_all(map(encode_contact, contacts), bound_to=owners, nonces=nonces)


def encode_contact(contact: Contact | Application) -> bytes:
    """Write a contact as the bytes that are encrypted: compact JSON, a list of its four members."""
    # Only a name can hold what must be escaped; an encoder of the whole list takes three times as long.
    phone = "null" if contact.phone is None else f'"{contact.phone}"'
    name = encode_basestring(contact.name)
    return f'[{name},{phone},"{contact.birth_date.isoformat()}","{contact.sex}"]'.encode()


def open_contact(cipher: Cipher, blob: bytes, digest: bytes) -> Contact:
    """Decrypt a contact.

    Raises:
        CheckFailed: "personal-data-damaged".
        ConfigurationError: "missing-key".
    """
    name, phone, birth_date, sex = json.loads(cipher.decrypt(blob, bound_to=b"contact/" + digest))
    return Contact(name, phone, date.fromisoformat(birth_date), sex)


def open_canonical(cipher: Cipher, blob: bytes, digest: bytes) -> str:
    """Decrypt a canonical id. Raises as open_contact."""
    return cipher.decrypt(blob, bound_to=b"document/" + digest).decode()
