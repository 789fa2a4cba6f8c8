"""How often somebody may ask. Two kinds: most fail open, so that a lost Redis turns nobody away; guessing of codes
fails closed.

Redis counts in fixed windows, for all processes together. A process takes from it one by one of whoever asks now and
then, and in small shares of whoever asks often: what is left of a share is given without asking Redis again, and
whoever has used all is refused without it. So nobody is ever let in more often than the limit says; somebody whose
requests spread over several processes may be refused a thirtieth of the limit early for each further one.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

import structlog
from flask import request
from redis import Redis
from redis.exceptions import RedisError
from werkzeug.exceptions import TooManyRequests

from maskres.web.here import this_request

View = TypeVar("View", bound=Callable[..., Any])

_RULE = re.compile(r"([1-9][0-9]*) per (minute|hour)")
_SECONDS = {"minute": 60, "hour": 3600}
#: Of a limit, what a process takes at a time.
_SHARES = 30
#: Redis answers in a millisecond, or is taken for lost; then it is left alone for a while, so that no request waits.
_TIMEOUT_SECONDS = 0.5
_LOST_SECONDS = 5.0
_MOST_KEPT = 20_000
_TAKE = """
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
if count == tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
#: Stands in the environ of a request that has been counted by all limits of its route already.
COUNTED = "maskres.counted"
_log = structlog.get_logger("maskres.web")


@dataclass(frozen=True, slots=True)
class Rule:
    """So many times in so many seconds."""

    most: int
    seconds: int


@dataclass(slots=True)
class _Share:
    """What this process may still give of a limit until the window ends, and whether there is no more to be had."""

    left: int
    until: float
    is_last: bool


def remote_address() -> str:
    """Name whom a limit counts by their address, as the deployment's own proxies say it."""
    return request.remote_addr or "unknown"


def everybody() -> str:
    """Name whom a limit counts that all share."""
    return "everybody"


@functools.cache
def read_rules(text: str) -> tuple[Rule, ...]:
    """Read limits like "10 per minute; 100 per hour".

    Raises:
        ValueError: it reads otherwise.
    """
    rules = []
    for part in text.split(";"):
        found = _RULE.fullmatch(part.strip())
        if found is None:
            raise ValueError(f"not a limit: {part}")
        rules.append(Rule(int(found[1]), _SECONDS[found[2]]))
    return tuple(rules)


class Limiter:
    """One kind of limits.

    Args:
        redis: where they are counted; None counts in this process alone.
        name: of the kind, the beginning of its keys in Redis.
        fails_open: whether everybody is let in, counted in this process alone, while Redis is lost.
    """

    def __init__(self, redis: Redis | None, name: str, *, fails_open: bool) -> None:
        self._script = None if redis is None else redis.register_script(_TAKE)
        self._name = name
        self._fails_open = fails_open
        self._lost_until = 0.0
        self._shares: dict[str, _Share] = {}
        self._lock = Lock()

    def limit(
        self,
        text: str,
        key_func: Callable[[], str] = remote_address,
        *,
        methods: Collection[str] | None = None,
        exempt_when: Callable[[], bool] | None = None,
    ) -> Callable[[View], View]:
        """Refuse whoever calls a view more often, each view for itself.

        Args:
            text: like "10 per minute; 100 per hour".
            key_func: names who asks.
            methods: only these are counted.
            exempt_when: tells that a request is not counted.
        """
        rules = read_rules(text)

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def run(*args: Any, **kwargs: Any) -> Any:
                asked = this_request()
                is_counted = methods is None or asked.method in methods
                is_counted = is_counted and COUNTED not in asked.environ
                if is_counted and not (exempt_when is not None and exempt_when()):
                    self.require(rules, str(asked.endpoint), key_func())
                return view(*args, **kwargs)

            return run  # type: ignore[return-value]

        return decorate

    def require(self, rules: tuple[Rule, ...], endpoint: str, who: str) -> None:
        """Count a request, and refuse whoever asks too often.

        Args:
            rules: the limits.
            endpoint: what is asked for; each is counted for itself.
            who: asks.

        Raises:
            TooManyRequests: that is too often.
            RedisError: Redis is lost, and this kind fails closed.
        """
        for rule in rules:
            if not self._give(rule, f"{self._name}/{endpoint}/{who}/{rule.seconds}"):
                raise TooManyRequests("Asked too often. Please try again in a while.")

    def _give(self, rule: Rule, key: str) -> bool:
        """Tell whether somebody may ask now, and count it."""
        now = time.monotonic()
        with self._lock:
            share = self._shares.get(key)
            if share is not None and now < share.until:
                if share.left > 0 or share.is_last:
                    share.left -= 1
                    return share.left >= 0
                wanted = max(1, rule.most // _SHARES)
            else:
                wanted = 1
        taken = self._take(rule, key, wanted, now)
        with self._lock:
            known = self._shares.get(key)
            if known is None or now >= known.until:
                known = _Share(0, now + rule.seconds, is_last=False)
            if taken is not None:
                known = _Share(max(0, known.left) + taken.left, taken.until, taken.is_last)
            elif not known.is_last:
                known = _Share(rule.most, known.until, is_last=True)
            if len(self._shares) >= _MOST_KEPT:
                self._shares = {each: kept for each, kept in self._shares.items() if now < kept.until}
            self._shares[key] = known
            known.left -= 1
            return known.left >= 0

    def _take(self, rule: Rule, key: str, wanted: int, now: float) -> _Share | None:
        """Take a share from Redis; None where there is no Redis to share with."""
        if self._script is None:
            return None
        try:
            if now < self._lost_until:
                raise RedisError("lost a moment ago")
            count, left_ms = self._script(keys=[key], args=[wanted, rule.seconds])
        except RedisError as error:
            if now >= self._lost_until:
                self._lost_until = now + _LOST_SECONDS
                _log.warning("limits-lost", error=type(error).__name__)
            if not self._fails_open:
                raise
            return None
        granted = max(0, min(wanted, rule.most - (count - wanted)))
        return _Share(granted, now + left_ms / 1000, is_last=count >= rule.most)


class Limits:
    """The two limiters.

    Args:
        storage: URL of Redis, or None to count in this process alone.
    """

    def __init__(self, storage: str | None) -> None:
        wait = {"socket_timeout": _TIMEOUT_SECONDS, "socket_connect_timeout": _TIMEOUT_SECONDS}
        redis = None if storage is None else Redis.from_url(storage, **wait)
        self.open = Limiter(redis, "maskres-open", fails_open=True)
        self.closed = Limiter(redis, "maskres-closed", fails_open=False)
