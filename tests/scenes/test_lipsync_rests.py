"""The mouth stays shut where nobody sings: these parts of the sound are sent as silence."""

import json
import wave
from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.jobs.models import Job
from apps.songs.models import Song
from apps.songs.sung import SungMap, sung_map
from engines.listening.voice import VoiceSpan
from tests.factories import make_clip, make_project, make_scenes, make_song, store_asset
from tests.fakes import media
from tests.jobs.remote.driving import drive

pytestmark = pytest.mark.django_db(transaction=True)
SPANS = (VoiceSpan(1.0, 2.0), VoiceSpan(4.0, 5.0))


@pytest.mark.parametrize(
    ("found", "window", "rests"),
    [
        (SungMap(True, SPANS, by_hand=True), (0.0, 6.0), ((0.0, 0.75), (2.25, 3.75), (5.25, 6.0))),
        (SungMap(True, SPANS, by_hand=True), (1.5, 3.0), ((2.25, 3.0),)),
        # Too short to be worth a cut, and no singing at all.
        (SungMap(True, SPANS, by_hand=True), (1.5, 2.5), ()),
        (SungMap(True, SPANS, by_hand=True), (2.0, 4.0), ()),
        (SungMap(None, SPANS), (0.0, 6.0), ()),
        (SungMap(False, ()), (0.0, 6.0), ()),
        # In a mix, only what is surely without a voice.
        (SungMap(True, SPANS, still=((2.9, 6.0),)), (0.0, 6.0), ((2.9, 3.75), (5.25, 6.0))),
        (SungMap(True, SPANS, still=()), (0.0, 6.0), ()),
    ],
)
def test_rests_are_what_is_surely_not_sung(found, window, rests):
    assert found.rests(*window) == rests


def test_a_stem_says_so_exactly_and_an_earlier_analysis_of_a_mix_does_not():
    spans: dict[str, Any] = {"sings": True, "spans": [{"start": 1, "end": 2, "kind": "singing", "confidence": 0.95}]}
    mix = sung_map(cast(Song, SimpleNamespace(analysis={"voice": spans}, stem_id=None)))
    stem = sung_map(cast(Song, SimpleNamespace(analysis={"voice": spans}, stem_id=1)))
    assert mix and stem and mix.rests(0, 4) == () and stem.rests(0, 4) == ((0, 0.75), (2.25, 4))


@pytest.fixture
def project(user, no_delays):
    song = make_song(user, seconds=6.0, asset=store_asset(user, media.sound(6.0), kind="audio", suffix=".wav"))
    song.analysis = {"sung_by_hand": {"sings": True, "spans": [
        {"start": 1.0, "end": 2.0, "kind": "singing", "confidence": 1.0}]}}  # fmt: skip
    song.save()
    project = make_project(user, song=song, providers={"lipsync": "sync_so"}, song_start="0.5")
    make_clip(make_scenes(project, "4")[0], asset=store_asset(user, media.video(4.0)))
    return project


def sent_levels(fake):
    """Return the length of the audio that arrived, and its loudness in each tenth of a second."""
    (generation,) = fake.generations.values()
    with wave.open(BytesIO(generation.audio)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        rate = file.getframerate()
    return len(samples) / rate, np.abs(samples[: len(samples) // (rate // 10) * (rate // 10)]).reshape(
        -1, rate // 10
    ).max(axis=1)


def lipsync(api, project, **body):
    address = f"/api/mv/projects/{project.pk}/lipsync/1"
    answer = api.post(address, body, content_type="application/json")
    assert answer.status_code == 202, answer.content
    job = drive(Job.objects.get(pk=answer.json()["job"]["id"]))
    assert job.state == "succeeded", job.error
    return api.get(address).json()["lipsync_params"]


def test_the_band_is_not_sent_where_nobody_sings(api, project, sync_so):
    told = lipsync(api, project)
    seconds, levels = sent_levels(sync_so)
    # The window starts at 0.5 s of the song; somebody sings from 1 to 2 s.
    assert told["silences"] == [[1.75, 4.0]] and "all_sound" not in told
    assert seconds == 4.0
    assert levels[:17].min() > 0.1 and levels[18:].max() == 0


def test_all_of_the_sound_is_sent_when_asked_for(api, project, sync_so):
    told = lipsync(api, project, all_sound=True)
    assert told["all_sound"] is True and "silences" not in told
    assert sent_levels(sync_so)[1].min() > 0.1


def test_own_audio_is_sent_as_it_is(api, user, project, sync_so):
    own = store_asset(user, media.sound(6.0), kind="audio", suffix=".wav")
    assert "silences" not in lipsync(api, project, audio_id=str(own.pk))
    assert sent_levels(sync_so)[1].min() > 0.1


def pro(api, project, audio, *, query="", **fields):
    """Order the scene's clip: a part of the song with singing in it, then one without."""
    segments = [
        {"startTime": 0, "endTime": 3, "audioInput": {"refId": "a", "startTime": 0.5, "endTime": 3.5}},
        {"startTime": 3, "endTime": 4, "audioInput": {"refId": "a", "startTime": 4, "endTime": 5}},
    ]
    video = project.scenes.get().current_clip.asset_id
    form = {"video": str(video), "a": audio, "segments": json.dumps(segments), **fields}
    answer = api.post(f"/api/v1/sync/pro-sync-process{query}", form)
    assert answer.status_code in {200, 202}, answer.content
    return answer.json()


def test_pro_order_sends_no_band_in_the_rests_of_a_song(api, project, sync_so):
    song = str(project.song.asset_id)
    silences = pro(api, project, song, query="?dry_run=1")["silences"]
    # The service wants a frame between two segments.
    assert silences == [{"refId": "a", "startTime": 2.25, "endTime": 3.458}]
    job = drive(Job.objects.get(pk=pro(api, project, song)["id"]))
    assert job.state == "succeeded", job.error
    seconds, levels = sent_levels(sync_so)
    assert seconds == 6.0
    assert levels[23:34].max() == 0 and levels[:22].min() > 0.1 and levels[35:].min() > 0.1
    assert b"1.2 s, where nobody sings" in api.get(f"/pro/{job.pk}").content


def test_pro_order_sends_all_when_asked_for_and_of_other_audio(api, user, project, sync_so):
    song = str(project.song.asset_id)
    assert pro(api, project, song, query="?dry_run=1", all_sound="true")["silences"] == []
    job = Job.objects.get(pk=pro(api, project, song, all_sound="true")["id"])
    assert drive(job).state == "succeeded" and b'"all_sound": true' in api.get(f"/pro?job={job.pk}").content
    assert sent_levels(sync_so)[1].min() > 0.1
    own = store_asset(user, media.sound(6.0), kind="audio", suffix=".wav")
    assert pro(api, project, str(own.pk), query="?dry_run=1")["silences"] == []
    uploaded = SimpleUploadedFile("speech.wav", media.sound(6.0))
    assert pro(api, project, uploaded, query="?dry_run=1")["silences"] == []


def test_card_of_quick_gen_sends_all_when_asked_for(api, project, sync_so):
    scene = project.scenes.get()
    sent = {"page": "quick", "scene_id": str(scene.pk), "with_lipsync": "true", "confirm_cost": "true"}
    api.post(f"/projects/{project.pk}/scenes/1/quick", {**sent, "all_sound": "true"})
    assert _silences(api) == []
    body = {"video_id": str(scene.current_clip.asset_id), "audio_id": str(project.song.asset_id), "start_time": 0.5,
            "end_time": 4.5, "face": {"time": 0, "x": 9, "y": 9}}  # fmt: skip
    for all_sound, silences in ((True, []), (False, [[2.25, 4.5]])):
        changes = {"all_sound": all_sound}
        answer = api.post("/api/mv/lipsync", body | changes, "application/json", headers={"X-Scene-Id": str(scene.pk)})
        assert answer.status_code == 202, answer.content
        assert _silences(api) == silences


def _silences(api):
    """Return the newest job's silences, and cancel it."""
    job = Job.objects.latest("created_at")
    assert bool(job.parameters["lipsync_params"]["all_sound"]) is not bool(
        job.parameters["frozen"]["inputs"]["audio"]["silences"]
    )
    api.post(f"/api/jobs/{job.pk}/cancel")
    return job.parameters["frozen"]["inputs"]["audio"]["silences"]
