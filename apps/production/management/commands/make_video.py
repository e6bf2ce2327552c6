"""`make video`: turn a song and an idea into a video file, with a progress bar per stage."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from apps.accounts.models import User
from apps.accounts.services import local_owner_get
from apps.core.errors import StudioError
from apps.jobs.pages import job_page
from apps.production.headless import (
    VideoSpec,
    failed_jobs,
    final_copy,
    project_ensure,
    project_make,
    project_page,
    song_ensure,
)
from apps.production.stages import Stage
from apps.projects.models import Project
from engines.listening.pacing import PACES
from engines.media.formats import ASPECT_RATIOS, RESOLUTIONS

INTERRUPTED_EXIT_CODE = 130  # the exit code shells expect after Ctrl-C


class Command(BaseCommand):
    help = "Create a music video from a song and an idea. Run it again after an interruption to resume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--song", required=True, type=Path)
        parser.add_argument("--idea", required=True)
        parser.add_argument("--character", default="", help="what the main character looks like")
        parser.add_argument("--flavor", default="default")
        parser.add_argument(
            "--scenes", type=int, default=None, help="number of scenes; default: chosen from the song and flavor"
        )
        parser.add_argument("--pace", choices=PACES, default="", help="default: the flavor's")
        parser.add_argument("--aspect", choices=ASPECT_RATIOS, default="16:9")
        parser.add_argument("--resolution", choices=RESOLUTIONS, default="720p")
        parser.add_argument("--out", type=Path, default=None, help="default: <song>-video.mp4 in this folder")
        parser.add_argument(
            "--new", action="store_true", help="start a new project even if the same one was started before"
        )
        parser.add_argument(
            "--stop-after",
            choices=("images",),
            default="",
            help="make the pictures only; approve them on the project's page, which makes the clips",
        )
        parser.add_argument("--owner", default="", help="user name; default: the local owner")

    def handle(self, *_: object, **options: Any) -> None:
        spec = VideoSpec(
            song=options["song"],
            idea=options["idea"],
            character=options["character"],
            flavor=options["flavor"],
            scenes=options["scenes"],
            pace=options["pace"],
            aspect_ratio=options["aspect"],
            resolution=options["resolution"],
        )
        target = options["out"] or Path(f"{spec.song.stem}-video.mp4")
        owner, stop_after = owner_named(options["owner"]), options["stop_after"]
        video_make(owner=owner, spec=spec, target=target, new=options["new"], stop_after=stop_after)


def owner_named(name: str) -> User:
    if not name:
        return local_owner_get()
    owner = User.objects.filter(username=name).first()
    if owner is None:
        raise CommandError(f"There is no user {name!r}.")
    return owner


def video_make(*, owner: User, spec: VideoSpec, target: Path, new: bool, stop_after: str = "") -> None:
    """Create the video and show progress. Raises CommandError with a message, SystemExit after Ctrl-C."""
    console = Console(highlight=False)
    project: Project | None = None
    try:
        song = song_ensure(by=owner, path=spec.song)
        project, known = project_ensure(by=owner, song=song, spec=spec, new=new)
        if known:
            console.print("Resuming the project started before (use --new to start another one).")
        with StageBars(console) as bars:
            project = project_make(by=owner, project=project, show=bars.show, stop_after=stop_after)
        if project.final_video is None and project.needs_approval:
            console.print(f"Pictures ready: approve them at {project_page(project)}", soft_wrap=True)
            return
        facts = final_copy(project, target)
    except StudioError as error:
        raise CommandError("\n".join([error.message, *_where_to_look(project)])) from error
    except KeyboardInterrupt as interrupt:
        console.print("\nStopped. Run the same command again to resume; nothing is redone.")
        raise SystemExit(INTERRUPTED_EXIT_CODE) from interrupt
    for name, value in facts.items():
        console.print(f"  {name:<8} {value}", soft_wrap=True)


def _where_to_look(project: Project | None) -> list[str]:
    """Return the pages with details about a failed command."""
    if project is None:
        return []
    project = Project.objects.get(pk=project.pk)
    jobs = [f"Details: {job_page(job.pk)}" for job in failed_jobs(project)]
    return [*jobs, f"Project: {project_page(project)}  (open it while `make run` is running)"]


class StageBars:
    """One bar per stage; without a terminal, one line when a stage is done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: dict[str, TaskID] = {}
        self._told: set[str] = set()
        columns = (TextColumn("{task.description:<7}"), BarColumn(), TextColumn("{task.fields[words]:<16}"))
        self._progress = Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal)

    def __enter__(self) -> "StageBars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, stages: list[Stage]) -> None:
        for stage in stages:
            if stage.name not in self._bars:
                self._bars[stage.name] = self._progress.add_task(stage.name, total=1.0, words="", start=False)
            bar = self._bars[stage.name]
            if stage.share > 0:
                self._progress.start_task(bar)
            self._progress.update(bar, completed=stage.share, words=stage.words)
            if stage.done and not self._console.is_terminal and stage.name not in self._told:
                self._told.add(stage.name)
                self._console.print(f"{stage.name}: done {stage.words}".rstrip())
