"""Phone numbers that can take a message, in E.164."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from maskres.errors import InputError

_HOME_REGION = "CN"
_HOME_CODE = 86
_INPUT_LIMIT = 40
_PLAIN_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_CAN_TAKE_MESSAGES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
# Invisible marks come along when a number is copied from an address book.
_INVISIBLE = {ord(symbol): None for symbol in "\u00ad\u200b\u200e\u200f\u202a\u202c\u202d\u2060\ufeff"}
_FOLD = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20} | _INVISIBLE
_PARTED = {ord(" "): None, ord("-"): None}
_SPELLED = re.compile(r"[(]?\+?[0-9 ().\-\u2010-\u2015\u2212]+")


def normalise_phone(text: str, *, field: str = "phone") -> str:
    """Write a phone number as E.164.

    Without a country code it is a number of the mainland. Mainland numbers must be mobile phones: the code that
    proves the phone goes out as a text message. Of foreign numbers, written with + or 00, it cannot always be
    told what they are; any valid one will do.

    Args:
        text: what was written: full-width forms, blanks, hyphens and brackets allowed.
        field: the field to name in the error.

    Returns:
        For instance +8613812345678.

    Raises:
        InputError: "bad-phone".

    Source: ITU-T E.164; the numbering plans that the library phonenumbers knows.
    """
    if len(text) == 11 and text.isascii() and text.isdigit() and _is_mobile_prefix(text[:5]):
        return f"+86{text}"
    if len(text) > _INPUT_LIMIT:
        _refuse("This is too long for a phone number.", field)
    folded = text.translate(_FOLD).strip()
    if not folded:
        _refuse("The phone number is missing.", field)
    if not _SPELLED.fullmatch(folded):
        _refuse("A phone number has digits only, and + in front of a country code.", field)
    plain = folded.translate(_PARTED).removeprefix("+86")
    if _PLAIN_MOBILE.fullmatch(plain) and _is_mobile_prefix(plain[:5]):
        return f"+86{plain}"
    try:
        number = phonenumbers.parse(folded, _HOME_REGION)
    except phonenumbers.NumberParseException:
        _refuse("This is not a phone number. Please check it digit by digit.", field)
    if not phonenumbers.is_valid_number(number):
        _refuse("There is no such phone number. Please check it digit by digit.", field)
    if number.country_code == _HOME_CODE and phonenumbers.number_type(number) not in _CAN_TAKE_MESSAGES:
        _refuse("This phone takes no text messages. Please give a mobile phone.", field)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def masked_phone(e164: str) -> str:
    """Show a phone number so that its owner knows it and others do not.

    Args:
        e164: as `normalise_phone` gives it.

    Returns:
        138****5678 for the mainland; elsewhere the first two digits and the last two.
    """
    if e164.startswith("+86") and len(e164) == 14:
        return f"{e164[3:6]}****{e164[-4:]}"
    return e164[:3] + "*" * (len(e164) - 5) + e164[-2:]


# The numbering plan tells mainland mobiles by their first five digits at most (a test holds the library to it),
# so one question a prefix answers for millions of numbers, and never otherwise than the library would.
@lru_cache(maxsize=8192)
def _is_mobile_prefix(prefix: str) -> bool:
    number = phonenumbers.PhoneNumber(country_code=_HOME_CODE, national_number=int(prefix + "000000"))
    return phonenumbers.number_type(number) in _CAN_TAKE_MESSAGES


def _refuse(message: str, field: str) -> NoReturn:
    raise InputError("bad-phone", message, field=field)
