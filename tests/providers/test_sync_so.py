"""Sync.so: whitelisted payloads, concurrency slots, idempotency, expiring links, errors by code."""

from pathlib import Path

import pytest

from apps.core.errors import InputError, ProviderError
from apps.providers.base import RemoteRef, RemoteState
from apps.providers.request_types import LipsyncSegment, MediaInput
from apps.providers.sync_so.errors import is_transient
from apps.providers.sync_so.options import option_errors
from tests.providers.cases import SPECS, flavor_values, lipsync_request, segmented_request

LIPSYNC, SEGMENTS = (spec for spec in SPECS if spec.provider == "sync_so")


@pytest.fixture
def case(make_case):
    return make_case(LIPSYNC)


@pytest.fixture
def segments_case(make_case):
    return make_case(SEGMENTS)


def public(media, name):
    return MediaInput(media.path, media.content_type, public_url=f"https://cdn.example/{name}", duration_seconds=4.0)


def test_payload_of_two_uncropped_segments_is_the_documented_one(segments_case, files):
    request = segmented_request(
        files,
        video=public(files.video(4.0), "v.mp4"),
        audios={name: public(files.audio(4.0, name), f"{name}.wav") for name in ("one", "two")},
        segments=(LipsyncSegment(0.0, 1.5, "one"), LipsyncSegment(2.0, 3.5, "two")),
    )

    payload = segments_case.provider.prepare(request, key="k", webhook_url=None).payload

    assert payload == {
        "model": "lipsync-2",
        "input": [
            {"type": "video", "url": "https://cdn.example/v.mp4"},
            {"type": "audio", "url": "https://cdn.example/one.wav", "refId": "one"},
            {"type": "audio", "url": "https://cdn.example/two.wav", "refId": "two"},
        ],
        "segments": [
            {"startTime": 0.0, "endTime": 1.5, "audioInput": {"refId": "one"}},
            {"startTime": 2.0, "endTime": 3.5, "audioInput": {"refId": "two"}},
        ],
        "options": {"sync_mode": "remap"},
    }


def test_only_cropped_audio_has_crop_times(segments_case):
    payload = segments_case.provider.prepare(segments_case.request, key="k", webhook_url=None).payload

    assert [sorted(one["audioInput"]) for one in payload["segments"]] == [["refId"], ["endTime", "refId", "startTime"]]
    assert payload["segments"][1]["audioInput"] == {"refId": "two", "startTime": 0.5, "endTime": 2.45}


def test_audio_not_used_by_any_segment_is_not_sent(segments_case, files):
    request = segmented_request(files, segments=(LipsyncSegment(0.0, 1.5, "one"),))

    payload = segments_case.provider.prepare(request, key="k", webhook_url=None).payload

    assert [item.get("refId") for item in payload["input"]] == [None, "one"]


def test_invalid_segments_are_reported_before_anything_is_uploaded(segments_case, files):
    request = segmented_request(files, segments=(LipsyncSegment(0.0, 9.0, "one"), LipsyncSegment(1.0, 2.0, "three")))

    with pytest.raises(InputError) as caught:
        segments_case.provider.prepare(request, key="k", webhook_url=None)

    assert {"segments[0].endTime", "segments[1].audioInput.refId", "segments[1].startTime"} == set(caught.value.errors)
    assert not segments_case.fake.log


def test_model_that_cannot_be_told_who_sings_says_so():
    speaker = {"active_speaker_detection": {"auto_detect": False, "frame_number": 3, "coordinates": [9, 9]}}
    errors = option_errors(speaker, model="lips-1", known=["sync_mode"], video=MediaInput(Path("v.mp4"), "video/mp4"))
    assert "lips-1 can't be told which face sings" in errors["active_speaker_detection"]


@pytest.mark.parametrize(
    ("model", "options", "field"),
    [
        ("sync-3", {"temperature": 0.5}, "temperature"),
        ("lipsync-2", {"temperature": 1.5}, "temperature"),
        ("lipsync-2", {"sync_mode": "stretch"}, "sync_mode"),
        ("lipsync-2", {"output_format": "mp4"}, "output_format"),
        ("lipsync-2", {"active_speaker_detection": {"face": 1}}, "active_speaker_detection"),
        ("lipsync-9", {}, "model"),
    ],
)
def test_options_the_model_lacks_are_refused_clearly(segments_case, files, model, options, field):
    with pytest.raises(InputError) as caught:
        segments_case.provider.prepare(
            segmented_request(files, model=model, options=options), key="k", webhook_url=None
        )

    assert field in caught.value.errors
    assert not segments_case.fake.log


def test_options_per_segment_reach_the_service_in_its_format(segments_case, files):
    segment = LipsyncSegment(0.0, 1.5, "one", options={"temperature": 0.8, "active_speaker_detection": True})
    segments_case.request = segmented_request(files, segments=(segment,))

    segments_case.submit()

    sent = next(iter(segments_case.fake.generations.values())).payload["segments"][0]
    assert sent["optionsOverride"] == {"temperature": 0.8, "active_speaker_detection": {"auto_detect": True}}


def test_plain_lipsync_sends_only_what_the_model_lists(case, files):
    values = flavor_values("lipsync_params")
    values["providers"]["sync_so"]["model"] = "sync-3"
    case.request = lipsync_request(files, settings=values, temperature=0.9, occlusion_detection_enabled=True)

    prepared = case.provider.prepare(case.request, key="k", webhook_url=None)

    assert prepared.payload["options"] == {"sync_mode": "cut_off"}


def test_no_free_slot_means_wait_not_failure(case):
    case.fake.concurrency, case.fake.latency_seconds = 1, 30
    case.submit()
    case.key = "mv-second"

    with pytest.raises(ProviderError) as caught:
        case.submit()

    error = caught.value
    assert (error.code, error.permanent, error.outcome_unknown) == ("no_capacity", False, False)
    assert error.retry_after == 1


def test_rate_limit_is_distinguished_from_no_free_slot(case):
    case.fake.creates_per_minute = 1
    case.submit()
    case.key = "mv-second"

    with pytest.raises(ProviderError) as caught:
        case.submit()

    assert caught.value.code == "rate_limited"
    assert caught.value.retry_after > 0


def test_same_key_creates_one_generation_however_often_it_is_sent(case):
    prepared = case.provider.prepare(case.request, key=case.key, webhook_url=None)
    case.fake.fail_next("POST /v2/generate", "lose_response")
    with pytest.raises(ProviderError) as caught:
        case.provider.submit(prepared, capability=case.capability, key=case.key)

    status = case.provider.submit(prepared, capability=case.capability, key=case.key)

    assert caught.value.outcome_unknown
    assert list(case.fake.generations) == [status.ref.remote_id]


def test_outcome_they_lost_but_know_the_id_of_is_recovered(case):
    made = case.submit().ref.remote_id
    body = {"errorCode": "IDEMPOTENCY_OUTCOME_UNKNOWN", "generationId": made, "message": "unknown", "statusCode": 503}
    case.fake.fail_next("POST /v2/generate", "status", status=503, body=body)

    assert case.submit().ref == RemoteRef("sync_so", made)


@pytest.mark.parametrize("spelling", ["error_code", "errorCode"])
@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        ("FAILED", "generation_pipeline_failed", False),
        ("FAILED", "generation_media_probe_timeout", False),
        ("FAILED", "generation_input_video_invalid", True),
        ("FAILED", "a_code_of_tomorrow", True),
        ("REJECTED", "generation_pipeline_failed", True),
    ],
)
def test_failures_are_split_by_code(case, spelling, status, code, permanent):
    case.fake.error_spelling = spelling
    case.fake.end_next_as.append((status, code))

    found = case.finish(case.submit())

    assert (found.state, found.permanent) == (RemoteState.FAILED, permanent)
    assert code in found.message


def test_unknown_status_keeps_the_work_open(case):
    case.fake.end_next_as.append(("HIBERNATING", ""))
    ref = case.submit().ref

    for _ in range(50):
        status = case.provider.poll([ref])[ref]
        if status.state == RemoteState.UNRECOGNIZED:
            break

    assert status.state == RemoteState.UNRECOGNIZED
    assert "HIBERNATING" in status.message


def test_broken_link_to_the_video_is_explained(case, files):
    dead = MediaInput(files.video().path, "video/mp4", public_url="http://127.0.0.1:9/v.mp4", duration_seconds=2.0)
    case.request = lipsync_request(files, video=dead)

    status = case.finish(case.submit())

    assert status.permanent
    assert "broken or not public" in status.message


def test_expired_result_link_is_replaced(case, tmp_path):
    case.fake.url_lifetime_seconds = -1
    status = case.finish(case.submit())
    case.fake.url_lifetime_seconds = 60

    result = case.provider.collect(status, capability=case.capability, into=tmp_path)

    assert result.files[0].path.stat().st_size > 0
    assert case.paid_posts == 1


def test_hundred_open_generations_are_one_list_call(case):
    case.fake.creates_per_minute = case.fake.concurrency = 1000
    case.fake.fetch_inputs = False
    refs = []
    for number in range(100):
        case.key = f"mv-{number}"
        refs.append(case.submit().ref)
    before = case.fake.count("GET")

    assert len(case.provider.poll(refs)) == 100
    assert case.fake.count("GET") - before == 1


def test_failure_listed_without_a_reason_is_requested_individually(case):
    case.fake.end_next_as.extend([("FAILED", "generation_input_audio_invalid"), ("COMPLETED", "")])
    refs = []
    for number in range(2):
        case.key = f"mv-{number}"
        refs.append(case.finish(case.submit()).ref)
    next(iter(case.fake.generations.values())).error = None

    assert case.provider.poll(refs)[refs[0]].state == RemoteState.FAILED
    assert case.fake.requests[f"GET /v2/generate/{refs[0].remote_id}"] >= 1


def test_uploads_go_to_the_presigned_url_without_the_key(case):
    case.submit()

    puts = [seen for seen in case.fake.log if seen.method == "PUT"]
    assert len(puts) == 2
    assert all("x-api-key" not in seen.headers for seen in puts)


def test_failed_upload_may_be_retried(case):
    case.fake.fail_next("PUT /bucket", "status", status=403, body="<Error>expired</Error>")

    with pytest.raises(ProviderError) as caught:
        case.submit()

    assert (caught.value.permanent, caught.value.outcome_unknown, caught.value.code) == (False, False, "upload_failed")
    assert case.submit().state in {RemoteState.QUEUED, RemoteState.SUCCEEDED, RemoteState.RUNNING}


def test_service_estimate_is_available_for_the_exact_payload(case):
    prepared = case.provider.prepare(case.request, key="k", webhook_url=None)

    estimate = case.provider.estimate(prepared)

    assert float(estimate.amount) == pytest.approx(0.1, abs=0.01)
    assert "estimate" in estimate.basis
    assert case.paid_posts == 0


def test_price_follows_the_frame_rate(case, files):
    quote = case.provider.quote(case.request)

    # 2 s at $0.05 per second of 25 frames; the clip has 24.
    assert str(quote.amount) == "0.0960"
    assert "24 fps" in quote.basis


@pytest.mark.parametrize(
    ("code", "transient"),
    [
        ("controller_timeout", True),
        ("generation_infra_storage_error", True),
        ("rate_limit_exceeded", True),
        ("generation_unhandled_error", True),
        ("generation_input_video_inaccessible", False),
        ("free_tier_generations_exhausted", False),
        ("", False),
    ],
)
def test_codes_are_split_as_the_catalog_suggests(code, transient):
    assert is_transient(code) is transient


def test_quote_needs_no_file(case, files, tmp_path):
    video = MediaInput(tmp_path / "not-here", "video/mp4", duration_seconds=4.0, fps="30")
    linked = MediaInput(tmp_path / "linked", "")

    known = case.provider.quote(lipsync_request(files, video=video, audio=files.audio(6.0)))
    assumed = case.provider.quote(lipsync_request(files, video=linked, audio=linked))

    assert (str(known.amount), known.bought_seconds) == ("0.2400", 4.0)
    assert assumed.bought_seconds == 8.0
