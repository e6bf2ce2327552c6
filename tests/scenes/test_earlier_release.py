"""Generation jobs queued by the previous release: their JSON has no version and omits empty values."""

from decimal import Decimal

import pytest

from apps.jobs.models import Job
from apps.production.quick import stitch_missed
from apps.scenes.models import Clip, Scene
from apps.songs.models import AnalysisState
from tests.factories import make_clip, make_project, make_scenes, make_song, store_asset
from tests.fakes import media
from tests.jobs.remote.driving import drive

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = {"width": 1280, "height": 720, "aspect_ratio": "16:9"}
WORDS = {"prompt": "a blue door", "negative_prompt": "text, watermark", "seed": 1017}


@pytest.fixture
def project(user):
    return make_project(user, character_description="A woman in a red coat")


@pytest.fixture
def scene(project):
    (scene,) = make_scenes(project, "1")
    return scene


def post(api, address, **body):
    response = api.post(f"/api/mv/{address}", body, content_type="application/json")
    assert response.status_code == 202, response.content
    data = response.json()
    return (data.get("job") or data)["id"]


@pytest.fixture
def queued_before(run_job):
    """Run the job as the previous release queued it; the flavor's values stay as they are."""

    def run(job_id, capability, values, inputs=None, **more) -> Job:
        settings = Job.objects.get(pk=job_id).parameters["frozen"]["values"]["settings"]
        frozen = {"capability": capability, "values": {**values, "settings": settings}}
        if inputs:
            frozen["inputs"] = inputs
        Job.objects.filter(pk=job_id).update(parameters={"frozen": frozen, **more})
        job = Job.objects.get(pk=job_id)
        job = drive(job) if job.provider == "sync_so" else run_job(job_id)
        assert job.state == "succeeded", job.error
        return job

    return run


SCENES = {"idea": "A city at night", "character_description": "", "seed": 5, "number_of_scenes": 2}


def test_project_scenes_are_written(api, project, queued_before):
    job_id = post(api, f"projects/{project.pk}/scenes/generate", number_of_scenes=2)
    queued_before(job_id, "scenes", {**SCENES, "slots": [[0.0, 1.5], [1.5, 4.0]]})
    lengths = Scene.objects.filter(project=project).order_by("sequence").values_list("duration", flat=True)
    assert list(lengths) == [Decimal("1.5"), Decimal("2.5")]


def test_standalone_scenes_are_written(api, queued_before):
    job = queued_before(
        post(api, "create_scenes", idea="A city at night", number_of_scenes=2),
        "scenes",
        {**SCENES, "slots": [[0.0, 5.0], [5.0, 10.0]]},
    )
    assert [scene["duration"] for scene in job.result["scenes"]] == [5.0, 5.0]


def test_scenes_waiting_for_song_are_placed_on_its_beats(api, user, run_job):
    song = make_song(user, seconds=4.0, analysis_state=AnalysisState.WAITING)
    project = make_project(user, song=song)
    job_id = post(api, f"projects/{project.pk}/scenes/generate", number_of_scenes=3)
    settings = Job.objects.get().parameters["frozen"]["values"]["settings"]
    values = {**SCENES, "slots": [[0.0, 4.0]], "number_of_scenes": 1, "settings": settings}
    wait = {"song_id": str(song.pk), "start": 0.0, "end": 4.0, "number_of_scenes": 3}
    Job.objects.update(parameters={"frozen": {"capability": "scenes", "values": values}, "waits_for_song": wait})
    assert run_job(job_id).state == "queued"
    type(song).objects.update(analysis_state=AnalysisState.DONE)
    Job.objects.update(run_after=None)
    job = run_job(job_id)
    assert job.state == "succeeded", job.error
    assert job.parameters["frozen"]["values"]["number_of_scenes"] == 3 == Scene.objects.count()
    assert (job.parameters["version"], job.parameters["waits_for_song"]) == (2, None)


def test_image_is_drawn_and_clip_follows(api, scene, queued_before):
    job_id = post(api, f"projects/{scene.project_id}/scenes/1/generate_image")
    values = {**WORDS, **SIZE, "purpose": "scene"}
    job = queued_before(job_id, "image", values, then_video=True)
    scene.refresh_from_db()
    assert str(scene.image_id) == job.result["image_id"]
    assert job.result["metadata"]["request"]["prompt"] == "a blue door"


def test_character_references_are_drawn(api, queued_before):
    values = {**WORDS, **SIZE, "purpose": "character_reference", "num_images": 2}
    job_id = post(api, "generate_character_reference", character_description="A woman in a red coat")
    assert len(queued_before(job_id, "image", values).result["images"]) == 2


VIDEO = {**WORDS, **SIZE, "duration_seconds": 1.0, "fps": "24", "frames": 24}


@pytest.mark.parametrize("current", [True, False])
def test_scene_clip_is_generated(api, user, scene, queued_before, current):
    image = store_asset(user, media.image(), kind="image", suffix=".png")
    job_id = post(api, f"projects/{scene.project_id}/scenes/1/generate_video")
    values = {**VIDEO, "energy": [], "beat_seconds": []}
    queued_before(job_id, "video", values, {"image": {"asset_id": str(image.pk)}}, make_current=current)
    clip = Clip.objects.get(scene=scene)
    scene.refresh_from_db()
    assert (clip.asset.frames, scene.current_clip == clip) == (24, current)
    assert clip.parameters["request"]["prompt"] == "a blue door"


def test_standalone_video_is_generated(api, queued_before):
    job = queued_before(post(api, "generate_video", prompt="x", duration=1), "video", VIDEO)
    assert job.result["video_id"]


LIPSYNC = {"temperature": 0.5, "active_speaker_detection": False, "occlusion_detection_enabled": False}


@pytest.fixture
def sung(user, no_delays):
    """A project with one scene of two seconds, its clip, and a song."""
    sound = store_asset(user, media.sound(4.0), kind="audio", suffix=".wav")
    project = make_project(user, song=make_song(user, seconds=4.0, asset=sound))
    (scene,) = make_scenes(project, "2")
    make_clip(scene, asset=store_asset(user, media.video(2.0, "640x360")))
    return scene


def inputs_of(scene, end):
    audio = {"asset_id": str(scene.project.song.asset_id), "start_seconds": 0.5, "end_seconds": end}
    return {"video": {"asset_id": str(scene.current_clip.asset_id)}, "audio": audio}


def test_scene_lipsync_is_generated_and_reported_as_before(api, sung, sync_so, queued_before):
    parent, audio_id = sung.current_clip, str(sung.project.song.asset_id)
    address = f"projects/{sung.project_id}/lipsync/1"
    params = {**LIPSYNC, "audio_id": audio_id, "preview": False}
    queued_before(
        post(api, address, provider="sync_so"),
        "lipsync",
        LIPSYNC,
        inputs_of(sung, 2.5),
        make_current=True,
        parent_id=str(parent.pk),
        audio_segment={"start_time": 0.5, "end_time": 2.5},
        scene_count=1,
        lipsync_params=params,
        wanted={"duration_seconds": 2.0, "width": 640, "height": 360},
        asked_audio={"audio_id": audio_id, "audio_start": "0.5"},
        look_first=False,
    )
    sung.refresh_from_db()
    assert (sung.current_clip.origin, sung.current_clip.parent) == ("lip-synced", parent)
    told = api.get(f"/api/mv/{address}").json()
    assert (told["lipsync_params"], told["audio_segment"]) == (params, {"start_time": 0.5, "end_time": 2.5})


def test_quick_lipsync_is_generated_and_reported_as_before(api, sung, sync_so, queued_before):
    params = {"audio_id": str(sung.project.song.asset_id), "preview": False}
    job = queued_before(
        post(api, f"projects/{sung.project_id}/lipsync/1", provider="sync_so"),
        "lipsync",
        LIPSYNC,
        inputs_of(sung, 2.5),
        make_current=True,
        parent_id=str(sung.current_clip_id),
        audio_segment={"start_time": 0.5, "end_time": 2.5},
        lipsync_params=params,
        wanted={"duration_seconds": 2.0, "width": 640, "height": 360},
        stitch_after=True,
    )
    assert api.get(f"/api/mv/projects/{sung.project_id}/lipsync/1").json()["lipsync_params"] == params
    stitch_missed(now=job.finished_at)  # finds it by its JSON, and there is no final video to compose again


def test_standalone_lipsync_is_generated(api, sung, sync_so, queued_before):
    body = {"video_id": str(sung.current_clip.asset_id), "audio_id": str(sung.project.song.asset_id)}
    inputs = {name: {"asset_id": body[f"{name}_id"]} for name in ("video", "audio")}
    assert queued_before(post(api, "lipsync", provider="sync_so", **body), "lipsync", LIPSYNC, inputs).result[
        "video_id"
    ]


@pytest.mark.parametrize(
    "parameters", [{}, {"frozen": {}}, {"version": 3}, {"frozen": "x"}, {"frozen": {"inputs": {}}}]
)
def test_unreadable_job_fails_with_message_and_can_be_requested_again(api, sung, run_job, parameters):
    job_id = post(api, f"projects/{sung.project_id}/lipsync/1")
    Job.objects.filter(pk=job_id).update(parameters=parameters)
    job = run_job(job_id)
    assert (job.state, "Start it again" in job.error) == ("failed", True)
    told = api.get(f"/api/mv/projects/{sung.project_id}/lipsync/1").json()
    assert (told["status"], told["lipsync_params"], told["audio_segment"]) == ("error", {}, None)
    response = api.post(f"/api/jobs/{job_id}/retry")
    assert response.status_code == 202, response.content
    assert response.json()["id"] != job_id
    assert Job.objects.get(pk=response.json()["id"]).parameters["frozen"]["capability"] == "lipsync"
