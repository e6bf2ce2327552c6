"""Hosted models change or end: `models_check` says what would fail, and nothing is bought on a model that is gone."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from apps.catalog.models import CheckResult, ModelCheck
from apps.catalog.services import models_check
from apps.core.errors import InputError
from apps.flavors.services import flavor_save
from apps.jobs.models import LedgerEntry
from apps.jobs.states import State
from tests.fakes import media
from tests.fakes.replicate_models import Whole
from tests.jobs.remote.assets import stored_asset
from tests.jobs.remote.driving import drive, video_job
from workers.housekeeping import models_check as weekly_task

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "POST .*(predictions|generate)$"
FAST = "google/veo-3.1-fast"


def check_of(model):
    return ModelCheck.objects.get(model=model)


def messages(model):
    return " ".join(one["message"] for one in check_of(model).findings)


def test_every_shipped_model_works_as_the_flavors_describe_it(replicate, sync_so):
    found = {one.provider: one for one in models_check()}

    broken = [
        (check.model, check.findings) for one in found.values() for check in one.checks if check.result != "works"
    ]
    assert not broken
    assert len(found["replicate"].checks) >= 12 and len(found["sync_so"].checks) >= 4
    assert found["comfyui"].skipped
    assert replicate.count(PAID) == sync_so.count(PAID) == 0


def test_retired_renamed_and_narrowed_are_each_named(replicate):
    del replicate.models["google/veo-3.1"]
    kling = replicate.models["kwaivgi/kling-v3-video"]
    kling["first_image"] = kling.pop("start_image")
    replicate.models[FAST]["duration"] = [6, 8]
    replicate.models["bytedance/seedance-2.0"]["duration"] = Whole(5, 10)
    replicate.models["google/nano-banana-2"]["!style"] = ["photo", "drawing"]

    models_check("replicate")

    assert check_of("google/veo-3.1").result == CheckResult.GONE
    assert "no longer runs google/veo-3.1" in messages("google/veo-3.1")
    assert "no field 'start_image'" in messages("kwaivgi/kling-v3-video")
    assert "first_image" in messages("kwaivgi/kling-v3-video")
    assert "'duration' no longer takes 4; it takes 6, 8" in messages(FAST)
    assert "no longer takes 15" in messages("bytedance/seedance-2.0")
    assert "now requires the field 'style'" in messages("google/nano-banana-2")
    assert replicate.count(PAID) == 0


def test_command_exits_1_and_prints_json_for_programs(replicate):
    del replicate.models[FAST]
    output = StringIO()

    with pytest.raises(SystemExit) as stopped:
        call_command("models_check", "--provider", "replicate", "--json", stdout=output)

    assert stopped.value.code == 1
    rows = {row["model"]: row for row in json.loads(output.getvalue())["replicate"]["models"]}
    assert rows[FAST]["result"] == "gone" and "default" in rows[FAST]["flavors"]


def test_a_service_that_is_down_keeps_the_last_result(replicate):
    models_check("replicate")
    replicate.fail_next("GET /v1/models/.*", "status", status=503, times=10)

    (found,) = models_check("replicate")

    assert "trouble" in found.skipped and found.works
    assert check_of(FAST).result == CheckResult.WORKS


def test_nothing_is_sent_to_a_model_that_is_gone(user, replicate):
    job = video_job(user)
    del replicate.models[FAST]
    weekly_task()

    drive(job)

    assert job.state == State.FAILED
    assert f"no longer runs {FAST}" in job.error and "nothing was sent or paid" in job.error
    assert replicate.count(PAID) == 0
    assert sum(entry.amount for entry in LedgerEntry.objects.filter(job=job, kind="settle")) == 0
    with pytest.raises(InputError, match="no longer runs") as refused:
        video_job(user)
    assert refused.value.code == "model_retired"


def test_former_model_works_only_while_the_provider_takes_it(user, staff, replicate):
    flavor_save(
        by=staff,
        flavor="default",
        config_type="video_params",
        text="providers: {replicate: {model: google/veo-3-fast}}",
    )

    with pytest.raises(InputError, match=r"Use google/veo-3\.1-fast instead"):
        video_job(user)

    replicate.models["google/veo-3-fast"] = dict(replicate.models[FAST])
    models_check("replicate")
    assert drive(video_job(user)).state == State.SUCCEEDED


def test_models_list_names_what_each_takes_costs_and_its_state(user, replicate):
    client = APIClient()
    client.force_authenticate(user)
    del replicate.models["kwaivgi/kling-v3-video"]
    models_check("replicate")

    response = client.get("/api/mv/models", {"capability": "video"})

    rows = {row["model"]: row for row in response.json()}
    assert rows[""]["provider"] in {"draft", "comfyui"}
    fast = rows[FAST]
    assert (fast["provider"], fast["state"], fast["durations"]) == ("replicate", "current", [4, 6, 8])
    assert fast["price"]["usd"] == "0.1000" and fast["price"]["unit"] == "second"
    assert fast["first_frame"] and fast["last_frame"] and not fast["audio_in"]
    seedance = rows["bytedance/seedance-2.0"]
    assert seedance["durations"] == list(range(4, 16))
    assert seedance["references"] == 9 and seedance["audio_in"]
    assert rows["kwaivgi/kling-v3-video"]["state"] == "retired"
    assert rows["wan-video/wan-2.7-i2v"]["state"] == "current"  # it was checked just now
    assert client.get("/api/mv/models", {"capability": "dance"}).status_code == 400


def test_a_call_chooses_a_model_and_thereby_its_provider(user, replicate):
    job = drive(video_job(user, provider="", model="google/veo-3.1"))

    assert job.provider == "replicate" and job.state == State.SUCCEEDED
    (sent,) = [one for one in replicate.log if one.method == "POST" and one.path.endswith("predictions")]
    assert sent.path == "/v1/models/google/veo-3.1/predictions"
    with pytest.raises(InputError, match="No provider has a model 'nobody/knows'"):
        video_job(user, provider="", model="nobody/knows")
    with pytest.raises(InputError, match="has no model"):
        video_job(user, provider="replicate", model="nobody/knows")


def test_operator_page_names_models_that_no_longer_work(client, staff, replicate):
    client.force_login(staff)
    assert "Not checked yet" in client.get("/operator").content.decode()
    del replicate.models["google/veo-3.1"]
    models_check("replicate")

    html = client.get("/operator").content.decode()

    assert "Replicate no longer runs google/veo-3.1" in html and "Not checked yet" not in html


def test_a_clip_between_two_given_frames(user, replicate, tmp_path):
    first, last = (
        stored_asset(user, media.image(size), kind="image", folder=tmp_path) for size in ("320x180", "322x180")
    )
    frames = {"image_id": first.pk, "last_image_id": last.pk}

    job = drive(video_job(user, **frames))

    assert job.state == State.SUCCEEDED, job.error
    (sent,) = [one for one in replicate.log if one.method == "POST" and one.path.endswith("predictions")]
    body = json.loads(sent.body)["input"]
    assert body["image"] != body["last_frame"] and body["duration"] == 8  # the only length between two frames
    with pytest.raises(InputError, match="only together with a first"):
        video_job(user, last_image_id=last.pk)
    with pytest.raises(InputError, match="takes no last frame"):
        video_job(user, provider="draft", **frames)


def test_command_names_the_providers_there_are():
    with pytest.raises(CommandError, match=r"There is no provider 'nobody'. Use one of: .*replicate"):
        call_command("models_check", "--provider", "nobody")
