"""HTTP endpoints of scenes: the list, one scene, and rearranging them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.core.idempotency import idempotent
from apps.core.strict import takes_no_fields
from apps.generation.api import validated
from apps.projects.selectors import project_get
from apps.scenes import cutting, history, services
from apps.scenes.models import Scene
from apps.scenes.request_serializers import (
    DuplicateSerializer,
    RedoSerializer,
    ReorderSerializer,
    ScenePatchSerializer,
    SceneWriteSerializer,
    SplitSerializer,
    UndoSerializer,
)
from apps.scenes.selectors import scene_get, scenes_of
from apps.scenes.serializers import ChangeStackSerializer, SceneSerializer

SCENES_RESPONSE = SceneSerializer(many=True)


class SceneList(ListAPIView[Scene]):
    """The project's scenes in order."""

    serializer_class = SceneSerializer
    queryset = Scene.objects.none()

    def get_queryset(self) -> QuerySet[Scene]:
        project = project_get(by=acting_user(self.request), project_id=self.kwargs["project_id"])
        return scenes_of(project).prefetch_related("clips")

    @extend_schema(request=SceneWriteSerializer, responses={201: SceneSerializer}, summary="Insert a scene")
    @idempotent
    def post(self, request: Request, project_id: UUID) -> Response:
        data = validated(SceneWriteSerializer, request)
        scene = services.scene_create(by=acting_user(request), project_id=project_id, **data)
        location = f"/api/mv/projects/{project_id}/scenes/{scene.sequence}"
        return Response(_scene_response(request, scene), status=201, headers={"Location": location})


class SceneDetail(APIView):
    @extend_schema(responses=SceneSerializer, summary="One scene")
    def get(self, request: Request, project_id: UUID, sequence: int) -> Response:
        scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
        return Response(SceneSerializer(scene).data)

    @extend_schema(
        request=ScenePatchSerializer,
        responses=SceneSerializer,
        summary="Edit a scene; changing the duration moves its cut",
    )
    def patch(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(ScenePatchSerializer, request)
        version = data.pop("version", None)
        scene = services.scene_update(
            by=acting_user(request), project_id=project_id, sequence=sequence, expected_version=version, **data
        )
        return Response(_scene_response(request, scene))

    @extend_schema(
        responses={204: None},
        parameters=[OpenApiParameter("ripple", bool, description="Whether all later scenes move up")],
        summary="Delete a scene; this can be undone",
    )
    def delete(self, request: Request, project_id: UUID, sequence: int) -> Response:
        ripple = request.query_params.get("ripple", "") in {"true", "1"}
        services.scene_delete(by=acting_user(request), project_id=project_id, sequence=sequence, ripple=ripple)
        return Response(status=204)


class SceneReorder(APIView):
    @extend_schema(request=ReorderSerializer, responses=SCENES_RESPONSE, summary="Reorder the scenes")
    def post(self, request: Request, project_id: UUID) -> Response:
        data = validated(ReorderSerializer, request)
        services.scenes_reorder(by=acting_user(request), project_id=project_id, **data)
        return _scenes_response(request, project_id)


class SceneSplit(APIView):
    @extend_schema(request=SplitSerializer, responses=SCENES_RESPONSE, summary="Cut a scene in two")
    @idempotent
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(SplitSerializer, request)
        cutting.scene_split(by=acting_user(request), project_id=project_id, sequence=sequence, **data)
        return _scenes_response(request, project_id)


class SceneMerge(APIView):
    @extend_schema(responses=SCENES_RESPONSE, summary="Merge a scene with the next one")
    @idempotent
    @takes_no_fields
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        cutting.scene_merge(by=acting_user(request), project_id=project_id, sequence=sequence)
        return _scenes_response(request, project_id)


class SceneDuplicate(APIView):
    @extend_schema(request=DuplicateSerializer, responses=SCENES_RESPONSE, summary="Duplicate a scene")
    @idempotent
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(DuplicateSerializer, request)
        cutting.scene_duplicate(by=acting_user(request), project_id=project_id, sequence=sequence, **data)
        return _scenes_response(request, project_id)


class Changes(APIView):
    @extend_schema(responses=ChangeStackSerializer, summary="What undo and redo would do next")
    def get(self, request: Request, project_id: UUID) -> Response:
        stack = history.change_stack(by=acting_user(request), project_id=project_id)
        return Response(ChangeStackSerializer(stack).data)


class ChangeUndo(APIView):
    @extend_schema(request=UndoSerializer, responses=SCENES_RESPONSE, summary="Undo the last change to the scenes")
    @idempotent
    def post(self, request: Request, project_id: UUID) -> Response:
        data = validated(UndoSerializer, request)
        history.change_undo(by=acting_user(request), project_id=project_id, **data)
        return _scenes_response(request, project_id)


class ChangeRedo(APIView):
    @extend_schema(request=RedoSerializer, responses=SCENES_RESPONSE, summary="Redo the last undone change")
    @idempotent
    def post(self, request: Request, project_id: UUID) -> Response:
        data = validated(RedoSerializer, request)
        history.change_redo(by=acting_user(request), project_id=project_id, **data)
        return _scenes_response(request, project_id)


def _scene_response(request: Request, scene: Scene) -> dict[str, Any]:
    fresh = scene_get(by=acting_user(request), project_id=scene.project_id, sequence=scene.sequence or 0)
    return dict(SceneSerializer(fresh).data)


def _scenes_response(request: Request, project_id: UUID) -> Response:
    project = project_get(by=acting_user(request), project_id=project_id)
    return Response(SceneSerializer(scenes_of(project).prefetch_related("clips"), many=True).data)
