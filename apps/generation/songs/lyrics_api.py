"""HTTP edge of timing a song's words: for free, or by a service that hears them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.idempotency import IDEMPOTENCY_PARAMETER
from apps.generation.api import QuoteView, quote_schema, request_spending, validated
from apps.generation.serializers import CallSerializer
from apps.generation.songs.choice import SongCall
from apps.generation.songs.transcription import TRANSCRIPTION, transcription_start, transcription_work
from apps.jobs.api import JobSerializer, job_response, request_idempotency
from apps.jobs.kinds import Kind
from apps.songs.lyrics.aligning import FREE, lyrics_align
from apps.work.choice import Picked
from apps.work.work import Work


class AlignSerializer(CallSerializer):
    """`free`: by the syllables of the words and where somebody sings. `transcription`: by the words that a paid service
    hears, matched to the given ones, which win; without given words, the song gets what was heard."""

    method = serializers.ChoiceField(choices=(FREE, TRANSCRIPTION), default=FREE)


@extend_schema(request=AlignSerializer, parameters=[IDEMPOTENCY_PARAMETER], responses={202: JobSerializer})
@api_view(["POST"])
def lyrics_alignment(request: Request, audio_id: UUID) -> Response:
    """Time the lines, as a job. Pinned lines stay where they are.

    A transcription is paid; `…/align/quote` says what it costs, and `max_cost` refuses to pay more."""
    asked = validated(AlignSerializer, request)
    by = acting_user(request)
    if asked["method"] == FREE:
        idempotency = request_idempotency(request, kind=f"{Kind.LYRICS_ALIGNMENT}:{audio_id}", body=asked)
        return job_response(request, lyrics_align(by=by, audio_id=audio_id, idempotency=idempotency))
    call = song_call(request, asked, kind=Kind.LYRICS_ALIGNMENT, audio_id=audio_id)
    return job_response(request, transcription_start(by=by, audio_id=audio_id, call=call))


def song_call(request: Request, asked: dict[str, Any], *, kind: Kind, audio_id: UUID) -> SongCall:
    """Return what the validated body asks for."""
    return SongCall(
        request_spending(asked),
        picked_of(asked),
        asked.get("config_flavor", ""),
        idempotency=request_idempotency(request, kind=f"{kind}:{audio_id}", body=asked),
    )


def picked_of(asked: dict[str, Any]) -> Picked:
    return Picked(asked.get("provider", ""), asked.get("model", ""))


def _works(by: User, asked: dict[str, Any], *, audio_id: UUID) -> list[Work]:
    flavor = asked.get("config_flavor", "")
    return [transcription_work(by=by, audio_id=audio_id, picked=picked_of(asked), flavor=flavor)]


@quote_schema(CallSerializer, "Quote hearing a song's words", name="song_lyrics_align_quote")
class LyricsAlignmentQuote(QuoteView):
    body, works = CallSerializer, staticmethod(_works)
