"""Promise: a lost response is looked up, or else shown to a person; it is never paid for twice without asking."""

import pytest
from django.db import connection

from apps.core.errors import ConflictError
from apps.flavors.services import flavor_save
from apps.generation.lipsync import lipsync_work
from apps.jobs import polling, services
from apps.jobs.models import LedgerEntry
from apps.jobs.states import LIVE, State
from apps.work.work import Spending, work_run
from tests.fakes import media
from tests.jobs.remote.assets import stored_asset
from tests.jobs.remote.driving import drive, run_of, scenes_job, sending, turn, video_job

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "POST .*predictions$"
UNMARKED = "providers: {replicate: {model: kwaivgi/kling-v2.5-turbo-pro}}"


def lipsync_job(user, tmp_path):
    video = stored_asset(user, media.video(2.0), kind="video", folder=tmp_path)
    audio = stored_asset(user, media.sound(2.0), kind="audio", folder=tmp_path)
    work = lipsync_work(by=user, video_id=video.pk, audio_id=audio.pk, provider="sync_so")
    return work_run(by=user, work=work, spending=Spending())


@pytest.fixture
def unmarked_job(user, staff, replicate):
    """A job whose model takes no seed or file, so a lost response can't be told apart from another one's."""
    flavor_save(by=staff, flavor="default", config_type="video_params", text=UNMARKED)
    replicate.fail_next("POST .*predictions", "lose_response")
    return drive(video_job(user))


def test_a_lost_response_is_looked_up_by_its_mark(user, replicate):
    replicate.fail_next("POST .*predictions", "lose_response")

    job = drive(video_job(user))

    assert job.state == State.SUCCEEDED
    assert len(replicate.predictions) == replicate.count(PAID) == 1
    assert "submit_unknown" in list(job.events.values_list("code", flat=True))


@pytest.mark.parametrize("fault", ["cut", "html", "status"])
def test_a_sent_request_that_cannot_be_found_needs_a_person(fault, user, replicate):
    replicate.fail_next("POST .*predictions", fault, status=500)

    job = drive(video_job(user))

    assert (job.state, replicate.count(PAID)) == (State.NEEDS_ATTENTION, 1)
    assert replicate.count("GET .*predictions") == 3
    assert [entry.kind for entry in LedgerEntry.objects.filter(job=job)] == ["reserve"]


@pytest.mark.parametrize(("fault", "end"), [("latency", State.SUCCEEDED), ("status", State.FAILED)])
def test_a_response_that_arrives_while_the_database_is_away_is_kept(fault, end, user, chat):
    """A chat server lists nothing, so without the response, a person would have to decide."""
    chat.fail_next("POST .*completions", fault, seconds=1.0, status=401)
    job = scenes_job(user)

    with sending(job, chat, "POST .*completions"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [[pid for (pid,) in cursor]])

    assert (drive(job).state, chat.count("POST .*completions")) == (end, 1)


def test_the_same_key_is_sent_again_if_documented_as_safe(user, sync_so, tmp_path):
    sync_so.fail_next("POST /v2/generate", "lose_response", times=2)

    job = drive(lipsync_job(user, tmp_path))

    assert job.state == State.SUCCEEDED
    assert len(sync_so.generations) == 1
    keys = {seen.headers["idempotency-key"] for seen in sync_so.log if seen.path == "/v2/generate"}
    assert len(keys) == 1


def test_without_a_mark_it_needs_a_person_and_the_money_stays_reserved(unmarked_job, replicate):
    assert (unmarked_job.state, unmarked_job.code) == (State.NEEDS_ATTENTION, "submit_unknown")
    assert "may have been charged" in unmarked_job.error
    assert [entry.kind for entry in LedgerEntry.objects.filter(job=unmarked_job)] == ["reserve"]
    assert replicate.count(PAID) == 1
    assert next(iter(replicate.predictions)) in unmarked_job.error_evidence["raw"]


def test_adopting_a_result_pays_nothing(unmarked_job, user, replicate):
    polling.job_adopt(by=user, job_id=unmarked_job.pk, remote_id=next(iter(replicate.predictions)))

    drive(unmarked_job)

    assert unmarked_job.state == State.SUCCEEDED
    assert replicate.count(PAID) == 1
    assert [entry.kind for entry in LedgerEntry.objects.filter(job=unmarked_job)] == ["reserve", "settle"]


def test_the_jobs_page_offers_adopting_and_paying_again(unmarked_job, user, replicate, client):
    client.force_login(user)
    page = client.get(f"/jobs/{unmarked_job.pk}").content.decode()
    assert "Adopt this result" in page
    assert "Pay again" in page

    remote_id = next(iter(replicate.predictions))
    response = client.post(f"/jobs/{unmarked_job.pk}/adopt", {"remote_id": remote_id})
    drive(unmarked_job)

    assert response.status_code == 302
    assert unmarked_job.state == State.SUCCEEDED
    assert replicate.count(PAID) == 1


def test_an_id_with_spaces_is_refused_on_the_page(unmarked_job, user, client):
    client.force_login(user)
    assert client.post(f"/jobs/{unmarked_job.pk}/adopt", {"remote_id": "two words"}).status_code == 400
    unmarked_job.refresh_from_db()
    assert unmarked_job.state == State.NEEDS_ATTENTION


def test_adopting_an_unknown_id_does_not_lose_the_job(unmarked_job, user):
    polling.job_adopt(by=user, job_id=unmarked_job.pk, remote_id="aaaaaaaaaaaaaaaaaaaaaaaaaa")

    assert unmarked_job.pk
    with pytest.raises(AssertionError, match="still waiting"):
        drive(unmarked_job, turns=3)


def test_a_result_cannot_be_adopted_by_two_jobs(unmarked_job, user, replicate):
    replicate.fail_next("POST .*predictions", "lose_response")
    second = drive(video_job(user))
    made = list(replicate.predictions)
    polling.job_adopt(by=user, job_id=unmarked_job.pk, remote_id=made[0])

    with pytest.raises(ConflictError):
        polling.job_adopt(by=user, job_id=second.pk, remote_id=made[0])


def test_paying_again_is_a_new_attempt_that_a_person_decides(unmarked_job, user, replicate):
    services.job_retry(by=user, job_id=unmarked_job.pk)

    drive(unmarked_job)

    assert (unmarked_job.state, unmarked_job.attempt) == (State.SUCCEEDED, 2)
    assert replicate.count(PAID) == 2
    assert run_of(unmarked_job).key.endswith("-2")


def test_a_lost_chat_response_needs_a_person(user, chat):
    chat.fail_next("POST", "cut")

    job = drive(scenes_job(user))

    assert (job.state, chat.count("POST")) == (State.NEEDS_ATTENTION, 1)


def test_the_result_of_an_identical_request_stays_with_its_job(user, replicate):
    first = drive(video_job(user, seed=42))
    replicate.fail_next("POST .*predictions", "cut")

    second = drive(video_job(user, seed=42))

    assert (first.state, second.state) == (State.SUCCEEDED, State.NEEDS_ATTENTION)
    assert len(replicate.predictions) == 1


@pytest.mark.parametrize("looks", [1, 3])
@pytest.mark.parametrize("fault", ["hang", "latency"])
def test_a_worker_that_was_presumed_dead_does_no_harm(fault, looks, user, replicate):
    """It gets its response only after another worker has looked for it, or left it to a person."""
    job = video_job(user)
    replicate.fail_next(PAID, fault, seconds=1.5)

    with sending(job, replicate, PAID):
        for _ in range(looks):
            turn(job)
    drive(job, until=lambda: job.state not in LIVE | {State.NEEDS_ATTENTION})

    assert (job.state, replicate.count(PAID)) == (State.SUCCEEDED, 1)
    assert [entry.kind for entry in LedgerEntry.objects.filter(job=job)] == ["reserve", "settle"]
