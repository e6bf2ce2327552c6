"""`Prefer: wait` occupies a web thread: a few callers may wait, and the others get an immediate response."""

import threading
from contextlib import contextmanager

import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.jobs import waiters
from apps.jobs.models import Job
from apps.jobs.services import job_cancel
from apps.jobs.states import State
from apps.jobs.waiters import MAX_PER_PROCESS, MAX_PER_USER, waiter_admit
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

LONG_SECONDS = 60  # the longest that is granted


def ask(user, wait):
    client = APIClient()
    client.force_authenticate(user)
    body = {"idea": "a neon city", "number_of_scenes": 1}
    return client.post("/api/mv/create_scenes", body, format="json", headers={"Prefer": f"wait={wait}"})


@contextmanager
def waiting(user, times):
    """Start callers of this user who wait for a job, and yield the list of their responses. They end with their jobs.

    They would wait longer than any test takes, so whoever responds before has not waited.
    """
    responses = []

    def call():
        try:
            responses.append(ask(user, LONG_SECONDS))
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(times)]
    before = waiters._waiting.total()
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: waiters._waiting.total() == before + times, seconds=60, what="the callers to wait", step=0.02)
        yield responses
    finally:
        for job in Job.objects.filter(owner=user, state=State.QUEUED):
            job_cancel(by=user, job_id=job.pk)
        for thread in threads:
            thread.join()


def test_a_user_with_too_many_waits_gets_an_immediate_response(user, other_user):
    with waiting(user, MAX_PER_USER) as responses:
        more = ask(user, LONG_SECONDS)
        theirs = ask(other_user, 1)
        assert not responses
    assert more.status_code == 202 and more.data["state"] == "queued"
    assert more["Location"] == f"/api/jobs/{more.data['id']}" and "Preference-Applied" not in more
    assert theirs["Preference-Applied"] == "wait=1"
    assert [response["Preference-Applied"] for response in responses] == [f"wait={LONG_SECONDS}"] * MAX_PER_USER


def test_a_slot_is_free_again_after_the_wait(user):
    with waiting(user, MAX_PER_USER):
        pass
    assert ask(user, 1)["Preference-Applied"] == "wait=1"


def test_a_process_keeps_threads_free_for_others(user):
    others = [User.objects.create_user(f"user-{number}") for number in range(2)]
    with waiting(others[0], MAX_PER_PROCESS // 2) as first, waiting(others[1], MAX_PER_PROCESS // 2) as second:
        more = ask(user, LONG_SECONDS)
        assert not first and not second
    assert more.status_code == 202 and "Preference-Applied" not in more


def test_a_slot_is_released_after_an_error():
    for _ in range(MAX_PER_PROCESS * 2):
        with pytest.raises(ValueError, match="broken"), waiter_admit(1) as admitted:
            assert admitted
            raise ValueError("broken")
