"""Copying samples from file to file, with the kernel's copy and where there is none."""

import errno
import os

import pytest

from apps.core.errors import MediaToolError
from engines.media.mp4 import read_track
from engines.media.mp4_writer import join_pictures, write_movie
from engines.media.probe import probe_media


@pytest.fixture
def joined(made, tmp_path):
    def write(name="joined.mp4"):
        track = read_track(made / "clip.mp4", b"vide")
        write_movie(tmp_path / name, [join_pictures([track, track], timescale=12288, frame_ticks=512)])
        return tmp_path / name

    return write


def no_copy(*_, **__):
    raise AssertionError("called although it knows no file as a target")


@pytest.fixture
def no_sendfile(monkeypatch):
    """As on macOS, where it sends to sockets only."""
    monkeypatch.setattr(os, "sendfile", no_copy)


def test_a_system_without_a_file_copy_writes_the_same_film(joined, monkeypatch, no_sendfile):
    by_kernel = joined("kernel.mp4").read_bytes()
    monkeypatch.delattr(os, "copy_file_range")
    plain = joined("plain.mp4")
    assert plain.read_bytes() == by_kernel
    assert probe_media(plain).duration_seconds == pytest.approx(4, abs=0.05)


@pytest.mark.parametrize("number", [errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_that_cannot_copy_is_read_and_written(joined, monkeypatch, no_sendfile, number):
    by_kernel = joined("kernel.mp4").read_bytes()

    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "copy_file_range", refuse)  # the system is the far side
    assert joined("plain.mp4").read_bytes() == by_kernel


def test_a_full_disk_is_no_reason_to_try_another_way(joined, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "copy_file_range", refuse)
    with pytest.raises(OSError, match="space"):
        joined()


@pytest.mark.parametrize("kernel", [True, False])
def test_a_clip_that_became_shorter_is_named(made, tmp_path, monkeypatch, kernel):
    if not kernel:
        monkeypatch.delattr(os, "copy_file_range")
    clip = tmp_path / "clip.mp4"
    clip.write_bytes((made / "clip.mp4").read_bytes())
    track = read_track(clip, b"vide")
    os.truncate(clip, int(track.offsets[0]) + 10)
    with pytest.raises(MediaToolError, match="shorter"):
        write_movie(tmp_path / "joined.mp4", [join_pictures([track], timescale=12288, frame_ticks=512)])
