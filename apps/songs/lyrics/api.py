"""HTTP edge of a song's words."""

from io import BytesIO
from uuid import UUID

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view, content_negotiation_class
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.core.idempotency import idempotent
from apps.core.negotiation import AnyTypeNegotiation
from apps.core.strict import takes_no_fields
from apps.songs.lyrics import services, versions
from apps.songs.lyrics.files import lyrics_file
from apps.songs.lyrics.serializers import (
    ChangedQuerySerializer,
    LineChangeSerializer,
    SongLyricsChangeSerializer,
    SongLyricsUploadSerializer,
    SongWordsSerializer,
)


class SongLyricsView(APIView):
    """The song's words; every project of the song can use them."""

    @extend_schema(responses=SongWordsSerializer)
    def get(self, request: Request, audio_id: UUID) -> Response:
        """Get the words line by line, with the times that are known."""
        return Response(SongWordsSerializer(versions.lyrics_get(by=acting_user(request), audio_id=audio_id)).data)

    @extend_schema(request=SongLyricsUploadSerializer, responses=SongWordsSerializer)
    def put(self, request: Request, audio_id: UUID) -> Response:
        """Give the song its words, plain or with times. They replace those it has; `undo` brings these back."""
        body = SongLyricsUploadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        source, name = body.upload()
        words = services.lyrics_put(
            by=acting_user(request),
            audio_id=audio_id,
            source=source,
            language=body.validated_data.get("language", ""),
            original_name=name,
        )
        return Response(SongWordsSerializer(words).data)

    @extend_schema(
        request=SongLyricsChangeSerializer, parameters=[ChangedQuerySerializer], responses=SongWordsSerializer
    )
    def patch(self, request: Request, audio_id: UUID) -> Response:
        """Correct several lines, move all of them, or say which language they are in."""
        body = SongLyricsChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return _words_response(
            request, services.lyrics_change(by=acting_user(request), audio_id=audio_id, **body.changes())
        )

    @extend_schema(responses={204: None})
    def delete(self, request: Request, audio_id: UUID) -> Response:
        """Delete the words with all of their versions."""
        versions.lyrics_delete(by=acting_user(request), audio_id=audio_id)
        return Response(status=204)


class SongLyricsUndo(APIView):
    """The last change of the words, undone."""

    @extend_schema(parameters=[ChangedQuerySerializer], responses=SongWordsSerializer)
    @idempotent
    @takes_no_fields
    def post(self, request: Request, audio_id: UUID) -> Response:
        """Undo the last change of the words; call it again to go back further."""
        return _words_response(request, versions.lyrics_undo(by=acting_user(request), audio_id=audio_id))


class SongLyricsRedo(APIView):
    """The last undo of the words, taken back."""

    @extend_schema(parameters=[ChangedQuerySerializer], responses=SongWordsSerializer)
    @idempotent
    @takes_no_fields
    def post(self, request: Request, audio_id: UUID) -> Response:
        """Bring back what the last undo took back; call it again to go further."""
        return _words_response(request, versions.lyrics_redo(by=acting_user(request), audio_id=audio_id))


@extend_schema(request=LineChangeSerializer, parameters=[ChangedQuerySerializer], responses=SongWordsSerializer)
@api_view(["PATCH"])
def lyrics_line(request: Request, audio_id: UUID, index: int) -> Response:
    """Correct one line's times or words, or pin it."""
    body = LineChangeSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    by, seen = acting_user(request), body.validated_data.get("version")
    return _words_response(
        request, services.line_change(by=by, audio_id=audio_id, index=index, edit=body.edit(), seen=seen)
    )


def _words_response(request: Request, words: versions.SongWords) -> Response:
    """Return the words, or only the lines that changed, as the request asks for."""
    asked = ChangedQuerySerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return Response(SongWordsSerializer(words, context={"changed": asked.validated_data["changed"]}).data)


@extend_schema(responses={(200, "text/*"): OpenApiTypes.STR, (200, "application/x-subrip"): OpenApiTypes.STR})
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def lyrics_download(request: Request, audio_id: UUID, form: str) -> FileResponse:
    """Download the timed words as SRT, LRC, VTT or ASS; 400 if no line has a time."""
    words = versions.lyrics_get(by=acting_user(request), audio_id=audio_id)
    text, content_type = lyrics_file(words, form)
    name = f"{words.song.title[:80] or 'lyrics'}.{form}"
    return FileResponse(
        BytesIO(text.encode()), as_attachment=True, filename=name, content_type=f"{content_type}; charset=utf-8"
    )
