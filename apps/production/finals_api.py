"""HTTP endpoints of making the final."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.core.idempotency import idempotent
from apps.core.strict import MoneyField
from apps.generation.api import request_spending, validated
from apps.production.finals import final_kinds, final_plan, final_start
from apps.projects.serializers import ProjectSerializer
from apps.scenes.request_serializers import SpendingSerializer


class FinalKindSerializer(serializers.Serializer[Any]):
    """One kind of work of the final, by one provider."""

    kind = serializers.CharField()
    provider = serializers.CharField()
    count = serializers.IntegerField()
    amount = MoneyField()


class FinalQuoteSerializer(serializers.Serializer[Any]):
    """`bought`: scenes that have a paid clip, or are at it. `own`: of one's own footage. `undecided`: with something
    that a person has to decide first. None of them, and no unapproved one, is made again."""

    amount = MoneyField(help_text="US dollars")
    kinds = FinalKindSerializer(many=True)
    scenes = serializers.IntegerField(help_text="How many scenes are made again")
    bought = serializers.IntegerField()
    own = serializers.IntegerField()
    unapproved = serializers.IntegerField()
    undecided = serializers.IntegerField()
    not_connected = serializers.ListField(
        child=serializers.CharField(), help_text="Kinds of work that stay as they are, since no service is connected"
    )


class ProjectFinal(APIView):
    @extend_schema(
        request=SpendingSerializer,
        responses={202: ProjectSerializer},
        summary="Make the draft scenes again by paid providers, then compose; what is bought already stays",
    )
    @idempotent
    def post(self, request: Request, project_id: UUID) -> Response:
        data = validated(SpendingSerializer, request)
        project = final_start(by=acting_user(request), project_id=project_id, spending=request_spending(data))
        location = {"Location": f"/api/mv/projects/{project_id}"}
        return Response(ProjectSerializer(project).data, status=202, headers=location)


class ProjectFinalQuote(APIView):
    @extend_schema(responses=FinalQuoteSerializer, summary="Quote the final, by kind of work")
    def get(self, request: Request, project_id: UUID) -> Response:
        plan = final_plan(by=acting_user(request), project_id=project_id)
        facts = {
            **{"amount": plan.total, "kinds": final_kinds(plan), "scenes": len(plan.steps), "bought": plan.bought},
            **{"own": plan.own, "unapproved": plan.unapproved, "undecided": plan.undecided},
            "not_connected": [str(one) for one in plan.bare],
        }
        return Response(FinalQuoteSerializer(facts).data)
