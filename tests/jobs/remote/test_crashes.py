"""Promise: after `kill -9` at any step, a paid job still ends correctly, with at most one paid request."""

from functools import partial

import pytest

from apps.assets.models import Asset
from apps.assets.services import asset_local_copy
from apps.jobs.models import LedgerEntry, RemoteRun, RunStatus
from apps.jobs.states import State
from engines.media.probe import probe_media
from tests.jobs.remote.driving import Kill, drive, killed, run_of, scenes_job, video_job
from tests.jobs.remote.test_unknown_outcomes import lipsync_job
from tests.providers.cases import PAID_ROUTES

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = {
    "before the intent": Kill("jobs/remote.py", "submit_authorize", "call"),
    "intent stored": Kill("jobs/remote.py", "submit_authorize"),
    "response on the line": Kill("core/http.py", "_open"),
    "response read": Kill("replicate/provider.py", "submit"),
    "id being stored": Kill("jobs/services.py", "job_wait_locked"),
    "id stored": Kill("jobs/remote.py", "run_accepted"),
    "done seen": Kill("replicate/provider.py", "poll"),
    "done being stored": Kill("jobs/polling.py", "_runs_succeed"),
    "done stored": Kill("jobs/polling.py", "_succeeded_together"),
    "downloading": Kill("core/guarded_fetch.py", "_save", "call"),
    "downloaded": Kill("replicate/provider.py", "collect"),
    "first file stored": Kill("assets/services.py", "file_store"),
    "rows being written": Kill("assets/services.py", "asset_create_with_parts"),
    "rows written": Kill("jobs/services.py", "job_succeed"),
}
# Between the mark that it may be out and the first byte.
ON_ITS_WAY = Kill("core/http.py", "_open", "call")


def paid(fake):
    return fake.count(PAID_ROUTES[fake.name])


def assert_file_is_there(job):
    asset = Asset.objects.get(pk=job.result["video_id"])
    with asset_local_copy(asset) as path:
        assert probe_media(path).kind == "video"


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_pays_once_and_delivers(step, user, replicate):
    job = video_job(user)

    killed(lambda: drive(job), at=STEPS[step])
    drive(job)

    assert job.state == State.SUCCEEDED, job.error
    assert paid(replicate) == 1
    assert_file_is_there(job)
    assert run_of(job).status == RunStatus.COLLECTED
    assert [entry.kind for entry in LedgerEntry.objects.filter(job=job).order_by("pk")] == ["reserve", "settle"]


@pytest.mark.parametrize("step", ["intent stored", "response on the line", "id stored", "done stored", "downloading"])
def test_a_service_with_idempotency_keys_generates_once(step, user, sync_so, tmp_path):
    sync_so.latency_seconds = 0.2  # or the submit itself would say that it is done
    job = lipsync_job(user, tmp_path)

    killed(lambda: drive(job), at=STEPS[step])
    drive(job)

    assert job.state == State.SUCCEEDED, job.error
    assert len(sync_so.generations) == 1
    assert_file_is_there(job)


def test_a_worker_killed_while_the_service_is_working_pays_once(user, replicate):
    job = video_job(user)
    replicate.fail_next("POST .*predictions", "hang", seconds=2)

    killed(lambda: drive(job), when=lambda: len(replicate.predictions) == 1)
    drive(job)

    assert (job.state, paid(replicate)) == (State.SUCCEEDED, 1)
    assert_file_is_there(job)


def test_a_worker_killed_repeatedly_still_pays_once(user, replicate):
    job = video_job(user)

    for step in ("intent stored", "response read", "downloaded", "first file stored"):
        killed(lambda: drive(job), at=STEPS[step])
    drive(job)

    assert (job.state, paid(replicate)) == (State.SUCCEEDED, 1)


def test_a_request_that_may_have_been_sent_and_cannot_be_found_needs_a_person(user, replicate):
    job = video_job(user)

    killed(lambda: drive(job), at=ON_ITS_WAY)
    drive(job)

    assert (job.state, job.code, paid(replicate)) == (State.NEEDS_ATTENTION, "submit_unknown", 0)
    assert [entry.kind for entry in LedgerEntry.objects.filter(job=job)] == ["reserve"]


def test_a_lost_response_without_a_lookup_needs_a_person(user, chat):
    job = scenes_job(user)

    killed(lambda: drive(job), at=STEPS["response on the line"])
    drive(job)

    assert (job.state, job.code, paid(chat)) == (State.NEEDS_ATTENTION, "submit_unknown", 1)
    assert [entry.kind for entry in LedgerEntry.objects.filter(job=job)] == ["reserve"]


def test_an_intent_that_certainly_was_not_sent_needs_no_lookup(user, chat):
    job = scenes_job(user)

    killed(lambda: drive(job), at=STEPS["intent stored"])
    drive(job)

    assert (job.state, paid(chat)) == (State.SUCCEEDED, 1)


def test_a_stored_chat_response_is_not_bought_again(user, chat):
    job = scenes_job(user)

    killed(lambda: drive(job), at=Kill("jobs/remote.py", "run_accepted"))
    drive(job)

    assert (job.state, paid(chat)) == (State.SUCCEEDED, 1)
    assert len(job.result["scenes"]) == 3
    # The tokens that were really used, not the quote with its correction.
    assert 0 < job.cost < job.quoted_cost


def test_no_other_job_takes_the_result_of_a_lost_response(user, replicate):
    """Two jobs lose their responses, and each finds its own by its mark."""
    jobs = [video_job(user) for _ in range(2)]
    for job in jobs:
        killed(partial(drive, job), at=STEPS["response read"])
    for job in jobs:
        drive(job)

    assert [job.state for job in jobs] == [State.SUCCEEDED] * 2
    assert paid(replicate) == 2
    assert len(set(RemoteRun.objects.values_list("remote_id", flat=True))) == 2
