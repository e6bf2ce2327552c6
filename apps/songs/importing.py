"""Get a song's file from a link: fetched, cut exactly, in a format that browsers play."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from apps.assets.media_types import media_type
from apps.assets.uploading.uploads import upload_limit
from apps.core.errors import InputError
from apps.core.guarded_fetch import fetch_named
from apps.songs.formats import SONG_CONTAINERS, song_tags
from apps.songs.pages import page_sound
from apps.songs.sites import site_audio_fetch, site_knows
from engines.media.audio import mixed_channels, write_pcm
from engines.media.commands import Command, media_file, samples_file
from engines.media.facts import MediaFacts
from engines.media.frames import as_seconds
from engines.media.probe import probe_media
from engines.media.runner import run_to_file
from engines.media.untrusted import probe_untrusted

# Servers often send a wrong content type; the real one is detected from the content afterwards.
LINK_CONTENT = ("audio/", "video/", "application/ogg", "application/octet-stream", "binary/octet-stream")
PAGE = "text/html"
FRAGMENTED = {"mov", "mp4"}
# Decoding runs at hundreds of times real time.
CUT_LIMIT_SECONDS = 600.0


@dataclass(frozen=True)
class ImportedAudio:
    path: Path
    facts: MediaFacts
    title: str
    artist: str


def audio_import(
    url: str,
    *,
    start_time: float | None,
    end_time: float | None,
    into: Path,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> ImportedAudio:
    """Fetch the audio behind `url` into the folder `into`, cut to [start_time, end_time) seconds.

    A page of a known site goes through yt-dlp; any other link must lead to a file on a public host, or to a page that
    plays one. Raises InputError with a message if the link or the range is invalid, ProviderError for temporary
    trouble.
    """
    if site_knows(url):
        found = site_audio_fetch(
            url, into=into, progress=lambda percent: progress(0.8 * percent, "Fetching"), cancelled=cancelled
        )
        source, title, artist = found.path, found.title, found.artist
    else:
        progress(5, "Fetching")
        source, title = _file_fetch(url, into)
        artist = ""
    facts = probe_untrusted(source)
    if facts.sample_rate is None:
        raise InputError("There is no audio at this link.", code="not_audio")
    if not site_knows(url):
        tags = song_tags(source)
        title, artist = tags.title or title, tags.artist
    progress(85, "Cutting")
    start, end = _range_checked(start_time, end_time, facts)
    path = source
    if start is not None or end is not None or facts.kind != "audio" or facts.container not in SONG_CONTAINERS:
        path = _flac(source, facts, (start, end), into / "song.flac", cancelled)
    elif facts.container in FRAGMENTED:
        path = _whole(source, into / "song.m4a", cancelled)
    return ImportedAudio(path=path, facts=probe_media(path), title=title, artist=artist)


def _file_fetch(url: str, into: Path) -> tuple[Path, str]:
    """Return the file behind the link (directly or through a page that plays it), and its title: the page's, the name
    that the server gives the file, or the one in the link."""
    most_bytes = upload_limit("audio").size_bytes
    source, title = into / "source", ""
    name = fetch_named(url, into=source, max_bytes=most_bytes, allowed_content=(*LINK_CONTENT, PAGE))
    if found := page_sound(source, url):
        url, title = found
        source = into / "played"
        name = fetch_named(url, into=source, max_bytes=most_bytes, allowed_content=LINK_CONTENT)
    return source, (title or Path(name).stem or unquote(Path(urlsplit(url).path).stem))[:200]


def _range_checked(start: float | None, end: float | None, facts: MediaFacts) -> tuple[float | None, float | None]:
    """Return the range to cut, with None for an end that isn't cut. Raises InputError outside the audio."""
    length = facts.duration_seconds
    if length is not None and (start or 0) >= length:
        raise InputError(f"The audio lasts only {length:.1f} seconds. Choose an earlier start.", code="bad_range")
    if length is not None and end is not None and end >= length:
        end = None
    most_seconds = upload_limit("audio").duration_seconds
    used = (end if end is not None else length or 0) - (start or 0)
    if most_seconds is not None and used > most_seconds:
        raise InputError(
            f"The audio lasts {used / 60:.0f} minutes, but a song can have at most {most_seconds // 60}. "
            "Give start_time and end_time.",
            code="too_long",
        )
    return start or None, end


def _whole(source: Path, output: Path, cancelled: Callable[[], bool]) -> Path:
    """Remux the audio with one index at the front. Sites send it in fragments, in which players can't seek."""
    command = Command([media_file(source).sound], {"c": "copy", "movflags": "+faststart"})
    return run_to_file(command, output, container="mp4", time_limit_seconds=CUT_LIMIT_SECONDS, cancelled=cancelled)


def _flac(
    source: Path,
    facts: MediaFacts,
    span: tuple[float | None, float | None],
    output: Path,
    cancelled: Callable[[], bool],
) -> Path:
    """Encode the span as FLAC, which is lossless and plays in browsers."""
    start, end = as_seconds(span[0] or 0), span[1]
    seconds = None if end is None else as_seconds(end) - start
    shape = {"rate": facts.sample_rate or 44_100, "channels": mixed_channels(facts)}
    samples = output.with_suffix(".samples")
    try:
        write_pcm(source, samples, start=start, seconds=seconds, cancelled=cancelled, **shape)
        sound = samples_file(samples, **shape).sound
        command = Command([sound], {"c:a": "flac", "compression_level": 5, "map_metadata": -1})
        return run_to_file(command, output, container="flac", time_limit_seconds=CUT_LIMIT_SECONDS, cancelled=cancelled)
    finally:
        samples.unlink(missing_ok=True)


def imported_type(audio: ImportedAudio) -> tuple[str, str]:
    """Return (content type, suffix) of the file."""
    return media_type(audio.facts)
