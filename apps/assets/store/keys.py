"""Storage keys: where each kind of file is stored, both in the bucket and in the media folder.

Keys are built from ids, never from a user's file name, so one file cannot get another's key.
"""

import re
import unicodedata
from datetime import UTC, datetime
from uuid import UUID

from apps.core.errors import InputError

# Characters that every file system, S3 clone and URL accepts unchanged.
KEY_PATTERN = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$")
KEY_LENGTH_LIMIT = 500
NAME_LENGTH_LIMIT = 120
_NAME_BYTES = 200
# Windows takes these for devices, with any extension and in either case.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
# The main file of a folder named by an asset's id; its parts are stored next to it.
MAIN_FILE_PATTERN = re.compile(
    r"/(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/(audio|video|image|archive)\.[a-z0-9]+$"
)


def job_file_key(asset_id: UUID, name: str) -> str:
    """Return the key of a stand-alone job's file: `video.mp4`, `image.png`, `metadata.json`, `reference_image.png`."""
    return key_checked(f"mv/jobs/{asset_id}/{name}")


def job_video_key(asset_id: UUID, suffix: str = ".mp4") -> str:
    return job_file_key(asset_id, f"video{suffix}")


def job_metadata_key(asset_id: UUID) -> str:
    return job_file_key(asset_id, "metadata.json")


def job_reference_image_key(asset_id: UUID, suffix: str = ".png") -> str:
    return job_file_key(asset_id, f"reference_image{suffix}")


def scene_file_key(project_id: object, sequence: int, name: str) -> str:
    """Return the key of a scene's file. `name` must be unique in the scene, so include an id or a time."""
    return key_checked(f"mv/projects/{project_id}/scenes/{sequence}/{name}")


def scene_lipsync_key(project_id: object, sequence: int, at: datetime, suffix: str = ".mp4") -> str:
    """Return the key of a lip-synced clip. The time includes microseconds, so that two clips never share a key."""
    return scene_file_key(project_id, sequence, f"lipsync_{at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}{suffix}")


def final_file_key(project_id: object, name: str) -> str:
    """Return the key of a file of a project's finished video. `name` must be unique in the project."""
    return key_checked(f"mv/projects/{project_id}/final/{name}")


def pro_result_key(user_id: object, job_id: object) -> str:
    return key_checked(f"users/{user_id}/jobs/{job_id}/pro_result_{job_id}.mp4")


def upload_key(user_id: object, asset_id: UUID, kind: str, suffix: str) -> str:
    """Return the key of a file that a user uploaded or imported. `suffix` (such as ".mp3") comes from the content."""
    return key_checked(f"users/{user_id}/uploads/{asset_id}/{kind}{suffix}")


def main_asset_id(key: str) -> UUID | None:
    """Return the id that the asset at `key` must have, if its folder is named by that id."""
    match = MAIN_FILE_PATTERN.search(key)
    return UUID(match["id"]) if match else None


def key_checked(key: str) -> str:
    """Return `key`. Raises InputError for one that could leave its folder or that a server may reject."""
    if len(key) > KEY_LENGTH_LIMIT or not KEY_PATTERN.match(key):
        raise InputError("That storage key is not allowed.", evidence={"key": key})
    return key


def safe_name(name: str, *, fallback: str = "file") -> str:
    """Return a user's file name made safe as a download name or archive entry: never empty, never a path, and one that
    Windows, macOS and Linux can all store, with room for an extension."""
    plain = unicodedata.normalize("NFKC", name).replace("\\", "/").rsplit("/", 1)[-1]
    words = re.sub(r"[^\w.-]+", "_", plain).strip("._-")[-NAME_LENGTH_LIMIT:]
    # Most file systems count bytes: 120 letters of Chinese are too many.
    words = words.encode()[-_NAME_BYTES:].decode(errors="ignore").lstrip("._-") or fallback
    return f"_{words}" if _DEVICE.match(words) else words
