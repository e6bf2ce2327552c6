"""Segmented lip-sync: form validation, the request sent, and the result."""

import json
import math
from io import StringIO

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from apps.assets.models import Asset
from apps.catalog.models import ModelCheck
from apps.jobs.models import Job, RemoteRun
from apps.jobs.states import State
from engines.media.probe import probe_media
from tests.factories import store_asset
from tests.fakes import media
from tests.jobs.remote.driving import drive

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/v1/sync/pro-sync-process"


@pytest.fixture(scope="module")
def clips():
    return {"video": media.video(4.0), "voice": media.sound(3.0)}


@pytest.fixture
def client(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def segment(start, end, reference="a", **crop):
    return {"startTime": start, "endTime": end, "audioInput": {"refId": reference, **crop}}


@pytest.fixture
def post(client, clips):
    def send(segments, *, query="", headers=None, **fields):
        form = {
            "video": SimpleUploadedFile("clip.mp4", clips["video"]),
            "a": SimpleUploadedFile("a.wav", clips["voice"]),
            "segments": json.dumps(segments) if isinstance(segments, list) else segments,
            **fields,
        }
        form = {name: value for name, value in form.items() if value is not None}
        return client.post(URL + query, form, format="multipart", headers=headers or {})

    return send


def job_of(response) -> Job:
    assert response.status_code == 202, response.json()
    return Job.objects.get(pk=response.json()["id"])


def sent(sync_so) -> dict:
    bodies = [request.json() for request in sync_so.log if (request.method, request.path) == ("POST", "/v2/generate")]
    assert len(bodies) == 1
    return bodies[0]


def test_two_uncropped_segments_match_documented_example(post, sync_so, clips):
    second = SimpleUploadedFile("b.wav", clips["voice"])
    job = drive(job_of(post([{**segment(0, 1.5), "label": "verse"}, segment(2, 3, "b")], b=second)))
    body = sent(sync_so)
    assert body["segments"] == [
        {"startTime": 0.0, "endTime": 1.5, "audioInput": {"refId": "a"}},
        {"startTime": 2.0, "endTime": 3.0, "audioInput": {"refId": "b"}},
    ]
    assert (body["model"], body["options"]) == ("lipsync-2", {"sync_mode": "remap"})
    assert [(one["type"], one.get("refId")) for one in body["input"]] == [
        ("video", None),
        ("audio", "a"),
        ("audio", "b"),
    ]
    assert job.state == State.SUCCEEDED


def test_crop_times_are_sent_only_for_cropped_segment(post, sync_so):
    drive(job_of(post([segment(0, 1, startTime=0.5, endTime=1.5), segment(2, 3)])))
    assert [one["audioInput"] for one in sent(sync_so)["segments"]] == [
        {"refId": "a", "startTime": 0.5, "endTime": 1.5},
        {"refId": "a"},
    ]


def test_result_is_stored_under_job_key_and_shows_provider_id(post, sync_so, client, user, tmp_path):
    job = drive(job_of(post([segment(0, 3)])))
    asset = Asset.objects.get(key=f"users/{user.pk}/jobs/{job.pk}/pro_result_{job.pk}.mp4")
    body = client.get(f"/api/v1/sync/pro-jobs/{job.pk}").json()
    assert body["is_pro_job"] is True
    assert body["provider_id"] in sync_so.generations
    assert body["output_url"] == f"/api/mv/get_video/{asset.pk}"
    assert body["completed_at"]
    path = tmp_path / "result.mp4"
    path.write_bytes(b"".join(client.get(body["output_url"]).streaming_content))
    assert probe_media(path).duration_seconds == pytest.approx(3.0, abs=1.1)


BAD_SEGMENTS = [
    pytest.param([segment(2, 1)], 1, "endTime", id="end before start"),
    pytest.param([segment(0, 9)], 1, "endTime", id="beyond the video"),
    pytest.param([segment(-1, 1)], 1, "startTime", id="before zero"),
    pytest.param([segment(0, 2), segment(1, 3)], 2, "startTime", id="overlap"),
    pytest.param([segment(0, 1, "nobody")], 1, "audioInput.refId", id="no such audio"),
    pytest.param([segment(0, 1, startTime=0.5)], 1, "audioInput.endTime", id="half a crop"),
    pytest.param([segment(0, 1, startTime=0, endTime=30)], 1, "audioInput.endTime", id="crop beyond the audio"),
    pytest.param([{"startTime": "x", "endTime": 1, "audioInput": {"refId": "a"}}], 1, "startTime", id="not a number"),
    pytest.param([{"startTime": 0, "endTime": 1}], 1, "audioInput", id="no audio"),
    pytest.param([segment(0, 1, "segments")], 1, "audioInput.refId", id="a reserved name"),
    pytest.param([{**segment(0, 1), "optionsOverride": {"shout": 1}}], 1, "optionsOverride.shout", id="odd option"),
    pytest.param(
        [{**segment(0, 1), "optionsOverride": {"temperature": 3}}], 1, "optionsOverride.temperature", id="hot"
    ),
    pytest.param([{**segment(0, 1), "optionsOverride": {"sync_mode": "x"}}], 1, "optionsOverride.sync_mode", id="mode"),
    pytest.param([{}, segment(0, 9)], 2, "endTime", id="after one that cannot be read"),
    pytest.param(f'[{{"startTime": 0, "endTime": {"9" * 400}}}]', 1, "endTime", id="a number that no float can hold"),
    pytest.param('[{"startTime": NaN, "endTime": 1}]', 1, "startTime", id="NaN"),
    pytest.param([{**segment(0, 1), "optionsOverride": {"\ud800": 1}}], None, "segments", id="half a character"),
    pytest.param([], None, "segments", id="none at all"),
    pytest.param("not json", None, "segments", id="no JSON"),
]


@pytest.mark.parametrize(("segments", "number", "field"), BAD_SEGMENTS)
def test_problem_names_segment_and_field_before_anything_is_stored(post, sync_so, segments, number, field):
    response = post(segments)
    assert response.status_code == 400
    problems = response.json()["errors"]["segments"]
    assert (number, field) in [(one["segment"], one["field"]) for one in problems]
    assert len([one for one in problems if one["segment"] is None]) == (number is None)
    assert not Job.objects.exists()
    assert not Asset.objects.exists()
    assert sync_so.count("POST") == 0


def test_all_problems_are_reported_together(post, sync_so):
    problems = post([segment(2, 1), segment(0, 9), segment(0, 1, "nobody")]).json()["errors"]["segments"]
    assert [one["segment"] for one in problems] == [1, 2, 3, 3]


def test_no_problem_is_reported_twice(post, sync_so):
    for segments in ([], "{}", [{"startTime": 0, "endTime": 1}], "[1]"):
        assert len(post(segments).json()["errors"]["segments"]) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"video": None}, 400),
        ({"video": SimpleUploadedFile("clip.mp4", b"not a video at all")}, 400),
        ({"model": "lipsync-9"}, 400),
        ({"sync_mode": "sideways"}, 400),
        ({"options": "[1]"}, 400),
        ({"options": '{"shout": true}'}, 400),
        ({"options": '{"temperature": true}'}, 400),
        ({"options": '{"occlusion_detection_enabled": "yes"}'}, 400),
        ({"options": '{"active_speaker_detection": "yes"}'}, 400),
        ({"options": '{"active_speaker_detection": {"coordinates": [0.5]}}'}, 400),
        ({"options": '{"active_speaker_detection": {"coordinates": [900, 10]}}'}, 400),
        ({"options": '{"active_speaker_detection": {"frame_number": 96}}'}, 400),
        ({"options": '{"active_speaker_detection": {"bounding_boxes": [[0, 0, 9, 9]]}}'}, 400),
        ({"options": json.dumps({"active_speaker_detection": {"bounding_boxes": [[math.nan, 0, 9, 9]] * 100}})}, 400),
        ({"options": '{"\\ud800": 1}'}, 400),
        ({"model": "sync-3", "options": '{"temperature": 0.5}'}, 400),
        ({"a": "no id"}, 400),
        ({"provider": "replicate"}, 400),
        ({"a": "http://127.0.0.1:9/private.wav"}, 400),
        ({"a": "http://nowhere.invalid/voice.wav"}, 400),
        ({"video": "6d1a9d6e-0000-4000-8000-000000000000"}, 404),
    ],
)
def test_impossible_order_is_rejected_with_reason(post, sync_so, fields, status):
    response = post([segment(0, 1)], **fields)
    assert response.status_code == status
    assert response.json()["detail"]
    assert not Job.objects.exists()


def test_dry_run_prices_and_shows_payload_without_storing_anything(post, sync_so):
    # As a browser sends a JSON Blob: as a file.
    response = post(SimpleUploadedFile("blob", json.dumps([segment(0, 2)]).encode()), query="?dry_run=1")
    body = response.json()
    assert response.status_code == 200
    assert float(body["quote"]["amount"]) > 0
    quote = post([segment(0, 2)], query="/quote").json()
    assert (quote["amount"], quote["provider"]) == (body["quote"]["amount"], "sync_so")
    assert body["payload"]["segments"] == [{"startTime": 0.0, "endTime": 2.0, "audioInput": {"refId": "a"}}]
    assert [one["url"] for one in body["payload"]["input"]] == ["<clip.mp4>", "<a.wav>"]
    assert not Job.objects.exists()
    assert not Asset.objects.exists()
    assert sync_so.count("POST") == 0


def test_price_is_service_estimate_if_it_can_fetch_files(post, sync_so, user, clips, settings):
    settings.PUBLIC_URL = "https://studio.example"
    sync_so.fetch_inputs = False  # nothing listens at that address
    files = {
        "video": str(store_asset(user, clips["video"]).pk),
        "a": str(store_asset(user, clips["voice"], kind="audio", suffix=".wav").pk),
    }
    quote = post([segment(0, 2)], query="?dry_run=1", **files).json()["quote"]
    assert (quote["amount"], quote["basis"]) == ("0.1000", "Sync.so's own estimate: 50 frames (lipsync-2)")
    sync_so.stop()
    assert "price of" in post([segment(0, 2)], query="?dry_run=1", **files).json()["quote"]["basis"]


def test_models_show_price_and_a_gone_one_is_not_offered(post, client, user, sync_so):
    client.force_login(user)
    assert "lipsync-2 · $0.05 per second, flavor&#x27;s default" in client.get("/pro").content.decode()
    check = {"provider": "sync_so", "capability": "lipsync", "result": "gone", "checked_at": timezone.now()}
    ModelCheck.objects.create(model="lipsync-2", successor="sync-3", **check)

    assert "lipsync-2 · no longer run, use sync-3" in client.get("/pro").content.decode()
    refused = post([segment(0, 2)], query="/quote")
    assert refused.json()["code"] == "model_retired"
    # Another model isn't held up by the flavor's.
    assert post([segment(0, 2)], query="/quote", model="sync-3").status_code == 200


def test_double_click_with_one_key_creates_one_order(post, sync_so):
    jobs = {job_of(post([segment(0, 1)], headers={"Idempotency-Key": "click"})).pk for _ in range(2)}
    assert len(jobs) == 1
    drive(Job.objects.get())
    assert sync_so.count("POST /v2/generate") == 1


def test_missing_api_key_names_setting(post, settings):
    settings.SYNC_API_KEY = ""
    response = post([segment(0, 1)])
    assert (response.status_code, response.json()["code"]) == (400, "not_configured")
    assert "SYNC_API_KEY" in response.json()["detail"]


def test_provider_rejection_fails_job_with_its_message(post, sync_so):
    sync_so.end_next_as.append(("FAILED", "generation_input_face_selection_invalid"))
    job = drive(job_of(post([segment(0, 1)])))
    assert job.state == State.FAILED
    assert job.error


def test_another_users_pro_job_is_not_found(post, sync_so, other_user):
    job = job_of(post([segment(0, 1)]))
    stranger = APIClient()
    stranger.force_authenticate(other_user)
    for method, path in (("get", ""), ("post", "/cancel"), ("post", "/retry")):
        assert getattr(stranger, method)(f"/api/v1/sync/pro-jobs/{job.pk}{path}").status_code == 404


def test_five_hundred_open_jobs_need_five_list_calls_per_round(post, sync_so, user):
    sync_so.latency_seconds = 3600
    first = job_of(post([segment(0, 1)]))
    drive(first, until=lambda: RemoteRun.objects.filter(job=first, status="submitted").exists())
    generation = next(iter(sync_so.generations.values()))
    run = RemoteRun.objects.get(job=first)
    for number in range(499):
        copy = Job.objects.create(owner=user, kind=first.kind, queue="io", provider="sync_so", state="waiting")
        remote_id = f"{number:08d}-0000-4000-8000-000000000000"
        sync_so.generations[remote_id] = type(generation)(**{**vars(generation), "id": remote_id, "ends": 2e12})
        RemoteRun.objects.create(
            job=copy, attempt=1, provider="sync_so", capability=run.capability, status="submitted", key=f"k{number}",
            payload={}, remote_id=remote_id, submitting_at=run.submitting_at, submitted_at=run.submitted_at,
            next_poll_at=run.submitted_at, deadline_at=run.deadline_at,
        )  # fmt: skip
    RemoteRun.objects.update(next_poll_at=run.submitted_at)
    before = sync_so.count("GET")
    current_app.loader.import_default_modules()
    current_app.tasks["workers.pro.check_pro_job_completion"]()
    assert sync_so.count("GET") - before <= 5


def test_commands_check_and_complete_job_manually(post, sync_so):
    sync_so.latency_seconds = 3600
    job = job_of(post([segment(0, 1)]))
    drive(job, until=lambda: RemoteRun.objects.filter(job=job, status="submitted").exists())
    out = StringIO()
    call_command("check_pro_job", str(job.pk), stdout=out)
    assert "waiting" in out.getvalue()
    for generation in sync_so.generations.values():
        generation.ends = 0
    call_command("complete_pro_job", str(job.pk), stdout=out)
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    assert f"/api/mv/get_video/{job.result['video_id']}" in out.getvalue()


def test_draft_engine_generates_it_for_free(post, settings):
    settings.SYNC_API_KEY = ""
    response = post([segment(0, 1)], provider="draft", query="?dry_run=1")
    assert response.status_code == 200
    assert float(response.json()["quote"]["amount"]) == 0


def test_schedule_includes_the_check(db):
    from importlib import import_module

    entries = import_module("apps.pro.migrations.0001_schedule").ENTRIES
    assert [(entry.task, entry.every_seconds) for entry in entries] == [("workers.pro.check_pro_job_completion", 60)]
