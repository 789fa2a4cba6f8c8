"""The minutes of a draw as one printable page in Chinese and English, without anything it would have to load.

Everything in it stands in public files; nothing personal does. Notary, witness and operator sign it by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from maskres.formats.values import format_time
from maskres.ledger.body_shapes import Kind
from maskres.ledger.checkpoints import is_rehearsal
from maskres.ledger.commitment import Commitment
from maskres.ledger.entries import Entry, is_milestone
from maskres.ledger.keyring import Keyring
from maskres.lottery.sources import DeclaredSource, Dice

STYLE = (
    "body{font:11pt/1.45 'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',Arial,sans-serif;margin:2em auto;"
    "max-width:60em;padding:0 1em;color:#0b0c0c}h1{font-size:1.6em;margin:0 0 .2em}h2{font-size:1.15em;"
    "margin:1.4em 0 .4em;border-bottom:2px solid #0b0c0c;break-after:avoid}"
    "table{border-collapse:collapse;width:100%;margin-bottom:.8em}"
    "th,td{border-bottom:1px solid #b1b4b6;padding:.25em .8em .25em 0;text-align:left;vertical-align:top}"
    "tr{break-inside:avoid}code{font:.85em/1.4 Consolas,'DejaVu Sans Mono',monospace;overflow-wrap:anywhere}"
    ".big code{font-size:1.15em}.n{text-align:right;white-space:nowrap}.warn{border:3px solid #d4351c;padding:.6em;"
    "font-weight:bold}.sign{display:grid;grid-template-columns:1fr 1fr 1fr;gap:2em;margin-top:3.5em;break-inside:avoid}"
    ".sign div{border-top:1px solid #0b0c0c;padding-top:.3em}.qr{display:flex;gap:1.5em;align-items:center;"
    "break-inside:avoid}.qr svg{width:9em;height:9em}@page{margin:16mm}"
    "@media screen and (min-width:1600px){html{zoom:1.25}}@media screen and (min-width:1900px){html{zoom:1.5}}"
    "@media print{body{margin:0;max-width:none;padding:0;font-size:9.5pt}}"
)
"""The page's one style sheet; whoever serves the page allows it by its digest."""

_KINDS: Mapping[Kind, str] = {
    Kind.ROUND_OPENED: "本轮开放 · round opened",
    Kind.DRAW_CLOSED: "登记截止 · registration closed",
    Kind.DRAW_DECIDED: "资格裁定 · verdicts given",
    Kind.DRAW_COMMITTED: "承诺 · pool committed",
    Kind.DRAW_VOIDED: "作废 · draw voided",
    Kind.DICE: "骰子 · dice",
    Kind.BEACON: "信标 · beacon",
    Kind.DRAWN: "摇号结果 · winners drawn",
    Kind.ALLOCATED: "名额安排 · places published",
    Kind.BATCH: "递补批次 · batch",
    Kind.AUDITED: "抽查 · audit",
    Kind.DRAW_FINISHED: "本次结束 · draw finished",
    Kind.ROUND_FINISHED: "本轮结束 · round finished",
    Kind.ERASED: "个人资料已销毁 · personal data erased",
}
_ROLES = {"operator": "主办方 · operator", "notary": "公证员 · notary", "witness": "见证人 · witness"}


@dataclass(frozen=True, slots=True)
class Minutes:
    """What the minutes are made of.

    Attributes:
        round: slug.
        draw: number.
        keys: whose signatures count.
        entries: of the round and this draw, each with the time from which notary and witness had cosigned it, or None.
        size: lines of the whole ledger.
        root: over them, hex.
        commitment: what was committed, or None before.
        commitment_sha256: of commitment.json, or None.
        files: published file → SHA-256 and lines without header.
        verifier_sha256: of verify_draw.py as it stands in the source.
        address: of the bundle, or None.
        code: an inline SVG that shows the address, or None.
    """

    round: str
    draw: int
    keys: Keyring
    entries: Sequence[tuple[Entry, datetime | None]]
    size: int
    root: str
    commitment: Commitment | None
    commitment_sha256: str | None
    files: Mapping[str, tuple[str, int]]
    verifier_sha256: str
    address: str | None = None
    code: str | None = None

    def body_of(self, kind: Kind) -> Mapping[str, Any] | None:
        """Give the body of the newest entry of a kind, or None."""
        return next((entry.body for entry, _at in reversed(self.entries) if entry.kind is kind), None)


def write_minutes(minutes: Minutes) -> str:
    """Write the page."""
    title = f"摇号记录 · Minutes of the draw: {minutes.round}, {minutes.draw}"
    parts = [
        "<!doctype html>",
        '<html lang="zh-Hans"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>",
        *_sections(minutes),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _sections(minutes: Minutes) -> Iterator[str]:
    yield "<h1>摇号记录 · Minutes of the draw</h1>"
    if is_rehearsal(minutes.keys.origin):
        yield '<p class="warn">演练，不具效力 · This is a rehearsal and decides nothing.</p>'
    yield _table(
        [
            ("账本 · ledger", _code(minutes.keys.origin)),
            ("轮次 · round", _code(minutes.round)),
            ("第几次 · draw", str(minutes.draw)),
            ("账本行数 · lines of the ledger", str(minutes.size)),
            ("账本根 · root of the ledger", _code(minutes.root)),
        ]
    )
    yield "<h2>公钥 · Keys</h2>"
    yield _table([(_ROLES[role], _code(text)) for role, text in minutes.keys.texts.items()])
    yield "<h2>经过 · What happened</h2>"
    yield _events(minutes.entries)
    yield from _committed(minutes)
    yield from _outcome(minutes)
    if minutes.files:
        yield "<h2>已公布文件的 SHA-256 · Published files</h2>"
        yield _rows(
            ("文件 · file", "行数 · lines", "SHA-256"),
            [
                (escape(name), f'<span class="n">{count or ""}</span>', _code(sha256))
                for name, (sha256, count) in minutes.files.items()
            ],
        )
    yield "<h2>核对 · How to check</h2>"
    if minutes.address is not None:
        yield f'<div class="qr">{minutes.code or ""}<p>公示数据包 · bundle<br>{_code(minutes.address)}</p></div>'
    yield _table([("核对程序 · verify_draw.py, SHA-256", _code(minutes.verifier_sha256))])
    yield (
        '<div class="sign">'
        + "".join(f"<div>{_ROLES[role]}<br>日期 · date</div>" for role in ("notary", "witness", "operator"))
        + "</div>"
    )


def _events(entries: Sequence[tuple[Entry, datetime | None]]) -> str:
    rows = []
    for entry, at in entries:
        vouched = format_time(at) if at else ("尚未 · not yet" if is_milestone(entry) else "")
        rows.append((str(entry.seq + 1), format_time(entry.at), _KINDS[entry.kind], vouched))
    return _rows(("行 · line", "时间 · time (UTC)", "事项 · step", "两人见证签名 · cosigned by both"), rows)


def _committed(minutes: Minutes) -> Iterator[str]:
    decided = minutes.body_of(Kind.DRAW_DECIDED)
    if decided is not None:
        yield "<h2>参加与未参加 · In the pool and left out</h2>"
        quotas = {} if minutes.commitment is None else minutes.commitment.quotas
        yield _rows(
            ("组别 · group", "参加 · in the pool", "中签名额 · winners at most"),
            [
                (escape(name), str(count), str(quotas.get(name, "")))
                for name, count in decided["strata"].items()
            ],
        )
        yield _rows(
            ("未参加原因 · left out for", "人数 · how many"),
            [(escape(name), str(count)) for name, count in decided["reasons"].items()],
        )
    if minutes.commitment is None:
        return
    yield "<h2>承诺 · Commitment</h2>"
    yield _table(
        [
            ("commitment.json, SHA-256", _code(minutes.commitment_sha256 or "")),
            ("参加名单树根 · root of the pool", _code(minutes.commitment.pool_root)),
            ("规则 · rules.json, SHA-256", _code(minutes.commitment.rules_sha256)),
            *(("随机源 · source", _source(source)) for source in minutes.commitment.sources),
        ]
    )


def _source(source: DeclaredSource) -> str:
    if isinstance(source, Dice):
        return (
            f"{escape(source.name)}: {source.sides} 面骰掷 {source.rolls} 次 · {source.rolls} rolls of {source.sides} "
            f"sides, {format_time(source.by)}"
        )
    network = source.network
    return (
        f"{escape(source.name)}: drand {_code(network.chain)}<br>公钥 · public key {_code(network.public_key)}"
        f"<br>第 {network.round} 轮 · round {network.round}, {format_time(network.round_at)}"
    )


def _outcome(minutes: Minutes) -> Iterator[str]:
    voided, dice = minutes.body_of(Kind.DRAW_VOIDED), minutes.body_of(Kind.DICE)
    beacon, drawn = minutes.body_of(Kind.BEACON), minutes.body_of(Kind.DRAWN)
    if voided is not None:
        yield f'<p class="warn">作废 · void: {escape(voided["reason"])}</p>'
    rows = []
    if dice is not None:
        rolls = dice["rolls"]
        groups = " ".join(rolls[place : place + 5] for place in range(0, len(rolls), 5))
        rows.append(("骰子 · rolls", _code("缺失 · missing" if rolls == "missing" else groups)))
    if beacon is not None and "round" in beacon:
        rows.append((f"信标第 {beacon['round']} 轮 · beacon", _code(beacon["signature"])))
        rows.append(("随机值 · randomness", _code(beacon["randomness"])))
    if drawn is not None:
        rows.append(("种子 · seed", _code(drawn["seed"])))
        rows += [
            (f"{escape(name)}: 中签线 · cutoff", _code(value or "—"))
            for name, value in drawn["cutoffs"].items()
        ]
    if rows:
        yield '<h2>随机源与结果 · Sources and result</h2><div class="big">'
        yield _table(rows)
        yield "</div>"
    audited = minutes.body_of(Kind.AUDITED)
    if audited is not None:
        yield f"<p>抽查 · audit: {audited['sample']}; 不符 · not sound: {audited['unsound']}</p>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _table(rows: Sequence[tuple[str, str]]) -> str:
    lines = "".join(f'<tr><th scope="row">{name}</th><td>{value}</td></tr>' for name, value in rows)
    return f"<table>{lines}</table>"


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{name}</th>' for name in head)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{lines}</table>"
