"""Cancelling and retrying many jobs in one call."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from apps.jobs import money, services
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.services import NewJob
from apps.jobs.states import Code, State
from apps.providers.base import Quote
from tests.factories import make_job as made_job
from tests.factories import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def paid_job(user, amount="1.25", **facts):
    with transaction.atomic():
        new = NewJob(kind=Kind.IMAGE, provider="replicate", quote=Quote(Decimal(amount), "a test"), **facts)
        return services.job_create(by=user, new=new)


def failed_job(user, **facts):
    job = paid_job(user, **facts)
    claim = services.job_claim(job_id=job.pk, claim_from=State.QUEUED, worker="test")
    services.job_fail(claim, code=Code.MEDIA_FAILED, message=f"Broken {job.pk}.")
    return job


def bulk(client, **body):
    return client.post("/api/jobs/bulk", body, format="json")


def outcomes(response):
    return {row["id"]: row["outcome"] for row in response.json()["jobs"]}


def states():
    return sorted(Job.objects.values_list("state", flat=True))


def test_it_cancels_the_named_jobs_and_says_of_each_what_happened(client, user, other_user):
    live, done, undecided = paid_job(user), made_job(user, state="succeeded"), made_job(user, state="needs_attention")
    foreign, unknown = made_job(other_user), uuid4()
    ids = [str(one) for one in (live.pk, done.pk, undecided.pk, foreign.pk, unknown)]

    response = bulk(client, action="cancel", ids=[*ids, ids[0]])

    assert outcomes(response) == dict(zip(ids, ["cancelled", *["skipped"] * 4], strict=True))
    assert (response.json()["done"], response.json()["skipped"]) == (1, 4)
    assert all(row["reason"] for row in response.json()["jobs"] if row["outcome"] == "skipped")
    foreign.refresh_from_db()
    assert foreign.state == State.QUEUED
    assert bulk(client, action="cancel", ids=ids).json()["done"] == 0


def test_it_cancels_what_a_filter_finds(client, user, other_user):
    project = make_project(user)
    wanted = [made_job(user, kind="image", project_id=project.pk) for _ in range(3)]
    made_job(user, kind="video", project_id=project.pk), made_job(user, kind="image"), made_job(other_user)
    found = bulk(client, action="cancel", filter={"project_id": str(project.pk), "kind": ["image", "lipsync"]})
    assert set(outcomes(found)) == {str(job.pk) for job in wanted}
    assert bulk(client, action="cancel", filter={"provider": "draft"}).json()["done"] == 2
    assert states() == ["cancelled"] * 5 + ["queued"]


def test_retrying_tells_the_total_first_and_starts_nothing(client, user):
    jobs = [failed_job(user) for _ in range(3)]
    for body in ({}, {"confirm_cost": False}, {"confirm_cost": "3.70"}, {"confirm_cost": True, "max_cost": "3.70"}):
        response = bulk(client, action="retry", filter={"state": "failed"}, **body)
        assert response.status_code == 402, body
        assert "$3.75" in response.json()["detail"]
    assert bulk(client, action="retry", filter={}).json()["code"] == "confirmation_required"
    assert states() == ["failed"] * 3

    response = bulk(client, action="retry", filter={}, confirm_cost="3.75")
    assert outcomes(response) == {str(job.pk): "retried" for job in jobs}
    assert Decimal(response.json()["total"]) == Decimal("3.75")
    again = bulk(client, action="retry", filter={}, confirm_cost=True).json()
    assert (again["done"], again["jobs"]) == (0, [])
    assert states() == ["queued"] * 3


def test_free_retries_need_no_confirmation_and_leave_cancelled_jobs_alone(client, user):
    failed, cancelled = made_job(user, state="failed", kind="image"), made_job(user, state="cancelled", kind="image")
    assert list(outcomes(bulk(client, action="retry", filter={}))) == [str(failed.pk)]
    assert list(outcomes(bulk(client, action="retry", filter={"state": "cancelled"}))) == [str(cancelled.pk)]


def test_what_no_longer_fits_the_budget_is_skipped(client, user):
    project = make_project(user, budget=Decimal("3.00"))
    jobs = [failed_job(user, project_id=project.pk) for _ in range(3)]
    money.cap_set(scope=money.project_scope(project.pk), cap=Decimal("3.00"))
    response = bulk(client, action="retry", ids=[str(job.pk) for job in jobs], confirm_cost=True)
    assert sorted(outcomes(response).values()) == ["retried", "retried", "skipped"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "delete", "filter": {}},
        {"action": "cancel"},
        {"action": "cancel", "ids": []},
        {"action": "cancel", "ids": ["x"]},
        {"action": "cancel", "ids": [str(uuid4())] * 1001},
        {"action": "cancel", "ids": [str(uuid4())], "filter": {}},
        {"action": "cancel", "filter": []},
        {"action": "cancel", "filter": {"state": "lost"}},
        {"action": "cancel", "filter": {"stat": "failed"}},
        {"action": "cancel", "filter": {"state": {"not": 1}}},
        {"action": "retry", "filter": {}, "confirm_cost": "plenty"},
    ],
)
def test_bad_requests_are_refused(client, user, body):
    job = made_job(user)
    response = client.post("/api/jobs/bulk", body, format="json")
    assert (response.status_code, bool(response.json()["detail"])) == (400, True)
    job.refresh_from_db()
    assert job.state == State.QUEUED
