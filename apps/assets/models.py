import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.assets.media_types import BROWSER_IMAGE_TYPES, MOST_BROWSER_PIXELS


class AssetKind(models.TextChoices):
    AUDIO = "audio"
    VIDEO = "video"
    IMAGE = "image"
    METADATA = "metadata"
    SUBTITLES = "subtitles"
    ARCHIVE = "archive"


class StoredIn(models.TextChoices):
    """Where the file is known to be. A row says `bucket` only after the object was verified."""

    DISK = "disk"
    BUCKET = "bucket"


class Asset(models.Model):
    """One stored file and its facts. Its content never changes; new content is a new asset."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="assets")
    kind = models.CharField(max_length=12, choices=AssetKind.choices)
    key = models.CharField(max_length=500, unique=True)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    content_type = models.CharField(max_length=100)
    original_name = models.CharField(max_length=255, blank=True)
    # A file stored next to another one as part of the same result: metadata.json, reference_image.png.
    part_of = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="parts")
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    container = models.CharField(max_length=60, blank=True)
    duration_seconds = models.FloatField(null=True, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    rotation = models.PositiveSmallIntegerField(default=0, help_text="Degrees; width and height are after it.")
    fps = models.CharField(max_length=24, blank=True, help_text='A fraction such as "24" or "30000/1001".')
    frames = models.PositiveIntegerField(null=True, blank=True)
    variable_frame_rate = models.BooleanField(default=False)
    video_codec = models.CharField(max_length=40, blank=True)
    pixel_format = models.CharField(max_length=40, blank=True)
    audio_codec = models.CharField(max_length=40, blank=True)
    audio_channels = models.PositiveSmallIntegerField(null=True, blank=True)
    sample_rate = models.PositiveIntegerField(null=True, blank=True)
    # All of `MediaFacts`, with its version; the columns above repeat the most used facts. Empty for other files, and
    # until its first use for a file received before there were descriptions.
    description = models.JSONField(null=True, blank=True)

    stored_in = models.CharField(max_length=8, choices=StoredIn.choices)
    # The media folder (its `.media-id`) that has a local copy; empty if there is none. Folders on
    # different machines have different ids, so each upload is retried on the machine that has the file.
    media_folder = models.CharField(max_length=36, blank=True)
    etag = models.CharField(max_length=100, blank=True, help_text="The object's ETag when it was verified.")
    verified_at = models.DateTimeField(null=True, blank=True, help_text="When the content was last proven right.")
    # The latest expiry of a link given to a provider.
    link_expires_at = models.DateTimeField(null=True, blank=True)
    upload_pending = models.BooleanField(default=False)
    upload_attempts = models.PositiveIntegerField(default=0)
    upload_error = models.TextField(blank=True)
    # When the background work is due: an upload, or removal of a copy that a killed worker left behind.
    next_upload_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "kind", "-created_at"], name="asset_owner_kind"),
            models.Index(fields=["next_upload_at"], name="asset_upload_due", condition=Q(upload_pending=True)),
            models.Index(
                fields=["media_folder"],
                name="asset_local_leftover",
                condition=Q(stored_in="bucket") & ~Q(media_folder=""),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AssetKind.values), name="asset_kind_known"),
            models.CheckConstraint(condition=Q(stored_in__in=StoredIn.values), name="asset_stored_in_known"),
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="asset_not_empty"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="asset_sha256_is_hex"),
            models.CheckConstraint(
                condition=Q(key__regex=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$"),
                name="asset_key_is_safe",
            ),
            models.CheckConstraint(condition=Q(fps="") | Q(fps__regex=r"^\d+(/\d+)?$"), name="asset_fps_is_fraction"),
            models.CheckConstraint(
                condition=Q(stored_in="bucket", verified_at__isnull=False, upload_pending=False)
                | (Q(stored_in="disk") & ~Q(media_folder="")),
                name="asset_in_bucket_only_when_verified",
            ),
            models.CheckConstraint(
                condition=Q(upload_pending=False) | Q(next_upload_at__isnull=False), name="asset_pending_has_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def shown_by_browsers(self) -> bool:
        """Whether every browser shows this picture as it is stored; `picture_shown` returns one that they show."""
        pixels = (self.width or 0) * (self.height or 0)
        return self.content_type in BROWSER_IMAGE_TYPES and pixels <= MOST_BROWSER_PIXELS


class MediaFolder(models.Model):
    """A media folder on any machine that workers serve; the nightly sweep visits each one."""

    id = models.CharField(max_length=36, primary_key=True)
    host = models.CharField(max_length=255)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host} {self.id}"


class StorageTotal(models.Model):
    """A running total over all machines, for /metrics: files and bytes deleted, by reason."""

    name = models.CharField(max_length=40, primary_key=True)
    files = models.BigIntegerField(default=0)
    size_bytes = models.BigIntegerField(default=0)


class StorageCheck(models.Model):
    """The findings of one nightly check of the bucket or of one machine's media folder."""

    place = models.CharField(max_length=80, help_text='"bucket", or the id of a media folder.')
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    files_checked = models.PositiveIntegerField()
    bytes_read = models.BigIntegerField()
    # {problem: count}, and the first findings as [{"problem", "key", "asset_id"}].
    counts = models.JSONField(default=dict)
    examples = models.JSONField(default=list)

    class Meta:
        ordering = ["-started_at"]
        get_latest_by = "started_at"

    def __str__(self) -> str:
        return f"{self.place} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def problems(self) -> int:
        return sum(self.counts.values())
