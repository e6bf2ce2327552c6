"""The log format: for people on a terminal, for programs everywhere else."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PROGRAM = """
import structlog
from mvsite.logging import configure_logging
configure_logging(level="INFO", form={form!r})
log = structlog.get_logger("apps.songs")
log.info("song_ready", seconds=1.5, title="caf\u00e9 \u591c")
secret = "s3cret-" + "value"
try:
    1 / 0
except ZeroDivisionError:
    log.exception("song_failed")
"""


def written(form, *, terminal=False, **environment):
    """Return what the program writes to stderr, which is a terminal or a pipe."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **environment}
    ours, theirs = pty.openpty() if terminal else os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(form=form)], cwd=PROJECT, env=environment, stderr=theirs
    )
    os.close(theirs)
    parts = []
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how a terminal ends
            break
        if not part:
            break
        parts.append(part)
    os.close(ours)
    assert process.wait() == 0
    return b"".join(parts).decode()


def test_a_terminal_gets_colors_and_no_local_variables():
    text = written("", terminal=True)
    assert "\x1b[" in text
    assert "song_ready" in text
    assert "ZeroDivisionError" in text
    assert "s3cret" not in text
    assert "event=" not in text


def test_a_terminal_without_colors_is_readable_too():
    assert "\x1b[" not in written("", terminal=True, NO_COLOR="1")


def test_a_pipe_gets_one_event_per_line_with_keys():
    lines = written("").splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("timestamp=")
    assert "event='song_ready' seconds=1.5" in lines[0]
    assert "event='song_failed'" in lines[1]
    assert "ZeroDivisionError" in lines[1]


def test_json_is_one_object_per_line():
    first, second = map(json.loads, written("json").splitlines())
    assert (first["event"], first["level"], first["title"]) == ("song_ready", "info", "café 夜")
    assert "ZeroDivisionError" in second["exception"]


def test_an_unknown_log_format_is_refused_with_the_known_ones():
    program = "import os; os.environ['LOG_FORMAT'] = 'xml'; import mvsite.settings"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "LOG_FORMAT='xml' is unknown. Set it to console, plain, json" in done.stderr
