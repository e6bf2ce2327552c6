import uuid
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from apps.assets.models import Asset
from apps.work.seeds import new_seed


class AspectRatio(models.TextChoices):
    LANDSCAPE = "16:9"
    PORTRAIT = "9:16"
    SQUARE = "1:1"
    FEED = "4:5"


class Resolution(models.TextChoices):
    HD = "720p"
    FULL_HD = "1080p"
    UHD = "4k"


class FrameRate(models.TextChoices):
    """Fractions as text: 23.976 is 24000/1001 exactly."""

    FILM_NTSC = "24000/1001", "23.976"
    FILM = "24", "24"
    PAL = "25", "25"
    NTSC = "30000/1001", "29.97"
    THIRTY = "30", "30"
    FIFTY = "50", "50"
    SIXTY_NTSC = "60000/1001", "59.94"
    SIXTY = "60", "60"


class Fit(models.TextChoices):
    """How footage of another shape fills the frame: letterboxed or cropped."""

    FIT = "fit"
    FILL = "fill"


class Pace(models.TextChoices):
    """How fast scenes follow each other; what each means in seconds is in the flavor's `parameters`."""

    CALM = "calm"
    NORMAL = "normal"
    FAST = "fast"


class Round(models.TextChoices):
    """What the one-button path makes while it is on.

    EVERYTHING: what is missing, then the video. PICTURES: only that far. CLIPS: no pictures, but the clips of approved
    scenes. FINAL: draft scenes again, by paid providers.
    """

    EVERYTHING = "everything"
    PICTURES = "pictures"
    CLIPS = "clips"
    FINAL = "final"


class Project(models.Model):
    """One music video in the making.

    The used part of the song is [song_start, song_end) in seconds; a null end means the end of the song.
    `lengths_kept`: the scenes keep their lengths, however long the song is; otherwise they are planned on it.
    `generating` switches the one-button path on: while it is set, everything missing is generated, and only jobs
    since `generating_since` count as attempts; `round` says what it makes. `problem` says why the path stopped early.
    With `needs_approval`, which stays once the path was to stop after the pictures, clips are made for approved scenes
    only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="projects")
    title = models.CharField(max_length=200)
    idea = models.TextField()
    character_description = models.TextField(blank=True, default="")
    character_reference = models.ForeignKey(Asset, null=True, on_delete=models.SET_NULL, related_name="+")
    song = models.ForeignKey("songs.Song", null=True, on_delete=models.PROTECT, related_name="projects")
    song_start = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    song_end = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    lengths_kept = models.BooleanField(default=False)
    flavor = models.CharField(max_length=64, default="default")
    aspect_ratio = models.CharField(max_length=8, choices=AspectRatio, default=AspectRatio.LANDSCAPE)
    resolution = models.CharField(max_length=8, choices=Resolution, default=Resolution.HD)
    fps = models.CharField(max_length=16, choices=FrameRate, default=FrameRate.FILM)
    fit = models.CharField(max_length=8, choices=Fit, default=Fit.FIT)
    # By capability: the provider, and one of its models instead of the flavor's.
    providers = models.JSONField(default=dict)
    chosen_models = models.JSONField(default=dict)
    number_of_scenes = models.PositiveSmallIntegerField(null=True)
    # Empty: the flavor's.
    pace = models.CharField(max_length=8, choices=Pace, blank=True, default="")
    budget = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    confirm_above = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    seed = models.PositiveIntegerField(default=new_seed)
    generating = models.BooleanField(default=False)
    generating_since = models.DateTimeField(null=True)
    round = models.CharField(max_length=12, choices=Round, default=Round.EVERYTHING)
    needs_approval = models.BooleanField(default=False)
    problem = models.TextField(blank=True, default="")
    final_video = models.ForeignKey(Asset, null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(song_start__gte=0) & (Q(song_end=None) | Q(song_end__gt=F("song_start"))),
                name="project_song_range_is_forward",
            ),
            models.CheckConstraint(
                condition=Q(aspect_ratio__in=AspectRatio.values)
                & Q(resolution__in=Resolution.values)
                & Q(fps__in=FrameRate.values)
                & Q(fit__in=Fit.values),
                name="project_format_is_known",
            ),
            models.CheckConstraint(condition=Q(round__in=Round.values), name="project_round_is_known"),
            models.CheckConstraint(condition=Q(pace__in=["", *Pace.values]), name="project_pace_is_known"),
            models.CheckConstraint(
                condition=(Q(budget=None) | Q(budget__gte=0)) & (Q(confirm_above=None) | Q(confirm_above__gte=0)),
                name="project_money_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(generating=False) | Q(generating_since__isnull=False), name="project_generating_has_a_start"
            ),
            models.CheckConstraint(
                condition=Q(number_of_scenes=None) | Q(number_of_scenes__gte=1),
                name="project_has_a_scene_or_more",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-created_at"], name="project_by_owner"),
            models.Index(fields=["id"], condition=Q(generating=True), name="project_generating"),
        ]


class SubjectKind(models.TextChoices):
    CHARACTER = "character"
    PLACE = "place"
    PROP = "prop"
    STYLE = "style"


class Subject(models.Model):
    """Somebody or something that a project's pictures show again and again; the first character is its lead.

    One without a project is in the owner's library. Using it in another project copies it with its pictures by
    reference, so that each film keeps its own version; `copied_from` is its id. `variants` are
    `{section, description}`: what is different in sections of that kind. One with `deleted_at` was removed, and comes
    back as it was if that is undone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subjects")
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="subjects")
    kind = models.CharField(max_length=16, choices=SubjectKind)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True, default="")
    never_change = models.TextField(blank=True, default="")
    color = models.CharField(max_length=7, blank=True, default="")
    variants = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=0)
    copied_from = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["position", "created_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=SubjectKind.values), name="subject_kind_is_known"),
            models.CheckConstraint(condition=~Q(name=""), name="subject_has_a_name"),
            models.CheckConstraint(
                condition=Q(color="") | Q(color__regex=r"^#[0-9a-f]{6}$"), name="subject_color_is_a_color"
            ),
            # Scene writers and prompts tell subjects apart by name.
            models.UniqueConstraint(
                "project",
                Lower("name"),
                condition=Q(deleted_at=None),
                name="subject_name_is_unique_in_project",
            ),
        ]


class PictureOrigin(models.TextChoices):
    UPLOADED = "uploaded"
    DRAWN = "drawn"
    SHEET = "sheet"
    CHOSEN = "chosen"
    FRAME = "frame"


class PictureManager(models.Manager["SubjectPicture"]):
    """Those that weren't removed."""

    def get_queryset(self) -> models.QuerySet["SubjectPicture"]:
        return super().get_queryset().filter(deleted_at=None)


class SubjectPicture(models.Model):
    """A picture of a subject. The one with the lowest `position` is used; without a position it is only kept. With a
    `section` it is used in sections of that kind only. `view` is what a reference sheet shows: front, night, …

    One with `deleted_at` was removed, and comes back if that is undone; `objects` and a subject's pictures lack it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="pictures")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="subject_pictures")
    origin = models.CharField(max_length=16, choices=PictureOrigin)
    view = models.CharField(max_length=20, blank=True, default="")
    section = models.CharField(max_length=40, blank=True, default="")
    position = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True)

    objects = PictureManager()
    with_removed = models.Manager["SubjectPicture"]()

    class Meta:
        ordering: ClassVar = [F("position").asc(nulls_last=True), "created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject", "asset"], condition=Q(deleted_at=None), name="subject_has_a_picture_once"
            ),
            models.CheckConstraint(condition=Q(origin__in=PictureOrigin.values), name="picture_origin_is_known"),
        ]
