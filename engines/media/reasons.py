"""What ffmpeg's messages mean to people: the line that says why a run failed, and a sentence saying what to do.

The wording of the lines is that of ffmpeg 5 to 9; the tests provoke each with the installed one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import av.error

from engines.errors import MediaToolError


@dataclass(frozen=True)
class Failure:
    """`sentence` is for people, `code` for programs; `line` is the tool's own, for the log."""

    sentence: str
    code: str
    line: str


@dataclass(frozen=True)
class _Reason:
    pattern: re.Pattern[str]
    code: str
    sentence: str


def _reason(code: str, pattern: str, sentence: str) -> _Reason:
    return _Reason(re.compile(pattern, re.IGNORECASE), code, sentence)


_SETUP = "Run `make setup` to install the ffmpeg that the studio is made for."
_DAMAGED = "The file is damaged and can't be decoded. Export it again, or upload another copy."
_SIZES = "Export it at a common size, such as 1280×720 or 1920×1080."

# Looked for in every line, since the lines before them only tell the consequences.
_SURROUNDINGS = (
    _reason(
        "disk_full", r"no space left on device|disk quota exceeded|file too large",
        "The studio's disk is full. Free some space, then try again.",
    ),
    _reason(
        "out_of_memory", r"cannot allocate memory|out of memory|malloc of size \d+ failed",
        "There wasn't enough memory. Close other programs or choose a smaller resolution, then try again.",
    ),
    _reason(
        "files_limit", r"too many open files",
        "The studio has too many files open. Try again; if it happens again, raise the system's limit (`ulimit -n`).",
    ),
    _reason(
        "not_permitted", r"permission denied|read-only file system",
        "The studio isn't allowed to read or write one of its files. Check who owns its data folder.",
    ),
    _reason(
        "disk_error", r"input/output error",
        "The disk reported an error. Check the disk that holds the studio's data, then try again.",
    ),
)  # fmt: skip

# The first line that has one of these gives the reason.
_REASONS = (
    _reason(
        "protected_media", r"\((?:encv|enca|drmi|drms) / 0x",
        "The file is copy-protected (DRM) and can't be used. Use a copy without protection.",
    ),
    _reason(
        "incomplete_media", r"moov atom not found",
        "The file is incomplete: its index is missing, as after an interrupted recording or download. "
        "Export or download it again.",
    ),
    _reason(
        "unsupported_codec",
        r"no decoder found for|unknown decoder|decoder not found|decoder \(codec .*\) not found|: unknown codec",
        "The file's codec isn't supported. Convert it to mp4 (H.264 and AAC), mp3 or wav.",
    ),
    _reason(
        "missing_encoder", r"unknown encoder|encoder not found|cannot load lib",
        f"An encoder is missing from this ffmpeg. {_SETUP}",
    ),
    _reason(
        "missing_filter", r"no such filter|(?<!bitstream )filter not found|bitstream filter not found",
        f"An effect is missing from this ffmpeg. {_SETUP}",
    ),
    _reason(
        "unknown_option",
        r"option not found|unrecognized option|error applying option|invalid (?:preset|duration for option)"
        r"|undefined constant|error parsing (?:a filter|filterchain|bitstream filter)|mismatched '\['"
        r"|output format '.*' is not known|unable to choose an output format",
        f"This ffmpeg doesn't understand a setting that the studio uses. {_SETUP}",
    ),
    _reason(
        "unsupported_pixels", r"unknown pixel format|incompatible pixel format|impossible to convert between",
        "The picture's pixel format isn't supported. Export the file as 8-bit 4:2:0 (yuv420p).",
    ),
    _reason(
        "uneven_tracks", r"too many packets buffered",
        "Sound and picture lie too far apart in the file. Export it again as mp4, or without its sound.",
    ),
    _reason(
        "odd_size", r"(?:width|height) not divisible by 2",
        f"The picture's width and height must be even. {_SIZES}",
    ),
    _reason("bad_size", r"picture size \S+ is invalid", f"The picture is too small or too large. {_SIZES}"),
    _reason(
        "bad_size", r"invalid too big or non positive size|dimensions .* not supported",
        f"The picture is smaller than the part that is needed of it. {_SIZES}",
    ),
    _reason(
        "missing_track", r"matches no streams|does not contain any stream",
        "The file lacks the picture or the sound that is needed here. Choose a file that has it.",
    ),
    _reason(
        "refers_elsewhere", r"protocol '.*' not on whitelist|not on protocol whitelist",
        "The file only refers to other files, which the studio doesn't open. Upload the media file itself.",
    ),
    _reason(
        "not_media", r"format not on whitelist",
        "This isn't a supported audio, video or image file. Choose a file such as mp3, wav, mp4 or png.",
    ),
    _reason(
        "unsupported_profile",
        r"profile doesn't support|error setting profile|unsupported .*profile|is not implemented|not yet implemented",
        "The file uses a rare variant of its format. Export it as ordinary mp4 (H.264 and AAC), mp3 or wav.",
    ),
    _reason(
        "unsupported_rate", r"sample rate \d+ is not supported|invalid sample rate",
        "The sound's sample rate isn't supported. Export it with 44,100 or 48,000 samples per second.",
    ),
    _reason(
        "unusable_channels",
        r"channel layout '.*' is not supported|(?:invalid|unsupported) channel layout|rematrix is needed",
        "The sound's channels can't be used as they are. Export it in stereo.",
    ),
    _reason(
        "sizes_differ", r"do not match the corresponding",
        "The pictures to be joined differ in size or rate. Export the clips in the same format.",
    ),
    _reason(
        "unsupported_colours", r"no path between colorspaces|unsupported (?:color|colour)",
        "The picture's colors are marked in a way that can't be converted. Export it as SDR in BT.709.",
    ),
    _reason(
        "unsuitable_container",
        r"are supported for webm|could not find tag for codec|muxer supports only|exactly one mp3 audio stream",
        "This kind of sound or picture can't be stored in that type of file. Choose mp4.",
    ),
    _reason(
        # ffmpeg 9, where a track refers to itself, such as a time code to its own times.
        "damaged_media", r"error opening input: file exists",
        "The file's tracks refer to one another in a way that can't be followed. Export it again as mp4.",
    ),
    _reason("missing_font", r"cannot find a valid font|could not load font", f"A font is missing. {_SETUP}"),
    _reason(
        "file_gone", r"no such file or directory|unable to open",
        "A file that is needed is no longer there. Try again; if it happens again, upload the file again.",
    ),
    _reason("not_permitted", r"is a directory", "There is a folder where a file should be written. Move it away."),
    _reason(
        "damaged_media",
        r"invalid nal unit|missing picture in access unit|non-existing [ps]ps|no start code is found|header missing"
        r"|splitting the input into nal|error while decoding|error decoding|error submitting packet|decode_band_types"
        r"|channel element .* is not allocated|invalid data found|corrupt|truncated|error during demuxing"
        r"|decode error rate|opening input: end of file|invalid (?:frame|residual|sync)|incorrect codec parameters",
        _DAMAGED,
    ),
)  # fmt: skip

# What follows from an error told before.
_CONSEQUENCE = re.compile(
    r"^(?:conversion failed|task finished with error|terminating thread|nothing was written|error opening (?:in|out)put"
    r"|error sending frames|error while (?:opening encoder|filtering)|could not (?:open encoder|write header)"
    r"|error (?:re)?initializing|failed to configure|error selecting an encoder|error (?:parsing options|splitting)"
    r"|failed to set value|error binding|error : |supported |no filtered frames)",
    re.IGNORECASE,
)
_LEVEL = re.compile(r"\[(error|fatal|panic)\]:?\s*(.*)$")
_FOLDERS = re.compile(r"(?:file:)?(?:/[^\s/'\":]+)+/(?=[^\s/])")


PROTECTED = Failure(_REASONS[0].sentence, _REASONS[0].code, "encrypted track")


def explained(text: str, *, exit_status: int | None = None) -> Failure:
    """Return what failed, from ffmpeg's output with levels (`-loglevel +level+info`) or a PyAV error's text.

    `exit_status` is the process's; a negative one is the signal that ended it.
    """
    every = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [found[2] for line in every if (found := _LEVEL.search(line)) and found[2]] or every[-1:]
    return (
        _first(errors, _SURROUNDINGS)
        or _killed(exit_status)
        # Tells of a protected file only by a warning, and by its codec being unknown.
        or _first(every, _REASONS[:1])
        or _first([line for line in errors if not _CONSEQUENCE.match(line)], _REASONS)
        or _first(errors, _REASONS)
        or _other(errors)
    )


def decoding_error(error: av.error.FFmpegError) -> MediaToolError:
    """Return what a failure of the decoding library means to people."""
    failure = explained(str(error))
    return MediaToolError(failure.sentence, code=failure.code, evidence={"reason": failure.line})


def _first(lines: Sequence[str], reasons: Sequence[_Reason]) -> Failure | None:
    for line in lines:
        for reason in reasons:
            if reason.pattern.search(line):
                return Failure(reason.sentence, reason.code, line)
    return None


def _killed(exit_status: int | None) -> Failure | None:
    if exit_status is None or exit_status >= 0:
        return None
    if exit_status == -9:
        sentence = (
            "The system stopped the media tool, most likely for lack of memory. Close other programs, then try again."
        )
        return Failure(sentence, "out_of_memory", "killed by signal 9")
    sentence = "The media tool crashed on this file. Export it again in a common format, such as mp4, mp3 or wav."
    return Failure(sentence, "media_crash", f"ended by signal {-exit_status}")


def _other(errors: Sequence[str]) -> Failure:
    telling = [line for line in errors if not _CONSEQUENCE.match(line)] or list(errors)
    line = _FOLDERS.sub("", telling[0]).rstrip(".! ") if telling else "it gave no reason"
    sentence = (
        f"The media tool couldn't process the file: {line[:200]}. Export it again in a common format, then try again."
    )
    return Failure(sentence, "media_error", line)
