"""Single pictures of a project's film, in the shape of any of its videos, before anything is composed."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from apps.assets.services import asset_local_copy
from apps.composition.crops.keys import own_keys
from apps.composition.models import ClipFraming, SceneFraming, SceneLook
from apps.composition.options import ComposeOptions
from apps.projects.models import Project
from apps.scenes.models import Scene
from apps.scenes.scene_frames import scene_spans
from apps.scenes.selectors import scenes_of
from engines.media.crop_path import CropPath, Key
from engines.media.framed_still import Part, framed_still
from engines.media.framing import PictureFit
from engines.media.pictures import upright_srgb
from engines.media.stills import picture_at

_CENTER = Key(0.0, 0.5, 0.5)


@dataclass(frozen=True)
class FilmFrame:
    """A whole picture of a clip or a scene. `focus` and `follow` are what stays in view of it in other shapes;
    `content` is the part that isn't black bars."""

    picture: Image.Image
    focus: Key = _CENTER
    follow: Key = _CENTER
    content: Part | None = None

    def framed(self, size: tuple[int, int], options: ComposeOptions) -> Image.Image:
        view = self.follow if options.picture_fit is PictureFit.FOLLOW else self.focus
        return framed_still(self.picture, size, options.picture_fit, view=view, content=self.content)


def film_seconds(project: Project) -> float:
    """Return how long the film is, 0 without scenes."""
    spans = scene_spans(project, list(scenes_of(project)))
    return spans[-1].end_seconds if spans else 0.0


def film_frame(project: Project, seconds: float) -> FilmFrame | None:
    """Return what the film shows at a moment, or else another picture of it; None before there are any."""
    scenes = list(scenes_of(project))
    spans = scene_spans(project, scenes)
    timed = list(zip(scenes, spans, strict=True))
    shown = [(scene, seconds - span.start_seconds) for scene, span in timed if span.start_seconds <= seconds]
    # The scene of that moment, then the first ones.
    for scene, offset in [*shown[-1:], *((scene, 0.0) for scene in scenes)]:
        if scene.current_clip is not None:
            return _clip_frame(scene, offset)
        if scene.image is not None:
            with asset_local_copy(scene.image) as path:
                return FilmFrame(upright_srgb(path))
    return None


def _clip_frame(scene: Scene, offset: float) -> FilmFrame:
    clip = scene.current_clip
    assert clip is not None  # noqa: S101 # the caller has looked
    moment = float(scene.clip_in) + offset
    if scene.clip_out is not None:
        moment = min(moment, float(scene.clip_out))
    with asset_local_copy(clip.asset) as path:
        picture = Image.fromarray(np.ascontiguousarray(picture_at(path, moment)))
    look = SceneLook.objects.filter(scene=scene).first() or SceneLook(scene=scene)
    found = ClipFraming.objects.filter(asset=clip.asset_id).first()
    focus = Key(moment, look.focus_x, look.focus_y)
    keys = own_keys(look, clip) or (found.keys if found else None)
    follows = keys and look.framing == SceneFraming.FOLLOW
    return FilmFrame(
        picture,
        focus=focus,
        follow=CropPath(tuple(Key(*key) for key in keys)).at(moment) if keys and follows else focus,
        content=tuple(found.content) if found and found.content else None,
    )
