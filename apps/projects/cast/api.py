"""HTTP endpoints of subjects: a project's, and the user's library."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.idempotency import idempotent
from apps.core.json import JsonObject
from apps.core.strict import takes_no_fields
from apps.generation.api import QuoteView, quote_schema, request_spending, validated
from apps.jobs.api import job_response, request_idempotency
from apps.jobs.kinds import Kind
from apps.projects.cast import services
from apps.projects.cast.drawing import picture_works, pictures_draw
from apps.projects.cast.selectors import library_of, subject_get, subjects_of
from apps.projects.cast.serializers import (
    LibrarySubjectSerializer,
    PictureChooseSerializer,
    PictureDrawSerializer,
    PicturePatchSerializer,
    PictureQuoteSerializer,
    PictureUploadSerializer,
    SubjectPatchSerializer,
    SubjectPictureSerializer,
    SubjectSerializer,
    SubjectWriteSerializer,
)
from apps.projects.models import Subject, SubjectPicture
from apps.projects.selectors import project_get
from apps.work.choice import Picked
from apps.work.work import Work


class Subjects(APIView):
    @extend_schema(responses=SubjectSerializer(many=True), summary="The project's people, places, things and style")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = project_get(by=acting_user(request), project_id=project_id)
        return Response(SubjectSerializer(subjects_of(project), many=True).data)

    @extend_schema(
        request=SubjectWriteSerializer, responses={201: SubjectSerializer}, summary="Add a subject, or copy one"
    )
    @idempotent
    def post(self, request: Request, project_id: UUID) -> Response:
        by, data = acting_user(request), validated(SubjectWriteSerializer, request)
        if "copy_of" in data:
            subject = services.subject_take(by=by, project_id=project_id, subject_id=data["copy_of"])
        else:
            subject = services.subject_create(by=by, project_id=project_id, **data)
        location = {"Location": f"/api/mv/projects/{project_id}/subjects/{subject.pk}"}
        return Response(_shown(subject), status=201, headers=location)


class SubjectDetail(APIView):
    """Its route is that of `apps.scenes`, which removes subjects: that can be undone like what is done to scenes."""

    @extend_schema(responses=SubjectSerializer, summary="One subject")
    def get(self, request: Request, project_id: UUID, subject_id: UUID) -> Response:
        return Response(_shown(subject_get(by=acting_user(request), project_id=project_id, subject_id=subject_id)))

    @extend_schema(
        request=SubjectPatchSerializer,
        responses=SubjectSerializer,
        summary="Edit a subject; what was made before stays as it is",
    )
    def patch(self, request: Request, project_id: UUID, subject_id: UUID) -> Response:
        data = validated(SubjectPatchSerializer, request)
        version = data.pop("version", None)
        subject = services.subject_update(
            by=acting_user(request), project_id=project_id, subject_id=subject_id, expected_version=version, **data
        )
        return Response(_shown(subject))


class SubjectKeep(APIView):
    @extend_schema(
        responses={201: LibrarySubjectSerializer},
        summary="Copy a subject into your library, where it outlives the project",
    )
    @idempotent
    @takes_no_fields
    def post(self, request: Request, project_id: UUID, subject_id: UUID) -> Response:
        kept = services.subject_keep(by=acting_user(request), project_id=project_id, subject_id=subject_id)
        return Response(LibrarySubjectSerializer(kept).data, status=201)


class SubjectImages(APIView):
    """Uploaded, chosen and drawn pictures. Its route is that of `apps.scenes`, which adds frames of clips."""

    def post(self, request: Request, project_id: UUID, subject_id: UUID) -> Response:
        if "file" in request.data or "image_id" in request.data:
            return self._added(request, project_id, subject_id)
        asked = validated(PictureDrawSerializer, request)
        jobs = pictures_draw(
            by=acting_user(request),
            project_id=project_id,
            subject_id=subject_id,
            spending=request_spending(asked),
            sheet=asked.get("sheet", False),
            asked=_picked(asked),
            flavor=asked.get("config_flavor", ""),
            idempotency=request_idempotency(request, kind=f"{Kind.CHARACTER_REFERENCE}:{subject_id}", body=asked),
        )
        return job_response(request, jobs[0])

    @idempotent
    def _added(self, request: Request, project_id: UUID, subject_id: UUID) -> Response:
        by = acting_user(request)
        if "file" in request.data:
            upload = validated(PictureUploadSerializer, request)["file"]
            picture = services.picture_upload(by=by, project_id=project_id, subject_id=subject_id, upload=upload)
        else:
            image_id = validated(PictureChooseSerializer, request)["image_id"]
            picture = services.picture_choose(by=by, project_id=project_id, subject_id=subject_id, image_id=image_id)
        return Response(_shown_picture(picture), status=201)


def _works(by: User, asked: dict[str, Any], *, project_id: UUID, subject_id: UUID) -> list[Work]:
    subject = subject_get(by=by, project_id=project_id, subject_id=subject_id)
    return picture_works(
        subject, sheet=asked.get("sheet", False), asked=_picked(asked), flavor=asked.get("config_flavor", "")
    )


@quote_schema(PictureQuoteSerializer, "Quote a picture or a reference sheet of a subject", name="subject_images_quote")
class SubjectImagesQuote(QuoteView):
    body, works = PictureQuoteSerializer, staticmethod(_works)


class SubjectImage(APIView):
    """Its route is that of `apps.scenes`, which removes pictures: that can be undone like what is done to scenes."""

    @extend_schema(
        request=PicturePatchSerializer,
        responses=SubjectPictureSerializer,
        summary="Change the order of preference, or the kind of section that a picture is for",
    )
    def patch(self, request: Request, project_id: UUID, subject_id: UUID, picture_id: UUID) -> Response:
        data = validated(PicturePatchSerializer, request)
        picture = services.picture_update(
            by=acting_user(request), project_id=project_id, subject_id=subject_id, picture_id=picture_id, **data
        )
        return Response(_shown_picture(picture))


class Library(APIView):
    @extend_schema(responses=LibrarySubjectSerializer(many=True), summary="All your subjects, newest first")
    def get(self, request: Request) -> Response:
        return Response(LibrarySubjectSerializer(library_of(acting_user(request)), many=True).data)


class LibrarySubject(APIView):
    @extend_schema(
        responses={204: None},
        summary="Delete a subject from your library; copies in projects stay, and it can be restored for a week",
    )
    def delete(self, request: Request, subject_id: UUID) -> Response:
        services.library_delete(by=acting_user(request), subject_id=subject_id)
        return Response(status=204)


class LibrarySubjectRestore(APIView):
    @extend_schema(responses=LibrarySubjectSerializer, summary="Bring back a subject deleted from your library")
    @takes_no_fields
    def post(self, request: Request, subject_id: UUID) -> Response:
        restored = services.library_restore(by=acting_user(request), subject_id=subject_id)
        return Response(LibrarySubjectSerializer(restored).data)


def _picked(asked: dict[str, Any]) -> Picked:
    return Picked(asked.get("provider", ""), asked.get("model", ""))


def _shown(subject: Subject) -> JsonObject:
    return dict(SubjectSerializer(subject).data)


def _shown_picture(picture: SubjectPicture) -> JsonObject:
    return dict(SubjectPictureSerializer(picture).data)
