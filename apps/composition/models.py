"""Composed videos, and the user's settings for composing."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.assets.models import Asset
from apps.jobs.models import Job
from apps.projects.models import AspectRatio, Project, Resolution
from apps.scenes.models import Scene
from engines.composing.shot_plan import ShortClip

# The choices for a slot that is longer than its clip, as shown by the API and forms.
SHORT_CLIP_CHOICES = [(way.value, way.value.capitalize()) for way in ShortClip]


class Transition(models.TextChoices):
    NONE = "none"
    CROSSFADE = "crossfade"
    DIP_TO_BLACK = "dip_to_black"
    DIP_TO_WHITE = "dip_to_white"
    FLASH = "flash"


class OutputFraming(models.TextChoices):
    """What becomes of clips of another shape: cropped, shown whole, or cropped along their paths."""

    FILL = "fill"
    FIT = "fit"
    FOLLOW = "follow"


class SceneFraming(models.TextChoices):
    """Whether a scene is cropped along its path where the output follows, or around its focus all the same."""

    FOLLOW = "follow"
    FIXED = "fixed"


class SceneColor(models.TextChoices):
    """Where the colors of a section's scenes are brought together: whether this scene moves towards the others, is left
    as it is, or is what the others follow."""

    MATCH = "match"
    LEAVE = "leave"
    REFERENCE = "reference"


class Output(models.Model):
    """Another video of the same scenes: a second shape, or a short cut of `hook_seconds` from `hook_start` seconds of
    the used song (a null start lets the studio choose). `captions` holds what differs from the project's captions. The
    project's own format is the main output and has no row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="outputs")
    name = models.CharField(max_length=80)
    aspect_ratio = models.CharField(max_length=8, choices=AspectRatio)
    resolution = models.CharField(max_length=8, choices=Resolution)
    framing = models.CharField(max_length=8, choices=OutputFraming, default=OutputFraming.FIT)
    captions = models.JSONField(default=dict)
    hook_seconds = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    hook_start = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "name"], name="output_name_is_unique_in_project"),
            models.CheckConstraint(
                condition=Q(hook_start=None) | Q(hook_start__gte=0, hook_seconds__gt=0),
                name="output_hook_has_a_length",
            ),
            models.CheckConstraint(condition=Q(framing__in=OutputFraming.values), name="output_framing_is_known"),
        ]


class Composition(models.Model):
    """A composed video: what it was made of (`plan`) and the proof that it matches.

    `fingerprint` is the hash of the plan of its scenes: that of `plan`, or of the composition whose pictures were
    reworked (`repicture.py`), since that shows the same scenes.

    `options` are the request's overrides of the flavor's; `song_start` is where it starts on the used song.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="compositions")
    output = models.ForeignKey(Output, null=True, on_delete=models.CASCADE, related_name="compositions")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    poster = models.ForeignKey(Asset, null=True, on_delete=models.SET_NULL, related_name="+")
    # One image per shot, top to bottom.
    thumbnails = models.ForeignKey(Asset, null=True, on_delete=models.SET_NULL, related_name="+")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    fingerprint = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    plan = models.JSONField()
    proof = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["project", "-created_at"], name="composition_by_project")]


class SceneLook(models.Model):
    """How one scene is composed. Empty fields follow the project's options. `focus_x` and `focus_y` (0…1) are the
    point kept in view when cropping; `crop_keys` is a path set by hand for clips with the pictures of the file
    `crop_clip`, as [time in the clip, x, y, zoom]; `color_match` counts where the project matches colors;
    `clip_volume` is a factor for the clip's own sound under the song."""

    scene = models.OneToOneField(Scene, primary_key=True, on_delete=models.CASCADE, related_name="look")
    focus_x = models.FloatField(default=0.5)
    focus_y = models.FloatField(default=0.5)
    framing = models.CharField(max_length=8, choices=SceneFraming, default=SceneFraming.FOLLOW)
    crop_keys = models.JSONField(default=list)
    crop_clip = models.UUIDField(null=True)
    short_clip = models.CharField(max_length=8, choices=SHORT_CLIP_CHOICES, blank=True, default="")
    transition = models.CharField(max_length=16, choices=Transition, blank=True, default="")
    color_match = models.CharField(max_length=12, choices=SceneColor, default=SceneColor.MATCH)
    clip_volume = models.FloatField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(focus_x__range=(0, 1), focus_y__range=(0, 1)), name="look_focus_is_inside"
            ),
            models.CheckConstraint(
                condition=Q(clip_volume=None) | Q(clip_volume__range=(0, 4)), name="look_volume_is_sane"
            ),
            models.CheckConstraint(condition=Q(color_match__in=SceneColor.values), name="look_color_match_is_known"),
        ]


class ClipFraming(models.Model):
    """How a clip is shown in other shapes, found once, since a file never changes. `content` is the part that isn't
    black bars (left, top, width and height as shares; null: all of it). `keys` is its path, as in `SceneLook`, null
    until it is needed; `faces` are paths that follow single ones. All of it can be found again, so project archives
    leave it out."""

    asset = models.OneToOneField(Asset, primary_key=True, on_delete=models.CASCADE, related_name="framing")
    content = models.JSONField(null=True)
    keys = models.JSONField(null=True)
    faces = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)


class ClipColor(models.Model):
    """The mean color (L, a, b) of the part of a clip from `start` to `end` seconds, measured once, since a file never
    changes; null where it says nothing (black). It can be measured again, so project archives leave it out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="colors")
    start = models.FloatField()
    end = models.FloatField()
    mean = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["asset", "start", "end"], name="clip_color_is_measured_once"),
        ]


class ProjectLook(models.Model):
    """How a project's videos are composed: overrides the flavor's `compose_params`; a request overrides both."""

    project = models.OneToOneField(Project, primary_key=True, on_delete=models.CASCADE, related_name="look")
    options = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)


class Cover(models.Model):
    """The picture that stands for a project's film: `picture` is a whole frame of a clip, shown at `seconds` of the
    film, and `poster` that frame in the project's shape. (`view_x`, `view_y`) at `view_zoom` stays in view in other
    shapes; `content` is the part that isn't black bars, as in `ClipFraming`. It stays when scenes change afterwards."""

    project = models.OneToOneField(Project, primary_key=True, on_delete=models.CASCADE, related_name="cover")
    picture = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    poster = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    seconds = models.DecimalField(max_digits=12, decimal_places=6)
    view_x = models.FloatField(default=0.5)
    view_y = models.FloatField(default=0.5)
    view_zoom = models.FloatField(default=1.0)
    content = models.JSONField(null=True)
    updated_at = models.DateTimeField(auto_now=True)


class Lyrics(models.Model):
    """A project's own lyrics as uploaded, decoded from `encoding` ("" for pasted text; `encoding_sure` unless a person
    should look at them). Times are of the song's file. The captions of the project's look say how videos show them."""

    project = models.OneToOneField(Project, primary_key=True, on_delete=models.CASCADE, related_name="lyrics")
    text = models.TextField()
    original_name = models.CharField(max_length=255, blank=True, default="")
    encoding = models.CharField(max_length=32, blank=True, default="")
    encoding_sure = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)
