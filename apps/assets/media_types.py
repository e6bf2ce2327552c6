"""Choose the content type and file suffix of a file by its content."""

from engines.media.facts import MediaFacts

# By container (ffmpeg's or Pillow's name): the types for audio only, and with video.
AUDIO_TYPES = {
    "mp3": ("audio/mpeg", ".mp3"),
    "wav": ("audio/wav", ".wav"),
    "w64": ("audio/x-w64", ".w64"),
    "flac": ("audio/flac", ".flac"),
    "mov": ("audio/mp4", ".m4a"),
    "mp4": ("audio/mp4", ".m4a"),
    "aac": ("audio/aac", ".aac"),
    "ogg": ("audio/ogg", ".ogg"),
    "matroska": ("audio/webm", ".weba"),
    "aiff": ("audio/aiff", ".aiff"),
    "caf": ("audio/x-caf", ".caf"),
    "asf": ("audio/x-ms-wma", ".wma"),
}
VIDEO_TYPES = {
    "mov": ("video/mp4", ".mp4"),
    "mp4": ("video/mp4", ".mp4"),
    "matroska": ("video/x-matroska", ".mkv"),
    "avi": ("video/x-msvideo", ".avi"),
    "mpegts": ("video/mp2t", ".ts"),
    "mpeg": ("video/mpeg", ".mpg"),
    "flv": ("video/x-flv", ".flv"),
    "asf": ("video/x-ms-wmv", ".wmv"),
    "ogg": ("video/ogg", ".ogv"),
}
WEB_CODECS = {"vp8", "vp9", "av1", "libdav1d"}
IMAGE_TYPES = {
    "png": ("image/png", ".png"),
    "jpeg": ("image/jpeg", ".jpg"),
    "webp": ("image/webp", ".webp"),
    "gif": ("image/gif", ".gif"),
    "bmp": ("image/bmp", ".bmp"),
    "tiff": ("image/tiff", ".tif"),
    "avif": ("image/avif", ".avif"),
    "heif": ("image/heic", ".heic"),
}
# Current browsers show these; Safari alone also shows HEIC and TIFF.
BROWSER_IMAGE_TYPES = {"image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/avif"}
# More than phones can show beside others.
MOST_BROWSER_PIXELS = 50_000_000
PROBED_PREFIXES = ("audio/", "video/", "image/")


def media_type(facts: MediaFacts) -> tuple[str, str]:
    """Return (content type, suffix with its dot)."""
    container = facts.container.lower()
    if facts.kind == "image":
        return IMAGE_TYPES.get(container, ("application/octet-stream", ".bin"))
    if facts.kind == "audio":
        return AUDIO_TYPES.get(container, ("audio/x-unknown", ".bin"))
    if container == "matroska" and facts.video_codec in WEB_CODECS:
        return ("video/webm", ".webm")
    return VIDEO_TYPES.get(container, ("video/x-unknown", ".bin"))
