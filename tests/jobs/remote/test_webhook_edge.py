"""Promise: webhooks are verified against the raw body and only make us poll now."""

import itertools
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.errors import ConflictError
from apps.jobs import polling, services
from apps.jobs.models import JobEvent, LedgerEntry, RemoteRun, RunStatus
from apps.jobs.states import State
from tests.fakes.server import LONG_SECONDS
from tests.jobs.remote.driving import drive, run_of, turn, video_job

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "POST .*predictions$"


@pytest.fixture
def waiting(user, replicate):
    """A job whose work the service has finished, and which has not been polled since."""
    replicate.latency_seconds = LONG_SECONDS
    job = video_job(user)
    turn(job)
    if job.state != State.WAITING:
        raise AssertionError(job.state)
    replicate.finish()
    RemoteRun.objects.update(next_poll_at=timezone.now() + timedelta(hours=1))
    return job


def delivered(replicate, job, *, body=None, path=None, **signing):
    prediction = replicate.predictions[run_of(job).remote_id]
    raw = json.dumps(replicate._show(prediction)).encode()
    headers = replicate.sign(raw, **signing)
    return Client().post(
        path or f"/api/webhooks/replicate/{run_of(job).key}",
        data=raw if body is None else body,
        content_type="application/json",
        headers=headers,
    )


def state_of_everything(job):
    run = run_of(job)
    job.refresh_from_db()
    return (job.state, run.status, run.next_poll_at, JobEvent.objects.count(), LedgerEntry.objects.count())


def test_a_genuine_webhook_makes_the_run_due_and_decides_nothing(waiting, replicate):
    response = delivered(replicate, waiting)

    assert response.status_code == 200
    assert run_of(waiting).next_poll_at <= timezone.now()
    assert run_of(waiting).status == RunStatus.SUBMITTED


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"body": b'{"status": "succeeded"}'}, 400),
        ({"age_seconds": 3600}, 400),
        ({"age_seconds": -3600}, 400),
        ({"secret": "whsec_b3RoZXI="}, 400),
        ({"path": "/api/webhooks/replicate/mv-somebody-else-1"}, 404),
        ({"path": "/api/webhooks/nobody/mv-1"}, 404),
        ({"path": "/api/webhooks/draft/mv-1"}, 404),
    ],
)
def test_forged_old_and_unknown_webhooks_are_refused_and_write_nothing(waiting, replicate, how, status):
    before = state_of_everything(waiting)

    response = delivered(replicate, waiting, **how)

    assert response.status_code == status
    assert response.json()["detail"]
    assert state_of_everything(waiting) == before


def test_without_a_secret_no_webhook_is_genuine(waiting, replicate, settings):
    settings.REPLICATE_WEBHOOK_SECRET = ""

    assert delivered(replicate, waiting).status_code == 400


ACTIONS = {
    "webhook": lambda job, replicate, user: delivered(replicate, job),
    "again": lambda job, replicate, user: delivered(replicate, job),
    "poll": lambda job, replicate, user: polling.runs_poll_due(),
    "cancel": lambda job, replicate, user: cancel(job, user),
}


def cancel(job, user):
    try:
        services.job_cancel(by=user, job_id=job.pk)
    except ConflictError:
        return
    polling.run_cancel(run_of(job).pk)


@pytest.mark.parametrize("order", list(itertools.permutations(ACTIONS)), ids="-".join)
def test_everything_is_settled_once_in_any_order(order, waiting, user, replicate):
    for name in order:
        ACTIONS[name](waiting, replicate, user)
    drive(waiting, until=lambda: run_of(waiting).status in {RunStatus.COLLECTED, RunStatus.CANCELLED})

    assert waiting.state in {State.SUCCEEDED, State.CANCELLED}
    assert replicate.count(PAID) == 1
    assert len(LedgerEntry.objects.filter(job=waiting)) == 2
    assert delivered(replicate, waiting).status_code == 200  # one more changes nothing
    assert len(LedgerEntry.objects.filter(job=waiting)) == 2


def test_polling_alone_is_enough(user, replicate, settings):
    settings.PUBLIC_URL = ""

    job = drive(video_job(user))

    assert job.state == State.SUCCEEDED
    assert all("webhook" not in json.loads(seen.body) for seen in replicate.log if seen.path.endswith("predictions"))


def test_with_a_public_address_the_service_is_given_a_webhook(user, replicate, settings):
    settings.PUBLIC_URL = "http://studio.example"  # the fake speaks http itself

    turn(video_job(user))

    body = json.loads(next(seen.body for seen in replicate.log if seen.path.endswith("predictions")))
    assert body["webhook"] == f"http://studio.example/api/webhooks/replicate/{RemoteRun.objects.get().key}"
