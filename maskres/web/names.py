"""What people call the machine's words: where something stands, reasons, registers, tasks, entries of the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask_babel import gettext, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

ROUND_STATUSES: Mapping[str, LazyString] = {
    "draft": lazy_gettext("draft"),
    "open": lazy_gettext("open"),
    "finished": lazy_gettext("finished"),
    "erased": lazy_gettext("erased"),
}
DRAW_STATUSES: Mapping[str, LazyString] = {
    "open": lazy_gettext("registration open"),
    "closed": lazy_gettext("registration closed"),
    "decided": lazy_gettext("verdicts given"),
    "committed": lazy_gettext("pool committed"),
    "diced": lazy_gettext("source of the seed entered"),
    "drawn": lazy_gettext("winners drawn"),
    "published": lazy_gettext("places published"),
    "collecting": lazy_gettext("collection open"),
    "finished": lazy_gettext("finished"),
    "void": lazy_gettext("void"),
}
PLACES: Mapping[str, LazyString] = {
    "assigned": lazy_gettext("to come"),
    "collected": lazy_gettext("handed out"),
    "forfeited": lazy_gettext("missed"),
    "cancelled": lazy_gettext("given back"),
    "disqualified": lazy_gettext("disqualified"),
    "displaced": lazy_gettext("store closed, to be placed anew"),
    "unplaced": lazy_gettext("won, without a place yet"),
    "lapsed": lazy_gettext("lapsed without a place"),
}
REASONS: Mapping[str, LazyString] = {
    "withdrawn": lazy_gettext("withdrawn before closing"),
    "same-person": lazy_gettext("registered with another document already"),
    "already-won": lazy_gettext("won in an earlier draw of this round"),
    "won-recently": lazy_gettext("won recently"),
    "deceased": lazy_gettext("deceased"),
    "too-young": lazy_gettext("too young"),
    "age-unknown": lazy_gettext("age unknown"),
    "name-differs": lazy_gettext("name differs from the register"),
    "not-registered-here": lazy_gettext("in no register that counts"),
}
REGISTERS: Mapping[str, LazyString] = {
    "household": lazy_gettext("household register"),
    "insurance": lazy_gettext("social insurance"),
    "employment": lazy_gettext("employment register"),
}
ROLES: Mapping[str, LazyString] = {
    "operator": lazy_gettext("operator"),
    "notary": lazy_gettext("notary"),
    "witness": lazy_gettext("witness"),
    "counter": lazy_gettext("counter"),
    "helper": lazy_gettext("helper"),
    "auditor": lazy_gettext("auditor"),
}
STRATA: Mapping[str, LazyString] = {
    "elderly": lazy_gettext("older people"),
    "employed": lazy_gettext("employed here"),
    "minors": lazy_gettext("minors"),
    "general": lazy_gettext("everybody else"),
}
DISTRICTS: Mapping[str, LazyString] = {
    "siming": lazy_gettext("Siming"),
    "huli": lazy_gettext("Huli"),
    "jimei": lazy_gettext("Jimei"),
    "haicang": lazy_gettext("Haicang"),
    "tongan": lazy_gettext("Tong'an"),
    "xiangan": lazy_gettext("Xiang'an"),
}
_GOODS: Mapping[str, LazyString] = {
    "masks": lazy_gettext("masks"),
    "test kits": lazy_gettext("test kits"),
    "vaccine doses": lazy_gettext("vaccine doses"),
    "shelter places": lazy_gettext("shelter places"),
    "school places": lazy_gettext("school places"),
}
_YEAR_AND_NUMBER = re.compile(r".*-(\d{4})-(\d{1,3})")
DISPUTES: Mapping[str, LazyString] = {
    "open": lazy_gettext("not answered yet"),
    "upheld": lazy_gettext("upheld"),
    "rejected": lazy_gettext("rejected"),
}
TASKS: Mapping[str, LazyString] = {
    "open-round": lazy_gettext("Open the round"),
    "import-register": lazy_gettext("Import a register"),
    "import-registrations": lazy_gettext("Import registrations"),
    "carry-over": lazy_gettext("Carry over from the last round"),
    "close-draw": lazy_gettext("Close registration"),
    "decide-draw": lazy_gettext("Decide who is in the pool"),
    "commit-draw": lazy_gettext("Commit the pool"),
    "draw-winners": lazy_gettext("Draw the winners"),
    "publish-allocation": lazy_gettext("Publish the places"),
    "tell-winners": lazy_gettext("Write to the winners"),
    "open-collection": lazy_gettext("Open collection"),
    "forfeit-missed": lazy_gettext("Forfeit missed places"),
    "publish-batch": lazy_gettext("Publish a batch"),
    "record-audit": lazy_gettext("Publish the audit's findings"),
    "finish-draw": lazy_gettext("Finish the draw"),
    "finish-round": lazy_gettext("Finish the round"),
    "erase-round": lazy_gettext("Erase personal data"),
    "export-bundle": lazy_gettext("Write the bundle"),
}
TASK_STATUSES: Mapping[str, LazyString] = {
    "waiting": lazy_gettext("waiting for its turn"),
    "running": lazy_gettext("running"),
    "done": lazy_gettext("done"),
    "failed": lazy_gettext("failed"),
}
STAGES: Mapping[str, LazyString] = {
    "import": lazy_gettext("reading and checking the file"),
    "read": lazy_gettext("reading and checking the file, in parts"),
    "take": lazy_gettext("storing what was read"),
    "open": lazy_gettext("making the round's keys and publishing the rules"),
    "carry-over": lazy_gettext("carrying registrations over"),
    "close": lazy_gettext("freezing the list of registrations"),
    "gather": lazy_gettext("gathering what the registers say, in parts"),
    "decide": lazy_gettext("comparing with the registers"),
    "set-slots": lazy_gettext("setting the pickup slots"),
    "commit": lazy_gettext("writing the files and their digests"),
    "draw": lazy_gettext("computing every ticket"),
    "prepare": lazy_gettext("opening the winners' wishes"),
    "publish": lazy_gettext("placing the winners at stores"),
    "tell": lazy_gettext("writing to the winners"),
    "collect": lazy_gettext("opening the counters"),
    "forfeit": lazy_gettext("looking for missed places"),
    "batch": lazy_gettext("placing those who move up"),
    "audit": lazy_gettext("publishing the findings"),
    "finish-draw": lazy_gettext("finishing the draw"),
    "finish-round": lazy_gettext("finishing the round"),
    "erase": lazy_gettext("erasing personal data and keys"),
    "export": lazy_gettext("writing the bundle"),
}
RESULTS: Mapping[str, LazyString] = {
    "rules_sha256": lazy_gettext("Digest of the rules"),
    "register": lazy_gettext("Register"),
    "version": lazy_gettext("Version"),
    "rows": lazy_gettext("Lines read"),
    "sha256": lazy_gettext("Digest"),
    "created": lazy_gettext("Registrations made"),
    "changed": lazy_gettext("Registrations changed"),
    "registrations": lazy_gettext("Registrations"),
    "registered": lazy_gettext("Registered"),
    "slots": lazy_gettext("Slots"),
    "commitment": lazy_gettext("Digest of the commitment"),
    "placed": lazy_gettext("Placed"),
    "unplaced": lazy_gettext("Without a place"),
    "told": lazy_gettext("Winners written to"),
    "forfeited": lazy_gettext("Missed places forfeited"),
    "batch": lazy_gettext("Batch"),
    "unsound": lazy_gettext("Not sound"),
    "files": lazy_gettext("Files"),
}
STORE_STATES: Mapping[str, LazyString] = {
    "open": lazy_gettext("handing out"),
    "sold-out": lazy_gettext("sold out"),
    "closed": lazy_gettext("store closed"),
    "device-down": lazy_gettext("device down"),
}
ENTRIES: Mapping[str, LazyString] = {
    "round-opened": lazy_gettext("round opened"),
    "draw-closed": lazy_gettext("registration closed"),
    "draw-decided": lazy_gettext("verdicts given"),
    "draw-committed": lazy_gettext("pool committed"),
    "draw-voided": lazy_gettext("draw voided"),
    "dice": lazy_gettext("dice entered"),
    "beacon": lazy_gettext("beacon entered"),
    "drawn": lazy_gettext("winners drawn"),
    "allocated": lazy_gettext("places published"),
    "batch": lazy_gettext("batch published"),
    "audited": lazy_gettext("audit published"),
    "draw-finished": lazy_gettext("draw finished"),
    "round-finished": lazy_gettext("round finished"),
    "erased": lazy_gettext("personal data erased"),
}


def name_of(names: Mapping[str, LazyString], word: object) -> str:
    """Name a word of the machine to people; one without a name stands as it is."""
    return str(names.get(str(word), word))


def actor_name(actor: str) -> str:
    """Name who did something as people do: lin (operator) for operator/lin."""
    role, _, name = actor.partition("/")
    found = ROLES.get(role)
    if not name or found is None:
        return actor
    return str(gettext("%(name)s (%(role)s)", name=name, role=found))


def round_name(slug: str) -> str:
    """Name a round: by year and number where its short name ends with them, as xiamen-2020-1 does."""
    found = _YEAR_AND_NUMBER.fullmatch(slug)
    if found is None:
        return str(gettext("Round %(round)s", round=slug))
    return str(gettext("Round %(number)s of %(year)s", year=found[1], number=int(found[2])))


def district_name(slug: str) -> str:
    """Name a district."""
    return name_of(DISTRICTS, slug)


def stratum_name(stratum: str) -> str:
    """Name a group of the pool."""
    return name_of(STRATA, stratum)


def goods_name(goods: str) -> str:
    """Name what is handed out."""
    return str(_GOODS.get(_folded(goods), goods))


def goods_counted(goods: str, count: int) -> str:
    """Name what is handed out and how much of it, in the measure that people count it in: 5 masks, 口罩 5 只.

    Args:
        goods: as in the rules.
        count: ≥ 1.
    """
    counted = {
        "masks": ngettext("%(num)s mask", "%(num)s masks", count),
        "test kits": ngettext("%(num)s test kit", "%(num)s test kits", count),
        "vaccine doses": ngettext("%(num)s vaccine dose", "%(num)s vaccine doses", count),
        "shelter places": ngettext("%(num)s shelter place", "%(num)s shelter places", count),
        "school places": ngettext("%(num)s school place", "%(num)s school places", count),
    }
    found = counted.get(_folded(goods)) or gettext("%(count)s × %(goods)s", count=count, goods=goods)
    return str(found)


def _folded(goods: str) -> str:
    return goods.casefold().replace("-", " ")
