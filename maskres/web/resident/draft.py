"""What somebody has answered so far, kept in the encrypted session cookie until they send it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from flask import session

from maskres.errors import InputError
from maskres.formats.values import format_time, parse_time
from maskres.identity.documents import read_document
from maskres.registration.applications import FIELDS

#: The pages in their order; each is shown under its name.
STEPS = ("for-whom", "phone", "code", "document", "name", "birth", "district", "stores", "keep", "check")
#: A phone that was verified so long ago may have been handed to somebody else.
PHONE_LIFE = timedelta(hours=1)
_DRAFT = "draft"
_PHONE = "phone"
_PHONE_AT = "phone_at"


class Draft:
    """The answers for one registration.

    Args:
        round_slug: the round they are for; answers for another round are dropped.
        now: the present moment.
    """

    def __init__(self, round_slug: str, now: datetime) -> None:
        kept = session.get(_DRAFT)
        self._answers: dict[str, Any] = (
            kept if isinstance(kept, dict) and kept.get("round") == round_slug else {}
        )
        self._round = round_slug
        self._now = now

    @property
    def is_begun(self) -> bool:
        """Tell whether there is any answer yet."""
        return bool(self._answers)

    def __getitem__(self, name: str) -> str:
        """Give an answer; "" where there is none."""
        return str(self._answers.get(name, ""))

    def put(self, **answers: str) -> None:
        """Keep some answers."""
        self._answers = {**self._answers, "round": self._round, **answers}
        session[_DRAFT] = self._answers

    def drop(self) -> None:
        """Forget all answers."""
        self._answers = {}
        session.pop(_DRAFT, None)

    @property
    def choices(self) -> list[str]:
        """Give the chosen stores, best first."""
        return [store for store in self["choices"].split("|") if store]

    def choose(self, choices: Iterable[str]) -> None:
        """Keep the chosen stores."""
        self.put(choices="|".join(choices), ranked="yes")

    @property
    def phone(self) -> str | None:
        """Give the verified phone, while it counts as such."""
        return verified_phone(self._now)

    @property
    def needs_birth(self) -> bool:
        """Tell whether the document leaves date of birth or sex open."""
        try:
            document = read_document(self["id_number"], self["id_type"])
        except InputError:
            return False
        return document.birth_date is None or document.sex is None

    def first_missing(self, *, asked: bool) -> str:
        """Give the first page whose answer is missing; "check" where all are there.

        Args:
            asked: a code was sent and waits to be typed.
        """
        answered = {
            "for-whom": bool(self["for_whom"]),
            "phone": self.phone is not None or asked,
            "code": self.phone is not None,
            "document": bool(self["id_number"]),
            "name": bool(self["name"]),
            "birth": not self.needs_birth or bool(self["birth_date"] and self["sex"]),
            "district": bool(self["district"] and self["reach"]),
            "stores": bool(self["ranked"]),
            "keep": bool(self["keep"]),
        }
        return next((step for step in STEPS if not answered.get(step, False)), "check")

    def after(self, step: str) -> str:
        """Give the page that follows; those already settled are passed over."""
        following = STEPS[STEPS.index(step) + 1]
        while (following in ("phone", "code") and self.phone is not None) or (
            following == "birth" and not self.needs_birth
        ):
            following = STEPS[STEPS.index(following) + 1]
        return following

    def before(self, step: str) -> str | None:
        """Give the page before; None before the first."""
        place = STEPS.index(step) - 1
        while place >= 0 and (
            (STEPS[place] == "code")
            or (STEPS[place] == "phone" and self.phone is not None)
            or (STEPS[place] == "birth" and not self.needs_birth)
        ):
            place -= 1
        return STEPS[place] if place >= 0 else None

    def fields(self) -> dict[str, str]:
        """Give the application's fields as read_application takes them."""
        found = {name: self[name] for name in FIELDS}
        if not self.needs_birth:
            found |= {"birth_date": "", "sex": ""}
        return found | {"phone": self.phone or ""}


def verify_phone(phone: str, now: datetime) -> None:
    """Remember that a phone was just shown to be somebody's."""
    session[_PHONE] = phone
    session[_PHONE_AT] = format_time(now)


def verified_phone(now: datetime) -> str | None:
    """Give the phone of this session, if it was verified not long ago."""
    phone, at = session.get(_PHONE), session.get(_PHONE_AT)
    if phone is None or at is None or now - parse_time(at, field="phone_at") > PHONE_LIFE:
        return None
    return str(phone)
