"""Check by content which files are songs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.core.errors import InputError, MediaToolError
from engines.listening.analyze import LEAST_SECONDS, stem_voice
from engines.listening.decoding import SAMPLE_RATE, audio_blocks
from engines.listening.voice import VoiceActivity, VoiceSpan
from engines.lyrics.encodings import repaired
from engines.media.confined import confined
from engines.media.facts import MediaFacts
from engines.media.packets import Damage, Gap
from engines.media.probe import open_media

# Containers (ffmpeg's names) that every supported browser and provider accepts.
SONG_CONTAINERS = {"mp3", "wav", "flac", "mov", "mp4", "aac", "ogg"}
SONG_FORMATS = "mp3, wav, flac, m4a, aac, ogg or opus"
# How much of an upload is decoded before it is accepted, so that damage is told at once: up to five minutes, but after
# the first half minute no more than fits into a request. The analysis reads the rest.
CHECKED_SECONDS = 300.0
SURELY_CHECKED_SECONDS = 30.0
CHECK_SECONDS = 1.0
# Ten times what decoding a minute of audio, and an hour of it, takes on a slow machine.
CHECK_LIMIT_SECONDS = 60.0
STEM_LIMIT_SECONDS = 180.0
# A file with more undecodable packets than this isn't the intended song. It is refused here or not at all.
MOST_BROKEN_SHARE = 0.25


@dataclass(frozen=True)
class SongTags:
    """The file's own tags; empty where it has none."""

    title: str
    artist: str


@dataclass(frozen=True)
class CheckedSong:
    """`damage` are the places that can't be decoded, as far as the song was checked: at most five minutes."""

    tags: SongTags
    damage: tuple[Gap, ...]


def song_checked(path: Path, facts: MediaFacts) -> CheckedSong:
    """Raise InputError for a file that isn't a song: another format, badly damaged, or too short to hear."""
    container_checked(facts)
    found = _confined(song_probe, path, CHECK_LIMIT_SECONDS)
    return CheckedSong(SongTags(**found["tags"]), tuple(Gap(at, missing) for at, missing in found["damage"]))


def song_tags(path: Path) -> SongTags:
    """Return the tags of a file with sound. Decodes nothing."""
    return SongTags(**_confined(tags_probe, path, CHECK_LIMIT_SECONDS))


def container_checked(facts: MediaFacts) -> None:
    """Raise InputError for a file that isn't one of a song's formats. Decodes nothing."""
    if facts.kind != "audio" or facts.container not in SONG_CONTAINERS:
        raise _refusal(f"Songs are {SONG_FORMATS}. Convert this file first.", "wrong_format")


def stem_checked(path: Path) -> tuple[VoiceActivity, float]:
    """Return where the vocal stem has sound, and its length in seconds. Decodes all of it.

    Raises InputError for one that is damaged or too short to hear."""
    found = _confined(stem_probe, path, STEM_LIMIT_SECONDS)
    spans = tuple(VoiceSpan(float(start), float(end)) for start, end in found["ranges"])
    return VoiceActivity(spans, sings=bool(spans)), found["seconds"]


def _confined(probe: Callable[[str], dict[str, Any]], path: Path, seconds: float) -> dict[str, Any]:
    """Decode the file in a confined child process, since it comes from a stranger."""
    try:
        found: dict[str, Any] = confined(probe, str(path.resolve()), seconds=seconds)
    except (InputError, MediaToolError) as error:
        raise _refusal(error.message, error.code) from error
    return found


def song_probe(path: str) -> dict[str, Any]:
    """Decode the song; return its tags and damage. Raises InputError if much of it is damaged, or it is too short."""
    seconds, damage, started = 0.0, Damage(), time.monotonic()
    for block in audio_blocks(Path(path), damage=damage):
        seconds += block.shape[1] / SAMPLE_RATE
        slow = time.monotonic() - started > CHECK_SECONDS
        if seconds > (SURELY_CHECKED_SECONDS if slow else CHECKED_SECONDS):
            break
    _check_heard(seconds, damage)
    return {"tags": tags_probe(path), "damage": [(gap.at_seconds, gap.missing_seconds) for gap in damage.gaps]}


def _check_heard(seconds: float, damage: Damage) -> None:
    if damage.share > MOST_BROKEN_SHARE:
        message = "This audio file is damaged: much of it can't be decoded. Export it again and upload the new file."
        raise InputError(message, code="damaged_audio")
    if seconds < LEAST_SECONDS:
        raise InputError("The song is shorter than half a second.", code="song_too_short")


def tags_probe(path: str) -> dict[str, Any]:
    """Return the file's title and artist as JSON."""
    with open_media(Path(path)) as container:
        stream_tags = container.streams.audio[0].metadata  # Ogg keeps its tags there
        tags = {name.lower(): value for name, value in {**stream_tags, **container.metadata}.items()}
    return {"title": _plain(tags.get("title", "")), "artist": _plain(tags.get("artist", ""))}


def stem_probe(path: str) -> dict[str, Any]:
    """Return `stem_voice` as JSON. Raises InputError as `song_probe` does."""
    damage = Damage()
    voice, seconds = stem_voice(Path(path), damage=damage)
    _check_heard(seconds, damage)
    return {"ranges": [(span.start, span.end) for span in voice.spans], "seconds": seconds}


def _plain(text: str) -> str:
    return repaired(text.replace("\x00", "").strip())[:200]


def _refusal(message: str, code: str) -> InputError:
    return InputError(message, code=code, errors={"file": [message]})
