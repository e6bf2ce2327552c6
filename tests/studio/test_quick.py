import pytest

from apps.core.errors import ConflictError
from apps.jobs.models import Job
from apps.studio.quick import lipsync_adopt
from tests.factories import make_asset, make_clip, make_project, make_scenes

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(user):
    made = make_scenes(make_project(user, song_seconds=12), "8")[0]
    make_clip(made)
    return made


def lipsync_job(owner, **fields):
    video = make_asset(owner, duration_seconds=8.0)
    facts = {"state": "succeeded", "finished_at": "2026-01-01T00:00Z", "result": {"video_id": str(video.pk)}, **fields}
    return Job.objects.create(owner=owner, kind="lipsync", queue="media", **facts)


def adopt(user, scene, job):
    return lipsync_adopt(by=user, project_id=scene.project_id, sequence=1, job_id=job.pk)


def test_the_result_takes_the_clips_place_and_joins_the_history(user, scene):
    before = scene.current_clip
    clip = adopt(user, scene, lipsync_job(user))

    scene.refresh_from_db()
    assert scene.current_clip == clip
    assert (clip.parent, clip.origin) == (before, "lip-synced")
    assert scene.clips.count() == 2


def test_adopting_twice_makes_one_clip(user, scene):
    job = lipsync_job(user)

    assert adopt(user, scene, job) == adopt(user, scene, job)
    assert scene.clips.count() == 2


@pytest.mark.parametrize("fields", [{"state": "running", "finished_at": None}, {"kind": "video"}])
def test_only_a_finished_lipsync_is_adopted(user, scene, fields):
    with pytest.raises(ConflictError):
        adopt(user, scene, lipsync_job(user, **fields) if "kind" not in fields else _video_job(user))

    assert scene.clips.count() == 1


def _video_job(owner):
    job = lipsync_job(owner)
    job.kind = "video"
    job.save()
    return job


def test_the_final_video_is_stitched_again(user, scene):
    project = scene.project
    project.final_video = make_asset(user)
    project.save()
    adopt(user, scene, lipsync_job(user))

    assert Job.objects.filter(kind="compose", project_id=project.pk).count() == 1
