"""The stand-alone API. Each call also has a `…/quote`."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.generation.lipsync import lipsync_work
from apps.generation.serializers import (
    CallSerializer,
    CharacterReferenceSerializer,
    CreateScenesSerializer,
    GenerateVideoSerializer,
    LipsyncSerializer,
)
from apps.generation.services import character_reference_work, scenes_work, video_work
from apps.jobs.api import JobSerializer, job_response, request_idempotency
from apps.jobs.idempotency import idempotent_job
from apps.work.lipsync_log import LipsyncAsked, lipsync_received
from apps.work.pictures import pictures_notes
from apps.work.work import Spending, Work, work_run

# Of a whole film, each scene says for itself which pictures it is sent without.
MOST_NOTED = 16
QUOTE_RESPONSE = inline_serializer(
    "QuoteResponse",
    {
        "amount": serializers.DecimalField(max_digits=12, decimal_places=4, help_text="US dollars"),
        "basis": serializers.CharField(),
        "estimated": serializers.BooleanField(),
        "provider": serializers.CharField(),
        "flavor": serializers.CharField(),
        "notes": serializers.ListField(
            child=serializers.CharField(),
            help_text="Whose pictures a scene's models aren't sent, and why; what else they can't do of what was asked",
        ),
    },
)


def validated(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Validate the body, or the query of a GET. Raises DRF's ValidationError, a 400 that names the fields."""
    data = request.query_params if request.method == "GET" else request.data
    body = serializer(data=data, context={"request": request})
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def request_spending(data: dict[str, Any]) -> Spending:
    return Spending(confirmed=data.get("confirm_cost", False), max_cost=data.get("max_cost"))


def quote_response(works: list[Work], *, nothing: str = "nothing is missing") -> Response:
    """Return the response of `…/quote`: what all the work costs together. `nothing`: why there is none."""
    amount = sum((work.quote.amount for work in works), Decimal(0))
    counted = Counter((str(work.kind), work.quote.basis) for work in works)
    bases = [f"{count} × {kind}: {basis}" for (kind, basis), count in counted.items()]
    return Response(
        {
            "amount": f"{amount:.4f}",
            "basis": "; ".join(bases) or nothing,
            "estimated": any(work.quote.estimated for work in works),
            "provider": ", ".join(sorted({work.choice.provider.name for work in works})),
            "flavor": works[0].choice.config.flavor if works else "",
            "notes": [*_works_notes(works), *(pictures_notes(works) if len(works) <= MOST_NOTED else [])],
        }
    )


def _works_notes(works: Sequence[Work]) -> list[str]:
    """Return the works' own notes, each sentence once."""
    return list(dict.fromkeys(work.note for work in works if work.note))


class QuoteView(APIView):
    """The quote for a call: POST with the same body as the call, or GET with the fields in the query.

    `works` returns the work to price, from the user, the validated fields and the parts of the address. `nothing` is
    said where there is none.
    """

    body: ClassVar[type[serializers.Serializer[Any]]]
    works: ClassVar[Callable[..., list[Work]]]
    nothing: ClassVar[str] = "nothing is missing"

    def get(self, request: Request, **where: Any) -> Response:
        data = validated(self.body, request)
        return quote_response(type(self).works(acting_user(request), data, **where), nothing=self.nothing)

    def post(self, request: Request, **where: Any) -> Response:
        return self.get(request, **where)


def quote_schema(
    body: type[serializers.Serializer[Any]],
    summary: str,
    *,
    name: str | None = None,
    response: type[serializers.Serializer[Any]] | None = None,
) -> Callable[[type[QuoteView]], type[QuoteView]]:
    """Describe both ways of requesting a quote. `name` replaces an operation id that would not be unique, `response`
    the usual answer where there is more to say."""
    responses = response or QUOTE_RESPONSE
    by_get = extend_schema(
        operation_id=name and f"{name}_retrieve", parameters=[body], responses=responses, summary=summary
    )
    by_post = extend_schema(operation_id=name and f"{name}_create", request=body, responses=responses, summary=summary)
    return extend_schema_view(get=by_get, post=by_post)


def call_work(work: Callable[..., Work], by: User, data: dict[str, Any]) -> Work:
    """Prepare the work that a stand-alone call asks for."""
    options = {key: value for key, value in data.items() if key not in {"config_flavor", "confirm_cost", "max_cost"}}
    return work(by=by, flavor=data.get("config_flavor", ""), **options)


class StandAloneCall(APIView):
    """One stand-alone call: its body, and the function that prepares its work."""

    name: ClassVar[str]
    body: ClassVar[type[CallSerializer]]
    work: ClassVar[Callable[..., Work]]

    def make(self, request: Request) -> Response:
        by = acting_user(request)
        data = validated(self.body, request)
        idempotency = request_idempotency(request, kind=self.name, body=data)
        if earlier := idempotent_job(by=by, idempotency=idempotency):
            return job_response(request, earlier)
        self.received(data)
        work = call_work(type(self).work, by, data)
        return job_response(
            request, work_run(by=by, work=work, spending=request_spending(data), idempotency=idempotency)
        )

    def received(self, data: dict[str, Any]) -> None:
        """Called with the body of a request that isn't a repetition."""


class CreateScenes(StandAloneCall):
    name, body, work = "create_scenes", CreateScenesSerializer, staticmethod(scenes_work)

    @extend_schema(request=CreateScenesSerializer, responses={202: JobSerializer}, summary="Write scenes")
    def post(self, request: Request) -> Response:
        return self.make(request)


@quote_schema(CreateScenesSerializer, "Quote writing scenes")
class CreateScenesQuote(QuoteView):
    body = CreateScenesSerializer
    works = staticmethod(lambda by, data: [call_work(scenes_work, by, data)])


class GenerateCharacterReference(StandAloneCall):
    name, body = "generate_character_reference", CharacterReferenceSerializer
    work = staticmethod(character_reference_work)

    @extend_schema(
        request=CharacterReferenceSerializer, responses={202: JobSerializer}, summary="Generate images of a character"
    )
    def post(self, request: Request) -> Response:
        return self.make(request)


@quote_schema(CharacterReferenceSerializer, "Quote images of a character")
class GenerateCharacterReferenceQuote(QuoteView):
    body = CharacterReferenceSerializer
    works = staticmethod(lambda by, data: [call_work(character_reference_work, by, data)])


class GenerateVideo(StandAloneCall):
    name, body, work = "generate_video", GenerateVideoSerializer, staticmethod(video_work)

    @extend_schema(request=GenerateVideoSerializer, responses={202: JobSerializer}, summary="Generate a clip")
    def post(self, request: Request) -> Response:
        return self.make(request)


@quote_schema(GenerateVideoSerializer, "Quote a clip")
class GenerateVideoQuote(QuoteView):
    body = GenerateVideoSerializer
    works = staticmethod(lambda by, data: [call_work(video_work, by, data)])


class Lipsync(StandAloneCall):
    name, body, work = "lipsync", LipsyncSerializer, staticmethod(lipsync_work)

    @extend_schema(request=LipsyncSerializer, responses={202: JobSerializer}, summary="Lip-sync a clip to audio")
    def post(self, request: Request) -> Response:
        return self.make(request)

    def received(self, data: dict[str, Any]) -> None:
        given = {field.name: data[field.name] for field in fields(LipsyncAsked) if field.name in data}
        lipsync_received(LipsyncAsked(**given, flavor=data.get("config_flavor", "")))


@quote_schema(LipsyncSerializer, "Quote a lip-sync")
class LipsyncQuote(QuoteView):
    body = LipsyncSerializer
    works = staticmethod(lambda by, data: [call_work(lipsync_work, by, data)])
