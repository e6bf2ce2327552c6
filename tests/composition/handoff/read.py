"""What the strict readers of the exported timelines read, the same from each format."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cut:
    """What is shown from `record_in`: the file, its frame there, and the dissolve around it (before, after)."""

    name: str
    record_in: int
    record_out: int
    source_in: int
    dissolve: tuple[int, int]


@dataclass(frozen=True)
class Mark:
    text: str
    frame: int
    frames: int


@dataclass(frozen=True)
class Timeline:
    """Frames count from the timeline's first, whose timecode is `first_frame` in frames. `files` are the paths that
    the timeline refers to, decoded."""

    title: str
    first_frame: int
    cuts: list[Cut]
    marks: list[Mark] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def frames_of(code: str, timebase: int) -> int:
    """Return the frame number of a non-drop timecode."""
    hours, minutes, seconds, frames = map(int, code.split(":"))
    assert hours < 24
    assert minutes < 60
    assert seconds < 60
    assert frames < timebase
    return ((hours * 60 + minutes) * 60 + seconds) * timebase + frames


def assert_inside_the_package(path: str) -> None:
    """The path works on Windows, macOS and Linux, relative to the folder that the package is unpacked into."""
    assert path.isascii() and not set(path) & set('<>:"|?*\\\x00'), path
    for part in path.split("/"):
        assert part not in {"", ".", ".."} and not part.endswith((".", " ")), path
        assert part.split(".")[0].lower() not in {"con", "prn", "aux", "nul"}, path
