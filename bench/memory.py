"""The memory of a whole studio (`make run`): at rest, while it makes a free draft, and while it composes that.

    .venv/bin/python -m bench.memory [--seconds 300] [--rest] [--json]

A studio of its own, with a new database. Memory is the proportional set size (PSS), which counts a page that several
processes share once; Linux only. The supervisor and all below it are counted; PostgreSQL and Valkey apart, as
`services_mb`, since an installation may have others. The last line with --json is {"rest_mb", "draft_peak_mb",
"compose_peak_mb", "processes", …}: `draft_peak_mb` is that of the whole studio from the song to the film, and
`compose_peak_mb` that of the media workers while one of them joins it. `--rest` ends after the first.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from bench.storage import REPOSITORY, free_port

IDEA = "A lighthouse keeper dances through a storm."
# Starting takes some seconds on an idle machine; a busy one needs far more.
PATIENCE_SECONDS = 600
# After that, what was loaded on the way has settled.
SETTLE_SECONDS = 15
EVERY_SECONDS = 0.5
_JOINING = ("compose", "stitch")


@dataclass
class Sample:
    """Megabytes by program at one moment (seconds since the epoch)."""

    at: float
    programs: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.programs.values())


@dataclass
class Watch:
    """Samples the memory of a process and all below it, by program."""

    pid: int
    samples: list[Sample] = field(default_factory=list)

    @contextmanager
    def watching(self) -> Iterator[None]:
        done = threading.Event()

        def watch() -> None:
            while not done.wait(EVERY_SECONDS):
                self.samples.append(self.look())

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def look(self) -> Sample:
        sample = Sample(time.time(), {})
        top = psutil.Process(self.pid)
        self._add(top, "supervisor", sample)
        return sample

    def _add(self, process: psutil.Process, name: str, sample: Sample) -> None:
        try:
            name = program_of(process.cmdline()) or name
            sample.programs[name] = sample.programs.get(name, 0) + megabytes(process)
            for child in process.children():
                self._add(child, name, sample)
        except (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError, ProcessLookupError):
            return


def program_of(command: list[str]) -> str:
    """Return the studio's program that a command line is, "" for what one of them started."""
    if "launcher.fork_server" in command:
        return "loader"
    if "gunicorn" in command:
        return "web"
    if "celery" in command:
        return command[command.index("-Q") + 1] if "-Q" in command else "beat"
    return ""


def megabytes(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / 2**20


@contextmanager
def studio(folder: Path) -> Iterator[tuple[int, dict[str, str], int]]:
    """Run a studio as `make run` does; yields its process id, environment and port."""
    port = free_port()
    names = {"DATABASE_URL", "REDIS_URL", "HOST", "SECRET_KEY", "FAKE_PROVIDERS", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment |= {"MV_DATA_DIR": str(folder / "var"), "PORT": str(port), "MV_SINGLE_USER": "true"}
    with (folder / "studio.log").open("w+") as log:
        command = [sys.executable, "-m", "launcher.run"]
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_until(lambda: process.poll() is not None or "problems" in asked(port, "/readyz"))
            if process.poll() is not None:
                raise SystemExit(f"the studio did not start: {Path(log.name).read_text()[-2000:]}")
            wait_until(lambda: not asked(port, "/readyz")["problems"])
            yield process.pid, environment, port
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_SECONDS)


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("the studio took too long")
        time.sleep(0.5)


def asked(port: int, path: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        refused: dict[str, Any] = json.load(error)
        return refused
    except OSError:
        return {}


def services(folder: Path) -> float:
    """Return the megabytes of PostgreSQL and Valkey."""
    total = 0.0
    for name in ("postgres/postmaster.pid", "redis/redis.pid"):
        process = psutil.Process(int((folder / "var" / name).read_text().split()[0]))
        total += sum(megabytes(one) for one in (process, *process.children(recursive=True)))
    return total


def draft(folder: Path, environment: Mapping[str, str], seconds: float) -> None:
    """Make a video with the running studio, without a key. The command itself is not part of the studio."""
    song = folder / "song.mp3"
    # Another process, so that this one stays small.
    write = "import sys; from pathlib import Path; from bench.draft import write_song\n"
    write += "write_song(Path(sys.argv[1]), float(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", write, str(song), str(seconds)], cwd=REPOSITORY, check=True)
    command = ["-m", "launcher.run", "--command", "make_video", f"--song={song}", f"--idea={IDEA}"]
    done = subprocess.run(
        [sys.executable, *command, f"--out={folder / 'film.mp4'}"], cwd=REPOSITORY, env=dict(environment),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"no draft: {done.stdout[-1000:]}{done.stderr[-1000:]}")


def joining(port: int) -> tuple[float, float]:
    """Return when the studio began and ended to join the film (seconds since the epoch)."""
    for kind in _JOINING:
        for job in asked(port, f"/api/jobs?kind={kind}").get("results", []):
            begun, ended = job["started_at"], job["completed_at"]
            return datetime.fromisoformat(begun).timestamp(), datetime.fromisoformat(ended).timestamp()
    raise SystemExit("no film was joined")


def bench(seconds: float, *, rest_only: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mvsite-memory-") as name, studio(Path(name)) as (pid, environment, port):
        folder = Path(name)
        time.sleep(SETTLE_SECONDS)
        watch = Watch(pid)
        rest = watch.look()
        found: dict[str, Any] = {
            "rest_mb": round(rest.total),
            "rest_programs_mb": {program: round(part) for program, part in rest.programs.items()},
            "processes": len(psutil.Process(pid).children(recursive=True)) + 1,
            "services_mb": round(services(folder)),
        }
        if rest_only:
            return found
        with watch.watching():
            draft(folder, environment, seconds)
        peak = max(watch.samples, key=lambda sample: sample.total)
        begun, ended = joining(port)
        joined = [sample for sample in watch.samples if begun <= sample.at <= ended] or [watch.look()]
        return {
            **found,
            "draft_peak_mb": round(peak.total),
            "draft_peak_programs_mb": {program: round(part) for program, part in peak.programs.items()},
            "compose_peak_mb": round(max(sample.programs.get("media", 0) for sample in joined)),
            "compose_samples": len(joined),
            "song_seconds": seconds,
            "load": round(os.getloadavg()[0], 2),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300.0, help="length of the generated song")
    parser.add_argument("--rest", action="store_true", help="measure it at rest only")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    arguments = parser.parse_args()
    found = bench(arguments.seconds, rest_only=arguments.rest)
    for name, value in found.items():
        print(f"{name:>24} {value}")
    if arguments.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
