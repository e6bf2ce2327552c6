"""HTTP edge of the stored files."""

from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view, content_negotiation_class, parser_classes, permission_classes
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.acting import acting_user
from apps.assets import services
from apps.assets.links import linked_asset
from apps.assets.models import Asset, AssetKind
from apps.assets.previews import picture_shown
from apps.assets.selectors import asset_get
from apps.assets.serving import serve_asset
from apps.assets.upkeep.sweep import bucket_sweep, orphans_sweep
from apps.assets.uploading.resumable_api import UploadField
from apps.core.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from apps.core.negotiation import AnyTypeNegotiation
from apps.core.strict import StrictSerializer

__all__ = ["serve_asset"]

FILE_RESPONSES = {
    (200, "*/*"): OpenApiTypes.BINARY,
    (206, "*/*"): OpenApiTypes.BINARY,
    304: OpenApiResponse(description="The client's copy is still current."),
    302: OpenApiResponse(description="The file is in the bucket: follow the presigned link."),
    416: OpenApiResponse(description="The range is outside the file."),
}


class AssetSerializer(serializers.ModelSerializer[Asset]):
    """A file's facts. Links expire, so they are created for each response."""

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


@extend_schema(summary="Get a video, a range of it, or a redirect to it", responses=FILE_RESPONSES)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def get_video(request: Request, asset_id: UUID) -> HttpResponseBase:
    return serve_asset(request, asset_get(by=acting_user(request), asset_id=asset_id, kind=AssetKind.VIDEO))


@extend_schema(summary="Get a video's facts", responses=AssetSerializer)
@api_view(["GET"])
def get_video_info(request: Request, asset_id: UUID) -> Response:
    asset = asset_get(by=acting_user(request), asset_id=asset_id, kind=AssetKind.VIDEO)
    return Response({**AssetSerializer(asset).data, **services.asset_urls(asset)})


@extend_schema(summary="Get a picture as browsers show it", responses=FILE_RESPONSES)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def get_character_reference(request: Request, asset_id: UUID) -> HttpResponseBase:
    """Get a character's or scene's image. One that browsers can't show (HEIC, TIFF, or above 50 megapixels) comes as a
    JPEG; with `?download`, and at `/api/assets/{asset_id}/content`, as the stored file."""
    picture = asset_get(by=acting_user(request), asset_id=asset_id, kind=AssetKind.IMAGE)
    return serve_asset(request, picture if "download" in request.GET else picture_shown(picture))


class UploadSerializer(StrictSerializer):
    file = UploadField(help_text="A file, or the id of an upload sent in parts to /api/uploads")
    kind = serializers.ChoiceField(choices=[AssetKind.VIDEO, AssetKind.AUDIO, AssetKind.IMAGE])


@extend_schema(
    summary="Upload a file",
    request={"multipart/form-data": UploadSerializer},
    parameters=[IDEMPOTENCY_PARAMETER],
    responses={201: AssetSerializer},
)
@api_view(["POST"])
@parser_classes([MultiPartParser])
@idempotent
def asset_upload(request: Request) -> Response:
    """Store a video, audio or image file. Other calls then refer to it by its id."""
    body = UploadSerializer(data=request.data, context={"request": request})
    body.is_valid(raise_exception=True)
    data = body.validated_data
    asset = services.asset_from_upload(by=acting_user(request), upload=data["file"], kind=data["kind"])
    return Response(
        AssetSerializer(asset).data, status=status.HTTP_201_CREATED, headers={"Location": f"/api/assets/{asset.pk}"}
    )


@extend_schema(summary="Get a stored file's facts", responses=AssetSerializer)
@api_view(["GET"])
def asset_detail(request: Request, asset_id: UUID) -> Response:
    return Response(AssetSerializer(asset_get(by=acting_user(request), asset_id=asset_id)).data)


@extend_schema(summary="Get a stored file, a range of it, or a redirect to it", responses=FILE_RESPONSES)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def asset_content(request: Request, asset_id: UUID) -> HttpResponseBase:
    return serve_asset(request, asset_get(by=acting_user(request), asset_id=asset_id))


class CleanupSerializer(StrictSerializer):
    dry_run = serializers.BooleanField(default=False, help_text="Count without deleting anything.")
    bucket = serializers.ChoiceField(
        choices=["skip", "report", "delete"],
        default="skip",
        help_text="Find objects that have no row; `delete` removes them, unless `dry_run`.",
    )


@extend_schema(summary="Remove orphans (staff)", request=CleanupSerializer, responses=OpenApiTypes.OBJECT)
@api_view(["POST"])
@permission_classes([IsAdminUser])
def cleanup(request: Request) -> Response:
    """Remove this machine's files that have no row and abandoned temporary folders, if older than the grace period."""
    said = request.data
    if isinstance(said, Mapping):
        said = {**request.query_params.dict(), **{name: said[name] for name in said}}
    wanted = CleanupSerializer(data=said)
    wanted.is_valid(raise_exception=True)
    dry_run, bucket = wanted.validated_data["dry_run"], wanted.validated_data["bucket"]
    report = asdict(orphans_sweep(now=timezone.now(), dry_run=dry_run))
    if bucket != "skip":
        found = bucket_sweep(now=timezone.now(), delete=bucket == "delete" and not dry_run)
        report["bucket"] = asdict(found) if found else None
    return Response(report)


@require_safe
def shared_content(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Serve a file to a provider that was given a link. The token is the permission; the name is informational."""
    return serve_asset(request, linked_asset(token))
