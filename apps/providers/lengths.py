"""How long inputs and outputs are, which decides what a call costs."""

from apps.core.errors import InputError
from apps.media.probe import probe_media
from apps.providers.base import MediaInput


def output_seconds(video: MediaInput, audio: MediaInput, sync_mode: str) -> float:
    """The length of a lip-synced clip: `cut_off` ends with the shorter, `silence` with the longer, else the audio."""
    sound = seconds_of(audio)
    if sync_mode == "cut_off":
        return min(sound, seconds_of(video))
    if sync_mode == "silence":
        return max(sound, seconds_of(video))
    return sound


def seconds_of(media: MediaInput) -> float:
    """The input's length, probed where the caller did not say. Raises InputError for a file without one."""
    if media.duration_seconds is not None:
        return media.duration_seconds
    found = probe_media(media.path).duration_seconds
    if found is None:
        raise InputError("The length of the file cannot be read. Choose an audio or video file.")
    return found
