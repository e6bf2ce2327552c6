"""HTTP edge of a song's vocal stem: uploaded, or made by a hosted model."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.assets.uploading.resumable_api import UploadField
from apps.core.idempotency import IDEMPOTENCY_PARAMETER
from apps.core.strict import StrictSerializer
from apps.generation.api import QuoteView, quote_schema, validated
from apps.generation.serializers import CallSerializer
from apps.generation.songs.lyrics_api import picked_of, song_call
from apps.generation.songs.vocals import vocals_start, vocals_work
from apps.jobs.api import JobSerializer, job_response, request_idempotency
from apps.jobs.kinds import Kind
from apps.songs.models import Song
from apps.songs.selectors import song_get
from apps.songs.stems import song_stem_upload, stem_jobs
from apps.work.work import Work


class StemUploadSerializer(StrictSerializer):
    file = UploadField(allow_empty_file=True)


class VocalsSerializer(CallSerializer):
    """The `provider` whose hosted model takes the vocals out of the song, or the `model`, or both."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("provider") and not attrs.get("model"):
            told = "Upload a file, or name the provider that separates the vocals."
            raise serializers.ValidationError({"file": [told]})
        return attrs


class StemSerializer(serializers.ModelSerializer[Song]):
    """Which sound lip-sync uses: the `stem`, or the `mix` without one. `job` is the last that made or checked one."""

    audio_id = serializers.UUIDField(source="asset_id")
    used = serializers.SerializerMethodField()
    stem_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(source="stem.original_name", default="")
    duration_seconds = serializers.FloatField(source="stem.duration_seconds", default=None, allow_null=True)
    size_bytes = serializers.IntegerField(source="stem.size_bytes", default=None, allow_null=True)
    created_at = serializers.DateTimeField(source="stem.created_at", default=None, allow_null=True)
    audio_url = serializers.SerializerMethodField()
    job = serializers.SerializerMethodField()

    class Meta:
        model = Song
        fields = [
            "audio_id", "used", "stem_id", "name", "duration_seconds", "size_bytes", "created_at", "audio_url", "job",
        ]  # fmt: skip

    def get_used(self, song: Song) -> str:
        return "stem" if song.stem_id else "mix"

    def get_audio_url(self, song: Song) -> str:
        return f"/api/audio/get/{song.stem_id or song.asset_id}"

    @extend_schema_field(JobSerializer(allow_null=True))
    def get_job(self, song: Song) -> Any:
        job = stem_jobs(song).first()
        return JobSerializer(job).data if job else None


class SongStem(APIView):
    """The song's vocals alone, as long as the song."""

    @extend_schema(responses=StemSerializer)
    def get(self, request: Request, audio_id: UUID) -> Response:
        """Get which sound lip-sync uses, and the last job that checked a stem."""
        return Response(StemSerializer(song_get(by=acting_user(request), audio_id=audio_id)).data)

    @extend_schema(
        request={"multipart/form-data": StemUploadSerializer, "application/json": VocalsSerializer},
        parameters=[IDEMPOTENCY_PARAMETER],
        responses={202: JobSerializer},
    )
    def post(self, request: Request, audio_id: UUID) -> Response:
        """Upload the song's vocals as a stem, or have a hosted model take them out of the song, which is paid.
        Lip-sync uses the stem instead of the mix.

        A job listens to it. If it isn't as long as the song, the job fails and the song keeps the stem it has.
        """
        if "file" not in request.data:
            return self._separated(request, audio_id)
        body = StemUploadSerializer(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        upload = body.validated_data["file"]
        job = song_stem_upload(
            by=acting_user(request),
            audio_id=audio_id,
            upload=upload,
            idempotency=request_idempotency(
                request, kind=f"{Kind.STEM}:{audio_id}", body={"file": [upload.name, upload.size]}
            ),
        )
        return job_response(request, job)

    def _separated(self, request: Request, audio_id: UUID) -> Response:
        asked = validated(VocalsSerializer, request)
        call = song_call(request, asked, kind=Kind.STEM, audio_id=audio_id)
        return job_response(request, vocals_start(by=acting_user(request), audio_id=audio_id, call=call))


def _works(by: User, asked: dict[str, Any], *, audio_id: UUID) -> list[Work]:
    return [vocals_work(by=by, audio_id=audio_id, picked=picked_of(asked), flavor=asked.get("config_flavor", ""))]


@quote_schema(CallSerializer, "Quote separating a song's vocals", name="audio_stem_quote")
class StemQuote(QuoteView):
    body, works = CallSerializer, staticmethod(_works)
