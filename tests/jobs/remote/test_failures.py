"""Promise: every failure ends in the designed state, with a message for the user and the raw response for the operator;
and what was bought is frozen."""

import json

import pytest

from apps.flavors.services import flavor_save
from apps.jobs import services
from apps.jobs.models import LedgerEntry
from apps.jobs.states import State
from tests.jobs.remote.driving import drive, run_of, turn, video_job

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "POST .*predictions$"


def bodies(replicate):
    return [json.loads(seen.body) for seen in replicate.log if seen.path.endswith("/predictions") and seen.body]


@pytest.mark.parametrize(
    ("fault", "state", "code", "words", "posts"),
    [
        ({"kind": "status", "status": 402, "body": {"detail": "pay"}}, "failed", "provider_rejected", "credit", 1),
        ({"kind": "status", "status": 401, "body": {}}, "failed", "provider_rejected", "REPLICATE_API_TOKEN", 1),
        ({"kind": "status", "status": 422, "body": {"detail": "aspect"}}, "failed", "provider_rejected", "aspect", 1),
        ({"kind": "status", "status": 429, "headers": {"Retry-After": "1"}}, "succeeded", "done", "", 2),
        ({"kind": "status", "status": 500}, "needs_attention", "submit_unknown", "may have been charged", 1),
        ({"kind": "html"}, "needs_attention", "submit_unknown", "may have been charged", 1),
    ],
)  # fmt: skip
def test_a_submit_that_fails_ends_as_designed(user, replicate, fault, state, code, words, posts):
    replicate.fail_next(PAID, **fault)

    job = drive(video_job(user), turns=300)

    assert (job.state, job.code) == (state, code)
    assert words in job.error
    assert replicate.count(PAID) == posts
    assert state != "failed" or job.error_evidence["raw"]
    ends = {"failed": ["release"], "succeeded": ["settle"], "needs_attention": []}
    assert [entry.kind for entry in LedgerEntry.objects.filter(job=job)][1:] == ends[state]


def test_an_unreachable_service_is_retried_and_then_reported(user, replicate, settings):
    settings.REPLICATE_BASE_URL = "http://127.0.0.1:9/v1"

    job = drive(video_job(user))

    assert (job.state, job.code) == (State.FAILED, "provider_unreachable")
    assert "could not be reached" in job.error and job.error.endswith("The studio tried 5 times. Retry later.")
    assert job.failures == 4
    assert job.events.filter(message__endswith="Trying again soon.").count() == 4


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("failed", "flagged by the safety filter"),
        ("aborted", "Replicate dropped"),
        ("canceled", "Replicate cancelled it."),
    ],
)
def test_a_failure_at_the_service_is_reported_in_its_own_words(user, replicate, verdict, words):
    replicate.end_next_as.append((verdict, words))

    job = drive(video_job(user))

    assert job.state == State.FAILED
    assert words in job.error
    assert job.error_evidence["raw"]["status"] == verdict
    assert replicate.count(PAID) == 1


def test_a_retry_buys_the_frozen_request_even_if_the_flavor_changed(user, staff, replicate):
    replicate.end_next_as.append(("failed", "bad luck"))
    job = drive(video_job(user))
    text = "providers: {replicate: {model: google/veo-3.1}}"
    flavor_save(by=staff, flavor="default", config_type="video_params", text=text)

    services.job_retry(by=user, job_id=job.pk)
    drive(job)

    assert job.state == State.SUCCEEDED
    first, second = bodies(replicate)
    assert {seen.path for seen in replicate.log if seen.path.endswith("predictions") and seen.method == "POST"} == {
        "/v1/models/google/veo-3.1-fast/predictions"
    }
    assert first["input"] == second["input"]


def test_a_retry_after_a_throttle_sends_exactly_the_frozen_payload(user, replicate):
    replicate.fail_next(PAID, "status", status=429, headers={"Retry-After": "1"})
    job = video_job(user)
    turn(job)
    frozen = run_of(job).payload

    drive(job, turns=300)

    assert bodies(replicate) == [frozen["body"]] * 2


def test_a_job_waits_for_a_free_slot_at_the_provider(user, sync_so, tmp_path):
    from tests.jobs.remote.test_unknown_outcomes import lipsync_job

    sync_so.concurrency, sync_so.latency_seconds = 1, 600
    first, second = lipsync_job(user, tmp_path), lipsync_job(user, tmp_path)
    turn(first)
    turn(second)
    assert (second.state, second.code, second.failures) == (State.QUEUED, "waiting_for_place", 0)
    sync_so.latency_seconds = 0
    next(iter(sync_so.generations.values())).ends = 0

    drive(first)
    drive(second, turns=400)

    assert (first.state, second.state) == (State.SUCCEEDED, State.SUCCEEDED)
    assert len(sync_so.generations) == 2
