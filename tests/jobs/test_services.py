"""The one writer of state: claims, fencing, cancel, retry, idempotency."""

import threading
from datetime import timedelta
from uuid import uuid4

import av
import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.core.errors import ConflictError, NotFound, WorkCancelled
from apps.jobs import claims, services
from apps.jobs.execution import Done
from apps.jobs.idempotency import Idempotency
from apps.jobs.kinds import Kind
from apps.jobs.models import Job, JobEvent
from apps.jobs.results import JobResult
from apps.jobs.services import NewJob
from apps.jobs.states import Code, State
from workers.base import job_run

pytestmark = pytest.mark.django_db


def make_job(user, **facts) -> Job:
    with transaction.atomic():
        return services.job_create(by=user, new=NewJob(kind=Kind.VIDEO, **facts))


def claim(job, claim_from=State.QUEUED):
    return services.job_claim(job_id=job.pk, claim_from=claim_from, worker="test")


def waiting_job(user) -> Job:
    job = make_job(user)
    services.job_wait(claim(job), code=Code.SUBMITTED, message="")
    job.refresh_from_db()
    return job


@pytest.mark.django_db(transaction=True)
def test_eight_threads_get_one_claim(user):
    job = make_job(user)
    barrier, claims = threading.Barrier(8), []

    def take():
        barrier.wait()
        claims.append(claim(job))
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len([taken for taken in claims if taken]) == 1


def test_a_late_duplicate_run_message_does_not_claim_a_waiting_job(user):
    job = waiting_job(user)
    assert claim(job, State.QUEUED) is None
    job.refresh_from_db()
    assert job.state == State.WAITING


def test_a_waiting_job_is_claimed_only_to_collect_its_result(user):
    job = waiting_job(user)
    assert claim(job, State.WAITING).came_from == State.WAITING


class Who(JobResult):
    who: str
    hint: str = ""


def test_a_worker_with_an_old_claim_changes_nothing(user):
    job = make_job(user)
    old = claim(job)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    services.job_recover_lost(job_id=job.pk, silent_since=timezone.now(), max_losses=3)
    new = claim(job)
    assert not claims.job_heartbeat(old, progress_percentage=99)
    with pytest.raises(WorkCancelled):
        services.job_succeed(old, result=Who(who="old"), save=lambda: pytest.fail("rows of a fenced worker"))
    services.job_succeed(new, result=Who(who="new"))
    job.refresh_from_db()
    assert job.result == {"who": "new"}
    assert job.progress_percentage == 100


def test_the_rows_and_the_end_are_committed_together(user):
    job = make_job(user)
    taken = claim(job)

    def save():
        JobEvent.objects.create(job=job, message="a row of the result")
        raise RuntimeError("the database said no")

    with pytest.raises(RuntimeError):
        services.job_succeed(taken, save=save)
    job.refresh_from_db()
    assert job.state == State.RUNNING
    assert not job.events.filter(message="a row of the result").exists()


def test_work_that_kills_its_worker_three_times_fails(user):
    job = make_job(user)
    outcomes = []
    for _ in range(3):
        claim(job)
        Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
        outcomes.append(services.job_recover_lost(job_id=job.pk, silent_since=timezone.now(), max_losses=3))
    job.refresh_from_db()
    assert outcomes == ["queued", "queued", "failed"]
    assert job.code == Code.WORKER_LOST
    assert job.error


def test_a_worker_with_a_heartbeat_is_not_presumed_lost(user):
    job = make_job(user)
    claim(job)
    silent_since = timezone.now() - timedelta(seconds=30)
    assert services.job_recover_lost(job_id=job.pk, silent_since=silent_since, max_losses=3) == ""


@pytest.mark.parametrize("prepare", [make_job, waiting_job])
def test_cancel_stops_live_work_immediately(user, prepare):
    job = prepare(user)
    services.job_cancel(by=user, job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.code) == (State.CANCELLED, Code.CANCELLED_BY_PERSON)
    assert job.finished_at


def test_the_heartbeat_tells_a_worker_that_its_job_was_cancelled(user):
    job = make_job(user)
    taken = claim(job)
    services.job_cancel(by=user, job_id=job.pk)
    assert not claims.job_heartbeat(taken)
    with pytest.raises(WorkCancelled):
        services.job_fail(taken, code=Code.INTERNAL_ERROR, message="too late")


def test_an_ended_job_cannot_be_cancelled(user):
    job = make_job(user)
    services.job_succeed(claim(job))
    with pytest.raises(ConflictError):
        services.job_cancel(by=user, job_id=job.pk)


def test_another_users_job_does_not_exist(user, other_user):
    job = make_job(user)
    for service in (services.job_cancel, services.job_retry):
        with pytest.raises(NotFound):
            service(by=other_user, job_id=job.pk)


def test_retry_is_the_next_attempt_of_the_same_job(user):
    job = make_job(user)
    services.job_fail(claim(job), code=Code.MEDIA_FAILED, message="a broken file")
    services.job_retry(by=user, job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempt, job.error, job.finished_at) == (State.QUEUED, 2, "", None)
    assert claim(job).attempt == 2


@pytest.mark.parametrize("state", [State.QUEUED, State.SUCCEEDED])
def test_only_ended_or_stuck_work_is_retried(user, state):
    job = make_job(user)
    if state == State.SUCCEEDED:
        services.job_succeed(claim(job))
    with pytest.raises(ConflictError):
        services.job_retry(by=user, job_id=job.pk)


def test_one_active_job_per_dedupe_key(user):
    first = make_job(user, dedupe_key="lipsync:scene-1")
    with pytest.raises(ConflictError) as refused:
        make_job(user, dedupe_key="lipsync:scene-1")
    assert (refused.value.code, "cancel it first" in refused.value.message) == ("already_running", True)
    Job.objects.filter(pk=first.pk).update(state=State.NEEDS_ATTENTION)
    with pytest.raises(ConflictError, match="needs your decision"):
        make_job(user, dedupe_key="lipsync:scene-1")
    services.job_cancel(by=user, job_id=first.pk)
    make_job(user, dedupe_key="lipsync:scene-1")


def test_retry_is_refused_if_another_job_took_over_the_work(user):
    first = make_job(user, dedupe_key="k")
    services.job_cancel(by=user, job_id=first.pk)
    make_job(user, dedupe_key="k")
    with pytest.raises(ConflictError):
        services.job_retry(by=user, job_id=first.pk)


def test_the_same_idempotency_key_gets_the_first_job(user):
    key = Idempotency(key="abc", fingerprint="f")
    jobs = [services.job_create(by=user, new=NewJob(kind=Kind.VIDEO), idempotency=key) for _ in range(2)]
    assert jobs[0].pk == jobs[1].pk
    assert Job.objects.count() == 1


def test_a_key_used_for_another_request_is_refused(user):
    new = NewJob(kind=Kind.VIDEO)
    services.job_create(by=user, new=new, idempotency=Idempotency(key="abc", fingerprint="one"))
    with pytest.raises(ConflictError) as refused:
        services.job_create(by=user, new=new, idempotency=Idempotency(key="abc", fingerprint="two"))
    assert refused.value.code == "idempotency_key_reused"


@pytest.mark.django_db(transaction=True)
def test_double_clicks_with_one_key_create_one_job(user):
    barrier, made = threading.Barrier(6), []

    def click():
        barrier.wait()
        with transaction.atomic():
            key = Idempotency(key="click", fingerprint="f")
            made.append(services.job_create(by=user, new=NewJob(kind=Kind.VIDEO), idempotency=key).pk)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(made) == 6
    assert len(set(made)) == 1


def test_the_database_refuses_invalid_states(user):
    job = make_job(user)
    for facts in (
        {"state": "lost"},
        {"finished_at": timezone.now()},
        {"state": "failed"},
        {"progress_percentage": 101},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Job.objects.filter(pk=job.pk).update(**facts)


def test_every_move_records_one_event(user):
    job = make_job(user)
    services.job_succeed(claim(job))
    moves = list(job.events.values_list("from_state", "to_state"))
    assert moves == [("", "queued"), ("queued", "running"), ("running", "succeeded")]


def test_delayed_work_is_not_claimed_before_its_time(user):
    job = make_job(user)
    services.job_requeue(claim(job), code=Code.RETRY_LATER, message="", delay_seconds=60, counts=True)
    assert claim(job) is None


def test_an_unknown_job_is_not_found(user):
    with pytest.raises(NotFound):
        services.job_cancel(by=user, job_id=uuid4())


@pytest.mark.django_db(transaction=True)
def test_a_new_phase_is_written_immediately_but_not_every_count(user, settings, tmp_path):
    """The last phase before a long silence stays on the page."""
    settings.SCRATCH_ROOT = tmp_path / "scratch"
    job, written = make_job(user), []

    def work(run):
        for percentage, message in (
            (10, "Encoding: 1 of 90 frames"),
            (11, "Encoding: 2 of 90 frames"),
            (90, "Preparing the sound"),
            (92, "Checking the video"),
            (93, ""),
        ):
            run.progress(percentage, message)
            written.append(Job.objects.get(pk=job.pk).progress_message)
        return Done()

    job_run({job.kind: work}, job_id=str(job.pk), claim_from="queued")
    first = "Encoding: 1 of 90 frames"
    assert written == [first, first, "Preparing the sound", "Checking the video", "Checking the video"]


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_database_went_away_runs_again_by_itself(user):
    job = make_job(user)

    def cut_off(_run):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    job_run({job.kind: cut_off}, job_id=str(job.pk), claim_from="queued")
    job.refresh_from_db()
    assert (job.state, job.code, job.failures) == (State.QUEUED, Code.RETRY_LATER, 1)
    assert "database was away" in job.progress_message
    Job.objects.update(run_after=None)
    job_run({job.kind: lambda _run: Done()}, job_id=str(job.pk), claim_from="queued")
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED


def test_a_clip_that_does_not_fit_on_the_disk_says_so(user):
    job = make_job(user)

    def render(_run):
        with av.open("/dev/full", "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=24)
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
            container.mux(stream.encode(None))

    job_run({job.kind: render}, job_id=str(job.pk), claim_from="queued")
    job.refresh_from_db()
    assert (job.state, job.code) == (State.FAILED, Code.DISK_FULL)
    assert "disk is full" in job.error
