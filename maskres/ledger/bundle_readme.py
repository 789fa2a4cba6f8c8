"""The README of a bundle: what a stranger needs to check a draw with a terminal and nothing else.

Source: spec V5, T1, P1.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from maskres.ledger.bundle_files import VERIFIER, present_files
from maskres.ledger.checkpoints import is_rehearsal
from maskres.ledger.keyring import Keyring

ORDER_COMMAND = """\
SEED=$(sha256sum seed.txt | cut -c1-64)
tail -n +2 pool.csv | while IFS=, read -r number stratum tickets seal; do
  value=$(for t in $(seq "$tickets"); do
    printf %s "$SEED/$number/$t" | sha256sum | cut -c1-64
  done | LC_ALL=C sort | head -n 1)
  echo "$value $number"
done | LC_ALL=C sort | cut -d' ' -f2 > ../order.txt
tail -n +2 result.csv | cut -d, -f2 | diff - ../order.txt && echo "the order is right"
"""

WINNERS_COMMAND = """\
grep -o '"quotas":{[^}]*}' commitment.json
awk -F, '
  NR == 1 { next }
  $5 == "won" { won[$3]++; if (late[$3]) print "line " NR " is wrong" }
  $5 != "won" { late[$3] = 1 }
  END { for (stratum in won) print stratum, won[stratum] }' result.csv
"""

PLACE_COMMAND = """\
SEED=$(sha256sum seed.txt | cut -c1-64)
grep ',won$' result.csv | cut -d, -f2 | while read -r number; do
  echo "$(printf %s "$SEED/$number/place" | sha256sum | cut -c1-64) $number"
done | LC_ALL=C sort | cut -d' ' -f2 > ../places.txt
tail -n +2 allocation.csv | cut -d, -f2 | diff - ../places.txt && echo "the place order is right"
"""


def write_readme(names: Iterable[str], round_: str, draw: int, keys: Keyring) -> bytes:
    """Write the README of a bundle.

    Args:
        names: the bundle's files; only what is there is spoken of.
        round_: slug of the round.
        draw: number of the draw.
        keys: whose signatures count.

    Returns:
        UTF-8 text, LF at the end.
    """
    present = frozenset(names)
    parts = [_title(round_, draw, keys)]
    if VERIFIER in present:
        parts.append(_VERIFIER)
    parts += [_files(present), _sums_check()]
    if "seed.txt" in present:
        parts.append(_SEED)
    if {"seed.txt", "pool.csv", "result.csv"} <= present:
        parts.append(_TICKET)
        parts.append(
            _commands(
                "The whole draw again (some minutes for each hundred thousand numbers). What it writes lies beside\n"
                "this folder, so that nothing is added to the files here:",
                ORDER_COMMAND,
            )
        )
        parts.append(
            _commands(
                "Who won: in each stratum the first of this order, as many as its quota, or all where there are\n"
                "fewer. First the quotas, then the winners counted; no line may be wrong:",
                WINNERS_COMMAND,
            )
        )
    if {"seed.txt", "result.csv", "allocation.csv"} <= present:
        parts.append(_commands("Who chose a store first:", PLACE_COMMAND))
    parts += [_signatures(keys), _LIMITS, _chinese(present, round_, draw, keys)]
    return ("\n\n".join(part.strip("\n") for part in parts) + "\n").encode()


def _title(round_: str, draw: int, keys: Keyring) -> str:
    lines = [f"Round {round_}, draw {draw} of the ledger {keys.origin}"]
    if is_rehearsal(keys.origin):
        lines.append("THIS IS A REHEARSAL. It decides nothing; no place in it is real.")
    lines.append(
        "Your ticket is the SHA-256 of the public seed and your number; the smallest tickets win.\n"
        "With these files anyone can check that this is what happened."
    )
    return "\n\n".join(lines)


def _files(present: frozenset[str]) -> str:
    width = max(len(known.name) for known in present_files(present))
    lines = [f"  {known.name:<{width}}  {known.english}" for known in present_files(present)]
    return "The files:\n\n" + "\n".join(lines)


def _sums_check() -> str:
    return _commands(
        "The same by hand, in the folder where these files are and with a shell. (Where there is no sha256sum, write\n"
        "shasum -a 256 for it.) That no file was damaged on the way:",
        "sha256sum -c SHA256SUMS\n",
    )


_SEED = """\
The seed comes from a commitment that stood before the randomness was known. The second line of seed.txt
must be the first of these two digests; the second digest is the seed:

  sha256sum commitment.json
  sha256sum seed.txt"""

_TICKET = """\
Your own tickets: put your number (twelve symbols, no hyphens) in place of the one here, the first of all. How many
tickets it has stands in pool.csv; the smallest counts, and its first 16 digits must be those in result.csv:

  SEED=$(sha256sum seed.txt | cut -c1-64)
  NUMBER=$(sed -n 2p result.csv | cut -d, -f2)
  for t in $(seq "$(grep "^$NUMBER," pool.csv | cut -d, -f3)"); do
    printf %s "$SEED/$NUMBER/$t" | sha256sum | cut -c1-16
  done | LC_ALL=C sort
  grep "$NUMBER" result.csv"""

_VERIFIER = """\
All of it at once, in the folder where these files are (python on Windows):

  python3 verify_draw.py .

It computes everything anew: digests, who is in the pool, seed, order, winners, seals, places, batches, the audit's
sample, the ledger, the order of events. It needs Python 3.9 or later and nothing else, and writes nothing.
It prints every mismatch with file and line, and ends with status 0 only where there is none. Where you hold keys and
names from elsewhere (minutes, paper), give them: --keys FILE (in the form of keys.json), --origin NAME, --round SLUG.
It cannot check Ed25519 and BLS signatures; whoever has the service's own program can: python -m maskres verify .
A verifier that comes with the evidence proves little: compare its digest (sha256sum verify_draw.py) with the one
published apart, take the one from there, or write another from the specification."""

_LIMITS = """\
What nobody can recompute from here: that the registers were honest (the audit's sample speaks for them), that the
places offered in each batch were all there were, and the groups of the fairness report."""


def _signatures(keys: Keyring) -> str:
    lines = [
        "ledger.jsonl tells what happened when. Each checkpoint signs its first lines: the service as the ledger",
        "itself, then notary and witness, each with the time. They are C2SP signed notes (tlog-checkpoint,",
        "tlog-cosignature v1). Compare these keys with the minutes or with those printed on paper:",
        "",
        *(f"  {role:<8}  {text}" for role, text in keys.texts.items()),
    ]
    return "\n".join(lines)


def _chinese(present: frozenset[str], round_: str, draw: int, keys: Keyring) -> str:
    has_verifier = VERIFIER in present
    lines = [f"中文说明：轮次 {round_}，第 {draw} 次摇号，账本 {keys.origin}", ""]
    if is_rehearsal(keys.origin):
        lines += ["这是一次演练，不产生任何真实结果。", ""]
    lines += [
        "签值是公开种子与您的登记号的 SHA-256，签值最小者中签。任何人都能在这些文件所在的文件夹里核对：",
        "",
        *(
            [
                "  一次核对全部内容：python3 verify_draw.py .",
                "  （只需 Python 3.9 以上；请先将该程序的摘要与公证笔录上的比对。全部相符时最后显示 no mismatch。）",
            ]
            if has_verifier
            else []
        ),
        "  文件是否完整：sha256sum -c SHA256SUMS",
        *(
            [
                "  种子：seed.txt 第二行须为 commitment.json 的 SHA-256；种子就是 seed.txt 的 SHA-256。",
                "  自己的签值、全部次序、谁中签、谁先选门店：见上面英文部分缩进的命令，逐段复制到终端即可。",
            ]
            if "seed.txt" in present
            else []
        ),
        "",
        "请将上面三把公钥与公证笔录或纸质公告上的公钥比对。无法由这些文件核对的：名册是否属实（由抽查说明）、",
        "每批可分配的名额是否齐全、公平性报告的分组。",
        "",
        *(f"  {known.name}：{known.chinese}" for known in present_files(present)),
    ]
    return "\n".join(lines)


def _commands(title: str, commands: str) -> str:
    return f"{title}\n\n{textwrap.indent(commands, '  ')}"
