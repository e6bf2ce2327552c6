"""The job API: list, filter, show, cancel, retry, and permissions."""

from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from apps.jobs import services
from apps.jobs.kinds import Kind
from apps.jobs.services import NewJob
from apps.jobs.states import Code, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def make_job(user, kind=Kind.VIDEO, **facts):
    with transaction.atomic():
        return services.job_create(by=user, new=NewJob(kind=kind, **facts))


def fail(job):
    claim = services.job_claim(job_id=job.pk, claim_from=State.QUEUED, worker="test")
    services.job_fail(claim, code=Code.MEDIA_FAILED, message="The file is broken.", evidence={"stderr": "secret path"})


def test_the_list_shows_only_the_callers_jobs_newest_first(client, user, other_user):
    first, second = make_job(user), make_job(user)
    make_job(other_user)
    body = client.get("/api/jobs").json()
    assert [row["id"] for row in body["results"]] == [str(second.pk), str(first.pk)]
    assert body["count"] == 2


def test_a_walk_by_cursor_meets_each_job_once_while_new_ones_arrive(client, user):
    jobs = [make_job(user) for _ in range(5)]
    url, met = "/api/jobs?cursor=&page_size=2", []
    while url:
        body = client.get(url).json()
        met += [row["id"] for row in body["results"]]
        url = body["next"]
        make_job(user)
    assert met == [str(job.pk) for job in reversed(jobs)]
    assert "count" not in body


def test_it_filters_by_state_kind_project_and_pro(client, user):
    project = uuid4()
    wanted = make_job(user, kind=Kind.PRO_LIPSYNC, project_id=project)
    fail(make_job(user))
    for query in (
        f"project={project}",
        "kind=pro_lipsync",
        "pro=true",
        "pro=1",
        "state=queued&state=running",
        "state=RUNNING,queued",
    ):
        rows = client.get(f"/api/jobs?{query}").json()["results"]
        assert [row["id"] for row in rows] == [str(wanted.pk)], query


@pytest.mark.parametrize(
    "query", ["state=lost", "project=nonsense", "page=nonsense", "cursor=nonsense", "pro=maybe&kind=x"]
)
def test_an_invalid_filter_is_refused_with_a_message(client, query):
    response = client.get(f"/api/jobs?{query}")
    assert response.status_code in {400, 404}
    assert response.json()["detail"]


def test_a_job_shows_its_history_and_the_owner_never_sees_evidence(client, user):
    job = make_job(user)
    fail(job)
    body = client.get(f"/api/jobs/{job.pk}").json()
    assert (body["state"], body["code"], body["error"]) == ("failed", "media_failed", "The file is broken.")
    assert [event["to_state"] for event in body["events"]] == ["queued", "running", "failed"]
    assert "secret path" not in str(body)


def test_the_list_needs_the_same_queries_for_one_job_and_for_many(client, user, django_assert_max_num_queries):
    for _ in range(20):
        make_job(user)
    with django_assert_max_num_queries(3):
        client.get("/api/jobs")


def test_cancel_and_retry(client, user):
    job = make_job(user)
    assert client.post(f"/api/jobs/{job.pk}/cancel").json()["state"] == "cancelled"
    response = client.post(f"/api/jobs/{job.pk}/retry")
    assert (response.status_code, response.headers["Location"]) == (202, f"/api/jobs/{job.pk}")
    assert response.json()["attempts"] == 2


@pytest.mark.parametrize("action", ["", "/cancel", "/retry", "/adopt"])
def test_another_users_job_is_not_found(client, other_user, action):
    job = make_job(other_user)
    body = {"remote_id": "x"} if action == "/adopt" else {}
    response = client.post(f"/api/jobs/{job.pk}{action}", body) if action else client.get(f"/api/jobs/{job.pk}")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


def test_retry_of_a_running_job_is_a_conflict(client, user):
    response = client.post(f"/api/jobs/{make_job(user).pk}/retry")
    assert (response.status_code, response.json()["code"]) == (409, "conflict")


def test_adopting_requires_a_job_that_needs_attention(client, user):
    assert client.post(f"/api/jobs/{make_job(user).pk}/adopt", {"remote_id": "abc"}).status_code == 409
    assert client.post(f"/api/jobs/{make_job(user).pk}/adopt", {"remote_id": "no spaces"}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_the_admin_can_cancel_and_retry_any_job_but_the_api_cannot(user, django_user_model):
    operator = django_user_model.objects.create_superuser("operator", password="a long passphrase")
    job = make_job(user)
    api, admin = APIClient(), Client()
    api.force_authenticate(operator)
    admin.force_login(operator)
    assert api.get(f"/api/jobs/{job.pk}").status_code == api.post(f"/api/jobs/{job.pk}/cancel").status_code == 404
    for action, state in (("cancel", State.CANCELLED), ("retry", State.QUEUED)):
        response = admin.post("/admin/jobs/job/", {"action": action, "_selected_action": [str(job.pk)]}, follow=True)
        assert "Jobs updated: 1." in response.content.decode()
        job.refresh_from_db()
        assert job.state == state
    shown = admin.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()
    assert "cancelled_by_person" in shown
    assert admin.get("/admin/jobs/job/?state__exact=queued").status_code == 200
