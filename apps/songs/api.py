"""HTTP edge of songs. `audio_id` is the id of the song's audio file."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import generics, serializers, status
from rest_framework.decorators import api_view, content_negotiation_class
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.assets.models import AssetKind
from apps.assets.selectors import asset_get
from apps.assets.views import serve_asset
from apps.core.idempotency import idempotent
from apps.core.negotiation import AnyTypeNegotiation
from apps.core.strict import NO_FIELDS, takes_no_fields
from apps.jobs.api import JobSerializer, job_response, request_idempotency
from apps.jobs.kinds import Kind
from apps.songs import services
from apps.songs.models import Song
from apps.songs.selectors import song_get, songs_of
from apps.songs.serializers import (
    SongChangesSerializer,
    SongDetailSerializer,
    SongImportSerializer,
    SongSerializer,
    SongUploadSerializer,
)

FILE_RESPONSES = {
    (200, "audio/*"): OpenApiTypes.BINARY,
    (206, "audio/*"): OpenApiTypes.BINARY,
    302: None,
    304: None,
    416: None,
}


class SongList(generics.ListAPIView[Song]):
    """List the caller's songs, newest first, and upload new ones."""

    serializer_class = SongSerializer
    queryset = Song.objects.none()

    def get_queryset(self) -> Any:
        return songs_of(acting_user(self.request)).defer("analysis")

    @extend_schema(
        request={"multipart/form-data": SongUploadSerializer},
        responses={
            200: OpenApiTypes.OBJECT,
            201: inline_serializer(
                "UploadedSong",
                {"id": serializers.UUIDField(), "audio_id": serializers.UUIDField(), "song": SongSerializer(),
                 "job": JobSerializer(), "existing": serializers.BooleanField()},
            )
        },
    )  # fmt: skip
    @idempotent
    def post(self, request: Request) -> Response:
        """Upload a song (mp3, wav, flac, m4a/aac, ogg/opus); its analysis (`job`) starts automatically. A file that was
        uploaded before is the same song (200, `existing`), with the title it has by now."""
        body = SongUploadSerializer(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        data = body.validated_data
        song, job, existing = services.song_upload(
            by=acting_user(request), upload=data["file"], title=data["title"], artist=data["artist"]
        )
        shown = SongSerializer(song).data
        created = {**shown, "audio_id": str(song.asset_id), "song": shown, "job": JobSerializer(job).data}
        return Response(
            {**created, "existing": existing},
            status=status.HTTP_200_OK if existing else status.HTTP_201_CREATED,
            headers={"Location": f"/api/audio/{song.asset_id}"},
        )


class SongDetail(APIView):
    """One song."""

    @extend_schema(responses=SongDetailSerializer)
    def get(self, request: Request, audio_id: UUID) -> Response:
        return Response(SongDetailSerializer(song_get(by=acting_user(request), audio_id=audio_id)).data)

    @extend_schema(request=SongChangesSerializer, responses=SongDetailSerializer)
    def patch(self, request: Request, audio_id: UUID) -> Response:
        """Change title or artist, name and move its sections, or correct the beat grid. Correcting the grid plans the
        scenes of its projects again."""
        body = SongChangesSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        song = services.song_update(by=acting_user(request), audio_id=audio_id, changes=body.changes())
        return Response(SongDetailSerializer(song).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, audio_id: UUID) -> Response:
        """Delete the song and its files; 409 while a project uses it."""
        services.song_delete(by=acting_user(request), audio_id=audio_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(request=SongImportSerializer, responses={202: JobSerializer})
@api_view(["POST"])
def audio_import(request: Request) -> Response:
    """Import the audio of a link (a page that yt-dlp supports, or an audio file), clipped to start_time…end_time.

    The job's result has `audio_id`; the analysis follows automatically.
    """
    body = SongImportSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    data = dict(body.validated_data)
    idempotency = request_idempotency(request, kind=Kind.AUDIO_IMPORT, body=data)
    return job_response(request, services.song_import(by=acting_user(request), idempotency=idempotency, **data))


@extend_schema(request=NO_FIELDS, responses={202: JobSerializer})
@api_view(["POST"])
@idempotent
@takes_no_fields
def audio_sung_listen(request: Request, audio_id: UUID) -> Response:
    """Listen again for where somebody sings, as a free job; beats, sections and a person's answer stay."""
    return job_response(request, services.song_voice_listen(by=acting_user(request), audio_id=audio_id))


@extend_schema(responses=FILE_RESPONSES)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def audio_content(request: Request, audio_id: UUID) -> HttpResponseBase:
    """Serve the song's file, with Range."""
    asset = asset_get(by=acting_user(request), asset_id=audio_id, kind=AssetKind.AUDIO)
    return serve_asset(request, asset)


@extend_schema(responses=OpenApiTypes.OBJECT)
@api_view(["GET"])
def audio_peaks(request: Request, audio_id: UUID) -> Response:
    """Get the waveform for display (`minimum`, `maximum`, `rms` of up to 2,000 equal parts) and the song's `energy`
    (ten samples a second); empty until the analysis has finished."""
    analysis = song_get(by=acting_user(request), audio_id=audio_id).analysis
    if "peaks" not in analysis:
        return Response({})
    return Response(
        {**analysis["peaks"], "energy": analysis["energy"], "duration_seconds": analysis["duration_seconds"]}
    )
