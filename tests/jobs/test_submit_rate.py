"""The rate limit of submits, shared by all workers through Redis."""

import threading
from itertools import pairwise

import pytest

from apps.core.redis_client import redis_client
from apps.jobs import submit_rate


@pytest.fixture(autouse=True)
def empty_limits():
    redis_client().flushdb()


def delay(slot, per_minute=60):
    return submit_rate.submit_delay(provider="test", slot=slot, per_minute=per_minute, burst=5)


def test_two_hundred_submits_get_two_hundred_different_times():
    """From eight threads, like many workers: only the burst goes now, the rest follows one by one."""
    delays, lock = [], threading.Lock()

    def ask(worker):
        for number in range(25):
            wait = delay(f"{worker}-{number}", per_minute=2)
            with lock:
                delays.append(wait)

    threads = [threading.Thread(target=ask, args=(worker,)) for worker in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    waiting = sorted(wait for wait in delays if wait > 0)
    assert delays.count(0) == 5
    assert waiting[-1] == pytest.approx(195 * 30, abs=30)  # what the asking took is off it
    gaps = [later - earlier for earlier, later in pairwise(waiting)]
    assert sum(gaps) / len(gaps) == pytest.approx(30, abs=1)


def test_asking_again_keeps_the_slot():
    for number in range(5):
        delay(f"burst-{number}")
    first = delay("mine")

    for _ in range(10):
        again = delay("mine")

    assert 0 < again <= first
    assert delay("another") > first


def test_a_pause_delays_every_submit():
    submit_rate.submits_pause(provider="test", seconds=30)

    assert 15 < delay("one") <= 31  # what the asking took is off it; at most a second is added by chance
    assert submit_rate.submit_delay(provider="other", slot="one", per_minute=60) == 0


def test_after_a_pause_submits_are_spaced_out():
    for number in range(5):
        delay(f"burst-{number}")
    early = [delay(f"early-{number}", per_minute=2) for number in range(3)]
    submit_rate.submits_pause(provider="test", seconds=300)

    again = [delay(f"early-{number}", per_minute=2) for number in range(3)]

    assert max(early) <= 90
    assert [later - earlier for earlier, later in pairwise(again)] == pytest.approx([30, 30], abs=15)
    assert again[0] > 285


def test_without_a_rate_only_a_pause_delays():
    assert [delay(str(number), per_minute=None) for number in range(50)] == [0] * 50


def test_without_redis_nothing_is_limited(settings):
    redis_client.cache_clear()
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    try:
        assert delay("one") == 0
        submit_rate.submits_pause(provider="test", seconds=5)
    finally:
        redis_client.cache_clear()
