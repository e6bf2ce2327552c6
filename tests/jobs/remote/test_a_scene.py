"""A scene of a project, made by paid services from its storyboard frame to lip-sync."""

from decimal import Decimal

import pytest

from apps.jobs.models import SpendingAccount
from apps.jobs.money import project_scope
from apps.jobs.states import State
from apps.scenes.lipsync import scenes_lipsync
from apps.scenes.lipsync_inputs import LipsyncWish
from apps.scenes.making import Wish, scene_image_generate, scene_video_generate
from apps.work.work import Spending
from tests.factories import make_project, make_scenes, make_song
from tests.fakes import media
from tests.jobs.remote.assets import stored_asset
from tests.jobs.remote.driving import drive

pytestmark = pytest.mark.django_db(transaction=True)


def test_image_video_and_lipsync_are_each_paid_for_once(user, replicate, sync_so, tmp_path):
    song = make_song(user, asset=stored_asset(user, media.sound(6.0), kind="audio", folder=tmp_path))
    choice = {"image": "replicate", "video": "replicate", "lipsync": "sync_so"}
    project = make_project(user, song=song, providers=choice)
    scene = make_scenes(project, "4.5")[0]
    place = {"by": user, "project_id": project.pk, "spending": Spending()}

    image = drive(scene_image_generate(**place, sequence=1, wish=Wish()))
    video = drive(scene_video_generate(**place, sequence=1, wish=Wish()))
    lipsync = drive(scenes_lipsync(**place, sequences=[1], wish=LipsyncWish())[0])

    assert [(job.state, job.error) for job in (image, video, lipsync)] == [(State.SUCCEEDED, "")] * 3
    scene.refresh_from_db()
    assert [clip.origin for clip in scene.clips.order_by("created_at")] == ["generated", "lip-synced"]
    assert scene.current_clip.origin == "lip-synced"
    sent = list(replicate.predictions.values())[-1].input
    assert sent["duration"] == 6  # the cheapest that covers 4.5 s
    assert sent["image"].startswith(replicate.base_url)  # starts from the storyboard frame
    assert (len(replicate.predictions), len(sync_so.generations)) == (2, 1)
    spent = SpendingAccount.objects.get(scope=project_scope(project.pk))
    assert (spent.spent, spent.reserved) == (image.cost + video.cost + lipsync.cost, Decimal(0))
