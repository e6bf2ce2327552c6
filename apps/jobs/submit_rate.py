"""Rate limits and pauses for a provider's account, shared by all workers through Redis.

A job that has to wait gets its own time slot and comes back then, so a thousand waiting jobs neither poll the
limit nor arrive together. If Redis is unreachable, nothing is limited: the provider's own 429 still applies.
"""

import random
import time

import redis
import structlog

from apps.core.redis_client import redis_client

log = structlog.get_logger(__name__)

# Generic cell rate algorithm in reservation mode. KEYS: next free time, the job's slot, the pause.
# ARGV: now, seconds between two submits, burst, slot lifetime. Returns the seconds to wait as text.
SCRIPT = """
local now, interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local pause = tonumber(redis.call('GET', KEYS[3]) or '0')
local slot = tonumber(redis.call('GET', KEYS[2]) or '-1')
if slot < 0 or slot < pause then
  -- Space submits out after a pause as well: all at once, they would be refused again.
  local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now - interval * (burst - 1), pause)
  slot = free
  redis.call('SET', KEYS[1], string.format('%.6f', free + interval), 'EX', tonumber(ARGV[4]))
end
local wait = slot - now
if wait <= 0 then
  redis.call('DEL', KEYS[2])
  return '0'
end
redis.call('SET', KEYS[2], string.format('%.6f', slot), 'EX', tonumber(ARGV[4]))
return string.format('%.6f', wait)
"""
SLOT_LIFETIME_SECONDS = 24 * 3600
LONGEST_PAUSE_SECONDS = 600.0


def submit_delay(*, provider: str, slot: str, per_minute: float | None, burst: int = 5) -> float:
    """Return the seconds until the work named `slot` may be submitted; 0 means now, and frees the slot."""
    interval = 60.0 / per_minute if per_minute else 0.0
    keys = [f"mv:limit:{provider}:next", f"mv:limit:{provider}:slot:{slot}", f"mv:limit:{provider}:pause"]
    try:
        wait_seconds = redis_client().eval(SCRIPT, 3, *keys, time.time(), interval, burst, SLOT_LIFETIME_SECONDS)
    except redis.RedisError as error:
        log.warning("rate_limit_unavailable", provider=provider, reason=str(error))
        return 0.0
    return float(wait_seconds)


def submits_pause(*, provider: str, seconds: float) -> None:
    """Pause all submits to the provider, because it responded that its limit was reached."""
    length = min(max(seconds, 1.0), LONGEST_PAUSE_SECONDS) + random.uniform(0, 1)  # noqa: S311 - jitter
    try:
        redis_client().set(f"mv:limit:{provider}:pause", f"{time.time() + length:.6f}", ex=int(length) + 1)
    except redis.RedisError as error:
        log.warning("rate_limit_unavailable", provider=provider, reason=str(error))
