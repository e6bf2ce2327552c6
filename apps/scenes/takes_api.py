"""HTTP endpoints that judge a scene's takes."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.strict import takes_no_fields
from apps.generation.api import QuoteView, quote_schema, validated
from apps.jobs.api import JobSerializer, job_response
from apps.scenes.judging import best_of, best_of_works, clips_to_judge, judge_work, takes_judge
from apps.scenes.making_api import making_spec, scene_call
from apps.scenes.request_serializers import BestOfSerializer, JudgeSerializer, RejectSerializer
from apps.scenes.selectors import clip_get, scene_get
from apps.scenes.serializers import ClipSerializer
from apps.scenes.takes import take_keep, take_reject, take_restore
from apps.work.work import Work


class TakeKeep(APIView):
    @extend_schema(responses=ClipSerializer, summary="Keep a take: it becomes the scene's current clip")
    @takes_no_fields
    def post(self, request: Request, project_id: UUID, sequence: int, clip_id: UUID) -> Response:
        take_keep(by=acting_user(request), project_id=project_id, sequence=sequence, clip_id=clip_id)
        return _shown(request, project_id, sequence, clip_id)


class TakeReject(APIView):
    @extend_schema(
        request=RejectSerializer,
        responses=ClipSerializer,
        summary="Reject a take. It stays in the history; undo takes it back",
    )
    def post(self, request: Request, project_id: UUID, sequence: int, clip_id: UUID) -> Response:
        reason = validated(RejectSerializer, request).get("reason", "")
        by = acting_user(request)
        take_reject(by=by, project_id=project_id, sequence=sequence, clip_id=clip_id, reason=reason)
        return _shown(request, project_id, sequence, clip_id)

    @extend_schema(request=None, responses={200: ClipSerializer}, summary="Take the rejection of a take back")
    def delete(self, request: Request, project_id: UUID, sequence: int, clip_id: UUID) -> Response:
        take_restore(by=acting_user(request), project_id=project_id, sequence=sequence, clip_id=clip_id)
        return _shown(request, project_id, sequence, clip_id)


class TakesJudge(APIView):
    @extend_schema(
        request=JudgeSerializer,
        responses={202: JobSerializer},
        summary="Have a language model that sees pictures judge takes",
    )
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(JudgeSerializer, request)
        spec = making_spec(data)
        job = takes_judge(
            **scene_call(request, data, "judge", project_id, sequence),
            clip_ids=data.get("clip_ids", ()),
            again=data.get("again", False),
            asked=spec.picked,
            flavor=spec.flavor,
        )
        return job_response(request, job)


@quote_schema(JudgeSerializer, "Quote judging takes")
class TakesJudgeQuote(QuoteView):
    body = JudgeSerializer

    @staticmethod
    def works(by: User, data: dict[str, Any], project_id: UUID, sequence: int) -> list[Work]:
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        clips = clips_to_judge(scene, data.get("clip_ids", ()), again=data.get("again", False))
        spec = making_spec(data)
        return [judge_work(by=by, scene=scene, clips=clips, asked=spec.picked, flavor=spec.flavor)]


class TakesBest(APIView):
    @extend_schema(
        request=BestOfSerializer,
        responses={202: JobSerializer},
        summary="Make several takes, have them judged, and use the best",
    )
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(BestOfSerializer, request)
        job = best_of(**scene_call(request, data, "best", project_id, sequence), spec=making_spec(data))
        return job_response(request, job)


@quote_schema(BestOfSerializer, "Quote the best of several takes: the takes and the judge")
class TakesBestQuote(QuoteView):
    body = BestOfSerializer

    @staticmethod
    def works(by: User, data: dict[str, Any], project_id: UUID, sequence: int) -> list[Work]:
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        return best_of_works(by=by, scene=scene, spec=making_spec(data))


def _shown(request: Request, project_id: UUID, sequence: int, clip_id: UUID) -> Response:
    scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
    return Response(ClipSerializer(clip_get(scene=scene, clip_id=clip_id)).data)
