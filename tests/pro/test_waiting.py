"""What happens while Sync.so is working: its webhooks, and jobs that stay open too long."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.jobs.models import Job, RemoteRun
from apps.jobs.polling import runs_poll_due
from apps.jobs.states import State
from tests.fakes import media
from tests.jobs.remote.driving import drive
from tests.pro.test_pro import client, clips, job_of, post, segment, sent

__all__ = ["client", "clips", "post", "sent"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(post, sync_so):
    """A job that Sync.so is working on and that isn't polled in the next hour."""
    sync_so.latency_seconds = 3600
    job = job_of(post([segment(0, 1)]))
    drive(job, until=lambda: RemoteRun.objects.filter(job=job, status="submitted").exists())
    RemoteRun.objects.update(next_poll_at=timezone.now() + timedelta(hours=1))
    return job


def deliver(sync_so, job, *, key="", body=None, **signing):
    run = RemoteRun.objects.get(job=job)
    raw = json.dumps(sync_so._show(sync_so.generations[run.remote_id])).encode()
    headers = sync_so.sign(raw, **signing)
    address = f"/api/webhooks/sync_so/{key or run.key}"
    return Client().post(address, data=body or raw, content_type="application/json", headers=headers).status_code


def rows(job):
    job.refresh_from_db()
    run = RemoteRun.objects.get(job=job)
    return (job.state, job.result, run.status, run.next_poll_at)


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"body": b'{"status": "COMPLETED"}'}, 400),
        ({"secret": "whsec_another"}, 400),
        ({"age_seconds": 3600}, 400),
        ({"key": "mv-no-such-job-1"}, 404),
    ],
    ids=["another body", "another secret", "an old one", "an unknown job"],
)
def test_forged_webhook_changes_nothing(waiting, sync_so, how, status):
    before = rows(waiting)
    assert deliver(sync_so, waiting, **how) == status
    assert rows(waiting) == before


def test_webhook_only_speeds_up_polling_whatever_its_timing(waiting, sync_so):
    assert deliver(sync_so, waiting) == 200  # too early: there is no result yet, and the webhook isn't trusted
    runs_poll_due()
    assert rows(waiting)[0] == State.WAITING
    for generation in sync_so.generations.values():
        generation.ends = 0
    assert deliver(sync_so, waiting) == 200
    assert RemoteRun.objects.get().next_poll_at <= timezone.now()
    job = drive(waiting)
    before = rows(job)
    assert deliver(sync_so, waiting) == 200  # once more, after the end
    assert rows(job) == before
    assert sync_so.count("GET /output") == 1


def test_job_past_deadline_shows_last_provider_message(waiting, sync_so, client, user):
    RemoteRun.objects.update(deadline_at=timezone.now() - timedelta(minutes=1), next_poll_at=timezone.now())
    runs_poll_due()
    body = client.get(f"/api/v1/sync/pro-jobs/{waiting.pk}").json()
    assert (body["state"], body["code"]) == ("failed", "deadline")
    assert body["error"].endswith("Its last message: Sync.so reports PENDING.")
    browser = Client()
    browser.force_login(user)
    assert "Sync.so reports PENDING." in browser.get(f"/pro/{waiting.pk}").content.decode()


def test_result_after_deadline_is_kept_and_shown(waiting, sync_so, user):
    RemoteRun.objects.update(deadline_at=timezone.now() - timedelta(minutes=1), next_poll_at=timezone.now())
    runs_poll_due()
    for generation in sync_so.generations.values():
        generation.ends = 0
    drive(waiting, until=lambda: RemoteRun.objects.get().status == "collected")
    assert Job.objects.get().events.filter(code="late_result_kept").exists()
    browser = Client()
    browser.force_login(user)
    assert "data-compare-play" in browser.get(f"/pro/{waiting.pk}").content.decode()


def end_with(sync_so, waiting, content: bytes) -> Job:
    sync_so.result_is = content
    for generation in sync_so.generations.values():
        generation.ends = 0
    RemoteRun.objects.update(next_poll_at=timezone.now())
    return drive(waiting)


def test_non_video_result_fails_job_and_is_charged(waiting, sync_so):
    job = end_with(sync_so, waiting, media.sound(1.0))
    assert (job.state, job.code) == (State.FAILED, "result_lost")
    assert job.error == "Sync.so finished, but returned a file that isn't a playable video."
    assert job.progress_message == ""
    drive(job, until=lambda: RemoteRun.objects.get().status == "failed")
    assert Job.objects.get().cost == job.quoted_cost > 0


def test_truncated_result_is_kept_with_warning(waiting, sync_so):
    whole = bytearray(media.video(4.0))
    box = whole.index(b"mdat") - 4
    size = int.from_bytes(whole[box : box + 4], "big")
    whole[box + size // 2 : box + size] = b"\xff" * (size - size // 2)
    job = end_with(sync_so, waiting, bytes(whole))
    assert job.state == State.SUCCEEDED
    assert job.result["warning"].startswith("The result is damaged")
