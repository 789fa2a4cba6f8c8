"""A second document of somebody who is registered, as a register's link would bring it."""

from __future__ import annotations

from maskres.db import people
from maskres.identity.digests import id_digest
from maskres.identity.encryption import NONCE_BYTES
from maskres.usecases.service import Service
from tests.support.raw import fetch


def add_document(service: Service, number: str, canonical: str) -> None:
    """Give the person of a registration another document beside the one they registered with."""
    query = "SELECT person_id FROM registrations WHERE number = :number"
    ((person,),) = fetch(service.database, query, number=number)
    digest = id_digest(service.index_key, canonical)
    nonce = service.random_bytes(NONCE_BYTES)
    sealed = service.cipher.encrypt(canonical.encode(), bound_to=b"document/" + digest, nonce=nonce)
    with service.database.writing() as c:
        people.insert_document(c, digest, service.index_key.version, service.cipher.current, person, sealed)
