import multiprocessing
import os
import resource
import signal
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from engines.errors import InputError, MediaToolError
from engines.media.confined import confined
from engines.media.facts import MediaFacts
from engines.media.probe import probe_media
from engines.media.untrusted import probe_untrusted
from tests.engines.media import hostile
from tests.engines.media.conftest import ffmpeg


def test_a_child_returns_the_functions_result():
    assert confined(hostile.echo, 1, "ä", [None], seconds=30) == [1, "ä", [None]]


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (hostile.fill_memory, "too_demanding"),
        (hostile.crash, "too_demanding"),
        (hostile.never_end, "too_demanding"),
        (hostile.fail, "damaged_media"),
    ],
)
def test_any_failure_in_the_child_becomes_a_message(function, code):
    started = time.monotonic()
    with pytest.raises(MediaToolError) as caught:
        confined(function, seconds=5)
    assert caught.value.code == code and "Export it again" in caught.value.message
    assert time.monotonic() - started < 120  # one of them sleeps for ten minutes


def test_calls_are_made_side_by_side_and_by_one_server():
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda number: confined(hostile.parents, number, seconds=30), range(8)))
    assert [number for number, _ in results] == list(range(8))
    assert len({server for _, server in results}) == 1


def test_a_server_that_was_killed_is_replaced():
    _, server = confined(hostile.parents, 1, seconds=30)
    os.kill(server, signal.SIGKILL)
    number, another = confined(hostile.parents, 2, seconds=30)
    assert number == 2 and another != server


def test_a_forked_process_has_its_own_server():
    _, server = confined(hostile.parents, 1, seconds=30)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        _, childs = pool.apply(confined, (hostile.parents, 2), {"seconds": 30})
    assert childs != server
    assert confined(hostile.parents, 3, seconds=30) == [3, server]


def test_the_server_ends_with_its_process():
    code = (
        "import os, sys\n"
        "from engines.media.confined import confined\n"
        "from tests.engines.media import hostile\n"
        "print(confined(hostile.parents, 1, seconds=30)[1], flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    # It holds this pipe open for as long as it runs.
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL and int(done.stdout)


def test_the_child_has_no_secrets_and_writes_no_files(monkeypatch, tmp_path):
    monkeypatch.setenv("REPLICATE_API_TOKEN", "secret")
    assert "REPLICATE_API_TOKEN" not in confined(hostile.secrets, seconds=30)
    with pytest.raises(MediaToolError):
        confined(hostile.write_file, str(tmp_path / "file"), seconds=30)


def test_where_memory_cannot_be_limited_the_other_limits_hold():
    code = (
        "import resource\n"
        "real = resource.setrlimit\n"
        "def of_macos(number, limits):\n"
        "    if number == resource.RLIMIT_AS: raise ValueError('current limit exceeds maximum limit')\n"
        "    real(number, limits)\n"
        "resource.setrlimit = of_macos\n"
        "from engines.media.fork_server import _limit\n"
        "_limit(5)\n"
        "print(*(resource.getrlimit(number)[0] for number in (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.split() == ["6", "0"], done.stderr


@pytest.mark.parametrize("name", ["clip.mp4", "song.mp3", "picture.png"])
def test_an_untrusted_file_gets_the_same_description(made, name):
    assert probe_untrusted(made / name) == probe_media(made / name)


def test_a_picture_too_large_to_open_is_called_too_large(tmp_path):
    Image.new("1", (30_000, 30_000)).save(tmp_path / "huge.png")
    with pytest.raises(InputError, match="too large") as caught:
        probe_untrusted(tmp_path / "huge.png")
    assert caught.value.code == "too_demanding"


def test_a_rejection_in_the_child_is_raised_here(tmp_path):
    (tmp_path / "file").write_bytes(b"just words\n" * 100)
    with pytest.raises(InputError, match="Choose a file") as caught:
        probe_untrusted(tmp_path / "file")
    assert caught.value.code == "not_media"


ONE_FRAME = ("-frames:v", 1, "-pix_fmt", "gray")
MANY = range(70)
TRACKS = "[0:a]asplit=70" + "".join(f"[o{number}]" for number in MANY)
HOSTILE: dict[str, Any] = {
    "large.mkv": ("too large", "color=gray:s=9000x9000:r=1", *ONE_FRAME, "-c:v", "libx264"),
    "hidden.mkv": ("larger than 8K", "color=gray:s=9000x9000:r=1", *ONE_FRAME, "-c:v", "png"),
    "large.png": ("too large", "color=gray:s=9000x9000", *ONE_FRAME),
    "wide.png": ("too large", "color=gray:s=20000x16", *ONE_FRAME),
    "anamorphic.mkv": ("too large", "color=gray:s=640x360:r=1,setsar=1000/1", *ONE_FRAME, "-c:v", "libx264"),
    "tracks.mka": (
        "70 tracks", "anullsrc=r=8000:cl=mono:d=1", "-filter_complex", TRACKS,
        *(word for number in MANY for word in ("-map", f"[o{number}]")),
    ),
    "channels.wav": ("64 channels", "aevalsrc='" + "|".join(["0.1*sin(t)"] * 64) + "':s=8000:d=1"),
    "slow.wav": ("100 samples per second", "anullsrc=r=100:cl=mono:d=2"),
}  # fmt: skip


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.parametrize("name", HOSTILE)
def test_oversized_files_are_rejected_by_their_headers(tmp_path, name):
    said, source, *options = HOSTILE[name]
    ffmpeg("-f", "lavfi", "-i", source, *options, tmp_path / name)
    before = peak_bytes()
    with pytest.raises((InputError, MediaToolError), match=said):
        probe_media(tmp_path / name)
    # The frames alone would fill more.
    assert peak_bytes() - before < 150_000_000


def test_a_file_with_too_many_frames_is_rejected(tmp_path):
    file = tmp_path / "fast.mkv"
    ffmpeg("-f", "lavfi", "-i", "color=s=16x16:r=1000:d=1", "-c:v", "libx264", "-preset", "ultrafast", file)
    content = bytearray(file.read_bytes())
    # The header's Duration element, a double in milliseconds, now says an hour.
    place = content.index(b"\x44\x89\x88") + 3
    content[place : place + 8] = struct.pack(">d", 3_600_000.0)
    file.write_bytes(bytes(content))
    with pytest.raises(InputError, match="frames"):
        probe_media(file)


def test_a_song_with_a_huge_cover_is_usable(made, tmp_path):
    ffmpeg("-f", "lavfi", "-i", "color=gray:s=9000x9000", "-frames:v", 1, "-pix_fmt", "gray", tmp_path / "cover.png")
    song = tmp_path / "covered.mp3"
    ffmpeg("-i", made / "song.mp3", "-i", tmp_path / "cover.png", "-map", "0", "-map", "1", "-c", "copy", song)
    facts: MediaFacts = probe_untrusted(song)
    assert facts.kind == "audio"
