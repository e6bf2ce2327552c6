"""The HTTP API of covers: the frame that stands for a film, the ones to choose from, and the picture as a file."""

from io import BytesIO
from typing import Any
from uuid import UUID

from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, content_negotiation_class
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.assets.store.keys import safe_name
from apps.composition.selectors import output_get
from apps.composition.serializers import CoverSerializer, CoverWriteSerializer
from apps.composition.stills.covers import (
    FORMATS,
    cover_candidates,
    cover_delete,
    cover_of,
    cover_picture,
    cover_set,
    frame_preview,
)
from apps.core.negotiation import AnyTypeNegotiation
from apps.core.strict import IdField
from apps.generation.api import validated
from apps.projects.models import Project
from apps.projects.selectors import project_get


class CoverImageSerializer(serializers.Serializer[Any]):
    """`output_id`: in the shape of this output instead of the project's."""

    output_id = IdField(required=False, allow_null=True)
    form = serializers.ChoiceField([*FORMATS], default="jpg")


class CoverFrameSerializer(serializers.Serializer[Any]):
    seconds = serializers.FloatField(min_value=0, max_value=86_400)


class ProjectCover(APIView):
    @extend_schema(responses=CoverSerializer, summary="The film's cover, and moments that would make a good one")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = project_get(by=acting_user(request), project_id=project_id)
        return Response(_told(project))

    @extend_schema(request=CoverWriteSerializer, responses=CoverSerializer, summary="Pick a frame of the film as cover")
    def put(self, request: Request, project_id: UUID) -> Response:
        by = acting_user(request)
        project = project_get(by=by, project_id=project_id)
        cover_set(by=by, project_id=project_id, seconds=validated(CoverWriteSerializer, request)["seconds"])
        return Response(_told(project))

    @extend_schema(responses={204: None}, summary="Leave the cover to the studio again")
    def delete(self, request: Request, project_id: UUID) -> Response:
        cover_delete(by=acting_user(request), project_id=project_id)
        return Response(status=204)


@extend_schema(
    parameters=[CoverImageSerializer],
    responses={(200, "image/*"): OpenApiTypes.BINARY},
    summary="The cover as a file, in the shape and size of a video",
)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def cover_image(request: Request, project_id: UUID) -> FileResponse:
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    asked = CoverImageSerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    output_id, form = asked.validated_data.get("output_id"), asked.validated_data["form"]
    output = output_get(by=by, project_id=project_id, output_id=output_id) if output_id else None
    shape = (output or project).aspect_ratio.replace(":", "x")
    name = f"{safe_name(project.title, fallback='cover')}_cover_{shape}.{form}"
    return FileResponse(
        BytesIO(cover_picture(project, output=output, form=form)),
        as_attachment=True,
        filename=name,
        content_type=FORMATS[form][1],
    )


@extend_schema(
    parameters=[CoverFrameSerializer],
    responses={(200, "image/jpeg"): OpenApiTypes.BINARY},
    summary="A small picture of what the film shows at a moment",
)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def cover_frame(request: Request, project_id: UUID) -> FileResponse:
    project = project_get(by=acting_user(request), project_id=project_id)
    asked = CoverFrameSerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    response = FileResponse(BytesIO(frame_preview(project, asked.validated_data["seconds"])), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=60"
    return response


def frame_url(project_id: UUID, seconds: object) -> str:
    return f"{reverse('cover-frame', args=[project_id])}?seconds={seconds}"


def _told(project: Project) -> Any:
    cover = cover_of(project)
    candidates = [
        {"seconds": one.seconds, "sequence": one.sequence, "preview_url": frame_url(project.pk, one.seconds)}
        for one in cover_candidates(project)
    ]
    told = {
        "seconds": cover and cover.seconds,
        "picture_id": cover and cover.picture_id,
        "poster_id": cover and cover.poster_id,
        "image_url": reverse("cover-image", args=[project.pk]),
        "candidates": candidates,
    }
    return CoverSerializer(told).data
