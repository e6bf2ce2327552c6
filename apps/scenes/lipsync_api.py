"""HTTP endpoints of a scene's lip-sync."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import ConflictError
from apps.core.idempotency import IDEMPOTENCY_PARAMETER
from apps.core.strict import IdField, SecondsField
from apps.generation.api import QuoteView, quote_schema, request_spending, validated
from apps.generation.lipsync import LipsyncOptions
from apps.jobs.api import JobSerializer, preferred_wait, request_idempotency, wait_as_preferred
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.scenes import lipsync
from apps.scenes.lipsync_check import scenes_findings, work_check
from apps.scenes.lipsync_inputs import LipsyncSpec
from apps.scenes.models import Scene
from apps.scenes.preflight import LipsyncCheck, Preflight, preflight_await, preflight_start
from apps.scenes.request_serializers import SpendingSerializer
from apps.scenes.selectors import scene_get
from apps.work.fields import FaceSerializer, ModelField
from apps.work.work import Work
from engines.faces.verdict import FaceKind
from engines.listening.scene_slots import MAXIMUM_SCENES


class SceneLipsyncSerializer(SpendingSerializer):
    temperature = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=1)
    active_speaker_detection = serializers.BooleanField(required=False, allow_null=True)
    occlusion_detection_enabled = serializers.BooleanField(required=False, allow_null=True)
    face = FaceSerializer(required=False, allow_null=True)
    audio_id = IdField(
        required=False,
        allow_null=True,
        help_text=(
            "For this call only. An audio as long as the song (within a second) is a stem: each scene takes its own "
            "window of it. A shorter one is the scene's own line and starts at its beginning."
        ),
    )
    audio_start = SecondsField(
        required=False,
        allow_null=True,
        help_text="Where in `audio_id` the scene's line starts, in seconds. If it is set, scenes don't take their own "
        "windows of the audio",
    )
    preview = serializers.BooleanField(required=False)
    all_sound = serializers.BooleanField(
        required=False,
        help_text="Send the band where nobody sings, too. By default, parts of the song where that is sure are sent as "
        "silence, so that the mouth stays shut",
    )
    clip_id = IdField(
        required=False,
        allow_null=True,
        help_text="The scene's clip to start from. By default the current one or, if that is lip-synced, the one "
        "that it was made from",
    )
    force = serializers.BooleanField(
        required=False,
        help_text=(
            "A paid lip-sync is checked first. false: refuse it if it is unlikely to work (409 lipsync_unlikely, "
            "with the findings by scene in `errors`); if no worker has checked it, even within `Prefer: wait`, the "
            "job checks before it buys. true: skip the check. Omitted: go ahead and return the known findings as "
            "`warnings`."
        ),
    )
    config_flavor = serializers.CharField(required=False, allow_blank=True)
    provider = serializers.CharField(required=False, allow_blank=True, max_length=32)
    model = ModelField(required=False)


class ScenesLipsyncSerializer(SceneLipsyncSerializer):
    clip_id = None  # type: ignore[assignment]  # a clip belongs to one scene
    face = None  # type: ignore[assignment]
    sequences = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=MAXIMUM_SCENES
    )

    def validate_sequences(self, sequences: list[int]) -> list[int]:
        if len(set(sequences)) != len(sequences):
            raise serializers.ValidationError("List each scene only once.")
        return sequences


class AudioSegmentSerializer(serializers.Serializer[Any]):
    start_time = serializers.FloatField()
    end_time = serializers.FloatField()


class LipsyncSceneResponseSerializer(serializers.Serializer[Any]):
    project_id = serializers.UUIDField()
    sequence = serializers.IntegerField()
    video_url = serializers.CharField(allow_null=True)
    original_video_url = serializers.CharField(allow_null=True)
    audio_segment = AudioSegmentSerializer(allow_null=True)
    lipsync_params = serializers.DictField()
    status = serializers.CharField()
    error = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())
    processing_time_seconds = serializers.FloatField(allow_null=True)
    updated_at = serializers.DateTimeField()
    job = JobSerializer(allow_null=True)


class FaceFoundSerializer(serializers.Serializer[Any]):
    share = serializers.FloatField(help_text="Share of the clip's frames that show a face whose mouth can be seen")
    height_share = serializers.FloatField(help_text="The face's height as a share of the picture's")
    height = serializers.IntegerField(help_text="The face's height in pixels")
    faces = serializers.IntegerField(help_text="How many are visible at the same time")
    looks = serializers.IntegerField(help_text="Frames of the clip that were examined")
    hidden = serializers.IntegerField(help_text="How many of them have something in front of the mouth")
    turned = serializers.IntegerField(help_text="How many of them show the face turned by 35° or more")
    aside = serializers.IntegerField(help_text="How many of them show the face only from the side")
    cuts = serializers.ListField(child=serializers.FloatField(), help_text="Seconds at which another shot begins")


class CopingModelSerializer(serializers.Serializer[Any]):
    provider = serializers.CharField()
    model = serializers.CharField()
    title = serializers.CharField()
    price = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True, help_text="US dollars, about")


class FaceFindingSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField([(kind.value, kind.value) for kind in FaceKind])
    sentence = serializers.CharField()
    problem = serializers.BooleanField(help_text="false: only worth knowing")
    seconds = serializers.FloatField(help_text="A moment of the clip that shows it")
    frame_url = serializers.CharField(help_text="The clip at that moment")
    models = CopingModelSerializer(many=True, help_text="The models that cope with it")


class VoiceFoundSerializer(serializers.Serializer[Any]):
    share = serializers.FloatField(help_text="Share of the window that sounds like a voice")


class LipsyncCheckSerializer(serializers.Serializer[Any]):
    usable = serializers.BooleanField(allow_null=True, help_text="null until it is known")
    looking = serializers.BooleanField(help_text="A worker is checking it. Ask again, or send Prefer: wait=N")
    problems = serializers.ListField(child=serializers.CharField())
    frame_seconds = serializers.FloatField(allow_null=True, help_text="A moment of the clip that shows it")
    frame_url = serializers.CharField(allow_null=True, help_text="The clip at that moment")
    face = FaceFoundSerializer(allow_null=True)
    findings = FaceFindingSerializer(many=True)
    voice = VoiceFoundSerializer(allow_null=True)
    jobs = JobSerializer(many=True, help_text="The jobs that check it")


class LipsyncScenesResponseSerializer(serializers.Serializer[Any]):
    scenes = LipsyncSceneResponseSerializer(many=True)


def _spec(data: dict[str, Any], *, preflight_first: bool = False) -> LipsyncSpec:
    return LipsyncSpec(
        options=LipsyncOptions(
            temperature=data.get("temperature"),
            active_speaker_detection=data.get("active_speaker_detection"),
            occlusion_detection_enabled=data.get("occlusion_detection_enabled"),
            face=data.get("face"),
        ),
        audio_id=data.get("audio_id"),
        audio_start=data.get("audio_start"),
        clip_id=data.get("clip_id"),
        preview=data.get("preview", False),
        all_sound=data.get("all_sound", False),
        preflight_first=preflight_first,
        provider=data.get("provider", ""),
        model=data.get("model", ""),
        flavor=data.get("config_flavor", ""),
    )


class SceneLipsync(APIView):
    @extend_schema(responses=LipsyncSceneResponseSerializer, summary="The state of the scene's lip-sync")
    def get(self, request: Request, project_id: UUID, sequence: int) -> Response:
        scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
        job = Job.objects.filter(scene_id=scene.pk, kind=Kind.LIPSYNC).first()
        return Response(_body(scene, job))

    @extend_schema(
        request=SceneLipsyncSerializer,
        responses={202: LipsyncSceneResponseSerializer},
        summary="Lip-sync the scene's clip to its part of the song",
    )
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(SceneLipsyncSerializer, request)
        by = acting_user(request)
        asked_at = time.monotonic()
        warnings, preflight_first = _preflight_warnings(request, by, project_id, [sequence], data)
        (job,) = lipsync.scenes_lipsync(
            by=by,
            project_id=project_id,
            sequences=[sequence],
            spec=_spec(data, preflight_first=preflight_first),
            spending=request_spending(data),
            idempotency=request_idempotency(request, kind=f"lipsync:{project_id}:{sequence}", body=data),
        )
        job, headers = wait_as_preferred(request, job, waited_seconds=time.monotonic() - asked_at)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        status = 200 if job.state == State.SUCCEEDED else 202
        return Response(_body(scene, job, warnings.get(sequence, ())), status=status, headers=headers)


@quote_schema(SceneLipsyncSerializer, "Quote the scene's lip-sync")
class SceneLipsyncQuote(QuoteView):
    body = SceneLipsyncSerializer

    @staticmethod
    def works(by: User, data: dict[str, Any], project_id: UUID, sequence: int) -> list[Work]:
        return _works(by, project_id, [sequence], data)


@quote_schema(ScenesLipsyncSerializer, "Quote the lip-sync of several scenes", name="lipsync_several_scenes_quote")
class ScenesLipsyncQuote(QuoteView):
    body = ScenesLipsyncSerializer

    @staticmethod
    def works(by: User, data: dict[str, Any], project_id: UUID) -> list[Work]:
        return _works(by, project_id, data["sequences"], data)


def _works(by: User, project_id: UUID, sequences: Sequence[int], data: dict[str, Any]) -> list[Work]:
    spec = _spec(data)
    works = lipsync.scenes_lipsync_works(by=by, project_id=project_id, sequences=sequences, spec=spec)
    return [work for _, work in works]


class SceneLipsyncCheck(APIView):
    @extend_schema(
        request=SceneLipsyncSerializer,
        responses={200: LipsyncCheckSerializer, 202: LipsyncCheckSerializer},
        summary="Check for free whether the scene's lip-sync can work; 202 while a worker checks it",
    )
    def post(self, request: Request, project_id: UUID, sequence: int) -> Response:
        data = validated(SceneLipsyncSerializer, request)
        by = acting_user(request)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        works = [lipsync.scene_lipsync_work(by=by, scene=scene, spec=_spec(data))]
        with preferred_wait(request) as wait:
            preflight = preflight_await(preflight_start(by=by, works=works), by=by, works=works, seconds=wait)
        headers = {"Preference-Applied": f"wait={wait}"} if wait else {}
        if found := work_check(preflight, works[0]):
            return Response(_found(found), headers=headers)
        return Response(_pending(preflight), status=202, headers={**headers, "Location": "/api/jobs?kind=lipsync_look"})


class ScenesLipsync(APIView):
    @extend_schema(
        request=ScenesLipsyncSerializer,
        parameters=[IDEMPOTENCY_PARAMETER],
        responses={202: LipsyncScenesResponseSerializer},
        operation_id="lipsync_several_scenes",
        summary="Lip-sync several scenes, one job each; either all start or none",
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        data = validated(ScenesLipsyncSerializer, request)
        by = acting_user(request)
        warnings, preflight_first = _preflight_warnings(request, by, project_id, data["sequences"], data)
        jobs = lipsync.scenes_lipsync(
            by=by,
            project_id=project_id,
            sequences=data["sequences"],
            spec=_spec(data, preflight_first=preflight_first),
            spending=request_spending(data),
            idempotency=request_idempotency(request, kind=f"lipsync:{project_id}", body=data),
        )
        entries = [
            _body(scene_get(by=by, project_id=project_id, sequence=sequence), job, warnings.get(sequence, ()))
            for sequence, job in zip(data["sequences"], jobs, strict=True)
        ]
        return Response({"scenes": entries}, status=202, headers={"Location": f"/api/jobs?project={project_id}"})


# The entry in `warnings` for a scene whose files haven't been checked yet.
CHECKED_BY_JOB = "It hasn't been checked yet. The job checks it first, and buys nothing if there is a doubt."
UNCHECKED = "It hasn't been checked whether this can work. POST …/lipsync/{sequence}/check does that for free."


def _preflight_warnings(
    request: Request, by: User, project_id: UUID, sequences: Sequence[int], data: dict[str, Any]
) -> tuple[dict[int, list[str]], bool]:
    """Return the findings on scenes with a paid lip-sync, and whether the job must check first. Raises ConflictError if
    `force` is false and a problem was found."""
    force = data.get("force")
    with preferred_wait(request) as wait:
        known = scenes_findings(
            by=by,
            project_id=project_id,
            sequences=() if force else sequences,
            spec=_spec(data),
            start=force is False or wait > 0,
            wait_seconds=wait,
        )
    warnings = {doubt.scene.sequence or 0: list(doubt.found.problems) for doubt in known.doubts}
    if warnings and force is False:
        told = " ".join(f"Scene {sequence}: {' '.join(problems)}" for sequence, problems in warnings.items())
        findings = {str(doubt.scene.sequence): _found(doubt.found) for doubt in known.doubts}
        message = f"{told} Send force=true to buy it anyway."
        raise ConflictError(message, code="lipsync_unlikely", errors=findings)
    unseen = CHECKED_BY_JOB if force is False else UNCHECKED
    numbers = [scene.sequence or 0 for scene in known.unseen]
    warnings |= {number: [unseen.format(sequence=number)] for number in numbers}
    return warnings, force is False and bool(numbers)


def _found(found: LipsyncCheck) -> dict[str, Any]:
    fields = ("usable", "problems", "frame_seconds", "frame_url", "face", "voice")
    facts = {name: getattr(found, name) for name in fields}
    findings = [
        {**vars(finding), "frame_url": found.url_at(finding.seconds), "models": found.models_for(finding)}
        for finding in found.findings
    ]
    return dict(LipsyncCheckSerializer({**facts, "findings": findings, "looking": False, "jobs": []}).data)


def _pending(preflight: Preflight) -> dict[str, Any]:
    unknown = dict.fromkeys(("usable", "frame_seconds", "frame_url", "face", "voice"))
    looking = {"problems": [], "findings": [], "looking": True, "jobs": preflight.open_jobs}
    return dict(LipsyncCheckSerializer({**unknown, **looking}).data)


def _body(scene: Scene, job: Job | None, warnings: Sequence[str] = ()) -> dict[str, Any]:
    facts = lipsync.lipsync_result(scene, job)
    told = [*warnings, *facts["warnings"]]
    return dict(LipsyncSceneResponseSerializer({**facts, "warnings": told, "job": job}).data)
