"""How long inputs and outputs are, which decides what a call costs.

A quote is asked for before any file is fetched: then the caller's facts are all there is, and the length of a
linked file is taken to be the flavor's `duration_seconds`.
"""

from fractions import Fraction

from apps.core.errors import InputError
from apps.providers.base import LipsyncRequest, MediaInput
from engines.media.probe import probe_media

# A scene's usual length, for settings that name none.
USUAL_SECONDS = 8.0
# Sound and picture that were cut to the same length differ by less: by a frame, or a packet of sound.
LOST_END_SECONDS = 0.1


def lipsync_seconds(request: LipsyncRequest, sync_mode: str) -> float:
    """The length of the output: `cut_off` ends with the shorter, `silence` with the longer, else with the audio.
    Raises InputError for a file without a length."""
    usual = float(request.settings.get("duration_seconds", USUAL_SECONDS))
    sound = seconds_of(request.audio, usual=usual)
    if sync_mode == "cut_off":
        return min(sound, seconds_of(request.video, usual=usual))
    if sync_mode == "silence":
        return max(sound, seconds_of(request.video, usual=usual))
    return sound


def seconds_of(media: MediaInput, *, usual: float = USUAL_SECONDS) -> float:
    """The input's length: as the caller says, else probed, else `usual` where the file is not here yet."""
    if media.duration_seconds is not None:
        return media.duration_seconds
    if not media.path.is_file():
        return usual
    found = probe_media(media.path).duration_seconds
    if found is None:
        raise InputError("The length of the file cannot be read. Choose an audio or video file.")
    return found


def frame_rate_of(media: MediaInput) -> Fraction | None:
    """The input's frames per second, as the caller says or probed; None where it cannot be known yet."""
    if media.fps:
        return Fraction(media.fps)
    return probe_media(media.path).fps if media.path.is_file() else None


def lost_end_note(seconds: float) -> str:
    """What a person should know when a voice was cut off after its clip."""
    return (
        f"The sound is {seconds:.1f} seconds longer than the picture, so its end is not heard. "
        "Use a longer clip, or a shorter part of the sound."
    )
