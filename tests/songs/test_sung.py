"""Where somebody sings: what a song's page and its API say, and what a person answers."""

from fractions import Fraction

import pytest

from apps.projects.models import Project
from apps.scenes.performance import sung_spans
from apps.scenes.preflight import songs_among
from apps.scenes.scene_frames import SceneFrames
from apps.songs.models import Song
from apps.songs.sung import sung_map
from apps.work.song_brief import song_brief
from engines.media.frames import FrameGrid
from tests.engines.listening.builders import SUNG_LINES, sung_song
from tests.factories import make_project

pytestmark = pytest.mark.django_db(transaction=True)

HALF = [{"start": 1.0, "end": 3.5, "kind": "singing"}]


@pytest.fixture
def song(upload):
    """A song of eight seconds in which nobody sings, its analysis still to run."""
    found = Song.objects.get(asset_id=upload().data["audio_id"])
    found.analysis_state, found.analysis = "done", {"voice": {"sings": False, "spans": []}}
    found.save()
    return found


@pytest.fixture
def patch(api, song):
    return lambda **body: api.patch(f"/api/audio/{song.asset_id}", body, format="json")


def doubted(song):
    song.analysis["voice"] = {"sings": None, "spans": [{**HALF[0], "confidence": 0.3}]}
    song.save()


def sung_in_brief(song):
    song.refresh_from_db()
    return song_brief(song, 0.0, 8.0).sung


def test_analysis_says_where_somebody_sings(api, upload, work, tmp_path):
    audio_id = upload(sung_song(tmp_path / "song.mp3").read_bytes()).data["audio_id"]
    before = api.get(f"/api/audio/{audio_id}").json()
    assert (before["sings"], before["sung"]) == (None, [])
    work()
    found = api.get(f"/api/audio/{audio_id}").json()
    assert found["sings"] is True and len(found["sung"]) == len(SUNG_LINES)
    assert found["sung"][0]["start"] == pytest.approx(SUNG_LINES[0][0], abs=0.5)
    assert set(found["sung"][0]) == {"start", "end", "kind", "confidence"}


def test_uncertain_song_counts_as_sung_only_once_a_person_says_so(song, patch, user):
    doubted(song)
    project = Project(owner=user, song=song)
    scene = SceneFrames(0, 96, FrameGrid(Fraction(24)))
    assert sung_in_brief(song) == () and sung_spans(project, [scene]) == [] and not songs_among({song.asset_id})
    answer = patch(sings=True).json()
    assert answer["sings"] is True and answer["sung"][0]["start"] == 1.0
    assert sung_in_brief(song) == ((1.0, 3.5),) and sung_spans(project, [scene]) == [scene]
    assert songs_among({song.asset_id})[song.asset_id].performed(0.0, 4.0)
    assert patch(sings=False).json()["sung"] == [] and sung_in_brief(song) == ()
    assert patch(sings=None).json()["sings"] is None


def test_corrected_passages_are_kept_and_outlive_an_analysis(song, patch, api, work):
    changed = patch(sung=[{"start": 5, "end": 6.25, "kind": "speech"}, {"start": 0.5, "end": 2}])
    assert changed.json()["sung"] == [
        {"start": 0.5, "end": 2.0, "kind": "singing", "confidence": 1.0},
        {"start": 5.0, "end": 6.25, "kind": "speech", "confidence": 1.0},
    ]
    (job,) = work()
    assert job.state == "succeeded"
    assert len(api.get(f"/api/audio/{song.asset_id}").json()["sung"]) == 2
    assert patch(sung=[]).json()["sings"] is False


def test_passages_can_be_named_before_the_analysis(api, upload, work):
    address = f"/api/audio/{upload().data['audio_id']}"
    assert api.patch(address, {"sings": True}, format="json").status_code == 409
    assert api.patch(address, {"sung": HALF}, format="json").status_code == 200
    work()
    assert api.get(address).json()["sung"] == [{**HALF[0], "confidence": 1.0}]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"sung": [{"start": 2, "end": 1}]}, "end after"),
        ({"sung": [{"start": 1, "end": 99}]}, "8.0 s long"),
        ({"sung": [{"start": 1, "end": 3}, {"start": 2, "end": 4}]}, "overlap"),
        ({"sung": HALF, "sings": False}, "Nobody"),
        ({"sung": [{"start": "NaN", "end": 3}]}, "number"),
        ({"sung": [{"start": 1, "end": 3, "kind": "humming"}]}, "humming"),
        ({"sung": "here"}, "list"),
        ({"sings": "perhaps"}, "boolean"),
    ],
)
def test_impossible_passages_are_refused_with_words(patch, body, words):
    answer = patch(**body)
    assert answer.status_code == 400 and words in answer.content.decode()


def test_mix_analyzed_by_an_earlier_release_is_asked_about(song):
    song.analysis["voice"] = {"ranges": [[1.0, 3.0]], "confidence": 0.4}
    assert (sung_map(song).sings, sung_map(song).ranges) == (None, ())
    song.analysis["voice"]["confidence"] = 0.95
    assert sung_map(song).ranges == ((1.0, 3.0),)


def test_song_of_an_earlier_release_is_listened_to_again(api, client, upload, work, user, tmp_path):
    client.force_login(user)
    audio_id = upload(sung_song(tmp_path / "song.mp3").read_bytes()).data["audio_id"]
    address = f"/api/audio/{audio_id}"
    assert api.post(f"{address}/sung/listen").status_code == 409  # it isn't analyzed yet
    work()
    song = Song.objects.get()
    found = dict(song.analysis["voice"])
    del song.analysis["voice"]["still"]
    song.analysis["sections"] = [{"label": "Mine", "start_seconds": 0.0, "end_seconds": 8.0}]
    song.save()
    grid = song.grid
    assert api.get(address).json()["rests_unknown"] is True
    page = f"/projects/{make_project(user, song=song).pk}/song"
    assert "Listen again" in client.get(page).content.decode()
    assert client.post(page, {"save": "listen"}).url == page
    assert api.post(f"{address}/sung/listen").status_code == 409  # it runs
    (job,) = work()
    assert job.state == "succeeded", job.error
    song.refresh_from_db()
    assert song.analysis["voice"] == found and song.grid == grid and song.analysis_state == "done"
    told = api.get(address).json()
    assert told["rests_unknown"] is False and [one["label"] for one in told["analysis"]["sections"]] == ["Mine"]
    assert "Listen again" not in client.get(page).content.decode()
