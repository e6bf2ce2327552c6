"""The faces of a clip to choose from, for the lip-sync dialog: who sings?"""

from dataclasses import dataclass, replace
from uuid import UUID

from apps.accounts.models import User
from apps.core.errors import InputError, StudioError
from apps.providers.capabilities import Capability
from apps.providers.registry import is_built_in
from apps.providers.request_types import FacePoint
from apps.scenes.lipsync import scene_lipsync_work
from apps.scenes.lipsync_inputs import LipsyncSpec, lipsync_source
from apps.scenes.models import Clip, Origin, Scene
from apps.scenes.preflight import clip_look
from engines.faces.found import ClipFaces, Moment, SeenFace

# How much of the picture around a face is shown, in its own sizes.
_AROUND = 0.3


@dataclass(frozen=True)
class SingerOption:
    """One face: the form's value, what to call it, and the part of the picture that shows it (an SVG viewBox)."""

    value: str
    name: str
    view: str
    chosen: bool


@dataclass(frozen=True)
class Singers:
    """The faces at the moment that shows most of them. `refusal`: why none can be chosen, or "". `looking`: a worker
    is still looking."""

    asset_id: UUID
    time: float = 0.0
    width: int = 0
    height: int = 0
    options: tuple[SingerOption, ...] = ()
    refusal: str = ""
    looking: bool = False


def singers_of(*, by: User, scene: Scene, spec: LipsyncSpec) -> Singers | None:
    """Return the faces of the clip that a lip-sync would start from; None unless there are several to choose from."""
    clip = lipsync_source(scene, spec.clip_id)
    if _is_drawn(clip):
        return None  # the draft knows whom it drew
    row, job = clip_look(by=by, asset=clip.asset)
    if row is None:
        return Singers(clip.asset_id, looking=True) if job is not None and job.is_live else None
    if not row.found:
        return None
    faces = ClipFaces.from_json(row.found)
    moment = max(faces.moments, key=lambda one: (len(one.faces), sum(face.height for face in one.faces)))
    if len(moment.faces) < 2:
        return None
    return Singers(
        clip.asset_id,
        time=moment.time,
        width=faces.width,
        height=faces.height,
        options=_options(faces, moment, spec.options.face),
        refusal=_refusal(by, scene, spec),
    )


def face_sent(text: str) -> FacePoint | None:
    """Return the face that a form names as "seconds,x,y"; None without one."""
    if not text.strip():
        return None
    try:
        time, x, y = (float(part) for part in text.split(","))
        if not all(0 <= value < 1e7 for value in (time, x, y)):
            raise ValueError(text)
    except ValueError as error:
        raise InputError("Choose the face that sings by clicking on it.") from error
    return FacePoint(time, x, y)


def _is_drawn(clip: Clip) -> bool:
    return clip.origin == Origin.GENERATED and clip.job is not None and is_built_in(clip.job.provider)


def _options(faces: ClipFaces, moment: Moment, chosen: FacePoint | None) -> tuple[SingerOption, ...]:
    picked = faces.face_at(chosen.time, chosen.x, chosen.y) if chosen else None
    ordered = sorted(moment.faces, key=lambda face: face.x)
    return tuple(
        SingerOption(
            value=f"{moment.time:.3f},{face.middle[0]:.1f},{face.middle[1]:.1f}",
            name=f"Face {number} from the left",
            view=_view(face),
            chosen=picked is not None and picked.face == face.face,
        )
        for number, face in enumerate(ordered, 1)
    )


def _view(face: SeenFace) -> str:
    side = (1 + 2 * _AROUND) * max(face.width, face.height)
    x, y = face.middle
    return f"{x - side / 2:.0f} {y - side / 2:.0f} {side:.0f} {side:.0f}"


def _refusal(by: User, scene: Scene, spec: LipsyncSpec) -> str:
    """Return why the chosen model can't be told who sings, or ""."""
    plain = replace(spec, options=replace(spec.options, face=None))
    try:
        choice = scene_lipsync_work(by=by, scene=scene, spec=plain).choice
    except StudioError:
        return ""  # it can't be requested at all; pressing the button says why
    if choice.provider.abilities(Capability.LIPSYNC, choice.config.values).picks_face:
        return ""
    model = choice.provider.model_used(Capability.LIPSYNC, choice.config.values)
    return (
        f"{model or choice.provider.title} can't be told which face sings, and may move another one. Choose "
        "another model to pick the singer."
    )
