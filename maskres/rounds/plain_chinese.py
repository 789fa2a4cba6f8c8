"""The rules of a round in simplified Chinese; plain_words.py is the door."""

from __future__ import annotations

from datetime import date
from typing import Final

from maskres.rounds.rules import Basis, Rules, StratumRule

_GOODS: Final = {
    "masks": "口罩 {} 只",
    "test kits": "检测试剂 {} 份",
    "vaccine doses": "疫苗 {} 剂",
    "shelter places": "安置床位 {} 个",
    "school places": "学位 {} 个",
}
_REGISTERS: Final = {"household": "户籍登记", "insurance": "社会保险登记", "employment": "就业登记"}


def describe(rules: Rules) -> list[str]:
    """Say the rules in simplified Chinese, one short sentence or two an item."""
    return [
        *_say_offer(rules),
        *say_who(rules),
        _say_tickets(rules),
        *_say_strata(rules),
        *_say_steps(rules),
        _say_districts(rules),
        f"所有时间均为当地时间（时区 {rules.zone}）。",
        f"本轮登记的姓名、证件号码和手机号码最迟于{say_day(rules.personal_data_until)}删除。",
        "需要保留更久的信息（您上次中签的时间、已等待的轮数、您同意保留的选择）最迟于"
        f"{say_day(rules.person_data_until)}删除。",
    ]


def _say_offer(rules: Rules) -> list[str]:
    draws = (
        "本轮只摇号一次。"
        if rules.draws == 1
        else f"本轮共摇号 {rules.draws} 次：未中签者自动参加下一次摇号，已中签者不再参加本轮其余摇号。"
    )
    return [
        f"本轮编号：{rules.round}。每位中签者可在通知的门店和时段领取{_goods(rules)}。",
        f"中签者由摇号产生，登记先后不影响结果，不必着急。{draws}",
    ]


def _goods(rules: Rules) -> str:
    pattern = _GOODS.get(rules.goods.casefold().replace("-", " "))
    return f"“{rules.goods}” {rules.quantity} 件" if pattern is None else pattern.format(rules.quantity)


def say_who(rules: Rules) -> list[str]:
    """Say who may take part."""
    on_date = f"在{say_day(rules.reference_date)}（基准日）"
    conditions = [_basis(basis, rules) for basis in rules.bases]
    if len(conditions) == 1:
        who = f"{on_date}符合以下条件者可以参加：{conditions[0]}。"
    else:
        listed = "；".join(f"（{place}）{text}" for place, text in enumerate(conditions, start=1))
        who = f"{on_date}至少符合以下一项条件者可以参加，以最先符合的一项为准：{listed}。"
    age = "不设最低年龄。" if rules.min_age == 0 else f"基准日须年满 {rules.min_age} 周岁。"
    wait = (
        "以往各轮是否中签不影响参加。"
        if rules.wait_days == 0
        else f"以往中签者，自中签之日起满 {rules.wait_days} 天后方可再次参加。"
    )
    phone = (
        "一个手机号码只能登记 1 人。"
        if rules.entries_per_phone == 1
        else f"一个手机号码最多可登记 {rules.entries_per_phone} 人，例如您的父母或子女。"
    )
    return [who, "姓名和证件号码须与登记信息一致。", age, wait, phone]


def _basis(basis: Basis, rules: Rules) -> str:
    if basis.months is None or basis.of_last is None:
        return f"有本市{_REGISTERS[basis.register]}"
    month = f"{rules.reference_date.year}年{rules.reference_date.month}月"
    if basis.of_last == 1:
        return f"{month}已在本市缴纳社会保险"
    span = f"截至{month}（含当月）的 {basis.of_last} 个月中"
    if basis.months == basis.of_last:
        return f"{span}，每个月都在本市缴纳社会保险"
    return f"{span}，至少有 {basis.months} 个月在本市缴纳社会保险"


def _say_tickets(rules: Rules) -> str:
    per_round, most = rules.bonus.tickets_per_round_waited, rules.bonus.max_tickets
    if most == 1:
        return "每人只有 1 支签，与等待多久无关。"
    limit = f"每人最多 {most} 支签。"
    granted = "如因我们的差错未能参加，可另行增加。"
    if per_round == 0:
        return f"每人有 1 支签，等待不增加签数。{granted}{limit}"
    return f"每人有 1 支签；每等待一轮未中签，增加 {per_round} 支。{granted}{limit}"


def _say_strata(rules: Rules) -> list[str]:
    if len(rules.strata) == 1:
        return [f"所有人在同一组（“{rules.strata[0].stratum}”）中摇号。"]
    return [
        f"共分 {len(rules.strata)} 组，每组名额单列、分别摇号，"
        "用不完的名额不转给其他组。您归入第一个符合的组：",
        *(
            f"第 {place} 组（“{rule.stratum}”）：{_stratum(rule)}。"
            for place, rule in enumerate(rules.strata, start=1)
        ),
    ]


def _stratum(rule: StratumRule) -> str:
    if rule.is_unconditional:
        return "其余所有人"
    parts = []
    low, high = rule.min_age, rule.max_age
    if low is not None and high is not None:
        parts.append(f"{low} 周岁" if low == high else f"{low} 至 {high} 周岁")
    elif low is not None:
        parts.append(f"{low} 周岁及以上")
    elif high is not None:
        parts.append(f"{high} 周岁及以下")
    if rule.bases is not None:
        parts.append(f"凭{'或'.join(_REGISTERS[kind] for kind in rule.bases)}参加")
    return "、".join(parts) + "的人"


def _say_steps(rules: Rules) -> list[str]:
    shown = "登记截止后，您可以查看自己能否参加以及不能参加的原因"
    challenge = (
        f"{shown}；随后可能立即摇号。"
        if rules.challenge_hours == 0
        else f"{shown}；摇号前至少有 {rules.challenge_hours} 小时可以提出异议。"
    )
    lead = "可立即开始" if rules.lead_hours == 0 else f"最早在公布 {rules.lead_hours} 小时后开始"
    audit = (
        "摇号后不再由公证员抽查中签者。"
        if rules.audit_size == 0
        else f"摇号后，公证员按摇号结果抽取 {rules.audit_size} 名中签者，向主管部门核实。"
    )
    return [
        challenge,
        f"空出的名额依次递补给仍在等待的人。递补中签或原门店关闭时，新的领取时段{lead}。",
        audit,
    ]


def _say_districts(rules: Rules) -> str:
    return f"门店分布在 {len(rules.districts)} 个区：{'、'.join(rules.districts)}。"


def say_day(day: date) -> str:
    """Say a day: 2020年2月13日."""
    return f"{day.year}年{day.month}月{day.day}日"
