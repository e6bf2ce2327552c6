"""Prepares the work of the stand-alone API; `work_run` then creates the job."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from apps.accounts.models import User
from apps.assets.models import AssetKind
from apps.assets.selectors import asset_get
from apps.core.errors import ConflictError, InputError
from apps.core.json import JsonObject
from apps.jobs.kinds import Kind
from apps.providers.capabilities import Capability
from apps.providers.request_types import SongBrief
from apps.songs.selectors import song_get
from apps.work.choice import Picked, choice_overridden, provider_choose
from apps.work.frozen import FrozenRequest, ImageValues, InputSource, ScenesValues, VideoValues
from apps.work.late_song import late_song
from apps.work.pacing import scene_pace
from apps.work.parameters import ReferenceParameters, ScenesParameters, SongWait, VideoParameters
from apps.work.seeds import new_seed
from apps.work.song_brief import song_brief, song_slots
from apps.work.work import Work, work_prepare
from engines.media.formats import picture_size
from engines.media.frames import FrameGrid, exact_fps


def scenes_work(
    *,
    by: User,
    idea: str,
    character_description: str = "",
    number_of_scenes: int | None = None,
    pace: str = "",
    audio_id: UUID | None = None,
    duration: Decimal | None = None,
    seed: int | None = None,
    flavor: str = "",
    provider: str = "",
    model: str = "",
    overrides: JsonObject | None = None,
) -> Work:
    """Prepare writing scenes, to a song if one is given, at a `pace` or the flavor's. `duration` is each scene's length
    without a song; `overrides` replace values of the flavor's `parameters`."""
    if not idea.strip():
        raise InputError("Describe the video in a sentence or two.", errors={"idea": ["may not be empty"]})
    choice = provider_choose(Capability.SCENES, flavor=flavor, picks=(Picked(provider, model),))
    choice = choice_overridden(choice, overrides or {})
    brief: SongBrief | None = None
    wait: SongWait | None = None
    if audio_id is not None:
        song = song_get(by=by, audio_id=audio_id)
        length = song.asset.duration_seconds
        if length is None:
            raise ConflictError("The song is still being processed. Try again in a moment.", code="song_not_ready")
        planned = scene_pace(choice.config.values, pace, flavor=flavor, picked=Picked())
        slots = song_slots(song, 0.0, length, number_of_scenes=number_of_scenes, pace=planned)
        brief = song_brief(song, 0.0, length)
        wait = late_song(song, 0.0, length, number_of_scenes=number_of_scenes, pace=planned)
    else:
        count = number_of_scenes or choice.config.values["number_of_scenes"]
        slots = even_slots(count, duration or choice.config.values["duration_seconds"])
    values = ScenesValues(
        idea=idea,
        character_description=character_description,
        number_of_scenes=len(slots),
        slots=tuple(slots),
        song=brief,
        seed=new_seed() if seed is None else seed,
        settings=dict(choice.config.values),
    )
    parameters = ScenesParameters(frozen=FrozenRequest.of(values), waits_for_song=wait)
    return work_prepare(by=by, kind=Kind.SCENES, parameters=parameters, choice=choice)


def even_slots(number_of_scenes: int, seconds: float | Decimal) -> Sequence[tuple[float, float]]:
    """Return scenes of equal length one after another, for work without a song."""
    return [(index * float(seconds), (index + 1) * float(seconds)) for index in range(number_of_scenes)]


def character_reference_work(
    *,
    by: User,
    character_description: str,
    num_images: int | None = None,
    aspect_ratio: str = "",
    seed: int | None = None,
    flavor: str = "",
    provider: str = "",
    model: str = "",
) -> Work:
    """Prepare images of a character to choose from."""
    if not character_description.strip():
        raise InputError("Describe the character.", errors={"character_description": ["may not be empty"]})
    choice = provider_choose(Capability.IMAGE, flavor=flavor, picks=(Picked(provider, model),))
    config = choice.config.values
    ratio = aspect_ratio or config["aspect_ratio"]
    width, height = picture_size(ratio, config["resolution"])
    values = ImageValues(
        prompt=character_description,
        negative_prompt=config["image_prompts"]["negative_prompt"],
        width=width,
        height=height,
        aspect_ratio=ratio,
        purpose="character_reference",
        num_images=num_images or config["num_images"],
        seed=new_seed() if seed is None else seed,
        settings=dict(config),
    )
    frozen = FrozenRequest.of(values)
    parameters = ReferenceParameters(frozen=frozen)
    return work_prepare(by=by, kind=Kind.CHARACTER_REFERENCE, parameters=parameters, choice=choice)


def video_work(
    *,
    by: User,
    prompt: str,
    negative_prompt: str | None = None,
    character_reference_id: UUID | None = None,
    image_id: UUID | None = None,
    last_image_id: UUID | None = None,
    duration: Decimal | None = None,
    aspect_ratio: str = "",
    seed: int | None = None,
    flavor: str = "",
    provider: str = "",
    model: str = "",
) -> Work:
    """Prepare one clip. `image_id` and `last_image_id` are pictures for its first and last frame.

    Raises NotFound for an unknown picture, InputError if the model can't do what is asked.
    """
    if not prompt.strip():
        raise InputError("Describe what the clip shows.", errors={"prompt": ["may not be empty"]})
    choice = provider_choose(Capability.VIDEO, flavor=flavor, picks=(Picked(provider, model),))
    config = choice.config.values
    ratio = aspect_ratio or config["aspect_ratio"]
    width, height = picture_size(ratio, config["resolution"])
    seconds = float(duration or config["duration_seconds"])
    values = VideoValues(
        prompt=prompt,
        negative_prompt=config["negative_prompt"] if negative_prompt is None else negative_prompt,
        duration_seconds=seconds,
        width=width,
        height=height,
        fps=config["fps"],
        frames=max(1, FrameGrid(exact_fps(config["fps"])).frame_at(seconds)),
        aspect_ratio=ratio,
        seed=new_seed() if seed is None else seed,
        settings=dict(config),
    )
    pictures = {"character_reference": character_reference_id, "image": image_id, "last_image": last_image_id}
    inputs = {
        name: InputSource(asset_id=asset_get(by=by, asset_id=picture, kind=AssetKind.IMAGE).pk)
        for name, picture in pictures.items()
        if picture is not None
    }
    frozen = FrozenRequest.of(values, inputs)
    return work_prepare(by=by, kind=Kind.VIDEO, parameters=VideoParameters(frozen=frozen), choice=choice)
