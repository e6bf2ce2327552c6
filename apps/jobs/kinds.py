"""The kinds of job, each with its task, queue and time limit."""

from dataclasses import dataclass

from django.db.models import TextChoices


class Queue(TextChoices):
    """Queues by the resource they use most: the network, the processor, or neither.

    `segments` and `joins` use the processor, too, and the workers for `media` also take from them. They are apart so
    that a film in pieces neither waits behind everybody's clips nor uses up its owner's places among them.
    """

    IO = "io"
    MEDIA = "media"
    HOUSEKEEPING = "housekeeping"
    SEGMENTS = "segments"
    JOINS = "joins"


class Kind(TextChoices):
    SCENES = "scenes"
    SOFTEN = "soften"
    JUDGE = "judge"
    CHARACTER_REFERENCE = "character_reference"
    IMAGE = "image"
    VIDEO = "video"
    VIDEO_PART = "video_part"
    LIPSYNC = "lipsync"
    LIPSYNC_PREFLIGHT = "lipsync_look", "Lipsync Look"
    PRO_LIPSYNC = "pro_lipsync"
    TRIM = "trim"
    UPLOAD = "upload"
    STITCH = "stitch"
    COMPOSE = "compose"
    SEGMENT = "segment"
    CLIP_FRAMING = "clip_framing"
    CLIP_COLORS = "clip_colors"
    EXPORT = "export"
    AUDIO_IMPORT = "audio_import"
    AUDIO_ANALYSIS = "audio_analysis"
    STEM = "stem"
    LYRICS_ALIGNMENT = "lyrics_alignment"


@dataclass(frozen=True)
class KindSpec:
    """`time_limit_seconds` limits one claim's work in a worker; time spent waiting for a provider, or for child jobs,
    does not count. `goes_on_in`: the queue for what a waiting job does next."""

    task: str
    queue: Queue
    time_limit_seconds: float
    goes_on_in: Queue = Queue.IO


GENERATION_TASK = "workers.generation.run"
COMPOSITION_TASK = "workers.composition.run"
SONGS_TASK = "workers.songs.run"

SPECS: dict[str, KindSpec] = {
    Kind.SCENES: KindSpec(GENERATION_TASK, Queue.MEDIA, 600),
    Kind.SOFTEN: KindSpec(GENERATION_TASK, Queue.MEDIA, 600),
    Kind.JUDGE: KindSpec(GENERATION_TASK, Queue.MEDIA, 600),
    Kind.CHARACTER_REFERENCE: KindSpec(GENERATION_TASK, Queue.MEDIA, 900),
    Kind.IMAGE: KindSpec(GENERATION_TASK, Queue.MEDIA, 900),
    Kind.VIDEO: KindSpec(GENERATION_TASK, Queue.MEDIA, 3600),
    Kind.VIDEO_PART: KindSpec(GENERATION_TASK, Queue.MEDIA, 3600),
    Kind.LIPSYNC: KindSpec(GENERATION_TASK, Queue.MEDIA, 3600),
    # A song is listened to in seconds, a clip is decoded once.
    Kind.LIPSYNC_PREFLIGHT: KindSpec(GENERATION_TASK, Queue.MEDIA, 900),
    Kind.PRO_LIPSYNC: KindSpec(GENERATION_TASK, Queue.MEDIA, 3600),
    Kind.TRIM: KindSpec(GENERATION_TASK, Queue.MEDIA, 1800),
    Kind.UPLOAD: KindSpec(GENERATION_TASK, Queue.MEDIA, 3600),
    Kind.STITCH: KindSpec(COMPOSITION_TASK, Queue.MEDIA, 7200, goes_on_in=Queue.JOINS),
    Kind.CLIP_FRAMING: KindSpec(COMPOSITION_TASK, Queue.MEDIA, 900),
    Kind.CLIP_COLORS: KindSpec(COMPOSITION_TASK, Queue.MEDIA, 900),
    Kind.COMPOSE: KindSpec(COMPOSITION_TASK, Queue.MEDIA, 7200, goes_on_in=Queue.JOINS),
    Kind.SEGMENT: KindSpec(COMPOSITION_TASK, Queue.SEGMENTS, 1800),
    Kind.EXPORT: KindSpec(COMPOSITION_TASK, Queue.MEDIA, 7200),
    Kind.AUDIO_IMPORT: KindSpec(SONGS_TASK, Queue.IO, 1800),
    Kind.AUDIO_ANALYSIS: KindSpec(SONGS_TASK, Queue.MEDIA, 1800),
    Kind.STEM: KindSpec(SONGS_TASK, Queue.MEDIA, 1800),
    Kind.LYRICS_ALIGNMENT: KindSpec(SONGS_TASK, Queue.MEDIA, 900),
}

# The work of another job, done in pieces: users see that job, not these.
PIECES = frozenset({Kind.SEGMENT})
