"""Turn a song and an idea into a video file without a browser, for `make video` and `make demo`."""

import hashlib
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse

from apps.accounts.models import User
from apps.assets.services import asset_local_copy
from apps.composition.selectors import current_composition
from apps.core.errors import ConflictError, InputError
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.production.generate_all import generate_all_start
from apps.production.stages import Stage, project_stages
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.projects.services import ProjectFields, project_create
from apps.scenes.selectors import clip_suspicions, scenes_of
from apps.songs.models import Song
from apps.songs.selectors import song_of_content
from apps.songs.services import song_upload
from apps.work.work import Spending

LOOK_SECONDS = 0.25
FAILED_JOBS_NAMED = 3


@dataclass(frozen=True)
class VideoSpec:
    """Options from the command line; an empty one is left to the studio."""

    song: Path
    idea: str
    character: str = ""
    flavor: str = "default"
    scenes: int | None = None
    pace: str = ""
    aspect_ratio: str = "16:9"
    resolution: str = "720p"

    def fields(self) -> ProjectFields:
        return {
            "idea": self.idea,
            "character_description": self.character,
            "flavor": self.flavor,
            "number_of_scenes": self.scenes,
            "pace": self.pace,
            "aspect_ratio": self.aspect_ratio,
            "resolution": self.resolution,
        }


def song_ensure(*, by: User, path: Path) -> Song:
    """Return the file's song, importing it if it is new. Raises InputError if the file isn't a song."""
    if not path.is_file():
        raise InputError(f"There's no file {path}. Name a song: mp3, wav, flac, m4a, ogg or opus.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if known := song_of_content(by=by, sha256=digest):
            return known
        file.seek(0)
        upload: UploadedFile[Any] = UploadedFile(file=file, name=path.name, size=path.stat().st_size)
        return song_upload(by=by, upload=upload).song


def project_ensure(*, by: User, song: Song, spec: VideoSpec, new: bool) -> tuple[Project, bool]:
    """Return the project with the same song and options and whether it already existed; `new` always creates one."""
    same = Project.objects.filter(owner=by, song=song, song_start=0, song_end=None, **spec.fields())
    known = None if new else same.order_by("-created_at").first()
    if known is not None:
        return known, True
    fields = spec.fields()
    fields["audio_id"] = song.asset_id
    return project_create(by=by, **fields), False


def project_make(
    *,
    by: User,
    project: Project,
    show: Callable[[list[Stage]], None],
    sleep: Callable[[float], None] = time.sleep,
    stop_after: str = "",
) -> Project:
    """Start or resume the project and poll until it is done, or up to `stop_after`. Raises ConflictError that says what
    went wrong."""
    generate_all_start(by=by, project_id=project.pk, spending=Spending(confirmed=True), stop_after=stop_after)
    while True:
        project = project_get(by=by, project_id=project.pk)
        show(project_stages(project))
        if not project.generating:
            break
        sleep(LOOK_SECONDS)
    if project.problem:
        raise ConflictError(project.problem)
    return project


def final_copy(project: Project, target: Path) -> Mapping[str, Any]:
    """Copy the final video to `target` atomically and return its facts."""
    asset = project.final_video
    if asset is None:
        raise ConflictError("The project doesn't have a final video yet. Run the command again.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with asset_local_copy(asset) as source:
        shutil.copyfile(source, part)
    part.replace(target)
    composition = current_composition(project)
    return {
        "file": str(target),
        "size": f"{asset.width}×{asset.height} at {asset.fps} frames per second",
        "length": f"{asset.duration_seconds:.3f} s, {asset.frames} frames",
        "sound": f"{asset.audio_codec}, {asset.sample_rate} Hz, {asset.audio_channels} channels",
        "bytes": f"{asset.size_bytes:,}",
        "proof": composition.proof["sentence"] if composition else "",
        "project": project_page(project),
        **_doubts(project),
    }


def _doubts(project: Project) -> Mapping[str, str]:
    """`scene 3: It looks frozen …`: the clips were joined without anyone watching them."""
    return {
        f"scene {scene.sequence}": " ".join(suspicions)
        for scene in scenes_of(project)
        if scene.current_clip is not None and (suspicions := clip_suspicions(scene.current_clip))
    }


def project_page(project: Project) -> str:
    """Return the URL of the project's page."""
    return f"{settings.STUDIO_URL}{reverse('studio:edit', args=[project.pk])}"


def failed_jobs(project: Project) -> list[Job]:
    """Return the jobs that ended the last run of the one-button path, newest first."""
    jobs = Job.objects.filter(project_id=project.pk, state__in=[State.FAILED, State.NEEDS_ATTENTION])
    return list(jobs.filter(updated_at__gte=project.generating_since or project.created_at)[:FAILED_JOBS_NAMED])
