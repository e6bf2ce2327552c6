import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A project without pins: everything is real except the downloads."""
    folder = tmp_path_factory.mktemp("check out")
    (folder / "launcher").mkdir()
    shutil.copy(PROJECT / "launcher" / "install.py", folder / "launcher")
    (folder / "requirements.txt").write_text("# none\n")
    (folder / "requirements-dev.txt").write_text("# none\n")
    (folder / "requirements-no-deps.txt").write_text("# none\n")
    (folder / "house-rules").mkdir()
    (folder / "house-rules" / "package.json").write_text('{"name": "house-rules", "version": "1.0.0"}')
    node_pins_write(folder, {"house-rules": "file:house-rules"})
    install(folder)
    return folder


def install(folder, *options, **environment):
    command = [sys.executable, "-I", "launcher/install.py", *options]
    environment = {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def node_pins_write(folder, wanted):
    """Return the lock file that npm writes for packages inside the project."""
    facts = {"name": "project", "devDependencies": wanted}
    lies_here = {"resolved": "house-rules", "link": True}
    there = {"node_modules/house-rules": lies_here, "house-rules": {"version": "1.0.0", "dev": True}}
    lock: dict[str, Any] = {"name": "project", "lockfileVersion": 3, "requires": True, "packages": {"": facts, **there}}
    for name in wanted.keys() - {"house-rules"}:
        lock["packages"][f"node_modules/{name}"] = {"version": wanted[name], "integrity": "sha512-AA==", "dev": True}
    (folder / "package.json").write_text(json.dumps({**facts, "private": True}))
    (folder / "package-lock.json").write_text(json.dumps(lock))


def wheel_write(path, *, needs):
    """Write a wheel that holds one data file and depends on a package that doesn't exist."""
    facts = f"Metadata-Version: 2.1\nName: shelf\nVersion: 1.0\nRequires-Dist: {needs}\n"
    kind = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {"shelf/data.bin": "x", "shelf-1.0.dist-info/METADATA": facts, "shelf-1.0.dist-info/WHEEL": kind}
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr("shelf-1.0.dist-info/RECORD", "".join(f"{name},,\n" for name in files))


def node_lend(folder):
    """Use the tests' own Node instead of a 60 MB download."""
    ours = Path(sysconfig.get_path("scripts"))
    for name in ("node", "npm"):
        target = folder / ".venv" / "bin" / name
        target.unlink(missing_ok=True)
        target.symlink_to(ours / name)


def test_a_second_setup_does_nothing(checkout):
    def changed():
        return {path: path.lstat().st_mtime_ns for path in checkout.rglob("*") if path.name != ".setup.lock"}

    before = changed()
    done = install(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert changed() == before


def test_changed_pins_are_installed_without_recreating_the_environment(checkout):
    kept = checkout / ".venv" / "kept"
    kept.touch()
    (checkout / "requirements.txt").write_text("# changed\n")
    done = install(checkout)
    assert "Setup is done" in done.stderr
    assert kept.exists()
    assert install(checkout).stderr == ""


def test_packages_that_only_hold_data_come_without_their_dependencies(checkout):
    wheel_write(checkout / "shelf-1.0-py3-none-any.whl", needs="no-such-package-anywhere")
    (checkout / "requirements-no-deps.txt").write_text("./shelf-1.0-py3-none-any.whl\n")
    done = install(checkout)
    assert done.returncode == 0, done.stderr
    assert list((checkout / ".venv").rglob("shelf/data.bin"))
    assert install(checkout).stderr == ""


def test_an_interrupted_setup_starts_over(checkout):
    half = checkout / ".venv" / "half-unpacked"
    half.touch()
    (checkout / ".venv" / ".unfinished").touch()
    assert install(checkout).returncode == 0
    assert not half.exists()
    assert install(checkout).stderr == ""


def test_an_unavailable_pin_fails_with_pips_message_and_is_retried(checkout):
    good = (checkout / "requirements.txt").read_text()
    (checkout / "requirements.txt").write_text("./no-such-wheel-1.0-py3-none-any.whl\n")
    done = install(checkout)
    assert done.returncode == 1
    assert "pip could not install the packages" in done.stderr
    (checkout / "requirements.txt").write_text(good)
    assert install(checkout).returncode == 0


def test_development_packages_have_their_own_stamp(checkout):
    node_lend(checkout)
    assert "Setup is done" in install(checkout, "--dev").stderr
    assert install(checkout, "--dev").stderr == ""
    assert install(checkout).stderr == ""


def test_running_does_not_need_npm(checkout):
    shutil.rmtree(checkout / "node_modules", ignore_errors=True)
    assert install(checkout).returncode == 0
    assert not (checkout / "node_modules").exists()


@pytest.mark.parametrize("environment", [{}, {"NODE_ENV": "production"}, {"PATH": "/usr/bin:/bin"}], ids=str)
def test_npm_installs_the_locked_packages_once(checkout, environment):
    node_lend(checkout)
    shutil.rmtree(checkout / "node_modules", ignore_errors=True)
    done = install(checkout, "--dev", **environment)
    assert done.returncode == 0, done.stderr
    assert (checkout / "node_modules" / "house-rules" / "package.json").exists()
    assert install(checkout, "--dev", **environment).stderr == ""


def test_changed_npm_pins_and_a_partial_folder_are_installed_again(checkout):
    node_lend(checkout)
    install(checkout, "--dev")
    shutil.rmtree(checkout / "node_modules")
    (checkout / "node_modules").mkdir()
    assert install(checkout, "--dev").returncode == 0
    assert (checkout / "node_modules" / "house-rules").exists()
    (checkout / "package.json").write_text((checkout / "package.json").read_text() + "\n")
    assert "JavaScript" in install(checkout, "--dev").stderr


def test_an_unreachable_registry_is_reported_and_retried(checkout):
    node_lend(checkout)
    node_pins_write(checkout, {"house-rules": "file:house-rules", "biome": "1.0.0"})
    away = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retries": "0"}
    done = install(checkout, "--dev", **away)
    assert done.returncode == 1
    assert "ECONNREFUSED" in done.stderr
    assert "npm could not install the packages of package-lock.json" in done.stderr
    assert "Then run make again" in done.stderr
    assert install(checkout).stderr == "", "the studio itself runs without them"
    node_pins_write(checkout, {"house-rules": "file:house-rules"})
    assert install(checkout, "--dev").returncode == 0


def test_the_pins_contain_no_local_paths():
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-no-deps.txt", "package-lock.json"):
        text = (PROJECT / name).read_text()
        assert not re.search(r'://|"resolved"', re.sub(r'"funding": \{.*?\}', "", text, flags=re.DOTALL))
        assert "/home" not in text
        assert "--index" not in text


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_direct_requirement_is_pinned(name):
    lines = (PROJECT / f"{name}.in").read_text().splitlines()
    wanted = {re.split(r"[^A-Za-z0-9-]", line)[0].lower() for line in lines} - {""}
    pinned = {line.split("==")[0] for line in (PROJECT / f"{name}.txt").read_text().splitlines()}
    assert wanted - pinned == set(), "run make lock"
