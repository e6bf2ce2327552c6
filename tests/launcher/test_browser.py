import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ask(tmp_path):
    """Runs `python -m launcher.browser` without Chromium and with an apt-get that only records its calls."""
    programs = tmp_path / "bin"
    programs.mkdir()
    called = tmp_path / "called"
    apt = programs / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" >> {called}\n')
    apt.chmod(0o755)

    def run(**environment):
        command = [sys.executable, "-m", "launcher.browser"]
        clean = {
            "PATH": str(programs),
            "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path),
            # Playwright's own download must find nobody to ask.
            "PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:1",
        }
        done = subprocess.run(
            command, cwd=PROJECT, env={**clean, **environment}, capture_output=True, text=True, check=False
        )
        return done, called.read_text() if called.exists() else ""

    return run


def test_without_chromium_it_prints_the_command_and_installs_nothing(ask):
    done, apt_calls = ask()
    assert done.returncode == 0
    assert "make test INSTALL_BROWSER=1" in done.stderr
    assert apt_calls == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="apt-get is called by root only")
@pytest.mark.parametrize("name", ["CI", "INSTALL_BROWSER"])
def test_chromium_is_installed_in_ci_and_on_request(ask, name):
    _, apt_calls = ask(**{name: "true"})
    assert "install -y" in apt_calls
    assert "chromium" in apt_calls
