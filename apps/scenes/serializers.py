"""How scenes, their clips and their changes are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.assets.services import picture_url
from apps.core.json import JsonObject
from apps.core.strict import MoneyField
from apps.jobs.api import JobSerializer
from apps.projects.models import Subject
from apps.scenes.approval import scene_approval, scene_approvals
from apps.scenes.casting import scenes_subjects
from apps.scenes.clip_use import gap_seconds, scene_picture_id, shown_until
from apps.scenes.entry import scene_entry
from apps.scenes.entry_broken import Waiting, scenes_waiting
from apps.scenes.entry_proposing import proposed_entries
from apps.scenes.entry_stale import scenes_stale
from apps.scenes.history import ChangeStack
from apps.scenes.lipsync_inputs import lip_synced_clip
from apps.scenes.made_from import has_older_words
from apps.scenes.models import Approval, Change, Clip, Entry, Scene
from apps.scenes.scene_frames import shown_duration
from apps.scenes.scene_words import SceneLine, scene_lines
from apps.scenes.selectors import clip_notes, clip_suspicions, scene_error, scene_job, scene_status, scenes_of
from apps.scenes.verdicts import Verdict


class ChangeSerializer(serializers.ModelSerializer[Change]):
    """`label` is what was done, such as "moved cut 2"."""

    class Meta:
        model = Change
        fields = ["id", "label", "created_at"]


class ChangeStackSerializer(serializers.Serializer[ChangeStack]):
    undo = ChangeSerializer(allow_null=True)
    redo = ChangeSerializer(allow_null=True)
    question = serializers.CharField(help_text='What to ask a person before this undo; "" for an ordinary one')


class VerdictSerializer(serializers.Serializer[Verdict]):
    """Marks from 0 to 10. `score` is their mean; `identity` is null where the scene's subjects have no picture."""

    score = serializers.IntegerField()
    identity = serializers.IntegerField(allow_null=True)
    prompt = serializers.IntegerField()
    artifacts = serializers.IntegerField(help_text="10 if nothing is malformed")
    words = serializers.ListField(child=serializers.CharField())
    model = serializers.CharField()


class ClipSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    video_id = serializers.UUIDField(source="asset_id")
    video_url = serializers.SerializerMethodField()
    origin = serializers.CharField()
    parent_id = serializers.UUIDField(allow_null=True)
    job_id = serializers.UUIDField(allow_null=True)
    is_current = serializers.SerializerMethodField()
    usable = serializers.BooleanField()
    problems = serializers.SerializerMethodField(help_text="Why it was kept and not used")
    suspicions = serializers.SerializerMethodField(
        help_text="What looks wrong with it, although it is in use. Call `revert` with its id to accept it"
    )
    notes = serializers.SerializerMethodField(help_text="Notes on a usable clip")
    rejected = serializers.BooleanField(help_text="A person rejected it; it stays in the history")
    reject_reason = serializers.CharField(help_text="Why it was rejected")
    verdict = serializers.SerializerMethodField(help_text="What a judge said of it; advice. Null: nobody judged it")
    cost = MoneyField()
    duration = serializers.FloatField(source="asset.duration_seconds", allow_null=True)
    width = serializers.IntegerField(source="asset.width", allow_null=True)
    height = serializers.IntegerField(source="asset.height", allow_null=True)
    provider = serializers.SerializerMethodField()
    parameters = serializers.DictField()
    created_at = serializers.DateTimeField()

    def get_video_url(self, clip: Clip) -> str:
        return video_url(clip)

    def get_is_current(self, clip: Clip) -> bool:
        return bool(clip.scene.current_clip_id == clip.pk)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_problems(self, clip: Clip) -> list[str]:
        return list(clip.checks.get("problems", []))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_suspicions(self, clip: Clip) -> list[str]:
        return clip_suspicions(clip)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_notes(self, clip: Clip) -> list[str]:
        return clip_notes(clip)

    @extend_schema_field(VerdictSerializer(allow_null=True))
    def get_verdict(self, clip: Clip) -> JsonObject | None:
        verdict = Verdict.find(clip)
        return dict(VerdictSerializer(verdict).data) if verdict else None

    def get_provider(self, clip: Clip) -> str:
        return str(clip.parameters.get("provider", ""))


class SceneLineSerializer(serializers.Serializer[SceneLine]):
    """A line of the song's lyrics that is sung in a scene, in seconds of the song."""

    text = serializers.CharField()
    start = serializers.FloatField()
    end = serializers.FloatField()


class ScenesSerializer(serializers.ListSerializer[Any]):
    """Several scenes of one project: the song's words are read once for all of them."""

    def to_representation(self, data: Any) -> list[Any]:
        scenes = list(data.all() if hasattr(data, "all") else data)
        if scenes and isinstance(self.child, SceneSerializer):
            self.child.lines_by_scene = scene_lines(scenes[0].project, scenes)
            self.child.approvals_by_scene = scene_approvals(scenes[0].project, scenes)
            self.child.subjects_by_scene = scenes_subjects(scenes[0].project, scenes)
            # How a scene follows depends only on those before it.
            from_first = [scene.sequence for scene in scenes] == list(range(1, len(scenes) + 1))
            self.child.follow(scenes if from_first else list(scenes_of(scenes[0].project)))
        return super().to_representation(scenes)


class SceneSerializer(serializers.Serializer[Any]):
    lines_by_scene: Mapping[UUID, Sequence[SceneLine]] | None = None
    approvals_by_scene: Mapping[UUID, Approval] | None = None
    subjects_by_scene: Mapping[UUID, Sequence[Subject]] | None = None
    stale_by_scene: Mapping[UUID, str] | None = None
    waiting_by_scene: Mapping[UUID, Waiting] | None = None
    proposed_by_scene: Mapping[UUID, Entry] | None = None

    id = serializers.UUIDField()
    project_id = serializers.UUIDField()
    sequence = serializers.IntegerField()
    prompt = serializers.CharField()
    negative_prompt = serializers.CharField()
    duration = serializers.SerializerMethodField(help_text="In seconds; the clip's own length if none was requested")
    lipsync = serializers.BooleanField()
    section = serializers.CharField()
    entry = serializers.SerializerMethodField(help_text="How it follows the scene before it; the first scene is a cut")
    proposed_entry = serializers.SerializerMethodField(
        help_text="`continue` for a cut to the same place and subjects within a section; null without a proposal"
    )
    stale = serializers.SerializerMethodField(help_text="Whether the scene that it continues from was changed since")
    stale_reason = serializers.SerializerMethodField(help_text='What was changed; "" if it isn\'t stale')
    waits_for = serializers.SerializerMethodField(
        help_text="The number of the scene that it continues from, where that one failed or was cancelled; else null"
    )
    waits_reason = serializers.SerializerMethodField(help_text='Where the chain broke, why, and what mends it; else ""')
    lines = serializers.SerializerMethodField(help_text="What is sung in it, where the song's lyrics have times")
    subjects = serializers.SerializerMethodField(help_text="Who and what is in it; the project's lead until it is said")
    facts = serializers.DictField()
    providers = serializers.DictField(child=serializers.CharField())
    models = serializers.DictField(child=serializers.CharField(), source="chosen_models")
    status = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    suspicions = serializers.SerializerMethodField(
        help_text="What looks wrong with its clip, until a person accepts it"
    )
    image_id = serializers.UUIDField(allow_null=True)
    image_url = serializers.SerializerMethodField()
    clip_id = serializers.UUIDField(source="current_clip_id", allow_null=True)
    clip_in = serializers.SerializerMethodField(help_text="Where in its clip it starts, in seconds; null without one")
    clip_out = serializers.SerializerMethodField(help_text="Where in its clip it ends, in seconds; null without one")
    gap = serializers.SerializerMethodField(help_text="For how long its clip has no picture for it, in seconds")
    lip_synced = serializers.SerializerMethodField(help_text="Whether its clip is, or is a part of one that is")
    poster_url = serializers.SerializerMethodField(help_text="A picture of its clip, else its image")
    video_id = serializers.SerializerMethodField()
    video_url = serializers.SerializerMethodField()
    video_ids = serializers.SerializerMethodField(help_text="Of all its clips, oldest first")
    job = serializers.SerializerMethodField()
    older_words = serializers.SerializerMethodField(help_text="Whether its clip was generated for other words")
    approval = serializers.SerializerMethodField(
        help_text="Changed words, subjects or lyrics, and a new image, take an approval back"
    )
    approval_note = serializers.CharField(help_text="What was to be different when it was sent back")
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    class Meta:
        list_serializer_class = ScenesSerializer

    @extend_schema_field(serializers.ChoiceField(Entry.choices))
    def get_entry(self, scene: Scene) -> str:
        return str(scene_entry(scene))

    @extend_schema_field(serializers.ChoiceField(Entry.choices, allow_null=True))
    def get_proposed_entry(self, scene: Scene) -> str | None:
        if self.proposed_by_scene is None:
            self.follow(list(scenes_of(scene.project)))
        return (self.proposed_by_scene or {}).get(scene.pk)

    def get_stale(self, scene: Scene) -> bool:
        return bool(self.get_stale_reason(scene))

    def get_stale_reason(self, scene: Scene) -> str:
        if self.stale_by_scene is None:
            self.follow(list(scenes_of(scene.project)))
        return (self.stale_by_scene or {}).get(scene.pk, "")

    def get_waits_for(self, scene: Scene) -> int | None:
        waiting = self._waiting(scene)
        return waiting.before.sequence if waiting else None

    def get_waits_reason(self, scene: Scene) -> str:
        waiting = self._waiting(scene)
        return f"{waiting.reason} {waiting.helps}" if waiting else ""

    def _waiting(self, scene: Scene) -> Waiting | None:
        if self.waiting_by_scene is None:
            self.follow(list(scenes_of(scene.project)))
        return (self.waiting_by_scene or {}).get(scene.pk)

    def follow(self, scenes: Sequence[Scene]) -> None:
        """Find out once how all of the project's scenes follow one another."""
        self.stale_by_scene = scenes_stale(scenes[0].project, scenes) if scenes else {}
        waiting = scenes_waiting(scenes[0].project, scenes) if scenes else []
        self.waiting_by_scene = {one.scene.pk: one for one in waiting}
        known = (
            self.subjects_by_scene if self.subjects_by_scene and len(self.subjects_by_scene) == len(scenes) else None
        )
        self.proposed_by_scene = proposed_entries(scenes[0].project, scenes, known) if scenes else {}

    def get_duration(self, scene: Scene) -> float:
        return float(shown_duration(scene.project, scene))

    def get_clip_in(self, scene: Scene) -> float | None:
        return float(scene.clip_in) if scene.current_clip else None

    def get_clip_out(self, scene: Scene) -> float | None:
        until = shown_until(scene, shown_duration(scene.project, scene))
        return None if until is None else float(until)

    def get_gap(self, scene: Scene) -> float:
        return float(gap_seconds(scene, shown_duration(scene.project, scene)))

    def get_lip_synced(self, scene: Scene) -> bool:
        clip = scene.current_clip
        return clip is not None and lip_synced_clip(clip) is not None

    def get_poster_url(self, scene: Scene) -> str | None:
        picture = scene_picture_id(scene)
        return picture_url(picture) if picture else None

    @extend_schema_field(SceneLineSerializer(many=True))
    def get_lines(self, scene: Scene) -> list[JsonObject]:
        found = scene_lines(scene.project, [scene]) if self.lines_by_scene is None else self.lines_by_scene
        return [asdict(line) for line in found.get(scene.pk, ())]

    def get_older_words(self, scene: Scene) -> bool:
        return has_older_words(scene)

    @extend_schema_field(serializers.ChoiceField(Approval.values))
    def get_approval(self, scene: Scene) -> str:
        known = self.approvals_by_scene
        return str(scene_approval(scene) if known is None else known[scene.pk])

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_subjects(self, scene: Scene) -> list[str]:
        found = scenes_subjects(scene.project, [scene]) if self.subjects_by_scene is None else self.subjects_by_scene
        return [str(one.pk) for one in found.get(scene.pk, ())]

    def get_status(self, scene: Scene) -> str:
        return str(scene_status(scene))

    def get_error(self, scene: Scene) -> str:
        return scene_error(scene)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_suspicions(self, scene: Scene) -> list[str]:
        return clip_suspicions(scene.current_clip) if scene.current_clip else []

    def get_image_url(self, scene: Scene) -> str | None:
        return picture_url(scene.image_id) if scene.image_id else None

    def get_video_id(self, scene: Scene) -> str | None:
        return str(scene.current_clip.asset_id) if scene.current_clip else None

    def get_video_url(self, scene: Scene) -> str | None:
        return video_url(scene.current_clip) if scene.current_clip else None

    def get_video_ids(self, scene: Scene) -> list[str]:
        return [str(clip.asset_id) for clip in scene.clips.all()]

    @extend_schema_field(JobSerializer(allow_null=True))
    def get_job(self, scene: Scene) -> JsonObject | None:
        job = scene_job(scene)
        return dict(JobSerializer(job).data) if job else None


def video_url(clip: Clip) -> str:
    return f"/api/mv/get_video/{clip.asset_id}"
