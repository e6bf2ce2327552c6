"""The parameters of generation jobs: the frozen request, and what whoever receives the result needs to know.

A job of a project and a job that stands alone share the model of their kind. Fields that only a project's jobs use have
a default.
"""

from decimal import Decimal
from uuid import UUID

from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.parameters import Frozen, JobParameters
from apps.work.frozen import FrozenRequest


class WorkParameters(JobParameters):
    """What every generation job has."""

    frozen: FrozenRequest


class SongWait(Frozen):
    """The part of a song, in seconds, whose analysis the scenes wait for."""

    song_id: UUID
    start: float
    end: float
    number_of_scenes: int | None = None


class ScenesParameters(WorkParameters):
    waits_for_song: SongWait | None = None


class SoftenParameters(WorkParameters):
    """The scene whose refused `prompt` is rewritten."""

    scene_id: UUID
    prompt: str


class ReferenceParameters(WorkParameters):
    pass


class ImageParameters(WorkParameters):
    """`then_video`: the scene's clip is generated after its image."""

    then_video: bool = False


class Chain(Frozen):
    """The parts of a shot that is longer than its model's clips: the used seconds of each, and their jobs.

    `restarted_at_attempt` is the attempt of the shot's job that last retried failed parts."""

    seconds: tuple[float, ...]
    jobs: tuple[UUID, ...] = ()
    restarted_at_attempt: int = 1


class VideoParameters(WorkParameters):
    """`make_current`: the clip becomes the scene's current one; further takes don't."""

    make_current: bool = True
    chain: Chain | None = None


class PartParameters(WorkParameters):
    """Part `number` of `count` of the shot whose job is `shot_id`. It starts with the last frame of `previous_id`."""

    shot_id: UUID
    number: int
    count: int
    previous_id: UUID | None = None


class WantedClip(Frozen):
    """What a clip is measured against."""

    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None


class AudioSegment(Frozen):
    """The part of the audio that the mouth follows, in seconds."""

    start_time: float | None = None
    end_time: float | None = None

    @property
    def seconds(self) -> float | None:
        """Its length; None if it isn't known, as with a whole file behind a link."""
        return None if self.start_time is None or self.end_time is None else self.end_time - self.start_time


class LipsyncParams(Frozen):
    """How a scene's lip-sync was requested, as the API shows it. None: left to the flavor."""

    temperature: float | None = None
    active_speaker_detection: bool | None = None
    occlusion_detection_enabled: bool | None = None
    audio_id: str = ""
    preview: bool = False


class RequestedAudio(Frozen):
    """The audio that the request itself named, so that a retry names it again."""

    audio_id: UUID | None = None
    audio_start: Decimal | None = None


class LipsyncParameters(WorkParameters):
    """`parent_id`: the clip it is made from. `wanted`: what the result is measured against. `look_first`: check the
    face and the voice before paying. `refuse_doubts`: then fail on a doubt too. `stitch_after`: compose the final video
    again when it ends."""

    make_current: bool = True
    parent_id: UUID | None = None
    audio_segment: AudioSegment | None = None
    scene_count: int | None = None
    lipsync_params: LipsyncParams | None = None
    wanted: WantedClip | None = None
    asked_audio: RequestedAudio = RequestedAudio()
    look_first: bool = False
    refuse_doubts: bool = False
    stitch_after: bool = False


OF_KIND: dict[str, type[WorkParameters]] = {
    Kind.SCENES: ScenesParameters,
    Kind.SOFTEN: SoftenParameters,
    Kind.CHARACTER_REFERENCE: ReferenceParameters,
    Kind.IMAGE: ImageParameters,
    Kind.VIDEO: VideoParameters,
    Kind.VIDEO_PART: PartParameters,
    Kind.LIPSYNC: LipsyncParameters,
}


def frozen_request(job: Job) -> FrozenRequest:
    """The request of a generation job, whatever its kind. Raises InputError if it can't be read."""
    return OF_KIND[job.kind].read(job).frozen
