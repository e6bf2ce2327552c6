"""HTTP edge of the flavors: list, read, preview, edit."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.core.strict import StrictSerializer
from apps.flavors.registry import config_hash, flavor_names
from apps.flavors.selectors import flavor_detail, flavor_preview, flavor_summaries
from apps.flavors.services import flavor_delete, flavor_save


class MayEditFlavors(BasePermission):
    """Anyone signed in may read; staff and the single local owner may edit."""

    message = "Only staff can change flavors, since they are shared by all users."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or settings.SINGLE_USER or bool(request.user.is_staff)


class FlavorSummarySerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    usable = serializers.BooleanField()
    own_types = serializers.ListField(child=serializers.CharField())
    problems = serializers.ListField(child=serializers.CharField())


class FlavorDetailSerializer(serializers.Serializer[Any]):
    flavor = serializers.CharField()
    config_type = serializers.CharField()
    file_text = serializers.CharField()
    edit_text = serializers.CharField()
    version = serializers.IntegerField(help_text="The edit's version; 0 if there is no edit. Send it back when saving.")
    values = serializers.JSONField()
    hash = serializers.CharField()


class FlavorEditSerializer(StrictSerializer):
    text = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=200_000, help_text="YAML")
    version = serializers.IntegerField(required=False, allow_null=True, min_value=0)


FLAVORS_RESPONSE = inline_serializer("ConfigFlavors", {"flavors": serializers.ListField(child=serializers.CharField())})
PREVIEW_RESPONSE = inline_serializer(
    "FlavorPreview", {"values": serializers.JSONField(), "hash": serializers.CharField()}
)


@extend_schema(responses=FLAVORS_RESPONSE, summary="Names of the usable flavors, `default` first")
@api_view(["GET"])
def get_config_flavors(request: Request) -> Response:
    return Response({"flavors": flavor_names()})


@extend_schema(responses=FlavorSummarySerializer(many=True), summary="All flavors, including broken ones")
@api_view(["GET"])
def flavor_list(request: Request) -> Response:
    return Response(FlavorSummarySerializer(flavor_summaries(), many=True).data)


@extend_schema(methods=["GET"], responses=FlavorDetailSerializer, summary="One config type of a flavor, resolved")
@extend_schema(
    methods=["PUT"],
    request=FlavorEditSerializer,
    responses=FlavorDetailSerializer,
    summary="Save an edit",
)
@extend_schema(methods=["DELETE"], responses={204: None}, summary="Delete the edit")
@api_view(["GET", "PUT", "DELETE"])
@permission_classes([IsAuthenticated, MayEditFlavors])
def flavor_config(request: Request, flavor: str, config_type: str) -> Response:
    if request.method == "PUT":
        body = FlavorEditSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        flavor_save(
            by=acting_user(request),
            flavor=flavor,
            config_type=config_type,
            text=body.validated_data["text"],
            expected_version=body.validated_data.get("version"),
        )
    elif request.method == "DELETE":
        flavor_delete(by=acting_user(request), flavor=flavor, config_type=config_type)
        return Response(status=204)
    return Response(FlavorDetailSerializer(flavor_detail(flavor=flavor, config_type=config_type)).data)


@extend_schema(request=FlavorEditSerializer, responses=PREVIEW_RESPONSE, summary="What an edit would resolve to")
@api_view(["POST"])
@permission_classes([IsAuthenticated, MayEditFlavors])
def flavor_config_preview(request: Request, flavor: str, config_type: str) -> Response:
    body = FlavorEditSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    values = flavor_preview(flavor=flavor, config_type=config_type, text=body.validated_data["text"])
    return Response({"values": values, "hash": config_hash(values)})
