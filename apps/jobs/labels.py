"""Labels for a job's kind and its time left."""

from collections.abc import Mapping

from apps.jobs.kinds import Kind

LONGEST_WAIT_SECONDS = 12 * 3600

KIND_LABELS: Mapping[str, str] = {
    Kind.SCENES: "Write scenes",
    Kind.SOFTEN: "Soften a prompt",
    Kind.JUDGE: "Judge takes",
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
    Kind.SEGMENT: "Segment of a video",
    Kind.CLIP_FRAMING: "Find who to follow",
    Kind.CLIP_COLORS: "Measure colors",
    Kind.EXPORT: "Export",
    Kind.AUDIO_IMPORT: "Song import",
    Kind.AUDIO_ANALYSIS: "Song analysis",
    Kind.STEM: "Vocal stem",
    Kind.LYRICS_ALIGNMENT: "Align lyrics",
}

# What a job says while its children of this kind work.
CHILDREN_WORDS: Mapping[str, str] = {Kind.SEGMENT: "Encoding: {ended} of {all} segments done"}


def children_words(kind: str, *, ended: int, all_of_them: int) -> str:
    """Return for instance `Encoding: 3 of 12 segments done`."""
    return CHILDREN_WORDS[kind].format(ended=ended, all=all_of_them)


def kind_label(kind: str) -> str:
    return KIND_LABELS.get(kind, kind.replace("_", " ").capitalize())


def time_left(seconds: float | None) -> str:
    """Return for instance `about 40 s left`, in steps that grow with it; "" for None and for more than half a day."""
    if seconds is None or seconds > LONGEST_WAIT_SECONDS:
        return ""
    minutes = seconds / 60
    if minutes < 1.5:
        return f"about {max(1, round(seconds / 10)) * 10} s left"
    if minutes < 90:
        return f"about {round(minutes) if minutes < 20 else round(minutes / 5) * 5} min left"
    return f"about {round(minutes / 60)} h left"
