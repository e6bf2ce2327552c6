"""Segments between this machine's cache and the bucket."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from apps.assets.errors import StorageUnavailable
from apps.assets.store.shared_segments import SegmentNote, segment_fetch, segment_note, segment_store
from engines.composing.cache import Entry, Session, file_sha256
from engines.composing.decoding import decode_notes
from engines.composing.encoding import Order
from engines.errors import MediaToolError
from engines.media.mp4 import read_track

# Segments are some MB each, so that asking and waiting take most of the time.
PARALLEL_FETCHES = 8

log = structlog.get_logger(__name__)


def segments_fetch(orders: Sequence[Order], session: Session, check: Callable[[], None]) -> list[Order]:
    """Bring those that are in the bucket into the cache, with what is known of their decoding; return the others.

    Where the bucket is unavailable, they count as missing."""

    def missing(order: Order) -> bool:
        check()
        try:
            return not _fetched(order.key, session)
        except StorageUnavailable as error:
            log.warning("segment_not_fetched", key=order.key, reason=error.message)
            return True

    with ThreadPoolExecutor(PARALLEL_FETCHES) as pool:
        return [order for order, lacks in zip(orders, pool.map(missing, orders), strict=True) if lacks]


def segment_is_shared(key: str) -> bool:
    """Return whether the bucket has the segment. Raises StorageUnavailable."""
    return segment_note(key) is not None


def _fetched(key: str, session: Session) -> bool:
    note = segment_note(key)
    file = session.workfile(key)
    if note is None or not segment_fetch(key, note, file):
        return False
    for name, facts in note.decoded.items():
        session.write_note(name, facts)
    session.add(key, file, note.facts)
    return True


def segment_prove(entry: Entry, frames: int, session: Session, cancelled: Callable[[], bool]) -> SegmentNote:
    """Decode what was encoded. Raises MediaToolError unless every frame of it decodes."""
    decoded = decode_notes(read_track(entry.path, b"vide"), session, cancelled)
    errors = [str(facts["error"]) for facts in decoded.values() if facts["error"]]
    shown = sum(int(str(facts["frames"])) for facts in decoded.values())
    if errors or shown != frames:
        reason = errors[0] if errors else f"{shown} of {frames} frames"
        raise MediaToolError(f"An encoded segment doesn't decode: {reason}. Compose the video again.")
    return SegmentNote(entry.path.stat().st_size, file_sha256(entry.path), dict(entry.facts), decoded)


def segment_share(key: str, entry: Entry, note: SegmentNote) -> None:
    """Upload it. Raises StorageUnavailable."""
    segment_store(key, entry.path, note)
