"""The scenes of a round up to its allocation: opening, registering, closing, deciding, committing, drawing.

Every scene sets the clock to its own moment and may be played again: what a killed run had done already is found
and left as it is, so that a rehearsal taken up again ends with the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from maskres.db import deciding, disputes, files, record, rounds
from maskres.formats import strict_json
from maskres.ledger.body_shapes import Kind
from maskres.ledger.checkpoints import cosign
from maskres.ledger.entries import read_line
from maskres.ledger.keyring import ROLES
from maskres.lottery.sources import DeclaredSource, Dice, Drand
from maskres.registration.applications import ApplicationRefused, read_application
from maskres.rehearsal.behaviour import Behaviour, dice_rolls
from maskres.rehearsal.city import Action, City, SingleStep
from maskres.rehearsal.parts import RehearsedBeacon, StageClock, beacon_network, cosigner_keys
from maskres.rehearsal.stages import Stages
from maskres.rounds.status import DrawStatus, RoundStatus, has_reached
from maskres.rounds.times import RegistrationTimes
from maskres.usecases.draw import committing, drawing, seeding
from maskres.usecases.eligibility import deciding as decide_steps
from maskres.usecases.eligibility import disputes as dispute_steps
from maskres.usecases.eligibility.deciding import Decision
from maskres.usecases.eligibility.disputes import DisputeAnswer
from maskres.usecases.eligibility.registers import import_register
from maskres.usecases.record import add_cosignature
from maskres.usecases.registration import registering as register
from maskres.usecases.registration.bulk_registering import import_registrations
from maskres.usecases.registration.carrying import carry_over
from maskres.usecases.registration.proofs import Proof, proof_of_phone
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.rounds.committed import committed_sources
from maskres.usecases.service import RESIDENT, Actor, Service

OPERATOR = Actor("operator/lin")
DEPUTY = Actor("operator/chen")
NOTARY = Actor("notary/wang")
COUNTER = Actor("counter/registrations")

#: After these, notary and witness cosign (spec E16).
_MILESTONES = frozenset(
    {
        Kind.ROUND_OPENED,
        Kind.DRAW_CLOSED,
        Kind.DRAW_COMMITTED,
        Kind.DRAW_VOIDED,
        Kind.DICE,
        Kind.DRAWN,
        Kind.ALLOCATED,
        Kind.BATCH,
        Kind.AUDITED,
    }
)
_DRAW = 1
_DICE_SIDES = 10
_DICE_ROLLS = 39
_HOUR = timedelta(hours=1)


class Scenes:
    """One round of a rehearsal.

    Args:
        city: the synthetic city.
        service: the service, its clock the one below.
        clock: moved by the scenes.
        stages: timed.
        folder: for the city's files.
        round_index: 1 or 2.
    """

    def __init__(
        self, city: City, service: Service, clock: StageClock, stages: Stages, folder: Path, round_index: int
    ) -> None:
        self.city = city
        self.service = service
        self.clock = clock
        self.stages = stages
        self.folder = folder
        self.index = round_index
        self.rules = strict_json.dumps(city.rules_json(round_index))
        self.slug = str(city.rules_json(round_index)["round"])
        self.opens_at = city.timetable.opens_at(round_index)
        self.behaviour = Behaviour(city.seed, f"{self.slug}/{_DRAW}")
        self.cosigners = cosigner_keys(city.seed)

    def at(self, hours: float) -> datetime:
        """Move the clock so many hours past the round's opening."""
        self.clock.at = self.opens_at + timedelta(seconds=round(hours * 3600))
        return self.clock.at

    @property
    def registration_times(self) -> RegistrationTimes:
        """Say when people register: two days from the opening."""
        return RegistrationTimes(self.opens_at, self.opens_at + timedelta(hours=48))

    def has_reached(self, status: DrawStatus) -> bool:
        """Tell whether a step of the draw was done already, in this run or a killed one."""
        with self.service.database.reading() as c:
            round_ = rounds.find_round(c, self.slug)
            return has_reached(rounds.find_draw(c, round_, _DRAW).status, status)

    def cosign(self) -> None:
        """Let notary and witness cosign every milestone they have not yet, five and six minutes after it."""
        with self.service.database.reading() as c:
            entries = [read_line(line, seq) for seq, line in enumerate(record.ledger_lines(c))]
            notes = {each.size: each.note for each in record.list_checkpoints(c)}
            done = {size for size in notes if len(record.list_cosignatures(c, size)) == len(ROLES) - 1}
        for entry in entries:
            size = entry.seq + 1
            if entry.kind in _MILESTONES and size not in done:
                for minutes, key in enumerate(self.cosigners, start=5):
                    line = cosign(notes[size].encode(), key, entry.at + timedelta(minutes=minutes))
                    add_cosignature(self.service, NOTARY, size, line, key.verifier.text)

    def open(self) -> None:
        """Make and open the round, with its stores."""
        self.at(-24)
        with self.stages.run(f"{self.slug}: open") as stage:
            stores = round_steps.read_stores_file(self.city.write_stores(self.folder), self.rules)
            stage.rows = len(stores)
            with self.service.database.reading() as c:
                known = {each.slug: each for each in rounds.list_rounds(c)}
            if self.slug not in known:
                notary, witness = (key.verifier.text for key in self.cosigners)
                round_steps.create_round(
                    self.service,
                    OPERATOR,
                    self.rules,
                    stores,
                    notary_key=notary,
                    witness_key=witness,
                    times=self.registration_times,
                )
            if self.slug not in known or known[self.slug].status is RoundStatus.DRAFT:
                self.at(0)
                round_steps.open_round(self.service, OPERATOR, self.slug)
        self.cosign()

    def import_registers(self) -> None:
        """Write the authorities' lists and import them."""
        if self.has_reached(DrawStatus.CLOSED):
            return  # a later round's lists may be in by now; these would come after them as newer versions
        as_of = self.city.timetable.register_date(self.index)
        with self.stages.run(f"{self.slug}: write registers"):
            paths = self.city.write_registers(self.folder, self.index)
        for hours, (kind, path) in enumerate(sorted(paths.items()), start=1):
            self.at(hours / 4)
            with self.stages.run(f"{self.slug}: import {kind}") as stage:
                progress = self.stages.reporter.progress
                imported = import_register(self.service, OPERATOR, kind, path, as_of, progress=progress)
                stage.rows = imported.version.rows

    def register(self) -> None:
        """Register: those carried over, those who come one by one, and the counters' file."""
        if self.has_reached(DrawStatus.CLOSED):
            return
        self.at(1)
        if self.index > 1:
            with self.stages.run(f"{self.slug}: carry over") as stage:
                stage.rows = carry_over(self.service, OPERATOR, self.slug)
        with self.stages.run(f"{self.slug}: register one by one") as stage:
            stage.rows = self._register_singles()
        with self.stages.run(f"{self.slug}: write registrations"):
            path = self.city.write_registrations(self.folder, self.index)
        with self.stages.run(f"{self.slug}: import registrations") as stage:
            stage.rows = self.hand_in(path)

    def hand_in(self, path: Path) -> int:
        """Hand in the counters' file, twelve hours after the opening.

        Args:
            path: the file.

        Returns:
            Its lines.
        """
        self.at(12)
        progress = self.stages.reporter.progress
        return import_registrations(self.service, COUNTER, self.slug, path, progress=progress).rows

    def _register_singles(self) -> int:
        steps = [step for story in self.city.singles(self.index) for step in story.steps]
        for minute, step in enumerate(steps):
            self.at(2 + minute / 60)
            self._register_single(step)
        return len(steps)

    def _register_single(self, step: SingleStep) -> None:
        entry = step.registration
        fields = {name: getattr(entry, name) for name in entry.__slots__}
        try:
            application = read_application(
                fields,
                districts=self.city.rules_json(self.index)["districts"],
                stores={store.store for store in self.city.stores},
                today=self.clock.at.date(),
                is_phone_required=True,
            )
        except ApplicationRefused as refused:
            if step.refusal not in {error.code for error in refused.errors}:
                raise
            return
        if step.refusal:
            raise AssertionError(f"a registration should have been refused with {step.refusal}")
        # The phone was verified by one-time code, so a repeat from the same phone may change the wishes.
        proof = proof_of_phone(self.service, str(application.phone))
        answer = register.register(self.service, RESIDENT, self.slug, application, proof)
        if step.action is Action.WITHDRAW:
            withdrawal = Proof(secret=answer.secret)
            register.withdraw(self.service, RESIDENT, self.slug, str(answer.number), withdrawal)

    def close(self) -> None:
        """Close the draw."""
        self.at(48)
        if not self.has_reached(DrawStatus.CLOSED):
            with self.stages.run(f"{self.slug}: close") as stage:
                stage.rows = decide_steps.close_draw(self.service, OPERATOR, self.slug, _DRAW)
        self.cosign()

    def decide(self) -> None:
        """Decide, hear the disputes, and decide again."""
        if self.has_reached(DrawStatus.COMMITTED):
            return
        self.at(50)
        with self.stages.run(f"{self.slug}: decide") as stage:
            decision = self._decide_once(1)
            stage.rows = sum(decision.strata.values()) + sum(decision.excluded.values())
        with self.stages.run(f"{self.slug}: disputes") as stage:
            stage.rows = self._hear_disputes()
        self.at(62)
        with self.stages.run(f"{self.slug}: decide again") as stage:
            decision = self._decide_once(2)
            stage.rows = sum(decision.strata.values()) + sum(decision.excluded.values())

    def _decide_once(self, nth: int) -> Decision:
        """Decide, unless a killed run has: each deciding is an entry of the ledger, so it must not come twice."""
        with self.service.database.reading() as c:
            draw = rounds.find_draw(c, rounds.find_round(c, self.slug), _DRAW)
            if record.count_entries(c, "draw-decided", self.slug, _DRAW) >= nth:
                return Decision(*deciding.count_verdicts(c, draw.id))
        return decide_steps.decide_draw(self.service, OPERATOR, self.slug, _DRAW)

    def _hear_disputes(self) -> int:
        with self.service.database.reading() as c:
            draw = rounds.find_draw(c, rounds.find_round(c, self.slug), _DRAW)
            if record.count_entries(c, "draw-decided", self.slug, _DRAW) > 1:
                return sum(disputes.count_by_status(c, draw.id).values())
            reasons = {row[0]: row[1] for row in c.execute(deciding.select_excluded(draw.id))}
            # Lodged by a killed run and not answered: in the pool for now, and to be heard in the same order.
            for number in disputes.list_open(c, draw.id):
                verdict = deciding.find_verdict(c, draw.id, number)
                reasons[number] = "" if verdict is None else verdict.coarse_reason
            answered = disputes.list_resolved(c, draw.id)
        said = [(number, self.behaviour.dispute(number, reasons[number])) for number in sorted(reasons)]
        lodged = [(number, dispute) for number, dispute in said if dispute is not None]
        self.at(51)
        objections = {number: dispute.proof or "?" for number, dispute in lodged if number not in answered}
        # By letter, which a counter enters as a stack; killed before the end, none of them was lodged.
        dispute_steps.lodge_disputes(self.service, COUNTER, self.slug, _DRAW, objections)
        self.at(56)
        answers = [
            DisputeAnswer(
                number, (dispute.register,) if dispute.is_upheld else (), dispute.proof or "no proof"
            )
            # every twentieth is still open when the pool is committed
            for nth, (number, dispute) in enumerate(lodged)
            if nth % 20 and number not in answered
        ]
        dispute_steps.resolve_disputes(self.service, OPERATOR, self.slug, _DRAW, answers)
        return len(lodged)

    def commit(self) -> None:
        """Set the slots and commit."""
        self.at(87)
        if not self.has_reached(DrawStatus.COMMITTED):
            with self.stages.run(f"{self.slug}: commit") as stage:
                stage.rows = self._commit()
        self.cosign()

    def _commit(self) -> int:
        with self.service.database.reading() as c:
            draw = rounds.find_draw(c, rounds.find_round(c, self.slug), _DRAW)
            strata, _excluded = deciding.count_verdicts(c, draw.id)
        quotas = self.quotas(strata)
        plan = self.plan_slots(sum(quotas.values()))
        committing.set_slots(self.service, OPERATOR, self.slug, _DRAW, plan)
        committing.commit_draw(self.service, OPERATOR, self.slug, _DRAW, quotas, self.sources())
        return sum(strata.values())

    def quotas(self, strata: Mapping[str, int]) -> dict[str, int]:
        """Say how many win: a quarter of every stratum, of the elderly a half."""
        return {name: -(-count // (2 if name == "elderly" else 4)) for name, count in strata.items()}

    def plan_slots(self, winners: int) -> Path:
        """Write the slots of the draw."""
        return self.city.write_slots(self.folder, self.index, _DRAW, winners)

    def sources(self) -> list[DeclaredSource]:
        """Declare the sources of the seed: dice, and then the beacon."""
        dice = Dice("notary-dice", _DICE_SIDES, _DICE_ROLLS, self.opens_at + 89 * _HOUR)
        return [dice, Drand("drand", beacon_network(self.city.seed, self.opens_at + 90 * _HOUR))]

    def seed(self) -> None:
        """Roll the dice in public, and wait for the beacon."""
        label = f"{self.slug}/{_DRAW}"
        self.at(88)
        if not self.has_reached(DrawStatus.DICED):
            rolls = dice_rolls(self.city.seed, label, _DICE_SIDES, _DICE_ROLLS)
            seeding.enter_dice(
                self.service, NOTARY, self.slug, _DRAW, " ".join(str(roll % 10) for roll in rolls)
            )
        self.cosign()
        self.at(90.5)
        with self.service.database.reading() as c:
            draw = rounds.find_draw(c, rounds.find_round(c, self.slug), _DRAW)
            drand = next(source for source in committed_sources(c, draw) if isinstance(source, Drand))
        if draw.beacon is None:
            seeding.enter_beacon(self.service, DEPUTY, self.slug, _DRAW, self._beacon(drand.network.round))

    def _beacon(self, round_: int) -> bytes:
        signature = RehearsedBeacon(self.city.seed).signature(round_)
        randomness = RehearsedBeacon.randomness(signature)
        return strict_json.dumps({"round": round_, "signature": signature.hex(), "randomness": randomness})

    def draw(self) -> None:
        """Draw the winners, place them and open the counters."""
        self.at(91)
        if not self.has_reached(DrawStatus.DRAWN):
            with self.stages.run(f"{self.slug}: draw") as stage:
                drawing.draw_winners(self.service, OPERATOR, self.slug, _DRAW)
                stage.rows = self._entries("pool.csv")
        self.cosign()
        self.at(92)
        if not self.has_reached(DrawStatus.PUBLISHED):
            with self.stages.run(f"{self.slug}: allocate") as stage:
                drawing.publish_allocation(self.service, OPERATOR, self.slug, _DRAW)
                stage.rows = self._entries("allocation.csv")
        self.cosign()
        self.at(93)
        if not self.has_reached(DrawStatus.COLLECTING):
            drawing.open_collection(self.service, OPERATOR, self.slug, _DRAW)

    def _entries(self, name: str) -> int:
        with self.service.database.reading() as c:
            draw = rounds.find_draw(c, rounds.find_round(c, self.slug), _DRAW)
            return files.list_files(c, draw.id)[name].entries
