"""A job's kind and its time left, as people say them."""

from collections.abc import Mapping

from apps.jobs.kinds import Kind

LONGEST_WAIT_SECONDS = 3600

KIND_WORDS: Mapping[str, str] = {
    Kind.SCENES: "Write scenes",
    Kind.CHARACTER_REFERENCE: "Character reference",
    Kind.IMAGE: "Image",
    Kind.VIDEO: "Video",
    Kind.LIPSYNC: "Lip-sync",
    Kind.PRO_LIPSYNC: "Pro lip-sync",
    Kind.TRIM: "Trim",
    Kind.UPLOAD: "Clip upload",
    Kind.STITCH: "Stitch",
    Kind.COMPOSE: "Final video",
    Kind.EXPORT: "Export",
    Kind.AUDIO_IMPORT: "Song import",
    Kind.AUDIO_ANALYSIS: "Song analysis",
}


def kind_word(kind: str) -> str:
    return KIND_WORDS.get(kind, kind.replace("_", " ").capitalize())


def left_words(seconds: float) -> str:
    """`about 40 s left`; "" for what takes so long that nobody waits by the clock."""
    if seconds > LONGEST_WAIT_SECONDS:
        return ""
    return (
        f"about {round(seconds / 60)} min left" if seconds >= 90 else f"about {max(1, round(seconds / 10)) * 10} s left"
    )
