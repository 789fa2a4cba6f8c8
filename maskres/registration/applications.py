"""Applications: what somebody hands in to be registered, read with every problem named at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

from maskres.errors import InputError
from maskres.formats.office_values import fold_width, read_office_date
from maskres.identity.documents import Document, read_document
from maskres.identity.names import normalise_name
from maskres.identity.phones import normalise_phone
from maskres.registration.seals import CHOICES_LIMIT, Reach, Wishes, find_wish_errors

FIELDS = (
    "id_type",
    "id_number",
    "name",
    "birth_date",
    "sex",
    "phone",
    "district",
    "reach",
    "choices",
    "for_whom",
    "keep",
)
EARLIEST_BIRTH = date(1800, 1, 1)


class ForWhom(StrEnum):
    """For whom somebody registers."""

    SELF = "self"
    CHILD = "child"
    PARENT = "parent"
    OTHER = "other"


_SEXES = {"M": "M", "F": "F", "男": "M", "女": "F"}
_REACHES = {"全市": Reach.CITY, "本区": Reach.DISTRICT, "仅所选": Reach.CHOICES} | {
    str(reach): reach for reach in Reach
}
_FOR_WHOM = {
    "": ForWhom.SELF,
    "本人": ForWhom.SELF,
    "子女": ForWhom.CHILD,
    "父母": ForWhom.PARENT,
    "其他": ForWhom.OTHER,
} | {str(kind): kind for kind in ForWhom}
_IS_KEEPING = {"": False, "no": False, "否": False, "yes": True, "是": True}


class Application(NamedTuple):
    """Somebody's application, normalised; a tuple, for a file makes many.

    Attributes:
        document: whose it is.
        name: as it is shown.
        phone: E.164; None only where staff entered somebody without one.
        birth_date: from the document where that shows it.
        sex: "M" or "F".
        for_whom: for whom it was handed in.
        wishes: where they would collect.
        is_keeping: whether their choices may be kept for the next round.
    """

    document: Document
    name: str
    phone: str | None
    birth_date: date
    sex: str
    for_whom: ForWhom
    wishes: Wishes
    is_keeping: bool


# As the classes do, in half the time: a file has millions of them.
_make_application: Callable[[tuple[Any, ...]], Application] = partial(tuple.__new__, Application)
_make_wishes: Callable[[tuple[str, Reach, tuple[str, ...]]], Wishes] = partial(tuple.__new__, Wishes)


class ApplicationRefused(InputError):
    """An application with one problem or more.

    Args:
        errors: every problem, each naming its field, in the order of the fields; at least one.
    """

    def __init__(self, errors: tuple[InputError, ...]) -> None:
        super().__init__("bad-application", " ".join(error.message for error in errors))
        self.errors = errors


def read_application(
    fields: Mapping[str, str],
    *,
    districts: Collection[str],
    stores: Collection[str],
    today: date,
    is_phone_required: bool,
) -> Application:
    """Read an application from a form, the API or a file.

    Args:
        fields: FIELDS → what was written; absent ones count as empty.
        districts: the districts of the round's rules.
        stores: the stores known now.
        today: dates of birth after it are refused.
        is_phone_required: False where staff enter people who have no phone.

    Returns:
        The application.

    Raises:
        ApplicationRefused: "bad-application", with errors "bad-document", "mangled-by-spreadsheet",
            "bad-name", "bad-date", "missing-birth-date", "birth-date-differs", "bad-sex", "bad-phone",
            "unknown-district", "bad-reach", "unknown-store", "store-twice", "too-many-stores",
            "bad-for-whom", "bad-keep", "unknown-field".
    """
    unknown = sorted(fields.keys() - set(FIELDS))
    if unknown:
        message = "This field is not known here."
        raise ApplicationRefused(
            tuple(InputError("unknown-field", message, field=name[:40]) for name in unknown)
        )
    reader = ApplicationReader(districts, stores, today=today, is_phone_required=is_phone_required)
    application = reader.read(tuple(fields.get(name, "") for name in FIELDS))
    if isinstance(application, Application):
        return application
    raise ApplicationRefused(application)


class ApplicationReader:
    """Reads one application after another under the same rules.

    Args:
        districts: the districts of the round's rules.
        stores: the stores known now.
        today: dates of birth after it are refused.
        is_phone_required: False where staff enter people who have no phone.
    """

    def __init__(
        self, districts: Collection[str], stores: Collection[str], *, today: date, is_phone_required: bool
    ) -> None:
        self._districts = frozenset(districts)
        self._stores = frozenset(stores)
        self._today = today
        self._is_phone_required = is_phone_required

    def read(self, values: tuple[str, ...]) -> Application | tuple[InputError, ...]:
        """Read one application.

        Args:
            values: what was written, in the order of FIELDS.

        Returns:
            The application, or everything that is wrong with it.
        """
        id_type, id_number, name, birth_date, sex, phone, district, reach, choices, for_whom, keep = values
        errors: list[InputError] = []
        document = self._read_document(id_number, id_type, errors)
        shown_name = _read_name(name, errors)
        birth = self._read_birth_date(birth_date, document, errors)
        read_sex = _read_sex(sex, document, errors)
        e164 = self._read_phone(phone, errors)
        wishes = self._read_wishes(district, reach, choices, errors)
        whom = _FOR_WHOM.get(for_whom) or _FOR_WHOM.get(fold_width(for_whom).lower())
        if whom is None:
            message = "For whom this is must be one of self, child, parent and other."
            errors.append(InputError("bad-for-whom", message, field="for_whom"))
        is_keeping = _IS_KEEPING.get(keep)
        if is_keeping is None:
            is_keeping = _IS_KEEPING.get(fold_width(keep).lower())
        if is_keeping is None:
            errors.append(InputError("bad-keep", "This must be yes or no.", field="keep"))
        if (
            errors
            or document is None
            or birth is None
            or wishes is None
            or whom is None
            or is_keeping is None
        ):
            return tuple(errors)
        return _make_application((document, shown_name, e164, birth, read_sex, whom, wishes, is_keeping))

    def _read_document(self, number: str, kind: str, errors: list[InputError]) -> Document | None:
        try:
            return read_document(number, kind, today=self._today)
        except InputError as error:
            errors.append(error)
            return None

    def _read_birth_date(
        self, written: str, document: Document | None, errors: list[InputError]
    ) -> date | None:
        """Take the date the document shows; a date of birth decides who may take part, so nobody chooses it."""
        shown = document.birth_date if document is not None else None
        if not written or not fold_width(written):
            if shown is None and document is not None:
                message = "This document does not show the date of birth. Please give it, like 1949-12-01."
                errors.append(InputError("missing-birth-date", message, field="birth_date"))
            return shown
        try:
            birth = read_office_date(written, field="birth_date")
        except InputError as error:
            errors.append(error)
            return None
        if not EARLIEST_BIRTH <= birth <= self._today:
            message = "Nobody registered here can have been born on that day. Please check the year."
            errors.append(InputError("bad-date", message, field="birth_date"))
        elif shown is not None and birth != shown:
            message = (
                "The number of the document shows another date of birth. Please compare both with the card."
            )
            errors.append(InputError("birth-date-differs", message, field="birth_date"))
        return birth

    def _read_phone(self, written: str, errors: list[InputError]) -> str | None:
        if not self._is_phone_required and not fold_width(written):
            return None
        try:
            return normalise_phone(written)
        except InputError as error:
            errors.append(error)
            return None

    def _read_wishes(
        self, district: str, reach: str, choices: str, errors: list[InputError]
    ) -> Wishes | None:
        known_reach = _REACHES.get(reach)
        stores = tuple(choices.split("|")) if choices else ()
        if (
            known_reach is not None
            and district in self._districts
            and self._stores.issuperset(stores)
            and len(set(stores)) == len(stores) <= CHOICES_LIMIT
            and (stores or known_reach is not Reach.CHOICES)
        ):
            return _make_wishes((district, known_reach, stores))
        return self._read_folded_wishes(district, reach, choices, errors)

    def _read_folded_wishes(
        self, district: str, reach: str, choices: str, errors: list[InputError]
    ) -> Wishes | None:
        district = fold_width(district).lower()
        reach = fold_width(reach).lower()
        reach = str(_REACHES.get(reach, reach))
        parts = tuple(part.strip() for part in fold_width(choices).lower().split("|")) if choices else ()
        stores = tuple(part for part in parts if part)
        found = find_wish_errors(district, reach, stores, districts=self._districts, stores=self._stores)
        if found:
            errors.extend(found)
            return None
        return Wishes(district, Reach(reach), stores)


def _read_name(written: str, errors: list[InputError]) -> str:
    try:
        return normalise_name(written)
    except InputError as error:
        errors.append(error)
        return ""


def _read_sex(written: str, document: Document | None, errors: list[InputError]) -> str:
    """Take what was written before what the number shows: the figure in the number is wrong for some people."""
    if not written or not fold_width(written):
        shown = document.sex if document is not None else None
        if shown is None and document is not None:
            message = "This document does not show the sex. Please give M or F."
            errors.append(InputError("bad-sex", message, field="sex"))
        return shown or ""
    sex = _SEXES.get(fold_width(written).upper())
    if sex is None:
        errors.append(InputError("bad-sex", "The sex must be M or F.", field="sex"))
    return sex or ""


def age_on(birth_date: date, reference_date: date) -> int:
    """Count somebody's age in whole years.

    Whoever was born on 29 February is a year older on 1 March in other years.

    Args:
        birth_date: date of birth.
        reference_date: the day to count to.

    Returns:
        Whole years; -1 or less for who is not yet born that day.
    """
    is_before_birthday = (reference_date.month, reference_date.day) < (birth_date.month, birth_date.day)
    return reference_date.year - birth_date.year - is_before_birthday
