"""Old histories lose their single steps, and keep how a job began and ended, decisions and money."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.jobs.models import JobEvent
from apps.jobs.states import Code
from apps.jobs.thinning import events_thin
from tests.factories import make_job

pytestmark = pytest.mark.django_db

LIFE = [
    Code.CREATED, Code.CLAIMED, Code.SUBMITTED, Code.COST_ABOVE_RESERVED, Code.RETRY_LATER, Code.COLLECTING, Code.DONE,
]  # fmt: skip


def job_with_history(user, *, days_old, **facts):
    job = make_job(user, **facts)
    JobEvent.objects.filter(job=job).delete()
    JobEvent.objects.bulk_create(JobEvent(job=job, code=code) for code in LIFE)
    JobEvent.objects.filter(job=job).update(created_at=timezone.now() - timedelta(days=days_old))
    return job


def codes(job):
    return list(job.events.values_list("code", flat=True))


def test_a_job_that_ended_long_ago_keeps_its_beginning_end_and_money(user, client):
    long_ago = timezone.now() - timedelta(days=100)
    job = job_with_history(user, days_old=100, state="succeeded", finished_at=long_ago)

    assert events_thin(now=timezone.now()) == 4

    assert codes(job) == ["created", "cost_above_reserved", "done"]
    client.force_login(user)
    assert client.get(f"/jobs/{job.pk}").status_code == 200
    assert events_thin(now=timezone.now()) == 0


def test_recent_jobs_and_those_that_still_run_keep_every_step(user):
    recent = job_with_history(user, days_old=80, state="failed", finished_at=timezone.now() - timedelta(days=80))
    retried = job_with_history(user, days_old=200, state="failed", finished_at=timezone.now() - timedelta(days=1))
    waiting = job_with_history(user, days_old=200, state="waiting")

    assert events_thin(now=timezone.now()) == 0

    assert codes(recent) == codes(retried) == codes(waiting) == [str(code) for code in LIFE]
