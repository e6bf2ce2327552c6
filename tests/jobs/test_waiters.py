"""`Prefer: wait` occupies a web thread: a few callers may wait, and the others get an immediate response."""

import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.jobs.waiters import MAX_PER_PROCESS, MAX_PER_USER, waiter_admit
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def ask(user, wait):
    client = APIClient()
    client.force_authenticate(user)
    body = {"idea": "a neon city", "number_of_scenes": 1}
    return client.post("/api/mv/create_scenes", body, format="json", headers={"Prefer": f"wait={wait}"})


@contextmanager
def waiting(user, times, seconds=8):
    """Start callers of this user who wait for a job that no worker runs, and yield the list of their responses."""
    responses = []

    def call():
        try:
            responses.append(ask(user, seconds))
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(times)]
    before = Job.objects.count()
    for thread in threads:
        thread.start()
    wait_for(lambda: Job.objects.count() == before + times, seconds=60, what="the jobs", step=0.02)
    time.sleep(0.3)
    yield responses
    for thread in threads:
        thread.join()


def timed(user, wait):
    started = time.monotonic()
    response = ask(user, wait)
    return response, time.monotonic() - started


def test_a_user_with_too_many_waits_gets_an_immediate_response(user, other_user):
    with waiting(user, MAX_PER_USER) as responses:
        more, seconds = timed(user, 60)
        theirs, their_seconds = timed(other_user, 1)
        assert not responses
    assert more.status_code == 202 and more.data["state"] == "queued" and seconds < 5
    assert more["Location"] == f"/api/jobs/{more.data['id']}" and "Preference-Applied" not in more
    assert theirs["Preference-Applied"] == "wait=1" and their_seconds >= 1
    assert all(response["Preference-Applied"] == "wait=8" for response in responses)


def test_a_slot_is_free_again_after_the_wait(user):
    with waiting(user, MAX_PER_USER, seconds=1):
        pass
    assert ask(user, 1)["Preference-Applied"] == "wait=1"


def test_a_process_keeps_threads_free_for_others(user):
    others = [User.objects.create_user(f"user-{number}") for number in range(MAX_PER_PROCESS)]
    with waiting(others[0], 3), waiting(others[1], 3):
        more, seconds = timed(user, 60)
    assert more.status_code == 202 and "Preference-Applied" not in more and seconds < 5


def test_a_slot_is_released_after_an_error():
    for _ in range(MAX_PER_PROCESS * 2):
        with pytest.raises(ValueError, match="broken"), waiter_admit(1) as admitted:
            assert admitted
            raise ValueError("broken")
