"""Songs from real life: each kind goes through every path that reads a song, and all hear the same at the same time."""

import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from apps.core.errors import StudioError
from apps.songs.formats import song_checked
from engines.composing.cache import SegmentCache
from engines.composing.compose import compose
from engines.composing.proof import prove
from engines.composing.shot_plan import Shot, ShotPlan, SongPart, Source
from engines.listening.analyze import analyze_song
from engines.media.audio import cut_wav
from engines.media.packets import Damage
from engines.media.probe import probe_media
from engines.media.samples import sound_blocks
from tests.engines.composing.conftest import SHAPE, as_source, ffmpeg, own_clip

RATE = 44_100
SECONDS = 5
# A chirp on the left and another on the right: every moment sounds different.
SONG = f"aevalsrc='0.3*sin(2*PI*t*(200+90*t))|0.2*sin(2*PI*t*(1900-80*t))':s={RATE}:d={SECONDS}"

Sound = NDArray[np.float32]


def encoded(folder: Path, name: str, *arguments: object) -> Path:
    if not (folder / name).exists():
        ffmpeg("-i", folder / "song.wav", *arguments, folder / name)
    return folder / name


def with_hole(source: Path, name: str, size: int) -> Path:
    content, target = source.read_bytes(), source.with_name(name)
    middle = len(content) // 2
    target.write_bytes(content[:middle] + bytes(size) + content[middle + size :])
    return target


def joined(name: str, *sources: Path) -> Path:
    target = sources[0].with_name(name)
    target.write_bytes(b"".join(source.read_bytes() for source in sources))
    return target


def rewritten(source: Path, name: str, change: Callable[[bytes, int], bytes]) -> Path:
    """Write a changed WAV; `change` gets the content and where its data chunk starts."""
    content, target = source.read_bytes(), source.with_name(name)
    target.write_bytes(change(content, content.index(b"data")))
    return target


MP3, VORBIS, OPUS = ("-b:a", "128k"), ("-c:a", "libvorbis"), ("-c:a", "libopus", "-b:a", "128k")
FAST_AAC = ("-c:a", "aac", "-b:a", "160k", "-movflags", "+faststart")
BURST = "asetnsamples=64,volume=50:eval=frame:enable='between(t,2,2.2)'"
SURROUND = ("-af", "pan=5.1|FL=c0|FR=c1|FC=0*c0|LFE=0*c0|BL=0*c0|BR=0*c1")

KINDS: dict[str, Callable[[Path], Path]] = {
    "noise_substitution.m4a": lambda at: encoded(at, "noise_substitution.m4a", "-c:a", "aac", "-b:a", "96k"),
    "joined.mp3": lambda at: joined("joined.mp3", *[encoded(at, "whole.mp3", *MP3)] * 2),
    "joined_rates.mp3": lambda at: joined(
        "joined_rates.mp3", encoded(at, "whole.mp3", *MP3), encoded(at, "other.mp3", "-ar", 48000, *MP3)
    ),
    "joined_mono.aac": lambda at: joined(
        "joined_mono.aac", encoded(at, "whole.aac", "-c:a", "aac"), encoded(at, "mono.aac", "-ac", 1, "-c:a", "aac")
    ),
    "chained_rates.ogg": lambda at: joined(
        "chained_rates.ogg", encoded(at, "whole.ogg", *VORBIS), encoded(at, "other.ogg", "-ar", 48000, *VORBIS)
    ),
    "chained_mono.opus": lambda at: joined(
        "chained_mono.opus", encoded(at, "whole.opus", *OPUS), encoded(at, "mono.opus", "-ac", 1, *OPUS)
    ),
    "no_data_size.wav": lambda at: rewritten(
        at / "song.wav", "no_data_size.wav", lambda all_, data: all_[: data + 4] + bytes(4) + all_[data + 8 :]
    ),
    "odd_chunk.wav": lambda at: rewritten(
        at / "song.wav",
        "odd_chunk.wav",
        lambda all_, data: all_[:data] + b"junk" + struct.pack("<I", 7) + bytes(8) + all_[data:],
    ),
    "rf64_double.wav": lambda at: encoded(at, "rf64_double.wav", "-rf64", "always", "-c:a", "pcm_f64le"),
    "beyond_full_scale.wav": lambda at: encoded(at, "beyond_full_scale.wav", "-af", BURST, "-c:a", "pcm_f32le"),
    "192_khz.flac": lambda at: encoded(at, "192_khz.flac", "-ar", 192000),
    "surround.m4a": lambda at: encoded(at, "surround.m4a", *SURROUND, "-c:a", "aac", "-b:a", "384k"),
    "hole.m4a": lambda at: with_hole(encoded(at, "fast.m4a", *FAST_AAC), "hole.m4a", 3000),
    "hole.flac": lambda at: with_hole(encoded(at, "whole.flac"), "hole.flac", 2000),
    "hole.ogg": lambda at: with_hole(encoded(at, "whole.ogg", *VORBIS), "hole.ogg", 600),
    "hole.opus": lambda at: with_hole(encoded(at, "whole.opus", *OPUS), "hole.opus", 600),
}
DAMAGED = {name for name in KINDS if name.startswith("hole")}
# ADTS doesn't say how much its encoder puts before the sound, so players play that, too.
STARTS_LATE = {"joined_mono.aac": 1024 / RATE}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("kinds")
    ffmpeg("-f", "lavfi", "-i", SONG, folder / "song.wav")
    return folder


@pytest.fixture(scope="module")
def clip(folder: Path) -> Source:
    return own_clip(folder / "clip.mp4", 1, 72)


@pytest.fixture(scope="module")
def reference(folder: Path) -> Sound:
    return heard(folder / "song.wav")


def heard(path: Path, damage: Damage | None = None) -> Sound:
    return np.concatenate(list(sound_blocks(path, rate=RATE, damage=damage)), axis=1)


def lateness(sound: Sound, at: float, reference: Sound, reference_at: float) -> float:
    """Return how many seconds later half a second of the reference is heard than `at`."""
    part = reference[:, round(reference_at * RATE) :][:, : RATE // 2]
    first = max(0, round(at * RATE) - RATE // 4)
    near = sound[:, first : round(at * RATE) + RATE]
    size = 1 << (near.shape[1] + part.shape[1]).bit_length()
    product = np.fft.irfft((np.fft.rfft(near, size) * np.conj(np.fft.rfft(part, size))).sum(0), size)
    return (first + int(product[: near.shape[1]].argmax())) / RATE - at


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, Path]]:
    name: str = request.param
    yield name, KINDS[name](folder)


def test_every_path_hears_the_same_at_the_same_time(kind, clip, reference, tmp_path):
    name, path = kind
    facts = probe_media(path)
    damage = song_checked(path, facts).damage
    late = STARTS_LATE.get(name, 0.0)
    whole = heard(path)
    for moment in (0.5, 4.0):
        assert abs(lateness(whole, moment + late, reference, moment)) < 0.005
    assert abs(analyze_song(path).duration_seconds - whole.shape[1] / RATE) < 0.002
    window = heard(cut_wav(path, 1.0, 4.9, tmp_path / "window.wav"))
    assert abs(lateness(window, 3.0 + late, reference, 4.0)) < 0.005
    plan = ShotPlan((Shot(clip, 72),), SHAPE, song=SongPart(as_source(path), Fraction(3, 2), Fraction(9, 2)))
    with SegmentCache(tmp_path / "segments", 10**9).session() as session:
        composed = compose(
            plan, tmp_path / "final.mp4", cache=session, progress=lambda *_: None, cancelled=lambda: False
        )
        proof = prove(composed, session, lambda: False)
    assert proof.passed, proof.checks
    assert abs(lateness(heard(composed.path), 2.4 + late, reference, 3.9)) < 0.005
    if name in DAMAGED:
        assert any(1.0 < gap.at_seconds < 3.5 and gap.missing_seconds > 0.05 for gap in damage)


@pytest.mark.parametrize("name", ["joined.mp3", "joined_rates.mp3", "chained_rates.ogg", "chained_mono.opus"])
def test_joined_songs_are_heard_to_the_end(folder, reference, name):
    path = KINDS[name](folder)
    whole = heard(path)
    assert probe_media(path).duration_seconds == pytest.approx(2 * SECONDS, abs=0.15)
    assert whole.shape[1] / RATE == pytest.approx(2 * SECONDS, abs=0.1)
    # An mp3's second part starts with the padding of the first and its own delay.
    assert abs(lateness(whole, SECONDS + 4.0, reference, 4.0)) < 0.1


def test_zeroed_bytes_in_an_mp3_are_told_and_the_rest_moves_up_as_in_players(folder, reference):
    path, damage = with_hole(encoded(folder, "whole.mp3", *MP3), "hole.mp3", 8000), Damage()
    whole = heard(path, damage)
    missing = sum(gap.missing_seconds for gap in damage.gaps)
    assert damage.places == [2]
    assert missing == pytest.approx(0.5, abs=0.15)
    assert whole.shape[1] / RATE < SECONDS - 0.3


def test_a_missing_end_is_told(folder, tmp_path):
    path, damage = tmp_path / "song.flac", Damage()
    content = encoded(folder, "whole.flac").read_bytes()
    path.write_bytes(content[: len(content) // 2])
    whole = heard(path, damage)
    assert damage.gaps[-1].missing_seconds == pytest.approx(SECONDS - whole.shape[1] / RATE, abs=0.01)


def without_index(folder: Path) -> bytes:
    content = encoded(folder, "late_index.m4a", "-c:a", "aac").read_bytes()
    return content[: len(content) * 2 // 3]


def protected(folder: Path) -> bytes:
    return encoded(folder, "fast.m4a", *FAST_AAC).read_bytes().replace(b"mp4a", b"drms", 1)


def cut_off(folder: Path) -> bytes:
    content = encoded(folder, "fast.m4a", *FAST_AAC).read_bytes()
    return content[: len(content) * 2 // 3]


@pytest.mark.parametrize(
    ("make", "words"),
    [(without_index, "its index is missing"), (protected, "copy-protected"), (cut_off, "its end is missing")],
)
def test_what_cannot_be_played_is_refused_in_words(folder, tmp_path, make, words):
    path = tmp_path / "song.m4a"
    path.write_bytes(make(folder))
    with pytest.raises(StudioError, match=words):
        song_checked(path, probe_media(path))
