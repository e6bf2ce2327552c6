"""Prepares the lip-sync of one clip, for the stand-alone API and for scenes."""

from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.assets.models import Asset, AssetKind
from apps.assets.selectors import asset_get
from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.jobs.kinds import Kind
from apps.providers.capabilities import Capability
from apps.providers.request_types import FacePoint
from apps.work.choice import Choice, Picked, provider_choose
from apps.work.frozen import FrozenRequest, InputSource, LipsyncValues
from apps.work.parameters import LipsyncParameters
from apps.work.work import Work, work_prepare


@dataclass(frozen=True)
class LipsyncOptions:
    """How the mouth moves; None uses the flavor's value. `face` is the one who sings, if there are several."""

    temperature: float | None = None
    active_speaker_detection: bool | None = None
    occlusion_detection_enabled: bool | None = None
    face: FacePoint | None = None

    def resolved(self, choice: Choice) -> LipsyncValues:
        """Return the request's values, with the flavor's where an option isn't set."""
        config, given = choice.config.values, asdict(self)
        face = given.pop("face")
        chosen: JsonObject = {name: config[name] if value is None else value for name, value in given.items()}
        return LipsyncValues(**chosen, face=face, settings=dict(config))


def lipsync_work(
    *,
    by: User,
    video_id: UUID | None = None,
    video_url: str = "",
    audio_id: UUID | None = None,
    audio_url: str = "",
    start_time: Decimal | None = None,
    end_time: Decimal | None = None,
    flavor: str = "",
    provider: str = "",
    model: str = "",
    video_part: tuple[float | None, float | None] = (None, None),
    **options: Any,
) -> Work:
    """Prepare the stand-alone call. Ids win over links, the audio is cut to [start_time, end_time), and the video to
    `video_part`.

    Raises NotFound for an unknown id, InputError if neither is given or the range isn't valid.
    """
    video = _source(by, video_id, video_url, kind=AssetKind.VIDEO, name="video")
    video = video.model_copy(update={"start_seconds": video_part[0], "end_seconds": video_part[1]})
    audio = _source(by, audio_id, audio_url, kind=AssetKind.AUDIO, name="audio")
    asset = Asset.objects.get(pk=audio.asset_id) if audio.asset_id else None
    start, end = checked_range(start_time, end_time, length=asset.duration_seconds if asset else None)
    audio = audio.model_copy(update={"start_seconds": start, "end_seconds": end})
    choice = provider_choose(Capability.LIPSYNC, flavor=flavor, picks=(Picked(provider, model),))
    chosen = LipsyncOptions(**options)
    shown = Asset.objects.get(pk=video.asset_id) if video.asset_id else None
    face_check(chosen.face, choice=choice, video=shown)
    frozen = lipsync_request(choice=choice, video=video, audio=audio, options=chosen)
    return work_prepare(by=by, kind=Kind.LIPSYNC, parameters=LipsyncParameters(frozen=frozen), choice=choice)


def lipsync_request(
    *, choice: Choice, video: InputSource, audio: InputSource, options: LipsyncOptions
) -> FrozenRequest:
    """The request with these inputs, frozen for a job. The face's time is of the whole video."""
    if options.face is not None and video.start_seconds:
        face = replace(options.face, time=max(0.0, options.face.time - video.start_seconds))
        options = replace(options, face=face)
    return FrozenRequest.of(options.resolved(choice), {"video": video, "audio": audio})


def face_check(face: FacePoint | None, *, choice: Choice, video: Asset | None) -> None:
    """Raise InputError if the model can't be told which face sings, or if the video doesn't have that point."""
    if face is None:
        return
    if not choice.provider.abilities(Capability.LIPSYNC, choice.config.values).picks_face:
        model = choice.provider.model_used(Capability.LIPSYNC, choice.config.values)
        raise InputError(
            f"{model or choice.provider.title} can't be told which face sings, so it might move another one. Choose "
            "another model, or leave the face out.",
            code="face_unsupported",
            errors={"face": ["this model takes no face"]},
        )
    if video is None:
        return
    outside = [
        f"{name} is outside the video (0 to {most:g})"
        for name, value, most in (
            ("time", face.time, video.duration_seconds),
            ("x", face.x, video.width),
            ("y", face.y, video.height),
        )
        if most is not None and not value < most
    ]
    if outside:
        raise InputError(f"The face's {' and '.join(outside)}.", errors={"face": outside})


def checked_range(
    start_time: Decimal | None, end_time: Decimal | None, *, length: float | None
) -> tuple[float | None, float | None]:
    """Return the range in seconds, cut at the end of the audio; (None, None) means all of it."""
    if start_time is None and end_time is None:
        return None, None
    start = float(start_time or 0)
    end = length if end_time is None else float(end_time)
    if end is not None and end <= start:
        raise InputError("The range must end after it starts.", errors={"end_time": ["must be after the start"]})
    if length is not None and start >= length:
        raise InputError(
            f"The audio is only {length:.2f} seconds.", errors={"start_time": ["past the end of the audio"]}
        )
    return start, end if length is None or end is None else min(end, length)


def _source(by: User, asset_id: UUID | None, url: str, *, kind: AssetKind, name: str) -> InputSource:
    if asset_id is not None:
        return InputSource(asset_id=asset_get(by=by, asset_id=asset_id, kind=kind).pk)
    if url:
        return InputSource(url=url)
    raise InputError(
        f"Choose the {name} to lip-sync.",
        code="source_missing",
        errors={f"{name}_id": [f"required without {name}_url"]},
    )
