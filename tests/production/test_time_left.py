"""How long the one-button path still takes, as its bar says it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.jobs.models import Job
from apps.production.stages import jobs_progress, project_progress
from apps.scenes.models import Scene
from apps.scenes.selectors import scenes_of
from tests.factories import make_asset, make_clip, make_job, make_project, make_scenes

pytestmark = pytest.mark.django_db
# One moment for all, so that pairs of jobs overlap exactly.
NOW = timezone.now()


def finished(owner, kind, *, took, ago, seconds=None, **fields):
    end = NOW - timedelta(seconds=ago)
    times = {"started_at": end - timedelta(seconds=took), "finished_at": end}
    asked = {"frozen": {"values": {"duration_seconds": seconds, "settings": {}}}}
    return make_job(owner, kind=kind, state="succeeded", **{"parameters": asked, **times, **fields})


@pytest.fixture
def before(user):
    """What was finished here lately: two jobs at a time, 10 s an image, 10 s of work a second of clip."""
    for pair in range(2):
        for _ in range(2):
            finished(user, "image", took=10, ago=1000 + 10 * pair)
            finished(user, "video", took=40, ago=2000 + 40 * pair, seconds=4)
    finished(user, "scenes", took=20, ago=3000)
    film = {"proof": {"duration_seconds": 60}}
    finished(user, "compose", took=75, ago=900, provider="", parameters={}, result=film)


def left(project):
    running = list(Job.objects.filter(project_id=project.pk, finished_at=None))
    return project_progress(project, list(scenes_of(project)), running).left


def making(user, *lengths, **fields):
    project = make_project(user, **{"generating": True, "generating_since": timezone.now(), **fields})
    return project, make_scenes(project, *lengths)


def test_everything_still_to_make_is_counted_from_the_first_second(user, before):
    project, _ = making(user, "4", "4", "8", "8")
    # (4 images + 24 s of clips) at two a time, then a film of 24 s
    assert left(project) == "about 3 min left"


def test_what_is_made_or_under_way_counts_no_more(user, before):
    project, scenes = making(user, "4", "4", "8", "8")
    for scene in scenes:
        scene.image = make_asset(user, kind="image")
        scene.save()
    for scene in scenes[:3]:
        make_clip(scene)
    started = timezone.now() - timedelta(seconds=60)
    asked = {"frozen": {"values": {"duration_seconds": 8}}}
    fields = {"project_id": project.pk, "scene_id": scenes[3].pk, "parameters": asked, "started_at": started}
    make_job(user, state="running", **fields)
    assert left(project) == "about 50 s left"  # 20 s of the clip, 30 s of the film


def test_clips_that_continue_one_another_come_one_after_another(user, before):
    project, scenes = making(user, "8", "8", "8", "8")
    for scene in scenes[1:]:
        scene.entry = "continue"
        scene.save()
    # An image and 32 s of clips in a row, then a film of 32 s; side by side they would take 3 min.
    assert left(project) == "about 6 min left"
    Scene.objects.update(entry="cut")
    assert left(project) == "about 4 min left"


def test_round_that_stops_after_the_pictures_counts_no_clips(user, before):
    project, _ = making(user, "4", "4", "8", "8", round="pictures", needs_approval=True)
    assert left(project) == "about 20 s left"


def test_scene_that_failed_holds_the_film_back(user, before):
    project, scenes = making(user, "4", "4")
    scenes[0].job = make_job(user, kind="image", state="failed", scene_id=scenes[0].pk, project_id=project.pk)
    scenes[0].save()
    assert left(project) == "about 50 s left"


def test_unwritten_scenes_are_counted_as_planned(user, before):
    project, _ = making(user, number_of_scenes=2, flavor="default")
    assert left(project).startswith("about ")


def test_nothing_is_said_without_a_film_before(user, before):
    Job.objects.filter(kind="compose").delete()
    project, _ = making(user, "4", "4")
    assert left(project) == ""


def test_unknown_provider_costs_only_the_figure(user, before):
    project, _ = making(user, "4", providers={"video": "gone"})
    assert left(project) == ""


def test_many_scenes_need_as_few_queries_as_few(user, before, django_assert_max_num_queries):
    project, _ = making(user, *["4"] * 60)
    scenes = list(scenes_of(project))
    with django_assert_max_num_queries(12):
        project_progress(project, scenes, [])


def test_jobs_outside_the_path_are_counted_together(user, before):
    project = make_project(user)
    asked = {"frozen": {"values": {"duration_seconds": 4}}}
    jobs = [make_job(user, project_id=project.pk, parameters=asked) for _ in range(4)]
    assert jobs_progress(jobs).left == "about 90 s left"  # nearly two at a time: the scenes were written alone
