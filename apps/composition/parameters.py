"""Parameters of composing jobs: the frozen plan, and what it is for."""

from uuid import UUID

from apps.composition.frozen import FrozenPlan
from apps.composition.handoff.options import HandoffOptions
from apps.composition.options import OptionChanges
from apps.jobs.parameters import JobParameters


class ComposeParameters(JobParameters):
    """A project's video; without `output_id`, its final one. `options` are the caller's, as given. `replaces`: the
    final video's file that this one was created from and may replace."""

    project_id: UUID
    plan: FrozenPlan
    fingerprint: str
    output_id: UUID | None = None
    options: OptionChanges = OptionChanges()
    replaces: UUID | None = None


class ClipFramingParameters(JobParameters):
    """A clip whose path is to be found."""

    asset_id: UUID


class ClipColorsParameters(JobParameters):
    """A project whose scenes' colors are to be measured."""

    project_id: UUID


class StitchParameters(JobParameters):
    """A separate video from any clips in order, with or without a song."""

    plan: FrozenPlan
    video_ids: tuple[UUID, ...]
    audio_id: UUID | None = None
    options: OptionChanges = OptionChanges()


class ExportParameters(JobParameters):
    """A project's hand-off package."""

    project_id: UUID
    plan: FrozenPlan
    fingerprint: str
    package_version: int
    options: HandoffOptions = HandoffOptions()
