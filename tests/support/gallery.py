"""A city in which every page has something to show: rounds in every state that a page speaks of.

    gallery = make_gallery(service)      # afterwards the clock stands at six past nine on the day of collection
    gallery.holders["waiting"]           # round and number of somebody who stands so
    finish(service)                      # gives, likewise, those whom the end of ROUND's draw leaves with nothing

ROUND is being collected and has had a batch; DECIDED has an open dispute, COMMITTED waits for the dice, OPEN takes
registrations, DRAFT is a draft, CLOSED has no verdicts yet, VOID was given up, DRAWN has winners without places.
"""

from __future__ import annotations

from dataclasses import dataclass

from maskres.lottery.sources import Dice
from maskres.pickup.store_states import StoreState
from maskres.registration.seals import Reach, Wishes
from maskres.rounds.status import DrawStatus
from maskres.rounds.times import RegistrationTimes
from maskres.usecases.eligibility.disputes import lodge_dispute
from maskres.usecases.pickup import afterwards, batches, disqualifying, moving
from maskres.usecases.pickup.store_states import say_state_everywhere
from maskres.usecases.registration import registering
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.rounds.steps import finish_draw
from maskres.usecases.service import RESIDENT, Service
from maskres.usecases.showing.standing import find_standing
from maskres.usecases.showing.standing_values import Where
from tests.support.collecting import Counters
from tests.support.people import make_people
from tests.support.world import (
    NOTARY,
    OPERATOR,
    ROUND,
    Played,
    cosign_all,
    create_round,
    hours_of,
    import_people,
    open_round,
    play_to,
    published,
    set_clock,
)

DECIDED, COMMITTED, OPEN, DRAFT, CLOSED, VOID, DRAWN = (f"xiamen-2020-{nth}" for nth in range(2, 9))
#: Of those who register for ROUND most want one small store and nothing else, so that somebody finds no place.
PEOPLE = [person for person in make_people(72) if person.index % 3 == 2 or person.index < 24]
#: Who is in no register.
STRANGERS = (18, 19)


@dataclass(frozen=True, slots=True)
class Gallery:
    """What to look up.

    Attributes:
        world: the round that is being collected.
        holders: where somebody stands → their round and number; "moved", "promoted", "disputed" and "excluded" (who
            may object) besides.
    """

    world: Counters
    holders: dict[str, tuple[str, str]]


def make_gallery(service: Service) -> Gallery:
    """Play the rounds, one after the other as their times come."""
    played = {
        slug: play_to(service, DrawStatus.OPEN, slug, people=people)
        for slug, people in (
            (ROUND, PEOPLE),
            (DECIDED, make_people(20)),
            (COMMITTED, make_people(6, start=420)),
            (CLOSED, make_people(4, start=460)),
            (VOID, make_people(2, start=480)),
            (DRAWN, make_people(6, start=440)),
        )
    }
    open_round(service, OPEN, times=RegistrationTimes(closes_at=hours_of(1, 400)))
    played[OPEN] = play_to(service, DrawStatus.OPEN, OPEN, people=make_people(3, start=400))
    change_some(service, played[OPEN])
    import_people(service, "household", [each for each in make_people(500) if each.index not in STRANGERS])
    play_to(service, DrawStatus.VOID, VOID)
    for slug in (CLOSED, DECIDED, ROUND, COMMITTED, DRAWN):
        play_to(service, DrawStatus.CLOSED, slug)
    for slug in (DECIDED, ROUND, COMMITTED, DRAWN):
        play_to(service, DrawStatus.DECIDED, slug)
    disputed = played[DECIDED].numbers[STRANGERS[0]]
    lodge_dispute(service, RESIDENT, DECIDED, 1, disputed, "我从2001年起住在湖里区中山路，户口本在手。")
    dice = Dice("notary-dice", 10, 39, hours_of(1, 400))
    play_to(service, DrawStatus.COMMITTED, COMMITTED, sources=[dice])
    play_to(service, DrawStatus.COMMITTED, DRAWN)
    play_to(service, DrawStatus.DICED, capacity=5)
    play_to(service, DrawStatus.DRAWN, DRAWN)
    play_to(service, DrawStatus.COLLECTING)
    create_round(service, DRAFT)
    world = Counters(service, people=list(PEOPLE))
    marked = collect(world)
    holders = {
        where_of(service, number, slug): (slug, number)
        for slug, each in reversed(played.items())  # of several, one of ROUND
        for number in each.numbers.values()
    }
    excluded = played[DECIDED].numbers[STRANGERS[1]]
    marked |= {"disputed": (DECIDED, disputed), "excluded": (DECIDED, excluded)}
    return Gallery(world, holders | marked)


def change_some(service: Service, played: Played) -> None:
    """Let the second change their wishes and the third withdraw."""
    _, second, third = (played.numbers[person.index] for person in played.people)
    wishes = Wishes("huli", Reach.CITY, ("huli-1", "siming-2"))
    set_clock(service, hours_of(1, 1.5))
    registering.change_wishes(service, RESIDENT, OPEN, second, wishes, SEEN_BY_STAFF)
    registering.withdraw(service, RESIDENT, OPEN, third, SEEN_BY_STAFF)


def collect(world: Counters) -> dict[str, tuple[str, str]]:
    """Let winners and those who wait do whatever they may; gives who was moved and who moved up."""
    service = world.service
    waiting = [number for number in pool(service) if where_of(service, number) is Where.WAITING]
    moved, given_back = world.winner("huli-1", "am"), world.winner("huli-1", "am", nth=1)
    moving.move_place(service, RESIDENT, ROUND, 1, moved, store="huli-1", slot="pm", proof=SEEN_BY_STAFF)
    for number in (given_back, waiting[-1]):
        afterwards.give_back(service, RESIDENT, ROUND, 1, number, SEEN_BY_STAFF)
    afterwards.disqualify(service, OPERATOR, NOTARY, ROUND, 1, waiting[-2], "Registered twice.")
    set_clock(service, hours_of(1, 4 * 24))
    batches.publish_batch(service, OPERATOR, ROUND, 1, released=6)
    cosign_all(service)
    promoted = [number for number in waiting if where_of(service, number) is Where.PLACED][-1]
    disqualifying.ask_to_disqualify(service, OPERATOR, ROUND, 1, waiting[0], "The same card under two names.")
    till = world.till("huli-1")
    for store in ("huli-1", "siming-1"):
        world.count_stock("delivered", 60, store)
    world.at(9.1)
    world.hand_out(till, world.winner("huli-1", "am"))
    afterwards.close_store(service, OPERATOR, ROUND, 1, "siming-1", service.now())
    say_state_everywhere(service, OPERATOR, "siming-1", StoreState.CLOSED)
    return {"moved": (ROUND, moved), "promoted": (ROUND, promoted)}


def finish(service: Service) -> dict[str, tuple[str, str]]:
    """End the draw of ROUND; gives where somebody stands → their round and number, as make_gallery does."""
    cosign_all(service)  # what the tours before have entered
    finish_draw(service, OPERATOR, ROUND, 1)
    return {where_of(service, number): (ROUND, number) for number in pool(service)}


def pool(service: Service) -> list[str]:
    """List the numbers of ROUND's pool, by rank."""
    lines = published(service, "result.csv").decode().splitlines()[1:]
    return [line.split(",")[1] for line in lines]


def where_of(service: Service, number: str, slug: str = ROUND) -> Where:
    """Tell where a number stands."""
    return find_standing(service, slug, number, SEEN_BY_STAFF).draws[0].where
