"""How long the one-button path still takes: all that is to be made, as this owner's earlier work went here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from apps.core.errors import InputError
from apps.jobs.estimates import Step, work_seconds_left
from apps.jobs.history import History, Task, job_history
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.production.generate_all import PICTURES, approved_scenes
from apps.projects.models import Project, Round
from apps.providers.capabilities import Capability
from apps.scenes.entry import scenes_following
from apps.scenes.made_from import clip_is_draft, picture_is_draft
from apps.scenes.models import Scene
from apps.scenes.performance import lipsync_is_missing, project_performs, sung_spans
from apps.scenes.picks import project_pick, scene_pick
from apps.scenes.scene_frames import project_slots, shown_duration, slot_spans
from apps.songs.models import AnalysisState
from apps.work.choice import AUTO, Chooser, Picked, chooser

# The kinds of work on a scene, in their order.
SCENE_KINDS = {Kind.IMAGE: Capability.IMAGE, Kind.VIDEO: Capability.VIDEO, Kind.LIPSYNC: Capability.LIPSYNC}
# What comes before the scenes' own work.
FIRST_KINDS = PICTURES - {Kind.IMAGE}


def image_is_made(scene: Scene, *, again: bool) -> bool:
    """Return whether the scene has its image; `again`: one that isn't a draft."""
    return scene.image is not None and not (again and picture_is_draft(scene.image))


def clip_is_made(scene: Scene, *, again: bool) -> bool:
    return scene.current_clip is not None and not (again and clip_is_draft(scene.current_clip))


def project_seconds_left(project: Project, scenes: Sequence[Scene], running: Sequence[Job]) -> float | None:
    """Return how long the path takes until it ends; None if nothing like one of its steps was finished here lately.
    `running` are the project's live jobs."""
    try:
        phases = _Plan(project, running, chooser()).phases(scenes)
    except InputError:
        return None  # the path itself says what is wrong
    return _seconds(phases, job_history(project.owner_id))


def jobs_seconds_left(running: Sequence[Job]) -> float | None:
    """Return how long these jobs of one owner take; None if that isn't known of one of them."""
    history = job_history(running[0].owner_id)
    # One job at a time works on a scene, but a part of a shot belongs to another job, which covers it.
    return _seconds([[[Step.of(job)] for job in running if job.kind != Kind.VIDEO_PART]], history)


def _seconds(phases: Sequence[Sequence[Sequence[Step]]], history: History) -> float | None:
    now = timezone.now()
    found = [work_seconds_left(chains, history, now=now) for chains in phases]
    return None if None in found else sum(one for one in found if one is not None)


@dataclass(frozen=True)
class _Plan:
    """The steps that the path still takes."""

    project: Project
    running: Sequence[Job]
    choose: Chooser

    def phases(self, scenes: Sequence[Scene]) -> list[list[list[Step]]]:
        """Return chains of steps, phase by phase. Raises InputError for a provider or model that can't be used."""
        first = [[Step.of(job)] for job in self.running if job.kind in FIRST_KINDS]
        if not scenes:
            return self._unwritten(first)
        approved = approved_scenes(self.project, scenes)
        moving = [scene for scene in scenes if not _is_stuck(scene)]
        chains = self._scene_chains(scenes, moving, approved)
        composes = self.project.round != Round.PICTURES and len(moving) == len(scenes) == len(approved)
        length = sum(float(shown_duration(self.project, scene)) for scene in scenes)
        return [first, chains, [self._composing(length)] if composes else []]

    def _scene_chains(self, scenes: Sequence[Scene], moving: Sequence[Scene], approved: set[UUID]) -> list[list[Step]]:
        """Return the scenes' steps. The clip of a scene that continues from another one comes after that one's."""
        following = scenes_following(self.project, scenes)
        chains: list[list[Step]] = []
        chain_of: dict[UUID, list[Step]] = {}
        for scene in moving:
            steps = list(self._scene_steps(scene, approved=scene.pk in approved))
            before = following[scene.pk].starts_from
            chain = chain_of.get(before.pk) if before is not None else None
            if chain is None:
                chains.append(steps)
            else:
                drawn = [step for step in steps if step.task.kind == Kind.IMAGE]
                chains.append(drawn)
                chain += steps[len(drawn) :]
            chain_of[scene.pk] = steps if chain is None else chain
        return chains

    def _unwritten(self, first: list[list[Step]]) -> list[list[list[Step]]]:
        project, song = self.project, self.project.song
        if song is not None and song.analysis_state == AnalysisState.WAITING:
            raise InputError("How many scenes there will be shows once the song is analyzed.")
        spans = slot_spans(project, project_slots(project, project.number_of_scenes))
        performed = set(sung_spans(project, spans)) if project_performs(project) else set()
        if not any(job.kind == Kind.SCENES for job in self.running):
            first = [*first, [Step(self._task(Kind.SCENES, Capability.SCENES, (), None))]]
        chains = [
            [self._step(kind, None, span.duration_seconds) for kind in self._kinds(performed=span in performed)]
            for span in spans
        ]
        composes = not project.needs_approval and project.round != Round.PICTURES
        return [first, chains, [self._composing(sum(span.duration_seconds for span in spans))] if composes else []]

    def _kinds(self, *, performed: bool) -> list[Kind]:
        """Return the kinds of work on a scene that isn't written yet; without approval, its clip isn't made either."""
        if self.project.round == Round.PICTURES or self.project.needs_approval:
            return [Kind.IMAGE]
        return [Kind.IMAGE, Kind.VIDEO, *([Kind.LIPSYNC] if performed else [])]

    def _composing(self, length: float) -> list[Step]:
        job = next((job for job in self.running if job.kind == Kind.COMPOSE), None)
        return [Step.of(job) if job else Step(Task(Kind.COMPOSE, seconds=length))]

    def _scene_steps(self, scene: Scene, *, approved: bool) -> Iterator[Step]:
        live = {job.kind: job for job in self.running if job.scene_id == scene.pk}
        missing, length = self._missing(scene, approved=approved), float(shown_duration(self.project, scene))
        for kind in SCENE_KINDS:
            if kind in live:
                yield Step.of(live[kind])
            elif kind in missing:
                yield self._step(kind, scene, length)

    def _missing(self, scene: Scene, *, approved: bool) -> set[Kind]:
        project = self.project
        again = project.round == Round.FINAL
        clip = clip_is_made(scene, again=again)
        pictured = image_is_made(scene, again=again) or (clip and not again) or project.round == Round.CLIPS
        missing = set() if pictured else {Kind.IMAGE}
        if project.round == Round.PICTURES or not approved:
            return missing
        if not clip:
            missing.add(Kind.VIDEO)
        if scene.lipsync and project_performs(project) and (not clip or lipsync_is_missing(scene)):
            missing.add(Kind.LIPSYNC)
        return missing

    def _step(self, kind: Kind, scene: Scene | None, length: float) -> Step:
        own = (scene_pick(scene, SCENE_KINDS[kind]),) if scene is not None else ()
        return Step(self._task(kind, SCENE_KINDS[kind], own, length if kind != Kind.IMAGE else None))

    def _task(self, kind: Kind, capability: Capability, own: tuple[Picked, ...], length: float | None) -> Task:
        picks = (*own, project_pick(self.project, capability))
        choice = self.choose(capability, flavor=self.project.flavor, picks=picks)
        picked = next((pick for pick in picks if pick), Picked())
        used = choice.provider.model_used(capability, choice.config.values) if picked.model != AUTO else ""
        return Task(kind, choice.provider.name, used.partition(":")[0], length)


def _is_stuck(scene: Scene) -> bool:
    """Return whether the path leaves the scene to a person. Without its lip-sync, it keeps its plain clip."""
    job = scene.job
    if job is None or job.is_live or job.state == State.SUCCEEDED:
        return False
    return job.kind != Kind.LIPSYNC or job.state == State.NEEDS_ATTENTION
