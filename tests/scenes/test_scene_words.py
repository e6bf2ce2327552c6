"""The song's words in each scene, for the API, the writer and the cards."""

import pytest

from apps.projects.models import Project
from apps.scenes.selectors import scenes_of
from apps.songs.lyrics.services import lyrics_put
from apps.songs.lyrics.versions import song_words, version_add
from apps.songs.models import Song
from apps.studio.project.cards import scene_cards
from apps.work.song_brief import song_brief
from engines.lyrics.encodings import Decoded
from engines.lyrics.sung_lines import SungLine
from tests.factories import make_project, make_scenes

pytestmark = pytest.mark.django_db(transaction=True)

LRC = "[00:01.00]before\n[00:02.50]one\n[00:05.90]two\n[00:08.00]three\n[00:09.00]\n"


@pytest.fixture
def project(user):
    """Scenes at 2–6, 6–10 and 10–12 s of a song whose words change at 2.5, 5.9 and 8 s."""
    made = make_project(user, song_seconds=12.0, song_start=2)
    make_scenes(made, "4", "4", None)
    lyrics_put(by=user, audio_id=made.song.asset_id, source=Decoded(LRC, ""))
    return Project.objects.get(pk=made.pk)


def test_scene_holds_the_lines_sung_in_it(project, user, client, django_assert_max_num_queries):
    client.force_login(user)
    address = f"/api/mv/projects/{project.pk}/scenes"
    scenes = client.get(address).json()
    scenes = scenes if isinstance(scenes, list) else scenes["results"]
    texts = [[line["text"] for line in scene["lines"]] for scene in scenes]
    assert texts == [["before", "one"], ["two", "three"], []]
    assert scenes[0]["lines"][1] == {"text": "one", "start": 2.5, "end": 5.9}
    assert client.get(f"{address}/2").json()["lines"] == scenes[1]["lines"]
    rows = list(scenes_of(project))
    # The words, who is in each scene, the cast, and how short clips are filled: for any number of scenes.
    with django_assert_max_num_queries(4):
        assert [line.text for line in scene_cards(project, rows)[1].lines] == ["two", "three"]


def test_writer_is_told_the_lines_in_the_part_that_is_used(project):
    brief = song_brief(project.song, 2.0, 9.5)
    assert [(line.text, line.start_seconds) for line in brief.lines_in(0, 4)] == [("before", -1.0), ("one", 0.5)]
    assert [line.text for line in brief.lines_in(4, 7.5)] == ["two", "three"]


def test_moved_cut_moves_the_lines_and_a_song_without_times_has_none(project, user, client):
    client.force_login(user)
    address = f"/api/mv/projects/{project.pk}/scenes/1"
    client.patch(address, {"duration": 6.5, "snap": False}, content_type="application/json")
    assert [line["text"] for line in client.get(address).json()["lines"]] == ["before", "one", "two", "three"]
    lyrics_put(by=user, audio_id=project.song.asset_id, source=Decoded("no times", ""))
    assert client.get(address).json()["lines"] == [] and song_brief(project.song, 0, 9).lines == ()


def test_project_uses_the_songs_lyrics_when_asked(project, user, client):
    client.force_login(user)
    address = f"/api/mv/projects/{project.pk}/lyrics"
    assert client.get(address).status_code == 400
    lyrics_put(by=user, audio_id=project.song.asset_id, source=Decoded("[00:01.00]one <00:01.50>& two\n[00:03.00]", ""))
    (line,) = client.post(address).json()["lines"]
    assert (line["text"], line["start"], line["end"]) == ("one & two", 1.0, 3.0)
    assert [(word["text"], word["start"]) for word in line["words"]] == [("one ", 1.0), ("& two", 1.5)]
    lyrics_put(by=user, audio_id=project.song.asset_id, source=Decoded("no times", ""))
    assert client.post(address).json()["code"] == "no_timed_lines"


HEARD = [
    {"label": label, "start_seconds": start, "end_seconds": end, "energy": 0.5, "group": 0}
    for label, start, end in (("chorus", 0.0, 6.0), ("verse", 6.0, 12.0))
]


def test_sections_are_named_after_the_lyrics_unless_a_person_named_them(project, user, client):
    client.force_login(user)
    song, address = project.song, f"/api/audio/{project.song.asset_id}"
    Song.objects.filter(pk=song.pk).update(analysis={"sections": HEARD, "duration_seconds": 12.0})
    assert labels_of(client, address) == ["chorus", "verse"]
    lines = [
        SungLine(text, mark, start=start, end=start + 2, confidence=1.0)
        for text, mark, start in (("one", "Verse 1", 1.0), ("two", "Verse 1", 3.0), ("three", "Chorus", 6.0))
    ]
    version_add(song, song_words(song), lines, change="pasted", source="text")
    assert labels_of(client, address) == ["verse 1", "chorus"]
    brief = song_brief(Song.objects.get(pk=song.pk), 0.0, 12.0)
    assert [section.label for section in brief.sections] == ["verse 1", "chorus"]
    client.force_login(user)
    sections = [{"label": "hook", "start_seconds": 0}]
    client.patch(address, {"sections": sections}, content_type="application/json")
    assert labels_of(client, address) == ["hook"]
    client.patch(address, {"sections": []}, content_type="application/json")
    assert labels_of(client, address) == ["verse 1", "chorus"]


def labels_of(client, address):
    return [section["label"] for section in client.get(address).json()["analysis"]["sections"]]


def test_nothing_is_planned_as_sung_in_an_instrumental(project, user, api, run_job):
    voice = {"sings": False, "spans": []}
    Song.objects.filter(pk=project.song_id).update(
        analysis={"sections": HEARD, "voice": voice, "duration_seconds": 12.0}
    )
    answer = api.post(f"/api/mv/projects/{project.pk}/scenes/generate", {}, content_type="application/json")
    assert run_job(answer.json()["id"]).state == "succeeded"
    assert not any(scene.lipsync for scene in scenes_of(project))
