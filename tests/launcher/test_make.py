import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path):
    """The real Makefile over a Python that only notes how it was called."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s\\0" "$@" > called\nexit "${EXIT_WITH:-0}"\n')
    python.chmod(0o755)
    return tmp_path


def make(checkout, *arguments, **environment):
    command = ["make", "--silent", "PYTHON=true", *arguments]
    environment = {"PATH": "/usr/bin:/bin", **environment}
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    called = checkout / "called"
    return done, called.read_text().split("\0")[:-1] if called.exists() else []


ODD = 'a "neon" city\'s $HOME $(date) `id` # 100% & more; rm -rf \\ ü'


def test_video_passes_every_word_as_it_was_typed(checkout):
    _, words = make(checkout, "video", "SONG=my song.mp3", f"IDEA={ODD}", f"CHARACTER={ODD}", "SCENES=4")
    assert words == [
        *("-m", "launcher.run", "--command", "make_video", "--song=my song.mp3"),
        *(f"--idea={ODD}", f"--character={ODD}", "--scenes=4"),
    ]


def test_video_takes_its_words_from_the_environment_too(checkout):
    _, words = make(checkout, "video", SONG="s.mp3", IDEA=ODD, OUT="o.mp4")
    assert words[4:] == ["--song=s.mp3", f"--idea={ODD}", "--out=o.mp4"]


def test_video_without_an_idea_says_how_to_call_it(checkout):
    done, words = make(checkout, "video", "SONG=s.mp3")
    assert done.returncode != 0
    assert 'make video SONG=my.mp3 IDEA="' in done.stderr
    assert words == []


def test_demo_answers_the_commands_exit_code(checkout):
    done, words = make(checkout, "demo", EXIT_WITH="3")
    assert done.returncode == 2  # make's own, for a recipe that failed
    assert "Error 3" in done.stderr
    assert words == ["-m", "launcher.run", "--command", "make_demo"]
