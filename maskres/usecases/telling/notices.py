"""Messages to the phone that a registration is known by, written in the transaction of their cause."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from maskres.db import people
from maskres.db.engine import Transaction
from maskres.db.people import Registration
from maskres.db.rounds import Round, find_store
from maskres.formats.symbols import grouped
from maskres.formats.values import format_time
from maskres.usecases.personal import open_contact
from maskres.usecases.service import Service
from maskres.usecases.telling.messages import write_message

# In both languages: which of them is read behind this phone is not known.
_REGISTERED_AGAIN = (
    "有人再次提交了您已登记的信息（登记号{number}），原登记没有任何改变。如需修改，请用此手机号查询登记。"
    " Somebody sent your registration {number} once more; nothing was changed."
    " To change it, look it up with this phone."
)


_CARD_LOOKED_UP = (
    "门店{store}今天凭证件（未出示领取码）查询了登记号{number}的领取名额。如非本人或代领人到场，请联系运营方。"
    " Today the store {store} looked up {number} by the card alone, without the pickup code."
    " If neither you nor somebody for you was there, please tell the operator."
)


_PROXY_NAMED = (
    "登记号{number}已指定他人代领。如非您本人所为，请尽快在查询页面撤销。"
    " Somebody was named to collect for {number}. If it was not you, take it back on the status page at once."
)


def tell_proxy_named(c: Transaction, service: Service, round_: Round, number: str) -> None:
    """Tell a winner that somebody was named to collect for them.

    Args:
        c: the transaction in which they were.
        service: the service.
        round_: the round.
        number: the winner's; without a phone nobody is told.
    """
    standing = people.find_registration(c, round_.id, number)
    phone = open_contact(service.cipher, standing.contact, standing.id_digest).phone
    if phone is None:
        return
    once = f"proxy-named/{round_.slug}/{number}/{format_time(service.now())}"
    write_message(c, service, "proxy-named", phone, _PROXY_NAMED.format(number=grouped(number)), once=once)


def tell_card_looked_up(c: Transaction, service: Service, round_: Round, store: str, number: str) -> None:
    """Tell a winner that a store looked them up by their card alone, once a store and local day.

    Args:
        c: the transaction of the look-up.
        service: the service.
        round_: the round.
        store: slug of the store.
        number: the winner's; without a phone nobody is told.
    """
    standing = people.find_registration(c, round_.id, number)
    phone = open_contact(service.cipher, standing.contact, standing.id_digest).phone
    if phone is None:
        return
    found = find_store(c, round_.id, store)
    words = _CARD_LOOKED_UP.format(store=found.name if found else store, number=grouped(number))
    day = service.now().astimezone(ZoneInfo(round_.rules.zone)).date().isoformat()
    once = f"card-looked-up/{round_.slug}/{number}/{store}/{day}"
    write_message(c, service, "card-looked-up", phone, words, once=once)


def tell_registered_again(c: Transaction, service: Service, round_slug: str, standing: Registration) -> None:
    """Tell the holder of a registration that somebody tried to register them once more, at most once a day.

    Args:
        c: the transaction in which nothing was changed.
        service: the service.
        round_slug: the round.
        standing: the registration; without a phone nobody is told.
    """
    phone = open_contact(service.cipher, standing.contact, standing.id_digest).phone
    if phone is None:
        return
    day = service.now().date().isoformat()
    words = _REGISTERED_AGAIN.format(number=grouped(standing.number))
    once = f"registered-again/{round_slug}/{standing.number}/{day}"
    write_message(c, service, "registered-again", phone, words, once=once)
