import uuid
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

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


class Project(models.Model):
    """One music video in the making.

    The used part of the song is [song_start, song_end) in seconds; a null end means the end of the song.
    `generating` switches the one-button path on: while it is set, everything missing is generated, and only jobs
    since `generating_since` count as attempts. `problem` says why the path stopped early.
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
    flavor = models.CharField(max_length=64, default="default")
    aspect_ratio = models.CharField(max_length=8, choices=AspectRatio, default=AspectRatio.LANDSCAPE)
    resolution = models.CharField(max_length=8, choices=Resolution, default=Resolution.HD)
    fps = models.CharField(max_length=16, choices=FrameRate, default=FrameRate.FILM)
    fit = models.CharField(max_length=8, choices=Fit, default=Fit.FIT)
    # By capability: the provider, and one of its models instead of the flavor's.
    providers = models.JSONField(default=dict)
    chosen_models = models.JSONField(default=dict)
    number_of_scenes = models.PositiveSmallIntegerField(null=True)
    budget = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    confirm_above = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    seed = models.PositiveIntegerField(default=new_seed)
    generating = models.BooleanField(default=False)
    generating_since = models.DateTimeField(null=True)
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
