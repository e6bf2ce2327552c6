from typing import Any

import psutil
import pytest

from apps.core.errors import MediaToolError, WorkCancelled
from engines.media.commands import Command, media_file
from engines.media.probe import probe_media
from engines.media.runner import run, run_to_file

ENDLESS = ["-re", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=10", "-f", "null", "-"]


def children() -> int:
    return len(psutil.Process().children(recursive=True))


def test_cancelling_stops_the_tool_at_the_next_check():
    before = children()
    answers: list[Any] = []

    def cancelled():
        answers.append(len(answers) == 2)
        return answers[-1]

    with pytest.raises(WorkCancelled):
        run(ENDLESS, time_limit_seconds=60, cancelled=cancelled)
    assert answers == [False, False, True]
    assert children() == before


def test_the_time_limit_stops_the_tool():
    before = children()
    with pytest.raises(MediaToolError, match="within 1 seconds and was stopped"):
        run(ENDLESS, time_limit_seconds=1)
    assert children() == before


def test_progress_is_in_percent(made, tmp_path):
    seen: list[float] = []
    arguments = ["-re", "-i", str(made / "clip.mp4"), "-c", "copy", "-f", "null", "-"]
    run(arguments, time_limit_seconds=30, on_progress=seen.append, duration_seconds=2)
    assert len(seen) >= 2
    assert seen == sorted(seen)
    assert 90 <= seen[-1] <= 100


def test_the_end_of_the_tools_output_is_kept(tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video")
    with pytest.raises(MediaToolError) as caught:
        run(Command([media_file(broken).pictures], {}).to_nothing(), time_limit_seconds=30)
    assert "Invalid data" in caught.value.evidence["stderr"]


def test_a_playlist_opens_nothing(made, tmp_path):
    playlist = tmp_path / "clip.mp4"
    playlist.write_text(f"ffconcat version 1.0\nfile '{made / 'clip.mp4'}'\n")
    with pytest.raises(MediaToolError):
        run(Command([media_file(playlist).pictures], {}).to_nothing(), time_limit_seconds=30)


def test_a_file_appears_only_once_it_is_complete(made, tmp_path):
    output = tmp_path / "copy.mp4"
    copy = Command([media_file(made / "clip.mp4").pictures], {"c": "copy"})
    run_to_file(copy, output, container="mp4", time_limit_seconds=30)
    assert probe_media(output).frames == 48
    with pytest.raises(MediaToolError):
        run_to_file(
            Command([media_file(made / "song.mp3").pictures], {}),
            tmp_path / "none.mp4",
            container="mp4",
            time_limit_seconds=30,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["copy.mp4"]
