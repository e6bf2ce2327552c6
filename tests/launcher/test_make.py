import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engines.media.probe import probe_media
from engines.media.runner import run

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path):
    """The real Makefile with a Python that only records how it was called."""
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


def test_video_passes_text_exactly_as_typed(checkout):
    _, words = make(checkout, "video", "SONG=my song.mp3", f"IDEA={ODD}", f"CHARACTER={ODD}", "SCENES=4")
    assert words == [
        *("-m", "launcher.run", "--command", "make_video", "--song=my song.mp3"),
        *(f"--idea={ODD}", f"--character={ODD}", "--scenes=4"),
    ]


def test_video_takes_its_text_from_the_environment_too(checkout):
    _, words = make(checkout, "video", SONG="s.mp3", IDEA=ODD, OUT="o.mp4")
    assert words[4:] == ["--song=s.mp3", f"--idea={ODD}", "--out=o.mp4"]


def test_video_without_an_idea_says_how_to_call_it(checkout):
    done, words = make(checkout, "video", "SONG=s.mp3")
    assert done.returncode != 0
    assert 'make video SONG=my.mp3 IDEA="' in done.stderr
    assert words == []


def test_help_names_the_targets(checkout):
    done, _ = make(checkout, "help")
    said = dict(line.strip().split("\t", 1) for line in done.stdout.splitlines())
    assert said["make run"] == "Start the studio and print its address."
    assert {"make setup-dev", "make video", "make test", "make check"} <= said.keys()


def test_the_makefile_is_read_by_the_make_of_macos():
    lines = (PROJECT / "Makefile").read_text().splitlines()
    newer = [line for line in lines if line.startswith(("override export", "export override", ".ONESHELL", "private "))]
    assert not newer, "GNU make 3.81 reads these in another way"
    recipes = "\n".join(line for line in lines if line.startswith("\t"))
    assert not re.search(r"\b(sed|readlink|date|timeout|stat|mktemp|xargs)\b", recipes), "BSD's differ from GNU's"


def test_demo_returns_the_commands_exit_code(checkout):
    done, words = make(checkout, "demo", EXIT_WITH="3")
    assert done.returncode == 2  # make's own, for a recipe that failed
    assert "Error 3" in done.stderr
    assert words == ["-m", "launcher.run", "--command", "make_demo"]


@pytest.mark.parametrize("name", sorted(path.stem for path in (PROJECT / "bench").glob("[a-z]*.py")))
@pytest.mark.processes
def test_every_benchmark_starts_with_the_documented_command(checkout, name):
    _, words = make(checkout, "bench", f"BENCH={name}")
    assert words == ["-m", f"bench.{name}"]
    command = [sys.executable, *words, "--help"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.processes
def test_the_lipsync_benchmark_accepts_a_clip_with_odd_sides(tmp_path):
    clip = tmp_path / "odd.mp4"
    source = ("-f", "lavfi", "-i", "testsrc2=s=321x181:r=25:d=1", "-c:v", "libx264", "-pix_fmt", "yuv444p")
    run([*source, str(clip)], time_limit_seconds=60)
    code = "import sys; from pathlib import Path; from bench.lipsync import encode; encode(*map(Path, sys.argv[1:]))"
    command = [sys.executable, "-c", code, str(clip), str(tmp_path / "encoded.mp4")]
    subprocess.run(command, cwd=PROJECT, check=True, timeout=120)
    facts = probe_media(tmp_path / "encoded.mp4")
    assert (facts.width, facts.height, facts.frames) == (320, 180, 25)
