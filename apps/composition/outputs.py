"""A project's other videos: shapes and short cuts, added, changed, removed and composed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.composition.captions import caption_words, captions_check
from apps.composition.hook import film_frames, hook_check, hook_length_check, hook_start_settle
from apps.composition.models import Output
from apps.composition.planning import video_options
from apps.composition.project_looks import outputs_of
from apps.composition.selectors import CurrentPlans, composition_is_stale, current_composition, output_get
from apps.composition.services import project_compose
from apps.core.errors import ConflictError, InputError, NotFound
from apps.core.json import JsonObject
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import live_jobs
from apps.jobs.services import job_cancel
from apps.projects.models import Resolution
from apps.projects.selectors import project_get, project_lock
from apps.scenes.selectors import scenes_of

log = structlog.get_logger(__name__)


def output_create(
    *,
    by: User,
    project_id: UUID,
    name: str = "",
    aspect_ratio: str,
    resolution: str,
    framing: str = "",
    captions: JsonObject | None = None,
    hook_seconds: Decimal | None = None,
    hook_start: Decimal | None = None,
) -> Output:
    """Create another shape or a short cut of the project's video, named after its format if no name is given. Without
    a `framing`, clips of another shape are fitted as the project's own are. A cut's chosen start becomes the real one.

    Raises InputError for a cut that the film is too short for, ConflictError if the name is taken."""
    project = project_get(by=by, project_id=project_id)
    output = Output(
        project=project,
        name=name,
        aspect_ratio=aspect_ratio,
        resolution=resolution,
        framing=framing or project.fit,
        captions=captions or {},
        hook_seconds=hook_seconds,
        hook_start=hook_start,
    )
    frames = None if hook_seconds is None else film_frames(project, list(scenes_of(project)))
    hook_check(project, output, frames)
    hook_start_settle(project, output, frames)
    output.name = name or output_name(output)
    if captions:
        captions_check(caption_words(project), video_options(project, output).captions)
    try:
        with transaction.atomic():
            output.save(force_insert=True)
    except IntegrityError as error:
        raise ConflictError(f"There is already an output named {output.name!r}. Choose another name.") from error
    return output


def output_name(output: Output) -> str:
    """Return the name of an output that is named after its format, such as `9:16 · 1080p · hook 15 s`."""
    size = output.resolution.upper() if output.resolution == Resolution.UHD else output.resolution
    name = f"{output.aspect_ratio} · {size}"
    if output.hook_seconds is None:
        return name
    start = output.hook_start
    place = "" if start is None else f" from {int(start) // 60}:{start % 60:04.1f}"
    return f"{name} · hook {output.hook_seconds.normalize():f} s{place}"


@dataclass(frozen=True)
class OutputChanges:
    """What is to change of an output; None leaves a field as it is. Empty captions follow the project's again; with
    `suggested_start` the studio chooses where a cut starts."""

    framing: str | None = None
    captions: JsonObject | None = None
    hook_seconds: Decimal | None = None
    hook_start: Decimal | None = None
    suggested_start: bool = False

    def named(self) -> list[str]:
        """Return the fields that change."""
        names = ("framing", "captions", "hook_seconds", "hook_start")
        wanted = [name for name in names if getattr(self, name) is not None]
        return [*wanted, *(["hook_start"] if self.suggested_start else [])]


def output_change(*, by: User, project_id: UUID, output_id: UUID, changes: OutputChanges) -> Output:
    """Change how an output is composed; its next video shows it. An output that is named after its format is renamed
    with it.

    Raises InputError for a start or a length of an output that isn't a cut, for a cut that the film is too short for,
    and (`missing_glyphs`) for captions to be burned in with characters that no font can draw; ConflictError if the new
    name is taken."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        output = output_get(by=by, project_id=project_id, output_id=output_id)
        if output.hook_seconds is None and (changes.hook_seconds is not None or changes.hook_start is not None):
            raise InputError(
                "Only a cut has a start and a length. Add one as an output of its own.",
                errors={"hook_start": ["This output is the whole video."]},
            )
        named_after_format = output.name == output_name(output)
        for name in changes.named():
            setattr(output, name, getattr(changes, name))
        if changes.hook_seconds is not None or changes.hook_start is not None:
            frames = film_frames(project, list(scenes_of(project)))
            hook_check(project, output, frames)
            hook_start_settle(project, output, frames)
        if changes.captions is not None:
            captions_check(caption_words(project), video_options(project, output).captions)
        if named_after_format:
            output.name = output_name(output)
        try:
            with transaction.atomic():
                output.save()
        except IntegrityError as error:
            raise ConflictError(f"There is already an output named {output.name!r}. Choose another start.") from error
    log.info("output_changed", project_id=str(project_id), output_id=str(output_id), fields=changes.named())
    return output


def output_delete(*, by: User, project_id: UUID, output_id: UUID) -> None:
    """Delete the output and the record of its videos, and cancel its composing jobs; housekeeping deletes the files
    later."""
    output = output_get(by=by, project_id=project_id, output_id=output_id)
    for job_id in live_jobs(project_id).filter(parameters__output_id=str(output_id)).values_list("pk", flat=True):
        try:
            job_cancel(by=by, job_id=job_id)
        except ConflictError:
            log.info("job_ended_before_cancel", job_id=str(job_id))
    output.delete()


def outputs_add(
    *,
    by: User,
    project_id: UUID,
    aspect_ratios: Sequence[str],
    resolution: str,
    framing: str = "",
    hook_seconds: Decimal | None = None,
    hook_start: Decimal | None = None,
) -> list[Output]:
    """Add an output for each shape, named after its format, and start composing it if every scene has a clip.

    Raises ConflictError if one of them already exists; then none is added."""
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        outputs = [
            output_create(
                by=by,
                project_id=project_id,
                aspect_ratio=aspect_ratio,
                resolution=resolution,
                framing=framing,
                hook_seconds=hook_seconds,
                hook_start=hook_start,
            )
            for aspect_ratio in aspect_ratios
        ]
    for output in outputs:
        try:
            project_compose(by=by, project_id=project_id, output_id=output.pk)
        except InputError as error:
            log.info("output_not_composed_yet", output_id=str(output.pk), reason=error.code)
    return outputs


def output_problem(now: CurrentPlans, output: Output) -> str:
    """Return why the film has no such output; "" if it has, or if its length isn't known yet."""
    frames = None if output.hook_seconds is None else film_frames(now.project, now.scenes)
    if frames is None:
        return ""
    try:
        hook_length_check(now.project, output, frames)
    except InputError as error:
        return error.message
    return ""


def videos_behind(now: CurrentPlans) -> list[UUID | None]:
    """Return which of the project's videos show an earlier state, or were never finished, and aren't being composed:
    ids of outputs, None for the final video. Left out are cuts that the film is too short for. Nothing before the
    project has a film."""
    final = current_composition(now.project)
    if final is None:
        return []
    behind: list[UUID | None] = [None] if composition_is_stale(final, now) else []
    behind += [
        state.output.pk
        for state in outputs_of(now)
        if (state.stale or state.composition is None) and not output_problem(now, state.output)
    ]
    composing = {
        str(output_id or "")
        for output_id in live_jobs(now.project.pk)
        .filter(kind=Kind.COMPOSE)
        .values_list("parameters__output_id", flat=True)
    }
    return [output_id for output_id in behind if str(output_id or "") not in composing]


@dataclass(frozen=True)
class Renewed:
    """The composing jobs that were started, and a sentence for each video that could not be."""

    jobs: list[Job]
    problems: list[str]


def videos_renew(*, by: User, project_id: UUID) -> Renewed:
    """Compose every video again that shows an earlier state; one that can't be doesn't keep the others from it.

    Raises ConflictError if there is none, InputError if none could be started."""
    project = project_get(by=by, project_id=project_id)
    now = CurrentPlans(project, list(scenes_of(project)))
    behind, outputs = videos_behind(now), list(project.outputs.all())
    names = {output.pk: output.name for output in outputs}
    jobs: list[Job] = []
    impossible = [(output.name, problem) for output in outputs if (problem := output_problem(now, output))]
    problems = [f"“{name}” wasn't started. {problem}" for name, problem in impossible]
    if not behind and not problems:
        raise ConflictError("Every video shows the current scenes. There is nothing to make again.")
    for output_id in behind:
        try:
            jobs.append(project_compose(by=by, project_id=project_id, output_id=output_id))
        except (InputError, ConflictError, NotFound) as error:
            name = f"“{names[output_id]}”" if output_id else "The film"
            problems.append(f"{name} wasn't started. {error.message}")
    if not jobs:
        raise InputError(" ".join(problems))
    return Renewed(jobs, problems)
