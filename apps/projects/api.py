"""HTTP endpoints of projects."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.core.idempotency import idempotent
from apps.projects.models import Project
from apps.projects.selectors import project_get, projects_of
from apps.projects.serializers import (
    ProjectPatchSerializer,
    ProjectSerializer,
    ProjectWriteSerializer,
    project_fields,
)
from apps.projects.services import project_create, project_delete, project_update


class ProjectFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    title = filters.CharFilter(lookup_expr="icontains")
    config_flavor = filters.CharFilter(field_name="flavor")
    generating = filters.BooleanFilter()

    class Meta:
        model = Project
        fields: list[str] = []


class ProjectList(ListAPIView[Project]):
    """Your projects, newest first."""

    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter
    queryset = Project.objects.none()

    def get_queryset(self) -> QuerySet[Project]:
        return projects_of(acting_user(self.request))

    @extend_schema(request=ProjectWriteSerializer, responses={201: ProjectSerializer}, summary="Create a project")
    @idempotent
    def post(self, request: Request) -> Response:
        body = ProjectWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        project = project_create(by=acting_user(request), **project_fields(body.validated_data))
        location = {"Location": f"/api/mv/projects/{project.pk}"}
        return Response(ProjectSerializer(project).data, status=201, headers=location)


class ProjectDetail(APIView):
    @extend_schema(responses=ProjectSerializer, summary="One project")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(ProjectSerializer(project_get(by=acting_user(request), project_id=project_id)).data)

    @extend_schema(request=ProjectPatchSerializer, responses=ProjectSerializer, summary="Update a project")
    def patch(self, request: Request, project_id: UUID) -> Response:
        body = ProjectPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data: dict[str, Any] = body.validated_data
        project = project_update(
            by=acting_user(request), project_id=project_id, expected_version=data.get("version"), **project_fields(data)
        )
        return Response(ProjectSerializer(project).data)

    @extend_schema(responses={204: None}, summary="Delete a project; its running jobs are cancelled first")
    def delete(self, request: Request, project_id: UUID) -> Response:
        project_delete(by=acting_user(request), project_id=project_id)
        return Response(status=204)
