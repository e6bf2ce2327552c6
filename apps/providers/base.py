"""What a provider is: its capabilities, its results, and the methods that the job engine calls.

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
from apps.providers.request_types import ProviderRequest, Subject
from engines.lyrics.transcript import HeardWord
from engines.media.facts import MediaFacts


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
    """A file created in the `into` folder. `role` is a part name of `cloud_urls`: "video", "image", …

    `facts` if it was checked already, as what a service sent is.
    """

    path: Path
    role: str
    content_type: str
    facts: MediaFacts | None = None


@dataclass(frozen=True)
class WrittenScene:
    """One scene of a written video. `sequence` counts from 1, `duration` is in seconds.

    A writer that knows them also says which `section` of the song it covers, and the words its description has for
    the `shot`, the `camera`'s movement, the `light` and the `place`; `subjects` are the names of those in it (None: it
    doesn't say). `picture` is what is to be seen, as data, for a
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
    subjects: tuple[str, ...] | None = None
    picture: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class TakeVerdict:
    """What a judge says of a take: marks from 0 to 10, and the reasons in a few words each. `identity`: who is in it
    looks like the pictures, None without any; `prompt`: it shows what was asked for; `artifacts`: 10 if nothing in it
    is malformed."""

    prompt: int
    artifacts: int
    identity: int | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProviderResult:
    """The output: files, written scenes, heard words, one verdict per take. `facts` are kept with it (model, seed).
    `note` is a sentence for the user about what is odd in it, or ""."""

    files: tuple[ProducedFile, ...] = ()
    scenes: tuple[WrittenScene, ...] = ()
    words: tuple[HeardWord, ...] = ()
    verdicts: tuple[TakeVerdict, ...] = ()
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

    def pictures_sent(self, request: ProviderRequest) -> tuple[Subject, ...]:
        """Return the subjects whose pictures the service is given, in order. Raises InputError as `quote` does."""
        character = getattr(request, "character_reference", None)
        subjects: tuple[Subject, ...] = getattr(request, "subjects", ())
        return tuple(one for one in subjects if one.picture is not None and one.picture == character)[:1]

    def no_pictures_because(self, request: ProviderRequest) -> str:
        """Return why the service, which takes a list of pictures, isn't given them with this request, as words that
        follow a colon; "" if it isn't the request that is in the way."""
        return ""


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
