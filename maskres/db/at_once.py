"""Acts that PostgreSQL does at once: everything of one registration or hand-over in one statement, one commit.

Most of what such an act costs are the ways to the database and back, one for each statement. So whoever acts says
what they take for granted, and has the answer ready; a function in the database (set up by a migration) looks whether
all of it holds, under the same locks as the use cases take, and then writes everything: the act, its line in the audit
log, the answer under its idempotency key. Where anything is otherwise it writes nothing and gives false, and the use
case goes its general way, which knows every case and has the words for it. On SQLite nothing is on the way: there the
general way is the only one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from maskres.db.engine import Database
from maskres.db.locks import PERSON, PHONE, REGISTERING, key_of
from maskres.db.straight import StraightStatement

#: The answer kept with an act; all of them null where no key was sent.
_KEPT: Mapping[str, str] = {
    "scope": "text",
    "key": "text",
    "request_sha256": "text",
    "held_until": "text",
    "holder": "text",
    "status": "integer",
    "answer": "bytea",
    "answer_version": "integer",
    "expires_at": "text",
}
_REGISTRATION: Mapping[str, str] = {
    "token": "bigint",
    "round": "bigint",
    "slug": "text",
    "draw": "integer",
    "ledger_size": "integer",
    "most_by_phone": "integer",
    "person_lock": "integer",
    "phone_lock": "integer",
    "id_digest": "bytea",
    "older_digests": "bytea[]",
    "key_version": "integer",
    "data_version": "integer",
    "canonical": "bytea",
    "person": "bigint",
    "number": "text",
    "name_digest": "bytea",
    "phone_digest": "bytea",
    "phone_digests": "bytea[]",
    "contact": "bytea",
    "age": "integer",
    "sex": "text",
    "for_whom": "text",
    "is_keeping": "boolean",
    "district": "text",
    "reach": "text",
    "choices": "text",
    "seal": "text",
    "at": "text",
    "actor": "text",
}
_HANDOVER: Mapping[str, str] = {
    "token": "bigint",
    "till": "text",
    "round": "bigint",
    "store": "text",
    "code_digest": "bytea",
    "nonce": "text",
    "is_proxy": "boolean",
    "at": "text",
    "day_begins": "text",
    "day_ends": "text",
}

# Whoever has the same key waits for the first to end, and then finds the answer by the general way. The error undoes
# whatever was written before.
_LOST = "RAISE unique_violation USING MESSAGE = 'done elsewhere'"
_KEEP_ANSWER = f"""
    IF a_key IS NOT NULL THEN
        INSERT INTO idempotency_keys
            (scope, key, request_sha256, held_until, holder, status, answer, data_version, expires_at)
        VALUES (a_scope, a_key, a_request_sha256, a_held_until, a_holder, a_status, a_answer, a_answer_version,
            a_expires_at)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN {_LOST}; END IF;
    END IF;"""

#: How the statements of the functions are planned.
PLANNING: Mapping[str, str] = {
    "enable_seqscan": "off",
    "enable_sort": "off",
    "plan_cache_mode": "force_generic_plan",
}

#: How many of a phone stand in a round, up to the limit. Asked for in their order, and sorting is off where it is
#: planned: while a table is small all its indexes look alike, and a plan that reads the round would be kept.
COUNT_OF_PHONE = """SELECT count(*) FROM (SELECT 1 FROM registrations
                    WHERE round_id = a_round AND phone_digest BETWEEN each AND each
                    ORDER BY phone_digest LIMIT a_most_by_phone) AS found"""

# Each statement of a function sees what was committed before it began: so the locks come first, in the order of
# registering.py, and what is looked at under them stays so until the end. A phone's digests are counted one
# by one: with `= ANY (…)` the plan made while the tables were empty reads every registration of the round.
_REGISTER = f"""
DECLARE
    known bigint;
BEGIN
    PERFORM pg_advisory_xact_lock_shared({REGISTERING}, a_round::integer);
    PERFORM pg_advisory_xact_lock({PERSON}, a_person_lock);
    PERFORM pg_advisory_xact_lock({PHONE}, a_phone_lock) WHERE a_phone_lock IS NOT NULL;
    SELECT person_id INTO known FROM documents WHERE id_digest = a_id_digest;
    IF NOT (
        EXISTS (SELECT 1 FROM api_tokens WHERE id = a_token AND revoked_at IS NULL)
        AND EXISTS (SELECT 1 FROM draws WHERE round_id = a_round AND draw = a_draw AND status = 'open'
            AND (opens_at IS NULL OR opens_at <= a_at) AND (closes_at IS NULL OR closes_at > a_at))
        AND (SELECT coalesce(max(seq), -1) FROM ledger_entries) = a_ledger_size - 1
        AND NOT EXISTS (SELECT 1 FROM documents WHERE key_version > a_key_version)
        AND NOT EXISTS (SELECT 1 FROM identity_links WHERE id_digest = a_id_digest)
        AND (a_phone_digest IS NULL OR a_most_by_phone > (
            SELECT coalesce(sum(
                ({COUNT_OF_PHONE})
                + (SELECT count(*) FROM repeats WHERE round_id = a_round AND phone_digest = each)), 0)
            FROM unnest(a_phone_digests) AS each))
    ) THEN
        RETURN false;
    END IF;
    IF a_older_digests <> '{{}}' THEN
        IF EXISTS (SELECT 1 FROM documents WHERE id_digest = ANY (a_older_digests)) THEN RETURN false; END IF;
    END IF;
    IF known IS NULL THEN
        INSERT INTO persons (id) VALUES (a_person);
        INSERT INTO documents (id_digest, key_version, person_id, data_version, canonical)
        VALUES (a_id_digest, a_key_version, a_person, a_data_version, a_canonical);
    END IF;
    INSERT INTO registrations (round_id, number, person_id, status, id_digest, name_digest, phone_digest, key_version,
        contact, age, sex, for_whom, is_keeping, district, reach, choices, seal, registered_at, changed_at, draw,
        ledger_size, entered_by)
    VALUES (a_round, a_number, coalesce(known, a_person), 'standing', a_id_digest, a_name_digest, a_phone_digest,
        a_key_version, a_contact, a_age, a_sex, a_for_whom, a_is_keeping, a_district, a_reach, a_choices, a_seal,
        a_at, a_at, a_draw, a_ledger_size, a_actor)
    ON CONFLICT DO NOTHING;
    -- The person stands in the round, or the number is somebody else's: the constraints know it without looking.
    IF NOT FOUND THEN
        IF known IS NOT NULL THEN RETURN false; END IF;
        {_LOST};
    END IF;{_KEEP_ANSWER}
    INSERT INTO audit_log (at, actor, act, round, draw, number, detail)
    VALUES (a_at, a_actor, 'registered', a_slug, a_draw, a_number, '{{}}');
    RETURN true;
END"""

_HAND_OUT = f"""
DECLARE
    place bigint;
BEGIN
    -- What a till does happens one after another, so that a request sent twice finds what it did before.
    PERFORM 1 FROM tills
    WHERE round_id = a_round AND store = a_store AND name = a_till AND revoked_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    SELECT l.id INTO place
    FROM places l
    JOIN draws d ON d.id = l.draw_id
    JOIN slots s ON s.draw_id = l.draw_id AND s.store = l.store AND s.slot = l.slot
    WHERE l.code_digest = a_code_digest AND l.status = 'assigned' AND l.collected_nonce IS NULL
        AND l.store = a_store AND d.round_id = a_round AND d.status = 'collecting'
        AND s.starts_at >= a_day_begins AND s.starts_at < a_day_ends
        AND EXISTS (SELECT 1 FROM api_tokens WHERE id = a_token AND revoked_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM handovers WHERE nonce = a_nonce)
    FOR UPDATE OF l;
    IF NOT FOUND THEN RETURN false; END IF;{_KEEP_ANSWER}
    UPDATE places SET status = 'collected', collected_nonce = a_nonce, collected_store = a_store,
        collected_till = a_till, collected_at = a_at, collected_from = 'assigned'
    WHERE id = place;
    INSERT INTO handovers (nonce, round_id, place_id, store, till, claimed_at, received_at, is_offline, has_code,
        is_proxy, answer)
    VALUES (a_nonce, a_round, place, a_store, a_till, a_at, a_at, false, true, a_is_proxy, 'handed-out');
    RETURN true;
END"""


def _function(name: str, body: str, parameters: Mapping[str, str]) -> str:
    # Plans are made once a connection, and kept: one made while a table was empty must not read it whole later.
    plans = " ".join(f"SET {name} = {value}" for name, value in PLANNING.items())
    options = f"RETURNS boolean LANGUAGE plpgsql {plans}"
    declared = ", ".join(f"a_{each} {kind}" for each, kind in parameters.items())
    return f"CREATE FUNCTION {name}({declared}) {options} AS $$ {body} $$"


def _array(digests: Iterable[bytes]) -> str:
    """Write bytes as PostgreSQL writes an array of them: the driver looks through a list, which takes long."""
    return "{" + ",".join(f'"\\\\x{each.hex()}"' for each in digests) + "}"


FUNCTIONS: Mapping[str, str] = {
    "register_at_once": _function("register_at_once", _REGISTER, {**_REGISTRATION, **_KEPT}),
    "hand_out_at_once": _function("hand_out_at_once", _HAND_OUT, {**_HANDOVER, **_KEPT}),
}
"""Name → the statement that sets the function up; PostgreSQL only."""

_CALL_REGISTER = StraightStatement("register_at_once", {**_REGISTRATION, **_KEPT})
_CALL_HAND_OUT = StraightStatement("hand_out_at_once", {**_HANDOVER, **_KEPT})
NOTHING_KEPT: Mapping[str, None] = dict.fromkeys(_KEPT)


def register(database: Database, values: Mapping[str, Any], kept: Mapping[str, Any] | None) -> bool:
    """Register somebody new to the round, if nothing at all stands against it.

    Args:
        database: on PostgreSQL.
        values: every member of _REGISTRATION but the locks; times as the protocol writes them.
        kept: the answer to be kept, every member of _KEPT; None where no key was sent.

    Returns:
        Whether it was done, whole; else nothing was.
    """
    phone = values["phone_digest"]
    locks = {
        "person_lock": key_of(values["id_digest"]),
        "phone_lock": None if phone is None else key_of(phone),
        "older_digests": _array(values["older_digests"]),
        "phone_digests": _array(values["phone_digests"]),
    }
    return database.do_at_once(_CALL_REGISTER, {**values, **locks, **(kept or NOTHING_KEPT)})


def hand_out(database: Database, values: Mapping[str, Any], kept: Mapping[str, Any] | None) -> bool:
    """Hand out to a winner of this store and day who shows their code, if nothing at all stands against it.

    Args:
        database: on PostgreSQL.
        values: every member of _HANDOVER; times as the protocol writes them.
        kept: as for register.

    Returns:
        Whether it was done, whole; else nothing was.
    """
    return database.do_at_once(_CALL_HAND_OUT, {**values, **(kept or NOTHING_KEPT)})
