"""What cast, continuity and color match cost the free draft: the same short film with and without them, in turn.

    .venv/bin/python -m bench.draft_cast [--json] [--rounds 3]

The studio's sample song becomes a film by the path of "Generate video", with database, broker and one worker: scenes
are written, images drawn, clips filmed, the film composed. `plain` has nobody in its cast. `cast` has three subjects (a
character, a place, a prop), `continuity` also continues two of three scenes from the one before and matches colors.
Counted are the processor seconds (user and system) of this process, in which the worker runs, and of its children, so
that the load of the machine hardly matters; not those of asking and waiting, PostgreSQL and Valkey. `ratio` is that of
`continuity` to `plain` until all clips are there, `cast_ratio` that of `cast`, both of the medians of all rounds. A
film before the first one loads the code. Composing is told apart: matched colors are encoded, where an unmatched draft
is copied.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
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


def processor_seconds() -> float:
    """Return what this process and its children have used, without this thread, which only asks and waits."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used) - time.thread_time()


@contextmanager
def worker() -> Iterator[None]:
    """Run tasks in one thread of this process, so that all of its time is counted."""
    from celery.contrib.testing.worker import start_worker

    from mvsite.celery import app

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


def film(owner: Any, audio_id: Any, variant: str) -> dict[str, float]:
    """Make a film. Return the processor seconds of its stages, how many scenes it has, and how many continue."""
    from apps.jobs.models import Job
    from apps.jobs.states import LIVE, State
    from apps.production.generate_all import generate_all_start
    from apps.projects.models import Project
    from apps.scenes.selectors import scenes_of
    from apps.scenes.writing import scenes_generate
    from apps.work.work import Spending

    marks = [processor_seconds()]
    project = project_make(owner, audio_id, variant)
    job = scenes_generate(by=owner, project_id=project.pk, spending=Spending())
    wait(lambda: Job.objects.get(pk=job.pk).state not in LIVE, "writing the scenes")
    continuing = continuity_ask(project) if variant == "continuity" else 0
    marks.append(processor_seconds())
    generate_all_start(by=owner, project_id=project.pk, spending=Spending())
    wait(lambda: not scenes_of(project).filter(current_clip=None).exists(), "filming")
    marks.append(processor_seconds())
    wait(lambda: not Project.objects.get(pk=project.pk).generating, "composing")
    marks.append(processor_seconds())
    project.refresh_from_db()
    if project.problem or project.final_video_id is None:
        raise RuntimeError(project.problem or "There is no film.")
    if failed := Job.objects.filter(project_id=project.pk).exclude(state=State.SUCCEEDED).first():
        raise RuntimeError(failed.error)
    writing, clips, composing = (after - before for before, after in pairwise(marks))
    scenes = scenes_of(project).count()
    return {"writing": writing, "clips": clips, "composing": composing, "scenes": scenes, "continuing": continuing}


def measured(rounds: int) -> dict[str, Any]:
    from django.db import transaction

    from apps.accounts.models import User
    from apps.songs.sample import sample_song_create, sample_song_store

    owner = User.objects.create_user("bench", password="not used")  # noqa: S106
    films: dict[str, list[dict[str, float]]] = {variant: [] for variant in VARIANTS}
    with worker():
        stored = sample_song_store(by=owner)
        with transaction.atomic():
            audio_id = sample_song_create(by=owner, stored=stored).asset_id
        film(owner, audio_id, "continuity")
        for _ in range(rounds):
            for variant in VARIANTS:
                films[variant].append(found := film(owner, audio_id, variant))
                print(f"{variant:<12}" + "  ".join(f"{name} {value:.2f}" for name, value in found.items()), flush=True)
    middle = {
        variant: {name: statistics.median(one[name] for one in made) for name in made[0]}
        for variant, made in films.items()
    }
    until_clips = {variant: one["writing"] + one["clips"] for variant, one in middle.items()}
    return {
        "ratio": round(until_clips["continuity"] / until_clips["plain"], 3),
        "cast_ratio": round(until_clips["cast"] / until_clips["plain"], 3),
        "processor_seconds": {variant: round(seconds, 2) for variant, seconds in until_clips.items()},
        "composing_seconds": {variant: round(one["composing"], 2) for variant, one in middle.items()},
        "scenes": {variant: int(one["scenes"]) for variant, one in middle.items()},
        "continuing": int(middle["continuity"]["continuing"]),
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
