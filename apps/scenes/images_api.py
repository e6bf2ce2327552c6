"""HTTP endpoints of a scene's images."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.assets.models import Asset
from apps.core.strict import IdField, StrictSerializer
from apps.generation.api import validated
from apps.scenes.images import image_make_current, images_of
from apps.scenes.selectors import scene_get
from apps.scenes.serializers import SceneSerializer
from apps.work.results import ShownImage


class SceneImageSerializer(serializers.Serializer[Any]):
    """One image; new clips start from the `current` one."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    image_id = serializers.UUIDField()
    image_url = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    current = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class UseImageSerializer(StrictSerializer):
    image_id = IdField()


class SceneImages(APIView):
    """The scene's images, oldest first."""

    @extend_schema(responses=SceneImageSerializer(many=True), summary="The scene's images, oldest first")
    def get(self, request: Request, project_id: UUID, sequence: int) -> Response:
        scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
        shown = [_shown(image, scene.image_id) for image in images_of(scene)]
        return Response(SceneImageSerializer(shown, many=True).data)


class SceneUseImage(APIView):
    @extend_schema(request=UseImageSerializer, responses=SceneSerializer, summary="Choose one of the scene's images")
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(UseImageSerializer, request)
        by = acting_user(request)
        image_make_current(by=by, project_id=project_id, sequence=sequence, image_id=data["image_id"])
        return Response(SceneSerializer(scene_get(by=by, project_id=project_id, sequence=sequence)).data)


def _shown(image: Asset, current_id: UUID | None) -> dict[str, Any]:
    return {**ShownImage.of(image).model_dump(), "current": image.pk == current_id, "created_at": image.created_at}
