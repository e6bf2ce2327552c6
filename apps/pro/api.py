"""HTTP endpoints of the Pro editor: segmented lip-sync of one video."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.decorators import api_view, parser_classes
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.assets.models import AssetKind
from apps.core.errors import InputError, NotFound
from apps.core.idempotency import idempotent
from apps.core.strict import NO_FIELDS, takes_no_fields
from apps.generation.api import QUOTE_RESPONSE, request_spending, validated
from apps.jobs import services as job_services
from apps.jobs.api import JobDetailSerializer, JobFilter, JobSerializer, job_response, request_idempotency
from apps.jobs.idempotency import idempotent_job
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import job_get, jobs_of
from apps.pro.destination import Destination, destination_find, pro_order_take
from apps.pro.files import GivenFile, given_file, order_files
from apps.pro.segments import ReadSegments, json_read, segments_read
from apps.pro.services import VIDEO, CheckedOrder, ProSpec, order_check
from apps.production.retrying import job_retry
from apps.providers.capabilities import Capability
from apps.providers.registry import default_provider, order_rules, providers_for
from apps.scenes.request_serializers import SpendingSerializer
from apps.work.work import Spending

# A hundred segments with options take some tens of kilobytes; anything larger isn't valid input.
LARGEST_TEXT_BYTES = 2 * 1024 * 1024
# For the API's schema.
_DEFAULT = default_provider(Capability.SEGMENTED_LIPSYNC)
_DEFAULT_RULES = order_rules(_DEFAULT)
_PROVIDERS = " or ".join(provider.name for provider in providers_for(Capability.SEGMENTED_LIPSYNC))


class ProProcessSerializer(serializers.Serializer[Any]):
    """The form. Each audio is in a field named after its `refId`: a file, an audio id or a link."""

    video = serializers.FileField(help_text="A file, or as text: the id of a video or a link")
    segments = serializers.CharField(
        help_text="JSON: [{startTime, endTime, audioInput: {refId, startTime?, endTime?}, optionsOverride?}]"
    )
    model = serializers.CharField(required=False, default=_DEFAULT_RULES.default_model)
    sync_mode = serializers.CharField(required=False, default=_DEFAULT_RULES.default_sync_mode)
    options = serializers.CharField(required=False, help_text="JSON: further model options")
    provider = serializers.CharField(required=False, help_text=f"{_PROVIDERS}; {_DEFAULT.name} unless said")
    config_flavor = serializers.CharField(required=False)
    all_sound = serializers.BooleanField(
        required=False,
        help_text="send the band where surely nobody sings; otherwise, silence is sent there, so that the mouth stays "
        "shut. Only of a song of yours, or its vocal stem; other audios are sent as they are",
    )
    confirm_cost = serializers.BooleanField(required=False)
    project_id = serializers.UUIDField(
        required=False,
        help_text="The result returns to this project. `video` is its final video, or the scene's current clip",
    )
    sequence = serializers.IntegerField(required=False, help_text="With `project_id`: the scene that has `video`")


@extend_schema(
    request={"multipart/form-data": ProProcessSerializer},
    parameters=[
        OpenApiParameter("dry_run", OpenApiTypes.BOOL, description="Only validate and quote; nothing is stored")
    ],
    responses={202: JobSerializer, 200: OpenApiTypes.OBJECT},
)
@api_view(["POST"])
@parser_classes([MultiPartParser])
def pro_sync_process(request: Request) -> Response:
    """Lip-sync parts of a video, each to its own audio. All problems are reported together, before any payment."""
    by = acting_user(request)
    form = cast(QueryDict, request.data)  # this view's only parser creates one
    spec = _spec(form)
    idempotency = request_idempotency(request, kind=Kind.PRO_LIPSYNC, body=_fingerprint(form))
    if earlier := idempotent_job(by=by, idempotency=idempotency):
        return job_response(request, earlier)
    destination = _destination(by, form)
    with order_files(by, _given_files(form, spec.segments)) as files:
        checked = order_check(spec, files)
        if _flag(request.query_params.get("dry_run") or form.get("dry_run")):
            return Response(_dry_run(checked))
        job = pro_order_take(
            by=by,
            checked=checked,
            files=files,
            destination=destination,
            spending=Spending(confirmed=_flag(form.get("confirm_cost"))),
            idempotency=idempotency,
        )
    return job_response(request, job)


@extend_schema(request={"multipart/form-data": ProProcessSerializer}, responses=QUOTE_RESPONSE)
@api_view(["POST"])
@parser_classes([MultiPartParser])
def pro_sync_process_quote(request: Request) -> Response:
    """Return what the same form would cost; nothing is stored or sent."""
    form = cast(QueryDict, request.data)
    spec = _spec(form)
    with order_files(acting_user(request), _given_files(form, spec.segments)) as files:
        checked = order_check(spec, files)
    facts = {"provider": checked.choice.provider.name, "flavor": checked.choice.config.flavor}
    return Response({**_quote(checked), **facts})


def _destination(by: User, form: QueryDict) -> Destination | None:
    project_id, sequence = str(form.get("project_id") or ""), str(form.get("sequence") or "")
    if not project_id:
        return None
    try:
        return destination_find(
            by=by,
            project_id=UUID(project_id),
            sequence=int(sequence) if sequence else None,
            video_id=UUID(str(form.get(VIDEO) or "")),
        )
    except ValueError as error:
        message = "project_id and video are ids, sequence is a number; the video is the project's own."
        raise InputError(message, errors={"project_id": [message]}) from error


def _spec(data: Mapping[str, Any]) -> ProSpec:
    return ProSpec(
        segments=segments_read(_text(data.get("segments"))),
        model=str(data.get("model") or ""),
        sync_mode=str(data.get("sync_mode") or ""),
        options=_options(_text(data.get("options"))),
        all_sound=_flag(data.get("all_sound")),
        provider=str(data.get("provider") or ""),
        flavor=str(data.get("config_flavor") or ""),
    )


def _text(value: Any) -> str:
    """Return a field's text, even if it was sent as a file, as browsers do with a JSON Blob."""
    if isinstance(value, UploadedFile):
        return bytes(value.read(LARGEST_TEXT_BYTES)).decode(errors="replace")
    return str(value or "")


def _options(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        options = json_read(text)
    except ValueError as error:
        raise InputError("options must be a JSON object.", errors={"options": ["not JSON"]}) from error
    if not isinstance(options, dict):
        raise InputError("options must be a JSON object.", errors={"options": ["not an object"]})
    return options


def _given_files(data: Mapping[str, Any], segments: ReadSegments) -> dict[str, tuple[AssetKind, GivenFile]]:
    """Return the video and the audio of each reference named in the segments; other files are ignored."""
    video = given_file(data.get(VIDEO))
    if video is None:
        message = "Send the video: a file, the id of one of your videos, or a link."
        raise InputError(message, errors={VIDEO: [message]})
    given: dict[str, tuple[AssetKind, GivenFile]] = {VIDEO: (AssetKind.VIDEO, video)}
    for reference in segments.references:
        audio = given_file(data.get(reference))
        if audio is None and data.get(reference):
            message = "Send a file, the id of one of your audios, or a link."
            raise InputError(f"{reference}: {message}", errors={reference: [message]})
        if audio is not None:
            given[reference] = (AssetKind.AUDIO, audio)
    return given


def _fingerprint(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what identifies a form: texts as they are, files by name and size."""
    return {
        name: f"{value.name}:{value.size}" if hasattr(value, "size") else str(value) for name, value in data.items()
    }


def _flag(value: Any) -> bool:
    return str(value or "").strip().lower() in {"1", "true", "yes", "on"}


def _dry_run(checked: CheckedOrder) -> dict[str, Any]:
    return {
        "valid": True,
        "provider": checked.choice.provider.name,
        "quote": _quote(checked),
        "payload": checked.payload(),
        "silences": [
            {"refId": name, "startTime": start, "endTime": end}
            for name, parts in checked.silences.items()
            for start, end in parts
        ],
    }


def _quote(checked: CheckedOrder) -> dict[str, Any]:
    return {
        "amount": f"{checked.quote.amount:.4f}",
        "basis": checked.quote.basis,
        "estimated": checked.quote.estimated,
        "bought_seconds": checked.quote.bought_seconds,
    }


class ProJobList(generics.ListAPIView[Job]):
    """List the caller's Pro jobs, newest first."""

    serializer_class = JobSerializer
    filterset_class = JobFilter
    queryset = Job.objects.none()

    def get_queryset(self) -> Any:
        return jobs_of(acting_user(self.request)).filter(kind=Kind.PRO_LIPSYNC)


@extend_schema(responses=JobDetailSerializer)
@api_view(["GET"])
def pro_job_detail(request: Request, job_id: UUID) -> Response:
    """Return one Pro job with its history."""
    return Response(JobDetailSerializer(_pro_job(acting_user(request), job_id)).data)


@extend_schema(request=NO_FIELDS, responses=JobSerializer)
@api_view(["POST"])
@takes_no_fields
def pro_job_cancel(request: Request, job_id: UUID) -> Response:
    """Cancel the job, which stops any new spending."""
    by = acting_user(request)
    job = job_services.job_cancel(by=by, job_id=_pro_job(by, job_id).pk)
    return Response(JobSerializer(job).data)


@extend_schema(request=SpendingSerializer, responses={202: JobSerializer})
@api_view(["POST"])
@idempotent
def pro_job_retry(request: Request, job_id: UUID) -> Response:
    """Start the next attempt with the frozen order."""
    by, spending = acting_user(request), request_spending(validated(SpendingSerializer, request))
    return job_response(request, job_retry(by=by, job_id=_pro_job(by, job_id).pk, spending=spending))


def _pro_job(by: User, job_id: UUID) -> Job:
    job = job_get(by, job_id)
    if job.kind != Kind.PRO_LIPSYNC:
        raise NotFound("This Pro job doesn't exist.")
    return job
