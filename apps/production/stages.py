"""A project's progress stage by stage, read from the rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, prefetch_related_objects
from django.utils import timezone

from apps.jobs.estimates import job_time_left
from apps.jobs.kinds import Kind
from apps.jobs.labels import kind_label, time_left
from apps.jobs.models import Job
from apps.jobs.states import LIVE, State
from apps.production.generate_all import approved_scenes
from apps.production.remaining import clip_is_made, image_is_made, jobs_seconds_left, project_seconds_left
from apps.projects.models import Project, Round
from apps.scenes.models import Scene
from apps.scenes.performance import lipsync_is_missing, project_performs
from apps.scenes.selectors import scenes_of
from apps.songs.models import AnalysisState, Song

# Rough duration of each relative to an image; close enough for drafts and paid models alike.
WEIGHTS: Mapping[Kind, int] = {
    Kind.AUDIO_ANALYSIS: 1,
    Kind.SCENES: 1,
    Kind.IMAGE: 1,
    Kind.VIDEO: 5,
    Kind.LIPSYNC: 5,
    Kind.COMPOSE: 5,
}
# The pace is meaningful once this much of the round is done, in seconds and as a share of it.
LEAST_ELAPSED_SECONDS = 10
LEAST_SHARE = 0.1
# In place of the time left: nobody knows when it is resumed.
PAUSED_LEFT = "paused"


@dataclass(frozen=True)
class Stage:
    """`share` is 0…1; `words` name what is counted; `weight` is the total work, in units of one image."""

    name: str
    share: float
    words: str
    weight: int = 1

    @property
    def done(self) -> bool:
        return self.share >= 1


@dataclass(frozen=True)
class ProjectProgress:
    """What is in progress. `percent` is None if unknown; `left` is the time left in words, "" if unknown."""

    words: str
    percent: int | None
    left: str = ""


def project_stages(project: Project) -> list[Stage]:
    """Return the stages in order: song, scenes, images, clips, lip-sync if there are performances, video."""
    song = Song.objects.filter(pk__in=[project.song_id]).first()
    running = list(Job.objects.filter(Q(project_id=project.pk) | _analysis_of(song), state__in=sorted(LIVE)))
    return _stages(project, song, list(scenes_of(project)), running)


def project_progress(project: Project, scenes: Sequence[Scene], running: Sequence[Job]) -> ProjectProgress:
    """Return the progress of the one-button path; `running` are the project's live jobs."""
    if running and all(job.is_paused for job in running):
        return _paused(project, scenes, running)
    if not scenes:
        listening = project.song is not None and project.song.analysis_state == AnalysisState.WAITING
        words = "Analyzing the song" if listening else "Writing the scenes"
        return ProjectProgress(words, None, time_left(project_seconds_left(project, scenes, running)))
    stages = _stages(project, project.song, scenes, running)
    weight = sum(stage.weight for stage in stages)
    done = sum(stage.weight * stage.share for stage in stages)
    seconds = project_seconds_left(project, scenes, running)
    if seconds is None:
        seconds = _round_seconds_left(project, weight - done, running)
    left = PAUSED_LEFT if any(job.is_paused for job in running) else time_left(seconds)
    return ProjectProgress(_progress_words(stages, running), int(100 * done / weight), left)


def _paused(project: Project, scenes: Sequence[Scene], running: Sequence[Job]) -> ProjectProgress:
    """Return the progress of a path that stands still until somebody resumes it."""
    stages = _stages(project, project.song, scenes, running) if scenes else []
    weight, done = sum(stage.weight for stage in stages), sum(stage.weight * stage.share for stage in stages)
    return ProjectProgress(running[0].progress_message, int(100 * done / weight) if weight else None, PAUSED_LEFT)


def _progress_words(stages: Sequence[Stage], running: Iterable[Job]) -> str:
    """`Images 6 of 6 · Clips 2 of 6`: the unfinished stages that count something."""
    composing = next((job for job in running if job.kind == Kind.COMPOSE), None)
    if composing is not None:
        return composing.progress_message or "Composing the final video"
    if any(job.kind == Kind.CHARACTER_REFERENCE for job in running):
        return "Drawing the character"
    parts = [f"{stage.name} {stage.words}" for stage in stages if not stage.done and " of " in stage.words]
    return " · ".join(parts) or "Composing next"


def _round_seconds_left(project: Project, left: float, running: Iterable[Job]) -> float | None:
    """Return the same from what this round has done so far; None where that would be a guess."""
    since = project.generating_since
    if since is None:
        return None
    ended = Job.objects.filter(project_id=project.pk, state=State.SUCCEEDED, finished_at__gte=since)
    counts = dict(ended.values_list("kind").annotate(count=Count("pk")).order_by())
    done = sum(WEIGHTS.get(Kind(kind), 0) * count for kind, count in counts.items())
    done += sum(WEIGHTS.get(Kind(job.kind), 0) * job.progress_percentage / 100 for job in running)
    elapsed = (timezone.now() - since).total_seconds()
    if elapsed < LEAST_ELAPSED_SECONDS or done < LEAST_SHARE * (done + left):
        return None
    return float(elapsed * left / done)


def jobs_progress(running: Sequence[Job]) -> ProjectProgress:
    """Return the progress of at least one individual job of a project."""
    if all(job.is_paused for job in running):
        return ProjectProgress(running[0].progress_message, None, PAUSED_LEFT)
    if len(running) > 1:
        percent = sum(job.progress_percentage for job in running) / len(running)
        left = PAUSED_LEFT if any(job.is_paused for job in running) else time_left(jobs_seconds_left(running))
        return ProjectProgress(f"{len(running)} jobs are running", int(percent), left)
    job = running[0]
    percentage = int(job.progress_percentage) if job.progress_percentage else None
    return ProjectProgress(f"{kind_label(job.kind)}: {job.doing}", percentage, job_time_left(job))


def _stages(project: Project, song: Song | None, scenes: Sequence[Scene], running: Sequence[Job]) -> list[Stage]:
    # The final video exists before the path is switched off; an old one exists while a new one is composed.
    final = 1.0 if project.final_video_id and not project.generating else _percent(running, Kind.COMPOSE)
    performances = [scene for scene in scenes if scene.lipsync] if project_performs(project) else []
    prefetch_related_objects(performances, "clips")
    over = [not lipsync_is_missing(scene) and scene.current_clip_id for scene in performances]
    lips = [_counted("Lip-sync", over, running, Kind.LIPSYNC)] if performances else []
    again = project.generating and project.round == Round.FINAL
    images = [image_is_made(scene, again=again) for scene in scenes]
    first = [
        _song_stage(song, running),
        Stage("Scenes", 1.0 if scenes else _percent(running, Kind.SCENES), f"{len(scenes)} scenes" if scenes else ""),
        _counted("Images", images, running, Kind.IMAGE),
    ]
    if project.generating and project.round == Round.PICTURES:
        return first
    approved = approved_scenes(project, scenes)
    clips = [clip_is_made(scene, again=again) for scene in scenes if scene.pk in approved]
    return [
        *first,
        _counted("Clips", clips, running, Kind.VIDEO),
        *lips,
        Stage("Video", final, "", WEIGHTS[Kind.COMPOSE]),
    ]


def _analysis_of(song: Song | None) -> Q:
    return Q(kind=Kind.AUDIO_ANALYSIS, parameters__song_id=str(song.pk)) if song else Q(pk__in=[])


def _song_stage(song: Song | None, running: Iterable[Job]) -> Stage:
    if song is None:
        return Stage("Song", 1.0, "none")
    if song.analysis_state == AnalysisState.WAITING:
        return Stage("Song", _percent(running, Kind.AUDIO_ANALYSIS), "")
    tempo = song.grid.get("tempo_bpm")
    return Stage("Song", 1.0, f"{tempo:.1f} BPM" if tempo else "no steady beat")


def _counted(name: str, made: list[Any], running: Iterable[Job], kind: Kind) -> Stage:
    if not made:
        return Stage(name, 0.0, "")
    count = sum(1 for one in made if one)
    # A regenerated one is already counted, so its running job adds nothing.
    partial = sum(job.progress_percentage / 100 for job in running if job.kind == kind)
    share = min(1.0, (count + min(partial, len(made) - count)) / len(made))
    return Stage(name, share, f"{count} of {len(made)}", WEIGHTS[kind] * len(made))


def _percent(running: Iterable[Job], kind: Kind) -> float:
    return min(0.99, max((job.progress_percentage / 100 for job in running if job.kind == kind), default=0.0))
