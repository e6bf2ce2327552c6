"""Jobs survive the loss of workers, messages and the broker. A real worker is killed with `kill -9`."""

import io
import wave

import numpy as np
import psutil
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

import embedded
from apps.core.redis_client import redis_client
from apps.jobs import sweep
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.songs.services import song_upload
from tests.waiting import wait_for
from tests.worker import beat, celery_worker, kill_tree, silence

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def click_song(seconds: float) -> SimpleUploadedFile:
    """A wav with a click twice a second."""
    rate = 22_050
    samples = np.zeros(int(seconds * rate), np.int16)
    for click in range(int(seconds * 2)):
        start = click * rate // 2
        samples[start : start + 200] = 20_000
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return SimpleUploadedFile("clicks.wav", stream.getvalue())


def alive(process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def state(job) -> str:
    return Job.objects.values_list("state", flat=True).get(pk=job.pk)


@pytest.fixture
def impatient(monkeypatch):
    """Send a message that no worker took again within seconds instead of half a minute."""
    monkeypatch.setattr(sweep, "SILENT_QUEUED_SECONDS", 1.0)


def test_a_job_whose_worker_is_killed_recovers_by_itself(user, impatient):
    job = song_upload(by=user, upload=click_song(450)).job
    with celery_worker(queues="media", concurrency=1) as worker:
        wait_for(lambda: state(job) == State.RUNNING, seconds=60, what="the job to run", step=0.02)
        kill_tree(worker)
    assert state(job) == State.RUNNING
    silence()
    with beat(), celery_worker(queues="media", concurrency=1):
        wait_for(lambda: state(job) == State.SUCCEEDED, seconds=120, what="the job to end")
    assert list(Job.objects.get(pk=job.pk).events.values_list("code", flat=True)) == [
        "created", "claimed", "worker_lost", "claimed", "done",
    ]  # fmt: skip


def test_a_killed_pool_process_is_replaced_and_the_job_finishes(user, impatient):
    job = song_upload(by=user, upload=click_song(450)).job
    with beat(), celery_worker(queues="media", concurrency=1) as worker:
        wait_for(lambda: state(job) == State.RUNNING, seconds=60, what="the job to run", step=0.02)
        children = psutil.Process(worker.pid).children()
        for child in children:
            child.kill()
        wait_for(lambda: not any(map(alive, children)), seconds=60, what="the process to be gone", step=0.02)
        silence()
        wait_for(lambda: state(job) == State.SUCCEEDED, seconds=120, what="the job to end")


def test_queued_jobs_still_run_after_the_broker_was_emptied(user, impatient):
    jobs = [song_upload(by=user, upload=click_song(3 + more / 10)).job for more in range(5)]
    redis_client().flushall()
    with beat(), celery_worker(queues="media"):
        wait_for(lambda: {state(job) for job in jobs} == {State.SUCCEEDED}, seconds=120, what="all jobs to end")


@pytest.mark.skipif(not settings.EMBEDDED_REDIS, reason="a Redis of somebody else's is not stopped")
def test_a_job_created_while_the_broker_is_down_runs_later(user, impatient):
    embedded.redis_stop(settings.DATA_DIR)
    try:
        job = song_upload(by=user, upload=click_song(3)).job
    finally:
        embedded.redis_start(settings.DATA_DIR)
    with beat(), celery_worker(queues="media", concurrency=1):
        wait_for(lambda: state(job) == State.SUCCEEDED, seconds=120, what="the job to end")


def test_a_broker_that_refuses_commands_costs_neither_worker_nor_job(user, impatient):
    """As Valkey does while its disk is full. Missing replicas are another reason for the same refusals."""
    first, second = (song_upload(by=user, upload=click_song(seconds)).job for seconds in (300, 30))
    client = redis_client()
    with celery_worker(queues="media", concurrency=1) as worker:
        wait_for(lambda: state(first) == State.RUNNING, seconds=60, what="the job to run", step=0.02)
        client.config_set("min-replicas-to-write", 1)
        try:
            wait_for(lambda: state(first) == State.SUCCEEDED, seconds=120, what="the job to end")
        finally:
            client.config_set("min-replicas-to-write", 0)
        with beat():
            wait_for(lambda: state(second) == State.SUCCEEDED, seconds=120, what="the next job to end")
        assert worker.poll() is None
