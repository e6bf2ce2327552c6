"""The HTTP API of composing."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.assets.serving import serve_asset
from apps.assets.views import FILE_RESPONSES
from apps.composition import looks, services
from apps.composition.handoff.export import export_get, project_export
from apps.composition.handoff.options import HandoffOptions
from apps.composition.lyrics import lyrics_delete, lyrics_from_song, lyrics_get, lyrics_reread, lyrics_set
from apps.composition.models import Composition, Output
from apps.composition.options import OptionChanges
from apps.composition.outputs import output_change, output_create, output_delete
from apps.composition.project_looks import look_told, project_look_get, project_look_set
from apps.composition.selectors import CurrentPlans, composition_get, compositions_of
from apps.composition.serializers import (
    ComposeSerializer,
    CompositionSerializer,
    ExportSerializer,
    LyricsEncodingSerializer,
    LyricsSerializer,
    LyricsUploadSerializer,
    OutputChangeSerializer,
    OutputSerializer,
    OutputWriteSerializer,
    ProjectLookSerializer,
    SceneLookSerializer,
    SceneLookWriteSerializer,
    StitchSerializer,
)
from apps.composition.stitching import stitch_start
from apps.core.errors import NotFound
from apps.core.idempotency import idempotent
from apps.core.negotiation import AnyTypeNegotiation
from apps.core.strict import takes_no_fields
from apps.generation.api import validated
from apps.jobs.api import JobSerializer, job_response, request_idempotency
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.scenes.selectors import scene_get, scenes_of
from engines.lyrics.encodings import Decoded, decoded


class ProjectCompose(APIView):
    @extend_schema(request=ComposeSerializer, responses={202: JobSerializer}, summary="Compose the video")
    def post(self, request: Request, project_id: UUID) -> Response:
        overrides = validated(ComposeSerializer, request)
        idempotency = request_idempotency(request, kind=f"compose:{project_id}", body=overrides)
        flavor, output_id = overrides.pop("config_flavor", ""), overrides.pop("output_id", None)
        job = services.project_compose(
            by=acting_user(request),
            project_id=project_id,
            output_id=output_id,
            overrides=OptionChanges.model_validate(overrides),
            flavor=flavor,
            idempotency=idempotency,
        )
        return job_response(request, job)


class ProjectFinal(APIView):
    content_negotiation_class = AnyTypeNegotiation

    @extend_schema(responses=FILE_RESPONSES, summary="The final video")
    def get(self, request: Request, project_id: UUID) -> HttpResponseBase:
        project = project_get(by=acting_user(request), project_id=project_id)
        if project.final_video is None:
            raise NotFound("This project has no final video yet. Compose one first.", code="no_final_video")
        return serve_asset(request, project.final_video)

    @extend_schema(exclude=True)
    def head(self, request: Request, project_id: UUID) -> HttpResponseBase:
        return self.get(request, project_id)


class CompositionList(ListAPIView[Composition]):
    """Every composed video of the project, newest first."""

    serializer_class = CompositionSerializer
    queryset = Composition.objects.none()

    @cached_property
    def project(self) -> Project:
        return project_get(by=acting_user(self.request), project_id=self.kwargs["project_id"])

    def get_queryset(self) -> QuerySet[Composition]:
        return compositions_of(self.project)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": CurrentPlans(self.project, list(scenes_of(self.project)))}


class CompositionDetail(APIView):
    @extend_schema(responses=CompositionSerializer, summary="One composed video with its proof")
    def get(self, request: Request, project_id: UUID, composition_id: UUID) -> Response:
        project = project_get(by=acting_user(request), project_id=project_id)
        return Response(CompositionSerializer(composition_get(project=project, composition_id=composition_id)).data)


class CompositionBringBack(APIView):
    @extend_schema(responses=CompositionSerializer, summary="Make it the final video again")
    @takes_no_fields
    def post(self, request: Request, project_id: UUID, composition_id: UUID) -> Response:
        composition = services.composition_revert(
            by=acting_user(request), project_id=project_id, composition_id=composition_id
        )
        composition.project.refresh_from_db(fields=["final_video"])
        return Response(CompositionSerializer(composition).data)


class OutputList(APIView):
    @extend_schema(responses=OutputSerializer(many=True), summary="The project's other outputs")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = project_get(by=acting_user(request), project_id=project_id)
        return Response(OutputSerializer(Output.objects.filter(project=project), many=True).data)

    @extend_schema(request=OutputWriteSerializer, responses={201: OutputSerializer}, summary="Add an output")
    @idempotent
    def post(self, request: Request, project_id: UUID) -> Response:
        wanted = validated(OutputWriteSerializer, request)
        output = output_create(by=acting_user(request), project_id=project_id, **wanted)
        return Response(OutputSerializer(output).data, status=status.HTTP_201_CREATED)


class OutputDetail(APIView):
    @extend_schema(request=OutputChangeSerializer, responses=OutputSerializer, summary="Change an output")
    def patch(self, request: Request, project_id: UUID, output_id: UUID) -> Response:
        sent = OutputChangeSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        output = output_change(
            by=acting_user(request), project_id=project_id, output_id=output_id, changes=sent.changes()
        )
        return Response(OutputSerializer(output).data)

    @extend_schema(responses={204: None}, summary="Remove an output")
    def delete(self, request: Request, project_id: UUID, output_id: UUID) -> Response:
        output_delete(by=acting_user(request), project_id=project_id, output_id=output_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SceneLookDetail(APIView):
    @extend_schema(responses=SceneLookSerializer, summary="How the scene is composed")
    def get(self, request: Request, project_id: UUID, sequence: int) -> Response:
        scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
        return Response(SceneLookSerializer(looks.scene_look(scene)).data)

    @extend_schema(request=SceneLookWriteSerializer, responses=SceneLookSerializer, summary="Change how")
    def patch(self, request: Request, project_id: UUID, sequence: int) -> Response:
        changes = validated(SceneLookWriteSerializer, request)
        look = looks.scene_look_update(by=acting_user(request), project_id=project_id, sequence=sequence, **changes)
        return Response(SceneLookSerializer(look).data)


class ProjectLookDetail(APIView):
    @extend_schema(responses=ProjectLookSerializer, summary="How the project's videos are put together")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(look_told(project_look_get(by=acting_user(request), project_id=project_id)))

    @extend_schema(request=ProjectLookSerializer, responses=ProjectLookSerializer, summary="Change how")
    def patch(self, request: Request, project_id: UUID) -> Response:
        options = validated(ProjectLookSerializer, request)
        look = project_look_set(by=acting_user(request), project_id=project_id, options=options)
        return Response(look_told(look))


class ProjectLyrics(APIView):
    @extend_schema(responses=LyricsSerializer, summary="The project's lyrics, and what their reader left out")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(LyricsSerializer(lyrics_get(by=acting_user(request), project_id=project_id)).data)

    @extend_schema(request=LyricsUploadSerializer, responses=LyricsSerializer, summary="Upload lyrics")
    def put(self, request: Request, project_id: UUID) -> Response:
        sent = validated(LyricsUploadSerializer, request)
        file, text, encoding = sent.pop("file", None), sent.pop("text", ""), sent.pop("encoding", "")
        source = Decoded(text, "") if file is None else decoded(file.read(), encoding)
        name = "" if file is None else file.name
        stored = lyrics_set(by=acting_user(request), project_id=project_id, source=source, original_name=name)
        return Response(LyricsSerializer(stored).data)

    @extend_schema(responses=LyricsSerializer, summary="Use the timed lyrics of the project's song")
    @idempotent
    @takes_no_fields
    def post(self, request: Request, project_id: UUID) -> Response:
        stored = lyrics_from_song(by=acting_user(request), project_id=project_id)
        return Response(LyricsSerializer(stored).data)

    @extend_schema(
        request=LyricsEncodingSerializer,
        responses=LyricsSerializer,
        summary="Read the uploaded file in another encoding",
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        encoding = validated(LyricsEncodingSerializer, request)["encoding"]
        changed = lyrics_reread(by=acting_user(request), project_id=project_id, encoding=encoding)
        return Response(LyricsSerializer(changed).data)

    @extend_schema(responses={204: None}, summary="Remove the lyrics")
    def delete(self, request: Request, project_id: UUID) -> Response:
        lyrics_delete(by=acting_user(request), project_id=project_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ProjectExport(APIView):
    content_negotiation_class = AnyTypeNegotiation

    @extend_schema(
        responses={**FILE_RESPONSES, 409: None},
        summary="Download the project's editor package; create it with POST first",
    )
    def get(self, request: Request, project_id: UUID) -> HttpResponseBase:
        return serve_asset(request, export_get(by=acting_user(request), project_id=project_id))

    @extend_schema(
        request=ExportSerializer, responses={202: JobSerializer}, summary="Create the project's editor package"
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        options = validated(ExportSerializer, request)
        job = project_export(
            by=acting_user(request),
            project_id=project_id,
            options=HandoffOptions(**options),
            idempotency=request_idempotency(request, kind=f"export:{project_id}", body=options),
        )
        return job_response(request, job)


class StitchVideo(APIView):
    @extend_schema(request=StitchSerializer, responses={202: JobSerializer}, summary="Stitch videos over a song")
    def post(self, request: Request) -> Response:
        overrides = validated(StitchSerializer, request)
        idempotency = request_idempotency(request, kind="stitch_video", body=overrides)
        named = {name: overrides.pop(name) for name in ("video_ids", "audio_id", "audio_start") if name in overrides}
        flavor = overrides.pop("config_flavor", "")
        job = stitch_start(
            by=acting_user(request),
            overrides=OptionChanges.model_validate(overrides),
            flavor=flavor,
            idempotency=idempotency,
            **named,
        )
        return job_response(request, job)
