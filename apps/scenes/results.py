"""The results of jobs of a scene or of a project's scenes."""

from uuid import UUID

from apps.core.json import JsonObject
from apps.jobs.results import JobResult
from apps.providers.base import WrittenScene
from apps.scenes.checks import ClipChecks
from apps.work.results import MetadataResult, VideoResult


class ClipResult(VideoResult):
    """The scene's new clip. `usable`: no check found a problem."""

    clip_id: UUID
    scene_id: UUID
    usable: bool


class CheckedResult(MetadataResult):
    checks: ClipChecks


class SceneImageResult(JobResult):
    image_id: UUID
    scene_id: UUID


class SoftenedResult(JobResult):
    """A rewritten prompt. `used`: it is the scene's now; not if its words were changed in the meantime."""

    scene_id: UUID
    prompt: str
    used: bool


class JudgedResult(JobResult):
    """The takes that were judged; the verdicts are the clips'. `best_clip_id`: of "best of"; `used`: it became the
    current clip."""

    scene_id: UUID
    clip_ids: list[UUID]
    best_clip_id: UUID | None
    used: bool


class WrittenScenesResult(JobResult):
    """What the provider wrote for a project, with the facts that it gave."""

    scenes: list[WrittenScene]
    facts: JsonObject


class ScenesReplacedResult(JobResult):
    """The scenes that replaced the project's."""

    scene_ids: list[UUID]
