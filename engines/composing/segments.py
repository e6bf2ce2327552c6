"""Turning spans into pieces of H.264 that join: copied from the clip where it fits, encoded where it does not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engines.composing.cache import Entry, Session, content_key
from engines.composing.encoding import Order, Workshop
from engines.composing.fitting import Headers, Piece, burned_text, copied_piece
from engines.composing.shot_plan import ShotPlan, Span, View, speed
from engines.media.mp4 import Track, read_track

# Part of every key: raise it when a recipe makes other pictures from the same facts.
_RECIPE_VERSION = 2

Progress = Callable[[float, str], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Segments:
    """The whole video's pieces in order; `encoded_frames` were made in this run, the rest was there."""

    pieces: tuple[Piece, ...]
    encoded_frames: int
    encoded_segments: int


def make_segments(
    plan: ShotPlan, spans: Sequence[Span], session: Session, progress: Progress, cancelled: Cancelled
) -> Segments:
    """Find or make every piece. Missing ones are encoded side by side, one for each core."""
    pieces, orders = _sorted_out(plan, spans)
    missing = []
    for order in orders:
        entry = session.get(order.key)
        if entry is None:
            missing.append(order)
        else:
            _place(pieces, order, entry)
    if missing:
        workshop = Workshop(plan, session, progress, cancelled)
        workshop.make(missing, lambda order, entry: _place(pieces, order, entry))
    whole = tuple(piece for piece in pieces if piece is not None)
    return Segments(whole, sum(order.span.frames for order in missing), len(missing))


def _sorted_out(plan: ShotPlan, spans: Sequence[Span]) -> tuple[list[Piece | None], list[Order]]:
    """(pieces with a gap for each that needs encoding, what is to be encoded)."""
    pieces: list[Piece | None] = []
    orders: dict[str, Order] = {}
    headers = Headers(plan)
    tracks: dict[Path, Track | None] = {}
    for span in spans:
        copied = copied_piece(plan, span, headers, tracks)
        lead = span.frames - (len(copied.track) if copied else 0)
        if lead:
            part = span if lead == span.frames else replace(span, view=replace(span.view, frames=lead))
            key = _span_key(plan, part)
            orders.setdefault(key, Order(part, key, [])).places.append(len(pieces))
            pieces.append(None)
        if copied:
            pieces.append(copied)
    return pieces, list(orders.values())


def _place(pieces: list[Piece | None], order: Order, entry: Entry) -> None:
    for place in order.places:
        pieces[place] = Piece(read_track(entry.path, b"vide"), order.key, encoded=True)


def _span_key(plan: ShotPlan, span: Span) -> str:
    lyrics = burned_text(plan, span)
    return content_key(
        recipe=_RECIPE_VERSION,
        format=(plan.format.width, plan.format.height, str(plan.format.fps)),
        encoding=(plan.encoding.preset, plan.encoding.crf, plan.encoding.header_id),
        fit=plan.fit,
        kind=span.kind,
        views=[_view_facts(plan, view) for view in (span.under, span.view) if view],
        # Burned words move with the song, so where the span starts matters only under words.
        lyrics=(lyrics, str(span.start)) if lyrics else None,
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
    }
