"""The jobs API: list, show, cancel and adopt jobs; and the response of every other call that creates a job."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.acting import acting_user
from apps.assets.models import Asset
from apps.assets.services import asset_urls
from apps.core.idempotency import idempotent
from apps.core.json import JsonObject
from apps.core.pagination import PageOrCursorPagination
from apps.core.strict import NO_FIELDS, StrictSerializer, takes_no_fields
from apps.jobs import polling, services
from apps.jobs.excess import job_excess_settle
from apps.jobs.idempotency import Idempotency, idempotency_of
from apps.jobs.kinds import Kind
from apps.jobs.models import Job, JobEvent
from apps.jobs.ordering import job_move_first
from apps.jobs.selectors import job_get, job_wait_until_ended, jobs_of
from apps.jobs.states import Code, State
from apps.jobs.waiters import waiter_admit

# Product chapter 5: `Prefer: wait=N`, N up to 60 s.
LONGEST_WAIT_SECONDS = 60


class JobEventSerializer(serializers.ModelSerializer[JobEvent]):
    class Meta:
        model = JobEvent
        fields = ["created_at", "from_state", "to_state", "code", "message"]


class RefusalSerializer(serializers.Serializer[Any]):
    """`inputs`: "prompt", "image", "audio" or "output", as far as the provider says; empty if it doesn't."""

    inputs = serializers.ListField(child=serializers.CharField())
    options = serializers.ListField(
        child=serializers.CharField(), help_text="edit_prompt, soften_prompt (of a scene: …/soften), another_model"
    )


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job as the API returns it."""

    attempts = serializers.IntegerField(source="attempt")
    is_pro_job = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(source="finished_at", allow_null=True)
    provider_id = serializers.SerializerMethodField(help_text="The provider's own id for the current attempt")
    refusal = serializers.SerializerMethodField(help_text="What a content check refused, and what helps; else null")
    output_url = serializers.SerializerMethodField(help_text="The URL of the result's video, once there is one")

    class Meta:
        model = Job
        fields = [
            "id",
            "kind",
            "state",
            "code",
            "provider",
            "project_id",
            "scene_id",
            "progress_percentage",
            "progress_message",
            "quoted_cost",
            "cost",
            "attempts",
            "is_pro_job",
            "provider_id",
            "output_url",
            "flavor",
            "config_hash",
            "result",
            "error",
            "refusal",
            "created_at",
            "started_at",
            "completed_at",
        ]

    def get_is_pro_job(self, job: Job) -> bool:
        return job.kind == Kind.PRO_LIPSYNC

    def get_provider_id(self, job: Job) -> str:
        runs = [run for run in job.remote_runs.all() if run.attempt == job.attempt]
        return runs[0].remote_id if runs else ""

    @extend_schema_field(RefusalSerializer(allow_null=True))
    def get_refusal(self, job: Job) -> dict[str, list[str]] | None:
        if job.code != Code.CONTENT_REFUSED:
            return None
        inputs = [name for name in str(job.error_evidence.get("refused_inputs", "")).split(",") if name]
        soften = ["soften_prompt"] if job.scene_id is not None else []
        return {"inputs": inputs, "options": ["edit_prompt", *soften, "another_model"]}

    def get_output_url(self, job: Job) -> str | None:
        url: str | None = job.result.get("video_url")
        return url


class JobDetailSerializer(JobSerializer):
    """A job with its history."""

    events = JobEventSerializer(many=True)
    result = serializers.SerializerMethodField()

    class Meta(JobSerializer.Meta):
        fields = [*JobSerializer.Meta.fields, "events"]

    @extend_schema_field(serializers.DictField())
    def get_result(self, job: Job) -> JsonObject:
        return result_with_links(job)


class ChoicesField(forms.MultipleChoiceField):
    """Choices in any case, given by repeating the parameter or separated by commas."""

    def to_python(self, value: Any) -> list[str]:
        return [one.strip().lower() for given in super().to_python(value) for one in given.split(",") if one.strip()]


class ChoicesFilter(django_filters.MultipleChoiceFilter):  # type: ignore[misc] # the package has no types
    field_class = ChoicesField


class BooleanWidget(forms.NullBooleanSelect):
    """Accepts `1` and `0` as well as `true` and `false`."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> bool | None:
        value = {"1": "true", "0": "false"}.get(data.get(name), str(data.get(name, "")).lower())
        return super().value_from_datadict({name: value}, files, name)


class JobFilter(django_filters.FilterSet):  # type: ignore[misc] # the package has no types
    # No join, so nothing comes twice, and DISTINCT would sort whole rows.
    state = ChoicesFilter(choices=State.choices, distinct=False)
    kind = ChoicesFilter(choices=Kind.choices, distinct=False)
    project = django_filters.UUIDFilter(field_name="project_id")
    scene = django_filters.UUIDFilter(field_name="scene_id")
    pro = django_filters.BooleanFilter(method="filter_pro", label="Only Pro jobs, or no Pro jobs", widget=BooleanWidget)
    # The same filters under the names of the job's fields.
    provider = django_filters.CharFilter(field_name="provider")
    project_id = django_filters.UUIDFilter(field_name="project_id")
    scene_id = django_filters.UUIDFilter(field_name="scene_id")
    is_pro_job = django_filters.BooleanFilter(method="filter_pro", label="Same as pro", widget=BooleanWidget)

    class Meta:
        model = Job
        fields = ["state", "kind", "project", "scene", "pro", "provider", "project_id", "scene_id", "is_pro_job"]

    def filter_pro(self, jobs: Any, _name: str, wanted: bool) -> Any:
        return jobs.filter(kind=Kind.PRO_LIPSYNC) if wanted else jobs.exclude(kind=Kind.PRO_LIPSYNC)


class JobList(generics.ListAPIView[Job]):
    """The caller's jobs, newest first."""

    serializer_class = JobSerializer
    filterset_class = JobFilter
    pagination_class = PageOrCursorPagination
    queryset = Job.objects.none()

    def get_queryset(self) -> Any:
        return jobs_of(acting_user(self.request))


@extend_schema(responses=JobDetailSerializer)
@api_view(["GET"])
def job_detail(request: Request, job_id: UUID) -> Response:
    """One job with its history."""
    return Response(JobDetailSerializer(job_get(acting_user(request), job_id)).data)


@extend_schema(request=NO_FIELDS, responses=JobSerializer)
@api_view(["POST"])
@takes_no_fields
def job_cancel(request: Request, job_id: UUID) -> Response:
    """Stop the work immediately and pay for nothing new."""
    return Response(JobSerializer(services.job_cancel(by=acting_user(request), job_id=job_id)).data)


@extend_schema(request=NO_FIELDS, responses=JobSerializer)
@api_view(["POST"])
@takes_no_fields
def job_first(request: Request, job_id: UUID) -> Response:
    """Move a queued job to the front of the caller's own."""
    return Response(JobSerializer(job_move_first(by=acting_user(request), job_id=job_id)).data)


class AdoptSerializer(StrictSerializer):
    remote_id = serializers.RegexField(r"^[A-Za-z0-9._:-]{1,200}$")


@extend_schema(request=AdoptSerializer, responses={202: JobSerializer})
@api_view(["POST"])
@idempotent
def job_adopt(request: Request, job_id: UUID) -> Response:
    """Give the provider's id of a request whose outcome was unknown; its result is fetched without paying again."""
    body = AdoptSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    by = acting_user(request)
    return job_response(request, polling.job_adopt(by=by, job_id=job_id, remote_id=body.validated_data["remote_id"]))


class ExcessDecisionSerializer(StrictSerializer):
    decision = serializers.ChoiceField(["count", "dismiss"])


@extend_schema(request=ExcessDecisionSerializer, responses=JobSerializer)
@api_view(["POST"])
def job_excess(request: Request, job_id: UUID) -> Response:
    """Decide whether the amount a provider charged above the reservation counts as spent or is dismissed."""
    body = ExcessDecisionSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    counts = body.validated_data["decision"] == "count"
    return Response(JobSerializer(job_excess_settle(by=acting_user(request), job_id=job_id, counts=counts)).data)


def job_response(request: Request, job: Job) -> Response:
    """Return the response of a call that created a job: `202`, with the job and its address.

    With `Prefer: wait=N`, a job that finishes within N seconds gets `200`, with the result's fields next to the job's.
    """
    job, headers = wait_as_preferred(request, job)
    data = JobSerializer(job).data
    if job.state == State.SUCCEEDED and "Preference-Applied" in headers:
        data["result"] = result_with_links(job)
        return Response({**data, **data["result"], "job": data}, status=status.HTTP_200_OK, headers=headers)
    return Response({**data, "job": data}, status=status.HTTP_202_ACCEPTED, headers=headers)


def wait_as_preferred(request: Request, job: Job, *, waited_seconds: float = 0.0) -> tuple[Job, dict[str, str]]:
    """Wait for the job as the caller's `Prefer: wait=N` asks, less the `waited_seconds` that the request has already
    waited. Returns the job and the response headers.

    If too many callers are already waiting, the preference is not applied and the response is immediate.
    """
    headers = {"Location": f"/api/jobs/{job.pk}"}
    with preferred_wait(request) as seconds:
        if seconds:
            job = job_wait_until_ended(job, seconds=seconds - waited_seconds)
            headers["Preference-Applied"] = f"wait={seconds}"
    return job, headers


@contextmanager
def preferred_wait(request: Request) -> Iterator[int]:
    """How many seconds the block may wait: N of the caller's `Prefer: wait=N`, or 0 if too many are already waiting."""
    seconds = requested_wait_seconds(request)
    with waiter_admit(acting_user(request).pk) if seconds else nullcontext(False) as admitted:
        yield seconds if admitted else 0


def result_with_links(job: Job) -> JsonObject:
    """Return the result with the links to its video. They expire, so they are created when the result is shown."""
    asset = Asset.objects.filter(pk=job.result["video_id"]).first() if "video_id" in job.result else None
    return {**job.result, **(asset_urls(asset) if asset else {})}


def requested_wait_seconds(request: Request) -> int:
    """Return N from `Prefer: wait=N` (RFC 7240), at most 60, or 0 without that preference."""
    match = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,4})", request.headers.get("Prefer", ""), re.IGNORECASE)
    return min(int(match.group(1)), LONGEST_WAIT_SECONDS) if match else 0


def request_idempotency(request: Request, *, kind: str, body: JsonObject) -> Idempotency | None:
    """Return the request's `Idempotency-Key` with the request's fingerprint, or None without a key."""
    return idempotency_of(request.headers.get("Idempotency-Key", ""), kind=kind, body=body)
