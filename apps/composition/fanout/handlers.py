"""Worker code for videos that several machines encode: when, what is handed out, and what one segment's job does."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import structlog
from django.conf import settings

from apps.assets.errors import StorageUnavailable
from apps.assets.models import Asset, StoredIn
from apps.assets.store.shared_segments import segments_are_shared
from apps.composition.fanout.frozen_segment import SegmentParameters, segment_frozen, segment_opened
from apps.composition.fanout.sharing import segment_is_shared, segment_prove, segment_share, segments_fetch
from apps.composition.frozen import FrozenPlan
from apps.composition.opening import sources_opened
from apps.jobs.execution import Done, JobRun
from apps.jobs.families import Piece, parent_goes_on_waiting, parent_wait
from apps.jobs.kinds import Kind
from apps.jobs.machines import encoding_machines
from apps.jobs.retry import MAX_TRIES
from apps.jobs.states import State
from apps.work.shots.joining import segment_cache
from engines.composing.cache import Session
from engines.composing.encoding import Order
from engines.composing.segments import make_segment, missing_segments
from engines.composing.shot_plan import ShotPlan
from engines.cores import usable_cores

log = structlog.get_logger(__name__)

# A worker for segments on another machine.
LEAST_MACHINES = 2


def is_waiting(run: JobRun) -> bool:
    """Return whether the job waits again, because some of its segments are still being made."""
    return parent_goes_on_waiting(run.job, run.claim)


def segments_handed_out(run: JobRun, frozen: FrozenPlan, plan: ShotPlan, session: Session) -> bool:
    """Fetch the missing segments that other machines have made. If much is left, hand it out, wait, and return True:
    this worker has nothing more to do. Otherwise the caller encodes what is left.

    What is still missing after waiting is made here, so that a job waits at most once for each time it starts."""
    if not segments_are_shared():
        return False
    missing = missing_segments(plan, session)
    if not missing:
        return False
    run.progress(run.job.progress_percentage, "Fetching segments")
    missing = segments_fetch(missing, session, run.check)
    if run.claim.came_from == State.WAITING or not is_worth_it(plan, missing):
        return False
    assets = {shot.source.sha256: stored.asset_id for shot, stored in zip(plan.shots, frozen.shots, strict=True)}
    if Asset.objects.filter(pk__in=assets.values()).exclude(stored_in=StoredIn.BUCKET).exists():
        return False  # other machines can't fetch them yet
    pieces = [
        Piece(Kind.SEGMENT, order.key, segment_frozen(plan, order, assets), order.span.frames) for order in missing
    ]
    parent_wait(run.job, run.claim, pieces)
    return True


def is_worth_it(plan: ShotPlan, missing: Sequence[Order]) -> bool:
    """Return whether other machines make the video sooner: there are some, there is enough to do, and no segment, which
    one core encodes there, takes longer than everything does here."""
    frames = [order.span.frames for order in missing]
    if sum(frames) / plan.format.fps < settings.FAN_OUT_SECONDS or max(frames) * usable_cores() > sum(frames):
        return False
    return encoding_machines() >= LEAST_MACHINES


def _first_part(run: JobRun) -> Callable[[float, str], None]:
    return lambda percent, message: run.progress(0.85 * percent, message)


def segment_run(run: JobRun) -> Done:
    """Encode one segment, prove it by decoding it, and upload it with the proof. Running twice does no harm.

    Where the bucket stays unavailable, it ends without a segment: the film misses it, and makes it itself."""
    segment = run.read(SegmentParameters)
    try:
        if not segment_is_shared(segment.key):
            _segment_make(run, segment)
    except StorageUnavailable as error:
        if run.job.failures + 1 < MAX_TRIES:
            raise
        log.warning("segment_not_shared", key=segment.key, reason=error.message)
    return Done()


def _segment_make(run: JobRun, segment: SegmentParameters) -> None:
    frames = segment.views[-1].frames
    with ExitStack() as files, segment_cache().session() as session:
        sources = sources_opened({view.asset_id for view in segment.views}, files, check=run.check)
        plan, span = segment_opened(segment, sources)
        order = Order(span, segment.key, [])
        entry = make_segment(plan, order, session, _first_part(run), run.cancelled)
        run.progress(85, "Checking the segment")
        note = segment_prove(entry, frames, session, run.cancelled)
        run.progress(95, "Uploading")
        segment_share(segment.key, entry, note)
    log.info("segment_made", frames=frames, bytes=note.size_bytes)
