"""The cover of a project's film: a frame that a person picks, and the ones they are offered."""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from PIL import Image

from apps.accounts.models import User
from apps.assets.models import AssetKind
from apps.assets.services import StoredFile, asset_create, asset_delete, asset_local_copy, file_store
from apps.assets.store.keys import final_file_key
from apps.composition.models import Composition, Cover, Output
from apps.composition.planning import video_options
from apps.composition.selectors import current_composition
from apps.composition.stills.film import FilmFrame, film_frame, film_seconds
from apps.core.errors import InputError
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock
from apps.scenes.scene_frames import scene_spans
from apps.scenes.selectors import scenes_of
from engines.media.crop_path import Key
from engines.media.formats import picture_size
from engines.media.framing import PictureFit
from engines.media.stills import appeal_of_tiles

log = structlog.get_logger(__name__)

FORMATS = {"jpg": ("JPEG", "image/jpeg"), "png": ("PNG", "image/png")}
_CANDIDATES = 8
_POSTER_WIDTH, _PREVIEW_WIDTH = 1280, 480
_JPEG_QUALITY = 92


@dataclass(frozen=True)
class Candidate:
    """A moment of the film that would make a good cover, and the scene it is from."""

    seconds: Decimal
    sequence: int


def cover_of(project: Project) -> Cover | None:
    return Cover.objects.filter(project=project).select_related("picture", "poster").first()


def cover_set(*, by: User, project_id: UUID, seconds: Decimal) -> Cover:
    """Make the frame that the film shows at this moment its cover. Replaces an earlier one.

    Raises InputError outside of the film, or before it has any picture."""
    project = project_get(by=by, project_id=project_id)
    length = film_seconds(project)
    if not 0 <= seconds < Decimal(str(length)):
        raise InputError(
            f"Choose a moment from 0 to {length:.1f} seconds.", errors={"seconds": ["This is outside of the film."]}
        )
    frame = film_frame(project, float(seconds))
    if frame is None:
        raise InputError("There is no picture yet. Generate the scenes first.", code="no_pictures")
    view = frame.follow if video_options(project).picture_fit is PictureFit.FOLLOW else frame.focus
    picture = _stored(project, frame.picture, "cover")
    poster = _stored(project, _poster(project, frame), "cover-poster")
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        before = cover_of(project)
        create = partial(asset_create, owner=by, kind=AssetKind.IMAGE)
        values = {"view_x": view.x, "view_y": view.y, "view_zoom": view.zoom, "content": frame.content}
        cover, _ = Cover.objects.update_or_create(
            project=project,
            defaults={**values, "picture": create(stored=picture), "poster": create(stored=poster), "seconds": seconds},
        )
        _forget(by, before)
    log.info("cover_set", project_id=str(project_id), seconds=float(seconds))
    return cover


def cover_delete(*, by: User, project_id: UUID) -> None:
    """Leave the cover to the studio again."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        before = cover_of(project)
        if before is not None:
            Cover.objects.filter(project=project).delete()
            _forget(by, before)


def cover_picture(project: Project, *, output: Output | None = None, form: str = "jpg") -> bytes:
    """Return the cover as a file in the shape and size of the project's video or of an output. Without a chosen one it
    is the best of the candidates. Raises InputError before there are pictures."""
    cover = cover_of(project)
    shown = output or project
    size = picture_size(shown.aspect_ratio, shown.resolution)
    if cover is None:
        offered = cover_candidates(project)
        frame = film_frame(project, float(offered[0].seconds)) if offered else None
        if frame is None:
            raise InputError("There is no picture yet. Generate the scenes first.", code="no_pictures")
    else:
        frame = _frame(cover)
    return _encoded(frame.framed(size, video_options(project, output)), form)


def frame_preview(project: Project, seconds: float) -> bytes:
    """Return a small JPEG of what the film shows at a moment, in the project's shape. Raises InputError without any."""
    frame = film_frame(project, seconds)
    if frame is None:
        raise InputError("There is no picture yet. Generate the scenes first.", code="no_pictures")
    across, down = picture_size(project.aspect_ratio)
    size = (_PREVIEW_WIDTH, round(_PREVIEW_WIDTH * down / across))
    return _encoded(frame.framed(size, video_options(project)), "jpg")


def cover_candidates(project: Project) -> list[Candidate]:
    """Return a few moments, the best first: those of the scenes whose pictures in the final video look best, or before
    there is one, scenes from all over the film."""
    scenes = list(scenes_of(project))
    spans = scene_spans(project, scenes)
    moments = [
        Candidate(Decimal(str(round((span.start_seconds + span.end_seconds) / 2, 3))), scene.sequence or 0)
        for scene, span in zip(scenes, spans, strict=True)
        if scene.current_clip_id or scene.image_id
    ]
    if len(moments) <= 1:
        return moments
    current = current_composition(project)
    liked = _liked(current) if current is not None else {}
    if liked:
        moments.sort(key=lambda one: -liked.get(one.sequence, 0.0))
        return moments[:_CANDIDATES]
    step = max(1.0, len(moments) / _CANDIDATES)
    return [moments[int(index * step)] for index in range(min(_CANDIDATES, len(moments)))]


def _liked(composition: Composition) -> dict[int, float]:
    """Return how well the picture of each scene looks, from the video's thumbnails; empty if they can't be read."""
    shots = composition.plan["shots"]
    if composition.thumbnails is None or not shots:
        return {}
    with asset_local_copy(composition.thumbnails) as path, Image.open(path) as sheet:
        marks = appeal_of_tiles(sheet, len(shots))
    return {shot["sequence"]: mark for shot, mark in zip(shots, marks, strict=True) if shot.get("sequence")}


def _frame(cover: Cover) -> FilmFrame:
    with asset_local_copy(cover.picture) as path, Image.open(path) as opened:
        picture = opened.convert("RGB")
    view = Key(0.0, cover.view_x, cover.view_y, cover.view_zoom)
    return FilmFrame(picture, focus=view, follow=view, content=tuple(cover.content) if cover.content else None)


def _poster(project: Project, frame: FilmFrame) -> Image.Image:
    poster = frame.framed(picture_size(project.aspect_ratio, project.resolution), video_options(project))
    poster.thumbnail((_POSTER_WIDTH, 4 * _POSTER_WIDTH))
    return poster


def _stored(project: Project, picture: Image.Image, name: str) -> StoredFile:
    folder = Path(settings.SCRATCH_ROOT) / "covers"
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        path = Path(scratch) / "picture.jpg"
        path.write_bytes(_encoded(picture, "jpg"))
        key = final_file_key(project.pk, f"{name}-{uuid4()}.jpg")
        return file_store(path, key=key, content_type="image/jpeg")


def _encoded(picture: Image.Image, form: str) -> bytes:
    held = BytesIO()
    picture.save(held, format=FORMATS[form][0], quality=_JPEG_QUALITY)
    return held.getvalue()


def _forget(by: User, cover: Cover | None) -> None:
    if cover is not None:
        for asset in (cover.picture, cover.poster):
            asset_delete(by=by, asset=asset)
