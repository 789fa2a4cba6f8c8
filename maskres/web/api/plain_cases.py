"""Which plain cases there are: a helper registers somebody new, a counter hands out by a code (plain.py)."""

from __future__ import annotations

from collections.abc import Sequence

from maskres.formats import strict_json
from maskres.rounds.roles import StaffRole
from maskres.usecases.pickup import redeeming_at_once
from maskres.usecases.registration import registering_at_once
from maskres.usecases.registration.registering import Outcome
from maskres.usecases.work.idempotency import keep_with_act
from maskres.web.api import counter, registrations
from maskres.web.api.counter_schemas import HandOver, Told
from maskres.web.api.own_schemas import ApplicationSent
from maskres.web.api.plain import Limit, PlainCase, PlainRequest
from maskres.web.door import Door


def plain_cases(door: Door) -> Sequence[PlainCase]:
    """Make the plain cases; on SQLite nothing is done at once, so there are none."""
    return () if door.service.database.is_sqlite else (_registering(door), _handing_out(door))


def _registering(door: Door) -> PlainCase:
    service, memory = door.service, door.memory

    def register(request: PlainRequest) -> tuple[int, bytes] | None:
        """Register somebody new by a helper's token, if nothing stands against it."""
        known = memory.find_round(request.parts["round"])
        if known is None:
            return None
        application = registrations.read_fields(
            service, known.round, known.stores, request.body, is_phone_required=False
        )
        prepared = registering_at_once.prepare(service, known, request.holder, application)
        if prepared is None:
            return None
        body = strict_json.dumps(registrations.registered(prepared.slip, Outcome.REGISTERED))
        kept = keep_with_act(service, request.asked, 201, body)
        if registering_at_once.register(service, prepared, kept):
            return 201, body
        memory.forget_round(request.parts["round"])
        return None

    return PlainCase(
        endpoint="registrations.register_person",
        address=registrations.REGISTERING,
        role=StaffRole.HELPER,
        schema=ApplicationSent(),
        limits=(Limit(door.limits.open, registrations.BY_TOKEN, is_by_holder=True),),
        act=register,
    )


def _handing_out(door: Door) -> PlainCase:
    service, memory, closed = door.service, door.memory, door.limits.closed
    handed_out = strict_json.dumps(Told().dump(counter.told(redeeming_at_once.HANDED_OUT)))

    def hand_out(request: PlainRequest) -> tuple[int, bytes] | None:
        """Hand out by a code at the winner's own store, if nothing stands against it."""
        known, act = memory.find_round(request.parts["round"]), counter.read_act(request.body, "")
        is_own_store = request.parts["store"] == request.holder.store
        if known is None or not is_own_store or not redeeming_at_once.is_plain(service, act):
            return None
        kept = keep_with_act(service, request.asked, 200, handed_out)
        is_done = redeeming_at_once.hand_out(service, known, request.holder, act, kept)
        return (200, handed_out) if is_done else None

    return PlainCase(
        endpoint="counters.hand_over",
        address=counter.HANDING_OUT,
        role=StaffRole.COUNTER,
        schema=HandOver(),
        limits=(
            Limit(closed, counter.BY_TOKEN, is_by_holder=True),
            Limit(closed, counter.BY_ADDRESS, is_by_holder=False),
        ),
        act=hand_out,
    )
