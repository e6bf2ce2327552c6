"""HTTP endpoints of the one-button path."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.idempotency import idempotent
from apps.core.strict import MoneyField, takes_no_fields
from apps.generation.api import QuoteView, quote_schema, request_spending, validated
from apps.production import generate_all
from apps.production.project_money import project_account, project_estimate
from apps.projects.selectors import project_get
from apps.projects.serializers import ProjectSerializer
from apps.scenes.request_serializers import SpendingSerializer
from apps.work.work import Work


class GenerateSerializer(SpendingSerializer):
    """With `stop_after` "images" it writes the scenes, makes their images and stops. From then on clips are made for
    approved scenes only: see `scenes/approve`."""

    stop_after = serializers.ChoiceField(["images"], required=False)


class GenerateQuoteSerializer(serializers.Serializer[Any]):
    amount = MoneyField(help_text="US dollars, for what the call itself would make")
    later_amount = MoneyField(help_text="For the clips that wait for an approval, as far as they are known")
    basis = serializers.CharField()
    estimated = serializers.BooleanField()
    provider = serializers.CharField()
    flavor = serializers.CharField()


class ProjectGenerate(APIView):
    @extend_schema(
        request=GenerateSerializer,
        responses={202: ProjectSerializer},
        summary="Generate everything that is missing, then compose; call it again to resume after a failure",
    )
    @idempotent
    def post(self, request: Request, project_id: UUID) -> Response:
        data = validated(GenerateSerializer, request)
        project = generate_all.generate_all_start(
            by=acting_user(request),
            project_id=project_id,
            spending=request_spending(data),
            stop_after=data.get("stop_after", ""),
        )
        location = {"Location": f"/api/mv/projects/{project_id}"}
        return Response(ProjectSerializer(project).data, status=202, headers=location)


@quote_schema(GenerateSerializer, "Quote everything that is missing", response=GenerateQuoteSerializer)
class ProjectGenerateQuote(QuoteView):
    body = GenerateSerializer

    @staticmethod
    def works(by: User, data: dict[str, Any], project_id: UUID) -> list[Work]:
        project = project_get(by=by, project_id=project_id)
        return generate_all.generate_all_works(by=by, project=project, stop_after=data.get("stop_after", ""))

    def get(self, request: Request, **where: Any) -> Response:
        response = super().get(request, **where)
        by = acting_user(request)
        missing = generate_all.missing_works(by=by, project=project_get(by=by, project_id=where["project_id"]))
        everything = sum((work.quote.amount for work in missing), Decimal(0))
        response.data["later_amount"] = f"{max(everything - Decimal(response.data['amount']), Decimal(0)):.4f}"
        return response


class ProjectGenerateCancel(APIView):
    @extend_schema(responses=ProjectSerializer, summary="Stop, and cancel running jobs")
    @takes_no_fields
    def post(self, request: Request, project_id: UUID) -> Response:
        project = generate_all.generate_all_cancel(by=acting_user(request), project_id=project_id)
        return Response(ProjectSerializer(project).data)


class ExcessSerializer(serializers.Serializer[Any]):
    """What the provider charged beyond the reservation; settle it with `POST /api/jobs/{job_id}/excess`."""

    job_id = serializers.UUIDField()
    provider = serializers.CharField()
    amount = MoneyField()


class MoneySerializer(serializers.Serializer[Any]):
    budget = MoneyField(allow_null=True)
    estimated = MoneyField(allow_null=True)
    estimate_problem = serializers.CharField()
    reserved = MoneyField()
    spent = MoneyField()
    bought_seconds = serializers.FloatField()
    used_seconds = serializers.FloatField()
    excesses = ExcessSerializer(many=True)


class ProjectMoney(APIView):
    @extend_schema(responses=MoneySerializer, summary="The project's estimated, reserved and spent money")
    def get(self, request: Request, project_id: UUID) -> Response:
        by = acting_user(request)
        project = project_get(by=by, project_id=project_id)
        estimate = project_estimate(by=by, project=project)
        facts = asdict(project_account(project)) | {"estimated": estimate.amount, "estimate_problem": estimate.problem}
        return Response(MoneySerializer(facts).data)
