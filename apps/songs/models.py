"""A song: an audio asset and its analysis."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.assets.models import Asset

NAMED_PLACES = 5
LEAST_NAMED_SECONDS = 0.05


class AnalysisState(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Song(models.Model):
    """An uploaded or imported song. The API's `audio_id` is the id of its `asset`.

    `analysis` holds tempo, beats, sections, loudness, energy and peaks as the analysis job found them; `grid` is the
    beat grid in use, which a person may have corrected. Times are seconds from the start of the file.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="songs")
    asset = models.OneToOneField(Asset, on_delete=models.PROTECT, related_name="song")
    stem = models.ForeignKey(Asset, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    cover = models.ForeignKey(Asset, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=200, blank=True)
    artist = models.CharField(max_length=200, blank=True)
    source_url = models.URLField(max_length=2000, blank=True)
    analysis_state = models.CharField(max_length=8, choices=AnalysisState.choices, default=AnalysisState.WAITING)
    analysis_error = models.TextField(blank=True)
    analysis = models.JSONField(default=dict, blank=True)
    grid = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(analysis_state__in=AnalysisState.values), name="song_analysis_state_known"
            )
        ]
        indexes = [models.Index(fields=["owner", "-created_at"], name="song_owner_newest")]

    @property
    def warning(self) -> str:
        """Where the file is damaged; empty if it is intact or not analyzed yet."""
        seconds = self.analysis.get("damaged_seconds", [])
        if not seconds:
            return ""
        # Older analyses don't say how much is missing.
        missing = self.analysis.get("missing_seconds") or [0.0] * len(seconds)
        named = list(zip(seconds, missing, strict=False))[:NAMED_PLACES]
        places = ", ".join(_damaged_place(second, lost) for second, lost in named)
        more = " and elsewhere" if len(seconds) > NAMED_PLACES else ""
        return f"The file is damaged at {places}{more}. Listen to it, or upload it again."


class SongLyrics(models.Model):
    """One version of a song's words; the one with the highest `number` counts. Every change adds a version, so each can
    be undone.

    `source` is how they came: a file's format, plain text, or a transcription. `lines` are `SungLine`s as JSON, with
    times in seconds of the song's file. `restored_from` is the version that an undo or redo brought back; `change` says
    what else was done.
    """

    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="lyrics_versions")
    number = models.PositiveIntegerField()
    source = models.CharField(max_length=16)
    language = models.CharField(max_length=35, blank=True)
    original_name = models.CharField(max_length=255, blank=True)
    lines = models.JSONField(default=list)
    restored_from = models.PositiveIntegerField(null=True, blank=True)
    change = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "song lyrics"
        constraints = [models.UniqueConstraint(fields=["song", "number"], name="song_lyrics_version_once")]


def _damaged_place(second: int, missing: float) -> str:
    lost = "a short part can't be read" if missing < LEAST_NAMED_SECONDS else f"{missing:.1f} s are missing"
    return f"{second // 60}:{second % 60:02} ({lost})"
