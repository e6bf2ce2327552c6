"""The parameters of generation jobs: the frozen request, and what whoever receives the result needs to know.

A job of a project and a job that stands alone share the model of their kind. Fields that only a project's jobs use have
a default.
"""

from decimal import Decimal
from typing import Self
from uuid import UUID

from apps.jobs.execution import JobRun
from apps.jobs.kinds import Kind
from apps.jobs.parameters import Frozen, JobParameters
from apps.providers.request_types import FacePoint
from apps.work.frozen import FrozenRequest, InputSource
from apps.work.pacing import ScenePace


class WorkParameters(JobParameters):
    """What every generation job has."""

    frozen: FrozenRequest

    def with_input(self, name: str, source: InputSource) -> Self:
        return self.model_copy(update={"frozen": self.frozen.with_input(name, source)})


class SongWait(Frozen):
    """The part of a song, in seconds, whose analysis the scenes wait for. Jobs of the release before have no pace."""

    song_id: UUID
    start: float
    end: float
    number_of_scenes: int | None = None
    pace: ScenePace | None = None


class ScenesParameters(WorkParameters):
    waits_for_song: SongWait | None = None


class SoftenParameters(WorkParameters):
    """The scene whose refused `prompt` is rewritten."""

    scene_id: UUID
    prompt: str


class JudgeParameters(WorkParameters):
    """The clips of `scene_id` that are judged, in the request's order. `waits_for`: the jobs that make them, of takes
    that didn't exist yet. `choose_best`: the best becomes current, unless a person chose another since `current_id`
    was."""

    scene_id: UUID
    clip_ids: tuple[UUID, ...] = ()
    waits_for: tuple[UUID, ...] = ()
    choose_best: bool = False
    current_id: UUID | None = None


class ReferenceParameters(WorkParameters):
    """A picture of the subject, without one of the project's lead; `view` is what a reference sheet shows of it."""

    subject_id: UUID | None = None
    view: str = ""


class FollowingClip(Frozen):
    """By whom the clip after an image is generated, where the call said so."""

    provider: str = ""
    model: str = ""


class ImageParameters(WorkParameters):
    """`then_video`: the scene's clip is generated after its image, by `clip_by`. `note`: what a person wanted to be
    different, which the request's prompt has, too. `keeps_approval`: the scene's approval goes on for the new image."""

    then_video: bool = False
    clip_by: FollowingClip = FollowingClip()
    note: str = ""
    keeps_approval: bool = False


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
    """How a scene's lip-sync was requested, as the API shows it. None: left to the flavor. In the `silences`, in
    seconds from the start of the song's used part, nobody sings, and silence was sent; `all_sound` refused that."""

    temperature: float | None = None
    active_speaker_detection: bool | None = None
    occlusion_detection_enabled: bool | None = None
    face: FacePoint | None = None
    audio_id: str = ""
    preview: bool = False
    all_sound: bool | None = None
    silences: tuple[tuple[float, float], ...] | None = None


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
    Kind.JUDGE: JudgeParameters,
    Kind.CHARACTER_REFERENCE: ReferenceParameters,
    Kind.IMAGE: ImageParameters,
    Kind.VIDEO: VideoParameters,
    Kind.VIDEO_PART: PartParameters,
    Kind.LIPSYNC: LipsyncParameters,
}


def frozen_request(run: JobRun) -> FrozenRequest:
    """The request of a generation job, whatever its kind. Raises InputError if it can't be read."""
    return run.read(OF_KIND[run.job.kind]).frozen
