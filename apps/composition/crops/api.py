"""The path on which a scene is cropped to other shapes."""

import time
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.composition.crops.scene import ScenePath, scene_path, scene_path_set
from apps.core.errors import InputError
from apps.core.strict import StrictSerializer
from apps.jobs.api import preferred_wait
from apps.jobs.selectors import WAIT_STEP_SECONDS
from engines.media.crop_path import MOST_ZOOM, Key


class FramingKeySerializer(StrictSerializer):
    """At `time` seconds of the scene's current clip, the frame's middle is at `x` and `y` (0…1 across and down the
    whole picture). `zoom` 1 is the largest frame of the output's shape, 2 one half as wide. Between keys it moves
    smoothly; two keys at one time are a jump."""

    time = serializers.FloatField(min_value=0)
    x = serializers.FloatField(min_value=0, max_value=1)
    y = serializers.FloatField(min_value=0, max_value=1)
    zoom = serializers.FloatField(min_value=1, max_value=MOST_ZOOM, default=1.0)


class SceneFraming(APIView):
    @extend_schema(
        operation_id="scene_framing",
        responses={200: FramingKeySerializer(many=True), 202: FramingKeySerializer(many=True)},
        summary="The path on which the scene is cropped where an output follows; 202 while a worker looks for it",
    )
    def get(self, request: Request, project_id: UUID, sequence: int) -> Response:
        by = acting_user(request)
        with preferred_wait(request) as wait:
            ends_at = time.monotonic() + wait
            path = scene_path(by=by, project_id=project_id, sequence=sequence, look_for_it=True)
            while path.looking and not (path.by_hand or path.fixed) and time.monotonic() < ends_at:
                time.sleep(WAIT_STEP_SECONDS)
                path = scene_path(by=by, project_id=project_id, sequence=sequence)
        headers = {"Preference-Applied": f"wait={wait}"} if wait else {}
        if path.looking and not (path.by_hand or path.fixed):
            return Response(_told(path), status=202, headers={**headers, "Location": "/api/jobs?kind=clip_framing"})
        return Response(_told(path), headers=headers)

    @extend_schema(
        operation_id="scene_framing_set",
        request=FramingKeySerializer(many=True),
        responses=FramingKeySerializer(many=True),
        summary="Set the path; an empty list restores the one found for the clip",
    )
    def patch(self, request: Request, project_id: UUID, sequence: int) -> Response:
        by = acting_user(request)
        sent = request.data
        if not isinstance(sent, list):
            raise InputError('Send a list of keys: [{"time": 0, "x": 0.5, "y": 0.5, "zoom": 1}].')
        given = FramingKeySerializer(data=sent, many=True)
        given.is_valid(raise_exception=True)
        keys = [Key(**key) for key in given.validated_data]
        scene_path_set(by=by, project_id=project_id, sequence=sequence, keys=keys)
        return Response(_told(scene_path(by=by, project_id=project_id, sequence=sequence)))


def _told(path: ScenePath) -> list[dict[str, Any]]:
    return [{"time": key.time, "x": key.x, "y": key.y, "zoom": key.zoom} for key in path.keys]
