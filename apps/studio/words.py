"""Display names of states and kinds. `tone` picks a badge's color: "", live, done, bad or warn."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.jobs.states import State
from apps.projects.selectors import ProjectStatus
from apps.providers.capabilities import Capability
from apps.scenes.selectors import SceneStatus


@dataclass(frozen=True)
class Word:
    text: str
    tone: str = ""


JOB_WORDS: Mapping[str, Word] = {
    State.QUEUED: Word("Waiting", "live"),
    State.RUNNING: Word("Making", "live"),
    State.WAITING: Word("Checking", "live"),
    State.SUCCEEDED: Word("Done", "done"),
    State.FAILED: Word("Failed", "bad"),
    State.CANCELLED: Word("Cancelled"),
    State.NEEDS_ATTENTION: Word("Needs you", "warn"),
}

SCENE_WORDS: Mapping[str, Word] = {
    SceneStatus.PENDING: Word("Not made yet"),
    SceneStatus.GENERATING_IMAGE: Word("Generating Image", "live"),
    SceneStatus.GENERATING_VIDEO: Word("Generating Video", "live"),
    SceneStatus.GENERATING_LIPSYNC: Word("Generating Lip-Sync", "live"),
    SceneStatus.TRIMMING: Word("Trimming", "live"),
    SceneStatus.UPLOADING: Word("Uploading", "live"),
    SceneStatus.NEEDS_ATTENTION: Word("Needs you", "warn"),
    SceneStatus.ERROR: Word("Failed", "bad"),
    SceneStatus.COMPLETED: Word("Done", "done"),
}

PROJECT_WORDS: Mapping[str, Word] = {
    ProjectStatus.DRAFT: Word("Draft"),
    ProjectStatus.GENERATING: Word("Making", "live"),
    ProjectStatus.AWAITING_APPROVAL: Word("Pictures ready: approve them", "warn"),
    ProjectStatus.COMPLETED: Word("Done", "done"),
    ProjectStatus.ERROR: Word("Failed", "bad"),
}

CAPABILITY_WORDS: Mapping[str, str] = {
    Capability.SCENES: "Writing scenes",
    Capability.IMAGE: "Images",
    Capability.VIDEO: "Clips",
    Capability.LIPSYNC: "Lip-sync",
    Capability.SEGMENTED_LIPSYNC: "Pro lip-sync",
    Capability.TRANSCRIPTION: "Hearing lyrics",
    Capability.VOCALS: "Separating vocals",
    Capability.JUDGE: "Judging takes",
}


@dataclass(frozen=True)
class Rearranging:
    """One of the Edit page's actions that rearrange scenes. `time`: whose time it takes. `ripple`: see the services."""

    what: str
    text: str
    time: str = ""
    ripple: bool = False


def rearranging(sequence: int, scene_count: int, *, fills_song: bool) -> list[Rearranging]:
    """Return what can be done at a scene. The scenes of a song share its time."""
    last = sequence == scene_count
    merge = [] if last else [Rearranging("merge", "Merge with next", "keeps this clip")]
    if not fills_song:
        return [Rearranging("insert", "Insert after"), Rearranging("duplicate", "Duplicate"), *merge]
    giver = sequence if last else sequence + 1
    rippled = (
        []
        if last
        else [
            Rearranging("insert", "Insert after, ripple", "the film's end gives the time", ripple=True),
            Rearranging("duplicate", "Duplicate, ripple", "the film's end gives the time", ripple=True),
        ]
    )
    return [
        Rearranging("insert", "Insert after", f"takes half of scene {giver}"),
        Rearranging("duplicate", "Duplicate", f"shares scene {sequence}"),
        *rippled,
        *merge,
    ]


# What a composed video's proof checked.
PROOF_WORDS: Mapping[str, str] = {
    "streams": "Tracks in the file",
    "frames": "Frames",
    "duration": "Plays for",
    "timestamps": "Evenly spaced frames",
    "cuts": "Cuts on their planned frame",
    "cut_error": "Distance of the cuts from the requested beat or time",
    "decodes": "Decodes without an error",
    "first_frame": "First picture isn't unexpectedly black",
    "last_frame": "Last picture isn't unexpectedly black",
    "sound": "Sound identical to the master",
    "sound_copy": "Copied sound plays like the master",
    "sound_offset": "Sound in time with the master",
    "sound_gaps": "Sound without gaps",
    "sound_channels": "Left and right as in the master",
    "loudness": "Sound as loud as the master",
}

# Values of a composition's options.
LOOK_WORDS: Mapping[str, str] = {
    "none": "Hard cuts",
    "crossfade": "Crossfade",
    "dip_to_black": "Dip to black",
    "dip_to_white": "Dip to white",
    "flash": "Flash",
    "hold": "holds the last picture",
    "slow": "slows short clips",
    "loop": "loops short clips",
    "bounce": "plays short clips back and forth",
    "blur": "blurred bars",
    "black": "black bars",
    "draft": "draft quality",
    "standard": "standard quality",
    "high": "high quality",
}
# Of captions.
STYLE_WORDS: Mapping[str, str] = {
    "none": "None",
    "line": "Line by line",
    "karaoke": "Karaoke",
    "big_word": "Big words",
}
TRACK_WORDS: Mapping[str, str] = {
    "burned": "burned into the picture",
    "soft": "as a track viewers can switch on",
    "both": "burned in, and as a track",
}
PRESET_WORDS: Mapping[str, str] = {
    "clean": "Clean: white, thin outline",
    "bold": "Bold: large, yellow where sung",
    "cinema": "Cinema: small and low",
}
