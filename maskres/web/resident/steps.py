"""What each page of registering asks, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext

from maskres.db.rounds import Round
from maskres.errors import InputError
from maskres.formats.office_values import read_office_date
from maskres.identity.documents import PASSPORT, read_document
from maskres.identity.names import normalise_name
from maskres.registration.applications import EARLIEST_BIRTH, ForWhom
from maskres.registration.seals import Reach
from maskres.web.forms import Form
from maskres.web.resident.draft import Draft

#: Reads a page's answer into the draft; tells whether it could be taken, else the form says why.
Taker = Callable[[Round, Draft, Form, datetime], bool]


def today(round_: Round, now: datetime) -> date:
    """Give the day it is in the city."""
    return now.astimezone(ZoneInfo(round_.rules.zone)).date()


def answered(draft: Draft, name: str) -> Form:
    """Give the form of a page with what was answered before."""
    values = {
        "for-whom": ("for_whom",),
        "document": ("id_type", "id_number", "issuer"),
        "name": ("name",),
        "birth": ("birth_date", "sex"),
        "district": ("district", "reach"),
        "keep": ("keep",),
    }.get(name, ())
    kept = {field: draft[field] for field in values}
    if name == "document" and kept["issuer"]:
        kept["id_number"] = kept["id_number"].partition(":")[2]
    if name == "phone" and draft.phone is not None:
        kept["phone"] = draft.phone
    return Form(kept)


def _take_for_whom(round_: Round, draft: Draft, form: Form, now: datetime) -> bool:
    if form["for_whom"] not in set(ForWhom):
        form.errors["for_whom"] = gettext("Please say for whom you register.")
        return False
    draft.put(for_whom=form["for_whom"])
    return True


def _take_document(round_: Round, draft: Draft, form: Form, now: datetime) -> bool:
    number, issuer = form["id_number"].strip(), ""
    if not form["id_type"]:
        form.errors["id_type"] = gettext("Choose the kind of document.")
    if not number:
        form.errors["id_number"] = gettext("Please give the number of the document.")
    if form["id_type"] == PASSPORT:
        issuer = form["issuer"].strip().upper()
        if not (len(issuer) == 3 and issuer.isascii() and issuer.isalpha()):
            form.errors["issuer"] = gettext(
                "Give the three letters of the country as they stand on the passport, such as GBR."
            )
        number = f"{issuer}:{number}"
    if form.errors:
        return False
    try:
        read_document(number, form["id_type"], today=today(round_, now))
    except InputError as error:
        form.refuse(error)
        return False
    if number != draft["id_number"]:
        draft.put(birth_date="", sex="")
    draft.put(id_type=form["id_type"], id_number=number, issuer=issuer)
    return True


def _take_name(round_: Round, draft: Draft, form: Form, now: datetime) -> bool:
    try:
        draft.put(name=normalise_name(form["name"]))
    except InputError as error:
        form.refuse(error)
        return False
    return True


def _take_birth(round_: Round, draft: Draft, form: Form, now: datetime) -> bool:
    try:
        born = read_office_date(form["birth_date"], field="birth_date")
        if not EARLIEST_BIRTH <= born <= today(round_, now):
            raise InputError("bad-date", "Nobody was born on that day.", field="birth_date")
    except InputError as error:
        form.refuse(error)
    if form["sex"] not in ("M", "F"):
        form.errors["sex"] = gettext("Please choose male or female.")
    if form.errors:
        return False
    draft.put(birth_date=born.isoformat(), sex=form["sex"])
    return True


def _take_district(round_: Round, draft: Draft, form: Form, now: datetime) -> bool:
    if form["district"] not in round_.rules.districts:
        form.errors["district"] = gettext("Please choose your district.")
    if form["reach"] not in set(Reach):
        form.errors["reach"] = gettext("Please say how far you would go.")
    if form.errors:
        return False
    draft.put(district=form["district"], reach=form["reach"])
    return True


def _take_keep(round_: Round, draft: Draft, form: Form, now: datetime) -> bool:
    if form["keep"] not in ("yes", "no"):
        form.errors["keep"] = gettext("Please say whether your choices may be kept.")
        return False
    draft.put(keep=form["keep"])
    return True


TAKERS: dict[str, Taker] = {
    "for-whom": _take_for_whom,
    "document": _take_document,
    "name": _take_name,
    "birth": _take_birth,
    "district": _take_district,
    "keep": _take_keep,
}
