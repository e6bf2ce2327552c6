"""What stays in view of one scene where an output follows: found, set by hand, or fixed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.composition.crops.keys import own_keys, pictures_of, stored
from apps.composition.looks import scene_look, scene_look_update
from apps.composition.models import ClipFraming, SceneFraming, SceneLook
from apps.composition.parameters import ClipFramingParameters
from apps.core.errors import ConflictError, InputError, NotFound
from apps.jobs.kinds import Kind
from apps.jobs.models import ACTIVE_STATES, Job
from apps.jobs.services import NewJob, job_create
from apps.jobs.states import State
from apps.scenes.models import Clip, Scene
from apps.scenes.selectors import scene_get
from engines.media.crop_path import MOST_KEYS, MOST_ZOOM, Key

# A failed search is told for this long; a later request starts another.
FAILURE_TOLD_SECONDS = 60


@dataclass(frozen=True)
class ScenePath:
    """`keys` is the path that an output follows. `by_hand`: set for this clip by a person. `found` is what a worker
    found, None while nobody has looked; `job` looks, or failed to lately."""

    clip: Clip
    look: SceneLook
    keys: tuple[Key, ...]
    by_hand: bool
    found: ClipFraming | None
    job: Job | None

    @property
    def fixed(self) -> bool:
        return self.look.framing == SceneFraming.FIXED

    @property
    def looking(self) -> bool:
        return self.job is not None and self.job.is_live


def scene_path(*, by: User, project_id: UUID, sequence: int, look_for_it: bool = False) -> ScenePath:
    """Return what stays in view of a scene's current clip. With `look_for_it`, start a job that finds it if nobody has.

    Raises NotFound for a scene without a clip."""
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)
    clip, look = _clip(scene), scene_look(scene)
    found = ClipFraming.objects.filter(asset=clip.asset_id).exclude(keys=None).first()
    job = None
    if found is None:
        job = _job(by, clip.asset_id)
        if job is None and look_for_it:
            job = framing_start(by, clip.asset)
    own = own_keys(look, clip)
    keys: Sequence[Sequence[float]] = own or (found.keys if found else None) or ()
    if look.framing == SceneFraming.FIXED or not keys:
        keys = [(0.0, look.focus_x, look.focus_y, 1.0)]
    return ScenePath(clip, look, tuple(Key(*key) for key in keys), own is not None, found, job)


def scene_path_set(*, by: User, project_id: UUID, sequence: int, keys: Sequence[Key], **look: Any) -> None:
    """Set a scene's path by hand; without keys, it is the one found for its clip again. `look`: its framing and focus;
    keys without a framing are followed. Can be undone.

    Raises InputError for keys outside the clip, NotFound for a scene without a clip."""
    clip = _clip(scene_get(by=by, project_id=project_id, sequence=sequence))
    keys = sorted(keys, key=lambda key: key.time)
    check_keys(keys, float(clip.asset.duration_seconds or 0))
    changes: dict[str, Any] = {"framing": SceneFraming.FOLLOW, **look} if keys else dict(look)
    changes |= {"crop_keys": stored(keys), "crop_clip": pictures_of(clip) if keys else None}
    scene_look_update(by=by, project_id=project_id, sequence=sequence, **changes)


def check_keys(keys: Sequence[Key], seconds: float) -> None:
    """Raise InputError for keys that make no path through a clip of so many seconds."""
    if len(keys) > MOST_KEYS:
        raise InputError(f"A path can have at most {MOST_KEYS} keys. Remove {len(keys) - MOST_KEYS} of them.")
    if any(not (0 <= key.x <= 1 and 0 <= key.y <= 1) for key in keys):
        raise InputError("x and y must be 0 to 1: the middle of the frame, as shares of the picture.")
    if any(not 1 <= key.zoom <= MOST_ZOOM for key in keys):
        raise InputError(f"zoom must be 1 to {MOST_ZOOM:g}.")
    if seconds and any(not 0 <= key.time <= seconds + 0.05 for key in keys):
        raise InputError(f"Each time must be inside the clip, which lasts {seconds:.3f} seconds.")
    times = [key.time for key in keys]
    if any(times.count(time) > 2 for time in times):
        raise InputError("At most two keys can have the same time: where the view jumps.")


def _clip(scene: Scene) -> Clip:
    if scene.current_clip is None:
        raise NotFound(f"Scene {scene.sequence} has no clip yet. Generate or upload one first.", code="no_clip")
    return scene.current_clip


def framing_start(by: User, asset: Asset) -> Job:
    """Start the job that finds a clip's path, or return the one that is at it."""
    new = NewJob(kind=Kind.CLIP_FRAMING, parameters=ClipFramingParameters(asset_id=asset.pk), dedupe_key=_key(asset.pk))
    try:
        with transaction.atomic():
            return job_create(by=by, new=new)
    except ConflictError:
        # Another request has just started it.
        return Job.objects.filter(dedupe_key=new.dedupe_key).latest("created_at")


def _job(by: User, asset_id: UUID) -> Job | None:
    """Return the newest job that looks at the clip, or failed to lately."""
    lately = timezone.now() - timedelta(seconds=FAILURE_TOLD_SECONDS)
    told = Q(state__in=(State.FAILED, State.CANCELLED), finished_at__gte=lately)
    jobs = Job.objects.filter(told | Q(state__in=ACTIVE_STATES), owner=by, dedupe_key=_key(asset_id))
    return jobs.order_by("-created_at").first()


def _key(asset_id: UUID) -> str:
    return f"clip_framing:{asset_id}"
