"""The results of jobs of a scene or of a project's scenes."""

from uuid import UUID

from apps.jobs.results import JobResult
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


class WrittenResult(JobResult):
    """The scenes that replaced the project's."""

    scene_ids: list[UUID]
