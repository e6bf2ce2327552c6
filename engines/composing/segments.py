"""Turning spans into joinable pieces of H.264: copied from the clip where it fits, otherwise encoded."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from engines.composing.cache import Entry, Session, content_key
from engines.composing.encoding import Order, SegmentEncoder
from engines.composing.fitting import Headers, Piece, burned_text, copied_piece
from engines.composing.shot_plan import Shot, ShotPlan, Span, View, held_after, plan_spans, speed
from engines.errors import InputError
from engines.media.framing import PictureFit, same_shape
from engines.media.mp4 import Track, read_track

# Part of every key: increase this when a recipe produces different pictures from the same facts.
_RECIPE_VERSION = 4

Progress = Callable[[float, str], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Segments:
    """The video's pieces in order; `encoded_frames` were encoded in this run, the rest was cached or copied."""

    pieces: tuple[Piece, ...]
    encoded_frames: int
    encoded_segments: int


def make_segments(
    plan: ShotPlan, spans: Sequence[Span], session: Session, progress: Progress, cancelled: Cancelled
) -> Segments:
    """Find or encode every piece. Missing ones are encoded in parallel, one per core."""
    pieces, orders = _pieces_and_orders(plan, spans)
    missing = []
    for order in orders:
        entry = session.get(order.key)
        if entry is None:
            missing.append(order)
        else:
            _place(pieces, order, entry)
    if missing:
        encoder = SegmentEncoder(plan, session, progress, cancelled)
        encoder.make(missing, lambda order, entry: _place(pieces, order, entry))
    whole = tuple(piece for piece in pieces if piece is not None)
    return Segments(whole, sum(order.span.frames for order in missing), len(missing))


def missing_segments(plan: ShotPlan, session: Session) -> list[Order]:
    """Return what `make_segments` would encode, without reading the cached ones."""
    _, orders = _pieces_and_orders(plan, plan_spans(plan))
    return [order for order in orders if not session.has(order.key)]


def make_segment(plan: ShotPlan, order: Order, session: Session, progress: Progress, cancelled: Cancelled) -> Entry:
    """Encode one segment on one core, or find it in the cache. The plan needs no more than the segment's shots.

    Raises InputError if its key doesn't fit: another release has asked for it."""
    if segment_key(plan, order.span) != order.key:
        raise InputError("This release makes other segments than the one that asked. Compose the video again.")
    entry = session.get(order.key)
    made = [entry] if entry else []
    if not made:
        encoder = SegmentEncoder(plan, session, progress, cancelled, cores=1)
        encoder.make([order], lambda _, entry: made.append(entry))
    return made[0]


def _pieces_and_orders(plan: ShotPlan, spans: Sequence[Span]) -> tuple[list[Piece | None], list[Order]]:
    """Return (pieces, with None for each that needs encoding; the orders to encode)."""
    pieces: list[Piece | None] = []
    orders: dict[str, Order] = {}
    headers = Headers(plan)
    tracks: dict[Path, Track | None] = {}
    for span in spans:
        copied = None if plan.reencode else copied_piece(plan, span, headers, tracks)
        lead = span.frames - (len(copied.track) if copied else 0)
        if lead:
            part = span if lead == span.frames else replace(span, view=replace(span.view, frames=lead))
            key = segment_key(plan, part)
            orders.setdefault(key, Order(part, key, [])).places.append(len(pieces))
            pieces.append(None)
        if copied:
            pieces.append(copied)
    return pieces, list(orders.values())


def _place(pieces: list[Piece | None], order: Order, entry: Entry) -> None:
    for place in order.places:
        pieces[place] = Piece(read_track(entry.path, b"vide"), order.key, encoded=True)


def segment_key(plan: ShotPlan, span: Span) -> str:
    """Hash everything that determines a segment."""
    lyrics = burned_text(plan, span)
    return content_key(
        recipe=_RECIPE_VERSION,
        format=(plan.format.width, plan.format.height, str(plan.format.fps)),
        encoding=(plan.encoding.preset, plan.encoding.crf, plan.encoding.header_id),
        fit=plan.fit,
        kind=span.kind,
        views=[_view_facts(plan, view) for view in (span.under, span.view) if view],
        # Burned-in lyrics follow the song, so a span's start matters only where there are lyrics.
        lyrics=(lyrics, str(span.start)) if lyrics else None,
        **({"reencoded": True} if plan.reencode else {}),
    )


def _view_facts(plan: ShotPlan, view: View) -> dict[str, object]:
    shot = view.shot
    return {
        "clip": shot.source.sha256,
        "start": str(shot.start_seconds),
        "first": view.first,
        "frames": view.frames,
        "backwards": view.backwards,
        "speed": str(speed(shot, plan.format.fps)),
        "focus": shot.focus,
        **_framing_facts(plan, shot),
        **({"color": astuple(shot.color)} if shot.color is not None else {}),
        **({"held_after": held} if (held := held_after(view, plan.format.fps)) is not None else {}),
    }


def _framing_facts(plan: ShotPlan, shot: Shot) -> dict[str, object]:
    """Return what decides how a clip of another shape is cropped, besides its focus."""
    facts: dict[str, object] = {}
    if same_shape(plan.format, shot.source.facts):
        return facts
    if plan.fit is PictureFit.FOLLOW and shot.path is not None:
        facts["path"] = [astuple(key) for key in shot.path.keys]
    if shot.content is not None:
        facts["content"] = shot.content
    return facts
