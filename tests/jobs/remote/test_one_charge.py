"""Promise: one click never becomes two paid calls."""

import threading

import pytest
from rest_framework.test import APIClient

from apps.jobs.models import Job
from apps.jobs.states import State
from apps.scenes.handlers import HANDLERS
from tests.fakes.server import LONG_SECONDS
from tests.jobs.remote.driving import close_thread_connection, drive, video_job
from tests.waiting import wait_for
from tests.worker import celery_worker
from workers.base import job_run

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "POST .*predictions$"


def in_threads(count, action):
    barrier = threading.Barrier(count)

    def work():
        barrier.wait()
        try:
            action()
        finally:
            close_thread_connection()

    threads = [threading.Thread(target=work) for _ in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


def deliver(job, claim_from=State.QUEUED):
    job_run(HANDLERS, job_id=str(job.pk), claim_from=claim_from)


def test_a_double_click_with_one_key_is_one_job_and_one_call(user, replicate):
    client = APIClient()
    client.force_authenticate(user)
    body = {"prompt": "a door opens", "duration": 4, "provider": "replicate"}

    first, second = (
        client.post("/api/mv/generate_video", body, format="json", headers={"Idempotency-Key": "click"}).json()
        for _ in range(2)
    )
    drive(Job.objects.get())

    assert first["id"] == second["id"]
    assert replicate.count(PAID) == 1


def test_eight_simultaneous_deliveries_make_one_call(user, replicate):
    job = video_job(user)
    replicate.latency_seconds = 0.2

    in_threads(8, lambda: deliver(job))
    drive(job)

    assert (job.state, replicate.count(PAID)) == (State.SUCCEEDED, 1)


def test_a_late_delivery_to_a_waiting_job_makes_no_call(user, replicate):
    job = video_job(user)
    replicate.latency_seconds = LONG_SECONDS
    deliver(job)
    job.refresh_from_db()
    assert job.state == State.WAITING

    for _ in range(3):
        deliver(job)
        deliver(job, State.WAITING)
    replicate.finish()
    drive(job)

    assert (job.state, replicate.count(PAID)) == (State.SUCCEEDED, 1)


def test_deliveries_to_a_finished_job_make_no_call(user, replicate):
    job = drive(video_job(user))

    deliver(job)
    deliver(job, State.WAITING)

    assert replicate.count(PAID) == 1


@pytest.mark.processes
def test_two_real_workers_and_doubled_messages_make_one_call_per_job(user, replicate):
    """Celery delivers every message three times, to two worker processes with two threads each."""
    from celery import current_app

    environment = {
        "REPLICATE_BASE_URL": replicate.base_url,
        "REPLICATE_API_TOKEN": replicate.token,
        "MV_ALLOWED_FETCH_HOSTS": replicate.url.removeprefix("http://"),
    }
    jobs = [video_job(user) for _ in range(6)]
    for job in jobs * 2:
        message = {"job_id": str(job.pk), "claim_from": "queued"}
        current_app.send_task("workers.generation.run", kwargs=message, queue="io")
    replicate.latency_seconds = 0.1

    with (
        celery_worker(queues="io", pool="threads", concurrency=2, **environment),
        celery_worker(queues="io", pool="threads", concurrency=2, **environment),
    ):
        wait_for(lambda: replicate.count(PAID) >= 6, seconds=120, what="six submits")
    for job in jobs:
        drive(job)

    assert {job.state for job in jobs} == {State.SUCCEEDED}
    assert replicate.count(PAID) == 6
