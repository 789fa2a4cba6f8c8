"""The audit's sample: chosen by the seed, recomputed with the pledged keys; what an administrator altered shows."""

from __future__ import annotations

import hashlib
import json

import pytest

from maskres.errors import CheckFailed, ConflictError, InputError, StepRefused
from maskres.formats.symbols import check_symbol
from maskres.registration.seals import holder_digest, make_seal_of_text
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw import auditing, drawing
from maskres.usecases.service import Service
from tests.reference import plain_draw
from tests.support.raw import fetch, run, without_guards
from tests.support.world import NOTARY, OPERATOR, ROUND, play_to, published, status_of, winners_of


def recomputed(service: Service) -> dict[str, bool]:
    return {winner.number: winner.is_recomputed for winner in auditing.open_audit(service, NOTARY, ROUND, 1)}


def test_the_sample_is_what_the_seed_chooses(service: Service):
    play_to(service, DrawStatus.DRAWN, audit_size=3)
    seed = hashlib.sha256(published(service, "seed.txt")).hexdigest()
    expected = plain_draw.audit(winners_of(service), seed, 3)
    opened = auditing.open_audit(service, NOTARY, ROUND, 1)
    assert [winner.number for winner in opened] == expected
    assert len(expected) == 3


def test_a_winner_opened_shows_all_that_the_authority_checks(service: Service):
    played = play_to(service, DrawStatus.PUBLISHED)
    by_number = {played.numbers[person.index]: person for person in played.people}
    wishes = {
        line.split(",")[0]: line.split(",")[1:]
        for line in published(service, "wishes.csv").decode().splitlines()[1:]
    }
    lines = {  # of the registers' files, in the order in which play_to lists people
        person.index: ("insurance", 1, 2 + person.index // 5)
        if person.index % 5 == 4
        else ("household", 1, 2 + person.index - person.index // 5)
        for person in played.people[:-2]
    }
    opened = auditing.open_audit(service, NOTARY, ROUND, 1)
    assert len(opened) == len(wishes) > 5
    for winner in opened:
        person = by_number[winner.number]
        holder, salt, district, reach, choices = wishes[winner.number]
        assert winner.is_recomputed
        assert winner.contact is not None
        assert (winner.canonical, winner.contact.name) == (person.canonical, person.name)
        assert holder_digest(winner.holder_salt, winner.canonical) == holder
        assert (winner.wish_salt, winner.wishes) == (salt, f"{district}/{reach}/{choices}")
        assert winner.evidence == (lines[person.index],)
        assert winner.basis == lines[person.index][0]
        assert (winner.stratum, winner.tickets) == ("elderly" if person.index % 4 == 0 else "general", 1)


def test_the_findings_are_published_once_and_hold_no_ids(service: Service):
    played = play_to(service, DrawStatus.DRAWN)
    findings = recomputed(service)
    first = min(findings)
    for wrong in ({}, {first: True}, findings | {"000000000000": True}):
        with pytest.raises(InputError) as refused:
            auditing.record_audit(service, NOTARY, ROUND, 1, wrong)
        assert refused.value.code == "not-the-sample"
    assert auditing.record_audit(service, NOTARY, ROUND, 1, findings | {first: False}) == 1
    document = published(service, "audit.json")
    assert json.loads(document) == {"round": ROUND, "draw": 1, "sound": findings | {first: False}}
    assert not any(person.id_number.encode() in document for person in played.people)
    ((line,),) = fetch(service.database, "SELECT line FROM ledger_entries WHERE kind = 'audited'")
    body = json.loads(bytes(line))["body"]
    assert hashlib.sha256(document).hexdigest() in body.values()
    assert sorted(value for value in body.values() if isinstance(value, int)) == [1, len(findings)]
    with pytest.raises(ConflictError) as twice:
        auditing.record_audit(service, NOTARY, ROUND, 1, findings)
    assert twice.value.code == "audited-already"


def test_there_is_nothing_to_audit_before_the_draw(service: Service):
    play_to(service, DrawStatus.DICED)
    with pytest.raises(StepRefused) as refused:
        auditing.open_audit(service, NOTARY, ROUND, 1)
    assert refused.value.code == "step-out-of-order"


def relabel(service: Service, number: str, friend: str) -> None:
    """Hand a number to the person of another registration, as an administrator of the database could."""
    columns = ("id_digest", "name_digest", "contact", "phone_digest")
    (theirs,) = fetch(
        service.database, f"SELECT {', '.join(columns)} FROM registrations WHERE number = :n", n=friend
    )
    run(
        service.database,
        f"UPDATE registrations SET {', '.join(f'{name} = :{name}' for name in columns)} WHERE number = :n",
        n=number,
        **dict(zip(columns, theirs, strict=True)),
    )


def test_a_win_given_to_a_friend_is_found_before_it_is_placed(service: Service):
    played = play_to(service, DrawStatus.DRAWN)
    winner = winners_of(service)[0]
    relabel(service, winner, played.numbers[18])  # whom no register knows
    assert [number for number, is_own in recomputed(service).items() if not is_own] == [winner]
    with pytest.raises(CheckFailed, match=winner) as refused:
        drawing.publish_allocation(service, OPERATOR, ROUND, 1)
    assert refused.value.code == "seal-differs"
    assert status_of(service) is DrawStatus.DRAWN
    assert fetch(service.database, "SELECT count(*) FROM places") == [(0,)]


def test_wishes_altered_after_the_commitment_are_found(service: Service):
    play_to(service, DrawStatus.DRAWN)
    winner = winners_of(service)[0]
    without_guards(
        service.database,
        "entries",
        "UPDATE entries SET district = 'huli', reach = 'choices', choices = 'huli-1|siming-2' WHERE number = :n",
        n=winner,
    )
    assert [number for number, is_own in recomputed(service).items() if not is_own] == [winner]
    with pytest.raises(CheckFailed) as refused:
        drawing.publish_allocation(service, OPERATOR, ROUND, 1)
    assert refused.value.code == "seal-differs"


def test_a_seal_made_to_fit_is_not_the_one_committed(service: Service):
    """Relabelled with a seal recomputed by whoever has the keys: the number still is not the friend's."""
    played = play_to(service, DrawStatus.DRAWN)
    winner, friend = winners_of(service)[0], played.people[18]
    relabel(service, winner, played.numbers[18])
    ((district, reach, choices),) = fetch(
        service.database, "SELECT district, reach, choices FROM entries WHERE number = :n", n=winner
    )
    seal = make_seal_of_text(
        service.keys.round_keys(ROUND).seal, winner, friend.canonical, f"{district}/{reach}/{choices}"
    )
    without_guards(
        service.database, "entries", "UPDATE entries SET seal = :seal WHERE number = :n", seal=seal, n=winner
    )
    assert recomputed(service)[winner] is False
    assert f"{winner},".encode() in published(service, "pool.csv")
    assert seal.encode() not in published(service, "pool.csv")


def ghost_number(symbol: str) -> str:
    """Give a number with a right check symbol that no key gave."""
    return symbol * 11 + check_symbol(symbol * 11)


def test_a_ghost_planted_among_the_entries_never_gets_past_the_commitment(service: Service):
    play_to(service, DrawStatus.CLOSED)
    ghost = ghost_number("Z")
    without_guards(
        service.database,
        "entries",
        "INSERT INTO entries (draw_id, number, person_id, is_withdrawn, id_digest, name_digest, district, reach,"
        " choices, seal) SELECT draw_id, :ghost, person_id, is_withdrawn, id_digest, name_digest, district, reach,"
        " choices, seal FROM entries"
        " ORDER BY number LIMIT 1",
        ghost=ghost,
    )
    play_to(service, DrawStatus.DECIDED)
    with pytest.raises(CheckFailed, match=f"{ghost} is not in registered.csv") as refused:
        play_to(service, DrawStatus.COMMITTED)
    assert refused.value.code == "sets-differ"
    assert status_of(service) is DrawStatus.DECIDED


def test_threat_ghosts_and_given_wins_ghosts_that_win_are_found_by_the_audit_and_never_placed(
    service: Service,
):
    """Registrations made up of other people's rows, under numbers of their own: no key gives them such numbers."""
    played = play_to(service, DrawStatus.OPEN)
    columns = (
        "round_id, status, id_digest, name_digest, phone_digest, key_version, contact, age, sex, for_whom,"
        " is_keeping, district, reach, choices, seal, registered_at, changed_at, draw, ledger_size, entered_by"
    )
    ghosts = {ghost_number(symbol) for symbol in "ABCDEF"}
    for nth, ghost in enumerate(sorted(ghosts)):
        run(service.database, "INSERT INTO persons (id) VALUES (:id)", id=nth + 1)
        run(
            service.database,
            f"INSERT INTO registrations (number, person_id, {columns}) SELECT :ghost, :id, {columns}"
            " FROM registrations WHERE number = :number",
            ghost=ghost, id=nth + 1, number=played.numbers[nth],
        )  # fmt: skip
    play_to(service, DrawStatus.DRAWN)
    won = ghosts & set(winners_of(service))
    assert won
    assert {number for number, is_own in recomputed(service).items() if not is_own} == won
    with pytest.raises(CheckFailed) as refused:
        drawing.publish_allocation(service, OPERATOR, ROUND, 1)
    assert refused.value.code == "seal-differs"


def test_more_tickets_given_behind_the_code_do_not_change_what_is_committed(service: Service):
    play_to(service, DrawStatus.COMMITTED)
    pool = published(service, "pool.csv")
    without_guards(service.database, "verdicts", "UPDATE verdicts SET tickets = 9")
    play_to(service, DrawStatus.DRAWN)
    seed = hashlib.sha256(published(service, "seed.txt")).hexdigest()
    quotas = json.loads(published(service, "commitment.json"))["quotas"]
    rows = [line.split(",") for line in pool.decode().splitlines()[1:]]
    lines, _ = plain_draw.draw([(n, stratum, int(t)) for n, stratum, t, _seal in rows], quotas, seed)
    assert published(service, "result.csv") == plain_draw.result_file(lines)


def test_a_published_file_that_was_altered_is_not_drawn_from(service: Service):
    play_to(service, DrawStatus.COMMITTED)
    ((sha256, data),) = fetch(
        service.database,
        "SELECT a.sha256, c.data FROM artifacts a JOIN artifact_chunks c ON c.sha256 = a.sha256"
        " WHERE a.name = 'pool.csv'",
    )
    altered = bytes(data).replace(b",general,1,", b",general,9,", 1)
    without_guards(
        service.database, "artifact_chunks", "UPDATE artifact_chunks SET data = :data WHERE sha256 = :sha256",
        data=altered, sha256=sha256,
    )  # fmt: skip
    with pytest.raises(CheckFailed) as refused:
        play_to(service, DrawStatus.DRAWN)
    assert refused.value.code == "file-damaged"
    assert status_of(service) is DrawStatus.DICED
