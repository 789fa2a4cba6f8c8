"""The rules of a round as fields of a form, and back: rules.json comes of it, checked as every file of rules is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from maskres.formats import strict_json
from maskres.rounds.rules import PROTOCOL, REGISTER_KINDS, Rules
from maskres.rounds.rules_file import BONUS_INTEGERS, INTEGERS, list_problems, read_rules
from maskres.web.forms import Form

MOST_GROUPS = 16
#: Rows that are empty, to write further groups in.
_SPARE_ROWS = 2
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_IN_GROUP = re.compile(r"strata\[([0-9]+)\](?:\.([a-z_]+))?")
_DATES = ("reference_date", "personal_data_until", "person_data_until")
_TEXTS = ("round", "zone", "goods")
_NUMBERS = INTEGERS | BONUS_INTEGERS


def form_of(rules: Rules) -> Form:
    """Write rules into the fields of a form."""
    values = {name: str(getattr(rules, name)) for name in (*_TEXTS, *INTEGERS, *_DATES)}
    values |= {name: str(getattr(rules.bonus, name)) for name in BONUS_INTEGERS}
    values["districts"] = "\n".join(rules.districts)
    for rank, basis in enumerate(rules.bases, start=1):
        values[f"basis_{basis.register}"] = str(rank)
        if basis.months is not None:
            values |= {"months": str(basis.months), "of_last": str(basis.of_last)}
    for row, rule in enumerate(rules.strata[:-1]):
        values |= {
            f"group_{row}_stratum": rule.stratum,
            f"group_{row}_min_age": _typed(rule.min_age),
            f"group_{row}_max_age": _typed(rule.max_age),
            f"group_{row}_bases": "|".join(rule.bases or ()),
        }
    values["others"] = rules.strata[-1].stratum
    return Form(values)


def group_rows(form: Form) -> range:
    """Give the rows of groups to show: those that hold anything, and some to write in."""
    used = [row for row in range(MOST_GROUPS - 1) if _is_used(form, row)]
    return range(min(MOST_GROUPS - 1, (max(used) + 1 if used else 0) + _SPARE_ROWS))


def read_form(form: Form) -> Rules | None:
    """Read rules from a form; None where it now says at every field what is wrong."""
    rows = [row for row in range(MOST_GROUPS - 1) if _is_used(form, row)]
    kinds = _ranked(form)
    members: dict[str, Any] = {name: form[name].strip() for name in (*_TEXTS, *_DATES)}
    members |= {name: _number(form, name) for name in INTEGERS}
    members |= {
        "protocol": PROTOCOL,
        "bonus": {name: _number(form, name) for name in BONUS_INTEGERS},
        "bases": [_basis(form, kind) for kind in kinds],
        "strata": [*(_group(form, row) for row in rows), {"stratum": form["others"].strip()}],
        "districts": sorted(
            {each.strip() for each in re.split(r"[\s,，、]+", form["districts"]) if each.strip()}
        ),
    }
    data = strict_json.dumps(members)
    for problem in list_problems(data):
        _refuse(form, problem.field or "", rows, kinds)
    return None if form.errors else read_rules(data)


def _is_used(form: Form, row: int) -> bool:
    return any(form[f"group_{row}_{name}"].strip() for name in ("stratum", "min_age", "max_age", "bases"))


def _ranked(form: Form) -> list[str]:
    """List the registers that count, the first before the others; two of one rank stand wrong at the field."""
    ranks = {
        kind: form[f"basis_{kind}"] for kind in REGISTER_KINDS if form[f"basis_{kind}"] in ("1", "2", "3")
    }
    if len(set(ranks.values())) < len(ranks):
        form.errors["basis_household"] = gettext("Give each register a place of its own.")
    return sorted(ranks, key=lambda kind: ranks[kind])


def _basis(form: Form, kind: str) -> dict[str, Any]:
    if kind != "insurance":
        return {"register": kind}
    return {"register": kind, "months": _number(form, "months"), "of_last": _number(form, "of_last")}


def _group(form: Form, row: int) -> dict[str, Any]:
    found: dict[str, Any] = {"stratum": form[f"group_{row}_stratum"].strip()}
    for name in ("min_age", "max_age"):
        if form[f"group_{row}_{name}"].strip():
            found[name] = _number(form, f"group_{row}_{name}")
    kinds = [kind for kind in form[f"group_{row}_bases"].split("|") if kind]
    return found | ({"bases": kinds} if kinds else {})


def _number(form: Form, name: str) -> int | str:
    text = form[name].strip()
    return int(text) if _WHOLE.fullmatch(text) else text


def _typed(value: int | None) -> str:
    return "" if value is None else str(value)


def _refuse(form: Form, path: str, rows: list[int], kinds: list[str]) -> None:
    """Say at the field of a member what it must be."""
    if (found := _IN_GROUP.match(path)) is not None:
        at, member = int(found[1]), found[2] or "stratum"
        field = f"group_{rows[at]}_{member}" if at < len(rows) else "others"
        words = _group_words()[member]
    elif path.startswith("bases"):
        field = path.rpartition(".")[2] if path.endswith(("months", "of_last")) else "basis_household"
        words = _basis_words()[field]
    else:
        field = path.rpartition(".")[2].split("[")[0]
        field = "group_0_stratum" if field == "strata" else field
        words = _number_words(field) if field in _NUMBERS else _words()[field]
    form.errors.setdefault(field, words)


def _number_words(field: str) -> str:
    low, high = _NUMBERS[field]
    return str(gettext("Please give a whole number from %(low)s to %(high)s.", low=low, high=high))


def _basis_words() -> Mapping[str, str]:
    return {
        "basis_household": gettext("Please let at least one register count."),
        "months": gettext("Please give a whole number from 1 to 60, no more than the months looked back on."),
        "of_last": gettext("Please give a whole number from 1 to 60."),
    }


def _group_words() -> Mapping[str, str]:
    return {
        "stratum": gettext(
            "Please give a short name, different from the others, and at least one condition: an age or a register."
        ),
        "min_age": gettext("Please give an age from 0 to 150, not above the largest age."),
        "max_age": gettext("Please give an age from 0 to 150."),
        "bases": gettext("Please choose registers that count in this round."),
    }


def _words() -> Mapping[str, str]:
    short = gettext("Please give a short name: lower-case letters, digits and hyphens.")
    return {
        "round": short,
        "zone": gettext("Please give the name of a time zone, like Asia/Shanghai."),
        "goods": gettext("Please say in 1 to 60 characters what is handed out."),
        "reference_date": gettext("Please give a date like 2020-02-10."),
        "personal_data_until": gettext("Please give a date like 2020-02-10, not before the reference date."),
        "person_data_until": gettext(
            "Please give a date like 2020-02-10, not before the day on which personal data is erased."
        ),
        "districts": gettext("Please give 1 to 200 short names, one a line: letters, digits and hyphens."),
        "group_0_stratum": gettext("The rules may speak of at most 15 different ages."),
    }
