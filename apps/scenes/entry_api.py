"""HTTP endpoints of how scenes follow one another: redoing stale ones, and accepting what is proposed."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.idempotency import idempotent
from apps.core.strict import takes_no_fields
from apps.generation.api import QuoteView, quote_schema, request_spending, validated
from apps.jobs.api import JobSerializer
from apps.projects.selectors import project_get
from apps.scenes import entry_proposing, redoing
from apps.scenes.request_serializers import SpendingSerializer
from apps.scenes.selectors import scenes_of
from apps.scenes.serializers import SceneSerializer
from apps.work.work import Work
from engines.listening.scene_slots import MAXIMUM_SCENES


class RedoStaleSerializer(SpendingSerializer):
    """`sequences`: by default all that are stale; the scenes that continue from these are redone, too."""

    sequences = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, max_length=MAXIMUM_SCENES
    )


class RedoneSerializer(serializers.Serializer[Any]):
    """`sequences` are redone, in this order; each has its job."""

    sequences = serializers.ListField(child=serializers.IntegerField())
    jobs = JobSerializer(many=True)


class ScenesRedoStale(APIView):
    @extend_schema(
        request=RedoStaleSerializer,
        responses={202: RedoneSerializer},
        operation_id="redo_stale_scenes",
        summary="Generate stale scenes again, and those that continue from them; either all start or none",
    )
    @idempotent
    def post(self, request: Request, project_id: UUID) -> Response:
        data, by = validated(RedoStaleSerializer, request), acting_user(request)
        jobs = redoing.scenes_redo(
            by=by, project_id=project_id, sequences=data.get("sequences"), spending=request_spending(data)
        )
        numbers = {scene.pk: scene.sequence for scene in scenes_of(project_get(by=by, project_id=project_id))}
        body = {"sequences": [numbers[job.scene_id] for job in jobs if job.scene_id], "jobs": jobs}
        location = f"/api/jobs?project={project_id}"
        return Response(RedoneSerializer(body).data, status=202, headers={"Location": location})


@quote_schema(RedoStaleSerializer, "Quote generating stale scenes again", name="redo_stale_scenes_quote")
class ScenesRedoStaleQuote(QuoteView):
    body = RedoStaleSerializer
    nothing = "nothing is stale"

    @staticmethod
    def works(by: User, data: dict[str, Any], project_id: UUID) -> list[Work]:
        works = redoing.scenes_redo_works(by=by, project_id=project_id, sequences=data.get("sequences"))
        return [work for _, work in works]


class ScenesContinue(APIView):
    @extend_schema(
        responses=SceneSerializer(many=True),
        operation_id="accept_proposed_entries",
        summary="Let shots continue within sections, wherever a scene's `proposed_entry` says so",
    )
    @idempotent
    @takes_no_fields
    def post(self, request: Request, project_id: UUID) -> Response:
        by = acting_user(request)
        entry_proposing.entries_accept(by=by, project_id=project_id)
        scenes = scenes_of(project_get(by=by, project_id=project_id)).prefetch_related("clips")
        return Response(SceneSerializer(scenes, many=True).data)
