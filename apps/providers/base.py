"""What a provider is: capabilities, typed requests, and the verbs that the job engine calls.

A provider holds no models and writes no rows. There are two shapes. A `LocalProvider` makes the result in
the calling worker (the draft engine). A `RemoteProvider` is asked, polled and collected from; no worker
waits for it. Requests and answers are frozen dataclasses; a vendor's own data stays behind the border,
except the raw answer that is kept for diagnosis.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol

from django.utils.module_loading import import_string

from apps.core.errors import ProviderError
from apps.providers.sections import Section


class Capability(StrEnum):
    """Also the keys of a project's `providers` choice (segmented lip-sync follows `lipsync`)."""

    SCENES = "scenes"
    IMAGE = "image"
    VIDEO = "video"
    LIPSYNC = "lipsync"
    SEGMENTED_LIPSYNC = "segmented_lipsync"


@dataclass(frozen=True)
class MediaInput:
    """A file that goes into a request.

    `path` is always readable here. `public_url` is set where the outside world can fetch the same bytes
    for a day or more; a remote provider without one sends the file through its own file upload.
    """

    path: Path
    content_type: str
    sha256: str = ""
    public_url: str | None = None
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    fps: str = ""  # a fraction's text, of a video


@dataclass(frozen=True)
class SongSection:
    """A part of the song: `label` such as intro, verse, chorus; `energy` from 0 (quiet) to 1 (loudest)."""

    label: str
    start_seconds: float
    end_seconds: float
    energy: float


@dataclass(frozen=True)
class SongBrief:
    """What a scene writer is told of the song. Times are seconds from the start of the used range."""

    duration_seconds: float
    tempo_bpm: float | None = None
    sections: tuple[SongSection, ...] = ()
    title: str = ""
    lyrics: str = ""
    # Where somebody sings, (start, end); None where that is not known.
    sung: tuple[tuple[float, float], ...] | None = None

    def sung_share(self, start: float, end: float) -> float | None:
        """How much of [start, end) is sung, 0…1."""
        if self.sung is None:
            return None
        inside = sum(max(0.0, min(end, last) - max(start, first)) for first, last in self.sung)
        return inside / max(end - start, 1e-6)


@dataclass(frozen=True)
class ScenesRequest:
    """Write scenes. `slots` are the planned (start, end) seconds of each scene when a song is known;
    the answer then has one scene per slot with exactly that duration."""

    capability: ClassVar[Capability] = Capability.SCENES
    idea: str
    character_description: str = ""
    number_of_scenes: int | None = None
    slots: tuple[tuple[float, float], ...] = ()
    song: SongBrief | None = None
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageRequest:
    """Make `num_images` still images of `width` × `height` pixels."""

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
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class VideoRequest:
    """Make a clip that covers at least `duration_seconds`; `frames` is the exact count the scene's slot has
    (a provider that can render exact frames does). `fps` is a fraction's text such as "24" or "30000/1001".
    `energy` is the song's level over the slot, sampled evenly, 0…1."""

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
    character_reference: MediaInput | None = None
    energy: tuple[float, ...] = ()
    beat_seconds: tuple[float, ...] = ()
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LipsyncRequest:
    """Move the mouth in `video` to `audio`, whose range was cut already."""

    capability: ClassVar[Capability] = Capability.LIPSYNC
    video: MediaInput
    audio: MediaInput
    temperature: float | None = None
    active_speaker_detection: bool | None = None
    occlusion_detection_enabled: bool | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LipsyncSegment:
    """Seconds on the video's timeline; the crop is seconds in the audio, both ends or neither."""

    start_seconds: float
    end_seconds: float
    audio_reference: str
    audio_start_seconds: float | None = None
    audio_end_seconds: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SegmentedLipsyncRequest:
    """Lip-sync parts of one video, each to its own audio (`audios` by reference id)."""

    capability: ClassVar[Capability] = Capability.SEGMENTED_LIPSYNC
    video: MediaInput
    audios: Mapping[str, MediaInput]
    segments: tuple[LipsyncSegment, ...]
    model: str
    sync_mode: str
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


ProviderRequest = ScenesRequest | ImageRequest | VideoRequest | LipsyncRequest | SegmentedLipsyncRequest


@dataclass(frozen=True)
class Quote:
    """What a request will cost, in US dollars. `basis` explains the number in words with the price's date;
    `bought_seconds` is the length that is paid for, where the unit is time."""

    amount: Decimal
    basis: str
    bought_seconds: float | None = None
    estimated: bool = True


@dataclass(frozen=True)
class ProducedFile:
    """A file made under the `into` folder. `role` is a part name of `cloud_urls`: "video", "image", …"""

    path: Path
    role: str
    content_type: str


@dataclass(frozen=True)
class ProviderResult:
    """What came out: files, or for scene writing `data["scenes"]`; `facts` are worth keeping (model, seed)."""

    files: tuple[ProducedFile, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    cost: Decimal | None = None  # None: as quoted


class RemoteState(StrEnum):
    """The closed set that every vendor's status is mapped to."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_FOUND = "not_found"
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True)
class RemoteRef:
    """The provider's own id of a piece of work."""

    provider: str
    remote_id: str


@dataclass(frozen=True)
class RemoteStatus:
    """One look at remote work. `raw` is the vendor's JSON; `charged` is None where the vendor does not say."""

    ref: RemoteRef
    state: RemoteState
    raw: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    permanent: bool = True
    progress_percentage: float | None = None
    charged: bool | None = None


@dataclass(frozen=True)
class PreparedSubmit:
    """A request as it will be sent, made before the intent is stored so that it can be frozen on the run.

    `payload` is JSON; a retry sends it unchanged. `mark` is the unique text of ours inside the payload by
    which an unknown outcome can be recognised in the vendor's listing, or ""."""

    payload: Mapping[str, Any]
    model: str = ""
    mark: str = ""


class Provider(ABC):
    """Common to both shapes. Instances are stateless and shared between threads."""

    # Its folder's name, which flavors, the API and stored jobs use.
    name: ClassVar[str]
    # What people call it, at the head of a sentence.
    title: ClassVar[str]
    # What lists and tables call it, where that is not the title.
    label: ClassVar[str] = ""
    capabilities: ClassVar[frozenset[Capability]]
    # Capabilities for which it is used where nothing else names a provider: neither the call nor the flavor.
    default_for: ClassVar[frozenset[Capability]] = frozenset()
    # What the flavors' files may say of it under `providers`. Segmented lip-sync shares the section of lip-sync.
    sections: ClassVar[Mapping[Capability, type[Section]]] = {}
    local: ClassVar[bool]
    # Part of the studio: always there, free, and its clips are not searched for pictures that look broken.
    built_in: ClassVar[bool] = False

    @abstractmethod
    def configured(self) -> bool:
        """Whether its environment variables are set. Never calls out."""

    @abstractmethod
    def missing_configuration(self) -> str:
        """What to set, in words, when it is not configured; "" when it is."""

    @abstractmethod
    def quote(self, request: ProviderRequest) -> Quote:
        """What the request will cost. Raises InputError when the service cannot express the request."""


class Maker(Protocol):
    """Make the result under `into` (an existing empty folder). Same request, same result.

    `progress` takes a percentage 0…100 and a message. Raises WorkCancelled soon after `cancelled()` turns true,
    MediaToolError or InputError when it cannot be made."""

    def __call__(
        self,
        request: ProviderRequest,
        *,
        into: Path,
        progress: Callable[[float, str], None],
        cancelled: Callable[[], bool],
    ) -> ProviderResult: ...


class LocalProvider(Provider):
    """Makes results in the calling worker. Its class holds the facts that pages and quotes need; what does the work
    stands in a module of its own, since its engines are large and the web process never makes anything."""

    local = True
    # Where the provider's Maker is, as "package.module.function". A worker imports it with its first job.
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
    """Work that another machine does.

    Order: `prepare` (may upload inputs; free, may be repeated) → the engine commits the intent → `submit`
    once → `poll` until final → `collect`. Every method raises ProviderError.
    """

    local = False
    # Whether a submit with the same key is documented to make no second charge.
    idempotent_submit: ClassVar[bool] = False
    # How many works one poll request can ask for; 1 where the service has no listing.
    poll_batch_size: ClassVar[int] = 1
    # Seconds after which unfinished work is given up, with the reason in the provider's module.
    deadline_seconds: ClassVar[float] = 3600.0
    # Seconds for which a finished result can be fetched, or None.
    retention_seconds: ClassVar[float | None] = None

    @property
    def submits_per_minute(self) -> float | None:
        """The account's rate of submits, kept for all workers together; None where there is none."""
        return None

    @abstractmethod
    def prepare(self, request: ProviderRequest, *, key: str, webhook_url: str | None) -> PreparedSubmit:
        """The payload to send. Uploads inputs without a public URL. Costs nothing; may run again.

        `key` is the idempotency key of the attempt; a provider that can carries it as the mark."""

    def estimate(self, prepared: PreparedSubmit) -> Quote | None:
        """The service's own free estimate of exactly this payload; None where it makes none."""
        return None

    @abstractmethod
    def submit(self, prepared: PreparedSubmit, *, capability: Capability, key: str) -> RemoteStatus:
        """Send the paid request once, never retrying inside.

        Raises ProviderError: `outcome_unknown=True` unless non-acceptance is proven; `retry_after` or
        `permanent=False` where it was surely not accepted and may be sent again later."""

    @abstractmethod
    def poll(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteStatus]:
        """Look at up to `poll_batch_size` works in one round. A work the service does not know is NOT_FOUND."""

    @abstractmethod
    def collect(self, status: RemoteStatus, *, capability: Capability, into: Path) -> ProviderResult:
        """Fetch a succeeded work's files into `into`. May be repeated; submits nothing."""

    @abstractmethod
    def cancel(self, ref: RemoteRef) -> None:
        """Ask the service to stop. No error when it is already final or cannot be stopped."""

    def find_unknown(self, prepared: PreparedSubmit, *, key: str, sent_after: float) -> RemoteStatus | None:
        """Look for a submit whose answer was lost, by mark and creation time (unix seconds).

        None when the service has no such work *and its listing is conclusive*; raises ProviderError with
        `outcome_unknown=True` where it cannot tell."""
        raise ProviderError("The provider cannot say whether it accepted the request.", outcome_unknown=True)

    def webhook_is_genuine(self, *, body: bytes, headers: Mapping[str, str], now: float) -> bool:
        """Whether the raw body was signed by the service lately (`now` in unix seconds). False without a secret."""
        return False

    def check_key(self) -> str:
        """Make one free authenticated call; answers a sentence about the account, raises ProviderError."""
        return "not checked: the service has no free call"
