"""Looking before paying: whether a scene's lip-sync can work at all. Costs nothing and sends nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.assets.services import asset_local_copy
from apps.core.errors import InputError, StudioError
from apps.jobs.execution import JobRun
from apps.scenes.lipsync import scene_lipsync_work, scenes_lipsync_works
from apps.scenes.lipsync_inputs import LipsyncWish
from apps.scenes.models import Scene
from apps.songs.models import Song
from apps.work.frozen import FrozenRequest, InputSource
from apps.work.work import Work
from engines.draft.lipsync.check import FaceCheck, face_check
from engines.draft.lipsync.voice import VoiceCheck, voice_check

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LipsyncCheck:
    """`problems` are sentences; none means go ahead. `frame_seconds` is the moment of the clip that shows the
    finding. A part that could not be looked at is None and has a sentence of its own."""

    video_id: UUID | None
    face: FaceCheck | None
    voice: VoiceCheck | None
    problems: tuple[str, ...]

    @property
    def usable(self) -> bool:
        return not self.problems

    @property
    def frame_seconds(self) -> float | None:
        return self.face.seconds if self.face else None

    @property
    def frame_url(self) -> str | None:
        """The clip at that moment, as a media fragment that players understand."""
        return None if self.face is None else f"/api/mv/get_video/{self.video_id}#t={self.face.seconds:.3f}"


def scene_lipsync_check(*, by: User, scene: Scene, wish: LipsyncWish) -> LipsyncCheck:
    """Look at the clip's face and the window's voice. Raises InputError where lip-sync cannot even be asked for."""
    return work_check(scene_lipsync_work(by=by, scene=scene, wish=wish))


@dataclass(frozen=True)
class Doubt:
    """A scene whose lip-sync would be paid for and is unlikely to work, and what was seen."""

    scene: Scene
    found: LipsyncCheck


def scenes_doubts(*, by: User, project_id: UUID, sequences: Sequence[int], wish: LipsyncWish) -> list[Doubt]:
    """Look at those of the scenes whose lip-sync costs money. Raises InputError where one cannot even be asked for."""
    doubts = []
    for scene, work in scenes_lipsync_works(by=by, project_id=project_id, sequences=sequences, wish=wish):
        if work.quote.amount > 0 and not (found := work_check(work)).usable:
            doubts.append(Doubt(scene, found))
    return doubts


def work_check(work: Work) -> LipsyncCheck:
    """The same for a lip-sync that was put together already. What the provider refuses raised before."""
    return _inputs_check(work.frozen.inputs)


def lipsync_refuse_hopeless(run: JobRun) -> None:
    """Before a job that nobody looked at is paid for: raises InputError where there is no face or no voice. Mere
    doubts are no reason."""
    found = _inputs_check(FrozenRequest.model_validate(run.parameters["frozen"]).inputs)
    hopeless = [part for part in (found.face, found.voice) if part is not None and not part.usable]
    if hopeless:
        problems = " ".join(problem for part in hopeless for problem in part.problems)
        message = f"Nothing was bought, since it is unlikely to work. {problems} Add Lipsync tries it nevertheless."
        raise InputError(message, code="lipsync_unlikely")


def _inputs_check(inputs: Mapping[str, InputSource]) -> LipsyncCheck:
    problems: list[str] = []
    face: FaceCheck | None = None
    voice: VoiceCheck | None = None
    try:
        with asset_local_copy(Asset.objects.get(pk__in=[inputs["video"].asset_id])) as clip:
            face = face_check(clip)
            problems.extend(face.problems)
        audio = inputs["audio"]
        alone = Song.objects.filter(stem_id=audio.asset_id).exists()
        with asset_local_copy(Asset.objects.get(pk__in=[audio.asset_id])) as song:
            window = {"start_seconds": audio.start_seconds or 0.0, "end_seconds": audio.end_seconds or 0.0}
            voice = voice_check(song, **window, alone=alone)
            problems.extend(voice.problems)
    except StudioError as error:
        problems.append(f"It could not be looked at: {error.message}")
    log.info("lipsync_checked", problems=problems, face_share=face.share if face else None)
    return LipsyncCheck(inputs["video"].asset_id, face=face, voice=voice, problems=tuple(problems))
