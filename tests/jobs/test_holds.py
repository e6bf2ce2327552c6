"""After three equal failures in a row, the next jobs of that kind wait for a person."""

import pytest
from django.db import transaction

from apps.core.errors import ProviderError
from apps.jobs import services
from apps.jobs.kinds import Kind
from apps.jobs.models import Job, Pause
from apps.jobs.pauses import Scope
from apps.jobs.pausing import jobs_resume
from apps.jobs.services import NewJob
from apps.jobs.states import Code, State
from workers.base import job_run

pytestmark = pytest.mark.django_db

DOWN = (Code.PROVIDER_UNREACHABLE, "Replicate is having trouble.")


def make_job(user, kind=Kind.IMAGE, provider="replicate"):
    with transaction.atomic():
        return services.job_create(by=user, new=NewJob(kind=kind, provider=provider))


def end(job, code=None, message="", evidence=None):
    claim = services.job_claim(job_id=job.pk, claim_from=State.QUEUED, worker="test")
    if code is None:
        services.job_succeed(claim)
    else:
        services.job_fail(claim, code=code, message=message, evidence=evidence)


def test_three_equal_failures_hold_the_next_ones_with_a_sentence(user, django_capture_on_commit_callbacks):
    waiting, others = make_job(user), [make_job(user, Kind.VIDEO), make_job(user, provider="comfyui")]
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(3):
            end(make_job(user), DOWN[0], f"{DOWN[1]} Request {number}a7f.")

    waiting.refresh_from_db()
    assert waiting.progress_message.startswith(
        "Paused: 3 “Image” jobs in a row failed at Replicate in the same way: Replicate is having trouble."
    )
    assert services.job_claim(job_id=waiting.pk, claim_from=State.QUEUED, worker="test") is None
    assert make_job(user).is_paused
    assert not any(Job.objects.get(pk=job.pk).is_paused for job in others)


def test_after_resuming_it_takes_three_more(user):
    for _ in range(3):
        end(make_job(user), *DOWN)
    jobs_resume(scope=Scope(user.pk, kind=Kind.IMAGE))
    for _ in range(2):
        end(make_job(user), *DOWN)
    assert not make_job(user).is_paused
    end(make_job(user), *DOWN)
    assert make_job(user).is_paused
    assert Pause.objects.count() == 1


@pytest.mark.parametrize(
    "code", [Code.CONTENT_REFUSED, Code.INVALID_INPUT, Code.MEDIA_FAILED, Code.PROVIDER_REJECTED, Code.BUDGET_EXCEEDED]
)
def test_failures_about_the_input_never_hold(user, code):
    for _ in range(4):
        end(make_job(user), code, "Choose other words.", {"provider_code": "refused"})
    assert not Pause.objects.exists()


def test_a_success_or_another_failure_in_between_begins_anew(user):
    for code, message in (DOWN, DOWN, (None, ""), DOWN, DOWN, (DOWN[0], "It is down for the night."), DOWN, DOWN):
        end(make_job(user), code, message)
    assert not Pause.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_refused_key_holds(user):
    def refused(_run):
        raise ProviderError("Replicate did not accept the key.", permanent=True, code="key_refused")

    for _ in range(3):
        job_run({Kind.IMAGE: refused}, job_id=str(make_job(user).pk), claim_from=State.QUEUED)
    assert "did not accept the key" in make_job(user).progress_message
