"""What cast, continuity and color match cost the free draft: the same short film with and without them, in turn.

    .venv/bin/python -m bench.draft_cast [--json] [--rounds 3]

The studio's sample song becomes a film by the path of "Generate video", with database, broker and one worker: scenes
are written, images drawn, clips filmed, the film composed. `plain` has nobody in its cast. `cast` has three subjects (a
character, a place, a prop), `continuity` also continues two of three scenes from the one before and matches colors.
Counted are processor seconds (user and system), so that the load of the machine hardly matters: of each task of the
worker, which runs in this process, with its threads and children, and of the clicks; not of waiting, PostgreSQL and
Valkey. They are told apart by the kind of job; `after` is what follows when a job has ended. `ratio` is that of
`continuity` to `plain` until the film is finished, `cast_ratio` that of `cast`, both of the medians of all rounds. A
film before the first one loads the code.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.fanout import studio

IDEA = (
    "Mara walks through the harbor at night in the rain. She carries the brass lamp across a bridge, "
    "sits down at the lighthouse and sees the sea at sunrise"
)
CAST = (
    ("character", "Mara", "a girl with short black hair in a yellow raincoat"),
    ("place", "The lighthouse", "a white lighthouse on a rock by the sea"),
    ("prop", "The brass lamp", "a brass oil lamp"),
)
VARIANTS = ("plain", "cast", "continuity")
QUEUES = ["io", "media", "segments", "joins", "housekeeping"]
PATIENCE_SECONDS = 1200
UUID_LENGTH = 36


class Counter:
    """Counts the processor seconds of what happens, by kind. Tasks run one after another, in another thread."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._waiting = time.pthread_getcpuclockid(threading.get_ident())
        self._kind, self._before = "", 0.0

    def task_begins(self, task: Any, args: Any = (), kwargs: Any = None, **_: Any) -> None:
        self._kind, self._before = _kind_of(task.name, [*args, *(kwargs or {}).values()]), self._used()

    def task_ends(self, **_: Any) -> None:
        self.seconds[self._kind] += self._used() - self._before

    @contextmanager
    def asking(self) -> Iterator[None]:
        before = time.thread_time()
        yield
        self.seconds["asking"] += time.thread_time() - before

    def taken(self) -> dict[str, float]:
        """Return what was counted, and begin anew."""
        taken, self.seconds = dict(self.seconds), defaultdict(float)
        return taken

    def _used(self) -> float:
        """Return what this process and its children have used, without the thread that asks and waits."""
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used) - time.clock_gettime(self._waiting)


def _kind_of(task: str, values: Sequence[Any]) -> str:
    from apps.jobs.models import Job

    if task.startswith("workers.followup"):
        return "after"
    job = Job.objects.filter(pk__in=[one for one in values if len(str(one)) == UUID_LENGTH]).first()
    return job.kind if job is not None else "other"


@contextmanager
def worker(counter: Counter) -> Iterator[None]:
    """Run tasks in one thread of this process, so that all of its time is counted."""
    from celery.contrib.testing.worker import start_worker
    from celery.signals import task_postrun, task_prerun

    from mvsite.celery import app

    task_prerun.connect(counter.task_begins)
    task_postrun.connect(counter.task_ends)
    with start_worker(app, pool="solo", concurrency=1, perform_ping_check=False, queues=QUEUES, shutdown_timeout=60.0):
        yield


def wait(done: Callable[[], bool], what: str) -> None:
    """Wait as beat would, without one. Raises RuntimeError if it takes far too long."""
    from apps.jobs import sweep

    until = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > until:
            raise RuntimeError(f"{what} didn't end.")
        time.sleep(0.5)
        sweep.jobs_dispatch_due()


def project_make(owner: Any, audio_id: Any, variant: str) -> Any:
    from apps.projects.cast.services import subject_create
    from apps.projects.services import project_create
    from apps.providers.registry import built_in_provider
    from apps.work.choice import CHOSEN_FOR

    providers = {str(capability): built_in_provider().name for capability in CHOSEN_FOR}
    project = project_create(by=owner, idea=IDEA, audio_id=audio_id, pace="fast", seed=1, providers=providers)
    for kind, name, description in CAST if variant != "plain" else ():
        subject_create(by=owner, project_id=project.pk, kind=kind, name=name, description=description)
    return project


def continuity_ask(project: Any) -> int:
    """Continue two of three scenes from the one before, and match colors; return how many continue."""
    from apps.composition.project_looks import project_look_set
    from apps.scenes.selectors import scenes_of
    from apps.scenes.services import scene_update

    continuing = [scene.sequence for scene in scenes_of(project) if scene.sequence and scene.sequence % 3 != 1]
    for sequence in continuing:
        scene_update(by=project.owner, project_id=project.pk, sequence=sequence, entry="continue")
    project_look_set(by=project.owner, project_id=project.pk, options={"color_match": True})
    return len(continuing)


def film(owner: Any, audio_id: Any, variant: str, counter: Counter) -> dict[str, float]:
    """Make a film. Return the processor seconds by kind of job, how many scenes it has, and how many continue."""
    from apps.jobs.models import Job
    from apps.jobs.states import LIVE, State
    from apps.production.generate_all import generate_all_start
    from apps.projects.models import Project
    from apps.scenes.selectors import scenes_of
    from apps.scenes.writing import scenes_generate
    from apps.work.work import Spending

    counter.taken()
    with counter.asking():
        project = project_make(owner, audio_id, variant)
        job = scenes_generate(by=owner, project_id=project.pk, spending=Spending())
    wait(lambda: Job.objects.get(pk=job.pk).state not in LIVE, "writing the scenes")
    continuing = continuity_ask(project) if variant == "continuity" else 0
    with counter.asking():
        generate_all_start(by=owner, project_id=project.pk, spending=Spending())
    wait(lambda: not Project.objects.get(pk=project.pk).generating, "making the film")
    project.refresh_from_db()
    if project.problem or project.final_video_id is None:
        raise RuntimeError(project.problem or "There is no film.")
    if failed := Job.objects.filter(project_id=project.pk).exclude(state=State.SUCCEEDED).first():
        raise RuntimeError(failed.error)
    return {**counter.taken(), "scenes": scenes_of(project).count(), "continuing": continuing}


def measured(rounds: int) -> dict[str, Any]:
    from django.db import transaction

    from apps.accounts.models import User
    from apps.songs.sample import sample_song_create, sample_song_store

    owner = User.objects.create_user("bench", password="not used")  # noqa: S106
    counter = Counter()
    films: dict[str, list[dict[str, float]]] = {variant: [] for variant in VARIANTS}
    with worker(counter):
        stored = sample_song_store(by=owner)
        with transaction.atomic():
            audio_id = sample_song_create(by=owner, stored=stored).asset_id
        film(owner, audio_id, "continuity", counter)
        for _ in range(rounds):
            for variant in VARIANTS:
                films[variant].append(found := film(owner, audio_id, variant, counter))
                print(f"{variant:<12}" + "  ".join(f"{name} {value:.2f}" for name, value in found.items()), flush=True)
    kinds = list(dict.fromkeys(name for made in films.values() for one in made for name in one))
    middle = {
        variant: {name: round(statistics.median(one.get(name, 0.0) for one in made), 2) for name in kinds}
        for variant, made in films.items()
    }
    counts = {
        variant: {name: int(one.pop(name)) for name in ("scenes", "continuing")} for variant, one in middle.items()
    }
    total = {variant: sum(one.values()) for variant, one in middle.items()}
    return {
        "ratio": round(total["continuity"] / total["plain"], 3),
        "cast_ratio": round(total["cast"] / total["plain"], 3),
        "processor_seconds": {variant: round(seconds, 2) for variant, seconds in total.items()},
        "by_kind": middle,
        "counts": counts,
        "rounds": rounds,
        "load": round(os.getloadavg()[0], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mvsite-bench-") as name, studio(Path(name)):
        found = measured(asked.rounds)
    for key, value in found.items():
        print(f"{key:18} {value}")
    if asked.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
