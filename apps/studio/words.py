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
    ProjectStatus.COMPLETED: Word("Done", "done"),
    ProjectStatus.ERROR: Word("Failed", "bad"),
}

CAPABILITY_WORDS: Mapping[str, str] = {
    Capability.SCENES: "Writing scenes",
    Capability.IMAGE: "Images",
    Capability.VIDEO: "Clips",
    Capability.LIPSYNC: "Lip-sync",
    Capability.SEGMENTED_LIPSYNC: "Pro lip-sync",
}

# The Edit page's actions that rearrange scenes.
REARRANGING_WORDS = (("insert", "Insert after"), ("duplicate", "Duplicate"), ("merge", "Merge with next"))

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
LYRICS_WORDS: Mapping[str, str] = {"burn": "burned in", "soft": "as a track viewers can switch on"}
PRESET_WORDS: Mapping[str, str] = {"clean": "Clean", "bold": "Bold", "cinema": "Cinema"}
