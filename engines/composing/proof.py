"""The proof: a composed file is read back and compared with its plan before anyone sees it.

The whole file is read each time, but only bytes that are new are decoded (see `decoding.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from engines.composing.cache import Session
from engines.composing.compose import Composed
from engines.composing.decoding import Decoded, parts_decoded
from engines.composing.ends import own_light
from engines.composing.fitting import Piece
from engines.composing.shot_plan import ShotPlan, Span
from engines.composing.sound_compare import SoundFacts
from engines.composing.sound_proof import compare_sound
from engines.errors import MediaToolError
from engines.media.mp4 import HeaderSets, Track, header_sets, read_track
from engines.media.probe import open_media

# Limited-range black is 16; noise and encoding raise it slightly.
_BLACK_LIGHT = 20.0
# The most encoding does to noise and hard-clipped sound; sound from elsewhere has nothing in common with the master.
_CORRELATION_LIMIT = 0.9
_WORST_CORRELATION_LIMIT = 0.7
_LEVEL_LIMIT_DB = 1.0
REENCODE_HINT = "Compose it again and re-encode everything, so that nothing is copied from clips and song"
REENCODED_HINT = (
    "Everything was already re-encoded, so a file itself is the cause: replace the song or the clips named here by "
    "newly exported ones"
)


@dataclass(frozen=True)
class Check:
    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Proof:
    """`sentence` is for people, `facts` and `checks` for programs."""

    checks: tuple[Check, ...]
    facts: dict[str, Any]
    sentence: str

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "sentence": self.sentence,
            "checks": [asdict(check) for check in self.checks],
            **self.facts,
        }


def prove(composed: Composed, session: Session, cancelled: Callable[[], bool]) -> Proof:
    """Check the file. A failed check is in the returned proof, not raised."""
    plan, path = composed.plan, composed.path
    with open_media(path) as container:
        streams = {kind: len(getattr(container.streams, kind)) for kind in ("video", "audio", "subtitles")}
        played = float(container.streams.video[0].duration * container.streams.video[0].time_base)  # type: ignore[operator]
    track = read_track(path, b"vide")
    decoded = parts_decoded(_parts(track, composed.segments.pieces), session, cancelled)
    sound = compare_sound(path, plan, composed.sound, session)
    cut_error = _worst_cut_error(composed)
    checks = [
        _streams(composed, streams),
        Check("frames", len(track) == plan.frames, f"{len(track):,} of {plan.frames:,} planned frames"),
        Check("duration", abs(played - float(plan.seconds)) < 0.0005, f"{played:.3f} s of {float(plan.seconds):.3f} s"),
        _timestamps(composed, track),
        _cuts(composed, track),
        _headers(composed, track),
        Check("cut_error", cut_error <= float(1 / (2 * plan.format.fps)) + 1e-6, f"at most {cut_error * 1000:.1f} ms"),
        _decoding(decoded, plan.frames),
        *_ends(composed, decoded),
        *(_sound_checks(composed, sound) if sound else []),
    ]
    facts = {
        "frames": len(track),
        "fps": str(plan.format.fps),
        "duration_seconds": round(played, 6),
        "cut_frames": plan.cuts(),
        "reencoded": plan.reencode,
        "encoded_segments": composed.segments.encoded_segments,
        "encoded_frames": composed.segments.encoded_frames,
        "sound": asdict(sound) if sound else None,
        "worst_cut_error_ms": round(cut_error * 1000, 3),
    }
    return Proof(tuple(checks), facts, _sentence(len(track), played, cut_error, sound, composed))


def require_passed(proof: Proof) -> None:
    """Raise MediaToolError naming the failed checks, if any."""
    failed = [f"{check.name}: {check.detail}" for check in proof.checks if not check.passed]
    hint = REENCODED_HINT if proof.facts.get("reencoded") else REENCODE_HINT
    if failed:
        raise MediaToolError(
            f"The composed video failed its proof and was not published ({'; '.join(failed)}). {hint}.",
            code="proof_failed",
            evidence={"proof": proof.as_json()},
        )


def _sentence(frames: int, played: float, cut_error: float, sound: SoundFacts | None, composed: Composed) -> str:
    words = f"{frames:,} frames, cuts within {cut_error * 1000:.0f} ms of their place, plays {played:.3f} s"
    if composed.sound is None:
        return f"{words}, without sound."
    if sound is None:
        return f"{words}, with mixed sound."
    if sound.identical:
        return f"{words}, sound identical to the master."
    return f"{words}, sound within {abs(sound.offset_seconds) * 1000:.1f} ms of the master."


def _worst_cut_error(composed: Composed) -> float:
    """Return the seconds between a cut and its ideal time; at most half a frame when the plan is right."""
    plan = composed.plan
    errors = [
        abs(cut / plan.format.fps - shot.wanted_seconds)
        for cut, shot in zip(plan.cuts(), plan.shots, strict=True)
        if shot.wanted_seconds is not None
    ]
    return float(max(errors, default=0))


def _streams(composed: Composed, streams: dict[str, int]) -> Check:
    wanted = {
        "video": 1,
        "audio": 1 if composed.sound else 0,
        "subtitles": 1 if composed.plan.soft_lyrics else 0,
    }
    return Check("streams", streams == wanted, ", ".join(f"{count} {kind}" for kind, count in streams.items()))


def _timestamps(composed: Composed, track: Track) -> Check:
    """Check timestamps, both as ffmpeg reads them and as the sample tables list them."""
    shown = np.sort(np.cumsum(track.durations) - track.durations + track.shifts) - track.edit_start
    frame_ticks = composed.plan.format.frame_ticks
    wanted = np.arange(len(track)) * frame_ticks
    with open_media(composed.path) as container:
        entries = container.streams.video[0].index_entries
        decode_times = [entries[index].timestamp for index in range(len(entries))]
    gaps = sum(later - earlier != frame_ticks for earlier, later in pairwise(decode_times))
    passed = np.array_equal(shown, wanted) and gaps == 0 and len(decode_times) == len(track)
    return Check("timestamps", bool(passed), f"{gaps} gaps, first picture at {int(shown[0])}")


def _cuts(composed: Composed, track: Track) -> Check:
    """Check that each piece's own bytes are at its position: sizes of all samples, content of the first."""
    wrong, clock = [], 0
    with composed.path.open("rb") as joined:
        for piece in composed.segments.pieces:
            part = track.part(clock, len(piece.track))
            if not (np.array_equal(part.sizes, piece.track.sizes) and _same_first_sample(joined, part, piece.track)):
                wrong.append(clock)
            clock += len(piece.track)
    detail = (
        f"{len(composed.plan.shots)} shots start where planned"
        if not wrong
        else f"wrong pictures at frames {wrong[:5]}"
    )
    return Check("cuts", not wrong and clock == composed.plan.frames, detail)


def _headers(composed: Composed, track: Track) -> Check:
    """Check that the joined track has each piece's own headers, with which its pictures are decoded."""
    joined = header_sets(track.entry)
    owns = {piece.track.entry for piece in composed.segments.pieces}
    missing = sum(entry != track.entry and not _holds(joined, header_sets(entry)) for entry in owns)
    return Check("headers", not missing, f"{missing} of {len(owns)} are missing" if missing else "as they were")


def _holds(joined: HeaderSets | None, own: HeaderSets | None) -> bool:
    if joined is None or own is None:
        return False
    return all(held.items() >= wanted.items() for held, wanted in zip(joined[:2], own[:2], strict=True))


def _same_first_sample(joined: Any, part: Track, source: Track) -> bool:
    size = int(part.sizes[0])
    joined.seek(int(part.offsets[0]))
    with source.path.open("rb") as file:
        file.seek(int(source.offsets[0]))
        return bool(joined.read(size) == file.read(size))


def _decoding(decoded: Sequence[Decoded], frames: int) -> Check:
    errors = [part.error for part in decoded if part.error]
    shown = sum(part.frames for part in decoded)
    return Check("decodes", not errors and shown == frames, errors[0] if errors else f"{shown:,} frames without errors")


def _ends(composed: Composed, decoded: Sequence[Decoded]) -> list[Check]:
    spans = composed.spans
    return [
        _end_check("first_frame", composed.plan, spans[0], 0, decoded[0].first_light),
        _end_check("last_frame", composed.plan, spans[-1], spans[-1].frames - 1, decoded[-1].last_light),
    ]


def _end_check(name: str, plan: ShotPlan, span: Span, place: int, light: float) -> Check:
    """Check that an end is dark only where the clip itself is dark."""
    detail = f"light {light:.0f} of 255"
    if light > _BLACK_LIGHT:
        return Check(name, True, detail)
    own = own_light(plan, span, place)
    # Brightness is full-range here and limited-range above: black is 0.
    return Check(name, own < 2 * _BLACK_LIGHT, f"{detail}, {own:.0f} in the clip itself")


def _sound_checks(composed: Composed, sound: SoundFacts) -> list[Check]:
    whole = Check(
        "sound", sound.whole, "all of it plays" if sound.whole else f"{sound.missing_seconds:.3f} s missing, or damaged"
    )
    if composed.sound is not None and composed.sound.untouched:
        detail = "decoded samples equal the master's" if sound.identical else f"correlation {sound.correlation:.4f}"
        return [whole, Check("sound_copy", sound.faithful, detail)]
    song = composed.plan.song
    checks = [whole, _offset_check(sound), _gap_check(sound), _channel_check(sound)]
    if song is None or song.loudness_lufs is not None or song.gain_db:
        return checks
    level = max(sound.level_db, sound.worst_level_db, key=abs)
    return [*checks, Check("loudness", abs(level) < _LEVEL_LIMIT_DB, f"{level:+.2f} dB of the master's")]


def _offset_check(sound: SoundFacts) -> Check:
    alike = sound.correlation > _CORRELATION_LIMIT and sound.worst_correlation > _WORST_CORRELATION_LIMIT
    likeness = f"correlation {sound.correlation:.4f}, at worst {sound.worst_correlation:.4f}"
    return Check("sound_offset", bool(sound.in_place and alike), f"{sound.offset_seconds * 1000:.2f} ms, {likeness}")


def _gap_check(sound: SoundFacts) -> Check:
    if sound.without_gaps:
        return Check("sound_gaps", True, "no gaps")
    detail = f"{sound.gap_seconds * 1000:.0f} ms are silent at {sound.gap_at_seconds:.2f} s"
    return Check("sound_gaps", False, detail)


def _channel_check(sound: SoundFacts) -> Check:
    return Check("sound_channels", not sound.swapped, "left and right are swapped" if sound.swapped else "as they were")


def _parts(track: Track, pieces: Sequence[Piece]) -> list[Track]:
    """Return each piece's samples in the joined file, with the piece's own headers."""
    starts = accumulate((len(piece.track) for piece in pieces), initial=0)
    return [
        replace(track.part(start, len(piece.track)), entry=piece.track.entry)
        for start, piece in zip(starts, pieces, strict=False)
    ]
