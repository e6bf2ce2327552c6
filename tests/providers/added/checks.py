"""Everything a provider gets from having a folder. `test_adding.py` runs this in a process that includes `paper`."""

import json
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.flavors.files import FlavorProblem, parse_flavor_text, validate
from apps.flavors.registry import layers_of, registry, resolve
from apps.jobs.models import Job
from apps.pro.handlers import pro_run, result_keep
from apps.projects.models import Project
from apps.scenes.handlers import HANDLERS
from tests.fakes import media
from tests.studio.pages import html_of
from workers.base import job_run

SHEETS = "/api/mv/generate_character_reference"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(client, user, settings, tmp_path):
    settings.MEDIA_ROOT, settings.SCRATCH_ROOT = tmp_path / "media", tmp_path / "scratch"
    client.force_login(user)
    return client


@pytest.fixture
def order(api):
    def send(**fields):
        form = {
            "video": SimpleUploadedFile("clip.mp4", media.video(2.0)),
            "a": SimpleUploadedFile("a.wav", media.sound(2.0)),
            "segments": json.dumps([{"startTime": 0, "endTime": 1, "audioInput": {"refId": "a"}}]),
            "provider": "paper",
        }
        return api.post("/api/v1/sync/pro-sync-process", {**form, **fields})

    return send


def test_its_variable_is_a_setting(settings):
    assert settings.PAPER_SHEETS == 500


def test_flavors_may_configure_it_but_need_not():
    assert resolve("default", "image_params").values["providers"]["paper"] == {"color": "#fefefe"}
    edit = parse_flavor_text("provider: paper\nproviders: {paper: {color: '#102030'}}", source="edit")
    layers = [*layers_of("default", "image_params", registry.discovered, {}), edit]
    assert validate("image_params", layers)["providers"]["paper"] == {"color": "#102030"}


def test_flavor_with_a_misspelled_section_is_refused():
    edit = parse_flavor_text("providers: {paper: {color: white}}", source="edit")
    with pytest.raises(FlavorProblem, match=r"providers\.paper\.color"):
        validate("image_params", [*layers_of("default", "image_params", registry.discovered, {}), edit])


def send(api, url, **body):
    return api.post(url, body, content_type="application/json")


def test_api_offers_it_where_it_can_do_the_work(api):
    refused = send(api, SHEETS, character_description="x", provider="nobody")
    assert "paper" in refused.json()["detail"]
    made = send(api, "/api/mv/projects", title="x", providers={"image": "paper"})
    assert made.json()["providers"] == {"image": "paper"}
    assert send(api, "/api/mv/projects", title="x", providers={"video": "paper"}).status_code == 400


def test_pages_offer_it_by_its_label(api, user):
    project = Project.objects.create(owner=user, title="x")
    dialog = html_of(api.get(f"/projects/{project.pk}/settings"))
    assert '<input type="radio" name="by_image" value="paper" data-words="Paper' in dialog
    page = html_of(api.get("/pro"))
    assert '<option value="paper" data-rules="Paper">Paper (free)</option>' in page
    assert '<option value="shadow" data-rules="Paper"' in page


def test_it_runs_a_job(api):
    response = send(api, SHEETS, character_description="a sheet", provider="paper")
    assert response.status_code == 202, response.json()
    job_run(HANDLERS, job_id=response.json()["id"], claim_from="queued")
    job = Job.objects.get(pk=response.json()["id"])
    assert (job.state, job.provider, str(job.cost)) == ("succeeded", "paper", "0.0100")
    content = api.get(job.result["images"][0]["image_url"]).streaming_content
    with Image.open(BytesIO(b"".join(content))) as picture:
        assert picture.convert("RGB").getpixel((5, 5)) == (254, 254, 254)


def test_its_own_rules_apply_to_a_pro_order(order):
    assert order(model="lipsync-2").json()["errors"] == {"model": "unknown"}
    assert order(dry_run="1").json()["payload"] == {"puppet": "<clip.mp4>"}
    response = order()
    assert response.status_code == 202, response.json()
    job = Job.objects.get(pk=response.json()["id"])
    assert (job.parameters["order"]["model"], job.parameters["order"]["sync_mode"]) == ("shadow", "stand")
    handlers = {job.kind: lambda run: pro_run(run, receive=result_keep)}
    job_run(handlers, job_id=str(job.pk), claim_from="queued")
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
