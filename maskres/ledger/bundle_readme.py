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
    parts = [_title(round_, draw, keys), _files(present), _sums_check()]
    if "seed.txt" in present:
        parts.append(_SEED)
    if {"seed.txt", "pool.csv", "result.csv"} <= present:
        parts.append(_TICKET)
        parts.append(
            _commands("The whole draw again (some minutes for each hundred thousand numbers):", ORDER_COMMAND)
        )
    if {"seed.txt", "result.csv", "allocation.csv"} <= present:
        parts.append(_commands("Who chose a store first:", PLACE_COMMAND))
    if VERIFIER in present:
        parts.append(_VERIFIER)
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
        "That no file was damaged on the way (put the files in a folder of their own first):",
        "sha256sum -c SHA256SUMS\n",
    )


_SEED = """\
The seed comes from a commitment that stood before the randomness was known. The second line of seed.txt
must be the first of these two digests; the second digest is the seed:

  sha256sum commitment.json
  sha256sum seed.txt"""

_TICKET = """\
Your own ticket: put the seed and your number (twelve symbols, no hyphens) in here. result.csv shows the first
16 digits of your smallest ticket; a number with more tickets has /2, /3 and so on too:

  printf %s "SEED/NUMBER/1" | sha256sum"""

_VERIFIER = """\
verify_draw.py computes all of this anew: digests, who is in the pool, seed, order, winners, seals, places, batches,
the audit's sample, the ledger, the order of events. It needs Python 3.9 or later and nothing else, and writes nothing:

  python3 verify_draw.py .

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
        "签值是公开种子与您的登记号的 SHA-256，签值最小者中签。任何人都能用上面的命令核对：",
        "先把文件放进单独的文件夹，核对 SHA256SUMS；再核对种子、自己的签值和全部次序。",
        *(
            ["一次核对全部内容：python3 verify_draw.py .（只需 Python；请先核对该程序自身的摘要）。"]
            if has_verifier
            else []
        ),
        "请将上面三把公钥与公证笔录或纸质公告上的公钥比对。",
        "",
        *(f"  {known.name}：{known.chinese}" for known in present_files(present)),
    ]
    return "\n".join(lines)


def _commands(title: str, commands: str) -> str:
    return f"{title}\n\n{textwrap.indent(commands, '  ')}"
