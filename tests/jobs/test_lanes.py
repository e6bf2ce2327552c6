"""Who is next: a window of messages per owner, what people ask for before batches, and moving one to the front."""

import base64
import json

import pytest
from django.db import transaction

from apps.core.errors import ConflictError, NotFound
from apps.core.redis_client import redis_client
from apps.jobs import services, sweep
from apps.jobs.kinds import Kind, Queue
from apps.jobs.lanes import WINDOWS
from apps.jobs.models import Job
from apps.jobs.ordering import job_move_first
from apps.jobs.priorities import batch_work, work_of
from apps.jobs.services import NewJob
from apps.jobs.states import State
from tests.waiting import wait_for
from tests.worker import beat, celery_worker

pytestmark = pytest.mark.django_db(transaction=True)

WINDOW = WINDOWS[Queue.MEDIA]
BATCH_LIST = "media\x06\x169"


@pytest.fixture(autouse=True)
def empty_queues():
    redis_client().flushdb()


def make_jobs(owner, count=1):
    # Without parameters a worker fails it at once, which is all that the order needs.
    with transaction.atomic():
        return [services.job_create(by=owner, new=NewJob(kind=Kind.IMAGE)) for _ in range(count)]


def batch(owner, count):
    with batch_work():
        return make_jobs(owner, count)


def claim(job):
    return services.job_claim(job_id=job.pk, claim_from=State.QUEUED, worker="test")


def sent():
    return Job.objects.filter(state=State.QUEUED, dispatched_at__isnull=False).count()


def in_list(name, job):
    return any(str(job.pk).encode() in _body(message) for message in redis_client().lrange(name, 0, -1))


def _body(message):
    return base64.b64decode(json.loads(message)["body"])


def test_only_a_window_of_an_owners_jobs_is_sent_and_each_claim_sends_for_more(user, other_user):
    jobs = batch(user, WINDOW + 20)
    assert (sent(), sweep.messages_in("media")) == (WINDOW, WINDOW)
    assert sweep.jobs_dispatch_due() == 0
    batch(other_user, 3)
    assert sweep.messages_in("media") == WINDOW + 3
    for job in jobs[:WINDOW]:
        assert claim(job)
    assert WINDOW // 2 <= Job.objects.filter(owner=user, state="queued", dispatched_at__isnull=False).count() <= WINDOW
    # A message to a worker that died between its claim and this is made up for by the sweep.
    Job.objects.filter(owner=user, state="queued").update(dispatched_at=None)
    assert sweep.jobs_dispatch_due() == WINDOW


def test_what_a_person_asks_for_goes_ahead_of_batches_up_to_two(user, other_user):
    slow = batch(user, 3)
    clicked = make_jobs(other_user, 3)
    assert [in_list("media", job) for job in [*clicked, slow[0]]] == [True, True, False, False]
    assert in_list(BATCH_LIST, clicked[2]) and in_list(BATCH_LIST, slow[0])
    with work_of(5):
        assert not in_list("media", make_jobs(user)[0])


def test_a_job_moves_to_the_front_of_its_owners_only(user, other_user):
    jobs = batch(user, WINDOW + 3)
    job_move_first(by=user, job_id=jobs[-1].pk)
    job_move_first(by=user, job_id=jobs[-2].pk)
    order = Job.objects.order_by("-priority", "created_at").values_list("pk", flat=True)
    assert list(order[:3]) == [jobs[-2].pk, jobs[-1].pk, jobs[0].pk]
    assert in_list("media", jobs[-1])
    with pytest.raises(NotFound):
        job_move_first(by=other_user, job_id=jobs[0].pk)
    services.job_cancel(by=user, job_id=jobs[0].pk)
    with pytest.raises(ConflictError):
        job_move_first(by=user, job_id=jobs[0].pk)


def test_a_retried_batch_job_is_no_longer_one(user):
    (job,) = batch(user, 1)
    services.job_cancel(by=user, job_id=job.pk)
    services.job_retry(by=user, job_id=job.pk)
    assert in_list("media", job)


@pytest.mark.processes
def test_three_jobs_are_not_starved_by_another_users_forty(user, other_user):
    crowd, few = batch(user, 40), make_jobs(other_user, 3)
    with beat(), celery_worker(queues="media", concurrency=1):
        ended = Job.objects.filter(state=State.FAILED)
        wait_for(lambda: ended.count() == len(crowd) + len(few), seconds=120, what="all jobs to end")
    order = list(Job.objects.order_by("started_at").values_list("owner_id", flat=True))
    assert max(place for place, owner in enumerate(order) if owner == other_user.pk) <= WINDOW + len(few)
    assert Job.objects.filter(claim=1).count() == len(order)
