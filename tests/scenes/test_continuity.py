"""Scenes that continue one another, on a strict fake of Replicate: exactly the planned frame goes along, once."""

import io
import subprocess
from decimal import Decimal

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from apps.assets.services import asset_local_copy
from apps.jobs.models import Job
from apps.scenes.models import Scene
from tests.factories import make_clip, make_project, make_scenes, store_asset
from tests.fakes import media
from tests.jobs.remote.driving import Kill, drive, killed, turn

pytestmark = pytest.mark.django_db(transaction=True)

FAST = "google/veo-3.1-fast"
# Each frame differs, and a decoder has no choice of colors.
MOVING = (
    "testsrc2=duration=8:size=320x180:rate=24,setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
)
EXACT = "scale=flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24"


@pytest.fixture
def film(user, replicate):
    """Three scenes of 4 s. The first shows its clip from 1 s on, so the last frame that it shows is number 119."""
    replicate.every_video = media.lavfi_video(MOVING)
    project = make_project(user, providers={"image": "replicate", "video": "replicate"})
    scenes = make_scenes(project, "4", "4", "4")
    still = store_asset(user, media.image(), kind="image", suffix=".png")
    Scene.objects.filter(project=project).update(image=still)
    for scene in scenes:
        scene.refresh_from_db()
    make_clip(scenes[0], asset=store_asset(user, media.lavfi_video(MOVING)))
    Scene.objects.filter(pk=scenes[0].pk).update(clip_in=1)
    return project


def url(project, what):
    return f"/api/mv/projects/{project.pk}/{what}"


def post(api, project, what, **body):
    return api.post(url(project, what), body, content_type="application/json")


def follow(api, project, number, entry):
    answer = api.patch(url(project, f"scenes/{number}"), {"entry": entry}, content_type="application/json")
    assert answer.status_code == 200, answer.json()


def scene(api, project, number):
    return api.get(url(project, f"scenes/{number}")).json()


def generate(api, project, number, **body):
    answer = post(api, project, f"scenes/{number}/generate_video", **body)
    assert answer.status_code == 202, answer.json()
    return Job.objects.get(pk=answer.json()["id"])


def newest_input(replicate):
    return max(replicate.predictions.values(), key=lambda one: one.created).input


def picture(replicate, link):
    return np.asarray(Image.open(io.BytesIO(replicate.files[link.rsplit("/", 1)[1]][0])).convert("RGB"), np.float64)


def frame_of(clip, number):
    """Decode one frame by its number with ffmpeg alone."""
    with asset_local_copy(clip.asset) as path:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-vf"]
        command += [f"select=eq(n\\,{number}),{EXACT}", "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"]
        done = subprocess.run(command, check=True, capture_output=True, timeout=120)
    return np.asarray(Image.open(io.BytesIO(done.stdout)).convert("RGB"), np.float64)


def psnr(one, other):
    error = float(((one - other) ** 2).mean())
    return float("inf") if error == 0 else 10 * np.log10(255**2 / error)


def assert_is_frame(replicate, link, clip, number):
    sent = picture(replicate, link)
    assert psnr(sent, frame_of(clip, number)) >= 45
    assert psnr(sent, frame_of(clip, number - 1)) < 45 and psnr(sent, frame_of(clip, number + 1)) < 45


def current(project, number):
    return Scene.objects.get(project=project, sequence=number).current_clip


def test_a_continuing_clip_starts_from_the_last_planned_frame(api, film, replicate):
    follow(api, film, 2, "continue")
    job = drive(generate(api, film, 2, model=FAST))

    assert job.state == "succeeded", job.error
    sent = newest_input(replicate)
    assert "last_frame" not in sent
    assert_is_frame(replicate, sent["image"], current(film, 1), 119)
    # It is shown with its own first picture: the scene's image is of something else.
    found = scene(api, film, 2)
    clip = current(film, 2)
    assert found["poster_url"] == f"/api/mv/get_character_reference/{clip.poster_id}" != found["image_url"]
    with asset_local_copy(clip.poster) as path:
        shown = np.asarray(Image.open(path).convert("RGB").resize((320, 180)), np.float64)
    assert psnr(shown, frame_of(clip, 0)) > 25 > psnr(shown, picture(replicate, newest_input(replicate)["image"]))
    # What was paid for says what it was made from.
    first = current(film, 1)
    assert job.parameters["frozen"]["inputs"]["image"]["asset_id"] == str(first.asset_id)
    assert job.parameters["frozen"]["inputs"]["image"]["frame"] == {"number": 119, "fps": "24"}
    assert current(film, 2).parameters["inputs"]["image"]["frame"]["number"] == 119


def test_a_bridge_starts_from_that_frame_and_arrives_at_the_scenes_own_image(api, film, replicate):
    follow(api, film, 2, "bridge")
    drive(generate(api, film, 2, model=FAST))

    sent = newest_input(replicate)
    assert_is_frame(replicate, sent["image"], current(film, 1), 119)
    own = np.asarray(Image.open(io.BytesIO(media.image())).convert("RGB"), np.float64)
    assert psnr(picture(replicate, sent["last_frame"]), own) >= 45
    assert post(api, film, "scenes/2/generate_video/quote", model=FAST).json()["notes"] == []


def test_a_scene_that_matches_is_drawn_with_its_forerunners_picture(api, film, replicate):
    other = store_asset(film.owner, media.image("200x100"), kind="image", suffix=".png")
    Scene.objects.filter(project=film, sequence=1).update(image=other)
    follow(api, film, 2, "match")
    answer = post(api, film, "scenes/2/generate_image", model="google/nano-banana-2")
    drive(Job.objects.get(pk=answer.json()["id"]))

    sent = newest_input(replicate)
    assert [picture(replicate, one).shape[:2] for one in sent["image_input"]] == [(100, 200)]
    assert "Image 1 shows shot 1 (same place, light and colors)." in sent["prompt"]
    # Its clip starts from its own image, as after a cut.
    drive(generate(api, film, 2, model=FAST))
    assert "frame" not in (current(film, 2).parameters["inputs"]["image"]["frame"] or {})


def test_models_without_frames_say_so(api, film, replicate):
    follow(api, film, 2, "continue")
    refused = post(api, film, "scenes/2/generate_video/quote", model="wan-video/wan-2.7-t2v")
    assert refused.status_code == 400
    assert "takes no first frame, so scene 2 can't continue from scene 1" in refused.json()["detail"]
    assert FAST in refused.json()["detail"]


def test_nothing_is_bought_before_there_is_a_frame_to_continue_from(api, film, replicate):
    Scene.objects.filter(project=film, sequence=1).update(current_clip=None)
    follow(api, film, 2, "continue")

    assert post(api, film, "scenes/2/generate_video/quote").status_code == 200
    refused = post(api, film, "scenes/2/generate_video")
    assert (refused.status_code, refused.json()["code"]) == (409, "waits_for_scene")
    assert "Generate scene 1 first, or make scene 2 a cut." in refused.json()["detail"]
    Scene.objects.filter(project=film).update(image=None)
    follow(api, film, 3, "bridge")
    refused = post(api, film, "scenes/3/generate_video")
    assert refused.status_code == 400 and "no picture to arrive at" in refused.json()["detail"]


def test_a_clip_waits_for_its_forerunner_that_is_being_made(api, film, replicate):
    follow(api, film, 2, "continue")
    before, waiting = generate(api, film, 1, model=FAST), generate(api, film, 2, model=FAST)
    turn(waiting)
    assert (waiting.state, waiting.progress_message) == ("queued", "Waiting for scene 1, from which it continues")

    drive(before)
    assert drive(waiting).state == "succeeded", waiting.error
    # The new clip has no part chosen: its last planned frame is that of a scene of four seconds.
    assert_is_frame(replicate, newest_input(replicate)["image"], current(film, 1), 95)


def test_a_failed_forerunner_fails_what_waits_before_it_is_paid(api, film, replicate):
    follow(api, film, 2, "continue")
    before, waiting = generate(api, film, 1, model=FAST), generate(api, film, 2, model=FAST)
    replicate.end_next_as.append(("failed", "CUDA error"))
    assert drive(before).state == "failed"

    assert drive(waiting).state == "failed"
    assert "continues from scene 1, whose new clip wasn't made" in waiting.error
    assert "Nothing was paid" in waiting.error
    assert waiting.cost == Decimal(0) and len(replicate.predictions) == 1


@pytest.mark.parametrize(
    "step",
    [
        Kill("scenes/entry_waiting.py", "_frame_write"),
        Kill("media/stills.py", "frame_png"),
        Kill("jobs/remote.py", "submit_authorize"),
    ],
    ids=lambda step: step.function,
)
def test_a_worker_killed_anywhere_pays_once_for_the_same_frame(step, api, film, replicate):
    follow(api, film, 2, "continue")
    before, waiting = generate(api, film, 1, model=FAST), generate(api, film, 2, model=FAST)
    drive(before)

    killed(lambda: drive(waiting), at=step)
    assert drive(waiting).state == "succeeded", waiting.error

    assert len(replicate.predictions) == 2
    assert_is_frame(replicate, newest_input(replicate)["image"], current(film, 1), 95)


def test_every_fourth_of_a_chain_starts_from_its_own_image_again(api, user, replicate, no_delays):
    project = make_project(user, providers={"image": "replicate", "video": "replicate"})
    scenes = make_scenes(project, *["4"] * 6)
    Scene.objects.filter(project=project).update(image=store_asset(user, media.image(), kind="image", suffix=".png"))
    asset = store_asset(user, media.video(4.0))
    for one in scenes:
        one.refresh_from_db()
        make_clip(one, asset=asset)
    for number in range(2, 7):
        follow(api, project, number, "continue")

    frames = {}
    for number in range(2, 7):
        generate(api, project, number, model=FAST)
        job = Job.objects.latest("created_at")
        frames[number] = job.parameters["frozen"]["inputs"]["image"]["frame"] is not None or bool(
            job.parameters["frozen"]["inputs"]["image"]["last_frame_of"]
        )
    assert frames == {2: True, 3: True, 4: True, 5: False, 6: True}
