"""What a provider can be asked for: one frozen dataclass a capability, and what they are made of."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import ClassVar

from apps.core.json import JsonObject
from apps.providers.capabilities import Capability
from engines.lyrics.parts import section_kind
from engines.lyrics.sung_lines import is_sung_in


@dataclass(frozen=True)
class MediaInput:
    """An input file of a request.

    `path` is always readable here. `public_url` is set if the same bytes can be fetched from outside for a day or
    more; without it, a remote provider sends the file through its own file upload.
    """

    path: Path
    content_type: str
    sha256: str = ""
    public_url: str | None = None
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    fps: str = ""  # of a video, as the text of a fraction


@dataclass(frozen=True)
class SongSection:
    """A part of the song: `label` such as intro, verse, chorus; `energy` from 0 (quiet) to 1 (loudest)."""

    label: str
    start_seconds: float
    end_seconds: float
    energy: float


@dataclass(frozen=True)
class SongPart:
    """A part of the song for the scenes in it: sections of one kind in a row. `time` counts from 1 how often that kind
    has come, `times` how often it comes in all."""

    label: str
    kind: str
    start_seconds: float
    end_seconds: float
    time: int
    times: int


@dataclass(frozen=True)
class SongLine:
    """A line of the lyrics and when it is sung."""

    text: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class SongBrief:
    """What a scene writer gets to know about the song. Times are seconds from the start of the used range."""

    duration_seconds: float
    tempo_bpm: float | None = None
    sections: tuple[SongSection, ...] = ()
    title: str = ""
    # The lines whose times are known, in order.
    lines: tuple[SongLine, ...] = ()
    # Where someone sings, as (start, end); None if unknown.
    sung: tuple[tuple[float, float], ...] | None = None

    def parts(self) -> tuple[SongPart, ...]:
        """Return the parts in order: sections of the same kind that follow each other are one."""
        runs = groupby(self.sections, lambda section: section_kind(section.label))
        kinds = [(kind, list(together)) for kind, together in runs]
        counts = Counter(kind for kind, _ in kinds)
        so_far: Counter[str] = Counter()
        found = []
        for kind, together in kinds:
            so_far[kind] += 1
            first, last = together[0], together[-1]
            found.append(SongPart(first.label, kind, first.start_seconds, last.end_seconds, so_far[kind], counts[kind]))
        return tuple(found)

    def sung_share(self, start: float, end: float) -> float | None:
        """Return how much of [start, end) is sung, 0…1."""
        if self.sung is None:
            return None
        inside = sum(max(0.0, min(end, last) - max(start, first)) for first, last in self.sung)
        return inside / max(end - start, 1e-6)

    def lines_in(self, start: float, end: float) -> tuple[SongLine, ...]:
        """Return the lines sung in [start, end)."""
        return tuple(line for line in self.lines if is_sung_in((line.start_seconds, line.end_seconds), start, end))


@dataclass(frozen=True)
class Subject:
    """Somebody or something that is to be seen. `kind` is "character", "place", "prop" or "style"; `never_change` is
    what has to look the same everywhere, `wardrobe` what is different in this scene."""

    name: str
    kind: str
    description: str = ""
    never_change: str = ""
    wardrobe: str = ""
    picture: MediaInput | None = None


@dataclass(frozen=True)
class ScenesRequest:
    """Write scenes. With a song, `slots` are the planned (start, end) seconds of each scene, and the result has
    one scene per slot with exactly that duration. `subjects` are those that a scene may name."""

    capability: ClassVar[Capability] = Capability.SCENES
    idea: str
    character_description: str = ""
    subjects: tuple[Subject, ...] = ()
    number_of_scenes: int | None = None
    slots: tuple[tuple[float, float], ...] = ()
    song: SongBrief | None = None
    seed: int = 0
    settings: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class ImageRequest:
    """Create `num_images` still images of `width` × `height` pixels. `subjects` are seen in it, the most important
    first; the first character's picture is also the `character_reference`. `picture` is what the scene's writer noted
    of what is to be seen, for the prompt as written; it is empty for anybody else's prompt. A picture of one subject
    may be a `view` of its reference sheet: "front", "three-quarter", "profile", "full body", "day" or "night"."""

    capability: ClassVar[Capability] = Capability.IMAGE
    prompt: str
    width: int
    height: int
    negative_prompt: str = ""
    aspect_ratio: str = "16:9"
    character_reference: MediaInput | None = None
    purpose: str = "scene"  # "scene", "character_reference", or "subject" for a prompt that is complete
    view: str = ""
    num_images: int = 1
    subjects: tuple[Subject, ...] = ()
    seed: int = 0
    picture: JsonObject = field(default_factory=dict)
    settings: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class VideoRequest:
    """Create a clip that covers at least `duration_seconds`. `frames` is the exact frame count of the scene's slot,
    for providers that can render it. `fps` is the text of a fraction such as "24" or "30000/1001".
    `image` and `last_image` are its first and last frame.
    `energy` is the song's level over the slot, sampled evenly, 0…1. `subjects` and `picture` are as for an image.
    `take` numbers the clips of one picture from 0 on, for providers whose seeds alone change little."""

    capability: ClassVar[Capability] = Capability.VIDEO
    prompt: str
    duration_seconds: float
    width: int
    height: int
    fps: str = "24"
    frames: int | None = None
    negative_prompt: str = ""
    aspect_ratio: str = "16:9"
    image: MediaInput | None = None
    last_image: MediaInput | None = None
    character_reference: MediaInput | None = None
    energy: tuple[float, ...] = ()
    beat_seconds: tuple[float, ...] = ()
    subjects: tuple[Subject, ...] = ()
    seed: int = 0
    take: int = 0
    picture: JsonObject = field(default_factory=dict)
    settings: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class FacePoint:
    """A point on the face that sings: seconds of the video, and pixels of its upright picture."""

    time: float
    x: float
    y: float


@dataclass(frozen=True)
class LipsyncRequest:
    """Move the mouth in `video` to `audio`, which is already cut to its range. `face` chooses one of several; only
    models with `picks_face` are given one."""

    capability: ClassVar[Capability] = Capability.LIPSYNC
    video: MediaInput
    audio: MediaInput
    temperature: float | None = None
    active_speaker_detection: bool | None = None
    occlusion_detection_enabled: bool | None = None
    face: FacePoint | None = None
    settings: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class LipsyncSegment:
    """Times are seconds on the video's timeline. The crop is in seconds of the audio, with both ends or neither."""

    start_seconds: float
    end_seconds: float
    audio_reference: str
    audio_start_seconds: float | None = None
    audio_end_seconds: float | None = None
    options: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class SegmentedLipsyncRequest:
    """Lip-sync parts of one video, each to its own audio (`audios`, by reference id)."""

    capability: ClassVar[Capability] = Capability.SEGMENTED_LIPSYNC
    video: MediaInput
    audios: Mapping[str, MediaInput]
    segments: tuple[LipsyncSegment, ...]
    model: str
    sync_mode: str
    options: JsonObject = field(default_factory=dict)
    settings: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class TranscriptionRequest:
    """Hear the words in `audio` and when each is sung. `language` is a code such as `en`, or "" if unknown."""

    capability: ClassVar[Capability] = Capability.TRANSCRIPTION
    audio: MediaInput
    language: str = ""
    settings: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class VocalsRequest:
    """Take the vocals alone out of `audio`, as long as it."""

    capability: ClassVar[Capability] = Capability.VOCALS
    audio: MediaInput
    settings: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Take:
    """A clip to be judged from `start_seconds` to `end_seconds`, by these `frames` of it: small JPEGs, in order.
    Without a `video` it is still to be made."""

    video: MediaInput | None = None
    start_seconds: float = 0.0
    end_seconds: float = 0.0
    frames: tuple[MediaInput, ...] = ()


@dataclass(frozen=True)
class JudgeRequest:
    """Look at `frames_each` frames of every take, and say how well each shows the subjects and what the `prompt` says.
    Subjects with a `picture` are to be recognized; it is a small JPEG, too."""

    capability: ClassVar[Capability] = Capability.JUDGE
    prompt: str
    takes: tuple[Take, ...]
    frames_each: int
    subjects: tuple[Subject, ...] = ()
    settings: JsonObject = field(default_factory=dict)


SongRequest = TranscriptionRequest | VocalsRequest
FilmRequest = ScenesRequest | ImageRequest | VideoRequest | LipsyncRequest | SegmentedLipsyncRequest | JudgeRequest
ProviderRequest = FilmRequest | SongRequest
