"""The one place that builds ffmpeg's command lines: inputs, filter graphs and outputs.

ffmpeg-python numbers the inputs, names the joints and escapes the values. It has no types, so `Any` stays in here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
from ffmpeg.nodes import FilterNode, InputNode

from engines.media.probe import ALLOWED_DEMUXERS

Value = str | int | float | Fraction
Options = Mapping[str, Value]


@dataclass(frozen=True, eq=False)
class Stream:
    """Pictures, sound or words on their way through one command: what an input holds, or what a filter made of it.

    What a filter made goes to one place only; `split` makes two of it."""

    _edge: Any

    def filter(self, name: str, **options: Value) -> "Stream":
        """What a filter makes of this stream. Options go by their names: only named ones are escaped correctly."""
        return combine(name, [self], **options)

    def split(self) -> tuple["Stream", "Stream"]:
        """The same pictures twice."""
        both = FilterNode([self._edge], "split")
        return Stream(both.stream(0)), Stream(both.stream(1))


def combine(name: str, streams: Sequence[Stream], **options: Value) -> Stream:
    """What a filter with several inputs makes of them."""
    node = FilterNode([stream._edge for stream in streams], name, max_inputs=None, kwargs=_written(options))
    return Stream(node.stream())


class Input:
    """A file that a command reads."""

    def __init__(self, path: Path, **options: Value) -> None:
        # The prefix keeps a name with a colon or a leading dash from being taken for something else. Positional
        # arguments are not part of the command line, but of a node's identity: without one of its own, a file that
        # is read twice in the same way counts as one input, and a graph that uses it twice is refused.
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

    def _stream(self, selector: str) -> Stream:
        return Stream(self._node.stream(selector=selector))


def media_file(path: Path, **options: Value) -> Input:
    """A file that somebody handed us: only local files, only demuxers of known media."""
    return Input(path, protocol_whitelist="file,pipe", format_whitelist=",".join(ALLOWED_DEMUXERS), **options)


def samples_file(path: Path, *, rate: int, channels: int) -> Input:
    """Bare samples that `write_pcm` wrote."""
    return Input(path, protocol_whitelist="file", format="f32le", ar=rate, ac=channels)


def subtitles_file(path: Path) -> Input:
    """An SRT file of ours."""
    return Input(path, protocol_whitelist="file", format="srt")


@dataclass(frozen=True)
class Command:
    """What ffmpeg is to write: these streams and no others, in this order, with these options of the output."""

    streams: Sequence[Stream]
    options: Options

    def to_file(self, path: Path, container: str) -> list[str]:
        """The arguments, without the program's name, that write to `path` even where there is a file."""
        return self._arguments(f"file:{path}", container)

    def to_nothing(self) -> list[str]:
        """The arguments that decode and filter everything and keep none of it."""
        return self._arguments("-", "null")

    def _arguments(self, target: str, container: str) -> list[str]:
        edges = [stream._edge for stream in self.streams]
        output = ffmpeg.output(*edges, target, format=container, **_written(self.options))
        arguments: list[str] = output.get_args(overwrite_output=True)
        return arguments


def _written(options: Options) -> dict[str, str]:
    # Times are read to the microsecond, and not in the exponent form that Python gives to small numbers.
    return {name: f"{value:.6f}" if isinstance(value, float) else str(value) for name, value in options.items()}
