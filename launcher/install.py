"""Creates `.venv` and installs the pinned requirements. Does nothing if nothing changed.

Run as `python3 -I launcher/install.py [--dev]`. It only uses the standard library, because nothing is installed yet.
`-I` keeps the modules of this folder from shadowing those of the standard library.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
# Exists while packages are being installed. If it exists at the start, the last installation was interrupted.
UNFINISHED = VENV / ".unfinished"
RUNTIME = PROJECT / "requirements.txt"
DEVELOPMENT = PROJECT / "requirements-dev.txt"
# Packages of which only data files are used.
WITHOUT_DEPENDENCIES = PROJECT / "requirements-no-deps.txt"
# The tools that check JavaScript and CSS. Node itself comes with the development requirements.
NODE_PINS = [PROJECT / "package.json", PROJECT / "package-lock.json"]
NODE_MODULES = PROJECT / "node_modules"
OLDEST = (3, 11)
# The newest Python for which every pinned package has a ready-made wheel.
NEWEST_TRIED = (3, 13)


class SetupError(Exception):
    """The environment can't be created; the message says what to do."""


def main() -> int:
    development = "--dev" in sys.argv[1:]
    try:
        _access_check()
        with _one_at_a_time():
            pins = [RUNTIME, WITHOUT_DEPENDENCIES]
            _environment_ensure([*pins, DEVELOPMENT] if development else pins)
            if development:
                _node_modules_ensure()
    except SetupError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("Setup was stopped. Run it again to continue.")
        return 130
    return 0


def _access_check() -> None:
    for path in (PROJECT, VENV):
        if path.exists() and not os.access(path, os.W_OK):
            raise SetupError(
                f"{path} belongs to another user (did make run as root before?). Take ownership with "
                f"`sudo chown -R $(id -un) '{PROJECT}'`, then try again."
            )


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the setup lock, so that two `make` calls in the same checkout don't install at the same time."""
    with (PROJECT / ".setup.lock").open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another setup is running in this folder; waiting for it to finish.")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _environment_ensure(files: list[Path]) -> None:
    stamp = VENV / f".installed-{'requirements-dev' if DEVELOPMENT in files else 'requirements'}"
    wanted = _fingerprint(files)
    if VENV_PYTHON.exists() and not UNFINISHED.exists() and _text(stamp) == wanted:
        return
    started = time.monotonic()
    if UNFINISHED.exists() or not _environment_works():
        _environment_create()
    UNFINISHED.touch()
    stamp.unlink(missing_ok=True)
    _packages_install(files)
    stamp.write_text(wanted)
    UNFINISHED.unlink()
    _say(f"Setup is done ({time.monotonic() - started:.0f} s).")


def _fingerprint(files: list[Path]) -> str:
    """Return a hash of the pins and of the path of `.venv`, which its scripts contain."""
    digest = hashlib.sha256(os.fsencode(VENV))
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _environment_works() -> bool:
    if not VENV_PYTHON.exists():
        return False
    # Fails for a moved checkout, a removed Python or a partly created environment.
    check = f"import sys, pip; sys.exit(sys.version_info[:2] < {OLDEST} or sys.prefix != {str(VENV)!r})"
    return _quiet([str(VENV_PYTHON), "-I", "-c", check])


def _environment_create() -> None:
    python = _python_find()
    _say(f"Creating .venv with {python}…")
    if _has_ensurepip(python) or (_ensurepip_install(python) and _has_ensurepip(python)):
        _run([python, "-m", "venv", "--clear", str(VENV)], "The virtual environment could not be created")
        return
    if _quiet([python, "-m", "pip", "--version"]):
        create = [python, "-m", "venv", "--clear", "--without-pip", str(VENV)]
        _run(create, "The virtual environment could not be created")
        _run([python, "-m", "pip", "--python", str(VENV_PYTHON), "install", "-q", "pip"], "pip could not be installed")
        return
    raise SetupError(
        f"{python} can't create virtual environments. On Debian or Ubuntu, run `sudo apt-get install "
        f"{_debian_package(python)}`; elsewhere, install Python from python.org. Then try again."
    )


def _python_find() -> str:
    """Return the Python to use: the one running this, unless another fits better. Raises SetupError if none fits."""
    if OLDEST <= sys.version_info[:2] <= NEWEST_TRIED:
        return str(Path(sys.executable))
    for minor in range(NEWEST_TRIED[1], OLDEST[1] - 1, -1):
        path = shutil.which(f"python3.{minor}")
        if path and _quiet([path, "-c", ""]):
            return path
    if sys.version_info[:2] < OLDEST:
        raise SetupError(
            f"python3 is {sys.version.split()[0]}, but mvsite needs 3.{OLDEST[1]} or newer. Install it, or say where "
            "it is: make setup PYTHON=/path/to/python3.11"
        )
    _say(f"The pinned packages weren't tested with Python {sys.version.split()[0]}; you may need a compiler.")
    return str(Path(sys.executable))


def _has_ensurepip(python: str) -> bool:
    # On Debian, python3 has `venv` but no `ensurepip` until python3-venv is installed.
    return _quiet([python, "-c", "import ensurepip, venv"])


def _ensurepip_install(python: str) -> bool:
    """As root on Debian or Ubuntu, install the missing package. Returns whether it was installed."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    package = _debian_package(python)
    _say(f"Installing {package} with apt-get…")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "update", "-q"], [apt, "install", "-y", "-q", "--no-install-recommends", package]):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            return False
    return True


def _debian_package(python: str) -> str:
    version = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=True
    )
    return f"python{version.stdout.strip()}-venv"


def _packages_install(files: list[Path]) -> None:
    """Install the pinned packages with pip, which uses the user's own index, proxy and certificate settings."""
    names = [line for file in files for line in file.read_text().splitlines() if "==" in line]
    _say(f"Installing {len(names)} pinned packages (this takes about a minute the first time)…")
    log = VENV / "install.log"
    with log.open("w") as record:
        whole = [option for file in files if file != WITHOUT_DEPENDENCIES for option in ("-r", str(file))]
        installed = _pip_install(whole, record.write, total=len(names)) and _pip_install(
            ["--no-deps", "-r", str(WITHOUT_DEPENDENCIES)], record.write, total=len(names)
        )
    if not installed:
        # pip exited by itself, so unlike after a kill, no package is half unpacked.
        UNFINISHED.unlink()
        last = "\n".join(log.read_text().splitlines()[-15:])
        raise SetupError(
            f"{last}\npip could not install the packages. Fix the problem above (the full log is {log}), then run make "
            "again."
        )


def _pip_install(options: list[str], record, *, total: int) -> bool:  # type: ignore[no-untyped-def]
    """Run `pip install`; return whether it succeeded."""
    command = [str(VENV_PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    # Not compiled here: only a third of these files are ever imported, and Python compiles them on first import.
    command += ["--no-warn-script-location", "--no-compile", "--prefer-binary", "--progress-bar", "off"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        _progress_follow(process.stdout or [], record, total=total)
    return process.returncode == 0


def _node_modules_ensure() -> None:
    """Install the packages of package-lock.json with npm, which uses the user's own registry and proxy settings."""
    stamp = NODE_MODULES / ".installed"  # npm empties the folder first, so an interrupted run leaves none
    wanted = _fingerprint(NODE_PINS)
    if _text(stamp) == wanted:
        return
    _say("Installing the tools that check JavaScript and CSS…")
    # `--include`, because NODE_ENV=production would leave out everything. Packages must not run their own scripts.
    options = ["--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    done = subprocess.run(
        [str(VENV / "bin" / "npm"), "ci", *options],
        cwd=PROJECT,
        # npm's start script looks for `node` there.
        env={**os.environ, "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(
            f"{done.stdout}{done.stderr}\nnpm could not install the packages of package-lock.json (see above). They "
            "come from npm's registry, or the one that `npm config set registry` names. Then run make again."
        )
    stamp.write_text(wanted)


def _progress_follow(lines, record, *, total: int) -> None:  # type: ignore[no-untyped-def]
    """Show progress from pip's output: one updating line on a terminal, an occasional line elsewhere."""
    seen = 0
    for line in lines:
        record(line)
        word = line.split(" ", 1)[0]
        seen += word == "Collecting"
        if word == "Collecting" and sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K  {seen} of {total}: {line.split()[1].split('==')[0]}")
        elif word == "Collecting" and seen % 20 == 0:
            _say(f"  {seen} of {total}")
        elif line.startswith("Installing collected"):
            _say(("\r\033[K" if sys.stderr.isatty() else "") + "  all downloaded, unpacking…")
    sys.stderr.flush()


def _run(command: list[str], problem: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"{done.stdout}{done.stderr}\n{problem} (see above).")


def _quiet(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
