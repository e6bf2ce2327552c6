"""Clips that need no provider: trims, and the user's own footage. `own_clip_making.py` renders them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from apps.accounts.models import User
from apps.assets.models import Asset, AssetKind
from apps.assets.services import asset_from_upload
from apps.core.errors import InputError
from apps.jobs.idempotency import Idempotency, idempotent_job
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.services import NewJob, job_create
from apps.projects.models import Fit
from apps.projects.selectors import project_lock
from apps.providers.registry import built_in_provider
from apps.scenes.clip_use import shown_until
from apps.scenes.clips import refuse_busy
from apps.scenes.making import scene_key
from apps.scenes.models import Clip, Origin, Scene
from apps.scenes.parameters import TrimmedPart, TrimParameters, UploadParameters
from apps.scenes.selectors import scene_get

# Nothing can be seen in less than a few frames.
SHORTEST_TRIM_SECONDS = Decimal("0.1")


def trim_root(clip: Clip) -> Clip:
    """Return the clip whose frames a trim, or its copy, shows; trimming again can extend to all of them."""
    root = clip
    while clip.origin in {Origin.TRIMMED, Origin.COPIED} and clip.parent is not None:
        root = clip.parent if clip.origin == Origin.TRIMMED else root
        clip = clip.parent
    return root


@dataclass(frozen=True)
class TrimRange:
    """The range of its root that a clip shows, in seconds of the root."""

    root: Clip
    start_seconds: Decimal
    end_seconds: Decimal


def trim_range(clip: Clip) -> TrimRange:
    """Return the range; an untrimmed clip's is the whole clip."""
    root = trim_root(clip)
    length = Decimal(str(round(root.asset.duration_seconds or 0, 3)))
    part = TrimmedPart.find(clip.parameters) if root != clip else None
    if part is None:
        return TrimRange(root, Decimal(0), length)
    return TrimRange(root, part.start_time, part.end_time)


def part_shown(scene: Scene, length: Decimal) -> TrimRange | None:
    """Return the part that a scene of this length shows of its clip, or, of one that was rendered as a part, of that
    clip's root; None without a clip."""
    clip = scene.current_clip
    until = shown_until(scene, length)
    if clip is None or until is None:
        return None
    shown = trim_range(clip)
    if shown.root == clip or shown.root.scene_id != scene.pk:
        return TrimRange(clip, scene.clip_in, until)
    start = shown.start_seconds + scene.clip_in
    return TrimRange(shown.root, start, min(shown.end_seconds, shown.start_seconds + until))


def scene_trim(
    *,
    by: User,
    project_id: UUID,
    sequence: int,
    start_time: Decimal,
    end_time: Decimal,
    idempotency: Idempotency | None = None,
) -> Job:
    """Make [start_time, end_time) of the scene's clip its new clip, in seconds of the untrimmed clip.

    Raises InputError without a clip or for a range outside it, ConflictError while a job is working on the scene.
    """
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        if earlier := idempotent_job(by=by, idempotency=idempotency):
            return earlier
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        if scene.current_clip is None:
            raise InputError(f"Scene {sequence} has no video to trim yet.", code="no_video")
        root = trim_root(scene.current_clip)
        end = _checked_range(root, start_time, end_time)
        parameters = TrimParameters(
            asset_id=root.asset_id,
            parent_id=root.pk,
            start_time=start_time,
            end_time=end,
            fit=Fit(scene.project.fit),
        )
        return _start(by, scene, Kind.TRIM, parameters, idempotency)


def scene_upload(
    *,
    by: User,
    project_id: UUID,
    sequence: int,
    upload: "UploadedFile[Any]",
    clip_in: Decimal = Decimal(0),
    clip_out: Decimal | None = None,
    idempotency: Idempotency | None = None,
) -> Job:
    """Use the user's own footage as the scene's clip, from `clip_in` to `clip_out`; a job converts all of it to the
    project's format.

    Raises InputError for a file that isn't a video, or a part outside it.
    """
    if earlier := idempotent_job(by=by, idempotency=idempotency):
        return earlier
    refuse_busy(scene_get(by=by, project_id=project_id, sequence=sequence))
    asset = asset_from_upload(by=by, upload=upload, kind=AssetKind.VIDEO)
    _refuse_outside(asset, clip_in, clip_out)
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        parameters = UploadParameters(asset_id=asset.pk, clip_in=clip_in, clip_out=clip_out, fit=Fit(scene.project.fit))
        return _start(by, scene, Kind.UPLOAD, parameters, idempotency)


def _start(by: User, scene: Scene, kind: Kind, parameters: UploadParameters, idempotency: Idempotency | None) -> Job:
    job = job_create(
        by=by,
        new=NewJob(
            kind=kind,
            parameters=parameters,
            provider=built_in_provider().name,
            project_id=scene.project_id,
            scene_id=scene.pk,
            dedupe_key=scene_key(scene),
        ),
        idempotency=idempotency,
    )
    scene.job = job
    scene.save(update_fields=["job", "updated_at"])
    return job


def _refuse_outside(asset: Asset, start: Decimal, end: Decimal | None) -> None:
    length = asset.duration_seconds
    if end is not None and end - start < SHORTEST_TRIM_SECONDS:
        raise InputError("The part must last at least 0.1 seconds.", errors={"clip_out": ["must be after the start"]})
    if length is not None and float(start) > length - float(SHORTEST_TRIM_SECONDS):
        raise InputError(
            f"The video lasts {length:.3f} seconds; start inside it.", errors={"clip_in": ["past the end"]}
        )


def _checked_range(root: Clip, start: Decimal, end: Decimal) -> Decimal:
    length = root.asset.duration_seconds
    if end - start < SHORTEST_TRIM_SECONDS:
        raise InputError(
            "The trimmed part must last at least 0.1 seconds.", errors={"end_time": ["must be after the start"]}
        )
    if length is not None and (float(start) >= length or float(end) > length + 0.05):
        raise InputError(
            f"The clip lasts {length:.3f} seconds; choose a part inside it.", errors={"end_time": ["past the end"]}
        )
    return end if length is None else min(end, Decimal(str(round(length, 6))))
