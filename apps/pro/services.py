"""Use cases of the Pro editor: check an order as a whole, price it, place it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import structlog

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.assets.services import asset_public_url
from apps.core.errors import InputError, ProviderError
from apps.flavors.registry import shown_settings
from apps.jobs.idempotency import Idempotency
from apps.jobs.kinds import Kind, Queue
from apps.jobs.models import Job
from apps.jobs.services import NewJob, job_create
from apps.pro.files import OrderFile, order_file_store
from apps.pro.order import OrderedSegment, ProOrder
from apps.pro.parameters import ProDestination, ProParameters
from apps.pro.segments import ReadSegments
from apps.pro.silences import order_silences
from apps.providers.base import PreparedSubmit, Quote, RemoteProvider
from apps.providers.capabilities import Capability
from apps.providers.orders import OrderRules, SegmentProblem
from apps.providers.registry import default_provider, order_rules, provider_get
from apps.providers.request_types import SegmentedLipsyncRequest
from apps.work.choice import Choice, Picked, provider_choose

log = structlog.get_logger(__name__)

VIDEO = "video"


@dataclass(frozen=True)
class ProSpec:
    """The form's fields other than files. An empty `model` or `sync_mode` means the service's default. With
    `all_sound`, the band is sent where nobody sings, too, instead of silence."""

    segments: ReadSegments
    options: Mapping[str, Any]
    model: str = ""
    sync_mode: str = ""
    all_sound: bool = False
    provider: str = ""
    flavor: str = ""


@dataclass(frozen=True)
class Labels:
    """What the job records for the receiver of the result: its owner, and where the result goes."""

    project_id: UUID | None = None
    scene_id: UUID | None = None
    dedupe_key: str = ""
    destination: ProDestination | None = None


@dataclass(frozen=True)
class CheckedOrder:
    """A valid order: its typed request, its provider, what it will cost, and which parts of its audios, by reference,
    are sent as silence (`all_sound`: none, as asked)."""

    request: SegmentedLipsyncRequest
    choice: Choice
    quote: Quote
    silences: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    all_sound: bool = False

    def payload(self) -> dict[str, Any]:
        """Return exactly what would be sent to the service, with file names in place of links."""
        rules = order_rules(self.choice.provider)
        return rules.order_payload(self.request, address_of=lambda media: f"<{media.path.name}>")


def order_check(spec: ProSpec, files: Mapping[str, OrderFile]) -> CheckedOrder:
    """Check the whole order. Raises InputError listing every problem by segment and field.

    Nothing is stored, sent or paid for.
    """
    asked = spec.provider or default_provider(Capability.SEGMENTED_LIPSYNC).name
    choice = _choice(asked, spec)
    rules = order_rules(choice.provider)
    video = files[VIDEO].described()
    audios = {name: file.described() for name, file in files.items() if name != VIDEO}
    request = SegmentedLipsyncRequest(
        video=video,
        audios=audios,
        segments=tuple(spec.segments.segments.values()),
        model=spec.model or rules.default_model,
        sync_mode=spec.sync_mode or rules.default_sync_mode,
        options=dict(spec.options),
        settings=dict(choice.config.values),
    )
    rules.order_options_check(request)
    _refuse_problems(_problems(spec.segments, request, rules))
    request = rules.order_fitted(request)
    return CheckedOrder(
        request=request,
        choice=choice,
        quote=_quote(request, choice, files),
        silences={} if spec.all_sound else order_silences(request.segments, files),
        all_sound=spec.all_sound,
    )


def _choice(asked: str, spec: ProSpec) -> Choice:
    """Choose the provider. The order's model counts, where it is one of that provider's, and not the flavor's."""
    capability = Capability.SEGMENTED_LIPSYNC
    settings = shown_settings(spec.flavor, capability).values
    listed = bool(spec.model) and provider_get(asked).lists_model(capability, settings, spec.model)
    picked = Picked(asked, spec.model if listed else "")
    return provider_choose(capability, flavor=spec.flavor, picks=(picked,))


def _quote(request: SegmentedLipsyncRequest, choice: Choice, files: Mapping[str, OrderFile]) -> Quote:
    """Return the service's own estimate if it can already fetch every file, else the price table's."""
    provider, table = choice.provider, choice.provider.quote(request)
    links = {name: asset_public_url(file.asset) if file.asset else None for name, file in files.items()}
    if not isinstance(provider, RemoteProvider) or not all(links.values()):
        return table
    linked = replace(
        request,
        video=replace(request.video, public_url=links[VIDEO]),
        audios={name: replace(audio, public_url=links[name]) for name, audio in request.audios.items()},
    )
    payload = order_rules(provider).order_payload(linked, address_of=lambda media: media.public_url or "")
    try:
        estimate = provider.estimate(PreparedSubmit(payload=payload, model=request.model))
    except ProviderError as error:
        log.warning("estimate_failed", provider=provider.name, reason=error.message)
        return table
    return replace(estimate, bought_seconds=table.bought_seconds) if estimate else table


def _problems(read: ReadSegments, request: SegmentedLipsyncRequest, rules: OrderRules) -> list[SegmentProblem]:
    if not read.segments:
        return read.problems
    return [*read.problems, *rules.order_problems(request, places=list(read.segments))]


def _refuse_problems(problems: list[SegmentProblem]) -> None:
    if not problems:
        return
    rows = [
        {"segment": None if one.index is None else one.index + 1, "field": one.field, "message": one.message}
        for one in sorted(problems, key=lambda one: -1 if one.index is None else one.index)
    ]
    first = rows[0]
    where = f"Segment {first['segment']}, {first['field']}: " if first["segment"] else ""
    more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    raise InputError(f"{where}{first['message']}{more}", code="invalid_segments", errors={"segments": rows})


def order_store(by: User, files: Mapping[str, OrderFile]) -> Mapping[str, Callable[[], Asset]]:
    """Move received files into storage, which may take a while; the returned functions create their rows."""
    return {name: order_file_store(by, file) for name, file in files.items()}


def order_start(
    *,
    by: User,
    checked: CheckedOrder,
    rows: Mapping[str, Callable[[], Asset]],
    labels: Labels = Labels(),
    idempotency: Idempotency | None = None,
) -> Job:
    """Create the files' rows and the job, and reserve the money, in an open transaction. Raises BudgetExceeded."""
    assets = {name: row() for name, row in rows.items()}
    order = ProOrder(
        video_id=assets[VIDEO].pk,
        audio_ids={name: asset.pk for name, asset in assets.items() if name != VIDEO},
        segments=[OrderedSegment.of(segment) for segment in checked.request.segments],
        model=checked.request.model,
        sync_mode=checked.request.sync_mode,
        options=dict(checked.request.options),
        settings=dict(checked.request.settings),
        silences=dict(checked.silences),
        all_sound=checked.all_sound,
    )
    provider, config = checked.choice.provider, checked.choice.config
    new = NewJob(
        kind=Kind.PRO_LIPSYNC,
        parameters=ProParameters(order=order, home=labels.destination),
        queue="" if provider.local else Queue.IO,
        provider=provider.name,
        project_id=labels.project_id,
        scene_id=labels.scene_id,
        dedupe_key=labels.dedupe_key,
        flavor=config.flavor,
        config_hash=config.hash,
        quote=checked.quote,
    )
    return job_create(by=by, new=new, idempotency=idempotency)
