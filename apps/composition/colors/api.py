"""The HTTP API of matching colors: what it would do at the film's cuts."""

from io import BytesIO
from typing import Any
from uuid import UUID

from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, content_negotiation_class
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.composition.colors.preview import color_preview, cut_still
from apps.composition.colors.services import colors_measure
from apps.composition.planning import project_look
from apps.core.json import JsonObject
from apps.core.negotiation import AnyTypeNegotiation
from apps.core.strict import takes_no_fields
from apps.jobs.api import JobSerializer, job_response
from apps.projects.models import Project
from apps.projects.selectors import project_get


class ColorCutSerializer(serializers.Serializer[Any]):
    """A cut into scene `sequence`, at `seconds` of the film: how different the mean colors of its two scenes are
    (CIEDE2000; about 1 is just seen). The pictures show the frames on both sides of the cut."""

    sequence = serializers.IntegerField()
    seconds = serializers.FloatField()
    before = serializers.FloatField()
    after = serializers.FloatField()
    before_url = serializers.CharField()
    after_url = serializers.CharField()


class ColorMatchSerializer(serializers.Serializer[Any]):
    """`on`: the project's look matches colors. `before` and `after` are the mean differences at the cuts between scenes
    of a section at one place, null without any; `unmeasured` scenes aren't counted. The cuts that change most are
    first."""

    on = serializers.BooleanField()
    before = serializers.FloatField(allow_null=True)
    after = serializers.FloatField(allow_null=True)
    unmeasured = serializers.IntegerField()
    cuts = ColorCutSerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class CutStillSerializer(serializers.Serializer[Any]):
    sequence = serializers.IntegerField(min_value=1)
    matched = serializers.BooleanField(default=False)


class ProjectColorMatch(APIView):
    @extend_schema(responses=ColorMatchSerializer, summary="What matching colors does at the film's cuts")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = project_get(by=acting_user(request), project_id=project_id)
        return Response(ColorMatchSerializer(_told(project)).data)

    @extend_schema(responses={202: JobSerializer}, summary="Measure the colors of the scenes, for free")
    @takes_no_fields
    def post(self, request: Request, project_id: UUID) -> Response:
        return job_response(request, colors_measure(by=acting_user(request), project_id=project_id))


@extend_schema(
    parameters=[CutStillSerializer],
    responses={(200, "image/jpeg"): OpenApiTypes.BINARY},
    summary="The frames before and after the cut into a scene, as they are or with colors matched",
)
@api_view(["GET", "HEAD"])
@content_negotiation_class(AnyTypeNegotiation)
def color_match_cut(request: Request, project_id: UUID) -> FileResponse:
    project = project_get(by=acting_user(request), project_id=project_id)
    asked = CutStillSerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    held = BytesIO(cut_still(project, asked.validated_data["sequence"], matched=asked.validated_data["matched"]))
    response = FileResponse(held, content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=60"
    return response


def cut_url(project_id: UUID, sequence: int, *, matched: bool) -> str:
    where = reverse("color-match-cut", args=[project_id])
    return f"{where}?sequence={sequence}&matched={str(matched).lower()}"


def _told(project: Project) -> JsonObject:
    preview = color_preview(project)
    cuts = [
        {
            "sequence": cut.sequence,
            "seconds": cut.seconds,
            "before": cut.before,
            "after": cut.after,
            "before_url": cut_url(project.pk, cut.sequence, matched=False),
            "after_url": cut_url(project.pk, cut.sequence, matched=True),
        }
        for cut in preview.cuts
    ]
    return {
        "on": project_look(project).color_match,
        "before": preview.before,
        "after": preview.after,
        "unmeasured": preview.unmeasured,
        "cuts": cuts,
        "notes": list(preview.notes),
    }
