"""HTTP edge of the stored files."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, content_negotiation_class
from rest_framework.exceptions import NotAuthenticated
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.assets import services
from apps.assets.links import linked_asset
from apps.assets.models import Asset, Kind
from apps.assets.selectors import asset_get
from apps.assets.serving import serve_asset

__all__ = ["serve_asset"]

FILE_RESPONSES = {
    (200, "*/*"): OpenApiTypes.BINARY,
    (206, "*/*"): OpenApiTypes.BINARY,
    302: OpenApiResponse(description="The file lies in the bucket: follow the presigned link."),
    416: OpenApiResponse(description="The range lies outside the file."),
}


class AnyMediaNegotiation(DefaultContentNegotiation):
    """A player asks with `Accept: video/*`; only errors are rendered, and those as JSON."""

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002 - Django REST framework's signature
        renderers: Any,
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class AssetSerializer(serializers.ModelSerializer[Asset]):
    """What is known of a file. Links are made anew for each answer, since they expire."""

    content_url = serializers.SerializerMethodField()
    cloud_url = serializers.SerializerMethodField()

    class Meta:
        model = Asset
        fields = [
            "id", "kind", "content_type", "original_name", "size_bytes", "sha256", "container", "duration_seconds",
            "width", "height", "rotation", "fps", "frames", "variable_frame_rate", "video_codec", "pixel_format",
            "audio_codec", "audio_channels", "sample_rate", "metadata", "upload_pending", "created_at",
            "content_url", "cloud_url",
        ]  # fmt: skip

    def get_content_url(self, asset: Asset) -> str:
        return f"/api/assets/{asset.pk}/content"

    def get_cloud_url(self, asset: Asset) -> str | None:
        return services.asset_url(asset)


@extend_schema(summary="The video: a range of it, or the way to it", responses=FILE_RESPONSES)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyMediaNegotiation)
def get_video(request: Request, asset_id: UUID) -> HttpResponseBase:
    return serve_asset(request, asset_get(by=_owner(request), asset_id=asset_id, kind=Kind.VIDEO))


@extend_schema(summary="What is known of a video", responses=AssetSerializer)
@api_view(["GET"])
def get_video_info(request: Request, asset_id: UUID) -> Response:
    asset = asset_get(by=_owner(request), asset_id=asset_id, kind=Kind.VIDEO)
    return Response({**AssetSerializer(asset).data, **services.asset_urls(asset)})


@extend_schema(summary="The picture of a character", responses=FILE_RESPONSES)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyMediaNegotiation)
def get_character_reference(request: Request, asset_id: UUID) -> HttpResponseBase:
    return serve_asset(request, asset_get(by=_owner(request), asset_id=asset_id, kind=Kind.IMAGE))


@extend_schema(summary="What is known of a stored file", responses=AssetSerializer)
@api_view(["GET"])
def asset_detail(request: Request, asset_id: UUID) -> Response:
    return Response(AssetSerializer(asset_get(by=_owner(request), asset_id=asset_id)).data)


@extend_schema(summary="A stored file: a range of it, or the way to it", responses=FILE_RESPONSES)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyMediaNegotiation)
def asset_content(request: Request, asset_id: UUID) -> HttpResponseBase:
    return serve_asset(request, asset_get(by=_owner(request), asset_id=asset_id))


@require_safe
def shared_content(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """For a provider that was handed a link: the token is the permission, the name is for its eyes."""
    return serve_asset(request, linked_asset(token))


def _owner(request: Request) -> User:
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
