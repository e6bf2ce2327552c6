"""What a provider is: capabilities, typed requests, and the methods that the job engine calls.

A provider has no models and writes no rows. There are two kinds. A `LocalProvider` creates the result in the
calling worker (the draft engine). A `RemoteProvider` submits, polls and collects; no worker waits for it.
Requests and results are frozen dataclasses. A vendor's own data stays inside its provider, except the raw
response, which is kept for diagnosis.
"""

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol

from django.utils.module_loading import import_string

from apps.core.errors import ProviderError
from apps.core.json import JsonObject
from apps.providers.capabilities import Capability
from apps.providers.model_table import ModelTable
from apps.providers.offers import ModelReport
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
class ScenesRequest:
    """Write scenes. With a song, `slots` are the planned (start, end) seconds of each scene, and the result has
    one scene per slot with exactly that duration."""

    capability: ClassVar[Capability] = Capability.SCENES
    idea: str
    character_description: str = ""
    number_of_scenes: int | None = None
    slots: tuple[tuple[float, float], ...] = ()
    song: SongBrief | None = None
    seed: int = 0
    settings: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class ImageRequest:
    """Create `num_images` still images of `width` × `height` pixels. `picture` is what the scene's writer noted of what
    is to be seen, for the prompt as written; it is empty for anybody else's prompt."""

    capability: ClassVar[Capability] = Capability.IMAGE
    prompt: str
    width: int
    height: int
    negative_prompt: str = ""
    aspect_ratio: str = "16:9"
    character_reference: MediaInput | None = None
    purpose: str = "scene"  # "scene" or "character_reference"
    num_images: int = 1
    seed: int = 0
    picture: JsonObject = field(default_factory=dict)
    settings: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class VideoRequest:
    """Create a clip that covers at least `duration_seconds`. `frames` is the exact frame count of the scene's slot,
    for providers that can render it. `fps` is the text of a fraction such as "24" or "30000/1001".
    `image` and `last_image` are its first and last frame.
    `energy` is the song's level over the slot, sampled evenly, 0…1. `picture` is as for an image."""

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
    seed: int = 0
    picture: JsonObject = field(default_factory=dict)
    settings: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class LipsyncRequest:
    """Move the mouth in `video` to `audio`, which is already cut to its range."""

    capability: ClassVar[Capability] = Capability.LIPSYNC
    video: MediaInput
    audio: MediaInput
    temperature: float | None = None
    active_speaker_detection: bool | None = None
    occlusion_detection_enabled: bool | None = None
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


ProviderRequest = ScenesRequest | ImageRequest | VideoRequest | LipsyncRequest | SegmentedLipsyncRequest


@dataclass(frozen=True)
class Quote:
    """What a request will cost, in US dollars. `basis` explains how the amount was calculated, with the price's date;
    `bought_seconds` is the length paid for, if the price is per time."""

    amount: Decimal
    basis: str
    bought_seconds: float | None = None
    estimated: bool = True
    parts: int = 1  # how many paid requests it takes


@dataclass(frozen=True)
class ProducedFile:
    """A file created in the `into` folder. `role` is a part name of `cloud_urls`: "video", "image", …"""

    path: Path
    role: str
    content_type: str


@dataclass(frozen=True)
class WrittenScene:
    """One scene of a written video. `sequence` counts from 1, `duration` is in seconds.

    A writer that knows them also says which `section` of the song it covers, and the words its description has for
    the `shot`, the `camera`'s movement, the `light` and the `place`. `picture` is what is to be seen, as data, for a
    provider that draws from it; a scene's image and clip are asked for with it."""

    sequence: int
    description: str
    duration: float
    negative_description: str = ""
    lipsync: bool = False
    section: str = ""
    shot: str = ""
    camera: str = ""
    light: str = ""
    place: str = ""
    picture: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class ProviderResult:
    """The output: files, or written scenes. `facts` are kept with it (model, seed). `note` is a sentence for the user
    about what is odd in it, or ""."""

    files: tuple[ProducedFile, ...] = ()
    scenes: tuple[WrittenScene, ...] = ()
    facts: JsonObject = field(default_factory=dict)
    note: str = ""
    cost: Decimal | None = None  # None: as quoted


class RemoteState(StrEnum):
    """The fixed set of states that every vendor's status is mapped to."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_FOUND = "not_found"
    UNRECOGNIZED = "unrecognized"


@dataclass(frozen=True)
class RemoteRef:
    """The provider's own id of one piece of remote work."""

    provider: str
    remote_id: str


@dataclass(frozen=True)
class RemoteStatus:
    """The status of remote work. `raw` is the vendor's JSON; `charged` is None if the vendor does not say."""

    ref: RemoteRef
    state: RemoteState
    raw: JsonObject = field(default_factory=dict)
    message: str = ""
    permanent: bool = True
    progress_percentage: float | None = None
    charged: bool | None = None
    # `moderation.CONTENT_REFUSED`, with the inputs it was about as far as the vendor says; else "".
    code: str = ""
    refused_inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class PreparedSubmit:
    """A request as it will be sent, built before the intent is stored so that it can be frozen on the run.

    `payload` is JSON; a retry sends it unchanged. `mark` is a unique text of ours in the payload that identifies
    it in the vendor's listing if the outcome is unknown, or ""."""

    payload: JsonObject
    model: str = ""
    mark: str = ""


@dataclass(frozen=True)
class ModelUse:
    """A model that flavors offer for a capability. `settings` are those of a request that uses it."""

    capability: Capability
    model: str
    settings: JsonObject


class Provider(ModelTable, ABC):
    """What both kinds have in common. Instances are stateless and shared between threads."""

    capabilities: ClassVar[frozenset[Capability]]
    # Capabilities for which it is used if neither the call nor the flavor chooses a provider.
    default_for: ClassVar[frozenset[Capability]] = frozenset()
    local: ClassVar[bool]
    # What it is for, and where its keys are made, for the Connect page.
    purpose: ClassVar[str] = ""
    key_page: ClassVar[str] = ""
    # Part of the studio: always available, free, and its clips are not checked for broken frames.
    built_in: ClassVar[bool] = False

    @abstractmethod
    def configured(self) -> bool:
        """Whether its environment variables are set. Makes no network calls."""

    @abstractmethod
    def missing_configuration(self) -> str:
        """Return a message about what to set if it isn't configured, or ""."""

    @abstractmethod
    def quote(self, request: ProviderRequest) -> Quote:
        """Return what the request will cost. Raises InputError if the service can't express the request."""


class Maker(Protocol):
    """Create the result in `into` (an existing empty folder). The same request gives the same result.

    `progress` takes a percentage 0…100 and a message. Raises WorkCancelled soon after `cancelled()` turns true,
    MediaToolError or InputError if it fails."""

    def __call__(
        self,
        request: ProviderRequest,
        *,
        into: Path,
        progress: Callable[[float, str], None],
        cancelled: Callable[[], bool],
    ) -> ProviderResult: ...


class LocalProvider(Provider):
    """Creates results in the calling worker. The class has the facts that pages and quotes need; the code that does
    the work is in a separate module, since its engines are large and the web process never needs them."""

    local = True
    # The provider's Maker, as "package.module.function". A worker imports it for its first job.
    maker: ClassVar[str]

    def make(
        self,
        request: ProviderRequest,
        *,
        into: Path,
        progress: Callable[[float, str], None],
        cancelled: Callable[[], bool],
    ) -> ProviderResult:
        make: Maker = import_string(self.maker)
        return make(request, into=into, progress=progress, cancelled=cancelled)


class RemoteProvider(Provider):
    """A provider whose work runs on another machine.

    The order is: `prepare` (may upload inputs; free and repeatable) → the engine commits the intent → `submit`
    once → `poll` until final → `collect`. Every method may raise ProviderError.
    """

    local = False
    # Whether the service documents that submitting again with the same key is not charged twice.
    idempotent_submit: ClassVar[bool] = False
    # How many pieces of work one poll can check; 1 if the service has no listing.
    poll_batch_size: ClassVar[int] = 1
    # Seconds after which unfinished work is abandoned; the reason is in the provider's module.
    deadline_seconds: ClassVar[float] = 3600.0
    # Seconds for which a finished result can be fetched, or None.
    retention_seconds: ClassVar[float | None] = None

    @property
    def submits_per_minute(self) -> float | None:
        """The account's submit rate limit, shared by all workers, or None."""
        return None

    @abstractmethod
    def prepare(self, request: ProviderRequest, *, key: str, webhook_url: str | None) -> PreparedSubmit:
        """Build the payload and upload inputs that have no public URL. Costs nothing and may be repeated.

        `key` is the attempt's idempotency key, which providers use as the mark if they can."""

    def estimate(self, prepared: PreparedSubmit) -> Quote | None:
        """Return the service's own free estimate for exactly this payload, or None if it offers none."""
        return None

    @abstractmethod
    def submit(self, prepared: PreparedSubmit, *, capability: Capability, key: str) -> RemoteStatus:
        """Send the paid request once, without any retries.

        Raises ProviderError: with `outcome_unknown=True` unless it certainly was not accepted, and with `retry_after`
        or `permanent=False` if it certainly was not accepted and may be sent again later."""

    @abstractmethod
    def poll(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteStatus]:
        """Return the status of up to `poll_batch_size` pieces of work. Work unknown to the service is NOT_FOUND."""

    @abstractmethod
    def collect(self, status: RemoteStatus, *, capability: Capability, into: Path) -> ProviderResult:
        """Fetch the files of succeeded work into `into`. Repeatable; submits nothing."""

    @abstractmethod
    def cancel(self, ref: RemoteRef) -> None:
        """Ask the service to stop. No error if the work is already final or can't be stopped."""

    def find_unknown(self, prepared: PreparedSubmit, *, key: str, sent_after: float) -> RemoteStatus | None:
        """Find a submit whose response was lost, by mark and creation time (Unix seconds).

        Returns None if the service has no such work *and its listing is conclusive*; raises ProviderError with
        `outcome_unknown=True` if it can't tell."""
        raise ProviderError("The provider can't tell whether it accepted the request.", outcome_unknown=True)

    def webhook_is_genuine(self, *, body: bytes, headers: Mapping[str, str], now: float) -> bool:
        """Whether the service recently signed the raw body (`now` in Unix seconds). False without a secret."""
        return False

    def check_models(self, uses: Sequence[ModelUse], *, today: datetime.date) -> tuple[ModelReport, ...] | None:
        """Ask the service, free of charge, whether it still runs these models as the flavors describe them.

        Returns None if it can't be asked. Raises ProviderError if it could not be reached or refused the key."""
        return None

    def check_key(self) -> str:
        """Make one free authenticated call and return a message about the account. Raises ProviderError."""
        return "not checked: the service has no free call"
