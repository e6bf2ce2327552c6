"""How far a project's making is, stage by stage, read from the rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import LIVE
from apps.projects.models import Project
from apps.scenes.performance import lipsync_is_missing, project_performs
from apps.scenes.selectors import scenes_of
from apps.songs.models import AnalysisState, Song


@dataclass(frozen=True)
class Stage:
    """`share` is 0…1; `words` say what is counted."""

    name: str
    share: float
    words: str

    @property
    def done(self) -> bool:
        return self.share >= 1


def project_stages(project: Project) -> list[Stage]:
    """Song, scenes, images, clips, lips where somebody performs, video, in the order in which they are made."""
    song = Song.objects.filter(pk__in=[project.song_id]).first()
    scenes = list(scenes_of(project).prefetch_related("clips"))
    running = list(Job.objects.filter(Q(project_id=project.pk) | _analysis_of(song), state__in=sorted(LIVE)))
    # The final video is there before the path is switched off, and an old one while a new one is composed.
    final = 1.0 if project.final_video_id and not project.generating else _percent(running, Kind.COMPOSE)
    performances = [scene for scene in scenes if scene.lipsync] if project_performs(project) else []
    over = [not lipsync_is_missing(scene) and scene.current_clip_id for scene in performances]
    lips = [_counted("Lip-sync", over, running, Kind.LIPSYNC)] if performances else []
    return [
        _song_stage(song, running),
        Stage("Scenes", 1.0 if scenes else _percent(running, Kind.SCENES), f"{len(scenes)} scenes" if scenes else ""),
        _counted("Images", [scene.image_id for scene in scenes], running, Kind.IMAGE),
        _counted("Clips", [scene.current_clip_id for scene in scenes], running, Kind.VIDEO),
        *lips,
        Stage("Video", final, ""),
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
    # A regenerated one is counted already; its running job adds nothing.
    partial = sum(job.progress_percentage / 100 for job in running if job.kind == kind)
    return Stage(name, min(1.0, (count + min(partial, len(made) - count)) / len(made)), f"{count} of {len(made)}")


def _percent(running: Iterable[Job], kind: Kind) -> float:
    return min(0.99, max((job.progress_percentage / 100 for job in running if job.kind == kind), default=0.0))
