"""Whose wishes are kept for the next round: who lost and agreed, and nobody who has won or changed their mind since."""

from __future__ import annotations

from maskres.rounds.status import DrawStatus
from maskres.usecases.registration import registering
from maskres.usecases.registration.carrying import carry_over
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.rounds.steps import finish_round
from maskres.usecases.service import Service
from tests.support.people import make_application, make_people
from tests.support.world import (
    COUNTER,
    OPERATOR,
    dice_source,
    import_people,
    open_round,
    play_to,
    register,
    winners_of,
)

FIRST, SECOND, THIRD = "spring-1", "spring-2", "spring-3"


def standing(service: Service, slug: str) -> set[str]:
    """Give who is registered in a round."""
    with service.database.reading() as c:
        numbers = c.exec_driver_sql(
            f"SELECT number FROM registrations JOIN rounds ON rounds.id = round_id WHERE slug = '{slug}'"
        )
        found = [row[0] for row in numbers]
    return names_of(service, slug, found)


def names_of(service: Service, slug: str, numbers: list[str]) -> set[str]:
    return {registering.read_contact(service, OPERATOR, slug, number, "test").name for number in numbers}


def play_round(service: Service, slug: str) -> set[str]:
    """Play an open round to its end, and give who won."""
    # The small world's clock stands where the first draw of a round ends: later sources than its own are declared.
    play_to(service, DrawStatus.FINISHED, slug, sources=[dice_source(2)])
    finish_round(service, OPERATOR, slug)
    return names_of(service, slug, winners_of(service, slug))


def test_the_kept_are_those_who_lost_and_still_agree(service: Service):
    people = make_people(8)
    everyone = {person.name for person in people}
    open_round(service, FIRST, challenge_hours=0)
    import_people(service, "household", people)
    import_people(service, "insurance", [])
    for person in people:
        register(service, person, FIRST, keep="yes")
    won = play_round(service, FIRST)
    assert 0 < len(won) < len(everyone) == 8

    open_round(service, SECOND, challenge_hours=0)
    assert carry_over(service, OPERATOR, SECOND) == len(everyone - won)
    assert standing(service, SECOND) == everyone - won
    unwilling = next(person for person in people if person.name not in won)
    application = make_application(unwilling, keep="no")
    registering.register(service, COUNTER, SECOND, application, SEEN_BY_STAFF)
    won_again = play_round(service, SECOND)
    assert won_again
    assert not won_again & won

    open_round(service, THIRD, challenge_hours=0)
    still_kept = everyone - won - won_again - {unwilling.name}
    assert carry_over(service, OPERATOR, THIRD) == len(still_kept)
    assert standing(service, THIRD) == still_kept
    with service.database.reading() as c:
        kept = c.exec_driver_sql("SELECT count(*) FROM persons WHERE kept_contact IS NOT NULL").scalar_one()
    assert kept == len(still_kept)
