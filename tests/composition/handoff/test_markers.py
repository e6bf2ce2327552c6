"""What of the song is marked on the video's frames."""

from fractions import Fraction
from uuid import uuid4

import pytest

from apps.composition.captions import CaptionWords
from apps.composition.frozen import FrozenPlan, FrozenShot, FrozenSong
from apps.composition.handoff.edit import HandedFile, edit_of
from apps.composition.handoff.markers import Marker, song_markers
from apps.composition.handoff.options import HandoffOptions, MarkerKind
from apps.songs.models import Song
from engines.lyrics.reading import read_lyrics
from tests.composition.handoff.test_timelines import RATES, read_back, song, video

# The names of sections come from the words of the song.
pytestmark = pytest.mark.django_db

LYRICS = """1
00:00:00,500 --> 00:00:01,900
before
the cut

2
00:00:03,000 --> 00:00:09,000
<i>over the end</i>

3
00:00:30,000 --> 00:00:31,000
never heard
"""


def words(text):
    return CaptionWords(text, read_lyrics(text).lines)


def planned(fps="24", frames=48, *, start="1.5", end="3.5"):
    return FrozenPlan(
        width=1280,
        height=720,
        fps=fps,
        shots=(FrozenShot(asset_id=uuid4(), frames=frames, sequence=1),),
        song=FrozenSong(asset_id=uuid4(), start=start, end=end),
        title="Night Drive",
    )


def analyzed(**grid):
    sections = [
        {"label": "intro", "start_seconds": 0.0, "end_seconds": 2.0, "energy": 0.1},
        {"label": "verse", "start_seconds": 2.0, "end_seconds": 60.0, "energy": 0.5},
        {"label": "outro", "start_seconds": 60.0, "end_seconds": 70.0, "energy": 0.2},
    ]
    return Song(analysis={"sections": sections}, grid=grid)


def of_kind(markers, kind):
    return [(marker.frame, marker.frames, marker.text) for marker in markers if marker.kind is kind]


def test_sections_and_lines_are_cut_to_the_used_part():
    markers = song_markers(planned(), analyzed(), words(LYRICS))
    assert of_kind(markers, MarkerKind.SECTIONS) == [(0, 12, "intro"), (12, 36, "verse")]
    assert of_kind(markers, MarkerKind.LYRICS) == [(0, 10, "before / the cut"), (36, 12, "over the end")]


def test_beats_are_named_by_bar_and_beat_of_the_whole_song():
    beats = [index * 0.5 for index in range(20)]
    markers = song_markers(planned(), analyzed(beats=beats, downbeats=[0.5, 2.5, 4.5]), words(LYRICS))
    assert of_kind(markers, MarkerKind.BEATS) == [
        (0, 1, "Beat 1.3"),
        (12, 1, "Beat 1.4"),
        (24, 1, "Beat 2.1"),
        (36, 1, "Beat 2.2"),
    ]
    assert Marker(0, 1, "Beat 0.1", MarkerKind.BEATS) in song_markers(
        planned(start="0", end="2"), analyzed(beats=beats, downbeats=[0.5]), words(LYRICS)
    )


def test_a_beat_just_before_the_chosen_start_is_on_the_first_frame():
    markers = song_markers(planned(), analyzed(beats=[1.47, 1.49, 3.5], downbeats=[]), words(LYRICS))
    assert of_kind(markers, MarkerKind.BEATS) == [(0, 1, "Beat 0.2")]


@pytest.mark.parametrize("lyrics", [CaptionWords(""), words("[99:00.00] far away")])
@pytest.mark.parametrize("known", [Song(), analyzed(beats=[], downbeats=[])])
def test_a_song_without_analysis_or_lyrics_still_exports(known, lyrics):
    assert of_kind(song_markers(planned(), known, lyrics), MarkerKind.LYRICS) == []
    assert song_markers(planned().model_copy(update={"song": None}), known, lyrics) == ()
    assert song_markers(planned(), None, lyrics) == ()


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("kinds", [(), (MarkerKind.BEATS,), tuple(MarkerKind)])
def test_markers_are_on_the_nearest_frame_in_every_timeline(tmp_path, fps, kinds):
    frames = round(30 * Fraction(fps))
    plan = planned(fps, frames, end="31.5")
    beats = [0.25 + index * 60 / 128 for index in range(70)]
    markers = song_markers(plan, analyzed(beats=beats, downbeats=beats[::4]), words(LYRICS))
    clip = HandedFile("clips/scene_001.mp4", video(frames, fps), "SC001")
    edit = edit_of(
        plan, {0: clip}, HandedFile("song/song.mp3", song(60.0), "SONG"),
        options=HandoffOptions(markers=kinds), markers=markers,
    )  # fmt: skip
    read_back(tmp_path, edit, fps)
    assert {marker.kind for marker in edit.markers} == {*kinds}
    heard = [beat - 1.5 for beat in beats if 1.48 <= beat < 31.5]
    found = [marker.frame for marker in edit.markers if marker.kind is MarkerKind.BEATS]
    assert len(found) == (len(heard) if kinds else 0)
    for frame, beat in zip(found, heard if kinds else [], strict=True):
        assert abs(frame / Fraction(fps) - Fraction(max(0.0, beat))) <= 1 / (2 * Fraction(fps))


def test_the_order_of_the_choices_does_not_matter():
    assert HandoffOptions(markers=(MarkerKind.BEATS, MarkerKind.SECTIONS, MarkerKind.BEATS)) == HandoffOptions(
        markers=(MarkerKind.SECTIONS, MarkerKind.BEATS)
    )
