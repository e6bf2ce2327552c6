"""Promise: what is paused isn't bought, and what was bought is kept."""

import sys

import pytest

from apps.jobs import sweep
from apps.jobs.models import Job
from apps.jobs.pauses import Scope
from apps.jobs.pausing import jobs_pause, jobs_resume
from apps.jobs.states import State
from tests.fakes.server import LONG_SECONDS
from tests.jobs.remote.driving import HANDLERS, Kill, drive, killed, turn, video_job
from workers.base import job_run

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "POST .*predictions$"


def run(job):
    job_run(HANDLERS, job_id=str(job.pk), claim_from=State.QUEUED)


def run_and_pause_at(function, job, user):
    """Run the job, and pause everything once its worker enters the function of `remote.py`."""
    paused: list[str] = []

    def hook(frame, event, _argument):
        code = frame.f_code
        if event == "call" and code.co_name == function and code.co_filename.endswith("jobs/remote.py") and not paused:
            paused.append(function)
            jobs_pause(scope=Scope(user.pk))

    sys.setprofile(hook)
    try:
        run(job)
    finally:
        sys.setprofile(None)
    assert paused
    job.refresh_from_db()


@pytest.mark.parametrize("function", ["remote_produce", "submit_authorize"])
def test_a_claimed_job_is_not_submitted_while_paused(user, replicate, function):
    job = video_job(user)

    run_and_pause_at(function, job, user)
    for _ in range(3):
        turn(job)

    assert (job.state, job.code, replicate.count(PAID)) == (State.QUEUED, "paused", 0)
    assert job.progress_message.startswith("Paused:")
    jobs_resume(scope=Scope(user.pk))
    drive(job)
    assert (job.state, replicate.count(PAID)) == (State.SUCCEEDED, 1)


def test_a_request_at_the_provider_is_collected_during_a_pause(user, replicate):
    replicate.latency_seconds = LONG_SECONDS
    job = video_job(user)
    run(job)
    jobs_pause(scope=Scope(user.pk))

    replicate.finish()
    drive(job)

    assert (job.state, replicate.count(PAID)) == (State.SUCCEEDED, 1)


def test_a_worker_killed_before_and_a_resume_killed_after_a_pause_lose_and_buy_nothing(user, replicate):
    job = video_job(user)
    killed(lambda: run(job), at=Kill("jobs/remote.py", "submit_authorize", "call"))
    jobs_pause(scope=Scope(user.pk))
    for _ in range(3):
        turn(job)
    killed(lambda: jobs_resume(scope=Scope(user.pk)), at=Kill("jobs/pausing.py", "pauses_show"))

    sweep.pauses_show_all()
    turn(job)
    assert (job.state, job.is_paused, replicate.count(PAID)) == (State.QUEUED, True, 0)
    jobs_resume(scope=Scope(user.pk))
    drive(job)
    assert (job.state, replicate.count(PAID)) == (State.SUCCEEDED, 1)
    assert Job.objects.count() == 1
