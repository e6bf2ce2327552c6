"""Encoding the segments missing from the cache, in parallel with one process per core."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from engines.composing.cache import Entry, Session
from engines.composing.fitting import burned_text
from engines.composing.recipes import span_command
from engines.composing.shot_plan import ShotPlan, Span
from engines.cores import usable_cores
from engines.errors import MediaToolError, WorkCancelled
from engines.lyrics.burned import families_used
from engines.lyrics.fontfiles import font_files
from engines.media.mp4 import read_track
from engines.media.mp4_writer import join_pictures, write_movie
from engines.media.runner import run

# Slow machines encode 4K at a few frames per second; a minute covers opening the files.
_LIMIT_SECONDS = 60.0
_LIMIT_SECONDS_PER_FRAME = 2.0


@dataclass
class Order:
    """A part of a span that has to be encoded, and its positions in the list of pieces."""

    span: Span
    key: str
    places: list[int]


@dataclass(frozen=True)
class _Part:
    """What one process encodes: an order, or a part of it when there are fewer orders than cores."""

    order: Order
    span: Span
    number: int
    parts: int


@dataclass
class SegmentEncoder:
    """Encodes orders into the cache, on all cores unless fewer are given."""

    plan: ShotPlan
    session: Session
    progress: Callable[[float, str], None]
    cancelled: Callable[[], bool]
    cores: int = field(default_factory=usable_cores)

    def make(self, orders: Sequence[Order], made: Callable[[Order, Entry], None]) -> None:
        """Encode all orders, calling `made` as each reaches the cache. Raises WorkCancelled, MediaToolError."""
        cores = self.cores
        parts = [part for order in orders for part in self._parts(order, -(-cores // len(orders)))]
        # Longest first, so that no core starts a long one when the others are done.
        parts.sort(key=lambda part: -part.span.frames)
        work = _Work(_Meter([part.span.frames for part in parts], self.progress), max(1, cores // len(parts)))
        with TemporaryDirectory(prefix="lyrics-") as folder, ThreadPoolExecutor(min(cores, len(parts))) as pool:
            if self.plan.burned_lyrics:
                font_files(families_used(self.plan.burned_lyrics), Path(folder))
            running = {
                pool.submit(self._encode, index, part, work, Path(folder)): part for index, part in enumerate(parts)
            }
            try:
                self._collect(running, work, made)
            finally:
                work.stop.set()
                self._clear(running, work)

    def _parts(self, order: Order, wanted: int) -> list[_Part]:
        """Split an order at GOP boundaries, so that the joined segment is the same as one encoded in one go."""
        span, gop = order.span, self.plan.format.gop_frames
        count = 1 if span.kind or span.view.backwards else max(1, min(wanted, span.frames // gop))
        length = -(-span.frames // count // gop) * gop
        stretches = [
            replace(
                span,
                start=span.start + first,
                view=replace(span.view, first=span.view.first + first, frames=min(length, span.frames - first)),
            )
            for first in range(0, span.frames, length)
        ]
        return [_Part(order, stretch, number, len(stretches)) for number, stretch in enumerate(stretches)]

    def _collect(self, running: dict[Future[Path], _Part], work: "_Work", made: Callable[[Order, Entry], None]) -> None:
        while running:
            done, _ = wait(running, timeout=0.25, return_when=FIRST_COMPLETED)
            if self.cancelled():
                raise WorkCancelled
            for future in done:
                part, file = running.pop(future), future.result()
                files = work.finished.setdefault(part.order.key, {})
                files[part.number] = file
                if len(files) == part.parts:
                    # Cache it immediately, so that a worker that dies later can resume with this segment.
                    made(part.order, self._keep(part.order, work.finished.pop(part.order.key)))
            work.meter.show()

    def _clear(self, running: dict[Future[Path], _Part], work: "_Work") -> None:
        """Clean up after an early end: keep complete segments, delete partial ones."""
        for future in wait(running).done:
            if not future.cancelled() and future.exception() is None:
                part = running[future]
                if part.parts == 1:
                    self._keep(part.order, {0: future.result()})
                else:
                    future.result().unlink(missing_ok=True)
        for files in work.finished.values():
            for file in files.values():
                file.unlink(missing_ok=True)

    def _keep(self, order: Order, files: dict[int, Path]) -> Entry:
        whole = files[0]
        if len(files) > 1:
            whole = self.session.workfile(order.key)
            shape = self.plan.format
            tracks = [read_track(files[number], b"vide") for number in range(len(files))]
            write_movie(whole, [join_pictures(tracks, timescale=shape.timescale, frame_ticks=shape.frame_ticks)])
            for file in files.values():
                file.unlink()
        return self.session.add(order.key, whole, {"frames": order.span.frames})

    def _encode(self, index: int, part: _Part, work: "_Work", folder: Path) -> Path:
        if work.stop.is_set():
            raise WorkCancelled  # drain the queue without starting work no longer needed
        span, output = part.span, self.session.workfile(part.order.key)
        lyrics = self._lyrics_file(part, folder)
        command = span_command(self.plan, span, lyrics=lyrics, threads=work.threads)
        try:
            run(
                command.to_file(output, "mp4"),
                time_limit_seconds=_LIMIT_SECONDS + _LIMIT_SECONDS_PER_FRAME * span.frames,
                on_progress=lambda percent: work.meter.report(index, percent),
                cancelled=work.stop.is_set,
                duration_seconds=float(span.frames / self.plan.format.fps),
            )
            _check_segment(output, span)
        except BaseException:
            output.unlink(missing_ok=True)
            raise
        work.meter.report(index, 100.0)
        return output

    def _lyrics_file(self, part: _Part, folder: Path) -> Path | None:
        text = burned_text(self.plan, part.span)
        if not text:
            return None
        file = folder / f"{part.order.key[:24]}-{part.number}.ass"
        file.write_text(text, encoding="utf-8")
        return file


class _Work:
    """State shared by the parts of one run."""

    def __init__(self, meter: "_Meter", threads: int) -> None:
        self.meter = meter
        self.threads = threads
        self.stop = threading.Event()
        self.finished: dict[str, dict[int, Path]] = {}


class _Meter:
    """Progress across parts encoded in parallel. Pages tell the time left of all of a job's work."""

    def __init__(self, frames: Sequence[int], progress: Callable[[float, str], None]) -> None:
        self._frames = frames
        self._percent = [0.0] * len(frames)
        self._progress = progress

    def report(self, index: int, percent: float) -> None:
        self._percent[index] = max(self._percent[index], percent)

    def show(self) -> None:
        total = sum(self._frames)
        done = sum(frames * percent / 100 for frames, percent in zip(self._frames, self._percent, strict=True))
        self._progress(100 * done / total, f"Encoding: {int(done)} of {total} frames")


def _check_segment(path: Path, span: Span) -> None:
    made = read_track(path, b"vide")
    if len(made) != span.frames or made.shifts.any():
        raise MediaToolError(
            f"An encoded segment has {len(made)} frames instead of {span.frames}.",
            evidence={"clip": span.view.shot.source.sha256},
        )
