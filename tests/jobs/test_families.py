"""Parents that wait for children: they wake, fail and cancel together, whatever messages were lost."""

import errno

import pytest
from django.db import transaction

from apps.core.errors import WorkCancelled
from apps.core.redis_client import redis_client
from apps.jobs import families, services
from apps.jobs.execution import Done
from apps.jobs.families import Piece
from apps.jobs.kinds import Kind
from apps.jobs.models import Awaited, Job
from apps.jobs.parameters import JobParameters
from apps.jobs.pauses import Scope
from apps.jobs.pausing import jobs_pause
from apps.jobs.priorities import BATCH, batch_work
from apps.jobs.services import NewJob
from apps.jobs.states import Code, State
from apps.jobs.sweep import messages_in
from apps.production import followup
from workers import sweep as beat
from workers.base import job_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_queues():
    redis_client().flushdb()


def piece(key: str, weight: int = 1) -> Piece:
    return Piece(Kind.SEGMENT, key, JobParameters(), weight)


def new_parent(user, **facts) -> Job:
    with transaction.atomic():
        return services.job_create(by=user, new=NewJob(kind=Kind.COMPOSE, **facts))


def claim(job, claim_from=State.QUEUED):
    return services.job_claim(job_id=job.pk, claim_from=claim_from, worker="test")


def waits(user, *keys: str, **facts) -> Job:
    """Return a job that waits for a child for each key."""
    job = new_parent(user, **facts)
    families.parent_wait(job, claim(job), [piece(key) for key in keys])
    return now(job)


def now(job) -> Job:
    return Job.objects.get(pk=job.pk)


def child(key: str) -> Job:
    return Job.objects.filter(kind=Kind.SEGMENT, dedupe_key__endswith=f":{key}").latest("created_at")


def succeed(job, *, told: bool = True) -> None:
    services.job_succeed(claim(job))
    if told:
        followup.job_ended(job.pk)


def fail(job, *, told: bool = True) -> None:
    services.job_fail(claim(job), code=Code.MEDIA_FAILED, message="The clip is damaged.")
    if told:
        followup.job_ended(job.pk)


def test_a_parent_waits_without_a_worker_until_its_last_child_has_ended(user):
    parent = waits(user, "a", "b")
    assert (parent.state, parent.code) == (State.WAITING, Code.WAITING_FOR_CHILDREN)
    assert {job.parent_id for job in (child("a"), child("b"))} == {parent.pk}
    assert messages_in("segments") == 2
    succeed(child("a"))
    assert (now(parent).dispatched_at, messages_in("joins")) == (None, 0)
    succeed(child("b"))
    assert (now(parent).state, messages_in("joins")) == (State.WAITING, 1)
    assert claim(parent, State.WAITING) is not None


def test_a_parents_progress_is_that_of_its_children_by_their_size(user):
    parent = new_parent(user)
    families.parent_wait(parent, claim(parent), [piece("short", 25), piece("long", 75)])
    succeed(child("short"))
    assert now(parent).progress_message == "Encoding: 1 of 2 segments done"
    assert now(parent).progress_percentage == pytest.approx(families.CHILDREN_PERCENT * 0.25)
    Job.objects.filter(pk=child("long").pk).update(progress_percentage=40)
    beat.tick()
    assert now(parent).progress_percentage == pytest.approx(families.CHILDREN_PERCENT * 0.55)


def test_the_sweep_wakes_a_parent_whose_wake_up_was_lost(user):
    parent = waits(user, "a")
    succeed(child("a"), told=False)
    assert messages_in("joins") == 0
    beat.tick()
    beat.tick()
    assert messages_in("joins") == 1
    redis_client().flushdb()
    Job.objects.filter(pk=parent.pk).update(dispatched_at="2020-01-01T00:00:00Z")
    beat.tick()
    assert messages_in("joins") == 1


def test_a_failed_child_fails_its_parent_with_its_reason_and_the_rest_is_cancelled(user):
    parent = waits(user, "a", "b", "c")
    running = claim(child("b"))
    fail(child("a"))
    assert (now(parent).state, now(parent).code) == (State.FAILED, Code.MEDIA_FAILED)
    assert now(parent).error == "The clip is damaged."
    followup.job_ended(parent.pk)
    assert {child("b").state, child("c").state} == {State.CANCELLED}
    with pytest.raises(WorkCancelled):
        services.job_succeed(running)


def test_failure_and_cancel_reach_everybody_even_if_no_message_arrives(user):
    failed, cancelled = waits(user, "a", "b"), waits(user, "c")
    fail(child("a"), told=False)
    services.job_cancel(by=user, job_id=cancelled.pk)
    beat.tick()
    beat.jobs()
    assert now(failed).state == State.FAILED
    assert {child("b").state, child("c").state} == {State.CANCELLED}


def test_two_parents_of_one_owner_share_the_work_for_the_same_key(user):
    first, second = waits(user, "a", "both"), waits(user, "both", "z")
    assert Job.objects.filter(kind=Kind.SEGMENT).count() == 3
    succeed(child("a"))
    succeed(child("z"))
    assert now(first).dispatched_at is None
    succeed(child("both"))
    assert None not in {now(first).dispatched_at, now(second).dispatched_at}


def test_cancelling_one_parent_leaves_what_another_one_waits_for(user):
    first, second = waits(user, "a", "both"), waits(user, "both")
    services.job_cancel(by=user, job_id=first.pk)
    followup.job_ended(first.pk)
    beat.jobs()
    assert (child("a").state, child("both").state) == (State.CANCELLED, State.QUEUED)
    succeed(child("both"))
    assert now(second).dispatched_at is not None


def test_owners_never_share_a_child(user, other_user):
    waits(user, "a")
    waits(other_user, "a")
    assert set(Job.objects.filter(kind=Kind.SEGMENT).values_list("owner", flat=True)) == {user.pk, other_user.pk}


def test_a_retried_parent_waits_for_new_children_and_ignores_the_old(user):
    parent = waits(user, "a", "b")
    fail(child("a"))
    services.job_retry(by=user, job_id=parent.pk)
    old = child("a")
    families.parent_wait(now(parent), claim(now(parent)), [piece("a"), piece("b")])
    followup.job_ended(old.pk)
    assert now(parent).state == State.WAITING
    assert child("a").pk != old.pk
    assert Awaited.objects.filter(parent=parent).count() == 2


def test_a_cancelled_child_wakes_its_parent_which_makes_what_is_missing(user):
    parent = waits(user, "a")
    services.job_cancel(by=user, job_id=child("a").pk)
    followup.job_ended(child("a").pk)
    assert (now(parent).state, now(parent).dispatched_at is not None) == (State.WAITING, True)


def test_a_parent_that_is_claimed_too_early_waits_again(user):
    parent = waits(user, "a")
    early = claim(parent, State.WAITING)
    assert families.parent_goes_on_waiting(parent, early)
    assert now(parent).state == State.WAITING
    succeed(child("a"))
    assert not families.parent_goes_on_waiting(parent, claim(parent, State.WAITING))


def test_nothing_is_created_for_a_parent_that_was_cancelled_meanwhile(user):
    parent = new_parent(user)
    held = claim(parent)
    services.job_cancel(by=user, job_id=parent.pk)
    with pytest.raises(WorkCancelled):
        families.parent_wait(parent, held, [piece("a")])
    assert not Job.objects.filter(kind=Kind.SEGMENT).exists()


def test_a_child_whose_worker_was_lost_runs_again_and_nothing_else_does(user):
    parent = waits(user, "a", "b")
    lost = claim(child("a"))
    Job.objects.filter(pk=lost.job_id).update(heartbeat_at="2020-01-01T00:00:00Z")
    succeed(child("b"))
    beat.jobs()
    assert (child("a").state, child("a").code) == (State.QUEUED, Code.WORKER_LOST)
    assert now(parent).state == State.WAITING


def test_children_run_twice_without_harm(user):
    waits(user, "a")
    runs = []
    for _ in range(2):
        job_run({Kind.SEGMENT: lambda run: runs.append(run) or Done()}, job_id=str(child("a").pk), claim_from="queued")
    assert (len(runs), child("a").state) == (1, State.SUCCEEDED)


def test_children_take_their_parents_priority_and_no_pause_holds_them(user):
    with batch_work():
        parent = new_parent(user)
    families.parent_wait(parent, claim(parent), [piece("a")])
    assert child("a").priority == BATCH
    jobs_pause(scope=Scope(user.pk))
    assert not child("a").is_paused
    assert claim(child("a")) is not None
    assert claim(new_parent(user)) is None


def test_a_job_of_an_earlier_release_has_no_parent_and_is_left_alone(user):
    job = new_parent(user)
    services.job_wait(claim(job), code=Code.SUBMITTED, message="At the provider")
    beat.tick()
    beat.jobs()
    assert (now(job).parent_id, now(job).state, now(job).dispatched_at) == (None, State.WAITING, None)


def test_children_are_not_listed_but_can_be_opened(client, user):
    parent = waits(user, "a", "b")
    client.force_login(user)
    listed = client.get("/api/jobs").json()["results"]
    assert [job["id"] for job in listed] == [str(parent.pk)]
    assert client.get(f"/api/jobs/{child('a').pk}").json()["kind"] == "segment"
    page = client.get("/jobs").content.decode()
    assert "Segment of a video" not in page
    assert "Making" in page


def test_segments_cannot_be_paused(client, user):
    client.force_login(user)
    refused = client.post("/api/jobs/pause", {"kind": "segment"}, content_type="application/json")
    assert refused.status_code == 400


def test_a_disk_that_fills_in_a_child_fails_the_parent_with_what_to_do(user):
    def full(run):
        raise OSError(errno.ENOSPC, "No space left on device")

    parent = waits(user, "a", "b")
    job_run({Kind.SEGMENT: full}, job_id=str(child("a").pk), claim_from="queued")
    followup.job_ended(child("a").pk)
    assert (now(parent).state, now(parent).code) == (State.FAILED, Code.DISK_FULL)
    assert now(parent).error == "The studio's disk is full. Free some space, then try again."
