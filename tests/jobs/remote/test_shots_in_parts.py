"""A shot longer than its model's clips: each part is paid once, continues the one before, and is never lost."""

import time
from decimal import Decimal
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from apps.assets.models import Asset
from apps.assets.services import asset_local_copy
from apps.core.errors import InputError
from apps.generation.services import video_work
from apps.jobs import services
from apps.jobs.models import Job, LedgerEntry, SpendingAccount
from apps.jobs.money import cap_set, user_scope
from apps.jobs.states import LIVE, State
from apps.production.followup import job_ended
from engines.media.probe import probe_media
from engines.media.stills import picture_at
from tests.jobs.remote.driving import Kill, killed, turn, video_job
from tests.jobs.remote.test_crashes import paid

pytestmark = pytest.mark.django_db(transaction=True)


def long_shot(user, **facts):
    return video_job(user, duration=20, **facts)


def parts_of(shot):
    return list(Job.objects.filter(parameters__shot_id=str(shot.pk)).order_by("parameters__number"))


def drive_all(shot):
    """Run rounds until neither the shot nor a part of it is live."""
    for _ in range(80):
        for job in (*parts_of(shot), shot):
            turn(job)
        if not Job.objects.filter(state__in=LIVE).exists():
            shot.refresh_from_db()
            return shot
        time.sleep(0.01)
    raise AssertionError("still live")


def spent(user):
    account = SpendingAccount.objects.get(scope=user_scope(user.pk))
    return account.spent, account.reserved


def sent_inputs(replicate):
    return [one.input for one in sorted(replicate.predictions.values(), key=lambda one: one.created)]


def test_three_parts_are_quoted_made_one_after_another_and_joined(user, replicate):
    quote = video_work(by=user, prompt="a door opens", duration=Decimal(20), provider="replicate").quote
    shot = long_shot(user)
    parts = parts_of(shot)

    assert (quote.amount, quote.bought_seconds, quote.parts) == (Decimal("2.0000"), 20, 3)
    assert quote.basis.startswith("3 parts of 8 + 6 + 6 s, each continuing the one before, joined: ")
    assert spent(user) == (0, Decimal("2.0000"))

    drive_all(shot)

    assert shot.state == State.SUCCEEDED, shot.error
    assert paid(replicate) == 3
    assert spent(user) == (Decimal("2.0000"), 0)
    assert [entry.job_id for entry in LedgerEntry.objects.filter(kind="settle").order_by("pk")] == [p.pk for p in parts]
    inputs = sent_inputs(replicate)
    assert [one["duration"] for one in inputs] == [8, 6, 6]
    assert ["image" in one for one in inputs] == [False, True, True]
    assert len({one["seed"] for one in inputs}) == 3
    assert shot.result["metadata"]["facts"]["model"] == "google/veo-3.1-fast"
    video = Asset.objects.get(pk=shot.result["video_id"])
    with asset_local_copy(video) as path:
        assert float(probe_media(path).duration_seconds) == pytest.approx(20, abs=0.1)
    # The second part starts with exactly the last picture of the first.
    first = Asset.objects.get(pk=parts_of(shot)[0].result["video_id"])
    uploads = {content for content, kind, _ in replicate.files.values() if kind == "image/png"}
    with asset_local_copy(first) as path:
        last = picture_at(path, float("inf"))
    assert any(np.array_equal(np.asarray(Image.open(BytesIO(one))), last) for one in uploads)


@pytest.mark.parametrize(
    "step",
    [
        Kill("work/shots/joining.py", "last_frame"),
        Kill("jobs/remote.py", "submit_authorize"),
        Kill("work/shots/joining.py", "parts_joined", "call"),
        Kill("assets/services.py", "asset_create_with_parts"),
    ],
    ids=lambda step: step.function,
)
def test_a_worker_killed_anywhere_pays_each_part_once(step, user, replicate):
    shot = long_shot(user)

    killed(lambda: drive_all(shot), at=step)
    drive_all(shot)

    assert shot.state == State.SUCCEEDED, shot.error
    assert paid(replicate) == 3
    assert spent(user) == (Decimal("2.0000"), 0)


def test_a_failed_part_fails_the_shot_and_a_retry_makes_only_what_is_missing(user, replicate):
    shot = long_shot(user)
    first = parts_of(shot)[0]
    for _ in range(40):
        turn(first)
        if first.state == State.SUCCEEDED:
            break
        time.sleep(0.01)
    replicate.end_next_as.append(("failed", "CUDA error"))

    drive_all(shot)

    assert shot.state == State.FAILED and "Part 2 of 3 failed: Replicate failed: CUDA error" in shot.error
    assert "The parts before it are kept" in shot.error
    assert [part.state for part in parts_of(shot)] == ["succeeded", "failed", "failed"]
    assert paid(replicate) == 2 and spent(user) == (Decimal("0.8000"), 0)

    services.job_retry(by=user, job_id=shot.pk)
    drive_all(shot)

    assert shot.state == State.SUCCEEDED, shot.error
    assert paid(replicate) == 4 and spent(user) == (Decimal("2.0000"), 0)
    assert [part.attempt for part in parts_of(shot)] == [1, 2, 2]


def test_a_part_can_be_retried_alone_and_the_shot_then_continues(user, replicate):
    shot = long_shot(user)
    replicate.end_next_as.append(("failed", "CUDA error"))
    drive_all(shot)
    first = parts_of(shot)[0]

    services.job_retry(by=user, job_id=first.pk)
    for _ in range(40):
        turn(first)
        if first.state not in LIVE:
            break
    assert first.state == State.SUCCEEDED
    services.job_retry(by=user, job_id=shot.pk)
    drive_all(shot)

    assert shot.state == State.SUCCEEDED and paid(replicate) == 4
    assert [part.attempt for part in parts_of(shot)] == [2, 2, 2]


def test_cancelling_the_shot_stops_what_is_not_sent(user, replicate):
    shot = long_shot(user)
    turn(parts_of(shot)[0])

    job_ended(services.job_cancel(by=user, job_id=shot.pk).pk)

    assert {part.state for part in parts_of(shot)} == {State.CANCELLED}
    assert paid(replicate) == 1
    assert spent(user)[1] == Decimal("0.8000")  # until the provider says what became of the first part


def test_the_end_of_a_part_wakes_the_next_one_and_the_shot(user, replicate):
    shot = long_shot(user)
    first, second, _ = parts_of(shot)
    turn(second)
    second.refresh_from_db()
    assert second.run_after is not None and second.progress_message == "Waiting for part 1 of 3"

    job_ended(first.pk)

    second.refresh_from_db()
    assert second.run_after is None


def test_all_parts_must_fit_under_a_cap(user, replicate):
    cap_set(scope=user_scope(user.pk), cap=Decimal("1.90"))

    with pytest.raises(Exception, match="would exceed"):
        long_shot(user)

    assert not Job.objects.exists() and paid(replicate) == 0


def test_a_model_without_a_first_frame_still_refuses(user, replicate):
    with pytest.raises(InputError, match="up to 15 s") as refused:
        video_work(by=user, prompt="x", duration=Decimal(20), provider="replicate", model="wan-video/wan-2.7-t2v")
    assert refused.value.code == "too_long"
