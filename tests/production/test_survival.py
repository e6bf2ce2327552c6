"""The whole path on real workers that are killed while rendering."""

import pytest

from apps.jobs import sweep
from apps.jobs.models import Job
from apps.production import generate_all
from apps.projects.models import Project
from apps.work.work import Spending
from tests.factories import make_project, make_song, store_asset
from tests.fakes import media
from tests.waiting import wait_for
from tests.worker import beat, celery_worker, kill_tree, silence

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def test_project_finishes_even_if_workers_are_killed_while_rendering(user, monkeypatch):
    monkeypatch.setattr(sweep, "SILENT_QUEUED_SECONDS", 1.0)
    song = make_song(user, seconds=8.0, asset=store_asset(user, media.sound(8.0), kind="audio", suffix=".wav"))
    project = make_project(user, song=song, number_of_scenes=2)
    generate_all.generate_all_start(by=user, project_id=project.pk, spending=Spending())
    rendering = Job.objects.filter(kind="video", state="running", progress_percentage__gt=0)
    with celery_worker(pool="prefork") as worker:
        wait_for(rendering.exists, seconds=120, what="a clip to be rendered", step=0.02)
        kill_tree(worker)
    assert Project.objects.get(pk=project.pk).generating
    silence()
    with beat(generate_all.projects_advance_all), celery_worker(pool="prefork"):
        wait_for(lambda: not Project.objects.get(pk=project.pk).generating, seconds=200, what="the project to end")
    project.refresh_from_db()
    assert (project.problem, project.final_video.frames) == ("", 192)
    kinds = sorted(Job.objects.values_list("kind", "state"))
    made = ["compose", "image", "image", "scenes", "video", "video"]
    assert kinds == [(kind, "succeeded") for kind in made]
