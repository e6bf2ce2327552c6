"""How long to wait before the next try. Pure: the clock and chance are handed in."""

# Automatic tries of work that surely cost nothing, before a person is asked.
MAX_TRIES = 5
# A result that is paid for is fetched again for much longer.
MAX_COLLECT_TRIES = 50
FIRST_DELAY_SECONDS = 2.0
LONGEST_DELAY_SECONDS = 300.0
FIRST_POLL_SECONDS = 3.0
LONGEST_POLL_SECONDS = 30.0
# Work that outlived its deadline is still asked for, rarely: a late result was paid for.
LATE_POLL_SECONDS = 600.0
# Part of the wait that chance adds, so that jobs which failed together do not return together.
JITTER = 0.25


def backoff_seconds(failures: int, *, retry_after: float | None, chance: float) -> float:
    """Exponential from 2 s to 5 min after `failures` failures, never sooner than `retry_after`. `chance` in 0…1."""
    delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(failures, 20))
    return max(delay, retry_after or 0.0) * (1.0 + JITTER * chance)


def poll_interval_seconds(age_seconds: float, *, chance: float) -> float:
    """A tenth of the work's age, between 3 and 30 s: short work is seen at once, long work asked seldom."""
    interval = min(LONGEST_POLL_SECONDS, max(FIRST_POLL_SECONDS, age_seconds / 10.0))
    return interval * (1.0 + JITTER * chance)
