"""The pictures between the parts of a shot: a part's last frame, and all parts as one file."""

from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from apps.assets.describing import asset_described
from apps.assets.models import Asset
from apps.assets.services import asset_local_copy
from apps.jobs.execution import JobRun
from apps.providers.request_types import MediaInput
from engines.composing.cache import SegmentCache
from engines.composing.compose import compose
from engines.composing.shot_plan import Shot, ShotPlan, Source, picture_seconds
from engines.media.facts import MediaFacts
from engines.media.formats import FRAME_RATES, ClipFormat
from engines.media.stills import last_picture


def segment_cache() -> SegmentCache:
    return SegmentCache(Path(settings.SEGMENT_CACHE_ROOT), settings.SEGMENT_CACHE_BYTES)


def last_frame(run: JobRun, video: Asset) -> MediaInput:
    """Write the clip's last picture into the scratch folder."""
    with asset_local_copy(video, check=run.check) as path:
        picture = last_picture(path, run.scratch / "last_frame.png")
    digest = sha256(picture.read_bytes()).hexdigest()
    return MediaInput(picture, "image/png", sha256=digest, width=video.width, height=video.height)


def parts_joined(run: JobRun, videos: Sequence[Asset]) -> Path:
    """Join the clips in the first one's format, without their sound. Clips that fit are copied, not encoded."""
    output = run.scratch / "shot.mp4"
    with ExitStack() as files, segment_cache().session() as cache:
        sources = [_source(run, files, video) for video in videos]
        form = _format(sources[0].facts)
        shots = tuple(Shot(one, max(1, round(picture_seconds(one.facts) * form.fps))) for one in sources)
        compose(
            ShotPlan(shots, form),
            output,
            cache=cache,
            progress=lambda percent, message: run.progress(90 + 0.05 * percent, message),
            cancelled=run.cancelled,
        )
    return output


def _source(run: JobRun, files: ExitStack, video: Asset) -> Source:
    path = files.enter_context(asset_local_copy(video, check=run.check))
    return Source(path, video.sha256, asset_described(video, path))


def _format(facts: MediaFacts) -> ClipFormat:
    rate = facts.fps or FRAME_RATES[0]
    return ClipFormat(
        2 * round((facts.width or 1280) / 2),
        2 * round((facts.height or 720) / 2),
        min(FRAME_RATES, key=lambda known: abs(known - rate)),
    )
