"""Jobs queued by the previous release: their JSON has no version."""

import zipfile

import pytest
from django.urls import reverse

from apps.composition.models import Composition
from apps.jobs.models import Job
from tests.composition.files import stored
from tests.composition.test_projects import post, run, url

pytestmark = pytest.mark.django_db(transaction=True)


def shot(asset_id, frames, start, **facts):
    """Return a shot as that release wrote it."""
    return {
        "asset_id": str(asset_id),
        "frames": frames,
        "start": "0",
        "short": "hold",
        "slowest": 0.5,
        "focus": [0.5, 0.5],
        "transition": None,
        "transition_frames": 0,
        "gain_db": None,
        "wanted": start,
        "name": "",
        "scene_id": None,
        "sequence": None,
        "clip_id": None,
        **facts,
    }


def plan(shots, song_id=None, end="4.5"):
    song = {
        "asset_id": str(song_id),
        "start": "1",
        "end": end,
        "fade_in_seconds": 0.0,
        "fade_out_seconds": 0.0,
        "loudness_lufs": None,
        "gain_db": 0.0,
    }
    return {
        "width": 1280,
        "height": 720,
        "fps": "24",
        "encoding": "FINAL",
        "fit": "blur",
        "shots": shots,
        "song": song if song_id else None,
        "burned_lyrics": "",
        "soft_lyrics": "",
        "title": "Night Drive",
        "artist": "",
    }


def project_plan(project):
    parts = zip(project.scenes.order_by("sequence"), (24, 36, 48), ("0", "1", "5/2"), strict=True)
    shots = [
        shot(
            scene.current_clip.asset_id,
            frames,
            start,
            name=f"Scene {scene.sequence}",
            scene_id=str(scene.pk),
            sequence=scene.sequence,
            clip_id=str(scene.current_clip_id),
        )
        for scene, frames, start in parts
    ]
    shots[1] |= {"transition": "dissolve", "transition_frames": 12}
    return plan(shots, project.song.asset_id)


def put_back(response, parameters):
    """Rewrite the job as the previous release would have left it in the queue."""
    Job.objects.filter(pk=response.json()["id"]).update(parameters=parameters)
    return run(response)


def test_a_queued_composition_becomes_the_final_video(api, project):
    frozen = project_plan(project)
    asked = {"project_id": str(project.pk), "plan": frozen, "fingerprint": "f" * 64}
    job = put_back(post(api, url(project, "compose")), {**asked, "output_id": None, "options": {"skip_missing": True}})
    assert job.state == "succeeded", job.error
    assert job.result["proof"]["cut_frames"] == [0, 24, 60]
    made = Composition.objects.get()
    # That release could not re-encode everything.
    assert (made.plan, made.fingerprint, made.options) == (
        frozen | {"reencode": False, "soft_language": ""},
        "f" * 64,
        {"skip_missing": True},
    )
    project.refresh_from_db()
    assert project.final_video_id == made.asset_id


def test_a_queued_output_does_not_replace_the_final_video(api, project):
    output = project.outputs.create(name="Square", aspect_ratio="1:1", resolution="720p")
    job = put_back(
        post(api, url(project, "compose"), output_id=str(output.pk)),
        {
            "project_id": str(project.pk),
            "plan": project_plan(project),
            "fingerprint": "f" * 64,
            "output_id": str(output.pk),
            "options": {},
        },
    )
    assert job.state == "succeeded", job.error
    project.refresh_from_db()
    assert Composition.objects.get().output_id == output.pk and project.final_video_id is None


def test_a_queued_repicture_replaces_only_its_source_video(api, project):
    other = project.scenes.get(sequence=1).current_clip.asset_id
    response = post(api, url(project, "compose"))
    project.refresh_from_db()
    asked = {"project_id": str(project.pk), "plan": project_plan(project), "fingerprint": "f" * 64}
    job = put_back(response, {**asked, "output_id": None, "options": {}, "replaces": str(other)})
    assert job.state == "succeeded", job.error
    project.refresh_from_db()
    assert Composition.objects.exists() and project.final_video_id is None


def test_a_queued_stitch_succeeds(api, user, sources):
    clips = [stored(user, sources[name].path, "video") for name in ("a", "b")]
    song = stored(user, sources["song.wav"].path, "audio")
    ids = [str(clip.pk) for clip in clips]
    job = put_back(
        post(api, "/api/mv/stitch_video", video_ids=ids),
        {
            "plan": plan([shot(ids[0], 24, "0"), shot(ids[1], 24, "1")], song.pk, end="3"),
            "video_ids": ids,
            "audio_id": str(song.pk),
            "options": {},
        },
    )
    assert job.state == "succeeded", job.error
    assert job.result["metadata"]["video_ids"] == ids and job.result["metadata"]["audio_id"] == str(song.pk)
    assert job.result["proof"]["frames"] == 48


def test_a_queued_export_succeeds(api, project, tmp_path):
    job = put_back(
        post(api, url(project, "export")),
        {
            "plan": project_plan(project),
            "fingerprint": "f" * 64,
            "package_version": 2,
            "project_id": str(project.pk),
        },
    )
    assert job.state == "succeeded", job.error
    package = tmp_path / "export.zip"
    package.write_bytes(b"".join(api.get(job.result["archive_url"]).streaming_content))
    with zipfile.ZipFile(package) as archive:
        assert "clips/scene_003.mp4" in archive.namelist()


def test_an_unreadable_job_explains_what_to_do(api, project):
    job = put_back(post(api, url(project, "compose")), {"project_id": str(project.pk), "plan": {"shots": "all"}})
    assert (job.state, job.code) == ("failed", "invalid_input")
    assert "Start it again" in job.error
    assert api.get(reverse("studio:edit", args=[project.pk])).status_code == 200
