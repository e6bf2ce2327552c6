"""Films that several machines encode: each has a worker with a media folder, scratch folder and cache of its own."""

import json
import os
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from fractions import Fraction
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.assets.store.bucket import bucket_get
from apps.assets.store.shared_segments import PREFIX, shared_segments_sweep
from apps.assets.upkeep.checks import bucket_check
from apps.assets.upkeep.sweep import bucket_sweep
from apps.composition.fanout.frozen_segment import SegmentParameters, segment_frozen, segment_opened
from apps.composition.handlers import HANDLERS
from apps.composition.models import Composition
from apps.core.heartbeat import KEY_PREFIX, Heartbeat
from apps.core.redis_client import redis_client
from apps.jobs.models import Job
from apps.jobs.retry import MAX_TRIES
from apps.jobs.states import LIVE, Code, State
from apps.production import followup
from apps.projects.models import Project
from engines.composing.encoding import Order
from engines.composing.segments import make_segment, missing_segments, segment_key
from engines.composing.shot_plan import ShortClip, Shot, ShotPlan, Transition, TransitionKind
from engines.media.color_shift import ColorShift
from engines.media.crop_path import CropPath, Key
from engines.media.formats import ClipFormat
from engines.media.framing import PictureFit
from tests.assets.conftest import bucket, folders, proxy, s3_client, s3_endpoint  # noqa: F401 - fixtures
from tests.composition.files import stored
from tests.composition.test_projects import post, url
from tests.factories import make_clip, make_project, make_scenes
from tests.fakes.s3_proxy import Fault
from tests.jobs.remote.driving import Kill, killed
from workers import sweep as beat
from workers.base import job_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clips_in_the_bucket(bucket):  # noqa: F811
    """Before the project's clips are stored."""


@pytest.fixture
def machines(settings, tmp_path):
    """`machines("b")` is the one that the block's work is done on. Workers of `a` and `b` take segments."""
    settings.FAN_OUT_SECONDS = 1

    @contextmanager
    def on(name):
        settings.MEDIA_ROOT, settings.SCRATCH_ROOT = tmp_path / name / "media", tmp_path / name / "scratch"
        settings.SEGMENT_CACHE_ROOT = tmp_path / name / "segments"
        yield
        settings.MEDIA_ROOT, settings.SCRATCH_ROOT = tmp_path / "media", tmp_path / "scratch"

    for name in "ab":
        alive = Heartbeat(f"media@{name}", "", ("media", "segments", "joins", f"disk-{name}"))
        redis_client().set(KEY_PREFIX + alive.name, json.dumps(asdict(alive)))  # for as long as the test takes
    yield on
    for key in redis_client().scan_iter(match=KEY_PREFIX + "*"):
        redis_client().delete(key)


@contextmanager
def one_core():
    """On any computer, no segment is so long that one core takes longer for it than all cores for the film."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    yield
    os.sched_setaffinity(0, cores)


@pytest.fixture
def film(api, project, machines):
    """A job that waits for its three segments, planned on machine a."""
    job = composing(api, project)
    with machines("a"), one_core():
        work(job)
    assert (job.state, job.code) == (State.WAITING, Code.WAITING_FOR_CHILDREN), job.error
    return job


def composing(api, project, **options) -> Job:
    return Job.objects.get(pk=post(api, url(project, "compose"), **options).json()["id"])


def work(job) -> Job:
    """Do what a worker does with a message for the job, and what follows its end."""
    job.refresh_from_db()
    job_run(HANDLERS, job_id=str(job.pk), claim_from=job.state)
    job.refresh_from_db()
    if job.state not in LIVE:
        followup.job_ended(job.pk)
    return job


def segments(**facts):
    return Job.objects.filter(kind="segment", **facts).order_by("dedupe_key")


def objects() -> list[str]:
    return sorted(found.key for found in bucket_get().objects(PREFIX))


def test_a_film_is_encoded_by_another_machine_and_joined_by_this_one(machines, film, project):
    assert segments().count() == 3
    with machines("b"):
        for segment in segments():
            assert work(segment).state == State.SUCCEEDED, segment.error
    assert len(objects()) == 6
    film.refresh_from_db()
    assert film.dispatched_at is not None
    with machines("a"):
        assert work(film).state == State.SUCCEEDED, film.error
    proof = film.result["proof"]
    assert (proof["passed"], proof["frames"], proof["cut_frames"]) == (True, 108, [0, 24, 60])
    assert proof["encoded_segments"] == 0
    assert Project.objects.get(pk=project.pk).final_video_id == Composition.objects.get().asset_id


def test_the_machine_that_joins_may_be_another_one_than_the_one_that_planned(machines, film):
    with machines("b"):
        for segment in segments():
            work(segment)
    with machines("c"):
        assert work(film).state == State.SUCCEEDED, film.error


def test_a_user_sees_one_job_that_is_being_made(api, film):
    listed = api.get("/api/jobs").json()["results"]
    assert [(job["kind"], job["progress_message"]) for job in listed] == [("compose", "Encoding: 0 of 3 segments done")]
    # A worker that asks the project what goes on meets the film alone.
    assert set(Job.objects.filter(project_id=film.project_id)) == {film}
    assert not Job.objects.filter(kind="segment").exclude(scene_id=None).exists()


def test_a_short_film_is_encoded_where_it_is_joined(settings, api, project, machines):
    settings.FAN_OUT_SECONDS = 20
    with machines("a"), one_core():
        job = work(composing(api, project))
    assert (job.state, segments().count(), job.result["proof"]["encoded_segments"]) == (State.SUCCEEDED, 0, 3)


def test_a_single_machine_encodes_a_film_itself(api, project, machines):
    redis_client().delete(KEY_PREFIX + "media@b")
    with machines("a"), one_core():
        assert work(composing(api, project)).state == State.SUCCEEDED
    assert not segments().exists()


def test_two_projects_that_show_the_same_clips_encode_them_once(api, user, project, film, machines, sources):
    other = make_project(user, song=project.song, song_start=project.song_start, song_end=project.song_end)
    for clip, scene in zip(("a", "b", "foreign"), make_scenes(other, "1", "1.5", "2"), strict=True):
        make_clip(scene, asset=stored(user, sources[clip].path, "video"))
    second = composing(api, other)
    with machines("b"):
        with one_core():
            assert work(second).state == State.WAITING
        assert segments().count() == 4
        for segment in segments():
            work(segment)
        for job in (film, second):
            assert work(job).state == State.SUCCEEDED, job.error


def test_what_another_machine_made_is_not_encoded_again_by_a_short_film(settings, api, project, machines, film):
    with machines("b"):
        for segment in segments():
            work(segment)
    with machines("a"):
        work(film)
    settings.FAN_OUT_SECONDS = 20
    with machines("c"):
        again = work(composing(api, project))
    assert (again.state, again.result["proof"]["encoded_segments"]) == (State.SUCCEEDED, 0)


def test_a_segment_damaged_in_the_bucket_is_made_by_the_machine_that_joins(machines, film, s3_client, bucket):  # noqa: F811
    with machines("b"):
        for segment in segments():
            work(segment)
    damaged = next(key for key in objects() if key.endswith(".mp4"))
    s3_client.put_object(Bucket=bucket, Key=damaged, Body=b"something else")
    with machines("a"):
        assert work(film).state == State.SUCCEEDED
    assert film.result["proof"]["encoded_segments"] == 1


@pytest.mark.parametrize(
    ("line", "left"),
    [
        pytest.param(Kill("sharing.py", "segment_share", "call"), 0, id="before the upload"),
        pytest.param(Kill("bucket.py", "put_bytes", "call"), 1, id="between the segment and its note"),
        pytest.param(Kill("sharing.py", "segment_share", "return"), 2, id="after the upload"),
    ],
)
def test_a_worker_killed_in_a_segment_costs_that_segment_alone(machines, film, line, left):
    first, *others = segments()
    with machines("b"):
        killed(lambda: job_run(HANDLERS, job_id=str(first.pk), claim_from="queued"), at=line)
        assert len(objects()) == left
        for segment in others:
            work(segment)
    first.refresh_from_db()
    film.refresh_from_db()
    assert (first.state, film.dispatched_at) == (State.RUNNING, None)
    Job.objects.filter(pk=first.pk).update(heartbeat_at="2020-01-01T00:00:00Z")
    beat.jobs()
    with machines("c"):
        assert work(first).state == State.SUCCEEDED
    assert len(objects()) == 6
    with machines("a"):
        assert work(film).state == State.SUCCEEDED, film.error


def test_a_worker_killed_after_the_last_segment_does_not_keep_the_film_waiting(machines, film):
    first, second, last = segments()
    with machines("b"):
        work(first)
        work(second)
        killed(
            lambda: job_run(HANDLERS, job_id=str(last.pk), claim_from="queued"),
            at=Kill("services.py", "job_succeed", "return"),
        )
    last.refresh_from_db()
    film.refresh_from_db()
    assert (last.state, film.dispatched_at) == (State.SUCCEEDED, None)
    beat.tick()
    with machines("a"):
        assert work(film).state == State.SUCCEEDED, film.error


def test_a_worker_killed_while_joining_joins_again(machines, film):
    with machines("b"):
        for segment in segments():
            work(segment)
    with machines("a"):
        at = Kill("mp4_writer.py", "write_movie", "return")
        killed(lambda: job_run(HANDLERS, job_id=str(film.pk), claim_from="waiting"), at=at)
        Job.objects.filter(pk=film.pk).update(heartbeat_at="2020-01-01T00:00:00Z")
        beat.jobs()
        assert work(film).state == State.SUCCEEDED, film.error
    assert (segments().count(), Composition.objects.count()) == (3, 1)


def test_a_segment_waits_while_the_bucket_refuses_it(machines, film, proxy):  # noqa: F811
    first = segments()[0]
    proxy.faults.append(fault := Fault("PUT", "denied", PREFIX))
    with machines("b"):
        assert (work(first).state, first.code) == (State.QUEUED, Code.RETRY_LATER)
        fault.times = 0
        Job.objects.filter(pk=first.pk).update(run_after=None)
        assert work(first).state == State.SUCCEEDED
    film.refresh_from_db()
    assert film.state == State.WAITING


def test_a_segment_that_the_bucket_never_takes_is_made_by_the_machine_that_joins(machines, film, proxy):  # noqa: F811
    first, *others = segments()
    Job.objects.filter(pk=first.pk).update(failures=MAX_TRIES - 1)
    proxy.faults.append(fault := Fault("PUT", "denied", PREFIX))
    with machines("b"):
        assert work(first).state == State.SUCCEEDED
        fault.times = 0
        for segment in others:
            work(segment)
    with machines("a"):
        assert work(film).state == State.SUCCEEDED, film.error
    assert film.result["proof"]["encoded_segments"] == 1


def test_clips_that_only_this_machine_has_are_encoded_here(machines, api, user, project, sources, proxy):  # noqa: F811
    with machines("a"), one_core():
        proxy.faults.append(Fault("PUT", "denied", "tests/"))
        make_clip(project.scenes.first(), asset=stored(user, sources["foreign"].path, "video"))
        job = work(composing(api, project))
    assert (job.state, segments().count()) == (State.SUCCEEDED, 0), job.error


def test_shared_segments_that_cannot_be_read_are_encoded_again(machines, api, project, proxy):  # noqa: F811
    proxy.faults.append(Fault("GET", "denied", PREFIX))
    redis_client().delete(KEY_PREFIX + "media@b")
    with machines("a"):
        assert work(composing(api, project)).state == State.SUCCEEDED


def test_a_clip_deleted_meanwhile_fails_the_film_with_that_reason(machines, film, project):
    clip = project.scenes.first().current_clip.asset
    lost = [segment for segment in segments() if str(clip.pk) in str(segment.parameters)]
    project.scenes.all().delete()
    clip.delete()
    with machines("b"):
        work(lost[0])
    film.refresh_from_db()
    assert (film.state, film.error) == (State.FAILED, "A file this video needs has been deleted.")
    followup.job_ended(film.pk)
    assert not segments(state__in=LIVE).exists()


def test_shared_segments_are_no_orphans_and_go_after_two_weeks(machines, film):
    with machines("b"):
        work(segments()[0])
    later = timezone.now() + timedelta(days=13)
    assert bucket_sweep(now=later, delete=True).objects == 0
    assert "object_unknown" not in bucket_check(now=later).counts
    assert (shared_segments_sweep(now=later), len(objects())) == (0, 2)
    assert shared_segments_sweep(now=later + timedelta(days=2)) > 0
    assert objects() == []


def test_the_oldest_segments_go_first_when_the_bucket_holds_too_many(settings, machines, film):
    with machines("b"):
        for segment in segments():
            work(segment)
    settings.SEGMENT_CACHE_BYTES = sum(found.size_bytes for found in bucket_get().objects(PREFIX)) - 1
    shared_segments_sweep(now=timezone.now())
    assert 0 < len(objects()) < 6


PATH = CropPath((Key(0.0, 0.3, 0.4), Key(1.5, 0.7, 0.5, 1.2)))


@pytest.mark.parametrize(
    ("shot", "plan"),
    [
        pytest.param({}, {}, id="as it is"),
        pytest.param({"start_seconds": Fraction(1, 3), "frames": 31}, {"reencode": True}, id="a trim, re-encoded"),
        pytest.param({"short": ShortClip.SLOW, "frames": 90}, {}, id="slowed"),
        pytest.param({"short": ShortClip.BOUNCE, "frames": 100}, {}, id="back and forth"),
        pytest.param({"end_seconds": Fraction(3, 2), "frames": 50}, {}, id="held before its end"),
        pytest.param({"path": PATH, "content": (0.0, 0.1, 1.0, 0.8)}, {"fit": PictureFit.FOLLOW}, id="along a path"),
        pytest.param({"color": ColorShift(0.9123456789, 1.1, -0.7)}, {}, id="with its colors matched"),
        pytest.param({"transition": Transition(TransitionKind.CROSSFADE, 12)}, {}, id="a crossfade"),
        pytest.param({"transition": Transition(TransitionKind.FLASH, 6)}, {"fit": PictureFit.FILL}, id="a flash"),
        pytest.param({}, {"burned_lyrics": "captions"}, id="with captions"),
    ],
)
def test_a_segment_read_back_from_its_job_is_the_same_segment(cache, sources, shot, plan):
    frozen_plan = {**plan, **({"burned_lyrics": LYRICS} if "burned_lyrics" in plan else {})}
    first = Shot(sources["foreign"], 40)
    whole = ShotPlan((first, replace(Shot(sources["b"], 40), **shot)), ClipFormat(90, 160, Fraction(24)), **frozen_plan)
    ids = {source.sha256: uuid4() for source in sources.values()}
    files = {ids[source.sha256]: source for source in sources.values()}
    with cache.session() as session:
        orders = missing_segments(whole, session)
        for order in orders:
            row = segment_frozen(whole, order, ids).dump()
            opened, span = segment_opened(SegmentParameters.parsed(row), files)
            assert segment_key(opened, span) == order.key
        entry = make_segment(opened, Order(span, order.key, []), session, lambda *_: None, lambda: False)
        assert entry.facts["frames"] == span.frames
        assert order.key not in {missing.key for missing in missing_segments(whole, session)}


LYRICS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Noto Sans,20

[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.50,0:00:02.90,Default,{\\\\k50}Neon {\\\\k60}rain
"""
