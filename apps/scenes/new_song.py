"""Another song for a project, or another part of it, and what that means for its scenes."""

from decimal import Decimal
from typing import TypedDict, Unpack
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.projects.models import Project
from apps.projects.selectors import project_lock
from apps.projects.services import project_update
from apps.scenes.lipsync_inputs import lip_synced_clip
from apps.scenes.models import Scene
from apps.scenes.selectors import scenes_of
from apps.scenes.services import scenes_replan


class SongFields(TypedDict, total=False):
    """What changes of a project's song; as a project's fields."""

    audio_id: UUID | None
    song_start: Decimal
    song_end: Decimal | None


def project_song_change(
    *, by: User, project_id: UUID, keep_lengths: bool, expected_version: int | None = None, **fields: Unpack[SongFields]
) -> Project:
    """Change the song or its used part; the scenes keep their lengths, or their cuts are planned on it at once, all or
    nothing. Once a song that is still being analyzed has beats, they are planned on these.

    Raises as `project_update` does, and InputError if the scenes don't fit into the part.
    """
    with transaction.atomic():
        project = project_update(
            by=by, project_id=project_id, expected_version=expected_version, lengths_kept=keep_lengths, **fields
        )
        scenes_replan(project=project_lock(by=by, project_id=project_id), asked=True)
    return project


def synced_to_song(project: Project) -> list[Scene]:
    """Return the scenes that show a clip lip-synced to the present song."""
    shown = [scene for scene in scenes_of(project) if scene.current_clip is not None]
    return [scene for scene in shown if scene.current_clip and lip_synced_clip(scene.current_clip) is not None]
