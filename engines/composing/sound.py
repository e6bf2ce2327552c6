"""The sound of a composed video: the master unchanged if the container allows, otherwise encoded once and cached."""

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
from engines.media.audio import mixed_channels, write_pcm
from engines.media.commands import Command, Options, Stream, combine, samples_file
from engines.media.mp4 import Track, read_track
from engines.media.mp4_writer import Lane
from engines.media.probe import open_media
from engines.media.runner import run

_RECIPE_VERSION = 4
_LIMIT_SECONDS = 1800.0
# The only rates AAC supports.
_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
_USUAL_RATE = 48_000
_GATE_LUFS = -70.0
# An AAC frame needs the one before it to decode; one more for decoders that drop their first.
_LEAD_PACKETS = 2


class SoundMethod(Enum):
    """How the sound gets into the video, best first; each is the fallback for the one before."""

    COPIED = "copied"
    ENCODED = "encoded"
    # For noise, hard clipping and bursts from damaged files.
    FINELY_ENCODED = "finely_encoded"


@dataclass(frozen=True)
class Sound:
    """The lane to write. `untouched` means the master's own packets; `key` identifies the content."""

    lane: Lane
    key: str
    untouched: bool
    encoded: bool


def make_sound(plan: ShotPlan, session: Session, cancelled: Callable[[], bool], method: SoundMethod) -> Sound | None:
    """Copy the sound, or encode it if it can't be copied. None for a silent video: no song and no clip sound."""
    voices = [shot for shot in plan.shots if shot.audio_gain_db is not None and shot.source.facts.sample_rate]
    if plan.song is None and not voices:
        return None
    copying = method is SoundMethod.COPIED and not plan.reencode
    if copying and plan.song is not None and not voices and plan.song.unchanged:
        sound = _copied(plan, plan.song, session)
        if sound is not None:
            return sound
    return _encoded(plan, voices, session, cancelled, finely=method is SoundMethod.FINELY_ENCODED)


def sample_rate(plan: ShotPlan) -> int:
    rate = plan.song.source.facts.sample_rate if plan.song else None
    return rate if rate in _RATES else _USUAL_RATE


def sound_channels(plan: ShotPlan) -> int:
    return mixed_channels(plan.song.source.facts) if plan.song else 2


def song_end_seconds(plan: ShotPlan, song: SongPart) -> Fraction:
    """Return where the used sound ends in the master: no later than the picture."""
    return min(song.end_seconds, song.start_seconds + plan.seconds)


def _copied(plan: ShotPlan, song: SongPart, session: Session) -> Sound | None:
    facts = song.source.facts
    if facts.container == "mov" and facts.audio_codec == "aac":
        track = _aac_track(song)
    elif facts.container == "mp3" and facts.audio_codec == "mp3" and song.start_seconds == 0:
        # A later start would need bits that MP3 frames borrow from earlier frames.
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
    """Return the MP3's packets in an MP4, with the encoder delay (which ffmpeg skips at the start) as its edit."""
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


def _range_of(shot: Shot) -> str:
    start = str(shot.start_seconds)
    return start if shot.end_seconds is None else f"{start}-{shot.end_seconds}"


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
            (shot.source.sha256, _range_of(shot), shot.frames, starts[id(shot)], shot.audio_gain_db)
            for shot in voices
        ],
        fps=str(plan.format.fps),
        length=None if song else plan.frames,
        **({"reencoded": True} if plan.reencode else {}),
    )  # fmt: skip


@dataclass(frozen=True)
class _Samples:
    """Reads sounds for mixing with our own reader, so that ffmpeg always gets clean samples in one format."""

    rate: int
    channels: int
    session: Session
    files: ExitStack
    cancelled: Callable[[], bool]

    def sound(self, source: Path, start: Fraction, seconds: Fraction) -> Stream:
        """Return a range of a file's sound."""
        file, shape = self.session.workfile("samples"), {"rate": self.rate, "channels": self.channels}
        self.files.callback(file.unlink, missing_ok=True)
        write_pcm(source, file, start=start, seconds=seconds, cancelled=self.cancelled, **shape)
        return samples_file(file, **shape).sound


def _encode(plan: ShotPlan, voices: list[Shot], output: Path, bits: int, samples: _Samples) -> None:
    starts = dict(zip(map(id, plan.shots), plan.cuts(), strict=True))
    sounds = [_voice(shot, starts[id(shot)] / plan.format.fps, plan.format.fps, samples) for shot in voices]
    seconds = _sound_seconds(plan)
    if plan.song is not None:
        mixed = _mixed([_song(plan.song, seconds, samples), *sounds], "first")
    else:
        end = round(seconds * samples.rate)
        mixed = _mixed(sounds, "longest").filter("apad").filter("atrim", end_sample=end)
    # Integers, so that sound beyond full scale (float files, bursts in damaged ones) is cut off as players do. The
    # encoder itself would lower what surrounds it.
    whole = mixed.filter("aformat", sample_fmts="s32")
    run(
        Command([whole], _encoder_options(bits)).to_file(output, "mp4"),
        time_limit_seconds=_LIMIT_SECONDS,
        cancelled=samples.cancelled,
    )


def _mixed(sounds: list[Stream], duration: str) -> Stream:
    return combine("amix", sounds, inputs=len(sounds), normalize=0, duration=duration)


def _voice(shot: Shot, start: Fraction, fps: Fraction, samples: _Samples) -> Stream:
    """Return a clip's own sound at its position in the video."""
    seconds = shot.frames / fps
    if shot.end_seconds is not None:
        seconds = min(seconds, shot.end_seconds - shot.start_seconds)
    sound = samples.sound(shot.source.path, shot.start_seconds, seconds)
    louder = sound.filter("volume", volume=f"{shot.audio_gain_db}dB")
    return louder.filter("adelay", delays=f"{round(start * samples.rate)}S", all=1)


def _song(song: SongPart, seconds: Fraction, samples: _Samples) -> Stream:
    sound = samples.sound(song.source.path, song.start_seconds, seconds)
    return _faded(_raised(sound, _gain_db(song, sound, samples.cancelled)), song, seconds)


def _bits_per_second(plan: ShotPlan, *, finely: bool) -> int:
    channels = sound_channels(plan)
    # AAC allows at most six bits per sample.
    return 6 * sample_rate(plan) * channels if finely else 160_000 if channels == 1 else 256_000


def _encoder_options(bits: int) -> Options:
    # Noise substitution would save bits we can spare, and replaces the master's noise.
    return {"map_metadata": -1, "c:a": "aac", "b:a": bits, "aac_pns": 0}


def _raised(sound: Stream, gain_db: float) -> Stream:
    if not gain_db:
        return sound
    louder = sound.filter("volume", volume=f"{gain_db:.3f}dB")
    # Keep true peaks a decibel below full scale after raising the level.
    return louder.filter("alimiter", limit=0.891, level="false", latency="true") if gain_db > 0 else louder


def _faded(sound: Stream, song: SongPart, seconds: Fraction) -> Stream:
    if song.fade_in_seconds:
        sound = sound.filter("afade", type="in", start_time=0, duration=song.fade_in_seconds)
    if song.fade_out_seconds:
        start = max(0.0, float(seconds) - song.fade_out_seconds)
        sound = sound.filter("afade", type="out", start_time=start, duration=song.fade_out_seconds)
    return sound


def _gain_db(song: SongPart, sound: Stream, cancelled: Callable[[], bool]) -> float:
    if song.loudness_lufs is None:
        return song.gain_db
    measured = loudness(sound, cancelled)
    return 0.0 if measured is None else song.loudness_lufs - measured


def loudness(sound: Stream, cancelled: Callable[[], bool]) -> float | None:
    """Measure integrated loudness (EBU R128) in LUFS; None for silence."""
    words = run(
        Command([sound.filter("ebur128", framelog="quiet")], {}).to_nothing(),
        time_limit_seconds=_LIMIT_SECONDS,
        cancelled=cancelled,
    )
    found = re.findall(r"I:\s+(-?[\d.]+|-inf) LUFS", words)
    if not found:
        raise MediaToolError("The song's loudness couldn't be measured.", evidence={"stderr": words})
    # ffmpeg reports -70 (the gate) or -inf when nothing passed it.
    return float(found[-1]) if found[-1] != "-inf" and float(found[-1]) > _GATE_LUFS else None
