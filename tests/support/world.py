"""A small world to test in: a service on a fresh database, and a tiny round taken to any status by the real use cases.

Fixtures (tests/conftest.py):

- `service`: a `Service` on a fresh database, once on SQLite and once on PostgreSQL; `sqlite_service` and
  `postgres_service` are on one kind alone. The tables are there and the ledger is named. Its clock stands at
  `OPENS_AT` and is moved with `set_clock(service, …)`; keys, cosigners and beacon are the rehearsal's, of `SEED`.

Taking a round somewhere:

    played = play_to(service, DrawStatus.COLLECTING)      # makes and opens the round first where there is none
    played.slug, played.draw, played.people, played.numbers[person.index]
    play_to(service, DrawStatus.FINISHED)                 # goes on from where the draw stands

By default twenty people register (people.make_people(20), one phone each): the last two are in no register
("not-registered-here"), the one before them withdraws, of the other seventeen every fifth is insured and the rest
are of the household register; a quarter is of the stratum "elderly". Quotas are half of every stratum, rounded up.
Every store has slots "am" (09:00 to 09:30 in Xiamen) and "pm" (15:00 to 15:30) of `capacity` places on the sixth day
of the draw. Notary and witness cosign every milestone. Each draw takes ten days: the clock goes to

    hours after the draw's begin   0 opened, 1 registering, 48 closed, 50 decided, 87 committed, 88 dice,
                                   91 beacon and drawn, 92 published, 93 collecting, 200 finished

and never backwards; registration of the first draw is announced to end at hour 48. People, application forms,
office files and rules: tests/support/people.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from maskres.db import deciding, record, rounds
from maskres.db.people import count_registrations
from maskres.lottery.sources import DeclaredSource, Dice, Drand
from maskres.registration.numbers import registration_number
from maskres.rehearsal.parts import (
    SeededKeys,
    ledger_origin,
)
from maskres.rounds.status import DRAW_STEPS, DrawStatus
from maskres.rounds.times import NO_TIMES, RegistrationTimes
from maskres.usecases.draw import committing, drawing, seeding
from maskres.usecases.eligibility import deciding as decide_steps
from maskres.usecases.registration import registering
from maskres.usecases.registration.proofs import Proof, secret_of
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.service import RESIDENT, Service
from tests.support.people import (
    Person,
    make_people,
)
from tests.support.small_round import (
    COUNTER,
    DEPUTY,
    NOTARY,
    OPENS_AT,
    OPERATOR,
    REGISTER_DATE,
    ROLLS,
    ROUND,
    SEED,
    UNTOUCHED,
    Answer,
    beacon_json,
    cosign_all,
    create_round,
    dice_source,
    drand_source,
    draw_id_of,
    hours_of,
    import_people,
    make_service,
    make_template,
    open_round,
    pass_time,
    published,
    register,
    register_again,
    set_clock,
    set_slots,
    slots_csv,
    status_of,
    store_list,
    winners_of,
)
from tests.support.snapshots import Snapshot, count_rows, put_back, take

__all__ = [
    "COUNTER",
    "DEPUTY",
    "NOTARY",
    "OPENS_AT",
    "OPERATOR",
    "REGISTER_DATE",
    "ROLLS",
    "ROUND",
    "SEED",
    "Answer",
    "Played",
    "beacon_json",
    "cosign_all",
    "create_round",
    "default_quotas",
    "dice_source",
    "drand_source",
    "draw_id_of",
    "hours_of",
    "import_people",
    "is_untouched",
    "make_service",
    "make_template",
    "open_round",
    "pass_time",
    "play_to",
    "published",
    "register",
    "register_again",
    "set_clock",
    "set_slots",
    "slots_csv",
    "status_of",
    "store_list",
    "winners_of",
]


@dataclass(slots=True)
class Played:
    """A draw that play_to has taken somewhere.

    Attributes:
        slug: of the round.
        draw: number of the draw.
        people: who registered for it, in this call or an earlier one with the same list.
        numbers: index of a person → registration number.
        secrets: index of a person → the secret of the receipt.
    """

    slug: str
    draw: int
    people: Sequence[Person]
    numbers: dict[int, str] = field(default_factory=dict)
    secrets: dict[int, str] = field(default_factory=dict)


def play_to(
    service: Service,
    status: DrawStatus,
    slug: str = ROUND,
    draw: int = 1,
    *,
    people: Sequence[Person] | None = None,
    capacity: int = 4,
    sources: Sequence[DeclaredSource] | None = None,
    quotas: Mapping[str, int] | None = None,
    **rules: Any,
) -> Played:
    """Take a draw to a status by the real use cases, making the round and registering people where that is to do.

    Args:
        service: the service.
        status: where to; "void" voids the draw where it stands.
        slug: the round.
        draw: number of the draw; an earlier draw of the round must have its result already.
        people: who registers while the draw is open; where nobody is given and nobody has registered yet, the twenty
            of the module's docstring. Of others than those, nobody withdraws and all are of the household register.
        capacity: winners a slot.
        sources: declared at the commitment; dice and beacon unless given.
        quotas: committed to; half of every stratum unless given.
        **rules: members of the rules that differ from make_rules, where the round is yet to be made.
    """
    wanted = _Wanted(slug, draw, people, capacity, sources, quotas, rules)
    if not is_untouched(service):
        return _play(service, status, wanted)
    return _play_once(service, status, wanted)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What play_to was asked for, but for the status."""

    slug: str
    draw: int
    people: Sequence[Person] | None
    capacity: int
    sources: Sequence[DeclaredSource] | None
    quotas: Mapping[str, int] | None
    rules: Mapping[str, Any]

    def played(self) -> Played:
        """Give the draw that is asked for, without the numbers that are not given yet."""
        return Played(self.slug, self.draw, make_people(20) if self.people is None else self.people)


#: Contents of a database and the moment of the clock, by kind of database, what was wanted, and status.
_played: dict[tuple[bool, str, DrawStatus], tuple[Snapshot, datetime]] = {}


def is_untouched(service: Service) -> bool:
    """Tell whether a service is as its fixture made it: keys, clock and ledger of this module, no row more."""
    if service.keys.deployment != SeededKeys(SEED).deployment or service.now() != OPENS_AT:
        return False
    if count_rows(service.database) != UNTOUCHED:
        return False
    with service.database.reading() as c:
        return record.origin(c) == ledger_origin(SEED, 1, 1)


def _play_once(service: Service, status: DrawStatus, wanted: _Wanted) -> Played:
    """Play on an untouched service; what one test has played is put back for all others, who play on from there."""
    is_sqlite, asked = service.database.is_sqlite, repr(wanted)
    for earlier in (status, *_way_to(status)):
        if (is_sqlite, asked, earlier) in _played:
            snapshot, at = _played[is_sqlite, asked, earlier]
            put_back(service.database, snapshot)
            set_clock(service, at)
            break
    if (is_sqlite, asked, status) in _played:
        played = wanted.played()
        _recall(service, played)
        return played
    played = _play(service, status, wanted)
    _played[is_sqlite, asked, status] = take(service.database), service.now()
    return played


def _way_to(status: DrawStatus) -> Sequence[DrawStatus]:
    """List the statuses after "open" that lead to one, the last first; a draw is voided where it stands."""
    order = list(DRAW_STEPS)
    return [] if status is DrawStatus.VOID else order[1 : order.index(status)][::-1]


def _play(service: Service, status: DrawStatus, wanted: _Wanted) -> Played:
    slug, draw, people, sources = wanted.slug, wanted.draw, wanted.people, wanted.sources
    played = wanted.played()
    with service.database.reading() as c:
        is_known = slug in {each.slug for each in rounds.list_rounds(c)}
    if not is_known:
        _go_to(service, draw, 0)
        closes_at = hours_of(draw, 48)
        times = RegistrationTimes(closes_at=closes_at) if closes_at > service.now() else NO_TIMES
        open_round(service, slug, times=times, **wanted.rules)
        cosign_all(service)
    has_people = people is not None or not _has_registrations(service, slug)
    if has_people and status_of(service, slug, draw) is DrawStatus.OPEN:
        _register_all(service, played, is_default=people is None)
    declared: Sequence[DeclaredSource] = sources or (dice_source(draw), drand_source(draw))
    if status is DrawStatus.VOID:
        committing.void_draw(service, OPERATOR, slug, draw, "The hall has burnt down.")
        cosign_all(service)
        return played
    order = list(DRAW_STEPS)
    while (now := status_of(service, slug, draw)) is not status:
        if order.index(now) > order.index(status):
            raise AssertionError(f"the draw is {now} already")
        _step(service, wanted, order[order.index(now) + 1], declared)
        cosign_all(service)
    _recall(service, played)
    return played


def default_quotas(service: Service, slug: str = ROUND, draw: int = 1) -> dict[str, int]:
    """Give half of every stratum of a decided draw, rounded up."""
    with service.database.reading() as c:
        strata, _ = deciding.count_verdicts(c, rounds.find_draw(c, rounds.find_round(c, slug), draw).id)
    return {stratum: math.ceil(count / 2) for stratum, count in strata.items()}


def _has_registrations(service: Service, slug: str) -> bool:
    with service.database.reading() as c:
        return sum(count_registrations(c, rounds.find_round(c, slug).id)) > 0


def _register_all(service: Service, played: Played, *, is_default: bool) -> None:
    _go_to(service, played.draw, 1)
    listed = list(played.people[:-2]) if is_default else list(played.people)
    insured = [person for person in listed if is_default and person.index % 5 == 4]
    import_people(service, "household", [person for person in listed if person not in insured])
    import_people(service, "insurance", insured)
    for person in played.people:
        register(service, person, played.slug)
    _recall(service, played)
    if is_default:
        withdrawn = played.people[-3].index
        proof = Proof(secret=played.secrets[withdrawn])
        registering.withdraw(service, RESIDENT, played.slug, played.numbers[withdrawn], proof)


def _recall(service: Service, played: Played) -> None:
    key = service.keys.round_keys(played.slug).number
    for person in played.people:
        number = registration_number(key, person.canonical, 0)
        played.numbers[person.index] = number
        played.secrets[person.index] = secret_of(service, played.slug, number)


def _step(service: Service, wanted: _Wanted, then: DrawStatus, sources: Sequence[DeclaredSource]) -> None:
    slug, draw = wanted.slug, wanted.draw
    match then:
        case DrawStatus.CLOSED:
            _go_to(service, draw, 48)
            decide_steps.close_draw(service, OPERATOR, slug, draw)
        case DrawStatus.DECIDED:
            _go_to(service, draw, 50)
            decide_steps.decide_draw(service, OPERATOR, slug, draw)
        case DrawStatus.COMMITTED:
            _go_to(service, draw, 87)
            set_slots(service, slug, draw, slots_csv(draw, wanted.capacity, service.now()))
            quotas = wanted.quotas or default_quotas(service, slug, draw)
            committing.commit_draw(service, OPERATOR, slug, draw, quotas, sources)
        case DrawStatus.DICED:
            _dice(service, slug, draw, sources)
        case DrawStatus.DRAWN:
            _draw_winners(service, slug, draw, sources)
        case DrawStatus.PUBLISHED:
            _go_to(service, draw, 92)
            drawing.publish_allocation(service, OPERATOR, slug, draw)
        case DrawStatus.COLLECTING:
            _go_to(service, draw, 93)
            drawing.open_collection(service, OPERATOR, slug, draw)
        case DrawStatus.FINISHED:
            _go_to(service, draw, 200)
            round_steps.finish_draw(service, OPERATOR, slug, draw)
        case _:
            raise AssertionError(f"no step leads to {then}")


def _dice(service: Service, slug: str, draw: int, sources: Sequence[DeclaredSource]) -> None:
    if any(isinstance(source, Dice) for source in sources):
        # Where the clock stands late already, it goes on past the sixteenth minute: cosigned in six, ten minutes more.
        set_clock(service, max(hours_of(draw, 88), service.now() + timedelta(minutes=17)))
        seeding.enter_dice(service, NOTARY, slug, draw, ROLLS)
    else:
        _beacon(service, slug, draw, sources)


def _beacon(service: Service, slug: str, draw: int, sources: Sequence[DeclaredSource]) -> None:
    source = next((each for each in sources if isinstance(each, Drand)), None)
    with service.database.reading() as c:
        has_beacon = rounds.find_draw(c, rounds.find_round(c, slug), draw).beacon is not None
    if source is not None and not has_beacon:
        _go_to(service, draw, 91)
        seeding.enter_beacon(service, DEPUTY, slug, draw, beacon_json(source))


def _draw_winners(service: Service, slug: str, draw: int, sources: Sequence[DeclaredSource]) -> None:
    _beacon(service, slug, draw, sources)
    _go_to(service, draw, 91)
    drawing.draw_winners(service, OPERATOR, slug, draw)


def _go_to(service: Service, draw: int, hours: float) -> None:
    """Put the clock to an hour of a draw, never backwards."""
    set_clock(service, max(service.now(), hours_of(draw, hours)))
