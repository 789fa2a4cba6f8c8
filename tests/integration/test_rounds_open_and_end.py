"""Rounds: made as a draft, opened with their rules frozen, finished when their draws are."""

from __future__ import annotations

import hashlib

import pytest

from maskres.db import record, rounds
from maskres.errors import CheckFailed, ConfigurationError, ConflictError, InputError, StepRefused
from maskres.formats import strict_json
from maskres.ledger.checkpoints import cosign
from maskres.ledger.entries import read_line
from maskres.ledger.note_keys import Algorithm, signing_key
from maskres.rehearsal.parts import SeededKeys, cosigner_keys
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.usecases.draw import committing, drawing, seeding
from maskres.usecases.eligibility import deciding
from maskres.usecases.record import add_cosignature, name_ledger
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.service import Service
from tests.support.people import make_rules
from tests.support.raw import fetch
from tests.support.world import (
    NOTARY,
    OPENS_AT,
    OPERATOR,
    ROLLS,
    ROUND,
    SEED,
    beacon_json,
    create_round,
    drand_source,
    open_round,
    play_to,
    set_slots,
    status_of,
    store_list,
)


def find(service: Service, slug: str = ROUND) -> rounds.Round:
    with service.database.reading() as c:
        return rounds.find_round(c, slug)


def entry(service: Service, seq: int):
    with service.database.reading() as c:
        return read_line(record.ledger_lines(c)[seq], seq)


def test_a_draft_is_nothing_public(service: Service):
    round_ = create_round(service)
    assert round_.status is RoundStatus.DRAFT
    assert fetch(service.database, "SELECT count(*) FROM ledger_entries") == [(0,)]
    assert fetch(service.database, "SELECT count(*) FROM draws") == [(0,)]
    assert fetch(service.database, "SELECT store FROM stores ORDER BY store") == [
        ("huli-1",),
        ("siming-1",),
        ("siming-2",),
    ]


def test_opening_pledges_rules_and_keys_and_opens_the_first_draw(service: Service):
    round_ = open_round(service)
    assert (round_.status, round_.opened_at) == (RoundStatus.OPEN, OPENS_AT)
    assert status_of(service) is DrawStatus.OPEN
    opened = entry(service, 0)
    keys = service.keys.round_keys(ROUND)
    assert (opened.kind, opened.round, opened.draw, opened.at) == ("round-opened", ROUND, None, OPENS_AT)
    assert opened.body["rules_sha256"] == hashlib.sha256(round_.rules_bytes).hexdigest()
    assert opened.body["number_key_sha256"] == hashlib.sha256(keys.number).hexdigest()
    assert opened.body["seal_key_sha256"] == hashlib.sha256(keys.seal).hexdigest()
    assert strict_json.loads(round_.rules_bytes, file="rules.json") == make_rules()


def test_a_round_opens_once(service: Service):
    open_round(service)
    with pytest.raises(StepRefused, match="The round is open") as refused:
        round_steps.open_round(service, OPERATOR, ROUND)
    assert refused.value.code == "step-out-of-order"
    assert fetch(service.database, "SELECT count(*) FROM ledger_entries") == [(1,)]
    assert fetch(service.database, "SELECT count(*) FROM draws") == [(1,)]


def test_a_name_is_a_round_once(service: Service):
    create_round(service)
    with pytest.raises(ConflictError) as refused:
        create_round(service, quantity=7)
    assert refused.value.code == "round-exists"
    assert find(service).rules.quantity == 5


def test_a_store_in_no_district_of_the_rules_is_refused_and_nothing_made(service: Service):
    with pytest.raises(InputError, match="siming-1 stands in siming") as refused:
        create_round(service, districts=["huli"])
    assert refused.value.code == "unknown-district"
    assert fetch(service.database, "SELECT count(*) FROM rounds") == [(0,)]


def test_a_cosigners_key_must_be_one(service: Service):
    notary, witness = (key.verifier.text for key in cosigner_keys(SEED))
    data = strict_json.dumps(make_rules())
    for keys in ((notary[:-3], witness), (notary, notary), (notary, "witness")):
        with pytest.raises((InputError, CheckFailed)):
            round_steps.create_round(
                service, OPERATOR, data, store_list(), notary_key=keys[0], witness_key=keys[1]
            )
    assert fetch(service.database, "SELECT count(*) FROM rounds") == [(0,)]


def test_rules_change_while_the_round_is_a_draft_and_never_after(service: Service):
    create_round(service)
    changed = strict_json.dumps(make_rules(quantity=10))
    assert round_steps.change_rules(service, OPERATOR, changed).quantity == 10
    assert find(service).rules_bytes == changed
    round_steps.open_round(service, OPERATOR, ROUND)
    with pytest.raises(StepRefused) as refused:
        round_steps.change_rules(service, OPERATOR, strict_json.dumps(make_rules(quantity=20)))
    assert refused.value.code == "rules-frozen"
    assert find(service).rules_bytes == changed


def test_what_is_not_known_is_named(service: Service):
    open_round(service)
    with pytest.raises(InputError, match="no round 'nowhere'") as refused:
        deciding.close_draw(service, OPERATOR, "nowhere", 1)
    assert refused.value.code == "unknown-round"
    with pytest.raises(InputError, match="no draw 2") as refused:
        deciding.close_draw(service, OPERATOR, ROUND, 2)
    assert refused.value.code == "unknown-draw"
    with pytest.raises(InputError) as refused:
        round_steps.open_round(service, OPERATOR, "Not a slug")
    assert refused.value.code == "bad-slug"


def test_a_cosigners_name_belongs_to_one_key(service: Service):
    """An older key of the same name could otherwise sign for a newer one."""
    open_round(service)
    notary, witness = cosigner_keys(SEED)
    other = signing_key(notary.name, Algorithm.COSIGNATURE, b"2" * 32).verifier.text
    rules = strict_json.dumps(make_rules("another-round"))
    with pytest.raises(ConflictError) as refused:
        round_steps.create_round(
            service, OPERATOR, rules, store_list(), notary_key=other, witness_key=witness.verifier.text
        )
    assert (refused.value.code, refused.value.field) == ("key-name-taken", "notary")
    create_round(service, "another-round")


def test_the_ledger_is_named_once(service: Service):
    with service.database.reading() as c:
        origin = record.origin(c)
    name_ledger(service, OPERATOR, origin)
    with pytest.raises(ConfigurationError) as refused:
        name_ledger(service, OPERATOR, "rehearsal/other")
    assert refused.value.code == "other-origin"


def test_steps_out_of_order_are_refused_by_code_at_every_status(service: Service):
    """Take each step at each status: exactly the one that is next goes through."""
    quotas, source = {"elderly": 1, "general": 1}, drand_source()
    steps = {
        DrawStatus.CLOSED: lambda: deciding.close_draw(service, OPERATOR, ROUND, 1),
        DrawStatus.DECIDED: lambda: deciding.decide_draw(service, OPERATOR, ROUND, 1),
        DrawStatus.COMMITTED: lambda: committing.commit_draw(service, OPERATOR, ROUND, 1, quotas, [source]),
        DrawStatus.DICED: lambda: seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS),
        DrawStatus.DRAWN: lambda: drawing.draw_winners(service, OPERATOR, ROUND, 1),
        DrawStatus.PUBLISHED: lambda: drawing.publish_allocation(service, OPERATOR, ROUND, 1),
        DrawStatus.COLLECTING: lambda: drawing.open_collection(service, OPERATOR, ROUND, 1),
        DrawStatus.FINISHED: lambda: round_steps.finish_draw(service, OPERATOR, ROUND, 1),
    }
    following = {
        DrawStatus.OPEN: {DrawStatus.CLOSED},
        DrawStatus.CLOSED: {DrawStatus.DECIDED},
        DrawStatus.DECIDED: {DrawStatus.DECIDED, DrawStatus.COMMITTED},
        DrawStatus.COMMITTED: {DrawStatus.DICED},
        DrawStatus.DICED: {DrawStatus.DRAWN},
        DrawStatus.DRAWN: {DrawStatus.PUBLISHED},
        DrawStatus.PUBLISHED: {DrawStatus.COLLECTING},
        DrawStatus.COLLECTING: {DrawStatus.FINISHED},
        DrawStatus.FINISHED: set[DrawStatus](),
    }
    for status, nexts in following.items():
        play_to(service, status)
        ledger = fetch(service.database, "SELECT count(*) FROM ledger_entries")
        for then in steps.keys() - nexts:
            with pytest.raises(StepRefused) as refused:
                steps[then]()
            assert refused.value.code == "step-out-of-order", f"{status} → {then}"
            assert status_of(service) is status
        if status not in (DrawStatus.COMMITTED, DrawStatus.DICED):
            with pytest.raises((StepRefused, InputError)) as no_beacon:
                seeding.enter_beacon(service, NOTARY, ROUND, 1, beacon_json(source))
            assert no_beacon.value.code in ("step-out-of-order", "not-published"), status
        if status in (DrawStatus.COMMITTED, DrawStatus.COLLECTING):
            with pytest.raises(StepRefused) as frozen:
                set_slots(service)
            assert frozen.value.code == "slots-frozen"
        assert fetch(service.database, "SELECT count(*) FROM ledger_entries") == ledger


def test_a_round_finishes_when_its_draws_have(service: Service):
    played = play_to(service, DrawStatus.COLLECTING)
    with pytest.raises(StepRefused, match="Draw 1 is collecting") as refused:
        round_steps.finish_round(service, OPERATOR, ROUND)
    assert refused.value.code == "draw-not-finished"
    play_to(service, DrawStatus.FINISHED, people=played.people)
    round_steps.finish_round(service, OPERATOR, ROUND)
    assert find(service).status is RoundStatus.FINISHED
    last = fetch(service.database, "SELECT kind FROM ledger_entries ORDER BY seq DESC LIMIT 1")
    assert last == [("round-finished",)]
    with pytest.raises(StepRefused) as twice:
        round_steps.finish_round(service, OPERATOR, ROUND)
    assert twice.value.code == "step-out-of-order"


def test_an_open_draw_nobody_closed_is_void_when_the_round_finishes(service: Service):
    play_to(service, DrawStatus.FINISHED, draws=2)
    assert status_of(service, draw=2) is DrawStatus.OPEN
    round_steps.finish_round(service, OPERATOR, ROUND)
    assert status_of(service, draw=2) is DrawStatus.VOID


def test_who_was_in_the_pool_and_never_won_has_waited_one_round_more(service: Service):
    played = play_to(service, DrawStatus.FINISHED)
    won = fetch(service.database, "SELECT count(*) FROM results WHERE outcome = 'won'")[0][0]
    pool = fetch(service.database, "SELECT count(*) FROM results")[0][0]
    round_steps.finish_round(service, OPERATOR, ROUND)
    waited = fetch(
        service.database,
        "SELECT rounds_waited, count(*) FROM persons GROUP BY rounds_waited ORDER BY rounds_waited",
    )
    assert waited == [(0, len(played.people) - (pool - won)), (1, pool - won)]
    assert 0 < won < pool
    lost = fetch(
        service.database,
        "SELECT count(*) FROM persons p JOIN registrations r ON r.person_id = p.id"
        " JOIN results t ON t.number = r.number WHERE p.rounds_waited = 1 AND t.outcome = 'waiting'",
    )
    assert lost == [(pool - won,)]


def test_a_cosignature_counts_only_of_a_cosigner_under_our_checkpoint(service: Service):
    open_round(service)
    with service.database.reading() as c:
        note = record.require_checkpoint(c, 1).note.encode()
    key = cosigner_keys(SEED)[0]
    stranger = signing_key("rehearsal/stranger", Algorithm.COSIGNATURE, bytes(32))
    good = cosign(note, key, OPENS_AT)
    assert add_cosignature(service, NOTARY, 1, good, key.verifier.text) == OPENS_AT
    add_cosignature(service, NOTARY, 1, good, key.verifier.text)  # a repeat changes nothing
    with pytest.raises(CheckFailed):
        add_cosignature(service, NOTARY, 1, good[:-6] + "AAAA=\n", key.verifier.text)
    with pytest.raises(CheckFailed):
        add_cosignature(service, NOTARY, 1, cosign(note, stranger, OPENS_AT), key.verifier.text)
    with pytest.raises(InputError) as of_a_stranger:
        add_cosignature(service, NOTARY, 1, cosign(note, stranger, OPENS_AT), stranger.verifier.text)
    assert of_a_stranger.value.code == "unknown-cosigner"
    with pytest.raises(InputError) as unknown:
        add_cosignature(service, NOTARY, 9, good, key.verifier.text)
    assert unknown.value.code == "unknown-checkpoint"
    assert fetch(service.database, "SELECT size, name FROM cosignatures") == [(1, key.verifier.name)]


def test_a_round_without_keys_says_so(service: Service):
    open_round(service)
    service.keys.destroy_round_keys(ROUND)
    with pytest.raises(ConfigurationError) as refused:
        service.keys.round_keys(ROUND)
    assert refused.value.code == "missing-round-keys"
    assert SeededKeys(SEED).round_keys(ROUND) != SeededKeys("other").round_keys(ROUND)


def test_the_cosigners_are_those_the_round_was_made_with(service: Service):
    open_round(service)
    texts = [key.verifier.text for key in cosigner_keys(SEED)]
    assert list(find(service).cosigners) == [("notary", texts[0]), ("witness", texts[1])]
    assert all(text in str(entry(service, 0).body) for text in texts)
