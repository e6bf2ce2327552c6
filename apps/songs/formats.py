"""Which files are songs, told by their content."""

from dataclasses import dataclass
from pathlib import Path

from apps.core.errors import InputError
from engines.listening.analyse import LEAST_SECONDS
from engines.listening.decoding import SAMPLE_RATE, audio_blocks
from engines.media.packets import Damage
from engines.media.probe import MediaFacts, open_media

# Containers (ffmpeg's names) that every browser and provider we serve can take.
SONG_CONTAINERS = {"mp3", "wav", "flac", "mov", "mp4", "aac", "ogg"}
SONG_FORMATS = "mp3, wav, flac, m4a, aac, ogg or opus"
# So much of an upload is decoded before it is taken: enough to tell a broken file, quick enough for a request.
CHECKED_SECONDS = 60.0
# A file in which more packets than this fail to decode is not the song that was meant. It is refused here or never.
MOST_BROKEN_SHARE = 0.25


@dataclass(frozen=True)
class SongTags:
    """What the file says of itself; empty where it says nothing."""

    title: str
    artist: str


def song_checked(path: Path, facts: MediaFacts) -> SongTags:
    """Raise InputError for a file that is no song: another format, damaged, or too short to hear."""
    if facts.kind != "audio" or facts.container not in SONG_CONTAINERS:
        raise _refusal(f"Songs are {SONG_FORMATS}. Convert this file first.", "wrong_format")
    samples, damage = 0, Damage()
    for block in audio_blocks(path, damage=damage):
        samples += block.shape[1]
        if samples > CHECKED_SECONDS * SAMPLE_RATE:
            break
    if damage.share > MOST_BROKEN_SHARE:
        raise _refusal(
            "This audio file is damaged: much of it cannot be decoded. Export it again and upload that.",
            "damaged_audio",
        )
    if samples < LEAST_SECONDS * SAMPLE_RATE:
        raise _refusal("The song is shorter than half a second.", "song_too_short")
    with open_media(path) as container:
        stream_tags = container.streams.audio[0].metadata  # Ogg keeps its tags there
        tags = {name.lower(): value for name, value in {**stream_tags, **container.metadata}.items()}
    return SongTags(title=_plain(tags.get("title", "")), artist=_plain(tags.get("artist", "")))


def _plain(text: str) -> str:
    return text.replace("\x00", "").strip()[:200]


def _refusal(message: str, code: str) -> InputError:
    return InputError(message, code=code, errors={"file": [message]})
