"""Slows down password guessing.

Attempts are counted in Redis before the password is checked, so that many parallel ones can't slip through. A correct
password takes its own attempt back.
"""

import hashlib
from ipaddress import ip_address, ip_network

import redis
import structlog

from apps.core.redis_client import redis_client

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 15 * 60
# A person who mistypes stays below all of these; ten thousand common passwords would take ten days from one address.
FAILURES_PER_NAME_AND_ADDRESS = 10
FAILURES_PER_ADDRESS = 50
# Guesses from many addresses. They don't lock out a user at an address from which that user has signed in before.
FAILURES_PER_NAME = 100
KNOWN_SECONDS = 90 * 24 * 3600

# Counts an attempt on every key, or on none if one is full: a locked account uses up no other user's attempts.
_ATTEMPT = """
local wait = 0
for i, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[i + 1]) then
    wait = math.max(wait, redis.call('TTL', key), 1)
  end
end
if wait == 0 then
  for _, key in ipairs(KEYS) do
    if redis.call('INCR', key) == 1 then redis.call('EXPIRE', key, ARGV[1]) end
  end
end
return wait
"""
_TAKE_BACK = """
for _, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or '0') > 0 then redis.call('DECR', key) end
end
"""


def sign_in_attempt(*, address: str, username: str) -> int:
    """Count an attempt and return 0, or count nothing and return the seconds to wait before the next one is allowed."""
    try:
        limits = _limits(address, username)
        return int(redis_client().eval(_ATTEMPT, len(limits), *limits, WINDOW_SECONDS, *limits.values()))
    except redis.RedisError as error:
        # Without Redis no jobs run either, but the owner must still be able to sign in.
        log.error("sign_in_limit_unavailable", reason=type(error).__name__)
        return 0


def sign_in_succeeded(*, address: str, username: str) -> None:
    """Take the attempt back, and remember this address for this account."""
    try:
        limits = _limits(address, username)
        redis_client().eval(_TAKE_BACK, len(limits), *limits)
        redis_client().set(_known_key(address, username), 1, ex=KNOWN_SECONDS)
    except redis.RedisError as error:
        log.error("sign_in_limit_unavailable", reason=type(error).__name__)


def _limits(address: str, username: str) -> dict[str, int]:
    name, network = _name(username), _network(address)
    limits = {
        f"sign-in:{network}:{name}": FAILURES_PER_NAME_AND_ADDRESS,
        f"sign-in:{network}": FAILURES_PER_ADDRESS,
    }
    if not redis_client().exists(_known_key(address, username)):
        limits[f"sign-in:account:{name}"] = FAILURES_PER_NAME
    return limits


def _known_key(address: str, username: str) -> str:
    return f"sign-in:known:{_network(address)}:{_name(username)}"


def _name(username: str) -> str:
    # Hashed, because the name may be of any length, or a password typed into the wrong field.
    return hashlib.sha256(username.strip().lower().encode("utf-8", "replace")).hexdigest()[:24]


def _network(address: str) -> str:
    """Return what identifies one client: an IPv6 customer can use a whole /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
