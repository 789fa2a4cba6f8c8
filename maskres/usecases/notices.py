"""Messages to the phone that a registration is known by, written in the transaction of their cause."""

from __future__ import annotations

from maskres.db.engine import Transaction
from maskres.db.people import Registration
from maskres.formats.symbols import grouped
from maskres.usecases.messages import write_message
from maskres.usecases.personal import open_contact
from maskres.usecases.service import Service

# In both languages: which of them is read behind this phone is not known.
_REGISTERED_AGAIN = (
    "有人再次提交了您已登记的信息（登记号{number}），原登记没有任何改变。如需修改，请用此手机号查询登记。"
    " Somebody sent your registration {number} once more; nothing was changed."
    " To change it, look it up with this phone."
)


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
