"""HTTP endpoints of approving scenes and of sending one back."""

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
from apps.core.strict import IdField
from apps.generation.api import QuoteView, quote_schema, request_spending, validated
from apps.production import approving
from apps.projects.selectors import project_get
from apps.scenes.request_serializers import SpendingSerializer
from apps.scenes.selectors import scene_get, scenes_of
from apps.scenes.serializers import SceneSerializer
from apps.work.work import Work
from engines.listening.scene_slots import MAXIMUM_SCENES

# What a call that may buy something answers besides: the schema fills it in.
REFUSED = {402: None, 502: None, 503: None}


class SceneApproveSerializer(SpendingSerializer):
    """`version` is the version the client last read; a scene that was changed since is refused. With `scene_id` it is
    refused if another scene has this number now."""

    version = serializers.IntegerField(required=False, min_value=1)
    scene_id = IdField(required=False)


class SceneRedoSerializer(SceneApproveSerializer):
    """`note`: what is to be different; it is added to what the new picture is made from."""

    note = serializers.CharField(required=False, allow_blank=True, max_length=approving.LONGEST_NOTE)


class ScenesApproveSerializer(SpendingSerializer):
    """`sequences`: by default every proposed scene that has a picture."""

    sequences = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, max_length=MAXIMUM_SCENES
    )


class SceneApprove(APIView):
    @extend_schema(
        request=SceneApproveSerializer,
        responses={200: SceneSerializer, **REFUSED},
        summary="Approve a scene, which buys its clip; a repeated approval buys nothing",
    )
    @idempotent
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(SceneApproveSerializer, request)
        by = acting_user(request)
        approving.scenes_approve(
            by=by,
            project_id=project_id,
            sequences=[sequence],
            spending=request_spending(data),
            expected_version=data.get("version"),
            scene_id=data.get("scene_id"),
        )
        return Response(SceneSerializer(scene_get(by=by, project_id=project_id, sequence=sequence)).data)


@quote_schema(SceneApproveSerializer, "Quote the clip that approving a scene buys")
class SceneApproveQuote(QuoteView):
    body = SceneApproveSerializer

    @staticmethod
    def works(by: User, _data: dict[str, Any], project_id: UUID, sequence: int) -> list[Work]:
        return approving.scenes_approve_works(by=by, project_id=project_id, sequences=[sequence])


class ScenesApprove(APIView):
    @extend_schema(
        request=ScenesApproveSerializer,
        responses={200: SceneSerializer(many=True), **REFUSED},
        operation_id="api_mv_projects_scenes_approve_all_create",
        summary="Approve several scenes, all or none, which buys their clips",
    )
    @idempotent
    def post(self, request: Request, project_id: UUID) -> Response:
        data = validated(ScenesApproveSerializer, request)
        by = acting_user(request)
        approving.scenes_approve(
            by=by, project_id=project_id, sequences=data.get("sequences"), spending=request_spending(data)
        )
        scenes = scenes_of(project_get(by=by, project_id=project_id)).prefetch_related("clips")
        return Response(SceneSerializer(scenes, many=True).data)


@quote_schema(
    ScenesApproveSerializer,
    "Quote the clips that approving several scenes buys",
    name="api_mv_projects_scenes_approve_all_quote",
)
class ScenesApproveQuote(QuoteView):
    body = ScenesApproveSerializer

    @staticmethod
    def works(by: User, data: dict[str, Any], project_id: UUID) -> list[Work]:
        return approving.scenes_approve_works(by=by, project_id=project_id, sequences=data.get("sequences"))


class SceneRedo(APIView):
    @extend_schema(
        request=SceneRedoSerializer,
        responses={202: SceneSerializer},
        summary="Send a scene back: draw its picture again, with a note",
    )
    @idempotent
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(SceneRedoSerializer, request)
        by = acting_user(request)
        job = approving.scene_redo(
            by=by,
            project_id=project_id,
            sequence=sequence,
            note=data.get("note", ""),
            spending=request_spending(data),
            expected_version=data.get("version"),
            scene_id=data.get("scene_id"),
        )
        scene = SceneSerializer(scene_get(by=by, project_id=project_id, sequence=sequence)).data
        return Response(scene, status=202, headers={"Location": f"/api/jobs/{job.pk}"})


@quote_schema(SceneRedoSerializer, "Quote another picture of a scene")
class SceneRedoQuote(QuoteView):
    body = SceneRedoSerializer

    @staticmethod
    def works(by: User, data: dict[str, Any], project_id: UUID, sequence: int) -> list[Work]:
        note = data.get("note", "")
        return [approving.scene_redo_work(by=by, project_id=project_id, sequence=sequence, note=note)]
