"""Composing: spans, pieces, sound, one join. Everything that turns clips into a video goes through here."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engines.composing.cache import Session, content_key
from engines.composing.segments import Segments, make_segments
from engines.composing.shot_plan import ShotPlan, Span, plan_spans, speed
from engines.composing.sound import Sound, SoundMethod, make_sound
from engines.composing.sound_compare import SoundFacts
from engines.composing.sound_proof import compare_sound, is_refused, refuse_sound
from engines.lyrics.languages import language_in_three
from engines.media.commands import Command, subtitles_file
from engines.media.drawn import drawn_mouths, drawn_note
from engines.media.mp4 import Track, read_track
from engines.media.mp4_writer import Lane, MovieLabels, join_pictures, write_movie
from engines.media.runner import run

_SUBTITLE_LIMIT_SECONDS = 60.0


@dataclass(frozen=True)
class Composed:
    """The joined parts, for the proof and the report."""

    path: Path
    plan: ShotPlan
    spans: tuple[Span, ...]
    segments: Segments
    sound: Sound | None


def compose(
    plan: ShotPlan,
    output: Path,
    *,
    cache: Session,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> Composed:
    """Write a plan's video to `output`, encoding only the segments missing from the cache.

    Raises WorkCancelled within a second of `cancelled()`, MediaToolError when a clip can't be used."""
    spans = plan_spans(plan)
    segments = make_segments(plan, spans, cache, progress, cancelled)
    progress(100.0, "Preparing the sound")
    joined = functools.partial(_join, output, plan, segments, cache)
    sound = _sound_joined(plan, cache, cancelled, joined, progress)
    return Composed(output, plan, tuple(spans), segments, sound)


def _sound_joined(
    plan: ShotPlan,
    cache: Session,
    cancelled: Callable[[], bool],
    join: Callable[[Sound | None], Path],
    progress: Callable[[float, str], None],
) -> Sound | None:
    """Join with the first kind of sound that plays like the master: some files can't be started midway or are damaged.
    The result is remembered for later compositions."""
    for method in SoundMethod:
        progress(100.0, "Preparing the sound")
        sound = make_sound(plan, cache, cancelled, method)
        last = method is SoundMethod.FINELY_ENCODED
        if sound and not last and is_refused(sound, cache):
            continue
        progress(100.0, "Joining")
        file = join(sound)
        if sound is None or last or _good_enough(plan, compare_sound(file, plan, sound, cache)):
            break
        refuse_sound(sound, cache)
    return sound


def _good_enough(plan: ShotPlan, found: SoundFacts | None) -> bool:
    """Return whether the sound is acceptable, which includes sound that is meant to differ from the master."""
    return found is None or found.faithful or (plan.song is not None and not plan.song.unchanged)


def _join(output: Path, plan: ShotPlan, segments: Segments, cache: Session, sound: Sound | None) -> Path:
    pictures = join_pictures(
        [piece.track for piece in segments.pieces],
        timescale=plan.format.timescale,
        frame_ticks=plan.format.frame_ticks,
    )
    lanes = [pictures, *([sound.lane] if sound else []), *_words(plan, cache)]
    write_movie(output, lanes, MovieLabels(plan.title, plan.artist, _note(plan), chapters=_chapters(plan)))
    return output


def _note(plan: ShotPlan) -> str:
    """Return the note of where drafts drew mouths, for a later draft lip-sync of the whole video."""
    mouths, known = [], functools.cache(drawn_mouths)  # many shots may show one file
    for cut, shot in zip(plan.cuts(), plan.shots, strict=True):
        facts, first = shot.source.facts, shot.start_seconds * plan.format.fps
        same = (facts.width, facts.height, facts.fps) == (plan.format.width, plan.format.height, plan.format.fps)
        if not same or facts.frames is None or first.denominator != 1 or speed(shot, plan.format.fps) != 1:
            continue
        for mouth in known(shot.source.path, facts.frames):
            seen = mouth.within(int(first), int(first) + shot.frames)
            mouths += [seen.moved(cut - int(first))] if seen else []
    return drawn_note(plan.frames, mouths) if mouths else ""


def _chapters(plan: ShotPlan) -> list[tuple[Fraction, str]]:
    if not any(shot.name for shot in plan.shots):
        return []
    return [(cut / plan.format.fps, shot.name) for cut, shot in zip(plan.cuts(), plan.shots, strict=True)]


def _words(plan: ShotPlan, cache: Session) -> list[Lane]:
    """Return the soft lyrics track. ffmpeg writes its samples once; they are cached like a segment."""
    if not plan.soft_lyrics:
        return []
    key = content_key(soft_lyrics=plan.soft_lyrics)
    entry = cache.get(key, ".m4a")
    if entry is None:
        made = cache.workfile(key)
        text = made.with_suffix(".srt")
        try:
            text.write_text(plan.soft_lyrics, encoding="utf-8")
            run(
                Command([subtitles_file(text).words], {"c:s": "mov_text"}).to_file(made, "mp4"),
                time_limit_seconds=_SUBTITLE_LIMIT_SECONDS,
            )
            entry = cache.add(key, made, {}, ".m4a")
        finally:
            text.unlink(missing_ok=True)
    track: Track = read_track(entry.path, b"sbtl")
    language, length = language_in_three(plan.soft_language), int(track.durations.sum())
    return [Lane([track.part(0, len(track))], track.timescale, 0, length, language, enabled=False)]
