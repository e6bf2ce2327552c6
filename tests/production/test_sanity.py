"""Rows that must agree are compared every day, and on demand."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from apps.jobs import money, services
from apps.jobs.kinds import Kind
from apps.jobs.models import Job, SpendingAccount
from apps.jobs.services import NewJob
from apps.jobs.states import State
from apps.production.sanity import sanity_check
from apps.projects.models import Project
from apps.providers.base import Quote
from tests.factories import make_job, make_project, make_song

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(hours=1)


def found():
    return [(one.name, one.subject) for one in sanity_check(now=timezone.now())]


def paid_job(user, **facts):
    with transaction.atomic():
        new = NewJob(kind=Kind.IMAGE, quote=Quote(Decimal("1.00"), "1 image"), **facts)
        return services.job_create(by=user, new=new)


def test_money_that_was_reserved_settled_and_released_agrees(user):
    project = uuid4()
    live, settled, released = (paid_job(user, project_id=project) for _ in range(3))
    money.cost_settle(settled, attempt=1, amount=Decimal("0.75"))
    money.cost_release(released, attempt=1)
    Job.objects.filter(pk__in=[settled.pk, released.pk]).update(state=State.SUCCEEDED, finished_at=timezone.now())
    assert found() == []
    SpendingAccount.objects.filter(scope=money.project_scope(project)).update(spent=Decimal("0.74"))
    assert found() == [("account_differs_from_ledger", f"project:{project}")]
    assert live.state == State.QUEUED


def test_money_held_for_a_job_that_ended_is_found(user):
    job = paid_job(user)
    Job.objects.filter(pk=job.pk).update(state=State.FAILED, finished_at=timezone.now())
    assert found() == [("reserved_for_nothing", str(job.pk))]


def test_jobs_that_nothing_moves_on_are_found(user):
    running = make_job(user, state="running", heartbeat_at=timezone.now() - LONG_AGO)
    waiting = make_job(user, state="waiting")
    make_job(user, state="waiting")
    Job.objects.filter(pk=waiting.pk).update(updated_at=timezone.now() - LONG_AGO)
    assert found() == [("running_without_a_worker", str(running.pk)), ("waiting_for_nothing", str(waiting.pk))]


def test_projects_that_make_something_without_a_job_are_found(user):
    since = timezone.now() - LONG_AGO
    stuck, deaf, busy = (make_project(user, generating=True, generating_since=since) for _ in range(3))
    Project.objects.filter(pk=deaf.pk).update(song=make_song(user, analysis_state="waiting"))
    make_job(user, project_id=busy.pk)
    assert found() == [("generating_without_a_job", str(stuck.pk)), ("song_without_an_analysis", str(deaf.pk))]


def test_the_command_names_each_problem_and_fails(user, capsys):
    call_command("check_sanity")
    assert "All rows agree" in capsys.readouterr().out
    job = make_job(user, state="running", heartbeat_at=timezone.now() - LONG_AGO)
    with pytest.raises(CommandError, match="Problems found: 1"):
        call_command("check_sanity")
    assert f"running_without_a_worker {job.pk}" in capsys.readouterr().out
