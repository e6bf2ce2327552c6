"""Colors of a section's scenes brought together: over the API, in the composed film, and when it is off."""

import io
from unittest.mock import ANY

import numpy as np
import pytest
from PIL import Image

from apps.assets.services import asset_local_copy
from apps.composition import handlers
from apps.composition.models import ClipColor, Composition
from apps.composition.planning import project_plan
from apps.jobs.models import Job
from engines.media.color_mean import clip_mean
from engines.media.lab import color_difference
from tests.factories import make_clip, make_project, make_scenes, make_subject, store_asset
from tests.fakes import media
from tests.generation.conftest import media_folder  # noqa: F401 - fixture
from workers.base import job_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_segments", "media_folder")]
# Grass in daylight, the same a little darker and warmer, and a night.
DAY, WARM, NIGHT = "0x788c64", "0x7c7348", "0x10141e"
JSON = {"content_type": "application/json"}


def solid(color: str) -> bytes:
    return media.lavfi_video(f"color={color}:s=160x90:r=24:d=1.2")


@pytest.fixture
def project(user):
    """Two scenes of a verse and one of a chorus, which is a night."""
    made = make_project(user, title="Day and night")
    scenes = make_scenes(made, "1", "1", "1")
    for scene, section, color in zip(scenes, ("verse", "verse", "chorus"), (DAY, WARM, NIGHT), strict=True):
        scene.section, scene.facts = section, {"place": "field"}
        scene.save()
        make_clip(scene, asset=store_asset(user, solid(color)))
    return made


def url(project, rest: str) -> str:
    return f"/api/mv/projects/{project.pk}/{rest}"


def run(response) -> Job:
    assert response.status_code == 202, response.content
    job_run(handlers.HANDLERS, job_id=response.json()["id"], claim_from="queued")
    job = Job.objects.get(pk=response.json()["id"])
    assert job.state == "succeeded", job.error
    return job


def switch(api, project, *, on: bool = True) -> None:
    answer = api.patch(url(project, "look"), {"color_match": on}, **JSON)
    assert (answer.status_code, answer.json()["color_match"]) == (200, on)


def leave(api, project, sequence: int, way: str) -> None:
    answer = api.patch(url(project, f"scenes/{sequence}/look"), {"color_match": way}, **JSON)
    assert (answer.status_code, answer.json()["color_match"]) == (200, way)


def film_means(api, project):
    job = run(api.post(url(project, "compose"), {}, **JSON))
    asset = Composition.objects.latest("created_at").asset
    with asset_local_copy(asset) as path:
        return job.result["proof"]["encoded_segments"], [clip_mean(path, start, start + 0.9) for start in range(3)]


def test_a_section_is_brought_together_and_only_its_scenes_are_encoded_again(api, project):
    encoded, before = film_means(api, project)
    assert encoded == 3 and not ClipColor.objects.exists()
    switch(api, project)
    assert api.get(url(project, "compositions")).json()["results"][0]["stale"]
    encoded, after = film_means(api, project)
    assert encoded == 2
    assert color_difference(*before[:2]) > 8 and color_difference(*after[:2]) < 2.5
    assert color_difference(before[2], after[2]) < 0.5, "another section's night stays"
    measured = ClipColor.objects.count()
    assert film_means(api, project)[0] == 0 and ClipColor.objects.count() == measured == 3


def test_a_scene_can_be_left_or_followed_and_undone(api, project):
    _, before = film_means(api, project)
    switch(api, project)
    leave(api, project, 2, "leave")
    assert film_means(api, project)[0] == 0, "a lone scene has nobody to meet"
    leave(api, project, 2, "reference")
    encoded, after = film_means(api, project)
    assert encoded == 1
    assert color_difference(before[1], after[1]) < 0.5
    # As far as the limits allow.
    assert color_difference(after[0], after[1]) < color_difference(before[0], before[1]) / 2
    assert api.post(url(project, "undo"), {}, **JSON).status_code == 200
    assert api.get(url(project, "scenes/2/look")).json()["color_match"] == "leave"


def test_only_neighbors_at_one_place_are_brought_together(api, project):
    switch(api, project)
    one, other, _ = project.scenes.all()

    def groups():
        return [shot.matched for shot in project_plan(project).plan.shots]

    def change(scene, **fields):
        assert api.patch(url(project, f"scenes/{scene.sequence}"), fields, **JSON).status_code == 200

    # New words are read: they say another place, none, then the same one.
    for words, found in (("a kitchen", [1, 2, 3]), ("her hands", [1, 2, 3]), ("she runs over the meadow", [1, 1, 2])):
        change(other, prompt=words)
        assert groups() == found, words
    change(other, prompt="her hands")
    for entry, found in (("match", [1, 1, 2]), ("bridge", [1, 1, 2]), ("cut", [1, 2, 3])):
        change(other, entry=entry)
        assert groups() == found, entry
    pier, bar = make_subject(project, "Old pier", kind="place"), make_subject(project, "Bar", kind="place")
    change(one, subjects=[pier.pk])
    change(other, subjects=[pier.pk])
    assert groups() == [1, 1, 2]
    change(other, subjects=[bar.pk], prompt="she runs over the meadow")
    assert groups() == [1, 2, 3], "the cast's places say it"
    notes = api.get(url(project, "color_match")).json()["notes"]
    assert "known to be at one place" in notes[-1]


def test_when_it_is_off_plans_are_as_before(api, project):
    off = project_plan(project).plan
    assert not {"matched", "color_reference", "goes_on"} & set(off.model_dump(mode="json")["shots"][0])
    switch(api, project)
    on = project_plan(project).plan
    assert [shot.matched for shot in on.shots] == [1, 1, 2]
    switch(api, project, on=False)
    assert project_plan(project).plan.fingerprint == off.fingerprint != on.fingerprint


def test_the_preview_measures_in_a_job_and_shows_the_cuts(api, project):
    unknown = api.get(url(project, "color_match")).json()
    assert (unknown["on"], unknown["unmeasured"], unknown["before"], unknown["cuts"]) == (False, 3, None, [])
    # The look switches it on; this call only measures.
    mistaken = api.post(url(project, "color_match"), {"on": True}, **JSON)
    assert (mistaken.status_code, mistaken.json()["errors"]["on"]) == (
        400,
        ["Unknown field. This call takes no fields."],
    )
    assert not Job.objects.exists()
    run(api.post(url(project, "color_match")))
    told = api.get(url(project, "color_match")).json()
    assert told["unmeasured"] == 0 and told["before"] > 8 and told["after"] < 1
    (cut,) = told["cuts"]
    assert cut == {"sequence": 2, "seconds": 1.0, "before": ANY, "after": ANY, "before_url": ANY, "after_url": ANY}
    steps = []
    for side in ("before_url", "after_url"):
        picture = api.get(cut[side])
        assert picture["Content-Type"] == "image/jpeg"
        with Image.open(io.BytesIO(b"".join(picture.streaming_content))) as image:
            pixels = np.asarray(image, float)
        assert pixels.shape[1] == 644
        steps.append(np.abs(pixels[:, :300].mean((0, 1)) - pixels[:, 344:].mean((0, 1))).max())
    assert steps[0] > 20 and steps[1] < 6
    assert api.get(url(project, "color_match/cut?sequence=1")).status_code == 404
    assert api.get(url(project, "color_match/cut?sequence=x")).status_code == 400


def test_bad_values_are_refused_and_hdr_is_left_with_a_sentence(api, user, project):
    assert api.patch(url(project, "look"), {"color_match": "warm"}, **JSON).status_code == 400
    assert api.patch(url(project, "scenes/1/look"), {"color_match": "warm"}, **JSON).status_code == 400
    asset = project.scenes.get(sequence=1).current_clip.asset
    asset.description["color_transfer"] = "smpte2084"
    asset.save()
    run(api.post(url(project, "color_match")))
    told = api.get(url(project, "color_match")).json()
    assert told["notes"] == ["Scene 1: HDR, which stays as it is."]
    assert told["cuts"] == []
