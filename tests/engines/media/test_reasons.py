"""What people read when ffmpeg fails: each failure is provoked with the installed ffmpeg."""

import os
import resource
import subprocess
from pathlib import Path

import av
import av.error
import pytest

from apps.core.errors import MediaToolError
from engines.media.ffmpeg import ffmpeg_path
from engines.media.reasons import explained
from engines.media.runner import run

PICTURE = ("-f", "lavfi", "-i", "testsrc=s=64x48:d=1")
NARROW = ("-f", "lavfi", "-i", "testsrc=s=32x48:d=1")
SURROUND = ("-f", "lavfi", "-i", "anullsrc=cl=5.1", "-t", "1")
H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-f", "mp4", "OUT")
NULL = ("-f", "null", "-")

FAILURES = {
    "a full disk": ([*PICTURE, "-f", "rawvideo", "/dev/full"], "disk_full", "Free some space"),
    "a full disk under an mp4": ([*PICTURE, "-f", "mp4", "file:/dev/full"], "disk_full", "Free some space"),
    "text": (["-i", "text.bin", *NULL], "damaged_media", "Export it again"),
    "a missing index": (["-i", "truncated.mp4", *NULL], "incomplete_media", "its index is missing"),
    "zeros for pictures": (["-i", "zeros.mp4", *NULL], "damaged_media", "Export it again"),
    "a protected video": (["-i", "encv.mp4", *NULL], "protected_media", "DRM"),
    "a protected film": (["-i", "drmi.mp4", *NULL], "protected_media", "DRM"),
    "an unknown codec": (["-i", "zzzz.mp4", "-map", "0:v", *NULL], "unsupported_codec", "Convert it to mp4"),
    "a decoder we lack": (["-c:v", "nonsuch", "-i", "clip.mp4", *NULL], "unsupported_codec", "Convert it to mp4"),
    "a file that is gone": (["-i", "gone.mp4", *NULL], "file_gone", "upload the file again"),
    "an encoder we lack": ([*PICTURE, "-c:v", "nonsuch", "OUT.mp4"], "missing_encoder", "make setup"),
    "a filter we lack": ([*PICTURE, "-vf", "nonsuch", *H264], "missing_filter", "make setup"),
    "a bitstream filter we lack": (
        ["-i", "clip.mp4", "-c", "copy", "-bsf:v", "nonsuch", "OUT.mp4"], "missing_filter", "make setup",
    ),
    "a filter's unknown option": ([*PICTURE, "-vf", "scale=nonsuch=3", *H264], "unknown_option", "make setup"),
    "a filter's wrong value": ([*PICTURE, "-vf", "scale=abc:3", *H264], "unknown_option", "make setup"),
    "an unknown option": ([*PICTURE, "-nonsuch", "3", "OUT.mp4"], "unknown_option", "make setup"),
    "a malformed graph": ([*PICTURE, "-filter_complex", "[0:v]scale=2:2[a", *H264], "unknown_option", "make setup"),
    "an unknown container": ([*PICTURE, "-f", "nonsuch", "OUT"], "unknown_option", "make setup"),
    "an unknown pixel format": ([*PICTURE, "-pix_fmt", "nonsuch", "OUT.mp4"], "unsupported_pixels", "yuv420p"),
    "an odd width": ([*PICTURE, "-vf", "scale=63:47", *H264], "odd_size", "must be even"),
    "a cut larger than the picture": ([*PICTURE, "-vf", "crop=200:200", *H264], "bad_size", "common size"),
    "a huge picture": (["-f", "lavfi", "-i", "color=s=40000x40000", *NULL], "bad_size", "common size"),
    "a missing track": (["-i", "clip.mp4", "-map", "0:a:5", *NULL], "missing_track", "Choose a file that has it"),
    "a missing track in a graph": (
        ["-i", "clip.mp4", "-filter_complex", "[0:a:5]volume=2", *NULL], "missing_track", "Choose a file",
    ),
    "another protocol": (
        ["-protocol_whitelist", "file", "-i", "http://127.0.0.1:1/x", *NULL], "refers_elsewhere", "Upload the media",
    ),
    "another container": (["-format_whitelist", "mov,mp4", "-i", "song.wav", *NULL], "not_media", "such as mp3"),
    "a profile": (
        [*PICTURE, "-c:v", "libx264", "-pix_fmt", "yuv444p", "-profile:v", "baseline", "OUT.mp4"],
        "unsupported_profile", "ordinary mp4",
    ),
    "a sample rate": ([*SURROUND, "-ar", "500", "-c:a", "aac", "OUT.mp4"], "unsupported_rate", "48,000"),
    "too many channels": ([*SURROUND, "-c:a", "libmp3lame", "-ac", "6", "OUT.mp3"], "unusable_channels", "in stereo"),
    "sizes that differ": ([*PICTURE, *NARROW, "-filter_complex", "xfade", *H264], "sizes_differ", "same format"),
    "colors without a path": ([*PICTURE, "-vf", "zscale=t=linear", *H264], "unsupported_colours", "BT.709"),
    "a codec its container refuses": (
        [*PICTURE, "-c:v", "libx264", "-f", "webm", "OUT"], "unsuitable_container", "Choose mp4",
    ),
    "a folder in the way": (["-i", "clip.mp4", "-f", "mp4", "."], "not_permitted", "Move it away"),
    "noise as AAC": (["-f", "aac", "-i", "noise", *NULL], "damaged_media", "Export it again"),
    "noise as MP3": (["-f", "mp3", "-i", "noise", *NULL], "damaged_media", "Export it again"),
}  # fmt: skip


@pytest.fixture(scope="module")
def broken(made, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("broken")
    clip = (made / "clip.mp4").read_bytes()
    (folder / "clip.mp4").write_bytes(clip)
    (folder / "song.wav").write_bytes((made / "song.wav").read_bytes())
    (folder / "text.bin").write_text("not a video " * 100)
    (folder / "truncated.mp4").write_bytes(clip[: clip.index(b"moov") - 4])
    (folder / "noise").write_bytes(bytes(range(1, 256)) * 200)
    for name in (b"encv", b"drmi", b"zzzz"):
        (folder / f"{name.decode()}.mp4").write_bytes(clip.replace(b"avc1", name))
    start, end = clip.index(b"mdat") + 4, clip.index(b"moov") - 4
    (folder / "zeros.mp4").write_bytes(clip[:start] + bytes(end - start) + clip[end:])
    return folder


@pytest.mark.parametrize("case", FAILURES)
def test_a_failed_run_says_what_to_do(broken, tmp_path, monkeypatch, case):
    arguments, code, words = FAILURES[case]
    monkeypatch.chdir(broken)
    with pytest.raises(MediaToolError) as caught:
        run([item.replace("OUT", str(tmp_path / "out")) for item in arguments] + ["-y"], time_limit_seconds=30)
    assert caught.value.code == code, caught.value.evidence["reason"]
    assert words in caught.value.message
    assert caught.value.message[0].isupper()
    assert caught.value.message.endswith(".")


def test_a_file_of_somebody_else_is_named_as_such(broken, tmp_path):
    if os.getuid():
        private = tmp_path / "private.mp4"
        private.write_bytes((broken / "clip.mp4").read_bytes())
        private.chmod(0)
        source, target = private, "-"
    else:
        source, target = broken / "clip.mp4", "/proc/version"  # not even root writes there
    with pytest.raises(MediaToolError) as caught:
        run(["-i", str(source), "-f", "mp4" if target != "-" else "null", "-y", target], time_limit_seconds=30)
    assert caught.value.code in {"not_permitted", "disk_error"}
    assert "data" in caught.value.message


def test_too_little_memory_is_told(tmp_path):
    large = ["-f", "lavfi", "-i", "testsrc=s=8000x8000:d=1", "-c:v", "libx264", "-pix_fmt", "yuv420p"]
    done = subprocess.run(
        [ffmpeg_path(), "-nostdin", "-loglevel", "level+info", *large, str(tmp_path / "large.mp4")],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (300_000_000, 300_000_000)),
        check=False,
    )
    assert done.returncode
    assert explained(done.stderr, exit_status=done.returncode).code == "out_of_memory"


@pytest.mark.parametrize(("signal", "code"), [(9, "out_of_memory"), (11, "media_crash")])
def test_a_tool_that_was_killed_is_told(signal, code):
    assert explained("frame= 12 fps=0\n", exit_status=-signal).code == code


def test_an_unknown_reason_is_shown_without_folders():
    failure = explained(
        "[fc#0 @ 0x55] [error] Strange thing in /srv/studio/secret/clip.mp4!\n"
        "[vf#0 @ 0x66] [error] Task finished with error code: -22 (Invalid argument)\n"
        "[info] Conversion failed!\n"
    )
    assert "Strange thing in clip.mp4." in failure.sentence
    assert failure.code == "media_error"


def test_an_early_reason_is_found_before_megabytes_of_others():
    noise = "[h264 @ 0x1] [info] bad cabac\n" * 100
    text = f"[in#0 @ 0x2] [error] moov atom not found\n{noise}[error] Conversion failed!"
    assert explained(text).code == "incomplete_media"


def test_a_decoding_librarys_error_is_explained_too(broken):
    with pytest.raises(av.error.FFmpegError) as caught:
        av.open(str(broken / "text.bin"))
    assert explained(str(caught.value)).code == "damaged_media"
