"""The pieces of work that a choice of model is priced for: a scene's, a project's, or usual ones.

They are only quoted, never sent; the files they name need not exist.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from apps.accounts.models import User
from apps.core.errors import StudioError
from apps.projects.models import Project
from apps.providers.capabilities import Capability
from apps.providers.lengths import USUAL_SECONDS
from apps.providers.registry import built_in_provider
from apps.providers.request_types import (
    ImageRequest,
    LipsyncRequest,
    MediaInput,
    ProviderRequest,
    ScenesRequest,
    VideoRequest,
)
from apps.scenes.lipsync import scene_lipsync_work
from apps.scenes.lipsync_inputs import LipsyncSpec
from apps.scenes.making import GenerationSpec, image_work, scene_span, video_work
from apps.scenes.models import Scene
from apps.scenes.scene_frames import scene_spans
from apps.scenes.selectors import scenes_of
from apps.scenes.writing import project_scenes_work
from apps.work.choice import Picked
from apps.work.work import Work
from engines.media.formats import picture_size

# For a project without a song or a number of scenes.
USUAL_SCENES = 12
USUAL_IDEA = "A courier rides through a city in the rain and finds the sea at dawn. " * 3


def scene_requests(by: User, scene: Scene, capability: Capability) -> list[ProviderRequest]:
    """Return the scene's piece of work; none if it can't be requested as it is, which its button explains."""
    name = built_in_provider().name
    spec = GenerationSpec(provider=name)
    works: Mapping[Capability, Callable[[], Work]] = {
        Capability.IMAGE: lambda: image_work(by=by, scene=scene, spec=spec),
        Capability.VIDEO: lambda: video_work(by=by, scene=scene, spec=spec, span=scene_span(scene)),
        Capability.LIPSYNC: lambda: scene_lipsync_work(by=by, scene=scene, spec=LipsyncSpec(provider=name)),
    }
    return _requested(works[capability])


def project_requests(by: User, project: Project, capability: Capability) -> list[ProviderRequest]:
    """Return the work of all scenes, or of writing them; without scenes, one usual piece."""
    if capability is Capability.SCENES:
        asked = Picked(built_in_provider().name)
        return _requested(lambda: project_scenes_work(by=by, project=project, asked=asked))
    scenes = list(scenes_of(project))
    spans = scene_spans(project, scenes) if scenes else []
    seconds = [span.duration_seconds for span in spans]
    if capability is Capability.LIPSYNC:
        seconds = [length for length, scene in zip(seconds, scenes, strict=True) if scene.lipsync]
    return usual_requests(
        capability,
        aspect_ratio=project.aspect_ratio,
        resolution=project.resolution,
        seconds=seconds or (USUAL_SECONDS,),
    )


def usual_requests(
    capability: Capability, *, aspect_ratio: str, resolution: str, seconds: Sequence[float] = (USUAL_SECONDS,)
) -> list[ProviderRequest]:
    """Return one piece of work per length in `seconds`; for scene writing, a whole video's scenes."""
    # Equal lengths share a request, which is then quoted once.
    lengths = [round(length, 3) for length in seconds]
    made = {length: _usual(capability, aspect_ratio, resolution, length) for length in set(lengths)}
    return [made[length] for length in (lengths[:1] if capability is Capability.SCENES else lengths)]


def _usual(capability: Capability, aspect_ratio: str, resolution: str, seconds: float) -> ProviderRequest:
    width, height = picture_size(aspect_ratio, resolution)
    picture = MediaInput(Path("picture.png"), "image/png", width=width, height=height)
    if capability is Capability.SCENES:
        slots = tuple((seconds * index, seconds * (index + 1)) for index in range(USUAL_SCENES))
        return ScenesRequest(idea=USUAL_IDEA, number_of_scenes=USUAL_SCENES, slots=slots)
    if capability is Capability.IMAGE:
        return ImageRequest("a scene", width, height, aspect_ratio=aspect_ratio, character_reference=picture)
    if capability is Capability.VIDEO:
        return VideoRequest("a scene", seconds, width, height, aspect_ratio=aspect_ratio, image=picture)
    return LipsyncRequest(
        video=MediaInput(Path("clip.mp4"), "video/mp4", duration_seconds=seconds, width=width, height=height),
        audio=MediaInput(Path("voice.wav"), "audio/wav", duration_seconds=seconds),
    )


def _requested(work: Callable[[], Work]) -> list[ProviderRequest]:
    try:
        return [work().request]
    except StudioError:
        return []
