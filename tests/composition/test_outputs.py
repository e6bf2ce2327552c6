"""An output's framing, captions and cut can be changed; its next video shows it."""

import io

import numpy as np
import pytest
from PIL import Image

from apps.composition.models import Output
from apps.composition.outputs import videos_renew
from apps.composition.planning import project_plan
from apps.core.errors import ConflictError
from apps.songs.lyrics.services import lyrics_put
from engines.lyrics.encodings import Decoded
from tests.composition.test_projects import post, run, url
from tests.factories import make_clip

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "[00:01.50]Neon rain down\n[00:03.50]Harbor\n[00:05.00]"


@pytest.fixture
def sung(project):
    lyrics_put(by=project.owner, audio_id=project.song.asset_id, source=Decoded(WORDS, ""), language="en")
    return project


def add(api, project, **fields):
    made = post(api, url(project, "outputs"), aspect_ratio="9:16", **fields)
    assert made.status_code == 201, made.content
    return Output.objects.get(pk=made.json()["id"])


def change(api, project, output, **fields):
    return api.patch(url(project, f"outputs/{output.pk}"), fields, content_type="application/json")


def test_captions_of_an_output_differ_from_the_films(api, sung):
    output = add(api, sung)
    assert change(api, sung, output, captions={"style": "big_word"}).json()["captions"] == {"style": "big_word"}
    output.refresh_from_db()
    assert project_plan(sung, output=output).plan.burned_lyrics
    assert not project_plan(sung).plan.burned_lyrics
    # What the output doesn't say itself follows the project.
    api.patch(url(sung, "look"), {"captions": {"style": "line", "track": "soft"}}, content_type="application/json")
    plan = project_plan(sung, output=output).plan
    assert plan.soft_lyrics and not plan.burned_lyrics
    assert change(api, sung, output, captions=None).json()["captions"] == {}


def test_changed_framing_or_captions_make_the_output_stale(api, sung):
    output = add(api, sung, framing="fill")
    assert run(post(api, url(sung, "compose"), output_id=str(output.pk))).state == "succeeded"
    assert not api.get(url(sung, "compositions")).json()["results"][0]["stale"]
    change(api, sung, output, framing="fit")
    assert api.get(url(sung, "compositions")).json()["results"][0]["stale"]
    change(api, sung, output, framing="fill")
    assert not api.get(url(sung, "compositions")).json()["results"][0]["stale"]
    change(api, sung, output, captions={"style": "line", "track": "burned"})
    assert api.get(url(sung, "compositions")).json()["results"][0]["stale"]


def test_another_start_renames_a_cut_that_is_named_after_its_format(api, project):
    project.outputs.create(name="Mine", aspect_ratio="1:1", resolution="720p", hook_seconds=2, hook_start=1)
    project.scenes.filter(sequence=1).update(duration=5)
    for name, renamed in (("9:16 · 720p · hook 5 s from 0:01.0", "9:16 · 720p · hook 5 s"), ("Mine", "Mine")):
        output = Output.objects.filter(name=name).first() or add(api, project, hook_seconds=5, hook_start=1)
        assert (output.name, change(api, project, output, hook_start=None).json()["name"]) == (name, renamed)


def test_a_cut_that_the_film_is_too_short_for_is_refused_and_says_why(api, project):
    seconds = sum(scene.duration for scene in project.scenes.all())
    refused = post(api, url(project, "outputs"), aspect_ratio="9:16", hook_seconds=15)
    assert refused.status_code == 400
    assert refused.json()["errors"]["hook_seconds"] == [
        f"The film lasts {seconds:.2f} seconds, too short for a cut of 15 seconds."
    ]
    assert not Output.objects.exists()
    project.scenes.filter(sequence=1).update(duration=30)
    output = add(api, project, hook_seconds=15)
    assert "hook_start" in change(api, project, output, hook_start=90).json()["errors"]
    assert "hook_seconds" in change(api, project, output, hook_seconds=100).json()["errors"]
    assert change(api, project, output, hook_start=2).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"framing": "wide"},
        {"hook_start": 1},
        {"captions": {"style": "wavy"}},
        {"captions": {"font": "Comic Sans"}},
        {"hook_seconds": 500},
        {"aspect_ratio": "1:1"},
    ],
)
def test_what_an_output_cannot_be_is_refused(api, sung, fields):
    refused = change(api, sung, add(api, sung), **fields)
    assert refused.status_code == 400
    assert len(refused.json()["detail"]) > 10


def preview(api, project, query):
    response = api.get(url(project, f"captions/preview?{query}"))
    assert response.status_code == 200, response.content
    return np.asarray(Image.open(io.BytesIO(response.getvalue())).convert("L"), int)


def test_the_captions_preview_shows_the_framing_of_its_output(api, sung):
    fitted, filled = add(api, sung, framing="fit"), add(api, sung, framing="fill", name="filled")
    fit, fill = (preview(api, sung, f"style=none&output_id={output.pk}") for output in (fitted, filled))
    assert fit.shape == fill.shape == (712, 400)
    # The picture of a fitted output is in the middle, on a dark blur.
    assert abs(fit - fill).mean() > 3
    assert abs(fit - preview(api, sung, "style=none&aspect_ratio=9:16&framing=fit")).mean() < 1
    assert abs(fill - preview(api, sung, "style=none&aspect_ratio=9:16&framing=fill")).mean() < 1


def test_everything_that_is_behind_is_made_again_at_once(api, project):
    output = add(api, project)
    assert run(post(api, url(project, "compose"))).state == "succeeded"
    (job,) = videos_renew(by=project.owner, project_id=project.pk).jobs
    assert run_job(job) == str(output.pk)
    with pytest.raises(ConflictError, match="nothing to make again"):
        videos_renew(by=project.owner, project_id=project.pk)
    make_clip(project.scenes.get(sequence=1), asset=project.scenes.get(sequence=2).current_clip.asset)
    jobs = videos_renew(by=project.owner, project_id=project.pk).jobs
    assert [job.parameters["output_id"] for job in jobs] == [None, str(output.pk)]
    # What is being composed isn't asked for twice.
    with pytest.raises(ConflictError):
        videos_renew(by=project.owner, project_id=project.pk)


def run_job(job):
    from apps.composition import handlers
    from workers.base import job_run

    job_run(handlers.HANDLERS, job_id=str(job.pk), claim_from="queued")
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    return job.parameters["output_id"]
