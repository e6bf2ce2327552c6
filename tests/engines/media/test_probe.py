from fractions import Fraction

import pytest

from apps.core.errors import InputError, MediaToolError
from engines.media.facts import MediaFacts
from engines.media.probe import probe_media
from tests.engines.media.conftest import ffmpeg


def test_a_clip_is_described(made):
    facts = probe_media(made / "clip.mp4")
    assert (facts.kind, facts.width, facts.height, facts.fps, facts.frames) == ("video", 320, 180, Fraction(24), 48)
    assert (facts.video_codec, facts.audio_codec, facts.sample_rate) == ("h264", "aac", 48000)
    assert not facts.variable_frame_rate
    assert facts.duration_seconds == pytest.approx(2, abs=0.03)


def test_a_description_of_the_release_before_is_still_read(made):
    facts = probe_media(made / "clip.mp4")
    stored = {name.replace("color_", "colour_"): value for name, value in facts.as_json().items()}

    assert stored["colour_matrix"]
    assert MediaFacts.from_json(stored) == facts


@pytest.mark.parametrize("name", ["song.mp3", "song.wav"])
def test_a_song_is_described(made, name):
    facts = probe_media(made / name)
    assert (facts.kind, facts.sample_rate, facts.audio_channels) == ("audio", 44100, 1)
    assert facts.duration_seconds == pytest.approx(3, abs=0.06)


def test_a_picture_is_described(made):
    facts = probe_media(made / "picture.png")
    assert (facts.kind, facts.container, facts.width, facts.height) == ("image", "png", 64, 48)


def test_a_song_with_a_cover_is_a_song(made, tmp_path):
    song = tmp_path / "covered.mp3"
    ffmpeg("-i", made / "song.mp3", "-i", made / "picture.png", "-map", "0", "-map", "1", "-c", "copy", song)
    assert probe_media(song).kind == "audio"


def test_a_rotated_video_is_described_as_displayed(made, tmp_path):
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", "90", "-i", made / "clip.mp4", "-c", "copy", turned)
    facts = probe_media(turned)
    assert (facts.width, facts.height, facts.rotation) == (180, 320, 90)


def test_a_variable_frame_rate_is_detected(made, tmp_path):
    varying = tmp_path / "varying.mp4"
    ffmpeg("-i", made / "clip.mp4", "-vf", "select='not(eq(mod(n,5),2))'", "-fps_mode", "vfr", "-an", varying)
    assert probe_media(varying).variable_frame_rate


def test_a_ten_hour_file_is_described_without_being_read(tmp_path):
    long = tmp_path / "long.wav"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "1", long)
    head = bytearray(long.read_bytes()[:78])
    length = 10 * 3600 * 8000 * 2
    head[74:78] = length.to_bytes(4, "little")
    with long.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + length)
    assert probe_media(long).duration_seconds == pytest.approx(36000, abs=1)


@pytest.mark.parametrize(
    "content",
    [
        b"just words\n" * 100,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"",
        bytes(5000),
    ],
)
def test_files_that_are_not_media_are_rejected(tmp_path, content):
    file = tmp_path / "song.mp3"
    file.write_bytes(content)
    with pytest.raises(InputError, match="Choose"):
        probe_media(file)


def test_a_truncated_clip_is_rejected(made, tmp_path):
    whole = tmp_path / "whole.mp4"
    ffmpeg("-i", made / "clip.mp4", "-c", "copy", "-movflags", "+faststart", whole)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    with pytest.raises(MediaToolError, match="incomplete"):
        probe_media(cut)


def test_a_damaged_picture_is_rejected(made, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes((made / "picture.png").read_bytes()[:200])
    with pytest.raises(MediaToolError, match="picture is damaged"):
        probe_media(picture)
