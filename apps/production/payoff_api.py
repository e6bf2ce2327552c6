"""HTTP endpoints of what pays off, as JSON and as CSV."""

import csv
import io
from decimal import Decimal
from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, content_negotiation_class
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.json import JsonObject
from apps.core.negotiation import AnyTypeNegotiation
from apps.core.strict import MoneyField, StrictSerializer
from apps.generation.api import validated
from apps.production.payoff import MOST_JOBS, Payoff, attempts_read, payoff_of, payoffs

DIMENSIONS = ("work", "provider", "model", "flavor", "shot")


class PayoffQuerySerializer(StrictSerializer):
    """`days`: only what was started in so many days; without it, everything."""

    days = serializers.IntegerField(required=False, min_value=1, max_value=3650)


class PayoffSerializer(serializers.Serializer[Payoff]):
    jobs = serializers.IntegerField(help_text="Finished jobs")
    clips = serializers.IntegerField(help_text="Clips that they made")
    kept = serializers.IntegerField(help_text="Clips that a film shows and nobody rejected")
    rejected = serializers.IntegerField()
    failed = serializers.IntegerField()
    keep_rate = serializers.FloatField(allow_null=True, help_text="Kept by made, 0 to 1")
    cost = MoneyField(help_text="US dollars, failures and rejected takes included")
    kept_seconds = serializers.FloatField()
    cost_per_kept_second = MoneyField(allow_null=True)
    wait_seconds = serializers.FloatField(allow_null=True, help_text="Median from the request to the clip")


class PayoffRowSerializer(PayoffSerializer):
    work = serializers.CharField(help_text='"clip", "lip-sync" or "judge", which makes no clip')
    provider = serializers.CharField()
    model = serializers.CharField()
    flavor = serializers.CharField()
    shot = serializers.CharField(help_text='"performance", "close-up", "medium", "full", "wide", "insert" or "other"')


class PayoffsSerializer(serializers.Serializer[Any]):
    """`complete` is false where there were more jobs than are looked at; then these are the newest."""

    rows = PayoffRowSerializer(many=True)
    total = PayoffSerializer()
    complete = serializers.BooleanField()


def _rows(user: User, days: int | None) -> JsonObject:
    attempts = attempts_read(user, days=days)
    rows = payoffs(attempts, lambda one: tuple(getattr(one, name) for name in DIMENSIONS))
    return {
        "rows": [{**dict(zip(DIMENSIONS, key, strict=True)), **_facts(payoff)} for key, payoff in rows],
        "total": payoff_of(attempts),
        "complete": len(attempts) < MOST_JOBS,
    }


def _facts(payoff: Payoff) -> JsonObject:
    return {name: getattr(payoff, name) for name in PayoffSerializer().get_fields()}


class Payoffs(APIView):
    @extend_schema(
        parameters=[PayoffQuerySerializer],
        responses=PayoffsSerializer,
        summary="What pays off: keep rate, cost per kept second, failures and waits by model, flavor and kind of shot",
    )
    def get(self, request: Request) -> Response:
        days = validated(PayoffQuerySerializer, request).get("days")
        return Response(PayoffsSerializer(_rows(acting_user(request), days)).data)


@extend_schema(
    parameters=[PayoffQuerySerializer],
    responses={(200, "text/csv"): OpenApiTypes.STR},
    summary="The same as CSV",
)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def payoffs_csv(request: Request) -> FileResponse:
    days = validated(PayoffQuerySerializer, request).get("days")
    sheet = io.StringIO()
    names = [*DIMENSIONS, *(name for name in PayoffSerializer().fields)]
    writer = csv.DictWriter(sheet, names)
    writer.writeheader()
    for row in PayoffRowSerializer(_rows(acting_user(request), days)["rows"], many=True).data:
        writer.writerow({name: _plain(value) for name, value in row.items()})
    content = io.BytesIO(sheet.getvalue().encode())
    kind = "text/csv; charset=utf-8"
    return FileResponse(content, as_attachment=True, filename="what-pays-off.csv", content_type=kind)


def _plain(value: object) -> object:
    """Return the value as a cell: a name can't start a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t"}:
        return f"'{value}"
    return "" if value is None else Decimal(str(value)) if isinstance(value, float) else value
