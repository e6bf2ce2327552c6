"""HTTP edge of songs. `audio_id` is the id of the song's audio file."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import generics, serializers, status
from rest_framework.decorators import api_view, content_negotiation_class, parser_classes
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.assets.models import Kind as AssetKind
from apps.assets.selectors import asset_get
from apps.assets.views import serve_asset
from apps.core.negotiation import AnyTypeNegotiation
from apps.jobs.api import JobSerializer, acting_user
from apps.songs import services
from apps.songs.models import Song
from apps.songs.selectors import song_get, songs_of


class SongSerializer(serializers.ModelSerializer[Song]):
    """A song in lists."""

    id = serializers.UUIDField(source="asset_id", help_text="What other calls name as audio_id")
    duration_seconds = serializers.FloatField(source="asset.duration_seconds", allow_null=True)
    content_type = serializers.CharField(source="asset.content_type")
    size_bytes = serializers.IntegerField(source="asset.size_bytes")
    stem_id = serializers.UUIDField(allow_null=True)
    audio_url = serializers.SerializerMethodField()
    tempo_bpm = serializers.SerializerMethodField()

    class Meta:
        model = Song
        fields = [
            "id", "title", "artist", "source_url", "duration_seconds", "content_type", "size_bytes", "stem_id",
            "audio_url", "analysis_state", "analysis_error", "tempo_bpm", "created_at",
        ]  # fmt: skip

    def get_audio_url(self, song: Song) -> str:
        return f"/api/audio/get/{song.asset_id}"

    def get_tempo_bpm(self, song: Song) -> float | None:
        return song.grid.get("tempo_bpm")


class SongDetailSerializer(SongSerializer):
    """With what the analysis found."""

    grid = serializers.JSONField()
    analysis = serializers.SerializerMethodField()

    class Meta(SongSerializer.Meta):
        fields = [*SongSerializer.Meta.fields, "grid", "analysis"]

    def get_analysis(self, song: Song) -> dict[str, Any]:
        # Thousands of numbers that only a waveform wants have a route of their own.
        return {name: value for name, value in song.analysis.items() if name != "peaks"}


class UploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField()
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    artist = serializers.CharField(max_length=200, required=False, allow_blank=True)


class SongList(generics.ListAPIView[Song]):
    """The caller's songs, and the door for new ones."""

    serializer_class = SongSerializer
    queryset = Song.objects.none()
    parser_classes = [MultiPartParser]

    def get_queryset(self) -> Any:
        return songs_of(acting_user(self.request))

    @extend_schema(
        request=UploadSerializer,
        responses={201: inline_serializer("UploadedSong", {"song": SongSerializer(), "job": JobSerializer()})},
    )
    def post(self, request: Request) -> Response:
        """Upload a song (mp3, wav, flac, m4a/aac, ogg/opus); its analysis starts by itself."""
        body = UploadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        song, job = services.song_upload(
            by=acting_user(request), upload=data["file"], title=data.get("title", ""), artist=data.get("artist", "")
        )
        answer = {**SongSerializer(song).data, "audio_id": str(song.asset_id), "job": JobSerializer(job).data}
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Location": f"/api/audio/{song.asset_id}"})


class SongDetail(APIView):
    """One song."""

    @extend_schema(responses=SongDetailSerializer)
    def get(self, request: Request, audio_id: UUID) -> Response:
        return Response(SongDetailSerializer(song_get(by=acting_user(request), audio_id=audio_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, audio_id: UUID) -> Response:
        services.song_delete(by=acting_user(request), audio_id=audio_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(responses={(200, "audio/*"): OpenApiTypes.BINARY, (206, "audio/*"): OpenApiTypes.BINARY})
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def audio_content(request: Request, audio_id: UUID) -> HttpResponseBase:
    """The song's bytes, with Range."""
    asset = asset_get(by=acting_user(request), asset_id=audio_id, kind=AssetKind.AUDIO)
    return serve_asset(request, asset)


@extend_schema(responses=OpenApiTypes.OBJECT)
@api_view(["GET"])
def audio_peaks(request: Request, audio_id: UUID) -> Response:
    """The waveform for display; empty until the analysis has ended."""
    song = song_get(by=acting_user(request), audio_id=audio_id)
    return Response(song.analysis.get("peaks", {}))


@extend_schema(request=UploadSerializer, responses=SongSerializer)
@api_view(["POST"])
@parser_classes([MultiPartParser])
def audio_stem(request: Request, audio_id: UUID) -> Response:
    """Give the song its vocals alone; lip-sync uses them instead of the mix."""
    body = UploadSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    song = services.song_stem_upload(by=acting_user(request), audio_id=audio_id, upload=body.validated_data["file"])
    return Response(SongSerializer(song).data)
