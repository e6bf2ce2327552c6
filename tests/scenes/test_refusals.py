"""A content check refused a scene: what it refused is named, and the prompt can be edited, softened or sent on."""

import json

import pytest

from apps.jobs.models import Job
from apps.providers.moderation import content_refused, refused_inputs
from apps.scenes.models import Scene
from tests.factories import make_project, make_scenes
from tests.jobs.remote.conftest import chat  # noqa: F401
from tests.jobs.remote.driving import drive
from tests.studio.pages import html_of

pytestmark = pytest.mark.django_db(transaction=True)

SOFT = json.dumps({"scenes": [{"description": "a quiet street at dawn", "negative_description": "", "lipsync": False}]})


@pytest.fixture
def project(user, no_delays):
    project = make_project(user, providers={"image": "replicate", "video": "replicate"})
    make_scenes(project, "4", prompt="a forbidden street at dawn")
    return project


def post(api, project, what, **body):
    return api.post(f"/api/mv/projects/{project.pk}/scenes/1/{what}", body, content_type="application/json")


def refused_clip(api, project):
    return drive(Job.objects.get(pk=post(api, project, "generate_video").json()["id"]))


@pytest.mark.parametrize(
    ("words", "inputs"),
    [
        ("The input or output was flagged as sensitive. Please try again with different inputs. (E005)", ()),
        ("The prompt was flagged by moderation.", ("prompt",)),
        ("Input image contains sensitive content (first_frame)", ("image",)),
        ("Output audio was filtered by our safety system", ("audio", "output")),
    ],
)
def test_refused_inputs_are_named_only_as_far_as_the_words_say(words, inputs):
    assert content_refused(words) and refused_inputs(words) == inputs


def test_api_names_what_was_refused_and_what_can_be_done(api, project, replicate):
    job = refused_clip(api, project)
    replicate.fail_next(
        "POST .*predictions$", "status", status=422, body={"detail": "The prompt was flagged as sensitive"}
    )
    at_once = refused_clip(api, project)

    options = ["edit_prompt", "soften_prompt", "another_model"]
    told = api.get(f"/api/jobs/{job.pk}").json()
    assert (job.code, told["refusal"]) == ("content_refused", {"inputs": [], "options": options})
    assert at_once.code == "content_refused" and "content check refused this" in at_once.error
    assert api.get(f"/api/jobs/{at_once.pk}").json()["refusal"]["inputs"] == ["prompt"]
    page = html_of(api.get(f"/quick-gen/{project.pk}"))
    assert "Edit the prompt" in page and "Another model" in page and "Refused: prompt." in page
    assert "Soften it" not in page  # there is no language model
    assert post(api, project, "soften").json()["code"] == "not_configured"


def test_softening_is_quoted_and_the_retry_sends_the_new_words(api, project, replicate, chat):  # noqa: F811
    refused_clip(api, project)
    chat.answers.append(SOFT)

    quote = post(api, project, "soften/quote").json()
    assert quote["provider"] == "chat" and float(quote["amount"]) > 0
    assert "Soften it" in html_of(api.get(f"/quick-gen/{project.pk}"))
    job = drive(Job.objects.get(pk=post(api, project, "soften").json()["id"]))

    assert job.state == "succeeded", job.error
    assert job.result["used"] and Scene.objects.get().prompt == "a quiet street at dawn"
    assert "a forbidden street at dawn" in json.loads(chat.log[-1].body)["messages"][1]["content"]
    assert api.post(f"/projects/{project.pk}/scenes/1/retry", {}).status_code == 302
    again = drive(Job.objects.filter(kind="video").order_by("-created_at").first())
    assert again.state == "succeeded", again.error
    assert [one.input["prompt"] for one in replicate.predictions.values()][-1].startswith("a quiet street")


def test_words_that_were_changed_meanwhile_are_not_overwritten(api, project, replicate, chat):  # noqa: F811
    refused_clip(api, project)
    chat.answers.append(SOFT)
    job = Job.objects.get(pk=post(api, project, "soften").json()["id"])
    Scene.objects.update(prompt="my own words")

    drive(job)

    assert job.result == {"scene_id": str(Scene.objects.get().pk), "prompt": "a quiet street at dawn", "used": False}
    assert Scene.objects.get().prompt == "my own words"
