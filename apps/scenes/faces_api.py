"""The faces of a clip, as a worker saw them."""

import time
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.assets.models import AssetKind
from apps.assets.selectors import asset_get
from apps.core.errors import InputError
from apps.jobs.api import JobSerializer, preferred_wait
from apps.jobs.selectors import WAIT_STEP_SECONDS
from apps.scenes.preflight import clip_look


class SeenFaceSerializer(serializers.Serializer[Any]):
    """Pixels of the upright picture, degrees, and shares from 0 to 1."""

    face = serializers.IntegerField(help_text="The same number as long as the face stays in view; new after a cut")
    x = serializers.FloatField(help_text="The box's left edge")
    y = serializers.FloatField(help_text="Its top edge, at the forehead")
    width = serializers.FloatField()
    height = serializers.FloatField()
    yaw = serializers.FloatField(help_text="Positive: turned to the picture's right")
    pitch = serializers.FloatField(help_text="Positive: looks up")
    roll = serializers.FloatField(help_text="Positive: leans clockwise")
    mouth_open = serializers.FloatField()
    mouth_hidden = serializers.BooleanField(help_text="Something is in front of the mouth")
    confidence = serializers.FloatField()


class FaceMomentSerializer(serializers.Serializer[Any]):
    time = serializers.FloatField(help_text="Seconds of the clip")
    faces = SeenFaceSerializer(many=True)


class ClipFacesSerializer(serializers.Serializer[Any]):
    """`problem` says why nothing was seen; "" otherwise."""

    looking = serializers.BooleanField(help_text="A worker is looking. Ask again, or send Prefer: wait=N")
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    cuts = serializers.ListField(child=serializers.FloatField(), help_text="Seconds at which another shot begins")
    frames = FaceMomentSerializer(many=True)
    problem = serializers.CharField()
    jobs = JobSerializer(many=True)


class AssetFaces(APIView):
    @extend_schema(
        operation_id="asset_faces",
        responses={200: ClipFacesSerializer, 202: ClipFacesSerializer},
        summary="The faces of a clip over time; 202 while a worker looks for them",
    )
    def get(self, request: Request, asset_id: UUID) -> Response:
        by = acting_user(request)
        asset = asset_get(by=by, asset_id=asset_id)
        if asset.kind != AssetKind.VIDEO:
            raise InputError("Only videos are searched for faces.", code="no_video")
        with preferred_wait(request) as wait:
            ends_at = time.monotonic() + wait
            row, job = clip_look(by=by, asset=asset)
            while row is None and job is not None and job.is_live and time.monotonic() < ends_at:
                time.sleep(WAIT_STEP_SECONDS)
                row, job = clip_look(by=by, asset=asset)
        headers = {"Preference-Applied": f"wait={wait}"} if wait else {}
        found = {"width": None, "height": None, "cuts": [], "moments": [], **(row.found if row else {})}
        looking = row is None and job is not None and job.is_live
        told = {
            **found,
            "frames": found["moments"],
            "looking": looking,
            "problem": row.problem if row else "" if looking or job is None else job.error,
            "jobs": [job] if looking else [],
        }
        body = ClipFacesSerializer(told).data
        if looking:
            return Response(body, status=202, headers={**headers, "Location": "/api/jobs?kind=lipsync_look"})
        return Response(body, headers=headers)
