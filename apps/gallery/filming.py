"""Draws a flavor's picture with the free draft, as a film of three shots. Only loaded by workers."""

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import av
import structlog
from django.conf import settings
from PIL import Image

from apps.core.errors import StudioError
from apps.core.json import JsonObject
from apps.gallery.models import FlavorPicture
from apps.gallery.pictures import pictures_forget_old
from apps.providers.base import LocalProvider, WrittenScene
from apps.providers.registry import built_in_provider
from apps.providers.request_types import ImageRequest, MediaInput, ScenesRequest, VideoRequest

log = structlog.get_logger(__name__)

# The same small film for every flavor, so that what differs is the flavor: a place, a face, a movement.
IDEA = "A woman in a red coat walks through a city at night, sings by the sea at sunset and dances in a forest by day"
CHARACTER = "a woman with dark hair in a red coat"
SHOT_SECONDS = 1.4
SHOTS = 3
WIDTH, HEIGHT = 480, 270
FPS = 12
# Enough at this size; grain costs the most.
QUALITY = 60
SEED = 7


def flavor_picture_draw(recipe: str) -> None:
    """Draw the still, show it, then draw what moves. Does nothing for a recipe that is drawn or gone."""
    row = FlavorPicture.objects.filter(recipe=recipe, moving=None).first()
    if row is None:
        return
    folder = Path(settings.SCRATCH_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    known = FlavorPicture.objects.filter(pk=row.pk)
    try:
        with tempfile.TemporaryDirectory(prefix="flavor-", dir=folder) as scratch:
            scenes = _scenes(row.values)
            stills = [_still(scene, row.values, Path(scratch)) for scene in scenes]
            known.update(still=_webp([Image.open(stills[1])]), problem="")
            frames = [
                frame
                for scene, still in zip(scenes, stills, strict=True)
                for frame in _frames(_clip(scene, still, row.values))
            ]
            known.update(moving=_webp(frames))
    except StudioError as error:
        log.warning("flavor_picture_failed", recipe=recipe, reason=error.message)
        known.update(problem=error.message)
        return
    log.info("flavor_picture_drawn", recipe=recipe)
    pictures_forget_old()


def _scenes(values: JsonObject) -> Sequence[WrittenScene]:
    slots = tuple((number * SHOT_SECONDS, (number + 1) * SHOT_SECONDS) for number in range(SHOTS))
    asked = ScenesRequest(IDEA, CHARACTER, number_of_scenes=SHOTS, slots=slots, seed=SEED, settings=values["scenes"])
    return _draft().make(asked, into=Path(), progress=_nobody, cancelled=_never).scenes


def _still(scene: WrittenScene, values: JsonObject, into: Path) -> Path:
    folder = into / str(scene.sequence)
    folder.mkdir()
    asked = ImageRequest(scene.description, WIDTH, HEIGHT, seed=SEED, picture=scene.picture, settings=values["image"])
    return _draft().make(asked, into=folder, progress=_nobody, cancelled=_never).files[0].path


def _clip(scene: WrittenScene, still: Path, values: JsonObject) -> Path:
    asked = VideoRequest(
        scene.description,
        SHOT_SECONDS,
        WIDTH,
        HEIGHT,
        fps=str(FPS),
        image=MediaInput(still, "image/png"),
        energy=(0.5, 0.7),
        beat_seconds=(0.0, 0.5, 1.0),
        seed=SEED,
        picture=scene.picture,
        settings=values["video"],
    )
    return _draft().make(asked, into=still.parent, progress=_nobody, cancelled=_never).files[0].path


def _frames(clip: Path) -> list[Image.Image]:
    with av.open(str(clip)) as container:
        return [Image.fromarray(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def _webp(frames: Sequence[Image.Image]) -> bytes:
    """Return the frames as one looping picture; a single one as a still."""
    file = io.BytesIO()
    first, *rest = frames
    moving = {"save_all": True, "append_images": rest, "duration": round(1000 / FPS), "loop": 0} if rest else {}
    first.convert("RGB").save(file, "WEBP", quality=QUALITY, method=4, **moving)
    return file.getvalue()


def _draft() -> LocalProvider:
    provider = built_in_provider()
    assert isinstance(provider, LocalProvider)  # noqa: S101 - built in
    return provider


def _nobody(_percentage: float, _words: str) -> None:
    """Progress that nobody watches."""


def _never() -> bool:
    return False
