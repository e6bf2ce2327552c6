"""Paid work on a song: its words heard by a service, and its vocals taken out by a hosted model."""

from decimal import Decimal

import pytest

from apps.core.redis_client import redis_client
from apps.jobs.models import Job
from apps.songs.models import AnalysisState, Song
from tests.fakes import media
from tests.jobs.remote.driving import drive
from tests.providers.cases import PAID_ROUTES, fake_of, settings_of
from tests.songs.files import song_bytes

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "[Verse]\nHold me now\nbefore the morning\n\nnobody hears this"
HEARD = [("Hold", 1.0, 1.4), ("my", 1.5, 1.8), ("now", 2.0, 2.5), ("before", 3.0, 3.4), ("the", 3.5, 3.6),
         ("mourning", 3.8, 4.5)]  # fmt: skip


@pytest.fixture
def fakes(settings):
    """Start a fake and point the settings at it."""
    started = []
    settings.JOB_UNKNOWN_DELAY_SECONDS = 0
    redis_client().flushdb()

    def start(name):
        fake = fake_of(name)
        started.append(fake)
        for key, value in settings_of(fake).items():
            setattr(settings, key, value)
        return fake

    yield start
    for fake in started:
        fake.stop()


@pytest.fixture
def song(upload):
    """A song of 8 s with a real file, without the analysis that nothing here needs."""
    made = Song.objects.get(asset_id=upload(song_bytes(".wav"), name="song.wav").data["id"])
    Job.objects.all().delete()
    made.analysis_state = AnalysisState.DONE
    made.analysis = {"voice": {"sings": True, "spans": [
        {"start": start, "end": end, "kind": "singing", "confidence": 0.9} for start, end in ((1, 4.5), (6, 7.5))
    ]}}  # fmt: skip
    made.save()
    return made


@pytest.fixture
def address(song):
    return f"/api/audio/{song.asset_id}"


@pytest.fixture
def transcribe(api, address, work):
    """Ask for a transcription, run it, and return (the answer to the request, the job)."""

    def go(**body):
        answer = api.post(f"{address}/lyrics/align", {"method": "transcription", **body}, format="json")
        work()
        return answer, Job.objects.filter(kind="lyrics_alignment").order_by("-created_at").first()

    return go


def test_heard_words_time_the_given_ones_and_differences_are_kept(api, address, fakes, transcribe):
    fake = fakes("transcriber")
    fake.heard_words = HEARD
    api.put(f"{address}/lyrics", {"text": WORDS, "language": "en-US"}, format="json")
    quote = api.get(f"{address}/lyrics/align/quote").json()
    assert (quote["amount"], quote["provider"]) == ("0.0008", "transcriber") and "8 seconds" in quote["basis"]

    answer, job = transcribe(confirm_cost=True)

    assert answer.status_code == 202 and job.state == "succeeded", job.error
    assert (job.result["differences"], job.cost) == (2, Decimal("0.0008"))
    found = api.get(f"{address}/lyrics").json()
    first, second, third = found["lines"]
    assert (found["source"], first["text"], first["heard"]) == ("plain", "Hold me now", "Hold my now")
    assert [word["start"] for word in first["words"]] == [1.0, 1.5, 2.0]
    assert (second["start"], second["end"], second["heard"]) == (3.0, 4.5, "before the mourning")
    assert 5.9 <= third["start"] < 6.6 and third["heard"] == "" and third["confidence"] < 0.9
    assert fake.asked[0]["language"] == "en" and media.duration(fake.sounds[0]) == pytest.approx(8, abs=0.1)
    assert (
        api.patch(f"{address}/lyrics/lines/0", {"text": "Hold my now"}, format="json").json()["lines"][0]["heard"] == ""
    )


def test_without_given_words_what_was_heard_becomes_the_lyrics(api, address, fakes, transcribe):
    fakes("transcriber").heard_words = [*HEARD, ("hold", 6.0, 6.3), ("me", 6.4, 6.6)]
    _, job = transcribe()
    found = api.get(f"{address}/lyrics").json()
    assert job.state == "succeeded" and found["source"] == "transcription"
    assert [line["text"] for line in found["lines"]] == ["Hold my now before the mourning", "hold me"]
    assert found["lines"][1]["start"] == 6.0


@pytest.mark.parametrize("fault", ["lose_response", "cut"])
def test_a_lost_response_is_never_paid_twice(address, fakes, transcribe, work, fault):
    fake = fakes("transcriber")
    fake.fail_next(PAID_ROUTES["transcriber"], fault)
    _, job = transcribe()
    for _ in range(4):
        Job.objects.filter(pk=job.pk, state="queued").update(run_after=None)
        work()
    job.refresh_from_db()
    assert job.state == "needs_attention" and fake.count(PAID_ROUTES["transcriber"]) == 1


def test_a_throttled_request_is_sent_again_with_the_same_sound(address, fakes, transcribe, work):
    fake = fakes("transcriber")
    fake.fail_next(PAID_ROUTES["transcriber"], "status", status=429, headers={"Retry-After": "0"})
    _, job = transcribe()
    Job.objects.filter(pk=job.pk).update(run_after=None)
    work()
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    assert len(fake.sounds) == 1 and job.cost == job.quoted_cost


@pytest.mark.parametrize(("heard", "knows"), [([], True), (HEARD, False)])
def test_nothing_usable_is_said_and_charged_once(api, user, address, fakes, transcribe, heard, knows):
    fake = fakes("transcriber")
    fake.heard_words, fake.knows_words = heard, knows
    _, job = transcribe()
    assert job.state == "failed" and ("no words" in job.error or "no times" in job.error), job.error
    assert fake.count(PAID_ROUTES["transcriber"]) == 1 and api.get(f"{address}/lyrics").status_code == 404


def test_a_hosted_model_hears_the_words_in_the_vocal_stem(api, address, song, fakes, transcribe):
    fake = fakes("replicate")
    fake.heard_words = HEARD
    api.put(f"{address}/lyrics", {"text": WORDS}, format="json")
    answer, job = transcribe(provider="replicate")
    assert answer.status_code == 202, answer.json()
    drive(job)
    assert job.state == "succeeded", job.error
    assert api.get(f"{address}/lyrics").json()["lines"][1]["start"] == 3.0
    (file,) = fake.files.values()
    assert file[1] == "audio/ogg" and len(file[0]) < 200_000


def test_refusals_before_anything_is_paid(api, address, fakes):
    fake = fakes("transcriber")

    def ask(**body):
        return api.post(f"{address}/lyrics/align", {"method": "transcription", **body}, format="json")

    answer = ask(max_cost="0.0001")
    assert (answer.status_code, answer.json()["code"]) == (402, "budget_exceeded")
    assert ask(provider="draft").status_code == ask(model="nobody/has-it").status_code == 400
    api.patch(address, {"sings": False}, format="json")
    assert ask().json()["code"] == "nobody_sings"
    assert fake.count("POST") == 0 and not Job.objects.filter(kind="lyrics_alignment").exists()


def test_vocals_become_the_songs_stem(api, address, fakes, work):
    fake = fakes("replicate")
    quote = api.post(f"{address}/stem/quote", {"provider": "replicate"}, format="json").json()
    answer = api.post(f"{address}/stem", {"provider": "replicate"}, format="json")
    assert (answer.status_code, answer.json()["kind"]) == (202, "stem")
    again = api.post(f"{address}/stem", {"provider": "replicate"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "already_running")
    job = drive(Job.objects.get(pk=answer.json()["id"]))
    assert job.state == "succeeded", job.error
    assert Decimal(quote["amount"]) == job.cost and fake.count(PAID_ROUTES["replicate"]) == 1
    found = api.get(f"{address}/stem").json()
    assert (found["used"], found["stem_id"]) == ("stem", job.result["stem_id"]) and "Vocals of" in found["name"]
    assert found["duration_seconds"] == pytest.approx(8, abs=0.05)
    (sent,) = [one.json()["input"] for one in fake.log if one.path == "/v1/predictions" and one.method == "POST"]
    assert (sent["stem"], sent["output_format"]) == ("vocals", "flac")


def test_vocals_of_another_length_are_refused_and_the_song_keeps_its_stem(api, address, fakes, work):
    fakes("replicate").every_vocals = media.sound(3.0)
    answer = api.post(f"{address}/stem", {"provider": "replicate"}, format="json")
    work()
    job = drive(Job.objects.get(pk=answer.json()["id"]))
    assert job.state == "failed" and "3.0 s long" in job.error and "8.0 s" in job.error
    assert job.cost == job.quoted_cost and api.get(f"{address}/stem").json()["used"] == "mix"


def test_stem_needs_a_file_or_a_provider(api, address):
    for body in ({}, {"provider": "", "model": ""}):
        answer = api.post(f"{address}/stem", body, format="json")
        assert answer.status_code == 400 and "Upload a file, or name the provider" in str(answer.json())
    answer = api.post(f"{address}/stem", {"provider": "replicate"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_configured")


def test_free_alignment_listens_for_english_words_in_a_child_process(api, address, work):
    api.put(f"{address}/lyrics", {"text": WORDS, "language": "en"}, format="json")
    api.post(f"{address}/lyrics/align", {"method": "free"}, format="json")
    (job,) = work()
    assert job.state == "succeeded", job.error
    starts = [line["start"] for line in api.get(f"{address}/lyrics").json()["lines"]]
    assert None not in starts and starts == sorted(starts)
