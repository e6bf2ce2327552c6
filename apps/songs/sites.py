"""Fetch the audio of a page on a music or video site with yt-dlp.

The link's host decides whether yt-dlp is used and which extractors may run, since their own patterns also match
links that only mention a site. The best audio stream is fetched whole and cut later, exactly to the sample; yt-dlp's
own sections are neither exact nor limited in size.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
import yt_dlp
from django.conf import settings
from yt_dlp.extractor import gen_extractor_classes
from yt_dlp.utils import DownloadCancelled, DownloadError, YoutubeDLError

from apps.core.errors import InputError, ProviderError, WorkCancelled
from apps.core.guarded_fetch import FetchRefused, refusal_within, web_address_check
from apps.songs.site_requests import GuardedDownloader

log = structlog.get_logger(__name__)

# A stalled server is abandoned after this; the whole fetch has the job's time limit.
SOCKET_SECONDS = 20
# A four-hour concert as Opus; anything longer isn't a song, even when clipped.
MOST_BYTES = 700 * 1024**2
MOST_SECONDS = 4 * 3600

# Protocols that yt-dlp fetches itself, through our connections; for others it starts programs that open their own.
NATIVE = "[protocol~='^(https?|m3u8(_native)?|http_dash_segments)$']"

# What yt-dlp's messages mean for users. The texts come from the sites, so they can only be matched by pattern.
UPLOAD_INSTEAD = "Download the song yourself and upload the file."
MEANINGS: tuple[tuple[str, str, str], ...] = (
    ("not a bot", "bot_check", f"The site blocked this server as a bot. {UPLOAD_INSTEAD}"),
    (
        "confirm your age|age.?restrict",
        "age_restricted",
        f"The site requires sign-in to check age. {UPLOAD_INSTEAD}",
    ),
    ("private|member|log ?in|sign in|account", "private", "This is private or for members only. Use another link."),
    (
        "country|geo.?restrict",
        "geo_restricted",
        f"The site blocks this server's country. {UPLOAD_INSTEAD}",
    ),
    ("premiere|will begin|upcoming|live event", "live", "This hasn't been broadcast yet. Import it afterwards."),
    (
        "unavailable|removed|terminated|not exist|404|not found",
        "unavailable",
        "There is nothing at this link anymore.",
    ),
    ("ffmpeg", "unknown_stream", f"The site sends this audio in an unsupported format. {UPLOAD_INSTEAD}"),
    ("copyright|drm", "protected", "The site doesn't allow this to be downloaded. Use another link."),
    (
        "requested format|challenge|nsig|signature|player|403",
        "site_changed",
        f"The site has changed and yt-dlp must be updated by the operator. {UPLOAD_INSTEAD}",
    ),
)
PASSING = re.compile(r"timed out|timeout|connection|temporar|HTTP Error (429|5\d\d)", re.IGNORECASE)


@dataclass(frozen=True)
class SiteAudio:
    """The fetched file and the site's facts about it."""

    path: Path
    title: str
    artist: str


def site_knows(url: str) -> bool:
    """Whether an allowed site serves this link. Only the URL's form is checked."""
    return any(extractor.suitable(url) for extractor in _classes(_extractors(url)))


def site_audio_fetch(
    url: str, *, into: Path, progress: Callable[[float], None], cancelled: Callable[[], bool]
) -> SiteAudio:
    """Fetch the best audio stream of the page into the folder `into`.

    Raises InputError for what can't be imported (playlist, live, private, too long, bot check), ProviderError for
    temporary trouble, WorkCancelled.
    """
    messages = _Log()
    try:
        with GuardedDownloader(_options(url, into, progress, cancelled) | {"logger": messages}) as downloader:
            info = downloader.extract_info(url, download=False)
            _check(info)
            info = downloader.process_ie_result(info, download=True)
    except DownloadCancelled as error:
        raise WorkCancelled from error
    except YoutubeDLError as error:
        raise refusal_within(error) or _translated(error) from error
    except ValueError as error:
        # It fetches fragments in threads. The one that gives up closes the file, maybe before an earlier one's bytes
        # are written, and then the writing is what fails.
        if not messages.last_error:
            raise
        raise _translated(DownloadError(messages.last_error)) from error
    # yt-dlp doesn't raise for a rejected size or a filter; it just returns no file.
    files = [entry.get("filepath") for entry in info.get("requested_downloads") or ()]
    if not files or not files[0] or not Path(files[0]).is_file():
        raise InputError(f"The audio at this link is larger than {MOST_BYTES // 1024**2} MB.", code="too_large")
    return SiteAudio(
        path=Path(files[0]),
        title=str(info.get("track") or info.get("title") or "")[:200],
        artist=str(info.get("artist") or info.get("creator") or info.get("uploader") or "")[:200],
    )


def _extractors(url: str) -> tuple[str, ...]:
    """Return yt-dlp's names of the extractors for this link: those of the site its host belongs to."""
    try:
        web_address_check(url)
    except FetchRefused:
        return ()
    host = (urlsplit(url).hostname or "").removesuffix(".")
    # URL parsers disagree on where the host ends if there are other characters, such as a semicolon.
    if not re.fullmatch(r"[a-z0-9.-]+", host):
        return ()
    found = [names for site, names in settings.IMPORT_SITES.items() if host == site or host.endswith(f".{site}")]
    return tuple(found[0]) if found else ()


@cache
def _classes(names: tuple[str, ...]) -> list[Any]:
    wanted = {name.lower() for name in names}
    return [extractor for extractor in gen_extractor_classes() if extractor.IE_NAME.lower() in wanted]


def _options(url: str, into: Path, progress: Callable[[float], None], cancelled: Callable[[], bool]) -> dict[str, Any]:
    def watch(status: Mapping[str, Any]) -> None:
        if cancelled():
            raise DownloadCancelled("the job is over")
        total = status.get("total_bytes") or status.get("total_bytes_estimate")
        if total:
            progress(100 * status.get("downloaded_bytes", 0) / total)

    return {
        "format": f"bestaudio{NATIVE}/best{NATIVE}",
        "noplaylist": True,
        "extract_flat": "in_playlist",
        "allowed_extractors": [f"^{re.escape(name)}$" for name in _extractors(url)],
        "outtmpl": {"default": "source.%(ext)s"},
        "paths": {"home": str(into), "temp": str(into)},
        "overwrites": True,
        "cachedir": False,
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "retries": 5,
        "fragment_retries": 5,
        # A song with a missing fragment is not the song.
        "skip_unavailable_fragments": False,
        "hls_prefer_native": True,
        # Deliberately nonexistent: an ffmpeg started by yt-dlp would open URLs itself.
        "ffmpeg_location": str(into / "no-ffmpeg"),
        "file_access_retries": 3,
        "socket_timeout": SOCKET_SECONDS,
        "max_filesize": MOST_BYTES,
        "concurrent_fragment_downloads": 4,
        "fixup": "never",
        "postprocessors": [],
        "progress_hooks": [watch],
    }


class _Log:
    """Sends yt-dlp's messages to our log instead of stderr, and keeps the last error."""

    last_error = ""

    def debug(self, message: str) -> None:
        log.debug("yt_dlp", message=message)

    def warning(self, message: str) -> None:
        log.info("yt_dlp_warning", message=message)

    def error(self, message: str) -> None:
        self.last_error = message
        log.info("yt_dlp_error", message=message)


def _check(info: Mapping[str, Any]) -> None:
    if info.get("_type") in {"playlist", "multi_video"}:
        raise InputError("This is a playlist. Open one of its songs and use that link.", code="playlist")
    if info.get("live_status") in {"is_live", "is_upcoming", "post_live"} or info.get("is_live"):
        raise InputError("This is a live broadcast. Import it when it has ended.", code="live")
    seconds = info.get("duration")
    if seconds and seconds > MOST_SECONDS:
        hours = MOST_SECONDS // 3600
        raise InputError(f"This is longer than {hours} hours. Use a link to just the song.", code="too_long")


def _translated(error: YoutubeDLError) -> Exception:
    text = str(error).removeprefix("ERROR: ")
    evidence = {"yt_dlp": text[:2000], "version": yt_dlp.version.__version__}
    if isinstance(error, DownloadError) and PASSING.search(text):
        return ProviderError("The site did not respond properly.", raw=evidence, code="site_trouble")
    for pattern, code, meaning in MEANINGS:
        if re.search(pattern, text, re.IGNORECASE):
            return InputError(meaning, code=code, evidence=evidence)
    return InputError(f"The audio could not be fetched: {text[:300]}", code="import_failed", evidence=evidence)
