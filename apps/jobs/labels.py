"""Labels for a job's kind and its time left."""

from collections.abc import Mapping

from apps.jobs.kinds import Kind

LONGEST_WAIT_SECONDS = 3600

KIND_LABELS: Mapping[str, str] = {
    Kind.SCENES: "Write scenes",
    Kind.SOFTEN: "Soften a prompt",
    Kind.CHARACTER_REFERENCE: "Character reference",
    Kind.IMAGE: "Image",
    Kind.VIDEO: "Video",
    Kind.VIDEO_PART: "Part of a video",
    Kind.LIPSYNC: "Lip-sync",
    Kind.LIPSYNC_PREFLIGHT: "Lip-sync pre-flight",
    Kind.PRO_LIPSYNC: "Pro lip-sync",
    Kind.TRIM: "Trim",
    Kind.UPLOAD: "Clip upload",
    Kind.STITCH: "Stitch",
    Kind.COMPOSE: "Final video",
    Kind.EXPORT: "Export",
    Kind.AUDIO_IMPORT: "Song import",
    Kind.AUDIO_ANALYSIS: "Song analysis",
    Kind.STEM: "Vocal stem",
    Kind.LYRICS_ALIGNMENT: "Align lyrics",
}


def kind_label(kind: str) -> str:
    return KIND_LABELS.get(kind, kind.replace("_", " ").capitalize())


def time_left(seconds: float) -> str:
    """Return for instance `about 40 s left`, or "" for more than an hour."""
    if seconds > LONGEST_WAIT_SECONDS:
        return ""
    return (
        f"about {round(seconds / 60)} min left" if seconds >= 90 else f"about {max(1, round(seconds / 10)) * 10} s left"
    )
