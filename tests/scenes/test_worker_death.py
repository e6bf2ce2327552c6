"""A worker is killed with `kill -9` at a given line of each kind of job; the next one finishes it without duplicates.

Clips are rendered by threads, which a forked child lacks: `tests/production/test_survival.py` kills real workers.
"""

from decimal import Decimal

import pytest

from apps.assets.models import Asset
from apps.generation.services import character_reference_work, scenes_work
from apps.jobs.models import Job
from apps.scenes import making, own_clips, writing
from apps.scenes.making import GenerationSpec
from apps.scenes.models import Clip, Scene
from apps.work.work import Spending, work_run
from tests.factories import make_clip, make_project, make_scenes, store_asset
from tests.fakes import media
from tests.jobs.remote.driving import Kill, drive, killed, turn

pytestmark = pytest.mark.django_db(transaction=True)

MADE = Kill("draft/making.py", "make")
STORED = Kill("assets/services.py", "file_store")
SAVED = Kill("assets/services.py", "asset_create")
RENDERED = Kill("media/footage.py", "footage_render")


def scene_job(user, kind):
    project = make_project(user, song_seconds=1.0)
    (scene,) = make_scenes(project, "1")
    where = {"by": user, "project_id": project.pk, "sequence": 1}
    if kind == "image":
        return making.scene_image_generate(**where, spec=GenerationSpec(), spending=Spending())
    make_clip(scene, asset=store_asset(user, media.video(1.0)))
    return own_clips.scene_trim(**where, start_time=Decimal(0), end_time=Decimal("0.5"))


def stand_alone_job(user, kind):
    if kind == "scenes":
        work = scenes_work(by=user, idea="a walk", number_of_scenes=2)
    else:
        work = character_reference_work(by=user, character_description="a man in a hat", num_images=1)
    return work_run(by=user, work=work, spending=Spending())


@pytest.mark.parametrize("at", [MADE, STORED, SAVED], ids=["made", "stored", "saved"])
def test_scene_image_survives_worker_death(user, at):
    job = scene_job(user, "image")
    killed(lambda: turn(job), at=at)
    assert drive(job).state == "succeeded"
    assert Scene.objects.get().image is not None
    assert Job.objects.count() == 1


@pytest.mark.parametrize("at", [RENDERED, SAVED], ids=["rendered", "saved"])
def test_trim_survives_worker_death(user, at):
    job = scene_job(user, "trim")
    killed(lambda: turn(job), at=at)
    assert drive(job).state == "succeeded"
    assert Clip.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "at", "assets"),
    [("scenes", MADE, 0), ("character_reference", STORED, 1), ("character_reference", SAVED, 1)],
)
def test_standalone_job_survives_worker_death(user, kind, at, assets):
    job = stand_alone_job(user, kind)
    killed(lambda: turn(job), at=at)
    assert drive(job).state == "succeeded"
    assert Asset.objects.count() == assets


def test_writing_scenes_survives_worker_death(user):
    project = make_project(user, song_seconds=4.0)
    job = writing.scenes_generate(by=user, project_id=project.pk, number_of_scenes=2, spending=Spending())
    killed(lambda: turn(job), at=Kill("scenes/services.py", "scenes_replace"))
    assert not Scene.objects.exists()
    assert drive(job).state == "succeeded"
    assert Scene.objects.count() == 2
