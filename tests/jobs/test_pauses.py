"""Pausing and resuming: what waits, what goes on, and what everybody is told."""

from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from apps.jobs import services, sweep
from apps.jobs.kinds import Kind
from apps.jobs.models import Job, Pause
from apps.jobs.pauses import Scope
from apps.jobs.pausing import jobs_pause, jobs_resume
from apps.jobs.services import NewJob
from apps.jobs.states import State
from apps.production.stages import jobs_progress, project_progress
from tests.factories import make_job as made_job
from tests.factories import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def make_job(user, kind=Kind.VIDEO, **facts):
    with transaction.atomic():
        return services.job_create(by=user, new=NewJob(kind=kind, **facts))


def claim(job):
    return services.job_claim(job_id=job.pk, claim_from=State.QUEUED, worker="test")


def shown(client, job):
    return client.get(f"/api/jobs/{job.pk}").json()


def test_a_paused_job_stays_queued_and_says_so_until_it_is_resumed(client, user):
    job = make_job(user)

    said = client.post("/api/jobs/pause").json()
    assert (said["paused_jobs"], said["running_jobs"]) == (1, 0)
    assert claim(job) is None
    assert shown(client, job)["progress_message"] == "Paused: resume all jobs on the Jobs page."
    assert len(client.post("/api/jobs/pause").json()["pauses"]) == 1

    assert client.post("/api/jobs/resume").json()["detail"] == "No queued job is paused."
    assert client.post("/api/jobs/resume").status_code == 200
    job.refresh_from_db()
    assert (job.progress_message, job.dispatched_at is None) == ("", False)
    assert claim(job)


def test_what_is_asked_for_during_a_pause_waits_too(client, user):
    client.post("/api/jobs/pause", {"kind": "video"}, format="json")
    clip, part, image = make_job(user), make_job(user, Kind.VIDEO_PART), make_job(user, Kind.IMAGE)
    assert [claim(job) is not None for job in (clip, part, image)] == [False, False, True]
    assert shown(client, clip)["progress_message"] == "Paused: resume “Video” on the Jobs page."
    assert sweep.jobs_dispatch_due() == 0
    jobs_resume(scope=Scope(user.pk))
    assert claim(clip) and claim(part)


def test_running_work_and_work_at_a_provider_goes_on(client, user):
    running, waiting = made_job(user, state="running"), made_job(user, state="waiting")
    said = client.post("/api/jobs/pause").json()
    assert said["running_jobs"] == 2
    assert "2 already running or with a provider go on." in said["detail"]
    assert services.job_claim(job_id=waiting.pk, claim_from=State.WAITING, worker="test")
    running.refresh_from_db()
    assert running.state == State.RUNNING


def test_a_pause_of_a_project_leaves_the_others_and_other_users_alone(client, user, other_user):
    project, other = make_project(user), make_project(user)
    mine, free, strangers = (
        make_job(user, project_id=project.pk),
        make_job(user, project_id=other.pk),
        make_job(other_user),
    )
    client.post("/api/jobs/pause", {"project_id": str(project.pk)}, format="json")
    assert [claim(job) is not None for job in (mine, free, strangers)] == [False, True, True]
    listed = client.get("/api/jobs/pauses").json()["results"]
    assert [row["project_id"] for row in listed] == [str(project.pk)]
    # Everything of the caller includes the project.
    client.post("/api/jobs/resume")
    assert claim(mine)


def test_two_pauses_over_one_job_need_two_resumes_or_a_wider_one(client, user):
    project = make_project(user)
    job = make_job(user, project_id=project.pk)
    for body in ({"project_id": str(project.pk)}, {"kind": "video"}):
        client.post("/api/jobs/pause", body, format="json")
    client.post("/api/jobs/resume", {"kind": "video"}, format="json")
    assert shown(client, job)["progress_message"] == "Paused: resume this project on the Jobs page."
    assert claim(job) is None
    client.post("/api/jobs/resume", {"project_id": str(project.pk)}, format="json")
    assert claim(job)


@pytest.mark.parametrize("action", ["pause", "resume"])
def test_bad_scopes_are_refused(client, other_user, action):
    foreign = str(make_project(other_user).pk)
    for body, status in (
        ({"project_id": foreign}, 404),
        ({"project_id": str(uuid4())}, 404),
        ({"kind": "sculpture"}, 400),
        ({"everything": True}, 400),
        ([], 400),
    ):
        response = client.post(f"/api/jobs/{action}", body, format="json")
        assert (response.status_code, bool(response.json()["detail"])) == (status, True), body
    assert not Pause.objects.exists()


def test_an_operators_pause_holds_everybody_and_only_an_operator_lifts_it(client, user, other_user):
    jobs = [make_job(user), make_job(other_user)]
    jobs_pause(scope=Scope(None))
    assert [claim(job) for job in jobs] == [None, None]
    said = client.post("/api/jobs/resume").json()
    assert said["pauses"][0]["by_operator"]
    assert shown(client, jobs[0])["progress_message"].startswith("Paused by the operator")
    jobs_resume(scope=Scope(None))
    assert all(claim(job) for job in jobs)


def test_the_sweep_repairs_what_jobs_say_beside_a_pause(user):
    jobs_pause(scope=Scope(user.pk))
    # Committed by somebody who didn't see the pause, or its end.
    unseen = made_job(user, dispatched_at="2026-01-01T00:00:00Z")
    sweep.pauses_show_all()
    unseen.refresh_from_db()
    assert unseen.is_paused and unseen.dispatched_at is None
    Pause.objects.all().delete()
    sweep.pauses_show_all()
    unseen.refresh_from_db()
    assert not unseen.is_paused
    assert sweep.jobs_dispatch_due() == 1


def test_a_paused_project_says_paused_instead_of_a_time(user):
    project = make_project(user, generating=True, generating_since=timezone.now())
    jobs = [make_job(user, Kind.SCENES, project_id=project.pk)]
    jobs_pause(scope=Scope(user.pk, project_id=project.pk))
    jobs = list(Job.objects.all())
    for progress in (project_progress(project, [], jobs), jobs_progress(jobs)):
        assert (progress.words, progress.left) == ("Paused: resume this project on the Jobs page.", "paused")
