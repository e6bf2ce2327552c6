"""How long inputs and outputs are, which determines what a call costs.

Quotes are requested before any file is fetched, so only the caller's facts are known, and the length of a linked file
is assumed to be the flavor's `duration_seconds`.
"""

from fractions import Fraction

from apps.core.errors import InputError
from apps.providers.request_types import LipsyncRequest, MediaInput
from engines.media.probe import probe_media

# A scene's usual length, for settings without one.
USUAL_SECONDS = 8.0
# Audio and video cut to the same length differ by less than this: by a frame, or an audio packet.
LOST_END_SECONDS = 0.1


def lipsync_seconds(request: LipsyncRequest, sync_mode: str) -> float:
    """Return the output's length: that of the shorter input for `cut_off`, the longer for `silence`, else the audio.
    Raises InputError for a file without a length."""
    usual = float(request.settings.get("duration_seconds", USUAL_SECONDS))
    sound = seconds_of(request.audio, usual=usual)
    if sync_mode == "cut_off":
        return min(sound, seconds_of(request.video, usual=usual))
    if sync_mode == "silence":
        return max(sound, seconds_of(request.video, usual=usual))
    return sound


def seconds_of(media: MediaInput, *, usual: float = USUAL_SECONDS) -> float:
    """Return the input's length: the caller's, else probed, else `usual` if the file isn't here yet."""
    if media.duration_seconds is not None:
        return media.duration_seconds
    if not media.path.is_file():
        return usual
    found = probe_media(media.path).duration_seconds
    if found is None:
        raise InputError("The file's length can't be read. Choose an audio or video file.")
    return found


def frame_rate_of(media: MediaInput) -> Fraction | None:
    """Return the input's frames per second, the caller's or probed; None if not known yet."""
    if media.fps:
        return Fraction(media.fps)
    return probe_media(media.path).fps if media.path.is_file() else None


def lost_end_note(seconds: float) -> str:
    """Return the note about a voice that was cut off at the end of its clip."""
    return (
        f"The audio is {seconds:.1f} seconds longer than the video, so its end is cut off. "
        "Use a longer clip, or a shorter part of the audio."
    )
