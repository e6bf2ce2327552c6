"""Whether a person approved a scene: its words, its picture, who is in it, and what is sung.

The decision is stored with a mark of what it was made about, and counts only while the scene still is that. So whatever
changes the words, the picture or the lyrics takes an approval back, without having to know about approvals.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from apps.core.errors import ConflictError
from apps.projects.models import Project, Subject
from apps.scenes.casting import scenes_subjects
from apps.scenes.models import Approval, Scene
from apps.scenes.scene_words import SceneLine, scene_lines


def scene_approvals(project: Project, scenes: Sequence[Scene]) -> Mapping[UUID, Approval]:
    """Return what was decided about each scene as it is now, by its id."""
    marks = approval_marks(project, [scene for scene in scenes if scene.approval_of])
    return {
        scene.pk: Approval(scene.approval)
        if scene.approval_of and scene.approval_of == marks.get(scene.pk)
        else Approval.PROPOSED
        for scene in scenes
    }


def scene_approval(scene: Scene) -> Approval:
    return scene_approvals(scene.project, [scene])[scene.pk]


def approval_marks(project: Project, scenes: Sequence[Scene]) -> Mapping[UUID, str]:
    """Return a hash of everything that an approval of a scene is about, by its id."""
    lines = scene_lines(project, scenes) if scenes else {}
    subjects = scenes_subjects(project, scenes) if scenes else {}
    return {scene.pk: _mark(scene, lines.get(scene.pk, ()), subjects.get(scene.pk, ())) for scene in scenes}


def _mark(scene: Scene, lines: Sequence[SceneLine], subjects: Sequence[Subject]) -> str:
    about = [
        *(scene.prompt, scene.negative_prompt, scene.lipsync, str(scene.image_id or "")),
        [line.text for line in lines],
        *([str(one.pk), one.description, one.never_change] for one in subjects),
    ]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()


def approval_set(scene: Scene, approval: Approval, mark: str, *, note: str = "") -> None:
    """Store a person's decision about the scene as `mark` describes it. The caller holds the project's lock."""
    scene.approval, scene.approval_of, scene.approval_note = approval, mark, note
    scene.version += 1
    scene.save(update_fields=["approval", "approval_of", "approval_note", "version", "updated_at"])


def refuse_unapproved(scene: Scene) -> None:
    """Raise ConflictError if the project's scenes need an approval that this one doesn't have."""
    if scene.project.needs_approval and scene_approval(scene) != Approval.APPROVED:
        raise ConflictError(
            f"Scene {scene.sequence} isn't approved yet. Look at its picture and approve it first.",
            code="not_approved",
        )
