"""The only place that builds ffmpeg command lines: inputs, filter graphs and outputs.

ffmpeg-python numbers the inputs, names the links and escapes the values. It is untyped, so `Any` is confined to this
module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
from ffmpeg.nodes import FilterNode, InputNode

from engines.errors import InputError
from engines.media.probe import ALLOWED_DEMUXERS

Value = str | int | float | Fraction
Options = Mapping[str, Value]


@dataclass(frozen=True, eq=False)
class Stream:
    """Video, audio or subtitles within one command: from an input, or the output of a filter.

    A filter's output can be used only once; `split` duplicates it."""

    _edge: Any

    def filter(self, name: str, **options: Value) -> "Stream":
        """Apply a filter. Options are passed by name, because only named ones are escaped correctly."""
        return combine(name, [self], **options)

    def split(self) -> tuple["Stream", "Stream"]:
        """Return the same pictures twice."""
        both = FilterNode([self._edge], "split")
        return Stream(both.stream(0)), Stream(both.stream(1))


def combine(name: str, streams: Sequence[Stream], **options: Value) -> Stream:
    """Apply a filter with several inputs."""
    node = FilterNode([stream._edge for stream in streams], name, max_inputs=None, kwargs=_written(options))
    return Stream(node.stream())


class Input:
    """A file a command reads."""

    def __init__(self, path: Path, **options: Value) -> None:
        # The prefix keeps a name with a colon or a leading dash from being misread. Positional arguments aren't part
        # of the command line but of the node's identity: without a unique one, a file read twice in the same way
        # would be one input, and ffmpeg-python would reject a graph that uses it twice.
        self._node = InputNode("input", args=[object()], kwargs={**_written(options), "filename": f"file:{path}"})

    @property
    def pictures(self) -> Stream:
        return self._stream("v:0")

    @property
    def sound(self) -> Stream:
        return self._stream("a:0")

    @property
    def words(self) -> Stream:
        return self._stream("s:0")

    def track(self, number: int | None) -> Stream:
        """Return a track by its number in the file, as in `MediaFacts`."""
        if number is None:
            raise InputError("The file has no such track.", code="no_track")
        return self._stream(str(number))

    def _stream(self, selector: str) -> Stream:
        return Stream(self._node.stream(selector=selector))


def media_file(path: Path, **options: Value) -> Input:
    """Open a file from outside: local files and demuxers of known media only."""
    return Input(path, protocol_whitelist="file,pipe", format_whitelist=",".join(ALLOWED_DEMUXERS), **options)


def samples_file(path: Path, *, rate: int, channels: int) -> Input:
    """Open raw samples written by `write_pcm`."""
    return Input(path, protocol_whitelist="file", format="f32le", ar=rate, ac=channels)


def pixels_file(path: Path, *, width: int, height: int) -> Input:
    """Open one picture that we wrote as raw RGB."""
    # `video_size` would be taken for a pair of numbers.
    return Input(path, protocol_whitelist="file", format="rawvideo", pixel_format="rgb24", s=f"{width}x{height}")


def subtitles_file(path: Path) -> Input:
    """Open an SRT file we wrote."""
    return Input(path, protocol_whitelist="file", format="srt")


@dataclass(frozen=True)
class Command:
    """What ffmpeg should write: exactly these streams, in this order, with these output options."""

    streams: Sequence[Stream]
    options: Options

    def to_file(self, path: Path, container: str) -> list[str]:
        """Return the arguments (without the program's name) to write to `path`, replacing any file there."""
        return self._arguments(f"file:{path}", container)

    def to_nothing(self) -> list[str]:
        """Return the arguments to decode and filter everything and discard the output."""
        return self._arguments("-", "null")

    def _arguments(self, target: str, container: str) -> list[str]:
        edges = [stream._edge for stream in self.streams]
        output = ffmpeg.output(*edges, target, format=container, **_written(self.options))
        arguments: list[str] = output.get_args(overwrite_output=True)
        return arguments


def _written(options: Options) -> dict[str, str]:
    # ffmpeg reads times to the microsecond, and can't read the exponent form Python gives small numbers.
    return {name: f"{value:.6f}" if isinstance(value, float) else str(value) for name, value in options.items()}
