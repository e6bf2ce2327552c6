"""The proof: a composed file is read back and compared with its plan before anyone sees it.

The whole file is read each time. Parts that once decoded without errors are remembered by the hash of their bytes in
the joined file, so only new bytes are decoded.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import av
import av.error
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from engines.composing.cache import Session, content_key, track_sha256
from engines.composing.compose import Composed
from engines.composing.ends import own_light
from engines.composing.fitting import Piece
from engines.composing.shot_plan import ShotPlan, Span
from engines.composing.sound_compare import SoundFacts
from engines.composing.sound_proof import compare_sound
from engines.cores import usable_cores
from engines.errors import MediaToolError, WorkCancelled
from engines.media.mp4 import Track, read_track
from engines.media.probe import open_media

_RECIPE_VERSION = 2
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
    decoded = _decode_pieces(track, composed.segments.pieces, session, cancelled)
    sound = compare_sound(path, plan, composed.sound, session)
    cut_error = _worst_cut_error(composed)
    checks = [
        _streams(composed, streams),
        Check("frames", len(track) == plan.frames, f"{len(track):,} of {plan.frames:,} planned frames"),
        Check("duration", abs(played - float(plan.seconds)) < 0.0005, f"{played:.3f} s of {float(plan.seconds):.3f} s"),
        _timestamps(composed, track),
        _cuts(composed, track),
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
    wanted = np.arange(len(track)) * composed.plan.format.frame_ticks
    with open_media(composed.path) as container:
        entries = container.streams.video[0].index_entries
        decode_times = [entries[index].timestamp for index in range(len(entries))]
    gaps = sum(later - earlier != composed.plan.format.frame_ticks for earlier, later in pairwise(decode_times))
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


def _same_first_sample(joined: Any, part: Track, source: Track) -> bool:
    size = int(part.sizes[0])
    joined.seek(int(part.offsets[0]))
    with source.path.open("rb") as file:
        file.seek(int(source.offsets[0]))
        return bool(joined.read(size) == file.read(size))


def _decoding(decoded: list[dict[str, Any]], frames: int) -> Check:
    errors = [facts["error"] for facts in decoded if facts["error"]]
    shown = sum(facts["frames"] for facts in decoded)
    return Check("decodes", not errors and shown == frames, errors[0] if errors else f"{shown:,} frames without errors")


def _ends(composed: Composed, decoded: list[dict[str, Any]]) -> list[Check]:
    spans = composed.spans
    return [
        _end_check("first_frame", composed.plan, spans[0], 0, decoded[0]["first_light"]),
        _end_check("last_frame", composed.plan, spans[-1], spans[-1].frames - 1, decoded[-1]["last_light"]),
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


def _decode_pieces(
    track: Track, pieces: tuple[Piece, ...], session: Session, cancelled: Callable[[], bool]
) -> list[dict[str, Any]]:
    parts, clock = [], 0
    for piece in pieces:
        parts.append(track.part(clock, len(piece.track)))
        clock += len(piece.track)

    def facts_of(part: Track) -> dict[str, Any]:
        key = content_key(decoded=track_sha256(part), headers=part.entry.hex(), recipe=_RECIPE_VERSION)
        facts = session.note(key)
        if facts is None:
            facts = _decode(part, cancelled)
            session.write_note(key, facts)
        return facts

    with ThreadPoolExecutor(usable_cores()) as pool:
        return list(pool.map(facts_of, parts))


def _decode(part: Track, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """Decode every picture. Return the count, the first error and the brightness of the ends (0…255)."""
    frames, lights, error = 0, [0.0, 0.0], ""
    try:
        for frame in _pictures(part):
            if frames % 48 == 0 and cancelled():
                raise WorkCancelled
            if frame.is_corrupt:
                error = error or f"frame {frames} is damaged"
            if frames == 0 or frames == len(part) - 1:
                lights[1 if frames else 0] = float(frame.to_ndarray()[: frame.height].mean())
            frames += 1
    except av.error.FFmpegError as failure:
        error = str(failure)
    if frames == 1:
        lights[1] = lights[0]
    return {"frames": frames, "error": error, "first_light": lights[0], "last_light": lights[1]}


def _pictures(track: Track) -> Iterator[VideoFrame]:
    """Decode exactly these samples with a new decoder, so that nothing before them can help."""
    context = VideoCodecContext.create("h264", "r")
    start = track.entry.find(b"avcC")
    context.extradata = track.entry[start + 4 : start - 4 + int.from_bytes(track.entry[start - 4 : start], "big")]
    context.options = {"err_detect": "explode"}
    context.thread_count = 1
    with track.path.open("rb") as file:
        for index in range(len(track)):
            file.seek(int(track.offsets[index]))
            yield from context.decode(av.Packet(file.read(int(track.sizes[index]))))
    yield from context.decode(None)
