"""How long to wait before the next try. Pure: the caller passes in the time and the random number."""

# Automatic tries of work that certainly cost nothing, before the job fails.
MAX_TRIES = 5
# Fetching a result that was paid for is retried for much longer.
MAX_COLLECT_TRIES = 50
FIRST_DELAY_SECONDS = 2.0
LONGEST_DELAY_SECONDS = 300.0
FIRST_POLL_SECONDS = 3.0
LONGEST_POLL_SECONDS = 30.0
# Work past its deadline is still polled, but less often: a late result was paid for.
LATE_POLL_SECONDS = 600.0
# The largest share of the wait added at random, so that jobs that failed together don't all retry together.
JITTER = 0.25


def backoff_seconds(failures: int, *, retry_after: float | None, chance: float) -> float:
    """Return an exponential delay from 2 s to 5 min, but at least `retry_after`. `chance` is 0…1."""
    delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(failures, 20))
    return max(delay, retry_after or 0.0) * (1.0 + JITTER * chance)


def poll_interval_seconds(age_seconds: float, *, chance: float) -> float:
    """Return a tenth of the work's age, between 3 and 30 s: short work is polled often, long work rarely."""
    interval = min(LONGEST_POLL_SECONDS, max(FIRST_POLL_SECONDS, age_seconds / 10.0))
    return interval * (1.0 + JITTER * chance)
