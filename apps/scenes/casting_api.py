"""HTTP endpoints between scenes and the cast: what a scene's requests show of who and what is in it, and pictures of a
subject, which may be frames of clips."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.core.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from apps.core.json import JsonObject
from apps.core.strict import IdField, StrictSerializer
from apps.generation.api import validated
from apps.jobs.api import JobSerializer
from apps.projects.cast.api import SubjectDetail, SubjectImage, SubjectImages
from apps.projects.cast.serializers import (
    PictureChooseSerializer,
    PictureDrawSerializer,
    PictureUploadSerializer,
    SubjectPictureSerializer,
)
from apps.providers.capabilities import Capability
from apps.providers.request_types import Subject
from apps.scenes.cast_removing import picture_remove, subject_remove
from apps.scenes.entry_notes import video_note
from apps.scenes.frame_pictures import picture_from_frame
from apps.scenes.making import GenerationSpec, image_work, scene_span, video_work
from apps.scenes.selectors import scene_get
from apps.songs.serializers import FiniteField
from apps.work.fields import ModelField
from apps.work.pictures import pictures_of
from apps.work.work import Work


class PicturesQuerySerializer(StrictSerializer):
    capability = serializers.ChoiceField([Capability.IMAGE.value, Capability.VIDEO.value], required=False)
    config_flavor = serializers.CharField(required=False, allow_blank=True)
    provider = serializers.CharField(required=False, allow_blank=True, max_length=32)
    model = ModelField(required=False)


class NamedSubjectSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    kind = serializers.CharField()


class ScenePicturesSerializer(serializers.Serializer[Any]):
    """`sent` is in the order in which the model gets the pictures; those of people come first, then the place, things
    and the style. `without` have no picture yet. `note` says why some are left out, or that a
    bridge doesn't arrive at its image."""

    provider = serializers.CharField()
    model = serializers.CharField()
    sent = NamedSubjectSerializer(many=True)
    left_out = NamedSubjectSerializer(many=True)
    without = NamedSubjectSerializer(many=True)
    note = serializers.CharField()


class ScenePictures(APIView):
    @extend_schema(
        parameters=[PicturesQuerySerializer],
        responses=ScenePicturesSerializer,
        summary="Whose pictures the scene's image or clip is asked with",
    )
    def get(self, request: Request, project_id: UUID, sequence: int) -> Response:
        by, asked = acting_user(request), validated(PicturesQuerySerializer, request)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        spec = GenerationSpec(asked.get("provider", ""), asked.get("model", ""), asked.get("config_flavor", ""))
        if asked.get("capability") == Capability.VIDEO:
            work = video_work(by=by, scene=scene, spec=spec, span=scene_span(scene))
            more = video_note(scene, work)
        else:
            work, more = image_work(by=by, scene=scene, spec=spec), ""
        return Response(ScenePicturesSerializer(_shown(work, more)).data)


class FrameCropSerializer(StrictSerializer):
    """A part of the picture, as shares of it from 0 to 1."""

    x = FiniteField(min_value=0, max_value=1)
    y = FiniteField(min_value=0, max_value=1)
    width = FiniteField(min_value=0, max_value=1)
    height = FiniteField(min_value=0, max_value=1)


class PictureFromFrameSerializer(StrictSerializer):
    """The frame that one of your clips shows at `time` seconds of it, in the clip's full size, or a part of it."""

    clip_id = IdField()
    time = FiniteField(min_value=0)
    crop = FrameCropSerializer(required=False)


class SubjectInScenes(SubjectDetail):
    @extend_schema(
        responses={204: None}, summary="Remove a subject from the project and its scenes; this can be undone"
    )
    def delete(self, request: Request, project_id: UUID, subject_id: UUID) -> Response:
        subject_remove(by=acting_user(request), project_id=project_id, subject_id=subject_id)
        return Response(status=204)


class SubjectPictureInScenes(SubjectImage):
    @extend_schema(
        responses={204: None},
        summary="Remove a picture of a subject; this can be undone. Its file goes later, if nothing else uses it",
    )
    def delete(self, request: Request, project_id: UUID, subject_id: UUID, picture_id: UUID) -> Response:
        picture_remove(by=acting_user(request), project_id=project_id, subject_id=subject_id, picture_id=picture_id)
        return Response(status=204)


class SubjectPictures(SubjectImages):
    @extend_schema(
        request={
            "multipart/form-data": PictureUploadSerializer,
            "application/json": PolymorphicProxySerializer(
                component_name="PictureAdd",
                serializers=[PictureDrawSerializer, PictureChooseSerializer, PictureFromFrameSerializer],
                resource_type_field_name=None,
            ),
        },
        parameters=[IDEMPOTENCY_PARAMETER],
        responses={201: SubjectPictureSerializer, 202: JobSerializer},
        summary="Add a picture: uploaded, chosen by `image_id`, a frame of a clip, or drawn as a job",
    )
    def post(self, request: Request, project_id: UUID, subject_id: UUID) -> Response:
        """An uploaded or chosen picture, or a frame (`clip_id`, `time`), becomes the preferred one. A drawn one only if
        there is none yet; for a sheet there is a job for each picture, and the first one is returned."""
        if "clip_id" in request.data:
            return self._taken(request, project_id, subject_id)
        return super().post(request, project_id, subject_id)

    @idempotent
    def _taken(self, request: Request, project_id: UUID, subject_id: UUID) -> Response:
        asked = validated(PictureFromFrameSerializer, request)
        crop = asked.get("crop")
        picture = picture_from_frame(
            by=acting_user(request),
            project_id=project_id,
            subject_id=subject_id,
            clip_id=asked["clip_id"],
            seconds=asked["time"],
            part=(crop["x"], crop["y"], crop["width"], crop["height"]) if crop else None,
        )
        return Response(SubjectPictureSerializer(picture).data, status=201)


def _shown(work: Work, more: str) -> JsonObject:
    found = pictures_of(work)
    provider, values = work.choice.provider, work.choice.config.values
    return {
        "provider": provider.name,
        "model": provider.model_used(work.request.capability, values),
        "sent": _named(found.sent),
        "left_out": _named(found.left_out),
        "without": _named(found.without),
        "note": " ".join(note for note in (found.note, more) if note),
    }


def _named(subjects: Sequence[Subject]) -> list[JsonObject]:
    return [{"name": one.name, "kind": one.kind} for one in subjects]
