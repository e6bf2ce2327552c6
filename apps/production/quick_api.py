"""`/api/mv/lipsync`: standalone, or for a scene's card on Quick gen."""

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.acting import acting_user
from apps.core.errors import InputError
from apps.generation.api import Lipsync, request_spending, validated
from apps.generation.serializers import LipsyncSerializer
from apps.jobs.api import JobSerializer, job_response, request_idempotency
from apps.production.quick import QuickSpec, quick_lipsync_start

SCENE_HEADER = "X-Scene-Id"
NOT_FORWARDED = frozenset({"config_flavor", "confirm_cost", "max_cost"})
SCENE_PARAMETER = OpenApiParameter(
    SCENE_HEADER,
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="A scene whose current clip is `video_id`: the result takes its place, counts on the project's budget, "
    "and the final video is stitched again",
)


class QuickLipsyncSerializer(LipsyncSerializer):
    all_sound = serializers.BooleanField(
        required=False,
        help_text="For a scene: send the band where nobody sings, too, instead of silence",
    )


class QuickLipsync(Lipsync):
    @extend_schema(
        request=QuickLipsyncSerializer,
        responses={202: JobSerializer},
        parameters=[SCENE_PARAMETER],
        summary="Lip-sync a clip to audio",
    )
    def post(self, request: Request) -> Response:
        named = request.headers.get(SCENE_HEADER)
        if not named:
            return self.make(request)
        try:
            scene_id = UUID(named)
        except ValueError as error:
            raise InputError(f"{SCENE_HEADER} is a scene's id.", errors={SCENE_HEADER: ["not an id"]}) from error
        return self._for_scene(request, scene_id)

    def _for_scene(self, request: Request, scene_id: UUID) -> Response:
        data = validated(QuickLipsyncSerializer, request)
        job = quick_lipsync_start(
            by=acting_user(request),
            scene_id=scene_id,
            spec=QuickSpec(
                flavor=data.get("config_flavor", ""), **{key: data[key] for key in data.keys() - NOT_FORWARDED}
            ),
            spending=request_spending(data),
            idempotency=request_idempotency(request, kind=f"lipsync:{scene_id}", body=data),
        )
        return job_response(request, job)
