"""Promise: nothing new is paid for after a cancel; the provider is told; what was paid for is kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.assets.models import Asset
from apps.jobs import polling, services, sweep
from apps.jobs.models import LedgerEntry, RemoteRun, RunStatus
from apps.jobs.states import State
from tests.fakes.server import LONG_SECONDS
from tests.jobs.remote.driving import Kill, drive, killed, run_of, scenes_job, sending, turn, video_job

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "POST .*predictions$"


def ledger(job):
    return [entry.kind for entry in LedgerEntry.objects.filter(job=job)]


def test_cancelling_before_the_submit_sends_nothing_and_releases_the_money(user, replicate):
    job = video_job(user)

    services.job_cancel(by=user, job_id=job.pk)
    turn(job)

    assert (job.state, replicate.count(PAID)) == (State.CANCELLED, 0)
    assert ledger(job) == ["reserve", "release"]


def test_running_work_is_stopped_at_the_provider(user, replicate):
    replicate.latency_seconds = LONG_SECONDS
    job = video_job(user)
    turn(job)

    services.job_cancel(by=user, job_id=job.pk)
    polling.run_cancel(run_of(job).pk)
    turn(job)

    assert replicate.count("POST .*/cancel") == 1
    assert (job.state, run_of(job).status) == (State.CANCELLED, RunStatus.CANCELLED)
    assert ledger(job) == ["reserve", "release"]


def test_a_result_that_arrives_after_cancelling_is_kept_and_paid_for(user, replicate):
    replicate.latency_seconds = LONG_SECONDS
    job = video_job(user)
    turn(job)
    services.job_cancel(by=user, job_id=job.pk)
    replicate.finish()

    drive(job, until=lambda: run_of(job).status == RunStatus.COLLECTED)

    assert job.state == State.CANCELLED
    assert Asset.objects.filter(owner=user, kind="video").count() == 1
    assert ledger(job) == ["reserve", "settle"]


def long_ago(job):
    """The submit was an hour ago."""
    RemoteRun.objects.filter(job=job).update(submitting_at=timezone.now() - timedelta(hours=1))


def test_a_refusal_after_cancelling_releases_the_money(user, replicate):
    replicate.fail_next(PAID, "status", status=422, body={"detail": "no"}, seconds=1.0)
    job = video_job(user)

    with sending(job, replicate, PAID):
        services.job_cancel(by=user, job_id=job.pk)

    assert (job.state, ledger(job)) == (State.CANCELLED, ["reserve", "release"])


@pytest.mark.parametrize("tried_again", [False, True])
def test_cancelling_while_the_worker_dies_submitting_leaves_no_money_reserved(tried_again, user, replicate):
    job = video_job(user)
    killed(lambda: drive(job), at=Kill("replicate/provider.py", "submit"))
    run = run_of(job)
    services.job_cancel(by=user, job_id=job.pk)
    if tried_again:
        services.job_retry(by=user, job_id=job.pk)

    long_ago(job)
    assert sweep.abandoned_submits_dispatch() == 1
    polling.run_settle_abandoned(run.pk)
    drive(job, until=lambda: RemoteRun.objects.get(pk=run.pk).status == RunStatus.COLLECTED)

    assert replicate.count(PAID) == 1 + tried_again
    assert [entry.kind for entry in LedgerEntry.objects.filter(job=job, attempt=1)] == ["reserve", "settle"]
    assert Asset.objects.filter(owner=user, kind="video").exists()


def test_a_response_lost_after_cancelling_is_still_looked_up(user, replicate):
    replicate.fail_next(PAID, "hang", seconds=1.0)
    job = video_job(user)
    with sending(job, replicate, PAID):
        services.job_cancel(by=user, job_id=job.pk)
    long_ago(job)

    assert sweep.abandoned_submits_dispatch() == 1
    polling.run_settle_abandoned(run_of(job).pk)

    assert run_of(job).remote_id == next(iter(replicate.predictions))


def test_the_money_of_a_cancelled_submit_is_settled_in_the_end(user, replicate, chat):
    """Not in the list: released. Unknown: counted as spent. Each is recorded once, and not asked again."""
    replicate.fail_next(PAID, "cut")
    chat.fail_next("POST .*completions", "cut")
    jobs = [video_job(user), scenes_job(user)]
    for job in jobs:
        turn(job)
        services.job_cancel(by=user, job_id=job.pk)
        polling.run_settle_abandoned(run_of(job).pk)  # too early for a verdict
        assert ledger(job) == ["reserve"]
        long_ago(job)
        polling.run_settle_abandoned(run_of(job).pk)
        polling.run_settle_abandoned(run_of(job).pk)

    assert [ledger(job) for job in jobs] == [["reserve", "release"], ["reserve", "settle"]]
    assert "counts as spent" in jobs[1].events.get(code="submit_unknown", from_state=State.CANCELLED).message
    assert sweep.abandoned_submits_dispatch() == 0
