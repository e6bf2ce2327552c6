"""The sound of a composed video: the master as it is where the container allows, else encoded once and kept."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error

from apps.composition.cache import Session, content_key
from apps.composition.plan import CutPlan, Shot, SongPart
from apps.core.errors import MediaToolError
from apps.media.audio import cut_filter
from apps.media.mp4 import Track, read_track
from apps.media.mp4_writer import Lane
from apps.media.probe import open_media
from apps.media.runner import input_arguments, run

_RECIPE_VERSION = 1
_LIMIT_SECONDS = 1800.0
# AAC above this rate is not defined.
_HIGHEST_RATE = 96_000
_SILENCE_RATE = 48_000
# An AAC frame needs the one before it to decode; one more for decoders that drop their first.
_LEAD_PACKETS = 2


@dataclass(frozen=True)
class Sound:
    """The lane to write. `untouched` means the master's own packets; `key` names the content."""

    lane: Lane
    key: str
    untouched: bool
    encoded: bool


def make_sound(plan: CutPlan, session: Session, cancelled: Callable[[], bool]) -> Sound | None:
    """None when the video is silent: no song, and no clip's own sound asked for."""
    voices = [shot for shot in plan.shots if shot.audio_gain_db is not None and shot.source.facts.sample_rate]
    if plan.song is None and not voices:
        return None
    if plan.song is not None and not voices and plan.song.unchanged:
        sound = _copied(plan, plan.song, session)
        if sound is not None:
            return sound
    return _encoded(plan, voices, session, cancelled)


def sample_rate(plan: CutPlan) -> int:
    rate = plan.song.source.facts.sample_rate if plan.song else None
    return rate if rate and rate <= _HIGHEST_RATE else _SILENCE_RATE


def song_end_seconds(plan: CutPlan, song: SongPart) -> Fraction:
    """Where the used sound ends in the master: not after the picture does."""
    return min(song.end_seconds, song.start_seconds + plan.seconds)


def _copied(plan: CutPlan, song: SongPart, session: Session) -> Sound | None:
    facts = song.source.facts
    if facts.container == "mov" and facts.audio_codec == "aac":
        track = _aac_track(song)
    elif facts.container == "mp3" and facts.audio_codec == "mp3" and song.start_seconds == 0:
        # A later start would need the bits that MP3 frames borrow from their predecessors.
        track = _mp3_track(song, session)
    else:
        return None
    if track is None:
        return None
    first = track.edit_start + round(song.start_seconds * track.timescale)
    last = track.edit_start + round(song_end_seconds(plan, song) * track.timescale)
    ends = track.durations.cumsum()
    last = min(last, int(ends[-1]))
    begin = max(0, int((ends <= first).sum()) - _LEAD_PACKETS)
    count = int((ends < last).sum()) + 1 - begin
    skipped = first - int(ends[begin - 1] if begin else 0)
    key = content_key(song=song.source.sha256, first=first, last=last, copied=True)
    lane = Lane([track.part(begin, count)], track.timescale, skipped, last - first)
    return Sound(lane, key, untouched=True, encoded=False)


def _aac_track(song: SongPart) -> Track | None:
    with open_media(song.source.path) as container:
        context = container.streams.audio[0].codec_context
        plain = context.profile == "LC"
    try:
        track = read_track(song.source.path, b"soun")
    except MediaToolError:
        return None
    return track if plain and track.timescale == song.source.facts.sample_rate else None


def _mp3_track(song: SongPart, session: Session) -> Track | None:
    """The MP3's packets in an MP4, with the encoder's delay (which ffmpeg skips at the start) as its edit."""
    key = content_key(song=song.source.sha256, remuxed=_RECIPE_VERSION)
    entry = session.get(key, ".m4a")
    if entry is None:
        made = session.workfile(key)
        try:
            delay = _remux(song.source.path, made)
        except av.error.FFmpegError:
            made.unlink(missing_ok=True)
            return None
        entry = session.add(key, made, {"delay": delay}, ".m4a")
    track = read_track(entry.path, b"soun")
    if track.timescale != song.source.facts.sample_rate:
        return None
    return Track(**{**track.__dict__, "edit_start": int(entry.facts["delay"])})


def _remux(source: Path, output: Path) -> int:
    with open_media(source) as container, av.open(str(output), "w", format="mp4") as target:
        stream = container.streams.audio[0]
        delay = round((stream.start_time or 0) * (stream.time_base or 0) * stream.rate)
        copy = target.add_stream_from_template(stream)
        for packet in container.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    return delay


def _encoded(plan: CutPlan, voices: list[Shot], session: Session, cancelled: Callable[[], bool]) -> Sound:
    rate = sample_rate(plan)
    key = _sound_key(plan, voices, rate)
    entry = session.get(key, ".m4a")
    encoded = entry is None
    if entry is None:
        made = session.workfile(key)
        try:
            gain = _gain_db(plan, cancelled)
            run(
                [*_arguments(plan, voices, rate, gain), "-f", "mp4", "-y", f"file:{made}"],
                time_limit_seconds=_LIMIT_SECONDS,
                cancelled=cancelled,
            )
        except BaseException:
            made.unlink(missing_ok=True)
            raise
        entry = session.add(key, made, {}, ".m4a")
    track = read_track(entry.path, b"soun")
    played = round(_sound_seconds(plan) * track.timescale)
    played = min(played, int(track.durations.sum()) - track.edit_start)
    return Sound(Lane([track.part(0, len(track))], track.timescale, track.edit_start, played), key, False, encoded)


def _sound_seconds(plan: CutPlan) -> Fraction:
    if plan.song is None:
        return plan.seconds
    return song_end_seconds(plan, plan.song) - plan.song.start_seconds


def _sound_key(plan: CutPlan, voices: list[Shot], rate: int) -> str:
    song = plan.song
    starts = dict(zip(map(id, plan.shots), plan.cuts(), strict=True))
    return content_key(
        recipe=_RECIPE_VERSION,
        rate=rate,
        song=song and (
            song.source.sha256, str(song.start_seconds), str(song_end_seconds(plan, song)),
            song.fade_in_seconds, song.fade_out_seconds, song.loudness_lufs, song.gain_db,
        ),
        voices=[
            (shot.source.sha256, str(shot.start_seconds), shot.frames, starts[id(shot)], shot.audio_gain_db)
            for shot in voices
        ],
        fps=str(plan.format.fps),
        length=None if song else plan.frames,
    )  # fmt: skip


def _arguments(plan: CutPlan, voices: list[Shot], rate: int, gain_db: float) -> list[str]:
    seconds = _sound_seconds(plan)
    inputs, graph = [], []
    if plan.song is not None:
        inputs += input_arguments(plan.song.source.path)
        graph.append(f"[0:a:0]{_song_filters(plan, plan.song, rate, gain_db)}[song]")
    else:
        graph.append(f"anullsrc=r={rate}:cl=stereo,atrim=end_sample={round(seconds * rate)}[song]")
    starts = dict(zip(map(id, plan.shots), plan.cuts(), strict=True))
    first = 1 if plan.song else 0
    for number, shot in enumerate(voices):
        inputs += input_arguments(shot.source.path)
        own = shot.source.facts.sample_rate or rate
        begin, length = shot.start_seconds, shot.frames / plan.format.fps
        delay = round(starts[id(shot)] / plan.format.fps * rate)
        graph.append(
            f"[{number + first}:a:0]{cut_filter(float(begin), float(begin + length), own)},aresample={rate},"
            f"volume={shot.audio_gain_db}dB,adelay={delay}S:all=1[voice{number}]"
        )
    if voices:
        names = "".join(f"[voice{number}]" for number in range(len(voices)))
        graph.append(f"[song]{names}amix=inputs={len(voices) + 1}:normalize=0:duration=first[out]")
    else:
        graph[-1] = graph[-1].replace("[song]", "[out]")
    channels = plan.song.source.facts.audio_channels if plan.song else 2
    quality = "160k" if channels == 1 else "256k"
    return [
        *inputs, "-filter_complex", ";".join(graph), "-map", "[out]", "-vn", "-map_metadata", "-1",
        "-c:a", "aac", "-b:a", quality,
    ]  # fmt: skip


def _song_filters(plan: CutPlan, song: SongPart, rate: int, gain_db: float) -> str:
    own = song.source.facts.sample_rate or rate
    end = song_end_seconds(plan, song)
    steps = [cut_filter(float(song.start_seconds), float(end), own)]
    if own != rate:
        steps.append(f"aresample={rate}")
    if gain_db > 0:
        # True peaks stay a decibel below full scale after a raise.
        steps.append(f"volume={gain_db:.3f}dB,alimiter=limit=0.891:level=false:latency=true")
    elif gain_db:
        steps.append(f"volume={gain_db:.3f}dB")
    if song.fade_in_seconds:
        steps.append(f"afade=in:st=0:d={song.fade_in_seconds}")
    if song.fade_out_seconds:
        start = max(0.0, float(end - song.start_seconds) - song.fade_out_seconds)
        steps.append(f"afade=out:st={start:.6f}:d={song.fade_out_seconds}")
    return ",".join(steps)


def _gain_db(plan: CutPlan, cancelled: Callable[[], bool]) -> float:
    song = plan.song
    if song is None:
        return 0.0
    if song.loudness_lufs is None:
        return song.gain_db
    own = song.source.facts.sample_rate or _SILENCE_RATE
    wanted = cut_filter(float(song.start_seconds), float(song_end_seconds(plan, song)), own)
    return song.loudness_lufs - loudness(song.source.path, wanted, cancelled)


def loudness(path: Path, filters: str, cancelled: Callable[[], bool]) -> float:
    """Integrated loudness (EBU R128) in LUFS of what `filters` lets through."""
    words = run(
        [*input_arguments(path), "-map", "0:a:0", "-af", f"{filters},ebur128=framelog=quiet", "-f", "null", "-"],
        time_limit_seconds=_LIMIT_SECONDS,
        cancelled=cancelled,
    )
    found = re.findall(r"I:\s+(-?[\d.]+|-inf) LUFS", words)
    if not found or found[-1] == "-inf":
        raise MediaToolError("The song is silent here, so its loudness cannot be set.")
    return float(found[-1])
