"""Replicate: the flavor's table of models, lost responses, the hour of retention, error messages."""

import time

import pytest

from apps.core.errors import InputError, ProviderError
from apps.providers.base import RemoteState
from apps.providers.replicate.inputs import plan_of, quote_of
from apps.providers.replicate.provider import Replicate
from apps.providers.replicate.statuses import output_addresses, status_of
from apps.providers.request_types import MediaInput
from tests.fakes import media
from tests.providers.cases import SPECS, flavor_values, image_request, lipsync_request, video_request

IMAGE, VIDEO, LIPSYNC = [spec for spec in SPECS if spec.provider == "replicate"][:3]


def with_model(name, kind="video_params"):
    values = flavor_values(kind)
    values["providers"]["replicate"]["model"] = name
    return values


def aspect_of(ratio):
    return {"aspect_ratio": ratio} if ratio else {}


@pytest.fixture
def video_case(make_case):
    return make_case(VIDEO)


@pytest.mark.parametrize(
    ("wanted", "bought"), [(0.5, 4), (4.0, 4), (4.0005, 4), (4.01, 6), (6.0, 6), (6.1, 8), (8.0, 8)]
)
def test_cheapest_length_that_covers_the_slot_is_bought(files, wanted, bought):
    quote = quote_of(video_request(files, duration_seconds=wanted))

    assert quote.bought_seconds == bought
    assert str(quote.amount) == f"{bought / 10:.4f}"


def test_slot_longer_than_any_length_is_refused_before_any_call(video_case, files):
    with pytest.raises(InputError, match="up to 8 s") as caught:
        video_case.provider.prepare(video_request(files, duration_seconds=8.05), key="k", webhook_url=None)

    assert caught.value.code == "too_long"
    assert not video_case.fake.log


def test_every_model_gets_its_own_fields(make_case, files):
    case = make_case(VIDEO)
    for kind, make in (
        ("video_params", video_request),
        ("image_params", image_request),
        ("lipsync_params", lipsync_request),
    ):
        for name, entry in flavor_values(kind)["providers"]["replicate"]["models"].items():
            more = {}
            if kind == "video_params":
                more = {"image": files.image(), "seed": 5, "negative_prompt": "text"}
            elif kind == "image_params":
                more = {"character_reference": files.image(), "seed": 5}
            for ratio in entry.get("aspect_ratios", [None]):
                case.request = make(files, settings=with_model(name, kind), **more, **aspect_of(ratio))
                case.key = f"mv-{name}-{ratio}"

                status = case.submit()

                assert status.state in {RemoteState.QUEUED, RemoteState.SUCCEEDED}, (name, ratio)


@pytest.mark.parametrize("ours", ["image", "character_reference"])
def test_image_goes_to_the_models_field(video_case, files, ours):
    request = video_request(files, settings=with_model("kwaivgi/kling-v2.1"), **{ours: files.image()})

    body = video_case.provider.prepare(request, key="k", webhook_url=None).payload["body"]

    assert set(body["input"]) == {"prompt", "start_image", "duration", "mode"}
    assert body["input"]["duration"] == 5
    assert body["input"]["start_image"].startswith(f"{video_case.provider.base_url}/files/")


def test_model_that_needs_an_image_says_so(files):
    with pytest.raises(InputError, match="Generate the scene's image first"):
        plan_of(video_request(files, settings=with_model("kwaivgi/kling-v2.1")))


def test_public_url_is_used_unchanged(video_case, files):
    image = files.image()
    public = MediaInput(image.path, image.content_type, public_url=f"{video_case.fake.url}/out/x/0.png")

    prepared = video_case.provider.prepare(video_request(files, image=public), key="k", webhook_url=None)

    assert prepared.payload["body"]["input"]["image"] == public.public_url
    assert not video_case.fake.files


def test_upload_above_the_limit_is_refused_with_advice(video_case, files, tmp_path):
    large = tmp_path / "large.png"
    with large.open("wb") as stream:
        stream.truncate(101 * 1024**2)

    with pytest.raises(InputError, match="PUBLIC_URL"):
        video_case.provider.prepare(
            video_request(files, image=MediaInput(large, "image/png")), key="k", webhook_url=None
        )


def test_nearest_offered_aspect_ratio_is_used(files):
    case = Replicate()
    prepared = case.prepare(video_request(files, aspect_ratio="4:5"), key="k", webhook_url=None)

    assert prepared.payload["body"]["input"]["aspect_ratio"] == "9:16"


@pytest.mark.parametrize(
    ("service", "scheme", "asked"),
    [("http", "http", True), ("http", "https", True), ("https", "https", True), ("https", "http", False)],
)
def test_webhook_is_only_requested_at_a_url_they_deliver_to(video_case, settings, service, scheme, asked):
    settings.REPLICATE_BASE_URL = f"{service}://api.example/v1"

    prepared = video_case.provider.prepare(video_case.request, key="k", webhook_url=f"{scheme}://site.example/hook")

    assert ("webhook" in prepared.payload["body"]) is asked
    assert prepared.payload["body"].get("webhook_events_filter", ["completed"]) == ["completed"]


def test_lipsync_is_priced_by_its_output(files):
    quote = quote_of(lipsync_request(files, video=files.video(2.0), audio=files.audio(3.0)))

    assert quote.bought_seconds == 2.0  # cut_off ends with the shorter
    assert str(quote.amount) == "0.1000"


def lose_the_answer(case):
    prepared = case.provider.prepare(case.request, key=case.key, webhook_url=None)
    sent_at = time.time()
    case.fake.fail_next("POST .*predictions", "lose_response")
    with pytest.raises(ProviderError) as caught:
        case.provider.submit(prepared, capability=case.capability, key=case.key)
    assert caught.value.outcome_unknown
    return prepared, sent_at


def test_lost_response_is_found_by_its_mark(video_case):
    for number in range(3):  # others in the same minute, with the same prompt
        video_case.key = f"mv-other-{number}"
        video_case.submit()
    video_case.key = "mv-lost-1"
    prepared, sent_at = lose_the_answer(video_case)

    found = video_case.provider.find_unknown(prepared, key=video_case.key, sent_after=sent_at)

    assert found.ref.remote_id == list(video_case.fake.predictions)[-1]
    assert video_case.paid_posts == 4


def test_request_that_never_arrived_is_known_not_to_exist(video_case):
    video_case.key = "mv-other"
    video_case.submit()
    prepared = video_case.provider.prepare(video_case.request, key="mv-never-sent", webhook_url=None)

    assert video_case.provider.find_unknown(prepared, key="mv-never-sent", sent_after=time.time()) is None


def test_identical_requests_without_a_mark_are_left_to_a_person(video_case, files):
    # This model takes neither a seed nor, here, an upload.
    video_case.request = video_request(files, settings=with_model("kwaivgi/kling-v2.5-turbo-pro"))
    prepared, sent_at = lose_the_answer(video_case)

    with pytest.raises(ProviderError) as caught:
        video_case.provider.find_unknown(prepared, key=video_case.key, sent_after=sent_at)

    assert caught.value.outcome_unknown
    assert list(video_case.fake.predictions) == caught.value.raw["candidates"]


def test_search_goes_through_every_page(video_case):
    prepared, sent_at = lose_the_answer(video_case)
    for number in range(230):
        video_case.fake.creates_per_minute = 1000
        video_case.key = f"mv-after-{number}"
        video_case.submit()

    found = video_case.provider.find_unknown(prepared, key="mv-first", sent_after=sent_at)

    assert found.ref.remote_id == next(iter(video_case.fake.predictions))


def test_a_hundred_polls_cost_one_request(video_case):
    refs = []
    for number in range(100):
        video_case.key = f"mv-{number}"
        refs.append(video_case.submit().ref)
    before = video_case.fake.count("GET")

    found = video_case.provider.poll(refs)

    assert {status.state for status in found.values()} == {RemoteState.SUCCEEDED}
    assert video_case.fake.count("GET") - before == 1


@pytest.mark.parametrize(
    ("verdict", "words", "state", "permanent"),
    [
        ("failed", "CUDA out of memory", RemoteState.FAILED, False),
        ("failed", "Prediction interrupted; please retry (code: PA)", RemoteState.FAILED, False),
        ("failed", "The input was flagged by the safety filter. Please try again later", RemoteState.FAILED, True),
        ("failed", "prompt must be shorter", RemoteState.FAILED, True),
        ("aborted", None, RemoteState.FAILED, False),
        ("canceled", None, RemoteState.CANCELLED, True),
        ("resting", None, RemoteState.UNRECOGNIZED, True),
    ],
)
def test_each_outcome_has_its_state(video_case, verdict, words, state, permanent):
    video_case.fake.end_next_as.append((verdict, words))
    ref = video_case.submit().ref

    status = video_case.provider.poll([ref])[ref]

    assert status.state == state
    assert status.raw["status"] == verdict
    assert state != RemoteState.FAILED or status.permanent is permanent
    assert words is None or words[:20] in status.message
    assert verdict != "aborted" or status.charged is False


def test_moderation_is_reported_in_the_vendors_words(video_case, files):
    video_case.request = video_request(files, prompt="something forbidden")

    status = video_case.finish(video_case.submit())

    assert (status.state, status.permanent) == (RemoteState.FAILED, True)
    assert "flagged as sensitive" in status.message
    assert "Change the prompt" in status.message


def test_result_removed_after_the_hour_is_gone(video_case, tmp_path):
    status = video_case.finish(video_case.submit())
    video_case.fake.retention_seconds = 0

    with pytest.raises(ProviderError) as caught:
        video_case.provider.collect(status, capability=video_case.capability, into=tmp_path)

    assert (caught.value.permanent, caught.value.code) == (True, "result_gone")
    assert video_case.paid_posts == 1


def test_result_close_to_removal_logs_an_error(video_case, tmp_path, caplog):
    status = video_case.finish(video_case.submit())
    old = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 50 * 60))
    status.raw["completed_at"] = old

    video_case.provider.collect(status, capability=video_case.capability, into=tmp_path)

    assert "result_about_to_expire" in caplog.text


def test_download_link_gets_no_key(make_case, tmp_path):
    case = make_case(IMAGE)
    case.provider.collect(case.finish(case.submit()), capability=case.capability, into=tmp_path)

    download = next(seen for seen in case.fake.log if seen.path.startswith("/out/"))
    assert "authorization" not in download.headers


def test_lipsync_of_unreachable_input_fails_with_a_reason(make_case, files):
    case = make_case(LIPSYNC)
    dead = MediaInput(files.video().path, "video/mp4", public_url="http://127.0.0.1:9/gone.mp4", duration_seconds=2)
    case.request = lipsync_request(files, video=dead)

    status = case.finish(case.submit())

    assert status.state == RemoteState.FAILED
    assert "Failed to fetch input video" in status.message


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ("https://a.example/1.mp4", 1),
        (["https://a.example/1.png", "https://a.example/2.png"], 2),
        ({"video": "https://a.example/1.mp4", "seed": 3}, 1),
        (None, 0),
        ("done", 0),
    ],
)
def test_outputs_have_three_formats(output, found):
    assert len(output_addresses(output)) == found


def test_prediction_without_a_status_is_not_guessed():
    with pytest.raises(KeyError):
        status_of({"id": "x"})


def test_cancelled_prediction_is_cancelled(video_case):
    video_case.fake.latency_seconds = 30
    ref = video_case.submit().ref

    video_case.provider.cancel(ref)

    assert video_case.provider.poll([ref])[ref].state == RemoteState.CANCELLED


def test_input_of_unknown_length_is_measured(files, tmp_path):
    path = tmp_path / "song.wav"
    path.write_bytes(media.sound(3.0))

    quote = quote_of(lipsync_request(files, video=files.video(4.0), audio=MediaInput(path, "audio/wav")))

    assert quote.bought_seconds == pytest.approx(3.0, abs=0.05)
