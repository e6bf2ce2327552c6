"""HTTP edge of the stand-alone calls. Each has a quote beside it."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

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
from apps.generation.work import Spending, Work, work_run
from apps.jobs.api import JobSerializer, acting_user, job_response, wanted_idempotency

QUOTE_ANSWER = inline_serializer(
    "QuoteAnswer",
    {
        "amount": serializers.DecimalField(max_digits=12, decimal_places=4, help_text="US dollars"),
        "basis": serializers.CharField(),
        "estimated": serializers.BooleanField(),
        "provider": serializers.CharField(),
        "flavor": serializers.CharField(),
    },
)


def validated(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body, checked. Raises the library's ValidationError, which becomes a 400 naming the fields."""
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def wanted_spending(data: dict[str, Any]) -> Spending:
    return Spending(confirmed=data.get("confirm_cost", False), max_cost=data.get("max_cost"))


def quote_response(works: list[Work]) -> Response:
    """What the works cost together, as `…/quote` answers."""
    amount = sum((work.quote.amount for work in works), Decimal(0))
    counted = Counter((str(work.kind), work.quote.basis) for work in works)
    bases = [f"{count} × {kind}: {basis}" for (kind, basis), count in counted.items()]
    return Response(
        {
            "amount": f"{amount:.4f}",
            "basis": "; ".join(bases) or "nothing is missing",
            "estimated": any(work.quote.estimated for work in works),
            "provider": ", ".join(sorted({work.choice.provider.name for work in works})),
            "flavor": works[0].choice.config.flavor if works else "",
        }
    )


class StandAloneCall(APIView):
    """One use case: its body, and the work it stands for."""

    name: ClassVar[str]
    body: ClassVar[type[CallSerializer]]
    work: ClassVar[Callable[..., Work]]

    def prepared(self, by: User, data: dict[str, Any]) -> Work:
        wish = {key: value for key, value in data.items() if key not in {"config_flavor", "confirm_cost", "max_cost"}}
        return type(self).work(by=by, flavor=data.get("config_flavor", ""), **wish)

    def make(self, request: Request) -> Response:
        by = acting_user(request)
        data = validated(self.body, request)
        idempotency = wanted_idempotency(request, kind=self.name, body=data)
        work = self.prepared(by, data)
        return job_response(
            request, work_run(by=by, work=work, spending=wanted_spending(data), idempotency=idempotency)
        )

    def quote(self, request: Request) -> Response:
        return quote_response([self.prepared(acting_user(request), validated(self.body, request))])


class CreateScenes(StandAloneCall):
    name, body, work = "create_scenes", CreateScenesSerializer, staticmethod(scenes_work)

    @extend_schema(request=CreateScenesSerializer, responses={202: JobSerializer}, summary="Write scenes")
    def post(self, request: Request) -> Response:
        return self.make(request)


class CreateScenesQuote(CreateScenes):
    @extend_schema(request=CreateScenesSerializer, responses=QUOTE_ANSWER, summary="What writing scenes costs")
    def post(self, request: Request) -> Response:
        return self.quote(request)


class GenerateCharacterReference(StandAloneCall):
    name, body = "generate_character_reference", CharacterReferenceSerializer
    work = staticmethod(character_reference_work)

    @extend_schema(
        request=CharacterReferenceSerializer, responses={202: JobSerializer}, summary="Make pictures of a character"
    )
    def post(self, request: Request) -> Response:
        return self.make(request)


class GenerateCharacterReferenceQuote(GenerateCharacterReference):
    @extend_schema(
        request=CharacterReferenceSerializer, responses=QUOTE_ANSWER, summary="What pictures of a character cost"
    )
    def post(self, request: Request) -> Response:
        return self.quote(request)


class GenerateVideo(StandAloneCall):
    name, body, work = "generate_video", GenerateVideoSerializer, staticmethod(video_work)

    @extend_schema(request=GenerateVideoSerializer, responses={202: JobSerializer}, summary="Make a clip")
    def post(self, request: Request) -> Response:
        return self.make(request)


class GenerateVideoQuote(GenerateVideo):
    @extend_schema(request=GenerateVideoSerializer, responses=QUOTE_ANSWER, summary="What a clip costs")
    def post(self, request: Request) -> Response:
        return self.quote(request)


class Lipsync(StandAloneCall):
    name, body, work = "lipsync", LipsyncSerializer, staticmethod(lipsync_work)

    @extend_schema(request=LipsyncSerializer, responses={202: JobSerializer}, summary="Lip-sync a clip to audio")
    def post(self, request: Request) -> Response:
        return self.make(request)


class LipsyncQuote(Lipsync):
    @extend_schema(request=LipsyncSerializer, responses=QUOTE_ANSWER, summary="What a lip-sync costs")
    def post(self, request: Request) -> Response:
        return self.quote(request)
