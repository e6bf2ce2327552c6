"""Turning spans into pieces of H.264 that join: copied from the clip where it fits, encoded where it does not."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from apps.composition.cache import Entry, Session, content_key
from apps.composition.fitting import Headers, Piece, burned_text, copied_piece
from apps.composition.lyrics import font_bytes
from apps.composition.plan import CutPlan, Span, View, speed
from apps.composition.recipes import span_arguments
from apps.core.errors import MediaToolError, WorkCancelled
from apps.media.mp4 import Track, read_track
from apps.media.runner import run

# Part of every key: raise it when a recipe makes other pictures from the same facts.
_RECIPE_VERSION = 2
# Slow machines encode 4K at a few frames a second; a minute covers opening the files.
_LIMIT_SECONDS = 60.0
_LIMIT_SECONDS_PER_FRAME = 2.0

Progress = Callable[[float, str], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Segments:
    """The whole video's pieces in order; `encoded_frames` were made in this run, the rest was there."""

    pieces: tuple[Piece, ...]
    encoded_frames: int
    encoded_segments: int


@dataclass
class _Order:
    """A part of a span that has to be encoded, and the places in the list that wait for it."""

    span: Span
    key: str
    places: list[int]


def make_segments(
    plan: CutPlan, spans: Sequence[Span], session: Session, progress: Progress, cancelled: Cancelled
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
        _Workshop(plan, session, _Meter([order.span.frames for order in missing], progress), cancelled).make(
            missing, lambda order, entry: _place(pieces, order, entry)
        )
    whole = tuple(piece for piece in pieces if piece is not None)
    return Segments(whole, sum(order.span.frames for order in missing), len(missing))


def _sorted_out(plan: CutPlan, spans: Sequence[Span]) -> tuple[list[Piece | None], list[_Order]]:
    """(pieces with a gap for each that needs encoding, what is to be encoded)."""
    pieces: list[Piece | None] = []
    orders: dict[str, _Order] = {}
    headers = Headers(plan)
    tracks: dict[Path, Track | None] = {}
    for span in spans:
        copied = copied_piece(plan, span, headers, tracks)
        lead = span.frames - (len(copied.track) if copied else 0)
        if lead:
            part = span if lead == span.frames else replace(span, view=replace(span.view, frames=lead))
            key = _span_key(plan, part)
            orders.setdefault(key, _Order(part, key, [])).places.append(len(pieces))
            pieces.append(None)
        if copied:
            pieces.append(copied)
    return pieces, list(orders.values())


def _place(pieces: list[Piece | None], order: _Order, entry: Entry) -> None:
    for place in order.places:
        pieces[place] = Piece(read_track(entry.path, b"vide"), order.key, encoded=True)


class _Meter:
    """Share of the frames done, and the time left, over segments that are encoded at the same time."""

    def __init__(self, frames: Sequence[int], progress: Progress) -> None:
        self._frames = frames
        self._percent = [0.0] * len(frames)
        self._progress = progress
        self._started = time.monotonic()

    def report(self, index: int, percent: float) -> None:
        self._percent[index] = max(self._percent[index], percent)

    def show(self) -> None:
        total = sum(self._frames)
        done = sum(frames * percent / 100 for frames, percent in zip(self._frames, self._percent, strict=True))
        left = (time.monotonic() - self._started) * (total - done) / done if done else None
        words = f", about {left:.0f} s left" if left is not None and left >= 1 else ""
        self._progress(100 * done / total, f"Encoding: {int(done)} of {total} frames{words}")


@dataclass
class _Workshop:
    """Encodes what is missing."""

    plan: CutPlan
    session: Session
    meter: _Meter
    cancelled: Cancelled

    def make(self, orders: Sequence[_Order], made: Callable[[_Order, Entry], None]) -> None:
        cores = os.cpu_count() or 1
        threads = max(1, cores // len(orders))
        stop = threading.Event()
        # The longest first, so that the last core does not start a long one when the others are done.
        longest_first = sorted(range(len(orders)), key=lambda index: -orders[index].span.frames)
        with TemporaryDirectory(prefix="lyrics-") as folder, ThreadPoolExecutor(min(cores, len(orders))) as pool:
            if self.plan.burned_lyrics:
                (Path(folder) / "lyrics.otf").write_bytes(font_bytes())
            running = {
                pool.submit(self._encode, index, orders[index], threads, Path(folder), stop): orders[index]
                for index in longest_first
            }
            try:
                self._collect(running, made)
            finally:
                stop.set()
                # Those that end before they notice are kept too.
                for future in wait(running).done:
                    if not future.cancelled() and future.exception() is None:
                        self._keep(running[future], future.result())

    def _collect(self, running: dict[Future[Path], _Order], made: Callable[[_Order, Entry], None]) -> None:
        while running:
            done, _ = wait(running, timeout=0.25, return_when=FIRST_COMPLETED)
            if self.cancelled():
                raise WorkCancelled
            for future in done:
                order = running.pop(future)
                # Kept at once: a worker that dies later resumes with this segment.
                made(order, self._keep(order, future.result()))
            self.meter.show()

    def _keep(self, order: _Order, file: Path) -> Entry:
        return self.session.add(order.key, file, {"frames": order.span.frames})

    def _encode(self, index: int, order: _Order, threads: int, folder: Path, stop: threading.Event) -> Path:
        if stop.is_set():
            raise WorkCancelled  # the queue drains without starting what nobody waits for
        span, output = order.span, self.session.workfile(order.key)
        recipe = span_arguments(self.plan, span, lyrics=self._lyrics_file(order, folder), threads=threads)
        try:
            run(
                [*recipe, "-f", "mp4", "-y", f"file:{output}"],
                time_limit_seconds=_LIMIT_SECONDS + _LIMIT_SECONDS_PER_FRAME * span.frames,
                on_progress=lambda percent: self.meter.report(index, percent),
                cancelled=stop.is_set,
                duration_seconds=float(span.frames / self.plan.format.fps),
            )
            _check_segment(output, span)
        except BaseException:
            output.unlink(missing_ok=True)
            raise
        self.meter.report(index, 100.0)
        return output

    def _lyrics_file(self, order: _Order, folder: Path) -> Path | None:
        text = burned_text(self.plan, order.span)
        if not text:
            return None
        file = folder / f"{order.key[:24]}.ass"
        file.write_text(text)
        return file


def _check_segment(path: Path, span: Span) -> None:
    made = read_track(path, b"vide")
    if len(made) != span.frames or made.shifts.any():
        raise MediaToolError(
            f"A segment came out with {len(made)} frames instead of {span.frames}.",
            evidence={"clip": span.view.shot.source.sha256},
        )


def _span_key(plan: CutPlan, span: Span) -> str:
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


def _view_facts(plan: CutPlan, view: View) -> dict[str, object]:
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
