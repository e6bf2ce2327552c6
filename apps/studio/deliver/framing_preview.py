"""What becomes of a project's pictures in another shape, drawn on one of them for the dialog that adds outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.assets.models import Asset
from apps.composition.crops.keys import own_keys
from apps.composition.models import ClipFraming, OutputFraming, SceneLook
from apps.composition.planning import video_options
from apps.composition.selectors import current_composition
from apps.projects.models import Project
from apps.scenes.models import Clip, Scene
from apps.scenes.selectors import scenes_of
from apps.studio.project.cards import view_url
from engines.media.crop_path import CropPath, Key, resting

# What players lay over an upright video: their buttons on the right, names and captions below, a title above.
_UPRIGHT_SAFE = (0.06, 0.12, 0.74, 0.66)
_SAFE = (0.05, 0.05, 0.9, 0.9)
_WORDS = {
    OutputFraming.FILL: ("Fill", "Cropped around the middle, or each scene's own point"),
    OutputFraming.FIT: ("Fit", "The whole picture, on a background"),
    OutputFraming.FOLLOW: ("Follow", "Cropped, and the frame follows who sings or leads"),
}
_NOBODY = "Nobody and nothing stands out in these clips, so the frame stays in the middle"
# Shares of the picture: less is no following.
_SEEN_TO_MOVE = 0.01
_HIGH = 160
# The radius of the ring around whom the frame follows.
_RING = 18
_CENTER = resting(0.5, 0.5).keys[0]
Part = tuple[float, float, float, float]
_WHOLE: Part = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Drawing:
    """A picture in a frame, in units of the frame: the frame's size, the place of the picture's content and the safe
    area's. `part` is what isn't black bars, as a viewBox in the picture's own pixels, of which it has `size`; `back`: a
    blurred copy fills the frame. `moves`: where the frame goes along with somebody, a ring around them and arrows, as a
    path; else ""."""

    width: float
    height: float
    picture: Part
    safe: Part
    part: str
    size: tuple[int, int]
    back: bool
    moves: str


@dataclass(frozen=True)
class FramingChoice:
    """One of the choices: `url` is the picture's, "" if the project has none yet."""

    value: str
    label: str
    hint: str
    url: str
    drawings: dict[str, Drawing]


@dataclass(frozen=True)
class _Shown:
    """A picture of the film, and what stays in view of it when it is filled and when it is followed. `looked`: the clip
    was looked at for whom to follow."""

    image: Asset | None = None
    focus: Key = _CENTER
    path: Key = _CENTER
    content: Part = _WHOLE
    looked: bool = False

    @property
    def distance(self) -> float:
        """Return how far the followed place is from the middle of what is filled, in shares of the picture."""
        return abs(self.path.x - self.focus.x) + abs(self.path.y - self.focus.y)

    @property
    def size(self) -> tuple[int, int]:
        return (self.image and self.image.width) or 16, (self.image and self.image.height) or 9


def framing_choices(project: Project, shapes: list[str]) -> list[FramingChoice]:
    """Return Fill, Fit and Follow, each drawn in every shape on the first frame of a scene."""
    shown, blurred = _shown(project), video_options(project).background == "blur"
    url, words = view_url(shown.image), dict(_WORDS)
    if shown.looked and shown.distance < _SEEN_TO_MOVE:
        words[OutputFraming.FOLLOW] = (words[OutputFraming.FOLLOW][0], _NOBODY)
    return [
        FramingChoice(
            framing,
            *words[framing],
            url=url,
            drawings={shape: _drawing(shape, framing, shown, blurred=blurred) for shape in shapes},
        )
        for framing in (OutputFraming.FILL, OutputFraming.FIT, OutputFraming.FOLLOW)
    ]


def _shown(project: Project) -> _Shown:
    clips = [(scene, scene.current_clip) for scene in scenes_of(project) if scene.current_clip is not None]
    images = [(scene, clip.poster or scene.image, clip) for scene, clip in clips]
    pictures = [(scene, image, clip) for scene, image, clip in images if image is not None]
    found = ClipFraming.objects.in_bulk([clip.asset_id for *_, clip in pictures])
    looks = SceneLook.objects.in_bulk([scene.pk for scene, *_ in pictures])
    shown = [_scene_shown(one, found, looks.get(one[0].pk) or SceneLook(scene=one[0])) for one in pictures]
    if shown:
        # The one where following makes the greatest difference.
        return max(shown, key=lambda one: (one.distance, one.looked))
    current = current_composition(project)
    return _Shown(current.poster if current is not None else None)


def _scene_shown(pictured: tuple[Scene, Asset, Clip], found: Mapping[UUID, ClipFraming], look: SceneLook) -> _Shown:
    scene, image, clip = pictured
    row = found.get(clip.asset_id)
    focus = Key(0, look.focus_x, look.focus_y)
    keys = own_keys(look, clip) or (row.keys if row else None)
    # A poster shows where the scene starts in the clip, a scene's image the clip's first frame.
    moment = float(scene.clip_in) if clip.poster else 0.0
    path = CropPath(tuple(Key(*key) for key in keys)).at(moment) if keys else focus
    content = tuple(row.content) if row and row.content else _WHOLE
    return _Shown(image, focus, path, content, looked=bool(row and row.keys))


def _drawing(shape: str, framing: str, shown: _Shown, *, blurred: bool) -> Drawing:
    across, down = map(int, shape.split(":"))
    width, height = _HIGH * across / down, float(_HIGH)
    left, top, wide, high = (share * side for share, side in zip(shown.content, shown.size * 2, strict=True))
    key = shown.path if framing == OutputFraming.FOLLOW else shown.focus
    fits = framing == OutputFraming.FIT
    scale = (min if fits else max)(width / wide, height / high) * (1 if fits else key.zoom)
    # The middle of the view, counted from the content's corner.
    x, y = key.x * shown.size[0] - left, key.y * shown.size[1] - top
    spare_x, spare_y = width - wide * scale, height - high * scale
    place_x = spare_x / 2 if fits else min(0.0, max(spare_x, width / 2 - x * scale))
    place_y = spare_y / 2 if fits else min(0.0, max(spare_y, height / 2 - y * scale))
    safe = _UPRIGHT_SAFE if across < down else _SAFE
    return Drawing(
        width,
        height,
        picture=(place_x, place_y, wide * scale, high * scale),
        safe=(safe[0] * width, safe[1] * height, safe[2] * width, safe[3] * height),
        part=f"{left:.2f} {top:.2f} {wide:.2f} {high:.2f}",
        size=shown.size,
        back=fits and blurred and max(spare_x, spare_y) > 1,
        moves=_moves(width, height, (place_x + x * scale, place_y + y * scale), (-spare_x, -spare_y))
        if framing == OutputFraming.FOLLOW
        else "",
    )


def _moves(width: float, height: float, followed: tuple[float, float], room: tuple[float, float]) -> str:
    """Return the path of a ring around the followed point, and of arrows to the sides with `room` for the frame to go;
    "" if it can't."""
    x = min(max(followed[0], _RING), width - _RING)
    y = min(max(followed[1], _RING), height - _RING)
    path = ""
    if room[0] > 1:
        path += f"M10 {height / 2 - 8:.0f}l-6 8 6 8M{width - 10:.0f} {height / 2 - 8:.0f}l6 8-6 8"
    if room[1] > 1:
        path += f"M{width / 2 - 8:.0f} 10l8-6 8 6M{width / 2 - 8:.0f} {height - 10:.0f}l8 6 8-6"
    ring = f"M{x - _RING:.0f} {y:.0f}a{_RING} {_RING} 0 1 0 {2 * _RING} 0a{_RING} {_RING} 0 1 0 {-2 * _RING} 0"
    return ring + path if path else ""
