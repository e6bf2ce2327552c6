"""Promise: cancel means no new spend from that moment; the provider is told; what was paid for is kept."""

import pytest

from apps.assets.models import Asset
from apps.jobs import polling, services
from apps.jobs.models import LedgerEntry, RunStatus
from apps.jobs.states import State
from tests.jobs.remote.driving import Kill, drive, killed, run_of, turn, video_job

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "POST .*predictions$"


def ledger(job):
    return [entry.kind for entry in LedgerEntry.objects.filter(job=job)]


def test_before_the_submit_nothing_is_sent_and_the_money_comes_back(user, replicate):
    job = video_job(user)

    services.job_cancel(by=user, job_id=job.pk)
    turn(job)

    assert (job.state, replicate.count(PAID)) == (State.CANCELLED, 0)
    assert ledger(job) == ["reserve", "release"]


def test_running_work_is_stopped_at_the_provider(user, replicate):
    replicate.latency_seconds = 30
    job = video_job(user)
    turn(job)

    services.job_cancel(by=user, job_id=job.pk)
    polling.run_cancel(run_of(job).pk)
    turn(job)

    assert replicate.count("POST .*/cancel") == 1
    assert (job.state, run_of(job).status) == (State.CANCELLED, RunStatus.CANCELLED)
    assert ledger(job) == ["reserve", "release"]


def test_a_result_that_arrives_all_the_same_is_kept_and_paid_for(user, replicate):
    replicate.latency_seconds = 0.3
    job = video_job(user)
    turn(job)
    services.job_cancel(by=user, job_id=job.pk)

    drive(job, until=lambda: run_of(job).status == RunStatus.COLLECTED)

    assert job.state == State.CANCELLED
    assert Asset.objects.filter(owner=user, kind="video").count() == 1
    assert ledger(job) == ["reserve", "settle"]


def test_a_cancel_while_the_worker_dies_submitting_leaves_no_money_in_the_air(user, replicate):
    job = video_job(user)
    killed(lambda: drive(job), at=Kill("replicate/provider.py", "submit"))
    services.job_cancel(by=user, job_id=job.pk)

    polling.run_settle_cancelled(run_of(job).pk)
    drive(job, until=lambda: run_of(job).status == RunStatus.COLLECTED)

    assert (job.state, replicate.count(PAID)) == (State.CANCELLED, 1)
    assert ledger(job) == ["reserve", "settle"]
