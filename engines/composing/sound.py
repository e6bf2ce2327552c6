"""The sound of a composed video: the master as it is where the container allows, else encoded once and kept."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path

import av
import av.error

from engines.composing.cache import Session, content_key
from engines.composing.shot_plan import Shot, ShotPlan, SongPart
from engines.errors import MediaToolError
from engines.media.audio import mixed_channels, pcm_arguments, write_pcm
from engines.media.mp4 import Track, read_track
from engines.media.mp4_writer import Lane
from engines.media.probe import open_media
from engines.media.runner import run

_RECIPE_VERSION = 2
_LIMIT_SECONDS = 1800.0
# AAC is defined for these alone.
_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
_USUAL_RATE = 48_000
_GATE_LUFS = -70.0
# An AAC frame needs the one before it to decode; one more for decoders that drop their first.
_LEAD_PACKETS = 2


class Way(Enum):
    """How the sound gets into the video, the best first; the next is for what the one before cannot do."""

    COPIED = "copied"
    ENCODED = "encoded"
    # For noise, hard clipping and the bursts of damaged files.
    FINELY_ENCODED = "finely_encoded"


@dataclass(frozen=True)
class Sound:
    """The lane to write. `untouched` means the master's own packets; `key` names the content."""

    lane: Lane
    key: str
    untouched: bool
    encoded: bool


def make_sound(plan: ShotPlan, session: Session, cancelled: Callable[[], bool], way: Way) -> Sound | None:
    """None when the video is silent: no song, and no clip's own sound asked for. What cannot be copied is encoded."""
    voices = [shot for shot in plan.shots if shot.audio_gain_db is not None and shot.source.facts.sample_rate]
    if plan.song is None and not voices:
        return None
    if way is Way.COPIED and plan.song is not None and not voices and plan.song.unchanged:
        sound = _copied(plan, plan.song, session)
        if sound is not None:
            return sound
    return _encoded(plan, voices, session, cancelled, finely=way is Way.FINELY_ENCODED)


def sample_rate(plan: ShotPlan) -> int:
    rate = plan.song.source.facts.sample_rate if plan.song else None
    return rate if rate in _RATES else _USUAL_RATE


def sound_channels(plan: ShotPlan) -> int:
    return mixed_channels(plan.song.source.facts) if plan.song else 2


def song_end_seconds(plan: ShotPlan, song: SongPart) -> Fraction:
    """Where the used sound ends in the master: not after the picture does."""
    return min(song.end_seconds, song.start_seconds + plan.seconds)


def _copied(plan: ShotPlan, song: SongPart, session: Session) -> Sound | None:
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
    key = content_key(song=song.source.sha256, first=first, last=last, copied=_RECIPE_VERSION)
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


def _encoded(
    plan: ShotPlan, voices: list[Shot], session: Session, cancelled: Callable[[], bool], *, finely: bool
) -> Sound:
    bits = _bits_per_second(plan, finely=finely)
    key = _sound_key(plan, voices, bits)
    entry = session.get(key, ".m4a")
    encoded = entry is None
    if entry is None:
        made = session.workfile(key)
        try:
            with ExitStack() as files:
                samples = _Samples(sample_rate(plan), sound_channels(plan), session, files, cancelled)
                _encode(plan, voices, made, bits, samples)
        except BaseException:
            made.unlink(missing_ok=True)
            raise
        entry = session.add(key, made, {}, ".m4a")
    track = read_track(entry.path, b"soun")
    played = round(_sound_seconds(plan) * track.timescale)
    played = min(played, int(track.durations.sum()) - track.edit_start)
    return Sound(Lane([track.part(0, len(track))], track.timescale, track.edit_start, played), key, False, encoded)


def _sound_seconds(plan: ShotPlan) -> Fraction:
    if plan.song is None:
        return plan.seconds
    return song_end_seconds(plan, plan.song) - plan.song.start_seconds


def _sound_key(plan: ShotPlan, voices: list[Shot], bits: int) -> str:
    song = plan.song
    starts = dict(zip(map(id, plan.shots), plan.cuts(), strict=True))
    return content_key(
        recipe=_RECIPE_VERSION,
        rate=sample_rate(plan),
        bits=bits,
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


@dataclass(frozen=True)
class _Samples:
    """Writes what is mixed with our own reader, so that ffmpeg gets clean samples of one format, whatever the files."""

    rate: int
    channels: int
    session: Session
    files: ExitStack
    cancelled: Callable[[], bool]

    def inputs(self, source: Path, start: Fraction, seconds: Fraction) -> list[str]:
        """ffmpeg's arguments for a range of a file's sound."""
        file, shape = self.session.workfile("samples"), {"rate": self.rate, "channels": self.channels}
        self.files.callback(file.unlink, missing_ok=True)
        write_pcm(source, file, start=start, seconds=seconds, cancelled=self.cancelled, **shape)
        return pcm_arguments(file, **shape)


def _encode(plan: ShotPlan, voices: list[Shot], output: Path, bits: int, samples: _Samples) -> None:
    starts = dict(zip(map(id, plan.shots), plan.cuts(), strict=True))
    inputs, graph = _song_graph(plan, samples)
    first = 1 if plan.song else 0
    for number, shot in enumerate(voices):
        inputs += samples.inputs(shot.source.path, shot.start_seconds, shot.frames / plan.format.fps)
        delay = round(starts[id(shot)] / plan.format.fps * samples.rate)
        graph.append(f"[{number + first}:a:0]volume={shot.audio_gain_db}dB,adelay={delay}S:all=1[voice{number}]")
    names = "".join(f"[voice{number}]" for number in range(len(voices)))
    graph.append(f"[song]{names}amix=inputs={len(voices) + 1}:normalize=0:duration=first[out]")
    arguments = [*inputs, "-filter_complex", ";".join(graph), "-map", "[out]", *_encoder_arguments(bits)]
    run(
        [*arguments, "-f", "mp4", "-y", f"file:{output}"],
        time_limit_seconds=_LIMIT_SECONDS,
        cancelled=samples.cancelled,
    )


def _song_graph(plan: ShotPlan, samples: _Samples) -> tuple[list[str], list[str]]:
    """(inputs, filters) of `[song]`, which sets the length of the mix; silence where there is none."""
    seconds, song = _sound_seconds(plan), plan.song
    if song is None:
        return [], [f"anullsrc=r={samples.rate}:cl=stereo,atrim=end_sample={round(seconds * samples.rate)}[song]"]
    inputs = samples.inputs(song.source.path, song.start_seconds, seconds)
    gain = _gain_db(song, inputs, samples.cancelled)
    return inputs, [f"[0:a:0]{_song_filters(song, seconds, gain)}[song]"]


def _bits_per_second(plan: ShotPlan, *, finely: bool) -> int:
    channels = sound_channels(plan)
    # AAC takes six bits a sample at most.
    return 6 * sample_rate(plan) * channels if finely else 160_000 if channels == 1 else 256_000


def _encoder_arguments(bits: int) -> list[str]:
    # Noise substitution saves bits that we have, and plays other noise than the master's.
    return ["-vn", "-map_metadata", "-1", "-c:a", "aac", "-b:a", str(bits), "-aac_pns", "0"]


def _song_filters(song: SongPart, seconds: Fraction, gain_db: float) -> str:
    steps = ["anull"]
    if gain_db > 0:
        # True peaks stay a decibel below full scale after a raise.
        steps.append(f"volume={gain_db:.3f}dB,alimiter=limit=0.891:level=false:latency=true")
    elif gain_db:
        steps.append(f"volume={gain_db:.3f}dB")
    if song.fade_in_seconds:
        steps.append(f"afade=in:st=0:d={song.fade_in_seconds}")
    if song.fade_out_seconds:
        start = max(0.0, float(seconds) - song.fade_out_seconds)
        steps.append(f"afade=out:st={start:.6f}:d={song.fade_out_seconds}")
    return ",".join(steps)


def _gain_db(song: SongPart, samples: list[str], cancelled: Callable[[], bool]) -> float:
    if song.loudness_lufs is None:
        return song.gain_db
    measured = loudness(samples, cancelled)
    return 0.0 if measured is None else song.loudness_lufs - measured


def loudness(inputs: list[str], cancelled: Callable[[], bool]) -> float | None:
    """Integrated loudness (EBU R128) in LUFS of ffmpeg's input `inputs`; None for silence."""
    words = run(
        [*inputs, "-map", "0:a:0", "-af", "ebur128=framelog=quiet", "-f", "null", "-"],
        time_limit_seconds=_LIMIT_SECONDS,
        cancelled=cancelled,
    )
    found = re.findall(r"I:\s+(-?[\d.]+|-inf) LUFS", words)
    if not found:
        raise MediaToolError("The loudness of the song could not be measured.", evidence={"stderr": words})
    # ffmpeg says -70, the gate, or -inf where nothing passed it.
    return float(found[-1]) if found[-1] != "-inf" and float(found[-1]) > _GATE_LUFS else None
