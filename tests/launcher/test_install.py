import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A project whose pins are empty: everything is real but the downloads."""
    folder = tmp_path_factory.mktemp("check out")
    (folder / "launcher").mkdir()
    shutil.copy(PROJECT / "launcher" / "install.py", folder / "launcher")
    (folder / "requirements.txt").write_text("# none\n")
    (folder / "requirements-dev.txt").write_text("# none\n")
    install(folder)
    return folder


def install(folder, *options):
    command = [sys.executable, "-I", "launcher/install.py", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_second_setup_does_nothing(checkout):
    def changed():
        return {path: path.lstat().st_mtime_ns for path in checkout.rglob("*") if path.name != ".setup.lock"}

    before = changed()
    done = install(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert changed() == before


def test_changed_pins_are_installed_without_making_everything_anew(checkout):
    kept = checkout / ".venv" / "kept"
    kept.touch()
    (checkout / "requirements.txt").write_text("# changed\n")
    done = install(checkout)
    assert "Setup is done" in done.stderr
    assert kept.exists()
    assert install(checkout).stderr == ""


def test_an_interrupted_setup_is_begun_anew(checkout):
    half = checkout / ".venv" / "half-unpacked"
    half.touch()
    (checkout / ".venv" / ".unfinished").touch()
    assert install(checkout).returncode == 0
    assert not half.exists()
    assert install(checkout).stderr == ""


def test_a_pin_that_cannot_be_had_fails_with_pips_words_and_is_tried_again(checkout):
    good = (checkout / "requirements.txt").read_text()
    (checkout / "requirements.txt").write_text("./no-such-wheel-1.0-py3-none-any.whl\n")
    done = install(checkout)
    assert done.returncode == 1
    assert "pip could not install the packages" in done.stderr
    (checkout / "requirements.txt").write_text(good)
    assert install(checkout).returncode == 0


def test_development_packages_have_a_stamp_of_their_own(checkout):
    assert "Setup is done" in install(checkout, "--dev").stderr
    assert install(checkout, "--dev").stderr == ""
    assert install(checkout).stderr == ""


def test_the_pins_name_no_place_of_this_machine():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (PROJECT / name).read_text()
        assert "://" not in text
        assert "/home" not in text
        assert "--index" not in text


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_direct_requirement_is_pinned(name):
    lines = (PROJECT / f"{name}.in").read_text().splitlines()
    wanted = {re.split(r"[^A-Za-z0-9-]", line)[0].lower() for line in lines} - {""}
    pinned = {line.split("==")[0] for line in (PROJECT / f"{name}.txt").read_text().splitlines()}
    assert wanted - pinned == set(), "run make lock"
