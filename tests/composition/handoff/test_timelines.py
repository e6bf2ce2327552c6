"""The exported timelines, read back strictly at every rate."""

from fractions import Fraction
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import opentimelineio as otio
import pytest

from apps.composition.frozen import FrozenPlan, FrozenShot, FrozenSong
from apps.composition.handoff.edit import HandedFile, edit_of
from apps.composition.handoff.markers import Marker
from apps.composition.handoff.options import HandoffOptions, MarkerKind, TimelineStart
from apps.composition.handoff.timelines import write_timelines
from apps.core.text import one_line
from engines.composing.shot_plan import TransitionKind
from engines.media.facts import MediaFacts
from tests.composition.handoff.edl_reader import read_edl
from tests.composition.handoff.fcp7_reader import read_fcp7
from tests.composition.handoff.otio_reader import read_otio

RATES = ["24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60"]
SIZE = (1280, 720)
ODD_TITLES = [
    *("a\nFCM: DROP FRAME", "* COMMENT: x\r\n001  AX V C", "]]>", "<!-- -->", "&#0;&bogus;", "../../etc/passwd"),
    *("C:\\x", "\x00\x1b[31m", "\ud800", "   ", "x" * 300, "x" * 69 + " y", "e\u0301" * 80, "🌃\u200d🎬" * 40),
    *("\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627\u202e"),
]


def video(frames, fps, **facts):
    fps = Fraction(fps)
    facts = {"width": 1280, "height": 720, "frames": frames, "fps": fps} | facts
    facts.setdefault("duration_seconds", float((frames or 0) / fps))
    return MediaFacts(kind="video", container="mov", size_bytes=1, video_codec="h264", **facts)


def song(seconds, **facts):
    values: dict[str, Any] = {"audio_codec": "mp3", "audio_channels": 2, "sample_rate": 44100} | facts
    return MediaFacts(kind="audio", container="mp3", size_bytes=1, duration_seconds=seconds, **values)


def shot(frames, fps="24", *, start=0, kind=None, length=12, sequence=1):
    return FrozenShot(
        asset_id=uuid4(),
        frames=frames,
        start=str(start / Fraction(fps)),
        sequence=sequence,
        transition=kind,
        transition_frames=length if kind else 0,
    )


def exported(tmp_path, shots, files, fps="24", *, title="Night Drive", music=None, start=TimelineStart.ZERO, marks=()):
    plan = FrozenPlan(
        width=SIZE[0],
        height=SIZE[1],
        fps=fps,
        shots=tuple(one.model_copy(update={"sequence": place + 1}) for place, one in enumerate(shots)),
        song=FrozenSong(asset_id=uuid4(), start="1.5", end="100") if music else None,
        title=title,
    )
    clips = {
        place: HandedFile(f"clips/scene_{place + 1:03d}.mp4", facts, f"SC{place + 1:03d}")
        for place, facts in enumerate(files)
    }
    song = HandedFile("song/song.mp3", music, "SONG") if music else None
    edit = edit_of(plan, clips, song, options=HandoffOptions(timeline_start=start), markers=marks)
    return edit, read_back(tmp_path, edit, fps)


def read_back(tmp_path, edit, fps):
    """Write the three timelines, check that they say the same, and return the cuts."""
    otio_file, xml, edl = write_timelines(edit, tmp_path)
    rate = Fraction(fps)
    from_xml = read_fcp7(xml.read_bytes(), rate, SIZE)
    from_otio = read_otio(otio_file.read_text("utf-8"), rate)
    from_edl = read_edl(edl.read_bytes().decode(), round(rate), edit.first_frame)
    assert from_xml.cuts == from_otio.cuts
    assert from_xml.title == from_otio.title == edit.title
    assert from_edl.title == edit.title[:70].rstrip()
    assert from_xml.first_frame == from_otio.first_frame == edit.first_frame
    assert len(from_xml.marks) == len(from_otio.marks) == len(edit.notes) + len(edit.markers)
    assert [(mark.frame, mark.frames) for mark in from_xml.marks] == [
        (mark.frame, mark.frames) for mark in from_otio.marks
    ]
    assert {*from_edl.files} <= {*from_xml.files} == {*from_otio.files}
    assert_the_edl_agrees(from_edl.cuts, from_xml.cuts)
    assert_editors_software_agrees(tmp_path, from_xml.cuts, rate)
    return from_xml.cuts


def assert_the_edl_agrees(rows, cuts):
    assert [(row.name, row.record_in, row.source_in, sum(row.dissolve)) for row in rows] == [
        (cut.name, cut.record_in - cut.dissolve[0], cut.source_in - cut.dissolve[0], sum(cut.dissolve)) for cut in cuts
    ]
    leads = [cut.dissolve[0] for cut in cuts[1:]] + [0]
    assert [row.record_out for row in rows] == [
        cut.record_out - (lead if cut.record_out == after.record_in else 0)
        for cut, after, lead in zip(cuts, [*cuts[1:], cuts[-1]], leads, strict=True)
    ]


def assert_editors_software_agrees(folder, cuts, rate):
    for name, options in (
        ("timeline.otio", {}),
        ("timeline.xml", {"adapter_name": "fcp_xml"}),
        ("timeline.edl", {"adapter_name": "cmx_3600", "rate": float(rate)}),
    ):
        timeline = otio.adapters.read_from_file(str(folder / name), **options)
        (track,) = timeline.video_tracks()
        clips = [item for item in track if isinstance(item, otio.schema.Clip)]
        # An EDL has no cut inside a dissolve: the incoming clip starts where the dissolve does.
        leads = [cut.dissolve[0] if name.endswith("edl") else 0 for cut in cuts]
        starts = [clip.range_in_parent().start_time.to_frames() for clip in clips]
        assert starts == [cut.record_in - lead for cut, lead in zip(cuts, leads, strict=True)]
        sources = [clip.source_range.start_time.to_frames() for clip in clips]
        assert sources == [cut.source_in - lead for cut, lead in zip(cuts, leads, strict=True)]
        assert clips[-1].range_in_parent().end_time_exclusive().to_frames() == cuts[-1].record_out
        transitions = [item for item in track if isinstance(item, otio.schema.Transition)]
        lengths = [(one.in_offset + one.out_offset).to_frames() for one in transitions]
        assert lengths == [sum(cut.dissolve) for cut in cuts if any(cut.dissolve)]


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("kind", [None, *TransitionKind])
@pytest.mark.parametrize(("places", "scenes"), [((0,), 1), ((0,), 3), ((1,), 3), ((2,), 3), ((0, 1, 2), 3)])
def test_every_transition_round_trips_at_every_rate(tmp_path, fps, kind, places, scenes):
    for head, tail in ((0, 0), (0, 30), (30, 0), (30, 30), (2, 30)):
        assert_reads_back(tmp_path, fps, kind, places, scenes, head, tail)


def assert_reads_back(tmp_path, fps, kind, places, scenes, head, tail):
    shots = [shot(48, fps, start=head, kind=kind if place in places else None) for place in range(scenes)]
    edit, cuts = exported(tmp_path, shots, [video(48 + head + tail, fps)] * scenes, fps, music=song(200.0))
    assert [cut.record_in for cut in cuts] == [0, 48, 96][:scenes]
    assert [cut.source_in for cut in cuts] == [head] * scenes
    joined = [place for place in places if 0 < place < scenes] if kind else []
    seen = [place for place, cut in enumerate(cuts) if any(cut.dissolve)]
    told = [note.frame // 48 for note in edit.notes]
    assert sorted({*seen, *told}) == joined
    assert seen == (joined if kind is TransitionKind.CROSSFADE and head + tail else [])


@pytest.mark.parametrize(
    ("head", "tail", "dissolve", "words"),
    [
        (30, 30, (6, 6), ""),
        (0, 30, (0, 6), "shortened to 6"),
        (30, 0, (6, 0), "shortened to 6"),
        (1, 30, (0, 6), "shortened to 6"),
        (4, 30, (4, 4), "shortened to 8"),
        (0, 0, (0, 0), "left out"),
    ],
)
def test_a_dissolve_uses_the_available_frames(tmp_path, head, tail, dissolve, words):
    shots = [shot(48, start=head), shot(48, start=head, kind=TransitionKind.CROSSFADE)]
    edit, cuts = exported(tmp_path, shots, [video(48 + head + tail, 24)] * 2)
    assert cuts[1].dissolve == dissolve
    assert [words in note.text for note in edit.notes] == ([True] if words else [])


def test_a_clip_shorter_than_its_scene_leaves_a_gap_without_a_dissolve(tmp_path):
    shots = [shot(48), shot(48, kind=TransitionKind.CROSSFADE), shot(10, kind=TransitionKind.CROSSFADE, length=24)]
    edit, cuts = exported(tmp_path, shots, [video(20, 24), video(60, 24), video(9, 24)])
    assert [(cut.record_in, cut.record_out) for cut in cuts] == [(0, 20), (48, 96), (96, 105)]
    assert [cut.dissolve for cut in cuts] == [(0, 0), (0, 0), (0, 5)]
    assert [note.frame for note in edit.notes] == [48, 96]


@pytest.mark.parametrize(
    "facts",
    [
        video(81, 16),
        video(100, "30000/1001", width=720, height=1280, rotation=90),
        video(None, "2997/100", variable_frame_rate=True, duration_seconds=4.0),
        video(50, "25/2", audio_codec="aac", audio_channels=6, sample_rate=48000),
        video(60, 24, duration_seconds=300.0, audio_codec="aac"),
    ],
    ids=["16fps", "phone", "varying", "12.5fps", "long_sound"],
)
@pytest.mark.parametrize("fps", RATES)
def test_a_file_at_another_rate_keeps_its_own_rate(tmp_path, facts, fps):
    shots = [shot(20, fps), shot(20, fps, start=3, kind=TransitionKind.CROSSFADE)]
    exported(tmp_path, shots, [facts, facts], fps)


def test_a_start_past_the_clips_end_shows_the_last_frame(tmp_path):
    _, cuts = exported(tmp_path, [shot(48, start=500)], [video(30, 24)])
    assert (cuts[0].source_in, cuts[0].record_out) == (29, 1)


@pytest.mark.parametrize("channels", [None, 1, 2, 6])
@pytest.mark.parametrize("seconds", [0.9, 3.0, 9000.5])
def test_the_song_has_one_track_per_channel(tmp_path, channels, seconds):
    exported(tmp_path, [shot(240)], [video(240, 24)], music=song(seconds, audio_channels=channels))
    timeline = otio.adapters.read_from_file(str(tmp_path / "timeline.xml"), adapter_name="fcp_xml")
    assert len(timeline.audio_tracks()) == (channels or 1)


def test_long_videos_have_hour_timecodes_and_many_scenes(tmp_path):
    shots = [shot(30 * 60 * 2, "30000/1001") for _ in range(200)]
    _, cuts = exported(tmp_path, shots, [video(4000, "30000/1001")] * 200, "30000/1001")
    assert cuts[-1].record_in == 199 * 3600


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Night\r\nFCM: DROP FRAME\r\n", "Night FCM: DROP FRAME"),
        ("a\x00b\x01\x08\x0b\x0c\x1b\x7f\x85c", "a b c"),
        ("one\u2028two\u2029three\ufffe\uffff", "one two three"),
        ("</name><file>&amp; <![CDATA[ ]]>", "</name><file>&amp; <![CDATA[ ]]>"),
        ("夜の🌃 ドライブ — «Überblick»", "夜の🌃 ドライブ — «Überblick»"),
        ("\u202egnirts\u202c \ufeff", "gnirts"),
        ("\x00\n\t", "mvsite"),
        ("", "mvsite"),
        ("می‌خواهم", "می‌خواهم"),
    ],
)
def test_a_title_is_one_line_in_every_timeline(tmp_path, title, expected):
    exported(tmp_path, [shot(24)], [video(24, 24)], title=title)
    for name, options in (("timeline.otio", {}), ("timeline.xml", {"adapter_name": "fcp_xml"})):
        assert otio.adapters.read_from_file(str(tmp_path / name), **options).name == expected
    assert (tmp_path / "timeline.edl").read_text("utf-8").splitlines()[0] == f"TITLE: {expected[:70]}"


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("start", TimelineStart)
def test_the_start_and_every_cut_are_the_same_in_all_timelines(tmp_path, fps, start):
    shots = [shot(37, fps), shot(41, fps, start=9, kind=TransitionKind.CROSSFADE), shot(1, fps), shot(5000, fps)]
    edit, cuts = exported(tmp_path, shots, [video(6000, fps)] * 4, fps, start=start, music=song(200.0))
    assert edit.first_frame == start.hours * 3600 * round(Fraction(fps))
    assert [cut.record_in for cut in cuts] == [0, 37, 78, 79]
    lines = (tmp_path / "timeline.edl").read_text("utf-8").splitlines()
    assert lines[3].split()[6] == start


def test_titles_and_words_of_every_kind_stay_on_their_line(tmp_path):
    for title in ODD_TITLES:
        mark = Marker(3, 2, f"Line {title}", MarkerKind.LYRICS)
        edit, _ = exported(tmp_path, [shot(24)], [video(24, 24)], title=title, marks=[mark])
        assert edit.title == (one_line(title) or "mvsite")


def test_a_clip_used_twice_is_one_file_and_one_reel(tmp_path):
    facts, plan_shots = video(96, 24), [shot(24), shot(24, start=48, kind=TransitionKind.CROSSFADE)]
    plan = FrozenPlan(width=SIZE[0], height=SIZE[1], fps="24", shots=tuple(plan_shots), title="Twice")
    same = HandedFile("clips/scene_001.mp4", facts, "SC001")
    edit = edit_of(plan, {0: same, 1: same}, None)
    otio_file, xml, edl = write_timelines(edit, tmp_path)
    read = read_fcp7(xml.read_bytes(), Fraction(24), SIZE)
    assert (read.files, [cut.source_in for cut in read.cuts]) == (["clips/scene_001.mp4"], [0, 48])
    assert {cut.name for cut in read_edl(edl.read_bytes().decode(), 24).cuts} == {"SC001"}
    assert {*read_otio(otio_file.read_text(), Fraction(24)).files} == {"clips/scene_001.mp4"}


@pytest.mark.parametrize(
    ("fps", "timebase", "ntsc"),
    [
        ("2997/100", "30", "TRUE"),
        ("19001/317", "60", "TRUE"),
        ("19001/634", "30", "TRUE"),
        ("2397/100", "24", "TRUE"),
        ("15", "15", "FALSE"),
        ("120", "120", "FALSE"),
        ("1/5", "1", "FALSE"),
    ],
)
def test_a_files_rate_is_the_nearest_that_the_format_can_say(tmp_path, fps, timebase, ntsc):
    exported(tmp_path, [shot(5)], [video(50, fps, duration_seconds=float(50 / Fraction(fps)))])
    rate = ElementTree.parse(tmp_path / "timeline.xml").find(".//file/rate")  # noqa: S314 - written by our code
    assert (rate.findtext("timebase"), rate.findtext("ntsc")) == (timebase, ntsc)


def test_a_mono_song_has_no_links(tmp_path):
    exported(tmp_path, [shot(240)], [video(240, 24)], music=song(200.0, audio_channels=1))
    assert b"<link>" not in (tmp_path / "timeline.xml").read_bytes()
