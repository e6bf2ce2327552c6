from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from apps.core.errors import InputError, WorkCancelled
from apps.providers.request_types import LipsyncRequest, LipsyncSegment, MediaInput, SegmentedLipsyncRequest
from engines.draft.lipsync.face import drawn_track
from engines.draft.lipsync.sync import decoded_planes
from engines.draft.lipsync.track import found_track
from engines.faces.scan import clip_faces
from engines.faces.verdict import face_check
from engines.media.drawn import drawn_mouths, drawn_without_mouths
from engines.media.formats import ClipFormat
from engines.media.probe import probe_media
from engines.media.runner import run
from tests.engines.draft.voices import write_voice

SINGER = "Close-up of Mara in a red coat with dark hair, who sings on a rooftop at dusk. The camera pushes in."
FRAMES = 48
# Silence before and after, so that the closed mouth can be compared.
SPEECH = (("silence", 0.5), ("ah", 0.5), ("silence", 0.5), ("ah", 0.3), ("silence", 0.2))
AH = slice(15, 22)


@pytest.fixture(scope="module")
def singer(make, video_request):
    """A draft close-up: two seconds at 640 × 360."""
    return make(video_request(prompt=SINGER, width=640, height=360, frames=FRAMES, energy=(0.4, 0.7))).files[0].path


@pytest.fixture(scope="module")
def stranger(singer, tmp_path_factory):
    return without_note(singer, tmp_path_factory.mktemp("stranger") / "stranger.mp4")


def without_note(video, path):
    """Copy the video without the metadata that says where the mouth is."""
    with av.open(str(video)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return path


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    return write_voice(tmp_path_factory.mktemp("speech") / "speech.wav", *SPEECH)


@pytest.fixture(scope="module")
def sync(make, settings_for):
    def synced(video, audio, **changes):
        request = LipsyncRequest(
            MediaInput(video, "video/mp4"), MediaInput(audio, "audio/wav"), settings=settings_for("default", "lipsync")
        )
        return make(replace(request, **changes)).files[0].path

    return synced


@pytest.fixture(scope="module")
def spoken(sync, singer, speech):
    """The singer with the speech."""
    return sync(singer, speech)


def region(track, number, shape, *, above=1.1, below=3.6):
    """Return a mask of the lower face in a frame."""
    rows, columns = np.indices(shape)
    across = np.abs(columns - track.x[number]) / track.half[number]
    down = (rows - track.y[number]) / track.half[number]
    return (across < 2.4) & (down > -above) & (down < below)


def test_clip_keeps_its_format_and_gets_the_audio(spoken):
    facts = probe_media(spoken)

    assert (facts.width, facts.height, facts.frames, facts.fps) == (640, 360, FRAMES, Fraction(24))
    assert facts.audio_codec == "aac"
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.03)


@pytest.mark.parametrize("known", [True, False])
def test_mouth_opens_and_nothing_else_changes(sync, singer, stranger, spoken, speech, decode, known):
    before, after = decode(singer), decode(spoken if known else sync(stranger, speech))
    track = drawn_track(singer, FRAMES)

    for number in range(AH.start, AH.stop):
        changed = np.abs(before[number] - after[number])
        inside = region(track, number, changed.shape)
        # The rest only differs by the second encoding.
        assert changed[~inside].mean() < 1.5
        assert np.percentile(changed[~inside], 99.9) < 20
        assert (changed[inside] > 40).mean() > 0.02


def test_lips_stay_closed_in_silence(singer, spoken, decode):
    before, after = decode(singer), decode(spoken)
    track = drawn_track(singer, FRAMES)

    for number in (2, 6, 30):
        inside = region(track, number, before[number].shape)
        assert np.abs(before[number] - after[number])[inside].mean() < 2


def test_open_mouth_is_closed_where_the_new_voice_is_silent(sync, singer, spoken, decode, tmp_path):
    assert drawn_mouths(spoken, FRAMES)[0].places(np.array([AH.start + 2]))[0, 3] > 0.1
    silence = write_voice(tmp_path / "silence.wav", ("silence", 2.0))
    closed, before, after = decode(singer), decode(spoken), decode(sync(spoken, silence))
    track = drawn_track(singer, FRAMES)

    for number in range(AH.start, AH.stop):
        rows, columns = np.indices(closed[number].shape)
        inside = (
            np.hypot(columns - track.x[number], rows - track.y[number] - track.half[number] * 0.4)
            < track.half[number] * 0.6
        )
        was, now = (np.abs(frames[number] - closed[number])[inside].mean() for frames in (before, after))
        assert now < 0.5 * was


DARKENINGS = {
    "night": "lutyuv=y=val*0.45",
    "crushed": "lutyuv=y=clip((val-90)*1.6+10\\,0\\,255)",
}


@pytest.mark.parametrize("graded", DARKENINGS.values(), ids=DARKENINGS)
def test_no_mouth_glows_in_dark_or_contrasty_footage(sync, spoken, speech, decode, tmp_path, graded):
    """The clip's own open mouth is darker than limited-range black in places."""
    dark = tmp_path / "dark.mp4"
    run(["-i", str(spoken), "-an", "-vf", graded, "-c:v", "libx264", "-crf", "12", str(dark)], time_limit_seconds=60)
    foreign = without_note(dark, tmp_path / "foreign.mp4")
    voice = write_voice(tmp_path / "ah.wav", ("ah", 2.0))
    before, after = decode(foreign), decode(sync(foreign, voice))
    track = drawn_track(spoken, FRAMES)
    for number in range(FRAMES):
        inside = region(track, number, before[number].shape)
        lightest = np.percentile(before[number][inside], 99.5)
        assert (after[number][inside] > lightest + 40).sum() == 0, number


def test_border_does_not_flicker(singer, spoken, decode):
    before, after = decode(singer), decode(spoken)
    track = drawn_track(singer, FRAMES)

    for number in range(10, 40):
        ring = region(track, number, before[number].shape) & ~region(
            track, number, before[number].shape, above=0.95, below=3.3
        )
        change = (after[number] - after[number - 1]) - (before[number] - before[number - 1])
        assert np.abs(change[ring]).mean() < 2


def test_mouth_is_found_where_it_was_drawn(singer, stranger):
    known = drawn_track(singer, FRAMES)
    assert drawn_track(stranger, FRAMES) is None

    found = found_track(decoded_planes(stranger, ClipFormat(640, 360, Fraction(24)), FRAMES), np.ones(FRAMES, bool))

    head = known.half / 0.125
    assert np.hypot(found.x - known.x, found.y - known.y).max() < 0.08 * head.max()
    assert np.abs(found.half / known.half - 1).max() < 0.35


def test_more_expression_opens_wider(sync, singer, speech, decode):
    shy = decode(sync(singer, speech, temperature=0.0))
    bold = decode(sync(singer, speech, temperature=1.0))
    source = decode(singer)

    changed = [sum(np.abs(frames[n] - source[n]).mean() for n in range(15, 22)) for frames in (shy, bold)]

    assert changed[1] > changed[0] * 1.2


def test_clip_without_a_face_is_reported(make, video_request, sync, speech, tmp_path, settings_for, decode):
    landscape = make(video_request(prompt="Extreme wide shot of mountains, nobody there.", frames=24)).files[0].path

    with pytest.raises(InputError) as caught:
        sync(without_note(landscape, tmp_path / "foreign.mp4"), speech)

    assert caught.value.code == "no_face"

    # A storyboard's wide shot isn't a failure: it gets the audio, and no lips move.
    inputs = MediaInput(landscape, "video/mp4"), MediaInput(speech, "audio/wav")
    done = make(LipsyncRequest(*inputs, settings=settings_for("default", "lipsync")))
    path = done.files[0].path
    assert "No lips are visible" in done.note
    assert probe_media(path).audio_codec == "aac" and drawn_without_mouths(path, 24)
    assert max(np.abs(a - b).mean() for a, b in zip(decode(landscape), decode(path), strict=True)) < 1.5


def lipsync_note(make, settings_for, video, audio):
    inputs = MediaInput(video, "video/mp4"), MediaInput(audio, "audio/wav")
    return make(LipsyncRequest(*inputs, settings=settings_for("default", "lipsync"))).note


def test_longer_audio_is_cut_at_the_end_of_the_video_and_reported(sync, make, settings_for, singer, tmp_path):
    long = write_voice(tmp_path / "long.wav", ("ah", 5.0))

    facts = probe_media(sync(singer, long))

    assert facts.frames == FRAMES
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.03)
    assert "3.0 seconds longer than the video" in lipsync_note(make, settings_for, singer, long)


@pytest.mark.parametrize("seconds", [1.0, 2.05])
def test_audio_that_fits_is_not_mentioned(make, settings_for, singer, tmp_path, seconds):
    short = write_voice(tmp_path / "short.wav", ("silence", 0.2), ("ah", seconds - 0.2))
    assert lipsync_note(make, settings_for, singer, short) == ""


def test_audio_without_a_voice_reports_that_no_lips_move(make, settings_for, singer, tmp_path):
    silent = write_voice(tmp_path / "silent.wav", ("silence", 2.0))
    assert "no voice was heard" in lipsync_note(make, settings_for, singer, silent)


def test_segment_audio_that_does_not_fit_is_reported(make, settings_for, singer, tmp_path):
    voice = write_voice(tmp_path / "ah.wav", ("ah", 4.0))

    def note(*heard):
        request = SegmentedLipsyncRequest(
            video=MediaInput(singer, "video/mp4"),
            audios={"one": MediaInput(voice, "audio/wav")},
            segments=(LipsyncSegment(0.5, 1.0, "one", *heard),),
            model="lipsync-2",
            sync_mode="remap",
            settings=settings_for("default", "lipsync"),
        )
        return make(request).note

    assert "1.0 seconds longer" in note(0.5, 2.0)
    # A song that simply continues isn't a line that loses its end.
    assert note(0.5, None) == ""


def test_lips_only_move_inside_the_segments(make, singer, speech, decode, tmp_path, settings_for):
    voice = write_voice(tmp_path / "ah.wav", ("ah", 1.0))
    request = SegmentedLipsyncRequest(
        video=MediaInput(singer, "video/mp4"),
        audios={"one": MediaInput(voice, "audio/wav")},
        segments=(LipsyncSegment(0.5, 1.0, "one", 0.2, 0.7),),
        model="lipsync-2",
        sync_mode="remap",
        settings=settings_for("default", "lipsync"),
    )

    result = make(request).files[0].path

    before, after = decode(singer), decode(result)
    track = drawn_track(singer, FRAMES)
    moved = [
        np.abs(before[n] - after[n])[region(track, n, before[n].shape)].mean() > 3 for n in (4, 10, 15, 20, 26, 40)
    ]
    assert moved == [False, False, True, True, False, False]


def test_segment_without_its_audio_is_refused(make, singer):
    segment = LipsyncSegment(0.0, 1.0, "voice")
    request = SegmentedLipsyncRequest(MediaInput(singer, "video/mp4"), {}, (segment,), "lipsync-2", "remap")

    with pytest.raises(InputError, match="voice"):
        make(request)


def test_cancelling_leaves_nothing(make, singer, speech, settings_for):
    request = LipsyncRequest(
        MediaInput(singer, "video/mp4"), MediaInput(speech, "audio/wav"), settings=settings_for("default", "lipsync")
    )
    seen = []

    with pytest.raises(WorkCancelled):
        make(request, progress=lambda percent, message: seen.append(percent), cancelled=lambda: len(seen) > 1)

    assert not list(make.last.iterdir())


def test_check_finds_a_usable_face(stranger):
    found = face_check(clip_faces(stranger))

    assert found.usable
    assert found.faces == 1
    assert found.height_share > 0.3
    assert not found.problems and not found.hidden


def test_check_reports_a_hidden_mouth(singer, stranger, tmp_path):
    track, held = drawn_track(singer, FRAMES), tmp_path / "held.mp4"
    # A gray microphone in front of the lips in the second half of the clip.
    size = round(track.half.max() * 2.2)
    box = f"x={round(track.x[FRAMES // 2] - size / 2)}:y={round(track.y[FRAMES // 2] - size / 2)}:w={size}:h={size}"
    draw = f"drawbox={box}:color=0x303030:t=fill:enable='gte(n,{FRAMES // 2})'"
    arguments = ["-i", str(stranger), "-vf", draw, "-c:v", "libx264", "-preset", "ultrafast", str(held)]
    run(arguments, time_limit_seconds=60)

    found = face_check(clip_faces(held))

    assert found.usable and found.seconds >= FRAMES / 24 / 2
    assert f"hidden in {found.hidden} of {found.looks} frames checked" in " ".join(found.problems)
    assert 2 <= found.hidden <= found.looks / 2


def test_check_reports_a_missing_face(make, video_request):
    landscape = make(video_request(prompt="Extreme wide shot of mountains, nobody there.", frames=24)).files[0].path

    found = face_check(clip_faces(landscape))

    assert not found.usable
    assert found.problems


@pytest.mark.parametrize("degrees", [90, 270])
def test_rotated_clip_is_synced_upright(sync, singer, stranger, speech, decode, tmp_path, degrees):
    # When the player rotates it back, the image is upright again.
    turned, lying = tmp_path / "turned.mp4", tmp_path / "lying.mp4"
    turns = {90: "transpose=1", 270: "transpose=2"}
    encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "15"]
    run(["-i", str(stranger), "-vf", turns[degrees], *encoder, str(lying)], time_limit_seconds=60)
    run(["-display_rotation", str(degrees), "-i", str(lying), "-c", "copy", str(turned)], time_limit_seconds=60)
    assert probe_media(turned).rotation == degrees

    assert face_check(clip_faces(turned)).usable
    result = sync(turned, speech)

    facts = probe_media(result)
    assert (facts.width, facts.height, facts.rotation) == (640, 360, 0)
    closed, opened = decode(singer)[18], decode(result)[18]
    track = drawn_track(singer, FRAMES)
    changed = np.abs(closed - opened)
    assert (changed[region(track, 18, changed.shape)] > 40).mean() > 0.02
    assert changed[~region(track, 18, changed.shape)].mean() < 3
