"""How a film's encoding scales over machines: the same film on 1, 2 and 4 hosts.

    .venv/bin/python -m bench.fanout [--json] [--hosts 1 2 4] [--clips 40] [--seconds 6] [--speed 0.67]

A host is a worker process of its own with one core, and with a media folder, scratch folder and segment cache of its
own. They share PostgreSQL, Valkey, beat and a bucket (moto's server). One computer can't show the encoding of four, so
it is simulated: ffmpeg really encodes small pictures, and each call then lasts as long as a core of the given `--speed`
(seconds of film a second; the default stands for 1080p) would take. Everything else is what `make run` does: planning,
messages, fetching, proving, uploading, joining. Measured from the click to the finished job, which includes all that
is not shared out; a small film before it loads each host's code. `efficiency_4` is the time of 1 host over 4 times that
of 4 hosts. The load average is printed, since on a busy computer what isn't simulated takes longer.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from bench.orchestration import child
from bench.storage import bucket

CORES = sorted(os.sched_getaffinity(0))
RATE = 24
# Lasts as long as the simulated core takes for the frames that the call asks for.
SLOW_FFMPEG = """#!/bin/sh
"{ffmpeg}" "$@" || exit $?
frames=0
while [ $# -gt 0 ]; do
  case "$1" in -frames:v) frames=$2;; esac
  shift
done
exec sleep "$(awk "BEGIN {{ print $frames / {frames_per_second} }}")"
"""


@contextmanager
def studio(folder: Path, **environment: str) -> Iterator[None]:
    """Start PostgreSQL and Valkey, and point this process and its children at them; `environment` is set too."""
    import embedded

    os.environ.update(
        MV_DATA_DIR=str(folder / "web"),
        DJANGO_SETTINGS_MODULE="mvsite.settings",
        MV_SINGLE_USER="false",
        SECRET_KEY="bench",  # noqa: S106 - nobody else reaches it
        LOG_LEVEL="ERROR",
        PYTHON_DOTENV_DISABLED="true",
        **environment,
    )
    embedded.postgres_start(folder, durable=False)
    embedded.redis_start(folder)
    os.environ.update(DATABASE_URL=embedded.postgres_url(folder), REDIS_URL=embedded.redis_url(folder))
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield
    finally:
        embedded.redis_stop(folder)
        embedded.postgres_stop(folder)


def clips_make(folder: Path, owner: Any, count: int, seconds: int) -> list[Any]:
    """Store small clips in a format that a film can't copy, each with pictures of its own."""
    from django.db import transaction

    from apps.assets.services import asset_create, file_store
    from engines.media.ffmpeg import ffmpeg_path

    ids = []
    for index in range(count):
        path = folder / f"clip-{index}-{seconds}.mp4"
        pictures = f"testsrc2=s=160x90:r={RATE}:d={seconds},hue=h={index * 7}"
        command = [ffmpeg_path(), "-v", "error", "-f", "lavfi", "-i", pictures, "-c:v", "mpeg4", "-q:v", "3", str(path)]
        subprocess.run(command, check=True)
        stored = file_store(path, key=f"bench/{path.name}", content_type="video/mp4")
        with transaction.atomic():
            ids.append(asset_create(owner=owner, stored=stored, kind="video").pk)
    return ids


@contextmanager
def hosts(folder: Path, count: int, frames_per_second: float) -> Iterator[None]:
    """Run a machine's worker for each, one worker for messages, and beat; yields when all are ready."""
    from celery import current_app

    from engines.media.ffmpeg import ffmpeg_path

    slow = folder / "ffmpeg"
    slow.write_text(SLOW_FFMPEG.format(ffmpeg=ffmpeg_path(), frames_per_second=frames_per_second))
    slow.chmod(0o755)
    with ExitStack() as stack:
        log = stack.enter_context((folder / "workers.log").open("a"))

        def start(name: str, *options: str, core: int | None = None, **environment: str) -> None:
            command = ["-m", "celery", "-q", "-A", "mvsite", *options]
            pinned = {"preexec_fn": lambda: os.sched_setaffinity(0, {core})} if core is not None else {}
            stack.enter_context(
                child(*command, env={**os.environ, "MV_DATA_DIR": str(folder / name), **environment}, stdout=log,
                      stderr=log, **pinned)
            )  # fmt: skip

        worker = ("worker", "--without-gossip", "--without-mingle", "-l", "WARNING")
        for number in range(count):
            name = f"host{number}"
            options = (*worker, "-Q", "media,segments,joins", "-n", f"media@{name}", "-P", "prefork", "-c", "1")
            start(name, *options, core=CORES[number % len(CORES)], IMAGEIO_FFMPEG_EXE=str(slow))
        start("messages", *worker, "-Q", "io,housekeeping", "-n", "io@messages", "-P", "threads", "-c", "4")
        start("messages", "beat", "--pidfile=", "-l", "ERROR")
        while len(current_app.control.ping(timeout=1.0) or ()) < count + 1:
            pass
        yield
    for number in range(count):
        shutil.rmtree(folder / f"host{number}", ignore_errors=True)


@dataclass(frozen=True)
class Film:
    """Seconds from the click to the finished film, of them until its segments were handed out and for joining it, and
    in how many jobs they were encoded."""

    seconds: float
    planning: float
    joining: float
    jobs: int


def film_make(owner: Any, ids: Sequence[Any]) -> Film:
    from apps.composition.stitching import stitch_start
    from apps.jobs.models import Job
    from apps.jobs.states import LIVE, State

    started = time.monotonic()
    job = stitch_start(by=owner, video_ids=ids)
    while job.state in LIVE:
        time.sleep(0.1)
        job.refresh_from_db()
    if job.state != State.SUCCEEDED:
        raise SystemExit(f"the film ended as {job.state}: {job.error}")
    seconds = time.monotonic() - started
    moves = dict(job.events.values_list("to_state", "created_at"))  # the last of each
    if State.WAITING not in moves:
        return Film(seconds, 0.0, 0.0, 0)
    planning = (moves[State.WAITING] - job.created_at).total_seconds()
    joining = (moves[State.SUCCEEDED] - moves[State.RUNNING]).total_seconds()
    return Film(seconds, planning, joining, Job.objects.filter(parent=job).count())


def forget_segments() -> None:
    """Empty the shared cache, so that the next hosts encode everything."""
    from apps.assets.store.bucket import bucket_get
    from apps.assets.store.shared_segments import PREFIX

    shared = bucket_get()
    assert shared is not None
    for found in list(shared.objects(PREFIX)):
        shared.delete(found.key)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--hosts", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--speed", type=Fraction, default=Fraction("0.67"))
    options = parser.parse_args()
    speed, film = float(options.speed), options.clips * options.seconds
    print(f"{film} s of film in {options.clips} clips; simulated: each core encodes {speed:.2f} s of film a second")
    found: dict[str, Any] = {"film_seconds": film, "simulated_speed": speed, "seconds": {}}
    with tempfile.TemporaryDirectory(prefix="fanout-") as temporary:
        folder = Path(temporary)
        with bucket(folder), studio(folder):
            from apps.accounts.models import User

            owner = User.objects.create_user("bench", password="not used")  # noqa: S106
            ids = clips_make(folder, owner, options.clips, options.seconds)
            small = clips_make(folder, owner, 2 * max(options.hosts), 1)
            for count in sorted(options.hosts):
                with hosts(folder, count, speed * RATE):
                    film_make(owner, small[: 2 * count])
                    made = film_make(owner, ids)
                forget_segments()
                found["seconds"][str(count)] = round(made.seconds, 1)
                alone = found["seconds"].get("1")
                efficiency = round(alone / (count * made.seconds), 3) if alone else None
                found[f"efficiency_{count}"] = efficiency
                print(
                    f"{count} hosts: {made.seconds:6.1f} s, efficiency {efficiency}, {made.jobs} segment "
                    f"jobs, planned in {made.planning:.1f} s, joined in {made.joining:.1f} s, "
                    f"load {os.getloadavg()[0]:.0f}",
                    flush=True,
                )
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    if shutil.which("awk") is None:
        sys.exit("This needs awk.")
    main()
