"""Chains that a failed or cancelled scene broke: which scenes wait for which other one, why, and what mends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.core.text import listed
from apps.jobs.kinds import Kind
from apps.jobs.states import State
from apps.projects.models import Project
from apps.scenes.coming import is_at_work
from apps.scenes.entry import scenes_following
from apps.scenes.entry_stale import scenes_stale
from apps.scenes.entry_waiting import BROKEN
from apps.scenes.models import Scene
from apps.scenes.selectors import scene_awaits_choice, scene_error

IN_ORDER = "in this order"


@dataclass(frozen=True)
class Waiting:
    """A scene that isn't made until `before` is, from which it continues. `head` is the scene at which the chain broke;
    `helps` says what a person does about it."""

    scene: Scene
    before: Scene
    head: Scene
    helps: str

    @property
    def reason(self) -> str:
        """`Scene 2: It was cancelled.`"""
        return f"Scene {self.head.sequence}: {scene_error(self.head) or 'It was cancelled.'}"


def scenes_waiting(project: Project, scenes: Sequence[Scene]) -> list[Waiting]:
    """Return the scenes that wait for one that failed or was cancelled; `scenes` are the project's in order, from the
    first on. Where a scene keeps its old clip, a redo that was cancelled leaves nothing to wait for, unless the chain
    is stale."""
    found, heads = _broken(project, scenes)
    if not found:
        return []
    kept = any(scene.current_clip_id is not None for scene, _ in found)
    stale = scenes_stale(project, scenes) if kept else {}
    waiting = [
        (scene, before)
        for scene, before in found
        if scene.current_clip_id is None or not _was_cancelled(scene) or heads[scene.pk].pk in stale
    ]
    helps = {
        head.pk: _what_helps(head, [scene for scene, _ in waiting if heads[scene.pk] is head], stale)
        for head in heads.values()
    }
    return [Waiting(scene, before, heads[scene.pk], helps[heads[scene.pk].pk]) for scene, before in waiting]


def _broken(project: Project, scenes: Sequence[Scene]) -> tuple[list[tuple[Scene, Scene]], dict[UUID, Scene]]:
    """Return the scenes that wait, each with its forerunner, and the head of each unmade scene's chain."""
    following = scenes_following(project, scenes)
    if all(one.starts_from is None for one in following.values()):
        return [], {}
    waiting: list[tuple[Scene, Scene]] = []
    heads: dict[UUID, Scene] = {}
    for scene in scenes:
        if is_at_work(scene) or (scene.current_clip_id is not None and not _redo_broke(scene)):
            continue
        before = following[scene.pk].starts_from
        if before is not None and before.pk in heads:
            waiting.append((scene, before))
            heads[scene.pk] = heads[before.pk]
        elif scene.job is not None and scene.job.state in BROKEN:
            heads[scene.pk] = scene
    return waiting, heads


def _redo_broke(scene: Scene) -> bool:
    job = scene.job
    return job is not None and job.state in BROKEN and job.kind in {Kind.IMAGE, Kind.VIDEO}


def _was_cancelled(scene: Scene) -> bool:
    return scene.job is not None and scene.job.state == State.CANCELLED


def _what_helps(head: Scene, waiting: Sequence[Scene], stale: dict[UUID, str]) -> str:
    if scene_awaits_choice(head):
        decide = f"On the card of scene {head.sequence}, decide whether to use what you paid for or pay again"
        return f"{decide}, then click Generate." if head.current_clip_id is None else f"{decide}."
    if head.current_clip_id is None:
        return f"Click Generate: they are made {IN_ORDER}."
    if head.pk in stale:
        return f"Click Redo: they are made again {IN_ORDER}."
    numbers = listed([str(one.sequence) for one in (head, *waiting)])
    return f"On Edit's timeline, choose scenes {numbers}, and regenerate them: they are made again {IN_ORDER}."
