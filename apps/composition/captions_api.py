"""The HTTP API of captions: what they show and in which fonts, previews, and the words as files."""

from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, content_negotiation_class
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.acting import acting_user
from apps.assets.store.keys import safe_name
from apps.composition.caption_files import caption_file, font_choices, font_picture, preview_picture
from apps.composition.captions import caption_words
from apps.composition.models import OutputFraming
from apps.composition.planning import project_look
from apps.composition.selectors import output_get
from apps.composition.serializers import CaptionsSerializer
from apps.core.negotiation import AnyTypeNegotiation
from apps.core.strict import IdField
from apps.projects.models import AspectRatio
from apps.projects.selectors import project_get
from engines.lyrics.fonts import missing_characters


class FontChoiceSerializer(serializers.Serializer[Any]):
    """`sample_url`: some of the words in this font, as a picture."""

    name = serializers.CharField()
    sample_url = serializers.CharField()


class CaptionsStateSerializer(serializers.Serializer[Any]):
    """`fonts` have the words' letters, the usual ones first. `missing_characters`: no font can draw these, so captions
    can't be burned in."""

    captions = CaptionsSerializer()
    language = serializers.CharField(help_text='such as "en"; empty if it isn\'t known')
    lines = serializers.IntegerField()
    fonts = FontChoiceSerializer(many=True)
    missing_characters = serializers.ListField(child=serializers.CharField())


class CaptionsPreviewSerializer(CaptionsSerializer):
    """What isn't given is as the output has it, or without an `output_id`, the project's video."""

    output_id = IdField(required=False, allow_null=True)
    aspect_ratio = serializers.ChoiceField(AspectRatio.values, required=False)
    framing = serializers.ChoiceField(OutputFraming.values, required=False)


class FontSampleSerializer(serializers.Serializer[Any]):
    font = serializers.CharField(max_length=80)
    text = serializers.CharField(max_length=80, trim_whitespace=False)


class CaptionsFileSerializer(serializers.Serializer[Any]):
    output_id = IdField(required=False, allow_null=True)


@extend_schema(responses=CaptionsStateSerializer, summary="The captions, and the fonts that cover their words")
@api_view(["GET", "HEAD"])
def captions_state(request: Request, project_id: UUID) -> Response:
    project = project_get(by=acting_user(request), project_id=project_id)
    words = caption_words(project)
    fonts = [
        {"name": font.name, "sample_url": font_sample_url(project_id, font.name, font.sample)}
        for font in font_choices(project)
    ]
    state = {
        "captions": project_look(project).captions.changed({}).model_dump(mode="json"),
        "language": words.language,
        "lines": len(words.lines),
        "fonts": fonts,
        "missing_characters": missing_characters(words.text),
    }
    return Response(CaptionsStateSerializer(state).data)


@extend_schema(
    parameters=[CaptionsPreviewSerializer],
    responses={(200, "image/jpeg"): OpenApiTypes.BINARY},
    summary="A frame of the film with captions as they would be burned in",
)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def captions_preview(request: Request, project_id: UUID) -> FileResponse:
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    wanted = _asked(CaptionsPreviewSerializer, request)
    output_id = wanted.pop("output_id", None)
    output = output_get(by=by, project_id=project_id, output_id=output_id) if output_id else None
    place = {name: wanted.pop(name, "") for name in ("aspect_ratio", "framing")}
    return _picture(preview_picture(project, wanted, output=output, **place), "image/jpeg")


@extend_schema(
    parameters=[FontSampleSerializer],
    responses={(200, "image/png"): OpenApiTypes.BINARY},
    summary="Words in a font of captions",
)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def captions_font(request: Request, project_id: UUID) -> FileResponse:
    project_get(by=acting_user(request), project_id=project_id)
    wanted = _asked(FontSampleSerializer, request)
    return _picture(font_picture(wanted["font"], wanted["text"]), "image/png")


@extend_schema(
    parameters=[OpenApiParameter("output_id", OpenApiTypes.UUID, description="of this output instead of the video")],
    responses={(200, "text/*"): OpenApiTypes.STR, (200, "application/x-subrip"): OpenApiTypes.STR},
    summary="The video's words as a file",
)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def captions_download(request: Request, project_id: UUID, form: str) -> FileResponse:
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    output_id = _asked(CaptionsFileSerializer, request).get("output_id")
    output = output_get(by=by, project_id=project_id, output_id=output_id) if output_id else None
    text, content_type = caption_file(project, form, output)
    name = f"{safe_name(project.title, fallback='captions')}.{form}"
    return FileResponse(
        BytesIO(text.encode()), as_attachment=True, filename=name, content_type=f"{content_type}; charset=utf-8"
    )


def font_sample_url(project_id: UUID, font: str, text: str) -> str:
    return f"{reverse('captions-font', args=[project_id])}?{urlencode({'font': font, 'text': text})}"


def _asked(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _picture(content: bytes, content_type: str) -> FileResponse:
    response = FileResponse(BytesIO(content), content_type=content_type)
    response["Cache-Control"] = "private, no-cache"
    return response
