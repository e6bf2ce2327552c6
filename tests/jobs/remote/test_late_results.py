"""Promise: failed polls, failed downloads, dead links, lost webhooks and deadlines never cause another submit, and a
late result is still collected."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.assets.models import Asset
from apps.jobs import services
from apps.jobs.models import LedgerEntry, RemoteRun, RunStatus
from apps.jobs.states import State
from tests.fakes import media
from tests.fakes.server import LONG_SECONDS
from tests.jobs.remote.assets import stored_asset
from tests.jobs.remote.driving import drive, run_of, turn, video_job

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "POST .*predictions$"


def ledger(job):
    return [entry.kind for entry in LedgerEntry.objects.filter(job=job)]


@pytest.mark.parametrize("kind", ["cut", "html", "status"])
def test_ten_failed_polls_change_nothing(kind, user, replicate):
    replicate.latency_seconds = LONG_SECONDS
    job = video_job(user)
    turn(job)
    replicate.finish()
    # One poll reads twice where the line is cut or the service is in trouble.
    replicate.fail_next("GET /v1/predictions", kind, status=503, times=10 if kind == "html" else 20)

    drive(job)

    assert (job.state, replicate.count(PAID)) == (State.SUCCEEDED, 1)
    assert run_of(job).polls >= 10


@pytest.mark.parametrize("kind", ["cut", "status", "html"])
def test_ten_failed_downloads_buy_nothing(kind, user, replicate):
    replicate.fail_next("GET /out/", kind, status=500, times=10)

    job = drive(video_job(user))

    assert replicate.count(PAID) == 1
    assert (job.state, ledger(job)) == (State.SUCCEEDED, ["reserve", "settle"])


def test_a_result_that_is_gone_is_reported_and_not_bought_again(user, replicate):
    replicate.retention_seconds = -1

    job = drive(video_job(user))

    assert (job.state, job.code) == (State.FAILED, "result_lost")
    assert "removes results after an hour" in job.error
    assert replicate.count(PAID) == 1
    drive(job, until=lambda: run_of(job).status == RunStatus.FAILED)  # and nobody asks for it for ever
    assert ledger(job) == ["reserve", "settle"]  # it was made


def test_an_unknown_status_keeps_the_job_open(user, replicate):
    replicate.end_next_as.append(("resting", None))
    job = video_job(user)

    for _ in range(4):
        turn(job)

    assert job.state == State.WAITING
    assert run_of(job).raw["status"] == "resting"
    assert replicate.count(PAID) == 1


def test_a_paid_result_is_fetched_even_if_its_input_was_deleted(user, replicate, tmp_path):
    replicate.latency_seconds = LONG_SECONDS
    reference = stored_asset(user, media.image(), kind="image", folder=tmp_path)
    job = video_job(user, character_reference_id=reference.pk)
    turn(job)
    assert job.state == State.WAITING
    Asset.objects.filter(pk=reference.pk).delete()

    replicate.finish()
    drive(job)

    assert (job.state, replicate.count(PAID)) == (State.SUCCEEDED, 1)


def past_deadline(job):
    RemoteRun.objects.filter(job=job).update(deadline_at=timezone.now() - timedelta(seconds=1))


def test_a_result_after_the_deadline_is_kept_and_paid_for_once(user, replicate):
    replicate.latency_seconds = LONG_SECONDS
    job = video_job(user)
    turn(job)
    past_deadline(job)
    turn(job)
    assert (job.state, job.code) == (State.FAILED, "deadline")
    assert ledger(job) == ["reserve"]  # a poll timeout is no verdict

    replicate.finish()
    drive(job, until=lambda: run_of(job).status == RunStatus.COLLECTED)

    assert job.state == State.FAILED
    video = Asset.objects.get(owner=user, kind="video")
    assert str(video.pk) in str(job.result), "it can be found"
    assert ledger(job) == ["reserve", "settle"]
    assert "late_result_kept" in list(job.events.values_list("code", flat=True))
    assert replicate.count(PAID) == 1


def test_the_late_result_of_an_earlier_attempt_does_not_disturb_the_new_one(user, replicate):
    replicate.latency_seconds = LONG_SECONDS
    job = video_job(user)
    turn(job)
    past_deadline(job)
    turn(job)
    services.job_retry(by=user, job_id=job.pk)

    replicate.finish()
    drive(job)
    drive(job, until=lambda: set(job.remote_runs.values_list("status", flat=True)) == {"collected"})

    assert (job.state, job.attempt) == (State.SUCCEEDED, 2)
    assert replicate.count(PAID) == 2
    assert Asset.objects.filter(owner=user, kind="video").count() == 2


def test_work_the_service_no_longer_knows_needs_a_person(user, replicate):
    replicate.latency_seconds = LONG_SECONDS
    job = video_job(user)
    turn(job)
    replicate.predictions.clear()
    turn(job)
    assert job.state == State.WAITING  # a listing may lag behind

    RemoteRun.objects.filter(job=job).update(submitted_at=timezone.now() - timedelta(minutes=5))
    turn(job)

    assert (job.state, job.code) == (State.NEEDS_ATTENTION, "result_lost")
    assert replicate.count(PAID) == 1
