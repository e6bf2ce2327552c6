"""HTTP endpoints that steer the queue: pause and resume, and what is paused."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import InputError
from apps.core.strict import IdField, StrictSerializer
from apps.generation.api import validated
from apps.jobs.kinds import PIECES, Kind
from apps.jobs.models import Pause
from apps.jobs.pauses import Scope, going_on, paused_jobs, pauses_of
from apps.jobs.pausing import jobs_pause, jobs_resume
from apps.projects.selectors import project_get


class PauseScopeSerializer(StrictSerializer):
    """Without both, everything of the caller."""

    project_id = IdField(required=False, allow_null=True)
    kind = serializers.ChoiceField(Kind.choices, required=False, allow_null=True)


class PauseSerializer(serializers.ModelSerializer[Pause]):
    """What holds queued jobs. `by_operator`: it holds everybody's, and only an operator lifts it."""

    kind = serializers.CharField(allow_blank=True, help_text='"" for every kind')
    provider = serializers.CharField(allow_blank=True, help_text='"" for every provider')
    reason = serializers.CharField(help_text="What jobs that wait for it say in `progress_message`")
    automatic = serializers.BooleanField(help_text="It came after three equal failures in a row")
    by_operator = serializers.SerializerMethodField()

    class Meta:
        model = Pause
        fields = ["project_id", "kind", "provider", "reason", "automatic", "by_operator", "created_at"]

    def get_by_operator(self, pause: Pause) -> bool:
        return pause.owner_id is None


class PausedSerializer(serializers.Serializer[Any]):
    """`paused_jobs` wait until they are resumed. `running_jobs` are running, or with a provider, and go on."""

    detail = serializers.CharField()
    paused_jobs = serializers.IntegerField()
    running_jobs = serializers.IntegerField()
    pauses = PauseSerializer(many=True)


def requested_scope(by: User, data: dict[str, Any]) -> Scope:
    """Return the scope that a request names. Raises NotFound for another user's project, InputError for a kind that no
    pause holds."""
    if data.get("kind") in PIECES:
        raise InputError(
            "Segments belong to videos that have started, which no pause holds.", errors={"kind": ["can't be paused"]}
        )
    project_id: UUID | None = data.get("project_id")
    if project_id is not None:
        project_get(by=by, project_id=project_id)
    return Scope(owner_id=by.pk, project_id=project_id, kind=data.get("kind") or "")


def queue_words(waiting: int, running: int, *, paused: bool) -> str:
    """Return what a scope's jobs do now that it was `paused`, or resumed, in one or two sentences."""
    jobs = "job waits" if waiting == 1 else "jobs wait"
    if waiting:
        held = f"{waiting:,} queued {jobs} until you resume{'' if paused else ' these, too'}."
    else:
        held = "Nothing is queued; new jobs wait until you resume." if paused else "No queued job is paused."
    if not running:
        return held
    return f"{held} {running:,} already running or with a provider {'goes' if running == 1 else 'go'} on."


def _response(by: User, scope: Scope, *, paused: bool) -> Response:
    waiting, running = paused_jobs(scope).count(), going_on(scope).count()
    words = queue_words(waiting, running, paused=paused)
    facts = {"detail": words, "paused_jobs": waiting, "running_jobs": running, "pauses": pauses_of(by)}
    return Response(PausedSerializer(facts).data)


class JobsPause(APIView):
    @extend_schema(request=PauseScopeSerializer, responses=PausedSerializer, summary="Keep queued jobs from starting")
    def post(self, request: Request) -> Response:
        by = acting_user(request)
        scope = requested_scope(by, validated(PauseScopeSerializer, request))
        jobs_pause(scope=scope)
        return _response(by, scope, paused=True)


class JobsResume(APIView):
    @extend_schema(
        request=PauseScopeSerializer,
        responses=PausedSerializer,
        summary="Lift every pause of a project, of a kind, or all, and start what nothing else holds",
    )
    def post(self, request: Request) -> Response:
        by = acting_user(request)
        scope = requested_scope(by, validated(PauseScopeSerializer, request))
        jobs_resume(scope=scope)
        return _response(by, scope, paused=False)


class JobPauses(generics.ListAPIView[Pause]):
    """What holds the caller's queued jobs, oldest first."""

    serializer_class = PauseSerializer
    queryset = Pause.objects.none()

    def get_queryset(self) -> Any:
        return pauses_of(acting_user(self.request))
