import uuid
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from apps.assets.models import Asset
from apps.jobs.models import Job
from apps.projects.models import Project, Subject


class Approval(models.TextChoices):
    """What a person decided about a scene before its clip is bought; see `approval.py`."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REDO = "redo"


class Entry(models.TextChoices):
    """How a scene follows the one before it; see `entry.py`."""

    CUT = "cut"
    CONTINUE = "continue"
    BRIDGE = "bridge"
    MATCH = "match"


class Scene(models.Model):
    """One shot of a project.

    `clip_in` and `clip_out` are the part of its current clip that it may show, in seconds of the clip; no `clip_out`
    means up to the clip's end (see `clip_use.py`).

    Live scenes are numbered 1, 2, 3, … by `sequence`; a deleted one has none until it is restored.
    `duration` is exact: durations of scenes written for a song add up to its used range. A missing one counts as
    the current clip's length. `job` is the latest work on this scene; the scene's status is derived from it, so the
    two can't disagree. `approval` counts only for what it was given to, whose mark is `approval_of`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scenes")
    sequence = models.PositiveIntegerField(null=True)
    prompt = models.TextField(blank=True, default="")
    negative_prompt = models.TextField(blank=True, default="")
    duration = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    lipsync = models.BooleanField(default=False)
    # Of the first scene it counts as a cut, whatever is stored: another one may become the first and go back.
    entry = models.CharField(max_length=12, choices=Entry, default=Entry.CUT)
    section = models.CharField(max_length=40, blank=True, default="")
    facts = models.JSONField(default=dict)
    # For this scene alone, by capability: the provider, and one of its models.
    providers = models.JSONField(default=dict)
    chosen_models = models.JSONField(default=dict)
    # Whether somebody said who and what is in it; until then, the project's lead is.
    cast_chosen = models.BooleanField(default=False)
    image = models.ForeignKey(Asset, null=True, on_delete=models.SET_NULL, related_name="+")
    current_clip = models.ForeignKey("scenes.Clip", null=True, on_delete=models.SET_NULL, related_name="+")
    clip_in = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    clip_out = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    approval = models.CharField(max_length=12, choices=Approval, default=Approval.PROPOSED)
    approval_of = models.CharField(max_length=64, blank=True, default="")
    approval_note = models.TextField(blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)
    # Who and what is in it, where many scenes' subjects were read at once.
    known_subjects: list[Subject] | None = None
    # How it follows, likewise; see `entry.Following`.
    known_following: Any = None

    class Meta:
        ordering: ClassVar = ["project", "sequence"]
        constraints: ClassVar = [
            # Deferred to the commit, because renumbering creates temporary duplicates.
            models.UniqueConstraint(
                fields=["project", "sequence"],
                name="scene_sequence_is_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(sequence__gte=1, deleted_at=None) | Q(sequence=None, deleted_at__isnull=False),
                name="scene_is_numbered_while_live",
            ),
            models.CheckConstraint(
                condition=Q(duration=None) | Q(duration__gt=Decimal(0)), name="scene_duration_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(clip_in__gte=0) & (Q(clip_out=None) | Q(clip_out__gt=F("clip_in"))),
                name="scene_clip_use_is_a_range",
            ),
            models.CheckConstraint(condition=Q(approval__in=Approval.values), name="scene_approval_is_known"),
            models.CheckConstraint(condition=Q(entry__in=Entry.values), name="scene_entry_is_known"),
        ]


class SceneSubject(models.Model):
    """A subject that a scene shows. The database ensures that both belong to the `project`
    (`scene_and_subject_of_one_project`)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, related_name="cast")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="scenes")
    position = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scene", "subject"], name="scene_shows_a_subject_once"),
        ]


class Origin(models.TextChoices):
    GENERATED = "generated"
    LIPSYNCED = "lip-synced"
    TRIMMED = "trimmed"
    UPLOADED = "uploaded"
    COPIED = "copied"


class Clip(models.Model):
    """One immutable version of a scene's video. The scene points at its current one.

    `used_in` and `used_out` are the part that its scene showed of it last, for when it is current again. `poster` is a
    picture of it, where the scene's own image is of something else. `parent` is the clip it was made from. A trimmed
    clip's `parameters` hold the range it shows of its root, so that trimming it again can extend it. `checks` holds
    what was found when it arrived: a clip with `problems` has `usable` false and is stored and shown, but nothing uses
    it until a person accepts it; `suspicions` are shown with a clip in use until a person has `accepted` it. `rejected`
    and `reject_reason` are a person's word about it, `verdict` is a language model's (see `takes.py`). The
    database ensures that a scene points only to its own clips (`scene_points_at_its_own_clip`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, related_name="clips")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=16, choices=Origin)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    parameters = models.JSONField(default=dict)
    poster = models.ForeignKey(Asset, null=True, on_delete=models.SET_NULL, related_name="+")
    used_in = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    used_out = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    checks = models.JSONField(default=dict)
    usable = models.BooleanField(default=True)
    rejected = models.BooleanField(default=False)
    reject_reason = models.CharField(max_length=200, blank=True, default="")
    verdict = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="clip_origin_is_known"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="clip_is_not_its_own_parent"),
            models.CheckConstraint(condition=Q(rejected=True) | Q(reject_reason=""), name="clip_reason_is_of_rejected"),
        ]
        indexes: ClassVar = [models.Index(fields=["scene", "created_at"], name="clip_history")]


class LipsyncLook(models.Model):
    """What a worker saw in a clip or heard in an audio file that decides whether a lip-sync can work.

    A file never changes, so it is checked once. `found` is a clip's `ClipFaces` or a sound's `HeardVoice`; if the
    file couldn't be checked it is empty, and `problem` says why. `frames` are small JPEGs (base64) of moments that show
    the findings or everybody in the clip, by seconds. All of it can be derived from the file again, so project archives
    leave it out.
    """

    asset = models.OneToOneField(Asset, primary_key=True, on_delete=models.CASCADE, related_name="lipsync_look")
    found = models.JSONField(default=dict)
    problem = models.TextField(blank=True, default="")
    frames = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)


class Change(models.Model):
    """One undoable change of a project's scenes.

    `before` and `after` map scene ids to the values that differ (`None`: the scene didn't exist). `removed_subjects`
    and `removed_pictures` are the ids of subjects, and of pictures of subjects, that it removed from the project.
    Changes form a stack per project: undo takes the newest that isn't undone; a new change discards the undone ones.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="changes")
    label = models.CharField(max_length=120)
    before = models.JSONField()
    after = models.JSONField()
    removed_subjects = models.JSONField(default=list)
    removed_pictures = models.JSONField(default=list)
    undone = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["project", "-id"], name="change_stack")]
