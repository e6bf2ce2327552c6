"""How long work still takes: by table without rows, and read from finished jobs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.jobs.estimates import Step, job_seconds_left, seconds_left, work_seconds_left
from apps.jobs.history import LOOKBACK_JOBS, SAMPLE_JOBS, History, Past, Task, history_read
from apps.jobs.labels import time_left
from apps.jobs.models import Job, RemoteRun
from tests.factories import make_job

NOW = timezone.now()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0, "about 10 s left"),
        (44, "about 40 s left"),
        (89, "about 90 s left"),
        (91, "about 2 min left"),
        (19.4 * 60, "about 19 min left"),
        (23 * 60, "about 25 min left"),
        (89 * 60, "about 90 min left"),
        (100 * 60, "about 2 h left"),
        (13 * 3600, ""),
    ],
)
def test_time_left_is_said_in_steps_that_grow_with_it(seconds, said):
    assert time_left(seconds) == said


@pytest.mark.parametrize(
    ("usual", "elapsed", "share", "left"),
    [
        (None, 60, 0, None),  # nothing is known
        (None, 20, 0.5, 20),  # its own pace
        (None, 2, 0.5, None),
        (60, 0, 0, 60),
        (60, 20, 0, 40),  # without progress, its usual time
        (60, 61, 0, None),  # and then nothing
        (60, 30, 0.5, 30),
        (60, 60, 0.5, 60),  # by then its own pace
        (60, 15, 0.125, 60),  # half as fast as usual: not yet 105 s
        (60, 59, 0.95, 1),  # storing and uploading
    ],
)
def test_job_is_judged_by_its_own_pace_more_and_more(usual, elapsed, share, left):
    assert seconds_left(usual, elapsed=elapsed, share=share) == left


def test_time_left_only_falls_while_work_goes_as_usual():
    lefts = [seconds_left(60, elapsed=second, share=second / 60) for second in range(60)]
    assert lefts == [pytest.approx(60 - second) for second in range(60)]


def past(kind="video", *, took=40.0, started=0.0, provider="draft", model="", seconds=4.0):
    return Past(Task(kind, provider, model, seconds), started, started + took)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (Task("video", "draft", seconds=8), 80),  # by length
        (Task("video", "draft"), 40),  # of no known length
        (Task("image", "draft"), 6),  # no length at all
        (Task("video", "replicate", "slow", 4), 200),
        (Task("video", "replicate", "fast", 4), 20),
        (Task("video", "replicate", "new", 4), 110),  # any of the provider's models
        (Task("video", "comfyui", seconds=4), None),
        (Task("compose", seconds=60), None),
    ],
)
def test_usual_time_is_that_of_the_same_kind_provider_and_model(task, expected):
    history = History.of(
        [
            *[past(took=took) for took in (39, 40, 400)],
            past("image", took=6, seconds=None),
            past(took=200, provider="replicate", model="slow"),
            past(took=20, provider="replicate", model="fast"),
        ]
    )
    assert history.seconds(task) == expected


@pytest.mark.parametrize(
    ("starts", "at_once"), [([], 1), ([0, 40, 80], 1), ([0, 0, 40, 40], 2), ([0, 20, 1000], 1.2), ([0, 0, 0], 3)]
)
def test_jobs_at_once_are_those_that_overlapped(starts, at_once):
    assert History.of([past(started=start) for start in starts]).at_once("draft") == at_once


IMAGE, VIDEO, SUNG = Task("image", "draft"), Task("video", "draft", seconds=4), Task("lipsync", "sync_so")


@pytest.mark.parametrize(
    ("chains", "left"),
    [
        ([], 0),
        ([[IMAGE, VIDEO]], 50),  # a chain is as long as its steps
        ([[IMAGE, VIDEO]] * 4, 100),  # two at a time
        ([[IMAGE, VIDEO, SUNG]] * 4, 150),  # meanwhile the other service works
        ([[IMAGE, Task("compose")]], None),
    ],
)
def test_time_of_a_project_counts_what_runs_at_once(chains, left):
    lips = [past("lipsync", took=100, provider="sync_so", seconds=None, started=start) for start in (0, 0, 0, 0)]
    clips = [past(started=start) for start in (0, 0, 40, 40)]
    images = [past("image", took=10, seconds=None, started=start) for start in (80, 80)]
    steps = [[Step(task) for task in chain] for chain in chains]
    assert work_seconds_left(steps, History.of([*lips, *clips, *images]), now=NOW) == left


def finished(owner, *, took=40.0, ago=60.0, seconds=4.0, **fields):
    end = NOW - timedelta(seconds=ago)
    values = {"duration_seconds": seconds, "settings": {"providers": {"draft": {}}}}
    times = {"started_at": end - timedelta(seconds=took), "finished_at": end}
    return make_job(owner, **{"state": "succeeded", "parameters": {"frozen": {"values": values}}, **times, **fields})


@pytest.mark.django_db
def test_history_is_read_with_one_query_of_what_was_finished_here(user, other_user, django_assert_num_queries):
    finished(user)
    finished(user, took=9000, attempt=2)
    finished(user, took=9000, failures=1)
    finished(user, took=9000, imported_at=NOW)
    finished(user, took=9000, state="failed")
    finished(other_user, took=9000)
    paid = finished(user, took=120, provider="replicate")
    RemoteRun.objects.create(
        job=paid, attempt=1, provider="replicate", key="k", payload={}, model="a/b:1f", submitting_at=NOW
    )
    finished(user, kind="compose", provider="", took=30, parameters={}, result={"proof": {"duration_seconds": 60}})
    part = {"audio_segment": {"start_time": 2, "end_time": 7.0}}
    finished(user, kind="lipsync", took=10, parameters=part)

    with django_assert_num_queries(1):
        history = history_read(user.pk)

    assert history.seconds(Task("video", "draft", seconds=8)) == pytest.approx(80)
    assert history.seconds(Task("video", "replicate", "a/b", 8)) == pytest.approx(240)
    assert history.seconds(Task("compose", seconds=120)) == pytest.approx(60)
    assert history.seconds(Task("lipsync", "draft", seconds=10)) == pytest.approx(20)


@pytest.mark.django_db
def test_only_the_newest_jobs_count(user):
    old = finished(user, took=9000, kind="image")
    for number in range(SAMPLE_JOBS):
        finished(user, ago=number, seconds=None)
    finished(user, took=9000, ago=5000, seconds=None)
    assert history_read(user.pk).seconds(Task("video", "draft")) == 40

    rows = [Job(owner=user, kind="trim", queue="media", state="cancelled", finished_at=NOW) for _ in range(5)]
    done = {"state": "succeeded", "finished_at": NOW}
    rows += [Job(owner=user, kind="trim", queue="media", **done) for _ in range(LOOKBACK_JOBS)]
    Job.objects.bulk_create(rows)
    assert history_read(user.pk).seconds(Task(old.kind, "draft")) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"state": "running"}, 70),
        ({"state": "waiting"}, 70),
        ({"state": "running", "failures": 1}, None),
        ({"state": "queued", "started_at": None}, None),
        ({"state": "succeeded"}, None),
        ({"state": "needs_attention"}, None),
        ({"state": "running", "parameters": {}}, 30),
        ({"state": "running", "provider": "replicate"}, None),
    ],
)
def test_live_job_takes_as_long_as_those_before(user, fields, left):
    history = History.of([past(took=40)])
    asked = {"frozen": {"values": {"duration_seconds": 8}}}
    job = make_job(user, **{"started_at": NOW - timedelta(seconds=10), "parameters": asked, **fields})
    assert job_seconds_left(job, history, now=NOW) == left
