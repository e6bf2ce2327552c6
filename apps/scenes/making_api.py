"""HTTP endpoints that start work on a scene, their quotes, and the scene's clips."""

from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.idempotency import idempotent
from apps.generation.api import QuoteView, quote_schema, request_spending, validated
from apps.jobs.api import JobSerializer, job_response, request_idempotency
from apps.jobs.idempotency import Idempotency
from apps.projects.selectors import project_get
from apps.scenes import clips, making, own_clips, remaking, softening, writing
from apps.scenes.making import GenerationSpec
from apps.scenes.models import Clip
from apps.scenes.request_serializers import (
    MakeSerializer,
    MakeVideoSerializer,
    RevertSerializer,
    SpendingSerializer,
    TrimSerializer,
    UploadClipSerializer,
    WriteScenesSerializer,
)
from apps.scenes.selectors import clips_of, scene_get
from apps.scenes.serializers import ClipSerializer, SceneSerializer
from apps.work.choice import Picked
from apps.work.work import Spending, Work


def making_spec(data: dict[str, Any]) -> GenerationSpec:
    return GenerationSpec(
        provider=data.get("provider", ""),
        model=data.get("model", ""),
        flavor=data.get("config_flavor", ""),
        seed=data.get("seed"),
        takes=data.get("takes", 1),
    )


class SceneCall(TypedDict):
    """What every service that starts paid work on a scene is told."""

    by: User
    project_id: UUID
    sequence: int
    spending: Spending
    idempotency: Idempotency | None


def scene_call(request: Request, data: dict[str, Any], kind: str, project_id: UUID, sequence: int) -> SceneCall:
    """Return what starting paid work on a scene needs besides the work itself."""
    return {
        "by": acting_user(request),
        "project_id": project_id,
        "sequence": sequence,
        "spending": request_spending(data),
        "idempotency": request_idempotency(request, kind=f"{kind}:{project_id}:{sequence}", body=data),
    }


class ScenesGenerate(APIView):
    @extend_schema(request=WriteScenesSerializer, responses={202: JobSerializer}, summary="Write the scenes")
    def post(self, request: Request, project_id: UUID) -> Response:
        data = validated(WriteScenesSerializer, request)
        job = writing.scenes_generate(
            by=acting_user(request),
            project_id=project_id,
            number_of_scenes=data.get("number_of_scenes"),
            flavor=data.get("config_flavor", ""),
            asked=Picked(data.get("provider", ""), data.get("model", "")),
            spending=request_spending(data),
            idempotency=request_idempotency(request, kind=f"scenes:{project_id}", body=data),
        )
        return job_response(request, job)


@quote_schema(WriteScenesSerializer, "Quote writing the scenes")
class ScenesGenerateQuote(QuoteView):
    body = WriteScenesSerializer

    @staticmethod
    def works(by: User, data: dict[str, Any], project_id: UUID) -> list[Work]:
        work = writing.project_scenes_work(
            by=by,
            project=project_get(by=by, project_id=project_id),
            number_of_scenes=data.get("number_of_scenes"),
            flavor=data.get("config_flavor", ""),
            asked=Picked(data.get("provider", ""), data.get("model", "")),
        )
        return [work]


class SceneImage(APIView):
    @extend_schema(request=MakeSerializer, responses={202: JobSerializer}, summary="Generate the scene's image")
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(MakeSerializer, request)
        call = scene_call(request, data, "image", project_id, sequence)
        job = making.scene_image_generate(**call, spec=making_spec(data))
        return job_response(request, job)


@quote_schema(MakeSerializer, "Quote the scene's image")
class SceneImageQuote(QuoteView):
    body = MakeSerializer

    @staticmethod
    def works(by: User, data: dict[str, Any], project_id: UUID, sequence: int) -> list[Work]:
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        return [making.image_work(by=by, scene=scene, spec=making_spec(data))]


class SceneSoften(APIView):
    @extend_schema(
        request=SpendingSerializer,
        responses={202: JobSerializer},
        summary="Have a language model soften the scene's prompt",
    )
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(SpendingSerializer, request)
        job = softening.scene_soften(**scene_call(request, data, "soften", project_id, sequence))
        return job_response(request, job)


@quote_schema(SpendingSerializer, "Quote softening the scene's prompt")
class SceneSoftenQuote(QuoteView):
    body = SpendingSerializer

    @staticmethod
    def works(by: User, _data: dict[str, Any], project_id: UUID, sequence: int) -> list[Work]:
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        return [softening.soften_work(by=by, scene=scene)]


class SceneVideo(APIView):
    @extend_schema(
        request=MakeVideoSerializer,
        responses={202: JobSerializer},
        summary="Generate the scene's clip, or several takes",
    )
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(MakeVideoSerializer, request)
        call = scene_call(request, data, "video", project_id, sequence)
        job = making.scene_video_generate(**call, spec=making_spec(data))
        return job_response(request, job)


@quote_schema(MakeVideoSerializer, "Quote the scene's clip")
class SceneVideoQuote(QuoteView):
    body = MakeVideoSerializer

    @staticmethod
    def works(by: User, data: dict[str, Any], project_id: UUID, sequence: int) -> list[Work]:
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        return making.video_works(by=by, scene=scene, spec=making_spec(data))


class SceneRemake(APIView):
    @extend_schema(
        request=SpendingSerializer,
        responses={202: JobSerializer},
        summary="Remake the scene for its words: its image, then its clip unless that needs an approval",
    )
    @idempotent
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(SpendingSerializer, request)
        job = remaking.scene_remake(
            by=acting_user(request),
            project_id=project_id,
            sequence=sequence,
            spending=request_spending(data),
            redraw=True,
        )
        return job_response(request, job)


@quote_schema(SpendingSerializer, "Quote remaking the scene")
class SceneRemakeQuote(QuoteView):
    body = SpendingSerializer

    @staticmethod
    def works(by: User, _data: dict[str, Any], project_id: UUID, sequence: int) -> list[Work]:
        works = remaking.scenes_remake_works(by=by, project_id=project_id, sequences=[sequence], redraw=True)
        return [work for _, work in works]


class SceneTrim(APIView):
    @extend_schema(request=TrimSerializer, responses={202: JobSerializer}, summary="Trim the scene's clip")
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(TrimSerializer, request)
        job = own_clips.scene_trim(
            by=acting_user(request),
            project_id=project_id,
            sequence=sequence,
            start_time=data["start_time"],
            end_time=data["end_time"],
            idempotency=request_idempotency(request, kind=f"trim:{project_id}:{sequence}", body=data),
        )
        return job_response(request, job)


class SceneUpload(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(request=UploadClipSerializer, responses={202: JobSerializer}, summary="Upload your own footage")
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(UploadClipSerializer, request)
        file = data["file"]
        job = own_clips.scene_upload(
            by=acting_user(request),
            project_id=project_id,
            sequence=sequence,
            upload=file,
            clip_in=data.get("clip_in", Decimal(0)),
            clip_out=data.get("clip_out"),
            idempotency=request_idempotency(
                request, kind=f"upload:{project_id}:{sequence}", body={**data, "file": [file.name, file.size]}
            ),
        )
        return job_response(request, job)


class SceneClips(ListAPIView[Clip]):
    """The scene's clips, oldest first."""

    serializer_class = ClipSerializer
    queryset = Clip.objects.none()

    def get_queryset(self) -> QuerySet[Clip]:
        scene = scene_get(
            by=acting_user(self.request), project_id=self.kwargs["project_id"], sequence=self.kwargs["sequence"]
        )
        return clips_of(scene).select_related("scene", "asset", "job")


class SceneRevert(APIView):
    @extend_schema(request=RevertSerializer, responses=SceneSerializer, summary="Revert to a clip, or to the original")
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(RevertSerializer, request)
        by = acting_user(request)
        clips.clip_make_current(by=by, project_id=project_id, sequence=sequence, clip_id=data.get("clip_id"))
        return Response(SceneSerializer(scene_get(by=by, project_id=project_id, sequence=sequence)).data)
